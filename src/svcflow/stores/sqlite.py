"""Cases in an SQLite file, by the standard library's driver: durable on one machine, for many threads and processes."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from svcflow.core.case import Case
from svcflow.core.plain import canonical, instant
from svcflow.errors import ConflictError, StoreError
from svcflow.stores import sqlite_archive as archive
from svcflow.stores import sqlite_batch as batch
from svcflow.stores import sqlite_cases as look
from svcflow.stores import sqlite_days as days_sql
from svcflow.stores import sqlite_feed as feed
from svcflow.stores import sqlite_sql as sql
from svcflow.stores import sqlite_work as work
from svcflow.stores.base import (
    Change,
    Delivery,
    Found,
    Inside,
    KeptDays,
    Meanwhile,
    ProcessRecord,
    Query,
    Question,
    Taken,
)
from svcflow.stores.families import asked_text, read_families, read_family
from svcflow.stores.hosts import driver_connection
from svcflow.stores.process_rows import days_row, process_row
from svcflow.stores.query import spellings
from svcflow.stores.snapshots import Snapshot, Snapshots
from svcflow.stores.sql_store import Asked, SqlStore, T
from svcflow.stores.sqlite_commit import Connections, Job, explained
from svcflow.stores.sqlite_file import SqliteFile
from svcflow.stores.sqlite_write import call_inside, prepare
from svcflow.stores.taking import InHand

_CASES = MappingProxyType({"opened": look.CASES_OPENED, "moved": look.CASES_MOVED, "due": look.CASES_DUE})
_PAGE = 200


def _token() -> str:
    """Salts and claims: 128 bits nobody can guess."""
    return secrets.token_hex(16)


class SqliteStore(SqlStore[sqlite3.Cursor]):
    """
    Cases in one SQLite file, safe for threads and for several processes.

    `connection=` takes a `sqlite3.Connection` to the same file and joins the transaction that is open on it; where none
    is, one is begun, unless the connection commits each statement by itself. We never commit or roll back a host's
    transaction: what fails is undone to where it began.

    The last `remembered` cases are kept in memory with the texts of their rows, which are read all the same.

    Raises:
        StoreError: The file cannot be used; nothing was changed.
    """

    _sql, _work, _archive, _feed, _days, _batch = sql, work, archive, feed, days_sql, batch

    def __init__(self, file: SqliteFile, *, token: Callable[[], str] = _token, remembered: int = 512) -> None:
        file.prepare()
        self._file = file
        self._token = token
        self._closed = False
        self._snapshots = Snapshots(remembered)
        self._in_hand = InHand()
        self._of_process: dict[int, Connections] = {os.getpid(): Connections(file)}

    def close(self) -> None:
        """Close the connections; readers that are still being read close when they are done."""
        self._closed = True
        self._connections().close()

    # ── connections ────────────────────────────────────────────────────────────────────────────────────────────

    def _connections(self) -> Connections:
        """This process's own: a connection carried through a fork would share locks with the parent's."""
        found = self._of_process.get(os.getpid())
        return self._after_fork() if found is None else found

    def _after_fork(self) -> Connections:
        while self._of_process:
            _, inherited = self._of_process.popitem()
            if inherited.process == os.getpid():
                break
            if not inherited.idle:
                raise StoreError(
                    "this process was forked while a thread was using the store; open it again before forking"
                )
            inherited.close()
        return self._of_process.setdefault(os.getpid(), Connections(self._file))

    def _reading(self, job: Job[T], connection: object | None = None) -> T:
        self._check_open()
        try:
            return self._connections().read(job) if connection is None else job(_hosts(connection))
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise explained(self._file, error) from error

    def _rows(self, statement: str, asked: Asked, connection: object | None) -> list[Any]:
        return self._reading(lambda cursor: cursor.execute(statement, asked).fetchall(), connection)

    def _count(self, statement: str, asked: Asked, connection: object | None) -> int:
        return self._writing(lambda cursor: cursor.execute(statement, asked).rowcount, connection)

    def _writing(self, job: Job[T], connection: object | None = None, *, alone: bool = False) -> T:
        self._check_open()
        if connection is None:
            return self._connections().write(job, alone=alone)
        return self._joining(_hosts(connection), job)

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("this store is closed")

    def _joining(self, cursor: sqlite3.Cursor, job: Job[T]) -> T:
        """Run a job within the host's transaction, undone to a savepoint when it fails."""
        host = cursor.connection
        try:
            if not host.in_transaction:
                _begin(host, cursor)
            cursor.execute("SAVEPOINT svcflow")
            try:
                result = job(cursor)
            except BaseException:
                if host.in_transaction:
                    cursor.execute("ROLLBACK TO svcflow")
                    cursor.execute("RELEASE svcflow")
                raise
            cursor.execute("RELEASE svcflow")
            return result
        except sqlite3.OperationalError as error:
            # A transaction that began by reading cannot wait until others have written: it would be out of date.
            if host.in_transaction and getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                raise ConflictError(f"another transaction was in the way; begin again ({error})") from error
            raise explained(self._file, error) from error
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise explained(self._file, error) from error

    # ── processes ──────────────────────────────────────────────────────────────────────────────────────────────

    def publish(self, records: Sequence[ProcessRecord], *, connection: object | None = None) -> None:
        """Keep new versions, all or none; one that is there already is left as it is."""
        rows = [process_row(record) for record in records]
        self._writing(lambda cursor: cursor.executemany(sql.PUBLISH, rows), connection)

    def keep_days(self, days: KeptDays, *, connection: object | None = None) -> None:
        """Keep days for a version, the same ones once."""
        row = days_row(days)
        self._writing(lambda cursor: cursor.execute(days_sql.KEEP_DAYS, row), connection)

    # ── cases ──────────────────────────────────────────────────────────────────────────────────────────────────

    def load(self, tenant: str, case_id: str, *, connection: object | None = None) -> Case | None:
        """One case with its private values."""
        found = self._reading(lambda cursor: self._cases(cursor, tenant, sql.LOAD, (tenant, case_id)), connection)
        return found[0] if found else None

    def family(
        self,
        tenant: str,
        case_id: str,
        key: str | None = None,
        *,
        connection: object | None = None,
        meanwhile: Meanwhile | None = None,  # noqa: ARG002 - nothing is waited for here
    ) -> Found:
        """The case first, then every open case of the same root, oldest first; and what `key` stands for in it."""
        return read_family(tenant, case_id, self._rows(sql.FAMILY, (key, tenant, case_id), connection), self._snapshots)

    def families(self, asked: Sequence[Question], *, connection: object | None = None) -> tuple[Found, ...]:
        """What `family` answers to each of many questions, in one reading."""
        rows = self._rows(batch.FAMILIES, {"asked": asked_text(asked)}, connection)
        return read_families(asked, rows, self._snapshots)

    def _cases(self, cursor: sqlite3.Cursor, tenant: str, statement: str, asked: Asked) -> tuple[Case, ...]:
        return tuple([self._snapshots.read(tenant, row) for row in cursor.execute(statement, asked).fetchall()])

    def _streamed(self, cursor: sqlite3.Cursor, query: Query) -> Iterator[Case]:
        """One reading, page by page, so that a million cases need no memory."""
        cursor.execute(*_asked(query))
        while rows := cursor.fetchmany(_PAGE):
            for row in rows:
                yield self._snapshots.read(query.tenant, row)

    def apply(
        self, changes: Sequence[Change], *, inside: Inside | None = None, connection: object | None = None
    ) -> None:
        """
        Write everything in one transaction; nothing of it when one case is in conflict.

        Raises:
            ConflictError: A case is no longer at `decision.before.seq`, or an id or key is taken.
        """
        prepared = [prepare(change, self._known(change), self._token) for change in changes]

        def write(cursor: sqlite3.Cursor) -> list[Snapshot]:
            written = [one.write(cursor) for one in prepared]
            if inside is not None:
                call_inside(cursor.connection, inside, ours=connection is None)
            return written

        for snapshot in self._writing(write, connection, alone=inside is not None):
            self._snapshots.keep(snapshot.case.tenant, snapshot)

    def _known(self, change: Change) -> Snapshot | None:
        before = change.decision.before
        return None if before is None else self._snapshots.of(before)

    def cases(self, query: Query, *, connection: object | None = None) -> Iterator[Case]:
        """Cases that match, in order; one reading, whatever is written meanwhile."""
        self._check_open()
        if connection is not None:
            # The host may commit or roll back between two cases, which would end the reading: take its rows at once.
            yield from self._reading(lambda cursor: self._cases(cursor, query.tenant, *_asked(query)), connection)
            return
        connections = self._connections()
        try:
            cursor = connections.take_reader()
            try:
                yield from self._streamed(cursor, query)
            except BaseException:  # Not read to the end, most often.
                connections.drop_reader(cursor)
                raise
            connections.return_reader(cursor)
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise explained(self._file, error) from error

    # ── work ───────────────────────────────────────────────────────────────────────────────────────────────────

    def taking(self, now: datetime, limit: int) -> AbstractContextManager[Taken]:
        """What `due` answers, without what other workers of this process have taken."""
        return self._in_hand.taking(partial(self.due, now), limit)

    def claim(self, now: datetime, lease: timedelta, limit: int, hooks: Sequence[str]) -> tuple[Delivery, ...]:
        """Take due calls of these hooks for `lease`, of each case only its oldest."""
        if not self._reading(lambda cursor: work.free_calls(cursor, now, 1, hooks)):
            return ()
        token = self._token()
        return self._writing(lambda cursor: work.claim(cursor, now, lease, limit, hooks, token))

    def remember(self, source: str, name: str, value: str, *, connection: object | None = None) -> None:
        """Remember a position."""
        self._writing(lambda cursor: cursor.execute(sql.REMEMBER, (source, name, value)), connection)


