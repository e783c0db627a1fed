"""Migrations are checked against the versions they speak of; what the engine refuses is the oracle."""

import pytest

from language.rulebook import HEAD, published
from svcflow.core.event import Actor
from svcflow.engine import Engine
from svcflow.language import Finding, compile_sources
from svcflow.language.checks import Project
from svcflow.language.files import Texts
from svcflow.language.rules.catalogue import RULES

OLD = (
    HEAD
    + """\
fields: {note: text, level: low | high, price: money}
open: {by: clerk, may: [note, level, price]}
states:
  asked: {by: clerk, events: {go_on: repair}}
  repair:
    by: clerk
    states:
      remote: {events: {visit: onsite, stop: waiting}}
      onsite: {events: {stop: waiting}}
  waiting: {by: clerk, events: {close: finished}}
  finished: {end: done}
"""
)
CODES = {"SF702", "SF704", "SF706", "SF707", "SF708"}


def _new(migrate: str, *edits: tuple[str, str]) -> str:
    text = OLD
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return text.replace("version: 1", f"version: 2\nmigrate: {migrate}")


def _found(text: str, *before: str) -> list[Finding]:
    project = Project(Texts({"desk.yaml": text}), RULES, against=published(*before))
    return [one for one in project.check("desk.yaml").findings if one.code in CODES]


RENAMED = ("onsite", "visiting")
FLAT = (
    OLD[OLD.index("  repair:\n") : OLD.index("  waiting:")],
    "  mending: {by: clerk, events: {stop: waiting}}\n",
)
NOW_FLAT = (FLAT, ("go_on: repair", "go_on: mending"))


@pytest.mark.parametrize(
    ("migrate", "edits", "told"),
    [
        ("{1: {}}", (), []),
        ("{1: finish}", (RENAMED,), []),
        ("{1: {}}", (RENAMED,), ["repair.onsite"]),
        ("{1: {states: {repair.onsite: repair.visiting}}}", (RENAMED,), []),
        ("{1: {}}", NOW_FLAT, ["repair"]),
        ("{1: {states: {repair: mending}}}", NOW_FLAT, []),
        ("{1: {states: {repair.remote: mending}}}", NOW_FLAT, ["repair.onsite"]),
        ("{1: {states: {repair.onsite: mending, repair.remote: asked}}}", NOW_FLAT, []),
        ("{1: {}}", (("  waiting:", "  parked:"), ("stop: waiting", "stop: parked")), ["waiting"]),
    ],
)
def test_a_state_without_successor_is_told_and_the_engine_refuses_its_cases(
    migrate: str, edits: tuple[tuple[str, str], ...], told: list[str]
) -> None:
    text = _new(migrate, *edits)
    found = _found(text, OLD)
    assert [one.message.split("`")[1] for one in found if one.code == "SF702"] == told
    refused = _refused(text)
    if "finish" in migrate:
        assert refused == {"asked", "repair.remote", "repair.onsite", "waiting"}
    else:
        assert refused == {path for path in refused | set(told) if any(_inside(path, one) for one in told)} - {"repair"}


def _inside(path: str, group: str) -> bool:
    return path == group or path.startswith(f"{group}.")


def _refused(text: str) -> set[str]:
    """The states whose cases the engine does not bring over."""
    clerk = Actor("li", roles={"clerk"})
    ways = {"asked": (), "repair.remote": ("go_on",), "repair.onsite": ("go_on", "visit"), "waiting": ("go_on", "stop")}
    with Engine() as engine:
        engine.publish(compile_sources({"desk.yaml": OLD}, "desk.yaml"))
        for events in ways.values():
            case = engine.open("desk", {}, actor=clerk)
            for event in events:
                engine.send(case.id, event, actor=clerk)
        engine.publish(compile_sources({"desk.yaml": text}, "desk.yaml"))
        moved = engine.migrate("desk", from_version=1, dry_run=True)
        return {one.before for one in moved if one.refusal is not None}


