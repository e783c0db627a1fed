"""`seen_by` in files: who is meant, what is told about it, and what it changes in a process."""

import pytest

from language.rulebook import told
from svcflow.core.rule import People
from svcflow.errors import DefinitionError
from svcflow.language import compile_sources
from svcflow.language.changes import changes

HEAD = "process: desk\nversion: 1\nroles: [clerk, boss]\n"
WORK = """
open: {may: [owner, cost, fault]}
states:
  new: {by: clerk, events: {close: {to: over, may: [cost, fault]}}}
  over: {end: done}
"""
PLAIN = "fields: {owner: person, cost: money, fault: text}\n"


def test_a_field_says_it_else_the_process_and_when_it_was_opened_is_for_everybody() -> None:
    fields = "seen_by: [clerk, owner]\nfields: {owner: person, cost: {type: money, seen_by: boss}, fault: text}\n"
    process = compile_sources({"desk.yaml": HEAD + fields + WORK}, "desk.yaml")
    ours = People(frozenset({"clerk"}), ("owner",))
    assert {name: field.seen_by for name, field in process.fields.items()} == {
        "owner": ours, "cost": People(frozenset({"boss"})), "fault": ours, "opened_at": None,
    }  # fmt: skip
    assert (process.seen_by, process.limited) == (ours, frozenset({"owner", "cost", "fault"}))


def seen(text: str) -> dict[str, People | None]:
    process = compile_sources({"desk.yaml": HEAD + text + WORK}, "desk.yaml")
    return {name: field.seen_by for name, field in process.fields.items() if name != "opened_at"}


def test_the_process_says_who_sees_all_and_who_sees_some() -> None:
    said = "seen_by: {clerk: all, boss: [cost, fault], owner: fault}\n"
    clerk = People(frozenset({"clerk"}))
    assert seen(said + PLAIN) == {
        "owner": clerk,
        "cost": People(frozenset({"clerk", "boss"})),
        "fault": People(frozenset({"clerk", "boss"}), ("owner",)),
    }
    assert compile_sources({"desk.yaml": HEAD + said + PLAIN + WORK}, "desk.yaml").seen_by == clerk
    assert seen("seen_by: {clerk: all}\n" + PLAIN) == seen("seen_by: clerk\n" + PLAIN)


def test_a_process_says_who_sees_fields_of_a_shared_file() -> None:
    shared = "shared: words\nfields: {margin: money}\n"
    text = HEAD + "use: [words.yaml]\nseen_by: {boss: all, clerk: [cost, margin]}\n" + PLAIN + WORK
    process = compile_sources({"desk.yaml": text, "words.yaml": shared}, "desk.yaml")
    assert process.fields["margin"].seen_by == People(frozenset({"clerk", "boss"}))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("seen_by: {clerk: [all, cost]}\n", "SF106: `all` stands alone"),
        ("seen_by: {clerk: cots}\n", "SF203: .*`cots`"),
        ("seen_by: {clark: all}\n", "SF202: .*`clark`"),
        ("seen_by: [clark]\n", "SF202: .*`clark`"),
        ("seen_by: {clerk: [cost, cost]}\n", "SF109: `cost` stands twice"),
        ("seen_by: {clerk: 1}\n", "SF203"),
        ("seen_by: []\n", "SF106: this list is empty"),
        ("seen_by: {}\n", "SF106: nobody is named here"),
    ],
)
def test_a_slip_in_who_sees_what_is_told(said: str, told: str) -> None:
    with pytest.raises(DefinitionError, match=told):
        seen(said + PLAIN)


def test_who_sees_a_field_is_said_in_one_place() -> None:
    with pytest.raises(DefinitionError, match="SF106: `cost` says itself who sees it"):
        seen("seen_by: {boss: all, clerk: cost}\n" + PLAIN.replace("cost: money", "cost: {type: money, seen_by: boss}"))


def test_no_field_is_called_as_the_word_for_all_of_them_is_read() -> None:
    text = "fields: {owner: person, cost: money, fault: text, all: flag}\n"
    with pytest.raises(DefinitionError, match="SF106: `all` means all fields here, and a field is called so"):
        seen("seen_by: {boss: all, clerk: [all]}\n" + text)
    assert seen("seen_by: [boss]\n" + text)["all"] == People(frozenset({"boss"}))


def test_a_process_without_the_word_is_what_it_was() -> None:
    process = compile_sources({"desk.yaml": HEAD + PLAIN + WORK}, "desk.yaml")
    assert (process.limited, process.digest) == (
        frozenset(), "1d08b7bad6045c6ba5b5b97fe04f7677778dd607cee4657475b02ffd422ab806"
    )  # fmt: skip


def test_a_shared_file_changes_no_process_that_does_not_speak_of_its_fields() -> None:
    shared = "shared: words\nfields: {who: person, margin: money}\n"
    text = HEAD + "use: [words.yaml]\n" + PLAIN + WORK
    before, after = (
        compile_sources({"desk.yaml": text, "words.yaml": words}, "desk.yaml").digest
        for words in (shared, shared.replace("margin: money", "margin: {type: money, seen_by: [who, boss]}"))
    )
    assert before == after


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (PLAIN.replace("cost: money", "cost: {type: money, seen_by: boss}"), "field `cost`: `seen_by` is new: boss"),
        ("seen_by: [boss, owner]\n" + PLAIN, "the process: `seen_by` is new: boss, owner"),
    ],
)
def test_who_sees_what_is_behaviour(fields: str, said: str) -> None:
    old, new = (compile_sources({"desk.yaml": HEAD + text + WORK}, "desk.yaml") for text in (PLAIN, fields))
    assert old.digest != new.digest
    assert [str(change) for change in changes(old, new)] == [said]


