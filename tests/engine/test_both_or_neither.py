"""Whatever a host does in whatever order, its rows and its cases are there together or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import TypeAlias

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.desk import LI, MONDAY, ORDER
from engine.hosts import KINDS, SQLITE, Host, postgres_host, sqlite_host
from svcflow.clocks import ManualClock
from svcflow.engine import Engine
from svcflow.errors import CaseNotFound, ConflictError, Refused

STEPS = ("row", "open", "correct", "note", "refused", "mark", "back", "commit", "roll_back", "others")

# Rows, and of each case what stands in its private field and how many entries its journal has.
World: TypeAlias = tuple[frozenset[str], dict[str, tuple[str, int]]]
NOTHING: World = (frozenset(), {})


class Story:
    """
    A host's transactions one after the other, and what must be there by the rules of transactions alone.

    `kept` is what was committed, `here` what the host sees, `marks` what its savepoints lead back to.
    """

    numbers = count()

    def __init__(self, engine: Engine, host: Host, look: Callable[[], frozenset[str]]) -> None:
        self.engine, self.host, self.look = engine, host, look
        self.before = look()
        self.kept: World = NOTHING
        self.here: World = NOTHING
        self.marks: list[World] = []
        self.begun = False
        self.opened: list[str] = []

    def take(self, step: str, choice: int) -> None:
        known = sorted(self.here[1])
        if step in {"open", "row", "commit", "roll_back", "mark", "back"}:
            getattr(self, step)()
        elif known:
            getattr(self, step)(known[choice % len(known)])

    def begin(self) -> None:
        if not self.begun and self.host.begin is not None:
            self.host.run(self.host.begin)
        self.begun = True

    def row(self) -> None:
        self.begin()
        name = f"part {next(self.numbers)}"
        self.host.run(f"INSERT INTO stock VALUES ('{name}')")
        self.here = (self.here[0] | {name}, self.here[1])

    def open(self) -> None:
        self.begin()
        case = self.engine.open("desk", ORDER, actor=LI, connection=self.host.connection)
        self.opened.append(case.id)
        self.here = (self.here[0], self.here[1] | {case.id: (ORDER["phone"], 1)})

    def correct(self, case: str) -> None:
        self.begin()
        self._correct(case, self.host.connection)

    def others(self, case: str) -> None:
        """Somebody else, who would have to wait for a transaction that is open."""
        if not self.begun:
            self._correct(case, None)
            self.kept = self.here

    def _correct(self, case: str, connection: object | None) -> None:
        phone = f"555 {next(self.numbers)}"
        self.engine.send(case, "correct", {"phone": phone}, actor=LI, connection=connection)
        self.here = (self.here[0], self.here[1] | {case: (phone, self.here[1][case][1] + 1)})

    def note(self, case: str) -> None:
        self.begin()
        self.engine.note(case, "rang", actor=LI, connection=self.host.connection)
        phone, entries = self.here[1][case]
        self.here = (self.here[0], self.here[1] | {case: (phone, entries + 1)})

    def refused(self, case: str) -> None:
        self.begin()
        with pytest.raises(Refused):
            self.engine.send(case, "assign", {}, actor=LI, connection=self.host.connection)

    def mark(self) -> None:
        self.begin()
        self.host.run(f"SAVEPOINT host_{len(self.marks)}")
        self.marks.append(self.here)

    def back(self) -> None:
        if self.marks:
            self.here = self.marks.pop()
            self.host.run(f"ROLLBACK TO SAVEPOINT host_{len(self.marks)}")

    def commit(self) -> None:
        self.host.commit()
        self.end(self.here)

    def roll_back(self) -> None:
        self.host.rollback()
        self.end(self.kept)

    def end(self, left: World) -> None:
        self.kept, self.here, self.marks, self.begun = left, left, [], False
        self.check()

    def check(self) -> None:
        """As others see it: what was committed, no more and no less; and each new case has its call."""
        cases = {}
        for case in self.opened:
            try:
                cases[case] = (self.engine.case(case).fields["phone"], len(self.engine.journal(case)))
            except CaseNotFound:
                continue
            assert len(self.engine.outbox(case)) == 1
        assert (self.look() - self.before, cases) == self.kept


@contextmanager
def database(
    kind: str, request: pytest.FixtureRequest, folder: Path
) -> Iterator[tuple[str, Host, Callable[[], frozenset[str]]]]:
    """A store's URL, a host in its database, and how others see the host's rows."""
    path = folder / "service.db"
    url = f"sqlite:///{path}" if kind in SQLITE else str(request.getfixturevalue("postgres").make())

    def connect() -> sqlite3.Connection | psycopg.Connection:
        return sqlite3.connect(path) if kind in SQLITE else psycopg.connect(url)

    def look() -> frozenset[str]:
        with closing(connect()) as other:
            return frozenset(str(part) for (part,) in other.execute("SELECT part FROM stock").fetchall())

    with closing(connect()) as maker:
        maker.execute("CREATE TABLE stock (part TEXT)")
        maker.commit()
    with sqlite_host(kind, path) if kind in SQLITE else postgres_host(kind, url) as host:
        yield url, host, look


@pytest.mark.parametrize("kind", KINDS)
def test_rows_and_cases_are_there_together_or_not_at_all(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, files: Path
) -> None:
    with database(kind, request, tmp_path) as (url, host, look), Engine(url, clock=ManualClock(MONDAY)) as engine:
        engine.publish(files / "desk.yaml")

        @settings(max_examples=max(10, settings().max_examples // 4))
        @given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 5)), max_size=25), st.booleans())
        def play(steps: list[tuple[str, int]], committed: bool) -> None:  # noqa: FBT001 - drawn
            story = Story(engine, host, look)
            try:
                for step, choice in steps:
                    story.take(step, choice)
                story.commit() if committed else story.roll_back()
            finally:
                host.rollback()

        play()
        assert engine.verify().broken == ()


@pytest.mark.parametrize("kind", ["sqlite3 in autocommit", "psycopg", "SQLAlchemy on psycopg"])
def test_hosts_that_meet_at_one_case_hear_of_conflicts_alone_and_keep_both(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, files: Path
) -> None:
    with database(kind, request, tmp_path) as (url, _, look), Engine(url, clock=ManualClock(MONDAY)) as engine:
        engine.publish(files / "desk.yaml")
        case = engine.open("desk", ORDER, actor=LI).id

        def work(name: str) -> None:
            path = tmp_path / "service.db"
            with sqlite_host(kind, path) if kind in SQLITE else postgres_host(kind, url) as host:
                for number in range(5):
                    while not attempt(host, f"{name} {number}"):
                        pass
                    attempt(host, "taken back", kept=False)

        def attempt(host: Host, text: str, *, kept: bool = True) -> bool:
            if host.begin is not None:
                host.run("BEGIN")  # Not IMMEDIATE: it reads first, and writes when others may have written.
            try:
                engine.case(case, connection=host.connection)
                engine.note(case, text, actor=LI, connection=host.connection)
            except ConflictError:
                host.rollback()
                return False
            host.run(f"INSERT INTO stock VALUES ('{text}')")
            host.commit() if kept else host.rollback()
            return kept

        with ThreadPoolExecutor(3) as hosts:
            list(hosts.map(work, ("a", "b", "c")))
        notes = [entry.detail["text"] for entry in engine.journal(case) if entry.kind == "note"]
        assert sorted(notes) == sorted(look()) == sorted(f"{name} {number}" for name in "abc" for number in range(5))
        assert engine.verify().broken == ()
