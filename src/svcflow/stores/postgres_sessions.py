"""Where the jobs of a PostgreSQL store run: in a session of their own, or in the transaction of a host."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import TypeAlias, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow, tuple_row

from svcflow.errors import StoreError
from svcflow.stores.hosts import driver_connection
from svcflow.stores.postgres_pool import Connection, OwnPool, Pool
from svcflow.stores.postgres_prepared import OwnConnection
from svcflow.stores.postgres_server import PostgresServer, cause

T = TypeVar("T")
Cursor: TypeAlias = psycopg.Cursor[TupleRow]
Job: TypeAlias = Callable[[Cursor], T]

# After a deadlock or a serialization failure, which the server has undone.
TRIES = 4
LONGEST_PAUSE = 0.05

_AGAIN = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)
_OPEN = frozenset({TransactionStatus.INTRANS, TransactionStatus.INERROR})


class Sessions:
    """The sessions of this process, in pools of its own or in `hosts`, a pool that the host has made."""

    def __init__(self, server: PostgresServer, random: Random, hosts: Pool | None = None) -> None:
        self.server = server
        self._random = random
        self._hosts = hosts
        self._of_process: dict[int, OwnPool] = {}
        self._closed = False

    def close(self) -> None:
        """Close this process's own pool; a host closes its own."""
        self._closed = True
        if self._hosts is None:
            self._own().close()

    def check_open(self) -> None:
        """
        Make sure that nobody has closed the store.

        Raises:
            StoreError: Somebody has.
        """
        if self._closed:
            raise StoreError("this store is closed")

    def run(self, job: Job[T], connection: object | None = None) -> T:
        """
        Run a job in a session of its own and commit it, or in the host's transaction; if it fails nothing is written.

        A job that the server undid because another was in its way is run again after a random pause, but not in the
        host's transaction.

        Raises:
            StoreError: The database cannot be used.
            ConflictError: Others were in the way.
        """
        self.check_open()
        for tried in range(1, TRIES + 1):
            try:
                return self._alone(job) if connection is None else self._joined(_hosts(connection), job)
            except _AGAIN as error:
                if tried == TRIES or connection is not None:
                    raise self.server.explain(error) from cause(error)
                time.sleep(self._random.uniform(0, LONGEST_PAUSE))
            except (psycopg.Error, UnicodeEncodeError) as error:
                raise self.server.explain(error) from cause(error)
        raise AssertionError("the last try returns or raises")

    def read(self, job: Job[T], connection: object | None = None) -> T:
        """
        The same for a job that only reads; in the host's transaction it sees what the host has not committed.

        Raises:
            StoreError: The database cannot be used.
        """
        if connection is None:
            return self.run(job)
        self.check_open()
        try:
            return job(_cursor(_hosts(connection)))
        except (psycopg.Error, UnicodeEncodeError) as error:
            raise self.server.explain(error) from cause(error)

    @contextmanager
    def long_reading(self) -> Iterator[Connection]:
        """
        A session for somebody who reads as slowly as they like; it is none of those that everybody needs.

        Raises:
            StoreError: The database cannot be used.
        """
        self.check_open()
        try:
            if self._hosts is None:
                with self.server.connect() as own:
                    yield own
                return
            connection = _taken(self._hosts)
            try:
                yield connection
            finally:
                self._hosts.putconn(connection)
        except (psycopg.Error, UnicodeEncodeError) as error:
            raise self.server.explain(error) from cause(error)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """
        A transaction that jobs can join as they join a host's; it is committed at the end.

        Raises:
            StoreError: The database cannot be used.
        """
        self.check_open()
        pool = self._pool()
        connection = _taken(pool)
        try:
            with connection.transaction():
                yield connection
        except psycopg.Error as error:
            raise self.server.explain(error) from cause(error)
        finally:
            pool.putconn(connection)

    def _alone(self, job: Job[T]) -> T:
        pool = self._pool()
        connection = _taken(pool)
        try:
            result = job(_cursor(connection))
            if connection.pgconn.transaction_status in _OPEN:
                connection.commit()
            return result
        except BaseException:
            if connection.pgconn.transaction_status in _OPEN:
                connection.rollback()
            raise
        finally:
            pool.putconn(connection)

    def _joined(self, connection: Connection, job: Job[T]) -> T:
        """Within the host's transaction, undone to a savepoint when it fails."""
        if connection.autocommit and connection.pgconn.transaction_status == TransactionStatus.IDLE:
            raise StoreError("the connection has no open transaction to join: begin one on it first")
        cursor = _cursor(connection)
        cursor.execute("SAVEPOINT svcflow")
        try:
            result = job(cursor)
        except BaseException:
            # A savepoint that is gone was in another transaction, which a hook inside has ended: that is told already.
            with suppress(psycopg.errors.InvalidSavepointSpecification):
                if connection.pgconn.transaction_status in _OPEN:
                    cursor.execute("ROLLBACK TO SAVEPOINT svcflow")
                    cursor.execute("RELEASE SAVEPOINT svcflow")
            raise
        cursor.execute("RELEASE SAVEPOINT svcflow")
        return result

    def _pool(self) -> Pool:
        return self._own() if self._hosts is None else self._hosts

    def _own(self) -> OwnPool:
        """This process's own: a connection carried through a fork would be used by both."""
        own = self._of_process.get(os.getpid())
        return self._of_process.setdefault(os.getpid(), OwnPool(self.server)) if own is None else own


def _taken(pool: Pool) -> Connection:
    try:
        return pool.getconn()
    except psycopg.Error as error:
        raise StoreError(f"the pool has no connection to give ({error})") from error


def _cursor(connection: Connection) -> Cursor:
    """One that answers plain rows, whatever the host prefers."""
    if isinstance(connection, OwnConnection):
        return connection.usual
    return psycopg.Cursor(connection, row_factory=tuple_row)


def _hosts(given: object) -> Connection:
    connection = driver_connection(given)
    if not isinstance(connection, psycopg.Connection):
        kind = type(connection).__name__
        raise StoreError(f"connection= takes a psycopg.Connection to the store's own database here, not a {kind}")
    return connection
