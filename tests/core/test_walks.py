"""
What holds on every way through a process: no worker's lag, no snapshot, no way of waiting makes a difference.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.desk import Desk
from core.walk import Run, begin, commands, other_days, send_again, wake_all, walk
from svcflow import catalog
from svcflow.core import clock as stopwatch
from svcflow.core.case import Case
from svcflow.core.event import Recalendar
from svcflow.core.process import Process
from svcflow.core.recalendar import dues, moved

NAMES = ("service_ticket", "complaint", "callback", "maintenance", "maintenance_plan")
HOUSE = {name: getattr(catalog, name) for name in NAMES}


def started(name: str, seed: int) -> Desk:
    return begin(HOUSE[name], *HOUSE.values(), seed=seed)


def look(desk: Desk) -> tuple[object, object]:
    return desk.cases, desk.journal


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10_000), run=commands)
def test_the_history_does_not_depend_on_how_late_the_worker_is(name: str, seed: int, run: Run) -> None:
    prompt, late = started(name, seed), started(name, seed)
    sent = walk(prompt, run)
    wake_all(prompt)
    send_again(late, sent, until=prompt.now)
    assert look(prompt) == look(late)


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10_000), run=commands)
def test_every_snapshot_is_what_its_journal_says_and_time_only_goes_on(name: str, seed: int, run: Run) -> None:
    desk = started(name, seed)
    walk(desk, run)
    desk.check_replay()
    for case_id, entries in desk.journal.items():
        times = [entry.at for entry in entries]
        assert times == sorted(times)
        case = desk.cases[case_id]
        ends = {state.path: state.end for state in desk.of(case).states if state.end and state.parent is None}
        if case.parent is None:
            assert case.status == ends.get(case.state, "open")
        if case.ended:
            assert not case.timers
            assert not any(clock.state != "stopped" for clock in case.clocks.values())


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10_000), run=commands, number=st.integers(0, 10_000))
def test_other_days_change_nothing_that_was_counted_and_move_only_what_is_due_after_today(
    name: str, seed: int, run: Run, number: int
) -> None:
    desk = started(name, seed)
    walk(desk, run)
    wake_all(desk)
    for case in list(desk.cases.values()):
        old, seen = desk.of(case), len(desk.journal[case.id])
        verdicts, before = judged(case, old, desk.now), dues(old.calendars, case.clocks, case.timers)
        after = desk.give(case, Recalendar(case.version, other_days(desk, case, number)))
        new = desk.of(after)
        assert judged(after, new, desk.now) == verdicts
        assert after == attrs.evolve(
            case, seq=after.seq, moved_at=after.moved_at, days=after.days, generation=after.generation,
            clocks=after.clocks, timers=after.timers, cycles=after.cycles,
        )  # fmt: skip
        for _, was, now in moved(before, dues(new.calendars, after.clocks, after.timers)):
            assert was is not None
            assert now is not None
            assert min(was, now) > desk.now
        entries = desk.journal[case.id][seen:]
        assert [entry.kind for entry in entries] == ([] if after.days == case.days else ["recalendared"])
        assert desk.give(after, Recalendar(case.version, after.days)) == after
    desk.check_replay()


def judged(case: Case, process: Process, now: datetime) -> list[tuple[object, ...]]:
    """
    What every clock that has begun says now.
    """
    every = [clock for clock in (*case.cycles, *case.clocks.values()) if clock.started_at <= now]
    return [
        (one.name, one.cycle, one.state, one.steps, stopwatch.elapsed(one, process.calendars, now),
         stopwatch.late(one, process.calendars, now), stopwatch.met(one, process.calendars, now))
        for one in every
    ]  # fmt: skip


@given(
    seed=st.integers(0, 10_000),
    run=commands,
    parts=st.lists(st.integers(0, 20_000), min_size=1, max_size=5),
)
def test_waiting_in_parts_is_waiting_at_once(seed: int, run: Run, parts: list[int]) -> None:
    one, many = started("service_ticket", seed), started("service_ticket", seed)
    for desk in (one, many):
        walk(desk, run)
        wake_all(desk)
    one.now += timedelta(minutes=sum(parts))
    wake_all(one)
    for part in parts:
        many.now += timedelta(minutes=part)
        wake_all(many)
    assert look(one) == look(many)
