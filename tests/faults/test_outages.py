"""A file that cannot be written for a while: that is said, questions are answered, and afterwards it all goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from engine.desk import LI, MONDAY, ORDER, desk_process
from faults.reckoning import everything
from stores.test_faults import writer
from svcflow import Engine, HookCall, ManualClock
from svcflow.errors import StoreError
from svcflow.stores.memory import MemoryStore
from svcflow.stores.sqlite import SqliteStore
from svcflow.stores.sqlite_file import SqliteFile

pytestmark = pytest.mark.chaos

HOUR = timedelta(hours=1)
LONG = ORDER | {"fault": "no picture " * 2000}

Outage = Callable[[SqliteStore], AbstractContextManager[None]]


@contextmanager
def locked(store: SqliteStore) -> Iterator[None]:
    """Another program is in the middle of something."""
    with closing(sqlite3.connect(store._file.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def full(store: SqliteStore) -> Iterator[None]:
    """The file cannot grow."""
    connection = writer(store)
    connection.execute("PRAGMA max_page_count = 1")  # Which SQLite takes as: no more than there are.
    yield
    connection.execute("PRAGMA max_page_count = 1000000")


@contextmanager
def read_only(store: SqliteStore) -> Iterator[None]:
    """The file can be read and not be written."""
    connection = writer(store)
    connection.execute("PRAGMA query_only = ON")
    yield
    connection.execute("PRAGMA query_only = OFF")


class Desk:
    """A desk with work of every kind to do, and what was delivered of it."""

    def __init__(self, store: MemoryStore | SqliteStore) -> None:
        self.clock, self.delivered = ManualClock(MONDAY), list[str]()
        self.engine = Engine(store, clock=self.clock)
        self.engine.publish(desk_process())
        self.engine.hook("*")(self.deliver)
        for number in range(1, 4):
            self.engine.open("desk", ORDER, actor=LI, id=f"T-{number}")
        self.clock.set(MONDAY + 3 * HOUR)  # By when a limit has run out.

    def deliver(self, call: HookCall) -> None:
        self.delivered.append(call.key)

    def acts(self) -> tuple[Callable[[], object], ...]:
        """What is to be done, to each case something else."""
        engine = self.engine
        return (
            partial(engine.open, "desk", LONG, actor=LI, id="T-4", key="opened"),
            partial(engine.send, "T-1", "correct", {"fault": LONG["fault"]}, actor=LI, key="corrected"),
            partial(engine.send, "T-2", "assign", {"owner": "kim"}, actor=LI, key="assigned"),
            partial(engine.note, "T-3", "x" * 90_000, actor=LI, key="noted"),
            engine.tick,
        )


@pytest.mark.parametrize("outage", [locked, full, read_only], ids=lambda outage: outage.__name__)
def test_what_could_not_be_written_for_a_while_is_done_once_afterwards(tmp_path: Path, outage: Outage) -> None:
    model = Desk(MemoryStore())
    for act in model.acts():
        act()
    model.engine.tick()
    file = SqliteFile(str(tmp_path / "cases.db"), "NORMAL", wait=0.05)
    with closing(SqliteStore(file)) as store:
        desk = Desk(store)
        acts, failed = desk.acts(), 0
        with outage(store):
            for act in acts:
                before = everything(desk.engine)
                try:
                    act()
                except StoreError:
                    failed += 1
                    # A round is as many transactions as there are cases and calls.
                    assert act == desk.engine.tick or everything(desk.engine) == before
        assert failed >= 2
        for act in acts:
            act()
        desk.engine.tick()
        assert everything(desk.engine) == everything(model.engine)
        assert sorted(set(desk.delivered)) == sorted(model.delivered)
        assert desk.engine.verify().broken == ()
