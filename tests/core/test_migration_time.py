"""
What a case has counted stays counted when it migrates, and a timer is the one whose words are the same.
"""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from core.desk import AGENT, MONDAY, Desk, hours, process
from svcflow.core import clock as stopwatch
from svcflow.core.calendar import Calendar, Shift
from svcflow.core.case import Case
from svcflow.core.clock import Clock
from svcflow.core.event import Migrate
from svcflow.core.process import Process

PLAN = "migrate: {1: {states: {three: three}}}"
CLOCKED = """
sla: {fix: {from: [one, again], until: two, target: 4h, again: continue}}
by: agent
states:
  one: {limit: 5h, events: {x: two, hold: held}}
  held: {pause: fix, events: {resume: back}}
  two: {events: {more: again, y: three}}
  again: {events: {x: two}}
  three: {end: done}
"""


def office(first: int, last: int) -> Calendar:
    return Calendar("office", UTC, {day: [Shift(first * 60, last * 60)] for day in range(7)})


def versions(old: Calendar, new: Calendar) -> Desk:
    """
    A desk whose cases can go over to the same process with other office hours.
    """
    first, second = process(CLOCKED), process(CLOCKED, PLAN, version=2)
    return Desk(evolve(second, calendars={"office": new}), evolve(first, calendars={"office": old}))


def over(desk: Desk, case: Case) -> Case:
    after = desk.give(case, Migrate(2))
    desk.check_replay()
    return after


def view(desk: Desk, case: Case) -> list[tuple[object, ...]]:
    """
    What the clocks of a case say as of now.
    """
    calendars = desk.of(case).calendars
    every = (*case.cycles, *case.clocks.values())
    return [
        (one.name, one.cycle, one.state, stopwatch.elapsed(one, calendars, desk.now),
         stopwatch.late(one, calendars, desk.now), stopwatch.met(one, calendars, desk.now))
        for one in every
    ]  # fmt: skip


def fix(desk: Desk, case: Case) -> tuple[Clock, Process]:
    return desk.clock(case, "clock:fix"), desk.of(case)


@pytest.mark.requirement("R197")
@pytest.mark.parametrize(("used", "new", "met"), [(5, (13, 17), False), (3, (0, 24), True), (4, (13, 17), True)])
def test_a_finished_cycle_keeps_its_verdict_whatever_the_calendar_says_now(
    used: int, new: tuple[int, int], met: bool  # noqa: FBT001
) -> None:  # fmt: skip
    desk = versions(office(9, 17), office(*new))
    case = desk.open()
    desk.now += hours(used)
    case = over(desk, desk.send(case, "x"))
    clock, version = fix(desk, case)
    assert version.version == 2
    assert stopwatch.elapsed(clock, version.calendars, desk.now) == hours(used)
    assert stopwatch.met(clock, version.calendars, desk.now) is met


@pytest.mark.requirement("R178")
def test_what_a_running_clock_has_used_stays_and_the_rest_counts_on_the_new_calendar() -> None:
    desk = versions(office(9, 17), office(13, 17))
    case = desk.open()
    desk.now += hours(3)
    case = over(desk, case)
    clock, version = fix(desk, case)
    assert stopwatch.elapsed(clock, version.calendars, desk.now) == hours(3)
    assert stopwatch.due(clock, version.calendars) == MONDAY + hours(5), "one hour is left, and it opens at 13:00"
    desk.now += hours(3)
    case = desk.send(desk.send(case, "x"), "more")
    desk.now += hours(1)
    clock, _ = fix(desk, case)
    assert stopwatch.elapsed(clock, version.calendars, desk.now) == hours(3 + 2 + 1)


def test_a_clock_that_was_late_is_late_though_the_new_calendar_would_not_have_it_so() -> None:
    desk = versions(office(9, 17), office(16, 17))
    case = desk.open()
    desk.now += hours(6)
    case = over(desk, case)
    clock, version = fix(desk, case)
    desk.now += timedelta(minutes=1)
    assert stopwatch.late(clock, version.calendars, desk.now)
    assert stopwatch.elapsed(clock, version.calendars, desk.now) == hours(6)


def test_a_calendar_that_stays_the_same_leaves_clocks_as_they_were() -> None:
    desk = versions(office(9, 17), office(9, 17))
    case = desk.open()
    desk.now += hours(3)
    assert over(desk, case).clocks == case.clocks


spans = st.tuples(st.integers(0, 20), st.integers(1, 4)).map(lambda one: (one[0], one[0] + one[1]))


@given(spans, spans, st.lists(st.tuples(st.sampled_from(["x", "hold", "resume", "more"]), st.integers(0, 2000))))
def test_no_verdict_and_no_time_used_changes_in_the_moment_of_a_migration(
    old: tuple[int, int], new: tuple[int, int], events: list[tuple[str, int]]
) -> None:
    desk = versions(office(*old), office(*new))
    case = desk.open()
    for event, minutes in events:
        desk.now += timedelta(minutes=minutes)
        if event in desk.menu(case, AGENT):
            case = desk.send(case, event)
    before = view(desk, case)
    case = over(desk, case)
    assert view(desk, case) == before
    finished = [one for one in before if one[2] == "stopped"]
    desk.now += timedelta(days=9)
    assert [one for one in view(desk, case) if one[2] == "stopped"] == finished


TIMED = "by: agent\nstates: {one: {after: {TIMES}, events: {x: two}}, two: {end: done}}"


def timed(old: str, new: str) -> Desk:
    plan = "migrate: {1: {states: {two: two}}}"
    return Desk(process(TIMED.replace("TIMES", new), plan, version=2), process(TIMED.replace("TIMES", old)))


def test_a_spent_timer_is_not_mistaken_for_another_one_at_its_place() -> None:
    desk = timed("1h: {do: {notify: boss}}", "3h: {do: {notify: agent}}, 1h: {do: {notify: boss}}")
    case = desk.open()
    desk.wait(hours(2))
    case = over(desk, case)
    desk.wait(hours(24))
    assert desk.told(case) == [("boss",), ("agent",)]
    desk.check_replay()


def test_a_repetition_that_is_gone_does_not_count_for_the_timer_at_its_place() -> None:
    desk = timed("every 1h: {do: {notify: boss}}", "3h: {do: {notify: agent}}")
    case = desk.open()
    desk.wait(hours(2))
    case = over(desk, case)
    assert case.timers["after:one:3h"].due == MONDAY + hours(3)
    assert set(case.timers) == {"after:one:3h"}
