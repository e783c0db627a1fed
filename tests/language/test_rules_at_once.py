"""Circles of moves that nobody makes, through children and groups; what is told is held against the engine itself."""

from datetime import UTC, datetime
from textwrap import dedent

import pytest

from language.rulebook import HEAD, told
from svcflow import Actor, Engine, ManualClock
from svcflow.errors import MachineError, RunawayCases
from svcflow.language import compile_sources

QUICK = """
process: quick
version: 1
fields: {urgent: flag}
open: {may: urgent}
states:
  judged: {auto: {to: [{to: good, when: urgent, max: 2}, {to: good, when: urgent}, bad]}}
  good: {end: done}
  bad: {end: cancelled}
"""
THROUGH = """
process: through
version: 1
states:
  asked: {run: quick, events: {good: over, bad: over}}
  over: {end: done}
"""
DESK = """
fields: {urgent: flag, score: 1..5}
states:
  new: {by: clerk, events: {go: {to: asked, ask: score, may: urgent}}}
  asked: {run: CHILD, events: {EVENTS}}
  again: {auto: asked}
  over: {end: done}
"""


def _desk(events: str, child: str = "quick") -> str:
    return DESK.replace("EVENTS", events).replace("CHILD", child)


GROUP = """
fields: {score: 1..5}
states:
  new: {by: clerk, events: {go: {to: group, ask: score}}}
  group:
    states: {first: {auto: second}, second: {end: done}}
    events: {done: {to: [{to: over, when: score > 3}, group]}}
  over: {end: done}
"""
HAPPY = "good: over, bad: "
ENDLESS = {
    "child": (_desk(HAPPY + "again"), "SF307 6:17"),
    "one of two conditions": (_desk(HAPPY + "{to: [{to: over, when: score > 3}, again]}"), "SF307 6:17"),
    "a share of the cases leads out": (_desk(HAPPY + "{to: [{to: over, share: 50%}, again]}"), "SF307 6:17"),
    "counted alternatives run out": (_desk(HAPPY + "{to: [{to: again, max: 1}, again]}"), "SF307 6:17"),
    "child of a child": (_desk("over: {to: [{to: over, when: score > 3}, again]}", "through"), "SF307 6:17"),
}
CHANGES = {
    "conditions that cannot both hold": _desk(HAPPY + "{to: [{to: again, when: score > 3}, over]}").replace(
        "{auto: asked}", "{auto: {to: [{to: over, when: score > 2}, asked]}}"
    ),
    "something is set": _desk(HAPPY + "{to: [{to: over, when: score == 5}, again], do: {set: {score: 5}}}"),
    "a counted alternative leads out": _desk(HAPPY + "{to: [{to: over, max: 1}, again]}"),
}
RESTS = {
    "somebody acts": (
        "auto: {to: [{to: good, when: urgent, max: 2}, {to: good, when: urgent}, bad]}",
        "by: system, events: {go: good, no: bad}",
    ),
    "a time passes": ("auto: {", "wait: 1h on always, auto: {"),
    "a condition may never hold": ("bad]", "{to: bad, when: not urgent}]"),
    "only so often": ("bad]", "{to: bad, max: 3}]"),
}


@pytest.mark.parametrize(("body", "place"), ENDLESS.values(), ids=ENDLESS)
def test_a_child_that_ends_at_once_does_not_hold_up_a_circle(body: str, place: str) -> None:
    assert told(body, quick=QUICK, through=THROUGH) == [place]
    with pytest.raises(RunawayCases):
        _run(body)


def test_a_group_that_ends_at_once_does_not_hold_up_a_circle() -> None:
    assert told(GROUP) == ["SF307 7:55"]
    with pytest.raises(MachineError):
        _run(GROUP)


@pytest.mark.parametrize("body", CHANGES.values(), ids=CHANGES)
def test_a_circle_that_a_case_leaves_is_only_one_without_limit(body: str) -> None:
    assert [one[:5] for one in told(body, quick=QUICK)] == ["SF308"]
    _run(body)


@pytest.mark.parametrize(("old", "new"), RESTS.values(), ids=RESTS)
def test_a_child_that_may_come_to_rest_holds_a_circle_up(old: str, new: str) -> None:
    child = QUICK.replace(old, new)
    assert "SF308 6:17" in told(_desk(HAPPY + "again"), quick=child)


def test_children_side_by_side_or_run_by_themselves_are_not_followed() -> None:
    aside = """
        process: quick
        version: 1
        states:
          judged:
            parallel: true
            states: {one: {states: {bad: {end: done}}}, two: {states: {bad: {end: done}}}}
            events: {done: bad}
          good: {end: done}
          bad: {end: done}
    """
    itself = QUICK.replace("judged:", "judged: {run: quick, events: {good: bad, bad: bad}}\n  later:")
    for child in (dedent(aside), itself):
        assert "SF307 6:17" not in told(_desk(HAPPY + "again"), quick=child)


def test_a_process_starts_itself_behind_a_child_that_ends_at_once() -> None:
    body = """
        states:
          asked: {run: through, events: {over: {to: closed, do: {start: desk}}}}
          closed: {end: done}
    """
    assert told(body, quick=QUICK, through=THROUGH) == ["SF314 3:45"]
    with pytest.raises(RunawayCases):
        _run(dedent(body), opens=True)


def _run(body: str, *, opens: bool = False) -> None:
    """Let a case go into the circle, in an engine that has not been told of it."""
    texts = {"desk.yaml": HEAD + body, "quick.yaml": QUICK, "through.yaml": THROUGH}
    with Engine(clock=ManualClock(datetime(2026, 3, 2, 8, tzinfo=UTC))) as engine:
        engine.publish(*(compile_sources(texts, file) for file in texts))
        clerk = Actor("li", roles={"clerk"})
        case = engine.open("desk", actor=clerk, id="case")
        if not opens:
            engine.send(case.id, "go", {"score": 3} if "score" in body else {}, actor=clerk)
