"""On PostgreSQL several batches of due timers are under way at once, and each case is fired as if there were one."""

import logging
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.desk import FILES, LI, ORDER
from postgres import Schemas
from svcflow.clocks import ManualClock
from svcflow.engine import Engine
from svcflow.errors import StoreError
from svcflow.hooks import InsideCall
from svcflow.rounds import Tally, Terms
from svcflow.stores.base import Change, Inside, Taken

SOON = 20.0
"""Seconds: longer than anything here takes, for a test that would otherwise wait for ever."""


@pytest.fixture
def engine(postgres: Schemas, clock: ManualClock, files: Path) -> Iterator[Engine]:
    with Engine(postgres.make(), clock=clock) as made:
        made.publish(*(files / name for name in FILES))
        yield made


def late_desks(engine: Engine, number: int) -> list[str]:
    """Cases with a timer that is due."""
    cases = [engine.open("desk", ORDER, actor=LI).id for _ in range(number)]
    engine.clock.advance(timedelta(hours=1, seconds=1))  # type: ignore[attr-defined]
    return cases


class Meeting:
    """A store that writes when as many batches as `lanes` have come to it, at least the first time."""

    def __init__(self, store: object, lanes: int) -> None:
        self._store, self._lanes, self.wrote = store, threading.Barrier(lanes), set[int]()

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def apply(self, changes: list[Change], *, inside: Inside | None = None, connection: object | None = None) -> None:
        if threading.get_ident() not in self.wrote:
            self.wrote.add(threading.get_ident())
            self._lanes.wait(SOON)
        self._store.apply(changes, inside=inside, connection=connection)  # type: ignore[attr-defined]


class Narrow:
    """A store that gives due cases to the first thread alone."""

    def __init__(self, store: object) -> None:
        self._store, self._first, self.asked = store, threading.get_ident(), threading.Event()

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def taking(self, now: datetime, limit: int) -> AbstractContextManager[Taken]:
        if threading.get_ident() != self._first:
            self.asked.set()
            raise StoreError("all 1 connections are in use")
        return self._store.taking(now, limit)  # type: ignore[attr-defined,no-any-return]

    def apply(self, changes: list[Change], *, inside: Inside | None = None, connection: object | None = None) -> None:
        assert self.asked.wait(SOON)
        self._store.apply(changes, inside=inside, connection=connection)  # type: ignore[attr-defined]


@pytest.mark.parametrize("lanes", [2, 3])
def test_as_many_batches_as_there_are_lanes_are_under_way_at_once(engine: Engine, lanes: int) -> None:
    cases = late_desks(engine, 7)
    meeting = Meeting(engine.store, lanes)
    together = Engine(meeting, clock=engine.clock)  # type: ignore[arg-type]
    assert together.tick(terms=Terms(batch=2, lanes=lanes)) == Tally(fired=7)
    assert len(meeting.wrote) == lanes
    assert [len(engine.journal(case)) for case in cases] == [2] * 7
    assert engine.verify().broken == ()


def test_a_batch_that_is_not_full_is_fired_by_the_caller_alone(engine: Engine) -> None:
    late_desks(engine, 3)
    meeting = Meeting(engine.store, 1)
    assert Engine(meeting, clock=engine.clock).tick(terms=Terms(batch=4)) == Tally(fired=3)  # type: ignore[arg-type]
    assert meeting.wrote == {threading.get_ident()}


def test_families_that_lie_in_several_lanes_are_fired_once(engine: Engine) -> None:
    visits = [engine.open("visit", {"customer": "acme"}, actor=LI).id for _ in range(12)]
    for visit in visits:
        engine.send(visit, "ask", actor=LI)
    late_desks(engine, 4)
    engine.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    tally = engine.tick(terms=Terms(batch=1, lanes=4))
    assert (tally.failed, tally.parked) == (0, 0)
    assert {engine.case(visit).state for visit in visits} == {"unhappy"}
    assert engine.tick(terms=Terms(batch=1, lanes=4)) == Tally()
    assert engine.verify().broken == ()


def test_a_case_that_fails_in_one_lane_harms_none_of_the_others(engine: Engine) -> None:
    cases = late_desks(engine, 9)
    engine.clock.advance(timedelta(days=2))  # type: ignore[attr-defined]

    @engine.hook("record_breach", inside=True)
    def record(call: InsideCall) -> None:
        if call.case == cases[4]:
            raise ValueError("this one cannot be breached")

    assert engine.tick(terms=Terms(batch=2, lanes=3, tries=1)) == Tally(fired=8, parked=1)
    assert [incident.case for incident in engine.incidents()] == [cases[4]]
    assert [len(engine.journal(case)) for case in cases] == [5, 5, 5, 5, 1, 5, 5, 5, 5]


def test_where_there_is_one_connection_everything_is_fired_on_it(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    late_desks(engine, 5)
    narrow = Engine(Narrow(engine.store), clock=engine.clock)  # type: ignore[arg-type]
    with caplog.at_level(logging.WARNING, "svcflow"):
        assert narrow.tick(terms=Terms(batch=2)) == Tally(fired=5)
    assert caplog.messages == ["one lane less for due timers: all 1 connections are in use"]


def test_who_is_told_to_stop_ends_what_is_under_way_in_every_lane(engine: Engine) -> None:
    late_desks(engine, 9)
    meeting, stop = Meeting(engine.store, 2), threading.Event()
    together = Engine(meeting, clock=engine.clock)  # type: ignore[arg-type]

    @together.hook("notify", inside=True)
    def notify(_call: InsideCall) -> None:
        stop.set()

    assert together.rounds.fire_due(engine.clock.now(), Terms(batch=2), stop.is_set) == Tally(fired=4)
    assert together.rounds.fire_due(engine.clock.now(), Terms(batch=2), lambda: False) == Tally(fired=5)


@pytest.mark.parametrize("whose", ["first", "other"])
def test_what_ends_one_lane_ends_all_and_is_raised(engine: Engine, whose: str) -> None:
    cases = late_desks(engine, 9)
    together = Engine(Meeting(engine.store, 2), clock=engine.clock)  # type: ignore[arg-type]
    first, raised = threading.get_ident(), threading.Event()

    @together.hook("notify", inside=True)
    def notify(_call: InsideCall) -> None:
        if (threading.get_ident() == first) == (whose == "first"):
            raised.set()
            raise SystemExit
        assert raised.wait(SOON)

    with pytest.raises(SystemExit):
        together.tick(terms=Terms(batch=2))
    assert engine.verify().broken == ()
    assert [len(engine.journal(case)) for case in cases].count(1) >= 2


def test_a_store_in_the_same_process_has_one_lane(clock: ManualClock, files: Path) -> None:
    with Engine(clock=clock) as engine:
        engine.publish(*(files / name for name in FILES))
        late_desks(engine, 7)
        meeting = Meeting(engine.store, 1)
        assert Engine(meeting, clock=clock).tick(terms=Terms(batch=2)) == Tally(fired=7)  # type: ignore[arg-type]
        assert meeting.wrote == {threading.get_ident()}
