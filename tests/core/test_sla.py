"""
SLA clocks of a case: what starts, stops, pauses, renews and retargets them, and when they are late.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from core.desk import MONDAY, SLA, Desk, case_of, desk_of, hours, process
from svcflow.core import clock as stopwatch
from svcflow.core.case import Case


def opened(**fields: object) -> tuple[Desk, Case]:
    return case_of(SLA, **fields)


def met(desk: Desk, clock: stopwatch.Clock) -> bool | None:
    return stopwatch.met(clock, desk.of(next(iter(desk.cases.values()))).calendars, desk.now)


def test_a_clock_runs_from_its_first_state_to_its_last() -> None:
    desk, case = opened()
    desk.now += hours(2)
    case = desk.send(case, "accept")
    answer = desk.clock(case, "clock:answer")
    assert (answer.state, met(desk, answer)) == ("stopped", True), "exactly at due is met"
    assert desk.clock(case, "clock:fix").state == "running"


def test_stopped_after_its_due_is_late() -> None:
    desk, case = opened()
    desk.now += hours(2) + timedelta(microseconds=1)
    assert met(desk, desk.clock(desk.send(case, "accept"), "clock:answer")) is False


def test_pauses_do_not_count() -> None:
    desk, case = opened(p="P1")
    case = desk.send(case, "accept")
    desk.now += hours(1)
    case = desk.send(case, "wait")
    assert stopwatch.due(desk.clock(case, "clock:fix"), desk.of(case).calendars) is None
    desk.wait(hours(48))
    case = desk.send(case, "answered")
    assert stopwatch.due(desk.clock(case, "clock:fix"), desk.of(case).calendars) == desk.now + hours(3)


@pytest.mark.requirement("R124", "R176", "R213")
def test_a_field_of_the_table_takes_the_target_anew_and_time_used_stays() -> None:
    desk, case = opened()
    assert desk.clock(case, "clock:fix").target == hours(8)
    desk.now += hours(3)
    case = desk.send(case, "set", p="P1")
    fix = desk.clock(case, "clock:fix")
    assert (fix.target, fix.started_at) == (hours(4), MONDAY)
    assert case.timers["clock:fix"].due == desk.now, "half of the time has been used up already"
    case = desk.send(case, "set", p="P2")
    assert desk.clock(case, "clock:fix").target == hours(16)
    assert desk.send(case, "set", q="x").clocks == case.clocks


def test_a_retarget_comes_before_a_stop_in_the_same_step() -> None:
    desk, case = opened()
    case = desk.send(desk.send(case, "accept"), "check")
    desk.now += hours(1)
    case = desk.send(case, "fail", p="P1")
    fix = desk.clock(case, "clock:fix")
    assert (fix.cycle, fix.target) == (2, hours(4))
    assert [(one.name, one.cycle, one.target) for one in case.cycles] == [("fix", 1, hours(8))]


def test_again_decides_what_a_start_after_a_stop_does() -> None:
    desk, case = opened()
    case = desk.send(desk.send(case, "accept"), "close")
    desk.now += hours(1)
    case = desk.send(case, "reopen")
    assert desk.clock(case, "clock:answer").state == "stopped", "ignore"
    assert desk.clock(case, "clock:fix").cycle == 2, "restart"
    news = desk.clock(case, "clock:news")
    assert (news.cycle, news.state, len(news.segments)) == (1, "running", 2), "continue"


def test_a_clock_that_ignores_a_second_start_stays_stopped() -> None:
    desk, case = case_of("""
    sla: {answer: {from: new, until: work, target: 2h, again: ignore}}
    by: agent
    states:
      new: {events: {accept: work}}
      work: {events: {return: new, close: closed}}
      closed: {end: done}
    """)
    case = desk.send(case, "accept")
    stopped = desk.clock(case, "clock:answer")
    desk.now += hours(1)
    case = desk.send(case, "return")
    assert desk.clock(case, "clock:answer") == stopped
    assert case.cycles == ()
    assert not case.timers


def test_a_table_that_gives_the_same_time_for_another_value_leaves_the_clock_alone() -> None:
    text = """
    fields: {p: P1 | P2 | P3}
    targets: {speed: {per: p, table: {P1: 4h, default: 8h}}}
    sla: {fix: {from: one, until: two, target: speed}}
    by: agent
    states:
      one: {events: {go: two, tell: {to: here, ask: p}}}
      two: {end: done}
    """
    desk, case = case_of(text, p="P2")
    desk.now += hours(1)
    assert desk.send(case, "tell", p="P3").clocks == case.clocks


@pytest.mark.requirement("R036")
def test_renew_closes_the_cycle_and_opens_a_new_one() -> None:
    desk, case = opened()
    case = desk.send(case, "accept")
    desk.now += hours(5)
    case = desk.send(case, "inform")
    (old,) = (one for one in case.cycles if one.name == "news")
    assert (old.cycle, met(desk, old)) == (1, False)
    assert desk.clock(case, "clock:news").started_at == desk.now


def test_steps_fire_once_per_cycle_in_order() -> None:
    desk, case = opened(p="P1")
    desk.wait(timedelta(days=3))
    steps = [(entry.detail["step"], entry.at - MONDAY) for entry in desk.journal[case.id] if entry.name == "clock:fix"]
    assert steps == [
        ("50%", hours(2)),
        ("-30min", hours(3.5)),
        ("100%", hours(4)),
        ("100% + 1d", timedelta(days=1, hours=4)),
    ]


def test_a_cancelled_end_before_the_due_counts_neither_way() -> None:
    desk, case = opened()
    desk.now += hours(1)
    case = desk.send(case, "drop")
    assert met(desk, desk.clock(case, "clock:fix")) is None
    desk, case = opened()
    desk.now += timedelta(days=3)
    case = desk.send(case, "drop")
    assert met(desk, desk.clock(case, "clock:fix")) is False


def test_a_cancelled_end_that_until_names_counts_as_reached() -> None:
    text = """
    sla: {answer: {from: one, until: [two, dropped], target: 4h}, fix: {from: one, until: two, target: 4h}}
    by: agent
    states:
      one: {events: {go: two, drop: dropped}}
      two: {end: done}
      dropped: {end: cancelled}
    """
    for wait, answer, fix in ((1, True, None), (5, False, False)):
        desk, case = case_of(text)
        desk.now += hours(wait)
        case = desk.send(case, "drop")
        assert [met(desk, desk.clock(case, f"clock:{name}")) for name in ("answer", "fix")] == [answer, fix]


def test_a_clock_whose_target_was_never_known_counts_neither_way() -> None:
    desk = desk_of("""
    fields: {p: P1 | P2}
    targets: {speed: {per: p, table: {P1: 4h, P2: 2d}}}
    sla: {fix: {from: one, until: two, target: speed}}
    by: agent
    states:
      one: {events: {go: two, tell: {to: here, ask: p}}}
      two: {end: done}
    """)
    case = desk.open()
    assert not case.timers
    assert met(desk, desk.clock(desk.send(case, "go"), "clock:fix")) is None
    case = desk.open()
    desk.now += hours(3)
    case = desk.send(case, "tell", p="P1")
    assert desk.clock(case, "clock:fix").target == hours(4)


def test_a_date_target_becomes_working_time_at_its_start() -> None:
    desk = desk_of("""
    sla: {fix: {from: one, until: two, target: 2d}}
    by: agent
    states:
      one: {events: {go: two}}
      two: {end: done}
    """)
    desk.now = MONDAY + hours(5)
    assert desk.clock(desk.open(), "clock:fix").target == hours(16)


@pytest.mark.requirement("R019")
def test_a_step_may_raise_an_event() -> None:
    desk, case = case_of("""
    escalations: {std: {100%: {send: give_up}}}
    escalation: std
    by: agent
    states:
      one: {limit: 1h, events: {go: two, give_up: {to: two, by: system}}}
      two: {end: done}
    """)
    desk.wait(hours(2))
    assert desk.cases[case.id].status == "done"
    assert desk.names(case) == ["desk", "limit:one"]
    desk.check_replay()


def test_a_step_no_calendar_knows_is_remarked() -> None:
    late = process("""
    escalations: {std: {100% + 5y: {notify: boss}}}
    escalation: std
    by: agent
    states:
      one: {limit: 4h, events: {x: two}}
      two: {end: done}
    """)
    desk = Desk(late, now=datetime(9996, 5, 6, 9, tzinfo=UTC))
    case = desk.open()
    assert not case.timers
    assert "step 100% + 5y is not armed" in desk.remarks(case)[0]


def test_a_timer_that_comes_before_any_step_is_armed_for_the_next_one() -> None:
    desk, case = case_of("""
    escalations: {std: {50%: {notify: boss}}}
    escalation: std
    by: agent
    states:
      one: {limit: 4h, events: {x: two}}
      two: {end: done}
    """)
    early = evolve(case.timers["limit:one"], due=MONDAY + hours(1))
    desk.cases[case.id] = evolve(case, timers={"limit:one": early})
    desk.wait(hours(1.5))
    assert desk.told(case) == []
    assert desk.cases[case.id].timers["limit:one"].due == MONDAY + hours(2)


RENEWED = """
sla: {news: {from: one, until: two, target: 1h, renew: [inform, finish, drop]}}
by: agent
states:
  one: {events: {inform: here, finish: two, drop: lost}}
  two: {events: {y: three}}
  three: {end: done}
  lost: {end: cancelled}
