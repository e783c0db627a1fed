"""Whatever breaks off a write in the middle, everything of it is there afterwards or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from stores import look
from svcflow.core import chain
from svcflow.errors import BrokenJournal, ConflictError, InputError, StoreError
from svcflow.stores.base import Change, Query, Store
from svcflow.stores.sqlite import SqliteStore
from svcflow.testing.store_samples import at, event, full_case, opening, published, timer, write

pytestmark = pytest.mark.chaos

STEPS = 7
"""The writer is stopped at every so many steps of SQLite's machine: a prime, so that all statements are hit."""


def writer(store: SqliteStore) -> sqlite3.Connection:
    """Its connection; one that failed, in reading or in writing, may have been given up for another."""
    connections = store._connections()
    if connections._writer is None:
        connections.write(lambda _cursor: None)
    assert connections._writer is not None
    return connections._writer.connection


def stop_at(connection: sqlite3.Connection, step: int) -> None:
    """Break off whatever the connection does at its so-manieth step from now, once."""
    steps = count()
    connection.set_progress_handler(lambda: next(steps) == step, 1)


def prepared(store: SqliteStore) -> None:
    """A store in which each kind of write has something to do."""
    case = write(store, opening("c1", fields={"phone": "1"}, timers={"t": timer("t", due=0)}), private=["phone"])
    write(store, event(case, hooks=["notify", "notify"]), private=["phone"])
    store.claim(at(5), timedelta(minutes=1), 1, ["*"])


def rich(store: Store) -> None:
    before = store.load("", "c1")
    assert before is not None
    timers = {"t": timer("t", 2), "u": timer("u", 3)}
    second = event(before, key="k", sent={"phone": "2"}, hooks=["notify"], timers=timers)
    write(store, second, opening("c2", key="web"), private=["phone"], opening_key="web")


def delivers(store: Store) -> None:
    assert store.delivered(store.deliveries("")[0])


def parks(store: Store) -> None:
    store.fail_timer(store.due(at(5), 1)[0], "boom", retry_at=at(9), park=True)


def claims(store: Store) -> None:
    assert store.claim(at(99), timedelta(minutes=1), 9, ["*"])


def publishes(store: Store) -> None:
    store.publish([published("repair", 1), published("repair", 2)])


WRITES = (rich, delivers, parks, claims, publishes)


@pytest.mark.parametrize("act", WRITES, ids=lambda act: act.__name__)
def test_a_write_stopped_at_any_step_leaves_nothing(
    store: SqliteStore, path: Path, act: Callable[[Store], None]
) -> None:
    prepared(store)
    before = look.rows(path)
    stopped = 0
    for step in range(1, 100_000, STEPS):
        stop_at(writer(store), step)
        try:
            act(store)
        except StoreError:
            stopped += 1
            assert look.rows(path) == before
        else:
            break
    writer(store).set_progress_handler(None, 0)
    assert stopped > 10
    assert look.rows(path) != before
    assert chain.verify(store.journal("", "c1", private=True)) is None


def test_a_writer_that_cannot_even_roll_back_is_given_up(store: SqliteStore, path: Path) -> None:
    prepared(store)
    before, lost = look.rows(path), writer(store)
    steps = count()
    lost.set_progress_handler(lambda: next(steps) > 100, 1)
    with pytest.raises(StoreError, match="interrupted"):
        rich(store)
    assert look.rows(path) == before
    rich(store)
    assert writer(store) is not lost


def test_a_disk_that_is_full_is_one_clear_error_and_no_harm(store: SqliteStore, path: Path) -> None:
    prepared(store)
    before = look.rows(path)
    (pages,) = writer(store).execute("PRAGMA page_count").fetchone()
    writer(store).execute(f"PRAGMA max_page_count = {pages}")
    for size in range(1_000, 60_000, 5_000):
        with pytest.raises(StoreError, match=r"cases\.db cannot grow: the disk is full"):
            write(store, full_case(), opening("c2", fields={"fault": "x" * size}))
        assert look.rows(path) == before
    writer(store).execute("PRAGMA max_page_count = 1000000")
    write(store, full_case())
    assert store.load("", "full") == full_case().case


def test_a_commit_that_fails_leaves_nothing(store: SqliteStore, path: Path) -> None:
    prepared(store)
    look.run(
        path,
        "CREATE TABLE master (id INTEGER PRIMARY KEY)",
        "CREATE TABLE detail (id INTEGER REFERENCES master DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TRIGGER late AFTER INSERT ON svcflow_journal BEGIN INSERT INTO detail VALUES (7); END",
    )
    before = look.rows(path)
    writer(store).execute("PRAGMA foreign_keys = ON")
    with pytest.raises(StoreError, match="FOREIGN KEY constraint failed"):
        rich(store)
    assert look.rows(path) == before
    look.run(path, "DROP TRIGGER late")
    rich(store)


def test_a_constraint_that_is_not_ours_is_no_conflict(store: SqliteStore, path: Path) -> None:
    prepared(store)
    look.run(path, "CREATE TRIGGER no AFTER INSERT ON svcflow_outbox BEGIN SELECT RAISE(ABORT, 'not today'); END")
    with pytest.raises(StoreError, match="not today"):
        rich(store)
    assert store.load("", "c2") is None


def test_a_file_that_may_only_be_read_answers_but_does_not_change(store: SqliteStore, path: Path) -> None:
    prepared(store)
    before = look.rows(path)
    writer(store).execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match=r"cases\.db cannot be written to: it is read-only"):
        rich(store)
    assert store.load("", "c1") is not None
    assert look.rows(path) == before


def test_a_file_locked_by_somebody_else_is_one_clear_error(store: SqliteStore, host: sqlite3.Connection) -> None:
    host.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="is locked by another transaction"):
        write(store, opening("c1"))
    host.execute("ROLLBACK")
    write(store, opening("c1"))


def test_a_conflict_is_found_before_anything_else_is_tried(store: SqliteStore) -> None:
    case = write(store, opening("c1"))
    write(store, event(case))
    with pytest.raises(ConflictError, match="case 'c1' was changed meanwhile"):
        store.apply([Change(event(case))])


def test_what_no_database_can_look_for_is_one_clear_error(store: SqliteStore) -> None:
    with pytest.raises(InputError, match="surrogate"):
        store.load("", "\ud800")
    with pytest.raises(InputError, match="64 bits"):
        store.process("", "repair", 2**70)
    with pytest.raises(InputError, match="64 bits"):
        list(store.cases(Query(limit=2**70)))


def test_rows_that_somebody_else_has_written_are_one_clear_error(store: SqliteStore, path: Path) -> None:
    write(store, full_case())
    for body in ("", "7", "[]", "{}", '{"id": "full", "unknown": 1}', "not json"):
        look.run(path, f"UPDATE svcflow_case SET body = '{body}'")
        with pytest.raises(StoreError, match="the row of case 'full' cannot be read"):
            store.load("", "full")
    for text in ("", "7", "{}", '{"seq": 1}', "not json"):
        look.run(path, f"UPDATE svcflow_journal SET entry = '{text}'")
        with pytest.raises(BrokenJournal, match="entry 1: it cannot be read"):
            store.journal("", "full")
