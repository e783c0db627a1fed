"""A clock that is set back, by a moment or by hours: no case goes back, no timer fires twice, nothing stays behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.walk import commands
from engine.desk import KIM, LI, MONDAY, ORDER, desk_process
from faults.desks import SALT, Desk, length
from svcflow import Engine, HookCall, ManualClock
from svcflow.rounds import Terms
from svcflow.shift import Pace
from svcflow.stores.memory import MemoryStore

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAMES = ("service_ticket", "complaint", "maintenance_plan")

steps_back = st.lists(st.sampled_from([0, 0, 1, 61, 300, 5000]), min_size=1, max_size=9)
"""Minutes, over and over."""


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10_000), run=commands, back=steps_back)
@settings(max_examples=8)
def test_time_only_goes_on_within_a_case_whatever_the_clock_does(
    name: str, seed: int, run: list[tuple[str, int, int]], back: list[int]
) -> None:
    with closing(MemoryStore(token=lambda: SALT)) as store:
        desk = Desk(store, name, seed)
        for number, command in enumerate(run):
            if command[0] in {"wait", "due"}:
                desk.wait(length(desk, command), promptly=number % 2 == 0)
            elif (one := desk.chosen(command)) is not None:
                desk.send(one, str(number))
            desk.clock.set(desk.clock.now() - timedelta(minutes=back[number % len(back)]))
            desk.engine.tick()
        check(desk)


def check(desk: Desk) -> None:
    """Later, when the clock is past everything that was ever written."""
    latest = max([desk.clock.now(), *(case.moved_at for case in desk.cases())])
    desk.clock.set(latest)
    desk.wait(DAY, promptly=True)
    desk.engine.tick()
    for case in desk.cases():
        journal = desk.engine.journal(case.id)
        assert all(one.at <= other.at for one, other in pairwise(journal))
        fired = Counter((one.name, one.at, str(one.detail)) for one in journal if one.kind == "timer")
        assert not fired or max(fired.values()) == 1
        # A step that is due at this very instant happens after it.
        assert all(timer.due is None or timer.due >= desk.clock.now() for timer in case.timers.values())
    assert desk.engine.verify().broken == ()
    assert desk.engine.incidents() == ()


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: object) -> str:
    kinds: dict[str, Callable[[], str]] = {
        "memory": lambda: ":memory:",
        "sqlite": lambda: f"sqlite:///{tmp_path}/cases.db",
        "postgres": lambda: str(request.getfixturevalue("postgres").make()),
    }
    return kinds[request.param]()


@pytest.mark.parametrize("url", ["memory", "sqlite", "postgres"], indirect=True)
def test_work_that_was_begun_before_a_step_back_is_done_once_and_in_order(url: str) -> None:
    clock, calls = ManualClock(MONDAY + 3 * HOUR), []
    with Engine(url, clock=clock) as engine:
        engine.publish(desk_process())

        @engine.hook("*")
        def deliver(call: HookCall) -> None:
            calls.append(call.key)
            if len(calls) == 1:
                clock.set(MONDAY)  # The step comes while the host is at work.
                raise ConnectionError("try again")

        case = engine.open("desk", ORDER, actor=LI, id="T-1")
        assert engine.tick(terms=Terms(first=HOUR)).failed == 1
        case = engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
        assert case.moved_at == case.opened_at == MONDAY + 3 * HOUR
        assert engine.send(case.id, "need", {"parts": ["panel"]}, actor=KIM).moved_at == MONDAY + 3 * HOUR
        for hours in range(4):
            clock.set(MONDAY + hours * HOUR)
            engine.tick()
            assert len(calls) == 1
        clock.set(MONDAY + 9 * HOUR)
        engine.tick()
        caused = [key for entry in engine.journal(case.id) for key in entry.calls]
        assert calls == [caused[0], *caused]
        assert engine.verify().broken == ()


def test_a_worker_sleeps_no_longer_because_the_clock_was_set_back() -> None:
    clock = ManualClock(MONDAY)
    engine = Engine(clock=clock)
    engine.publish(desk_process())
    engine.open("desk", ORDER, actor=LI)
    clock.set(MONDAY - 9 * HOUR)
    poll = timedelta(seconds=1)
    assert Pace(clock, engine.random, poll).idle(engine.store.next_due()) <= poll
