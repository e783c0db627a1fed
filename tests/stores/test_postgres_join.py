"""`connection=` in PostgreSQL: what the host's isolation, its mistakes and its savepoints mean for a case."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from psycopg import IsolationLevel

from postgres import Schemas
from svcflow.errors import ConflictError, StoreError
from svcflow.stores.base import Change, Query
from svcflow.stores.open import open_store
from svcflow.stores.postgres import PostgresStore
from svcflow.testing.store_samples import at, event, opening, timer, write


@pytest.fixture
def url(postgres: Schemas) -> str:
    return postgres.make()


@pytest.fixture
def store(url: str) -> Iterator[PostgresStore]:
    made = open_store(f"{url}&wait=0.2")
    assert isinstance(made, PostgresStore)
    with closing(made):
        yield made


@pytest.fixture
def host(store: PostgresStore, url: str) -> Iterator[psycopg.Connection]:
    """A host's own connection to the store's database, with a table of the host's."""
    with closing(psycopg.connect(url)) as connection:
        connection.execute("CREATE TABLE orders (id text)")
        connection.commit()
        yield connection


def orders(host: psycopg.Connection) -> int:
    return len(host.execute("SELECT id FROM orders").fetchall())


def test_a_conflict_undoes_ours_and_leaves_the_hosts(store: PostgresStore, host: psycopg.Connection) -> None:
    first = write(store, opening("c1"))
    write(store, event(first))
    host.execute("INSERT INTO orders VALUES ('o1')")
    with pytest.raises(ConflictError, match="case 'c1' was changed meanwhile"):
        store.apply([Change(opening("c2")), Change(event(first))], connection=host)
    with pytest.raises(ConflictError, match="taken already"):
        store.apply([Change(opening("c1"))], connection=host)
    assert store.load("", "c2", connection=host) is None
    host.commit()
    assert orders(host) == 1


@pytest.mark.parametrize("level", [IsolationLevel.REPEATABLE_READ, IsolationLevel.SERIALIZABLE])
def test_a_transaction_that_reads_an_older_state_is_in_conflict(
    store: PostgresStore, host: psycopg.Connection, level: IsolationLevel
) -> None:
    first = write(store, opening("c1"))
    host.isolation_level = level
    assert store.load("", "c1", connection=host) == first
    second = write(store, event(first))
    with pytest.raises(ConflictError, match="begin again"):
        store.apply([Change(event(first))], connection=host)
    host.rollback()
    assert store.load("", "c1", connection=host) == second


def test_what_a_host_rolled_back_is_not_continued(store: PostgresStore, host: psycopg.Connection, url: str) -> None:
    """Somebody else writes an entry of the same number: the chain must not go on from the one that never was."""
    first = write(store, opening("c1"))
    lost = event(first, sent={"owner": "li"})
    store.apply([Change(lost)], connection=host)
    host.rollback()
    with closing(open_store(url)) as other:
        kept = write(other, event(first, sent={"owner": "wu"}))
    with pytest.raises(ConflictError):
        write(store, event(lost.case))
    assert store.load("", "c1") == kept


def test_a_connection_that_commits_by_itself_needs_a_transaction(store: PostgresStore, url: str) -> None:
    with closing(psycopg.connect(url, autocommit=True)) as host:
        with pytest.raises(StoreError, match="begin one on it first"):
            store.apply([Change(opening("c1"))], connection=host)
        assert store.load("", "c1", connection=host) is None
        with host.transaction():
            store.apply([Change(opening("c1"))], connection=host)
            assert store.load("", "c1") is None
    assert store.load("", "c1") is not None


def test_a_savepoint_of_the_hosts_takes_the_case_back_too(store: PostgresStore, host: psycopg.Connection) -> None:
    host.execute("INSERT INTO orders VALUES ('o1')")
    with host.transaction(force_rollback=True):
        store.apply([Change(opening("c1"))], connection=host)
    host.commit()
    assert (orders(host), store.load("", "c1")) == (1, None)


def test_a_write_beside_the_hosts_open_transaction_says_what_to_do(
    store: PostgresStore, host: psycopg.Connection
) -> None:
    first = write(store, opening("c1"))
    store.apply([Change(event(first))], connection=host)
    with pytest.raises(StoreError, match=r"locked by another transaction.*connection="):
        write(store, event(first))
    host.rollback()
    write(store, event(first))


def test_a_case_in_the_hosts_open_transaction_holds_no_due_timer_of_others_back(
    store: PostgresStore, host: psycopg.Connection
) -> None:
    busy = write(store, opening("busy", timers={"t": timer("t", due=1)}))
    write(store, opening("free", timers={"t": timer("t", due=2)}))
    store.apply([Change(event(busy, timers=busy.timers))], connection=host)
    assert [one.case for one in store.due(at(9), 9)] == ["free"]
    host.commit()
    assert [one.case for one in store.due(at(9), 9)] == ["busy", "free"]


def test_a_transaction_that_has_failed_already_is_one_clear_error(
    store: PostgresStore, host: psycopg.Connection
) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        host.execute("SELECT 1 FROM nowhere")
    with pytest.raises(StoreError, match="current transaction is aborted"):
        store.apply([Change(opening("c1"))], connection=host)
    host.rollback()
    store.apply([Change(opening("c1"))], connection=host)


def test_a_connection_to_another_database_is_one_clear_error(store: PostgresStore, postgres: Schemas) -> None:
    with (
        closing(psycopg.connect(postgres.make())) as other,
        pytest.raises(StoreError, match="no tables of svcflow where this connection leads"),
    ):
        store.load("", "c1", connection=other)


def test_a_connection_that_cannot_be_used_is_one_clear_error(store: PostgresStore, host: psycopg.Connection) -> None:
    host.close()
    with pytest.raises(StoreError, match="closed"):
        store.load("", "c1", connection=host)
    with pytest.raises(StoreError, match=r"psycopg\.Connection.*not a str"):
        store.load("", "c1", connection="postgresql://localhost/db")


def test_a_host_may_commit_while_it_reads(store: PostgresStore, host: psycopg.Connection) -> None:
    write(store, *(opening(f"c{number}") for number in range(5)))
    seen = []
    for case in store.cases(Query(), connection=host):
        store.apply([Change(event(case))], connection=host)
        host.commit()
        seen.append(case.id)
    assert seen == ["c0", "c1", "c2", "c3", "c4"]


def test_reading_sees_times_as_they_are_whatever_the_hosts_session_prefers(
    store: PostgresStore, host: psycopg.Connection
) -> None:
    case = write(store, opening("c1", key="k"), opening_key="k")
    for setting in ("TimeZone = 'Asia/Shanghai'", "DateStyle = 'German, DMY'", "IntervalStyle = 'sql_standard'"):
        host.execute(f"SET {setting}")
    store.apply([Change(event(case))], connection=host)
    host.commit()
    assert store.load("", "c1", connection=host) == store.load("", "c1") == event(case).case