def _hosts(connection: object) -> sqlite3.Cursor:
    """A cursor on the host's connection that answers plain rows, whatever the host prefers."""
    connection = driver_connection(connection)
    if not isinstance(connection, sqlite3.Connection):
        kind = type(connection).__name__
        raise StoreError(f"connection= takes a sqlite3.Connection to the store's own file here, not a {kind}")
    if connection.text_factory is not str:
        raise StoreError("connection= needs a sqlite3.Connection whose text_factory is str")
    cursor = connection.cursor()
    cursor.row_factory = None
    return cursor


def _begin(host: sqlite3.Connection, cursor: sqlite3.Cursor) -> None:
    """Begin what the host will commit, where its driver would do so at the next write anyhow."""
    if host.isolation_level is None or getattr(host, "autocommit", -1) is True:
        raise StoreError("the connection has no open transaction to join: run BEGIN on it first")
    cursor.execute("BEGIN IMMEDIATE")


def _asked(query: Query) -> tuple[str, dict[str, str | int | None]]:
    return _CASES[query.order], {
        "tenant": query.tenant,
        "process": query.process,
        "status": query.status,
        "state": query.state,
        "due_before": None if query.due_before is None else instant(query.due_before),
        "idle_since": None if query.idle_since is None else instant(query.idle_since),
        "since": None if query.since is None else instant(query.since),
        "before": None if query.before is None else instant(query.before),
        "where": _where(query),
        "after": query.after,
        "limit": -1 if query.limit is None else query.limit,
    }


def _where(query: Query) -> str | None:
    """Paths and the texts that may stand there, in the shape that the statement expects."""
    if not query.where:
        return None
    asked = []
    for name, value in query.where.items():
        texts = ("null",) if value is None else spellings(value)
        known = name if str(name).isidentifier() else ""  # A quote in it would end the path, and lead to another place.
        asked.append([f'$.fields."{known}"', [f"[{text},{text}]" for text in texts]])
    return canonical(asked)