"""


def test_what_stops_a_clock_or_ends_the_case_renews_it_no_more() -> None:
    for event in ("finish", "drop"):
        desk, case = case_of(RENEWED)
        desk.now += hours(2)
        case = desk.send(case, event)
        assert case.cycles == ()
        assert met(desk, desk.clock(case, "clock:news")) is False, "no empty cycle hides that the news came late"


def test_a_clock_that_starts_with_a_group_stops_in_the_state_inside_that_ends_it() -> None:
    desk, case = case_of("""
    sla: {fix: {from: g, until: g.b, target: 1h}}
    by: agent
    states:
      one: {events: {x: g.b}}
      g: {states: {a: {events: {x: b}}, b: {events: {y: three}}}}
      three: {end: done}
    """)
    assert desk.clock(desk.send(case, "x"), "clock:fix").state == "stopped"


def test_of_steps_overtaken_at_once_the_highest_fires_wherever_it_stands() -> None:
    desk, case = case_of("""
    fields: {p: P1 | P2}
    targets: {speed: {per: p, table: {P1: 1h, default: 8h}}}
    escalations: {std: {100%: {notify: boss}, 50%: {notify: agent}}}
    escalation: std
    sla: {fix: {from: one, until: two, target: speed}}
    by: agent
    states: {one: {events: {x: two, hurry: {to: here, ask: p}}}, two: {end: done}}
    """)
    desk.now += hours(3)
    desk.send(case, "hurry", p="P1")
    desk.wait(timedelta(seconds=1))
    assert desk.clock(case, "clock:fix").steps == (("50%", "skipped"), ("100%", "fired"))
    assert desk.told(case) == [("boss",)]


SINCE = """
fields: {reported: datetime}
sla: {fix: {from: one, until: two, target: 4h since reported}}
by: agent
states: {one: {events: {x: two, correct: {to: here, ask: reported}}}, two: {end: done}}
"""


def test_a_target_since_a_field_is_due_when_the_field_says_so() -> None:
    desk, case = case_of(SINCE)
    assert desk.clock(case, "clock:fix").target is None
    friday = MONDAY - timedelta(days=3)
    for reported, due in ((friday + hours(6), MONDAY + hours(2)), (MONDAY + hours(1), MONDAY + hours(5))):
        case = desk.send(case, "correct", reported=reported)
        assert stopwatch.due(desk.clock(case, "clock:fix"), desk.of(case).calendars) == due
    case = desk.send(case, "correct", reported=friday)
    assert stopwatch.due(desk.clock(case, "clock:fix"), desk.of(case).calendars) == MONDAY, "long past: at its start"


def test_a_target_since_a_date_no_calendar_reaches_is_none_and_remarked() -> None:
    desk, case = case_of(SINCE, reported=datetime(2300, 1, 4, 9, tzinfo=UTC))
    assert desk.clock(case, "clock:fix").target is None
    assert "the target of fix is not counted" in desk.remarks(case)[0]


def test_a_week_after_a_step_is_a_week_of_the_calendar() -> None:
    head = "escalations: {std: {100% + 1w: {notify: boss}}}\nescalation: std\nby: agent\n"
    _, case = case_of(head + "states: {one: {limit: 1h, events: {x: two}}, two: {end: done}}")
    assert case.timers["limit:one"].due == MONDAY + timedelta(days=7, hours=1)
