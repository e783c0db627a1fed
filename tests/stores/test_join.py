"""`connection=`: a case moves exactly when the host's own rows do."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from attrs import evolve

from svcflow.errors import ConflictError, StoreError
from svcflow.stores.base import Change, Query
from svcflow.stores.sqlite import SqliteStore
from svcflow.testing.store_samples import PHONE, event, opening, published, write


def orders(host: sqlite3.Connection) -> int:
    (count,) = tuple(host.execute("SELECT count(*) FROM orders").fetchone())
    return int(count)


def test_a_rollback_of_the_host_takes_both_away(store: SqliteStore, host: sqlite3.Connection) -> None:
    host.execute("INSERT INTO orders VALUES ('o1')")
    store.apply([Change(opening("c1"))], connection=host)
    assert store.load("", "c1", connection=host) is not None
    assert store.load("", "c1") is None
    host.rollback()
    assert (orders(host), store.load("", "c1")) == (0, None)


def test_a_commit_of_the_host_keeps_both(store: SqliteStore, host: sqlite3.Connection) -> None:
    host.execute("INSERT INTO orders VALUES ('o1')")
    store.apply([Change(opening("c1"))], connection=host)
    host.commit()
    assert orders(host) == 1
    assert store.load("", "c1") == opening("c1").case


def test_a_transaction_is_begun_where_the_host_would_only_have_to_commit(
    store: SqliteStore, host: sqlite3.Connection
) -> None:
    store.apply([Change(opening("c1"))], connection=host)
    assert host.in_transaction
    host.rollback()
    assert store.load("", "c1") is None


def test_a_connection_that_commits_by_itself_needs_a_begin(store: SqliteStore, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as host:
        with pytest.raises(StoreError, match="run BEGIN on it first"):
            store.apply([Change(opening("c1"))], connection=host)
        host.execute("BEGIN")
        store.apply([Change(opening("c1"))], connection=host)
        host.execute("COMMIT")
    assert store.load("", "c1") is not None


def test_reading_begins_nothing(store: SqliteStore, host: sqlite3.Connection) -> None:
    write(store, opening("c1", fields={"phone": PHONE}), private=["phone"], opening_key="k")
    store.publish([published("repair", 1)])
    assert store.load("", "c1", connection=host) == opening("c1", fields={"phone": PHONE}).case
    assert len(store.family("", "c1", connection=host)[0]) == 1
    assert len(list(store.cases(Query(), connection=host))) == 1
    assert len(store.journal("", "c1", private=True, connection=host)) == 1
    assert store.known("", None, "k", connection=host) is not None
    assert store.process("", "repair", connection=host) == published("repair", 1)
    assert len(store.processes("", connection=host)) == 1
    assert store.links("", "c1", connection=host) == ()
    assert store.position("log", "c1", connection=host) is None
    assert not host.in_transaction


def test_everything_written_joins(store: SqliteStore, host: sqlite3.Connection) -> None:
    store.publish([published("repair", 1)], connection=host)
    store.remember("log", "c1", "7", connection=host)
    assert store.position("log", "c1", connection=host) == "7"
    host.rollback()
    assert store.process("", "repair") is None
    assert store.position("log", "c1") is None


def test_a_conflict_undoes_ours_and_leaves_the_hosts(store: SqliteStore, host: sqlite3.Connection) -> None:
    first = write(store, opening("c1"))
    write(store, event(first))
    host.execute("INSERT INTO orders VALUES ('o1')")
    with pytest.raises(ConflictError):
        store.apply([Change(opening("c2")), Change(event(first))], connection=host)
    assert host.in_transaction
    assert store.load("", "c2", connection=host) is None
    host.commit()
    assert orders(host) == 1


def test_a_transaction_that_reads_an_older_state_is_in_conflict(store: SqliteStore, path: Path) -> None:
    first = write(store, opening("c1"))
    with closing(sqlite3.connect(path, isolation_level=None)) as host:
        host.execute("BEGIN")
        assert store.load("", "c1", connection=host) == first
        second = write(store, event(first))
        with pytest.raises(ConflictError, match="begin again"):
            store.apply([Change(event(first))], connection=host)
        host.execute("ROLLBACK")
    assert store.load("", "c1") == second


def test_a_host_may_prefer_other_rows(store: SqliteStore, host: sqlite3.Connection) -> None:
    host.row_factory = sqlite3.Row
    decision = opening("c1", fields={"phone": PHONE})
    store.apply([Change(decision, frozenset({"phone"}))], connection=host)
    store.apply([Change(event(decision.case), frozenset({"phone"}))], connection=host)
    host.commit()
    assert list(store.cases(Query(), connection=host)) == [event(decision.case).case]


def test_a_host_may_commit_while_it_reads(store: SqliteStore, host: sqlite3.Connection) -> None:
    write(store, *(opening(f"c{number}") for number in range(5)))
    seen = []
    for case in store.cases(Query(), connection=host):
        store.apply([Change(event(case))], connection=host)
        host.commit()
        seen.append(case.id)
    assert seen == ["c0", "c1", "c2", "c3", "c4"]


def test_a_write_beside_the_hosts_open_transaction_says_what_to_do(
    store: SqliteStore, host: sqlite3.Connection
) -> None:
    host.execute("INSERT INTO orders VALUES ('o1')")
    with pytest.raises(StoreError, match=r"locked by another transaction.*connection="):
        write(store, opening("c1"))
    host.rollback()
    write(store, opening("c1"))


def test_a_connection_to_another_file_is_one_clear_error(store: SqliteStore, tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(tmp_path / "other.db")) as other,
        pytest.raises(StoreError, match="leads to a database without them"),
    ):
        store.load("", "c1", connection=other)


def test_a_connection_that_cannot_be_used_is_one_clear_error(store: SqliteStore, path: Path) -> None:
    host = sqlite3.connect(path)
    host.text_factory = bytes
    with pytest.raises(StoreError, match="text_factory"):
        store.load("", "c1", connection=host)
    host.text_factory = str
    host.close()
    with pytest.raises(StoreError, match="closed"):
        store.load("", "c1", connection=host)
    with pytest.raises(StoreError, match=r"sqlite3\.Connection.*not a str"):
        store.load("", "c1", connection="sqlite:///cases.db")


def test_a_full_disk_in_the_hosts_transaction_undoes_ours(store: SqliteStore, host: sqlite3.Connection) -> None:
    (pages,) = host.execute("PRAGMA page_count").fetchone()
    host.execute(f"PRAGMA max_page_count = {pages + 1}")
    large = opening("c1", fields={"fault": "x" * 100_000})
    with pytest.raises(StoreError, match="disk is full"):
        store.apply([Change(evolve(large))], connection=host)
    host.rollback()
    assert store.load("", "c1") is None
