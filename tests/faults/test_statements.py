"""Whatever fails of an act, all of the act is there or nothing, and doing it again leads to the same end."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from engine.desk import ACME, KIM, LI, MONDAY, ORDER, desk_process
from faults.places import HOSTS, SALT, Place, PostgresPlace, SqlitePlace, WatchedPlace
from postgres import Schemas
from svcflow import Engine, Event, HookCall, InsideCall, ManualClock, Refused
from svcflow.errors import StoreError
from svcflow.stores.memory import MemoryStore
from svcflow.stores.sqlite import SqliteStore
from svcflow.stores.sqlite_file import SqliteFile

pytestmark = [pytest.mark.chaos, pytest.mark.slow]

HOUR = timedelta(hours=1)


class Desk:
    """An engine in such a place, on a clock of its own, with a host that writes down what is delivered."""

    def __init__(self, place: Place) -> None:
        self.place, self.clock = place, ManualClock(MONDAY)
        self.delivered: list[str] = []
        self.engine = Engine(place.open(), clock=self.clock, random=Random(7))
        self.engine.hook("*")(self.deliver)
        self.engine.hook("order_parts", inside=True)(order)
        self.engine.publish(desk_process())

    def close(self) -> None:
        self.engine.close()

    def deliver(self, call: HookCall) -> None:
        self.delivered.append(call.key)

    def open(self) -> None:
        self.engine.open("desk", ORDER, actor=LI, id="T-1", key="open")

    def assign(self) -> None:
        self.engine.send("T-1", "assign", {"owner": "kim"}, actor=LI, key="assign")

    def need(self) -> None:
        """An event with a hook inside, so that the host writes and the commit is a statement of its own."""
        self.engine.send("T-1", "need", {"parts": ["panel"]}, actor=KIM, key="need")

    def correct_late(self) -> None:
        """An event before which timers are overdue."""
        self.clock.set(MONDAY + 9 * HOUR)
        self.engine.send("T-1", "done", {"result": "new panel"}, actor=KIM, key="done")

    def note(self) -> None:
        self.engine.note("T-1", "the customer rang", actor=LI, key="note")

    def many(self) -> None:
        """Two events in one transaction."""
        again = Event("done", {"result": "old panel"}, KIM, "done again")
        self.engine.send_many([("T-1", Event("not_fine", {}, ACME, "not fine")), ("T-1", again)])

    def work(self) -> None:
        """A worker's round, timers and calls: several transactions."""
        self.clock.set(MONDAY + 30 * HOUR)
        self.engine.tick()

    def fine(self) -> None:
        self.engine.send("T-1", "fine", actor=ACME, key="fine")

    def finish(self) -> None:
        """Until nothing waits any more, whatever leases are still held."""
        for day in range(2, 12):
            self.clock.set(MONDAY + day * 24 * HOUR)
            self.engine.tick()


def order(call: InsideCall) -> None:
    """What the host writes in the transaction of the event, where there is one."""
    connection: Any = call.connection
    if connection is not None:
        connection.execute(f"INSERT INTO hosts VALUES ('{call.key}')")


ACTS: tuple[Callable[[Desk], None], ...] = (
    Desk.open, Desk.assign, Desk.need, Desk.correct_late, Desk.note, Desk.many, Desk.work, Desk.fine,
)  # fmt: skip


@pytest.fixture
def sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return SqlitePlace(tmp_path / "cases.db", afterwards=request.param)


@pytest.fixture
def wired(request: pytest.FixtureRequest, postgres: Schemas) -> Iterator[Place]:
    with (
        tempfile.TemporaryDirectory(prefix="wire") as folder,
        closing(PostgresPlace(postgres.make(), Path(folder), afterwards=request.param)) as place,
    ):
        yield place


@pytest.mark.parametrize("sqlite", [False, True], indirect=True, ids=["before it is run", "after it was run"])
def test_an_act_that_fails_at_any_statement_of_sqlite_is_all_or_nothing(sqlite: Place) -> None:
    assert play_with_each_fault(sqlite) > 80


@pytest.mark.parametrize("wired", [False, True], indirect=True, ids=["before it is heard", "when the answer is lost"])
def test_an_act_whose_line_to_postgresql_breaks_anywhere_is_all_or_nothing(wired: Place) -> None:
    assert play_with_each_fault(wired) > 40


def test_an_act_that_fails_at_any_call_of_a_store_is_all_or_nothing() -> None:
    assert play_with_each_fault(WatchedPlace(lambda: MemoryStore(token=lambda: SALT))) > 60


def test_an_act_that_fails_at_any_call_of_a_store_with_transactions_is_too(tmp_path: Path) -> None:
    numbers = count()

    def make() -> SqliteStore:
        path = tmp_path / f"{next(numbers)}.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(HOSTS)
        return SqliteStore(SqliteFile(str(path), "NORMAL"), token=lambda: SALT)

    assert play_with_each_fault(WatchedPlace(make)) > 60


def play_with_each_fault(place: Place) -> int:
    """How many different faults there were to play with."""
    stages, calls = play(place)
    for number in count(1):
        place.empty()
        if not play_with_fault(place, number, stages, calls):
            return number
    raise AssertionError("counting has no end")


def play(place: Place) -> tuple[list[object], list[str]]:
    """What is there before the first act and after each, then at the very end; and the calls delivered."""
    with closing(Desk(place)) as desk:
        stages: list[object] = [place.content()]
        for act in ACTS:
            act(desk)
            stages.append(place.content())
        desk.finish()
        return [*stages, place.content()], desk.delivered


def play_with_fault(place: Place, number: int, stages: list[object], calls: list[str]) -> bool:
    with closing(Desk(place)) as desk:
        place.arm(number)
        for stage, act in enumerate(ACTS):
            if not attempt(desk, act):
                assert act is Desk.work or place.content() in stages[stage : stage + 2]
                act(desk)
            assert act is Desk.work or stages[stage + 1] == place.content() or struck_in_a_round(desk, stage)
        struck = place.struck
        place.arm(0)
        desk.finish()
        assert place.content() == stages[-1]
        assert list(dict.fromkeys(desk.delivered)) == calls
        assert desk.engine.verify().broken == ()
        return struck


def attempt(desk: Desk, act: Callable[[Desk], None]) -> bool:
    """Whether the act went through; otherwise the store says why, or the hook inside that met the fault."""
    try:
        act(desk)
    except (StoreError, Refused) as problem:
        if not desk.place.struck or (isinstance(problem, Refused) and "(hook)" not in str(problem)):
            raise
        return False
    return True


def struck_in_a_round(desk: Desk, stage: int) -> bool:
    """After a round that broke off, a call may still be leased: then the outbox differs until the lease has run out."""
    return desk.place.struck and stage > ACTS.index(Desk.work)