SEEN = """
fields: {owner: person, cost: {type: money, seen_by: boss}, shown: {type: money@}}
open: {ask: [cost, owner]}
by: clerk
states:
  new: {events: {close: {to: over, do: {set: {shown: $}}}}}
  over: {events: {end: ended}}
  ended: {end: done}
"""


@pytest.mark.parametrize(
    ("seen_by", "value", "found"),
    [
        ("", "cost", ["SF612 6:47"]),
        (", seen_by: [boss, clerk]", "cost", ["SF612 6:47"]),
        (", seen_by: [boss, owner]", "cost", ["SF612 6:47"]),
        (", seen_by: boss", "cost", []),
        (", seen_by: [boss, system]", "cost", []),
        ("", "cost * 2", []),
        ("", "7", []),
    ],
)
def test_a_copy_is_told_where_others_see_it(seen_by: str, value: str, found: list[str]) -> None:
    assert told(SEEN.replace("@", seen_by).replace("$", value)) == found


CHILD = """process: part
version: 1
roles: [clerk]
gives: cost
fields: {cost: {type: money$}}
open: {by: system, may: cost}
states:
  open: {by: clerk, limit: 1d, events: {tell: {to: told, may: cost}}}
  told: {end: done}
"""
RUN = """
@fields: {cost: {type: money$}, note: text}
open: {ask: cost, may: note}
by: clerk
states:
  new: {run: part, events: {told: {to: over, do: {start: part}}}}
  over: {end: done}
"""
BOSS = ", seen_by: boss"


@pytest.mark.parametrize(
    ("default", "here", "there", "found"),
    [
        ("", "", "", []),
        ("", BOSS, "", ["SF612 6:14", "SF612 6:58"]),
        ("", "", ", seen_by: clerk", ["SF612 6:14"]),
        ("", BOSS, ", seen_by: clerk", []),
        ("seen_by: [boss, clerk]\n", BOSS, "", ["SF612 6:14", "SF612 6:58"]),
        ("seen_by: boss\n", "", "", []),  # Most fields are hidden: which of them matter there, nobody can tell.
        ("seen_by: boss\n", ", seen_by: [boss, clerk]", "", []),
        ("seen_by: {boss: all, clerk: note}\n", "", "", ["SF612 6:14", "SF612 6:58"]),
        ("seen_by: {boss: all, clerk: note}\n", "", ", seen_by: clerk", []),
        ("seen_by: {boss: all, clerk: [note, cost]}\n", "", "", []),
    ],
)
def test_what_goes_to_another_case_is_told_where_everybody_sees_it_there(
    default: str, here: str, there: str, found: list[str]
) -> None:
    lines = default.count("\n")
    body = RUN.replace("@", default).replace("$", here)
    codes = told(body, **{"part.yaml": CHILD.replace("$", there)})
    assert codes == [one.replace(" 6:", f" {6 + lines}:") for one in found]


TIMED = """
@fields: {rank: {type: gold | silver$}, agreed: {type: 1h..9h$}, day: {type: date$}, urgent: flag}
open: {ask: [rank, agreed, day], may: urgent}
by: clerk
escalation: house
escalations: {house: {100%: {notify: clerk}}}
sla: {done: {from: new, until: over, target: TARGET}}
states:
  new: {wait: WAIT, limit: LIMIT, events: {close: over}, after: {1w since AFTER: {do: {notify: clerk}}}}
  over: {end: done}
"""
PLAINLY = {"TARGET": "4h", "WAIT": "1h", "LIMIT": "2d", "AFTER": "opened_at"}


@pytest.mark.parametrize(
    ("default", "own", "times", "found"),
    [
        ("", BOSS, {}, []),
        ("", BOSS, {"TARGET": "agreed else 9h"}, ["SF614 7:46"]),
        ("", BOSS, {"TARGET": "{per: rank, table: {gold: 1h, silver: 9h}}"}, ["SF614 7:46"]),
        ("", BOSS, {"WAIT": "agreed else 1h", "AFTER": "day"}, ["SF614 9:15", "SF614 9:73"]),
        ("", BOSS, {"LIMIT": "{per: [urgent, rank], table: {true: {gold: 1d, silver: 2d}, default: 3d}}"},
         ["SF614 9:26"]),
        ("", "", {"TARGET": "agreed else 9h", "AFTER": "day"}, []),
        ("seen_by: [boss]\n", BOSS, {"TARGET": "agreed else 9h", "AFTER": "day"}, []),
        ("seen_by: [boss, clerk]\n", BOSS, {"TARGET": "agreed else 9h"}, ["SF614 8:46"]),
        ("seen_by: {boss: all, clerk: urgent}\n", "", {"TARGET": "agreed else 9h", "AFTER": "day"}, []),
    ],
)  # fmt: skip
def test_a_time_by_a_field_with_a_list_of_its_own_is_told_where_others_see_the_case(
    default: str, own: str, times: dict[str, str], found: list[str]
) -> None:
    body = TIMED.replace("@", default).replace("$", own)
    for word, time in (PLAINLY | times).items():
        body = body.replace(word, time)
    assert [one for one in told(body) if one.startswith("SF614")] == found
