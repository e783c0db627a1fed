"""Two versions of a process are compared in an author's words; the digest is the oracle of whether anything changed."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from language.mutants import words
from language.rulebook import HEAD
from language.variants import processes
from svcflow.core.process import Process
from svcflow.errors import DefinitionError
from svcflow.holidays import PublicHolidays
from svcflow.language import changes, compile_sources
from svcflow.language.behaviour import behaviour, digest
from svcflow.language.checks import remembered
from svcflow.language.reader import read

GOOD = Path(__file__).parent / "good"
HOLIDAYS = remembered(PublicHolidays)
BASE = """\
fields: {note: text, level: low | high, price: money, seen: date}
open: {by: clerk, ask: note, may: [level, price, seen]}
sla: {reply: {from: asked, until: finished, target: 4h}}
states:
  asked:
    by: clerk
    limit: 2h
    events: {answer: finished, pass_on: {to: [{to: desk, when: level == high, max: 2}, finished], ask: note}}
    after: {1d: {do: {set: {price: 1}}}, 3d: finished}
  desk:
    by: boss
    not_by: asked
    pause: reply
    states:
      front: {events: {send: back_room}}
      back_room: {events: {return: front, close: finished}}
  finished: {end: done}
"""


def _process(body: str) -> Process:
    return compile_sources({"desk.yaml": HEAD + body}, "desk.yaml", holidays=HOLIDAYS)


def _told(old: str, new: str, base: str = BASE) -> list[str]:
    assert old in base
    return [str(one) for one in changes(_process(base), _process(base.replace(old, new)))]


@pytest.mark.requirement("R218", "R249")
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("limit: 2h", "limit: 3h", ["state `asked`: `limit` was 2h, is 3h"]),
        ("    limit: 2h\n", "", ["state `asked`: `limit` is gone: 2h on always"]),
        ("by: boss", "by: [boss, clerk]", ["state `desk`: `by` was boss, is boss, clerk"]),
        ("    not_by: asked\n", "", ["state `desk`: `not_by` is gone: asked"]),
        ("    pause: reply\n", "", ["state `desk`: `pause` is gone: reply"]),
        ("3d: finished", "4d: finished", ["timer `4d` in `asked`: `time` was 3d, is 4d"]),
        ("answer: finished", "answer: desk", ["event `answer` in `asked`: `to` was finished, is desk"]),
        ("answer: finished, ", "", ["event `answer` in `asked` went"]),
        ("send: back_room", "send: {to: back_room, by: clerk}",
         ["event `send` in `desk.front`: `by` was boss, is clerk"]),
        ("send: back_room", "send: {to: back_room, ask: note}", ["event `send` in `desk.front`: `ask` is new: note"]),
        ("max: 2", "max: 3",
         [("event `pass_on` in `asked`: `to` was desk when level == high at most 2x, else finished, "
           "is desk when level == high at most 3x, else finished")]),
        ("set: {price: 1}", "set: {price: 2}", ["timer `1d` in `asked`: `do` was set price: 1, is set price: 2"]),
        ("target: 4h", "target: 5h", ["clock `reply`: `target` was 4h, is 5h"]),
        ("low | high", "low | mid | high", ["field `level`: `type` was low | high, is low | mid | high"]),
        ("note: text", "note: {type: text, private: true}", ["field `note`: `private` is new: true"]),
        ("may: [level, price, seen]", "may: [level, price]", ["`open`: `may` was level, price, seen, is level, price",
                                                              "field `seen` went"]),
        ("{end: done}", "{end: cancelled}", ["state `finished`: `end` was done, is cancelled"]),
        ("front: {events: {send: back_room}}\n      back_room: {events: {return: front, close: finished}}",
         "back_room: {events: {return: front, close: finished}}\n      front: {events: {send: back_room}}",
         ["the process: another order: asked, desk, desk.back_room, desk.front, finished, reply"]),
    ],
)  # fmt: skip
def test_a_change_is_told_in_the_words_of_the_file(old: str, new: str, told: list[str]) -> None:
    assert _told(old, new) == told


SKILLED = BASE.replace("states:", "qualifications: [electrician, welder]\nqualified: electrician\nstates:", 1)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("qualified: electrician", "qualified: {electrician: 2}",
         ["state `asked`, state `desk`, state `finished`: `qualified` was electrician, is electrician 2"]),
        ("answer: finished", "answer: {to: finished, qualified: none}",
         ["event `answer` in `asked`: `qualified` was electrician, is none"]),
        ("answer: finished", "answer: {to: finished, qualified: [welder, electrician]}",
         ["event `answer` in `asked`: `qualified` was electrician, is electrician, welder"]),
        ("answer: finished",
         "answer: {to: finished, qualified: {per: level, table: {high: {welder: 2}, default: none}}}",
         ["event `answer` in `asked`: `qualified` was electrician, is by level (high: welder 2; default: none)"]),
    ],
)  # fmt: skip
def test_other_qualifications_are_a_change_of_behaviour(old: str, new: str, told: list[str]) -> None:
    assert _told(old, new, SKILLED) == told
    assert digest(_process(SKILLED)) != digest(_process(SKILLED.replace(old, new)))


def test_what_nothing_asks_for_is_no_behaviour() -> None:
    assert digest(_process(BASE)) == digest(_process("qualifications: [electrician]\n" + BASE))


def test_a_state_that_came_brings_its_events_with_it() -> None:
    new = "  checked: {by: boss, events: {fine: finished}}\n  finished:"
    assert _told("answer: finished", "answer: checked", BASE.replace("  finished:", new)) == [
        "event `answer` in `asked`: `to` was finished, is checked"
    ]
    assert [str(one) for one in changes(_process(BASE), _process(BASE.replace("  finished:", new)))] == [
        "state `checked` came: by boss"
    ]
    assert [str(one) for one in changes(_process(BASE.replace("  finished:", new)), _process(BASE))] == [
        "state `checked` went"
    ]


def test_of_a_table_of_times_the_cell_that_changed_is_told() -> None:
    table = "limit: {per: [level, note], table: {low: 2d, high: {x: 1d, default: 4h}}}"
    text = BASE.replace("limit: 2h", table)
    assert _told("low: 2d", "low: 3d", text) == ["state `asked`: `limit for low` was 2d, is 3d"]
    assert _told("default: 4h", "default: 5h", text) == ["state `asked`: `limit for high for default` was 4h, is 5h"]


def test_the_same_in_several_places_is_told_once() -> None:
    twice = BASE.replace("    pause: reply", "    limit: 2h")
    assert _told("limit: 2h", "limit: 4h", twice) == ["state `asked`, state `desk`: `limit` was 2h, is 4h"]


def test_what_is_inherited_is_told_where_it_changed() -> None:
    assert _told("    by: boss\n", "    by: [boss, clerk]\n") == ["state `desk`: `by` was boss, is boss, clerk"]
    assert _told("sla:", "pause: reply\nsla:") == ["state `asked`, state `finished`: `pause` is new: reply"]


def test_another_calendar_is_told_and_not_every_time() -> None:
    head = HEAD.replace("calendar: always", "calendar: office")
    hours = "calendars: {office: {timezone: Asia/Shanghai, hours: {mon-fri: [09:00-17:00]}}}\n"
    new = compile_sources({"desk.yaml": head + hours + BASE}, "desk.yaml")
    told = [str(one) for one in changes(_process(BASE), new)]
    assert told[0] == "the process: `calendar` was always, is office"
    assert [one for one in told if "limit" in one or "target" in one] == []


def test_a_state_that_migrate_gives_another_name_is_the_same_state() -> None:
    old = _process(BASE)
    text = (HEAD + BASE).replace("version: 1", "version: 2").replace("asked", "opened").replace("back_room", "office")
    text += "migrate: {1: {states: {asked: opened, desk.back_room: desk.office}}}\n"
    new = compile_sources({"desk.yaml": text}, "desk.yaml")
    assert [str(one) for one in changes(old, new)] == [
        "state `asked` is called `opened` now",
        "state `desk.back_room` is called `desk.office` now",
        "migration of version 1 came: states asked to opened, desk.back_room to desk.office",
    ]


def test_of_a_state_that_went_it_is_told_where_its_cases_go() -> None:
    text = (HEAD + BASE).replace("version: 1", "version: 2").replace("send: back_room", "send: finished")
    text = text.replace("      back_room: {events: {return: front, close: finished}}\n", "")
    text += "migrate: {1: {states: {desk.back_room: desk.front}}}\n"
    told = [str(one) for one in changes(_process(BASE), compile_sources({"desk.yaml": text}, "desk.yaml"))]
    assert "state `desk.back_room` went: its cases go to `desk.front`" in told


@pytest.fixture(scope="module")
def texts(shared: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted((shared / "definitions").glob("*.yaml"))}


PROCESSES = ("callback", "complaint", "maintenance", "maintenance_plan", "service_ticket")


def _edited(text: str, choose: random.Random, count: int) -> Iterator[str]:
    """Files in which a line is gone or stands elsewhere, or a word is replaced by another one of the file."""
    lines = text.split("\n")
    found = list(words(read(text, "file").root))
    for _ in range(count):
        kept = list(lines)
        match choose.randrange(3):
            case 0:
                del kept[choose.randrange(len(lines))]
            case 1:
                kept.insert(choose.randrange(len(lines)), kept.pop(choose.randrange(len(lines))))
            case _:
                line, column, word = choose.choice(found)
                other = choose.choice(found)[2]
                kept[line - 1] = kept[line - 1][: column - 1] + other + kept[line - 1][column - 1 + len(word) :]
        yield "\n".join(kept)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_change_is_told_exactly_when_the_digest_is_another(texts: dict[str, str], name: str) -> None:
    file = f"{name}.yaml"
    base = compile_sources(texts, file, holidays=HOLIDAYS)
    changed = 0
    for text in _edited(texts[file], random.Random(name), 30):
        try:
            new = compile_sources({**texts, file: text}, file, holidays=HOLIDAYS)
        except DefinitionError:
            continue
        if new.version == base.version and new.name == base.name:
            assert bool(changes(base, new)) == (new.digest != base.digest), text
            changed += new.digest != base.digest
    assert changed > 0


def test_every_single_difference_is_told_exactly_when_it_changes_the_digest() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in GOOD.glob("*.yaml")}
    base = compile_sources(texts, "every_word.yaml")
    every = list(processes(base))[::4]
    wrong = [other for other in every if bool(changes(base, other)) != (digest(other) != base.digest)]
    assert [(behaviour(base), behaviour(other)) for other in wrong] == []
    assert len(every) > 150


@pytest.mark.parametrize("name", PROCESSES)
def test_nothing_is_told_of_a_process_and_itself(texts: dict[str, str], name: str) -> None:
    process = compile_sources(texts, f"{name}.yaml", holidays=HOLIDAYS)
    assert changes(process, process) == ()