def test_a_state_in_which_no_case_lies_needs_no_successor() -> None:
    passing = (
        "  waiting:",
        (
            "  sorted: {auto: {to: [{to: waiting, when: price > 9}, waiting]}}\n"
            "  group: {by: clerk, events: {done: waiting}, states: {one: {events: {next: two}}, two: {end: done}}}\n"
            "  both:\n    parallel: true\n    by: clerk\n    events: {done: waiting}\n    states:\n"
            "      left: {states: {doing: {events: {left_done: over}}, over: {end: done}}}\n"
            "      right: {states: {doing: {events: {right_done: over}}, over: {end: done}}}\n  waiting:"
        ),
    )
    old = OLD.replace(*passing).replace("go_on: repair", "go_on: repair, sort: sorted, open: group, split: both")
    found = _found(_new("{1: {}}"), old)
    assert [one.message.split("`")[1] for one in found if one.code == "SF702"] == ["group", "both"]
    kept = ("  waiting:", "  group: {by: clerk, events: {close: waiting}}\n  waiting:")
    moved = _found(
        _new("{1: {states: {both: waiting, group.one: group}}}", kept, ("go_on:", "open: group, go_on:")), old
    )
    assert [one.message for one in moved if one.code == "SF702"] == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("note: text", "note: number", True),
        ("note: text", "note: person", False),
        ("note: text", "note: list", False),
        ("low | high", "low | mid | high", False),
        ("low | high", "low | none", True),
        ("low | high", "text", False),
        ("price: money", "price: number", False),
        ("price: money", "price: 1..5", True),
        ("price: money", "price: {type: money, private: true}", False),
    ],
)
def test_a_field_of_another_type_is_told_where_a_value_does_not_fit(old: str, new: str, told: bool) -> None:  # noqa: FBT001 - a table
    assert [one.code for one in _found(_new("{1: {}}", (old, new)), OLD)] == ["SF706"] * told
    written = {"note": "note: 0", "low |": "level: low", "price": "price: 1"}
    if told:
        value = next(text for word, text in written.items() if old.startswith(word))
        assert _found(_new(f"{{1: {{set: {{{value}}}}}}}", (old, new)), OLD) == []


def test_a_state_that_was_never_there_is_told_with_the_one_that_was_meant() -> None:
    found = _found(_new("{1: {states: {onsite: waiting, wating: waiting, zzz: waiting}}}"), OLD)
    assert [(one.code, one.fix and one.fix.text) for one in found] == [
        ("SF704", "repair.onsite"), ("SF704", "waiting"), ("SF704", None),
    ]  # fmt: skip


def test_nothing_is_told_of_a_version_that_nobody_knows() -> None:
    text = _new("{1: {states: {nowhere: waiting}}}", RENAMED)
    assert _found(text, OLD.replace("version: 1", "version: 3")) == []


def test_a_field_that_cases_bring_along_is_not_told() -> None:
    edit = (
        "{by: clerk, events: {close: finished}}",
        "{by: clerk, events: {close: {to: [{to: asked, when: price > 9}, finished]}}}",
    )
    asked = ("go_on: repair", "go_on: {to: repair, ask: price}")
    told = _found(_new("{1: {}}", edit, asked), OLD)
    assert [one.code for one in told] == ["SF708"]
    assert "`price` may be empty in `waiting`" in told[0].message
    assert _found(_new("{1: {set: {price: 0}}}", edit, asked), OLD) == []
    assert _found(_new("{1: {}}", edit, asked), OLD.replace(*asked)) == []
    assert _found(_new("{1: {}}", (edit[0], edit[1].replace("price >", "filled(price) and price >")), asked), OLD) == []


def test_a_field_that_a_child_asks_for_is_told_when_cases_come_over_without_it() -> None:
    child = HEAD.replace("desk", "call") + "fields: {price: money}\nopen: {ask: price}\n"
    child += "states: {calling: {by: clerk, events: {end: over}}, over: {end: done}}\n"
    edit = ("  finished:", "  calling: {run: call, events: {over: finished}}\n  finished:")
    text = _new("{1: {states: {waiting: calling}}}", edit, ("go_on: repair", "go_on: {to: repair, ask: price}"))
    files = {"desk.yaml": text.replace("close: finished", "close: calling"), "call.yaml": child}
    found = Project(Texts(files), RULES, against=published(OLD)).check("desk.yaml").findings
    assert [one.code for one in found if one.code in CODES] == ["SF708"]


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ("2d", "1d", True), ("1d", "2d", False), ("1d", "1d", False), ("4h", "180min", True), ("1w", "6d", True),
        ("1mo", "3w", True), ("1d", "24h", False), ("25h", "1d", True), ("2d on always", "1d since note_at", False),
        ("{per: level, table: {low: 2d, default: 1d}}", "{per: level, table: {low: 2d, high: 12h, default: 1d}}", True),
        ("{per: level, table: {low: 2d, high: 1d}}", "{per: level, table: {low: 3d, high: 1d}}", False),
        ("{per: level, table: {low: 2d, high: 1d}}", "1d", False),
    ],
)  # fmt: skip
def test_a_promise_is_told_where_it_is_shorter_for_certain(before: str, now: str, told: bool) -> None:  # noqa: FBT001 - a table
    sla = ("\nstates:", "\nsla: {reply: {from: asked, until: finished, target: TIME}}\nstates:")
    fields = ("note: text", "note: text, note_at: datetime")
    texts = [text.replace(*sla).replace(*fields) for text in (OLD, _new("{1: {}}"))]
    found = _found(texts[1].replace("TIME", now), texts[0].replace("TIME", before))
    assert [one.code for one in found] == ["SF707"] * told
