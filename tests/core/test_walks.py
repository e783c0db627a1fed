"""
What holds on every way through a process: no worker's lag, no snapshot, no way of waiting makes a difference.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.desk import Desk
from core.walk import Run, begin, commands, send_again, wake_all, walk
from svcflow import catalog

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
