"""Threads that write at the same time share a statement; what is wrong with one of them is nobody else's."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

import psycopg
import pytest

from postgres import Schemas
from svcflow.errors import ConflictError, StoreError
from svcflow.stores.base import Change
from svcflow.stores.open import open_store
from svcflow.stores.postgres import PostgresStore
from svcflow.stores.postgres_company import Company
from svcflow.stores.postgres_write import Prepared, prepare
from svcflow.stores.snapshots import Snapshot, Snapshots
from svcflow.testing.store_samples import event, opening, write

MANY = 8
PATIENCE = 20.0  # seconds; reached only when something hangs
HELD = "SELECT FROM svcflow_case WHERE id = 'first' FOR UPDATE"
WRITTEN = "SELECT case_id, tx::text FROM svcflow_journal WHERE case_id <> 'first' AND seq > 1 ORDER BY case_id"


@pytest.fixture
def url(postgres: Schemas) -> str:
    return postgres.make()


@pytest.fixture
def store(url: str) -> Iterator[PostgresStore]:
    made = open_store(url)
    assert isinstance(made, PostgresStore)
    with closing(made):
        yield made


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end


def outcome(act: Callable[[], object]) -> object:
    try:
        return act()
    except (ConflictError, StoreError) as error:
        return error


class Threads:
    """Acts side by side, and how each of them went."""

    def __init__(self, acts: Sequence[Callable[[], object]]) -> None:
        self.outcomes: list[object] = [None] * len(acts)
        self._threads = [threading.Thread(target=self._act, args=at) for at in enumerate(acts)]
        for thread in self._threads:
            thread.start()

    def _act(self, number: int, act: Callable[[], object]) -> None:
        self.outcomes[number] = outcome(act)

    def join(self) -> list[object]:
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        return self.outcomes


def together(store: PostgresStore, url: str, acts: Sequence[Callable[[], object]]) -> list[object]:
    """Let all act while a first writer waits for a row that is held, so that one must write for all of them."""
    first = write(store, opening("first"))
    company = store._companies[os.getpid()] = Company(store._company()._write, patience=PATIENCE)
    with closing(psycopg.connect(url)) as holder:
        holder.execute(HELD)
        leader = Threads([lambda: write(store, event(first)).seq])
        until(lambda: company._leader is not None and not company._queue)
        others = Threads(acts)
        until(lambda: len(company._queue) == len(acts))
        holder.rollback()
    assert leader.join() == [2]
    return others.join()


def moves(store: PostgresStore, number: int) -> Callable[[], str]:
    case = write(store, opening(f"c{number}"))
    return lambda: write(store, event(case)).id


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        cursor = connection.execute(statement.encode())
        return [] if cursor.description is None else cursor.fetchall()


def test_those_who_wait_are_written_in_one_transaction(store: PostgresStore, url: str) -> None:
    acts = [moves(store, number) for number in range(MANY)]
    assert together(store, url, acts) == [f"c{number}" for number in range(MANY)]
    written = rows(url, WRITTEN)
    assert [case for case, _ in written] == [f"c{number}" for number in range(MANY)]
    assert len({transaction for _, transaction in written}) == 1


def test_one_conflict_harms_nobody_else(store: PostgresStore, url: str) -> None:
    acts = [moves(store, number) for number in range(MANY)]
    with closing(open_store(url)) as other:
        case = other.load("", "c4")
        assert case is not None
        write(other, event(case))
    outcomes = together(store, url, acts)
    assert isinstance(outcomes.pop(4), ConflictError)
    assert outcomes == [f"c{number}" for number in range(MANY) if number != 4]
    assert len(rows(url, WRITTEN)) == MANY


@pytest.mark.parametrize("code", ["P0001", "40P01", "22P02"])
def test_an_error_of_the_database_at_one_harms_nobody_else(store: PostgresStore, url: str, code: str) -> None:
    acts: list[Callable[[], object]] = [moves(store, number) for number in range(MANY)]
    rows(
        url,
        f"""CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF new.case_id = 'c4' THEN RAISE EXCEPTION 'boom' USING ERRCODE = '{code}'; END IF; RETURN new;
        END $$""",
    )
    rows(url, "CREATE TRIGGER act BEFORE INSERT ON svcflow_journal FOR EACH ROW EXECUTE FUNCTION act()")
    act = acts[4]
    acts[4] = lambda: raising(act)
    outcomes = together(store, url, acts)
    assert "boom" in str(outcomes.pop(4))
    assert outcomes == [f"c{number}" for number in range(MANY) if number != 4]
    assert len(rows(url, WRITTEN)) == MANY - 1


def raising(act: Callable[[], object]) -> object:
    """What it raises, as an answer."""
    try:
        return act()
    except Exception as error:  # noqa: BLE001 - whatever it is
        return error


def test_of_two_who_move_one_case_the_second_hears_of_it(store: PostgresStore, url: str) -> None:
    case = write(store, opening("c"))
    outcomes = together(store, url, [lambda: write(store, event(case)).seq, lambda: write(store, event(case)).seq])
    assert sorted(map(str, outcomes)) == ["2", "case 'c' was changed meanwhile"]
    assert len(rows(url, WRITTEN)) == 1


def test_nobody_waits_for_ever_behind_one_who_waits_for_a_case(store: PostgresStore, url: str) -> None:
    first, act = write(store, opening("first")), moves(store, 1)
    company = store._company()
    with closing(psycopg.connect(url)) as holder:
        holder.execute(HELD)
        stuck = Threads([lambda: write(store, event(first)).seq])
        until(lambda: company._leader is not None and not company._queue)
        assert [act(), moves(store, 2)()] == ["c1", "c2"]
        assert stuck.outcomes == [None]
        holder.rollback()
    assert stuck.join() == [2]
    assert company._leader is None
    assert not company._queue


# ── what a database cannot be asked for ────────────────────────────────────────────────────────────────────────────


def change(number: int) -> Prepared:
    decision = event(opening(f"c{number}").case)
    (prepared,) = prepare([Change(decision)], Snapshots(0), lambda: "salt")
    return prepared


def snapshots(batch: Sequence[Prepared]) -> list[Snapshot]:
    return [one.snapshot("head", None, moved=False) for one in batch]


class Keeping:
    """Writes nothing; keeps the first busy until `waiting` others are there."""

    def __init__(self, waiting: int, problem: BaseException | None) -> None:
        self.waiting = waiting
        self.problem = problem
        self.asked: list[int] = []
        self.company = Company(self.write, patience=PATIENCE)

    def write(self, batch: Sequence[Prepared]) -> Sequence[Snapshot]:
        self.asked.append(len(batch))
        if len(self.asked) == 1:
            until(lambda: len(self.company._queue) == self.waiting)
        if len(batch) > 1 and self.problem is not None:
            raise self.problem
        return snapshots(batch)

    def outcomes(self) -> list[object]:
        def act(number: int) -> Callable[[], object]:
            return lambda: raising(lambda: self.company.write(change(number)).case.id)

        first = Threads([act(0)])
        until(lambda: len(self.asked) == 1)
        return [*Threads([act(number) for number in range(1, self.waiting + 1)]).join(), *first.join()]


def test_each_hears_what_became_of_its_own() -> None:
    keeping = Keeping(3, None)
    assert keeping.outcomes() == ["c1", "c2", "c3", "c0"]
    assert keeping.asked == [1, 3]


def test_what_may_be_written_is_not_written_again() -> None:
    keeping = Keeping(3, StoreError("broke the connection"))
    assert [str(one) for one in keeping.outcomes()] == [*["broke the connection"] * 3, "c0"]
    assert keeping.asked == [1, 3]


def test_a_bug_is_told_where_it_happened_and_leaves_the_others_an_answer() -> None:
    keeping = Keeping(3, ZeroDivisionError("bug"))
    *others, first = keeping.outcomes()
    assert first == "c0"
    assert sorted(type(one).__name__ for one in others) == ["StoreError", "StoreError", "ZeroDivisionError"]
    assert keeping.company.write(change(9)).case.id == "c9"


def test_an_interrupt_while_waiting_takes_the_change_back() -> None:
    here, asked = threading.get_ident(), list[str]()

    def interrupting(batch: Sequence[Prepared]) -> Sequence[Snapshot]:
        asked.extend(one.rows.id for one in batch)
        if len(asked) == 1:
            until(lambda: bool(company._queue))
            signal.pthread_kill(here, signal.SIGINT)
            until(lambda: not company._queue)
        return snapshots(batch)

    # A signal that comes right before a thread begins to wait is heard when the wait is over: so not with all patience.
    company = Company(interrupting, patience=PATIENCE / 4)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        first = Threads([lambda: company.write(change(0)).case.id])
        until(lambda: bool(asked))
        with pytest.raises(KeyboardInterrupt):
            company.write(change(1))
    finally:
        signal.signal(signal.SIGINT, before)
    assert first.join() == ["c0"]
    assert company.write(change(2)).case.id == "c2"
    assert asked == ["c0", "c2"]
