"""
Limits of states: what they measure, how they escalate step by step, what changes them and what does not.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.desk import MONDAY, case_of, hours

ESCALATION = """
escalations:
  std:
    50%: {notify: responsible}
    100%: {notify: boss}
    100% + 1h: {notify: [boss, agent]}
escalation: std
"""


@pytest.mark.requirement("R074")
def test_a_window_opens_on_its_first_date_and_its_limit_is_the_end_of_its_last() -> None:
    text = """
    fields: {served_at: datetime}
    by: agent
    states:
      call:
        window: 2d..5d since served_at
        states: {ring: {events: {done: two}}}
      two: {end: done}
    """
    desk, case = case_of(ESCALATION, text, served_at=MONDAY + hours(6))
    assert case.timers["wait:call"].due == datetime(2026, 5, 6, tzinfo=UTC)
    assert desk.clock(case, "limit:call").fixed == datetime(2026, 5, 10, tzinfo=UTC)
    assert desk.refused(case, "done").code == "waiting"
    desk.wait(timedelta(days=2))
    assert desk.send(case, "done").status == "done"


@pytest.mark.requirement("R019", "R160")
def test_a_limit_escalates_step_by_step_and_moves_nothing() -> None:
    text = """
    by: agent
    states:
      one: {limit: 4h, events: {x: two}}
      two: {end: done}
    """
    desk, case = case_of(ESCALATION, text)
    desk.wait(hours(4))
    assert desk.told(case) == [("agent",)], "a step fires only after its instant has passed"
    desk.wait(hours(4))
    assert desk.told(case) == [("agent",), ("boss",), ("boss",), ("agent",)]
    steps = [(entry.detail["step"], entry.at) for entry in desk.journal[case.id][1:]]
    assert steps == [("50%", MONDAY + hours(2)), ("100%", MONDAY + hours(4)), ("100% + 1h", MONDAY + hours(5))]
    case = desk.send(case, "x")
    assert [(clock.name, clock.state) for clock in case.cycles] == [("limit:one", "stopped")]


def test_of_several_steps_overtaken_at_once_the_highest_fires() -> None:
    text = """
    fields: {visit: datetime}
    by: agent
    states:
      one: {limit: 2h since visit, events: {x: two, move: {to: here, ask: visit}}}
      two: {end: done}
    """
    desk, case = case_of(ESCALATION, text, visit=MONDAY - timedelta(days=7))
    desk.wait(timedelta(seconds=1))
    assert desk.clock(case, "limit:one").steps == (("50%", "skipped"), ("100%", "skipped"), ("100% + 1h", "fired"))
    assert desk.told(case) == [("boss",), ("agent",)]
    case = desk.send(case, "move", visit=MONDAY + hours(2))
    assert [clock.cycle for clock in case.cycles] == [1]
    desk.wait(hours(3.5))
    assert desk.told(case)[2:] == [("agent",)], "a new visit is escalated anew"


def test_at_one_instant_moves_precede_escalation_steps() -> None:
    text = """
    by: agent
    states:
      one: {limit: 2h, events: {x: two}, after: {2h: two}}
      two: {end: done}
    """
    desk, case = case_of(ESCALATION, text)
    desk.wait(hours(5))
    assert desk.names(case) == ["desk", "limit:one", "after:one:2h"]
    assert desk.told(case) == [("agent",)]


def test_a_stay_of_a_group_counts_its_limit_through_its_inner_states() -> None:
    desk, case = case_of("""
    by: agent
    states:
      g: {limit: 6h, states: {a: {events: {next: b}}, b: {events: {x: closed}}}}
      closed: {end: done}
    """)
    desk.now += hours(1)
    case = desk.send(case, "next")
    assert desk.clock(case, "limit:g").started_at == MONDAY
    assert case.arrivals == {"g": MONDAY, "g.b": MONDAY + hours(1)}


def test_a_limit_whose_field_changes_without_another_due_goes_on() -> None:
    text = """
    fields: {visit: datetime}
    by: agent
    states:
      one: {limit: 1h since visit, events: {x: {to: here, ask: visit}, end: two}}
      two: {end: done}
    """
    desk, case = case_of(text, visit=MONDAY + hours(9))
    assert desk.clock(case, "limit:one").fixed == MONDAY + hours(25), "the office is closed in the evening"
    assert desk.send(case, "x", visit=MONDAY + hours(10)).clocks == case.clocks


def test_a_limit_begins_when_its_field_is_filled_and_is_gone_when_it_is_emptied() -> None:
    desk, case = case_of("""
    fields: {visit: datetime}
    by: agent
    states:
      one: {limit: 1h since visit, events: {x: {to: here, may: visit}, end: two}}
      two: {end: done}
    """)
    assert dict(case.clocks) == {}
    case = desk.send(case, "x", visit=MONDAY + hours(2))
    assert desk.clock(case, "limit:one").fixed == MONDAY + hours(3)
    case = desk.send(case, "x", visit=None)
    assert dict(case.clocks) == {}
    assert [clock.cycle for clock in case.cycles] == [1]


def test_a_clock_that_is_called_as_a_state_is_not_mistaken_for_its_limit() -> None:
    desk, case = case_of("""
    sla: {one: {from: one, until: two, target: 1h}}
    by: agent
    states:
      one: {limit: 4h, events: {x: two}}
      two: {events: {again: one, x: three}}
      three: {end: done}
    """)
    for event in ("x", "again", "x"):
        desk.now += hours(2)
        case = desk.send(case, event)
    clocks = (*case.cycles, *case.clocks.values())
    assert sorted((one.name, one.cycle) for one in clocks) == [
        ("limit:one", 1), ("limit:one", 2), ("one", 1), ("one", 2)
    ]  # fmt: skip
    assert {one.target for one in clocks if one.name == "one"} == {hours(1)}
