"""Cases in an SQLite file, by the standard library's driver: durable on one machine, for many threads and processes."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

from svcflow.core.case import Case
from svcflow.core.plain import canonical, instant
from svcflow.errors import ConflictError, StoreError
from svcflow.stores import sqlite_sql as sql
from svcflow.stores import sqlite_work as work
from svcflow.stores.base import Change, Delivery, DueCase, Incident, Inside, KnownKey, ProcessRecord, Query, StoredEntry
from svcflow.stores.hosts import driver_connection
from svcflow.stores.query import spellings
from svcflow.stores.rows import process_row, read_entries, read_process
from svcflow.stores.snapshots import Snapshot, Snapshots
from svcflow.stores.sqlite_commit import Connections, Job, explained
from svcflow.stores.sqlite_file import SqliteFile
from svcflow.stores.sqlite_write import call_inside, prepare

T = TypeVar("T")
_CASES = MappingProxyType({"opened": sql.CASES_OPENED, "moved": sql.CASES_MOVED, "due": sql.CASES_DUE})
_PAGE = 200
_Asked: TypeAlias = Sequence[object] | Mapping[str, object]


def _token() -> str:
    """Salts and claims: 128 bits nobody can guess."""
    return secrets.token_hex(16)


class SqliteStore:
    """
    Cases in one SQLite file, safe for threads and for several processes.

    `connection=` takes a `sqlite3.Connection` to the same file and joins the transaction that is open on it; where none
    is, one is begun, unless the connection commits each statement by itself. We never commit or roll back a host's
    transaction: what fails is undone to where it began.

    The last `remembered` cases are kept in memory with the texts of their rows, which are read all the same.

    Raises:
        StoreError: The file cannot be used; nothing was changed.
    """

    def __init__(self, file: SqliteFile, *, token: Callable[[], str] = _token, remembered: int = 512) -> None:
        file.prepare()
        self._file = file
        self._token = token
        self._closed = False
        self._snapshots = Snapshots(remembered)
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

    def _rows(self, statement: str, asked: _Asked, connection: object | None) -> list[Any]:
        return self._reading(lambda cursor: cursor.execute(statement, asked).fetchall(), connection)

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

    def process(
        self, tenant: str, name: str, version: int | None = None, *, connection: object | None = None
    ) -> ProcessRecord | None:
        """One version, the newest when `version` is None; the tenant's own, else the one published for all."""
        asked = {"tenant": tenant, "name": name, "version": version}
        rows = self._rows(sql.PROCESS, asked, connection)
        return read_process(rows[0]) if rows else None

    def edition(
        self, tenant: str, name: str, version: int | None = None, *, connection: object | None = None
    ) -> tuple[str, int, str] | None:
        """Which version `process` would answer, without its texts: whose it is, its number and its digest."""
        rows = self._rows(sql.EDITION, {"tenant": tenant, "name": name, "version": version}, connection)
        return rows[0] if rows else None

    def processes(self, tenant: str, *, connection: object | None = None) -> tuple[ProcessRecord, ...]:
        """Every version this tenant can use, by name and version."""
        return tuple(read_process(row) for row in self._rows(sql.PROCESSES, {"tenant": tenant}, connection))

    # ── cases ──────────────────────────────────────────────────────────────────────────────────────────────────

    def load(self, tenant: str, case_id: str, *, connection: object | None = None) -> Case | None:
        """One case with its private values."""
        found = self._reading(lambda cursor: self._cases(cursor, tenant, sql.LOAD, (tenant, case_id)), connection)
        return found[0] if found else None

    def family(
        self, tenant: str, case_id: str, key: str | None = None, *, connection: object | None = None
    ) -> tuple[tuple[Case, ...], KnownKey | None]:
        """The case first, then every open case of the same root, oldest first; and what `key` stands for in it."""
        rows = self._rows(sql.FAMILY, (key, tenant, case_id), connection)
        if not rows:
            return (), None
        seq, content = rows[0][5:]
        cases = [self._snapshots.read(tenant, row[:5]) for row in rows]
        if len(cases) > 1:
            cases.sort(key=lambda case: (case.id != case_id, case.opened_at, case.id))
        return tuple(cases), None if seq is None else KnownKey(case_id, seq, content)

    def _cases(self, cursor: sqlite3.Cursor, tenant: str, statement: str, asked: _Asked) -> tuple[Case, ...]:
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

    def known(self, tenant: str, case_id: str | None, key: str, *, connection: object | None = None) -> KnownKey | None:
        """What `key` stands for in this case, or among openings when `case_id` is None."""
        if case_id is None:
            rows = self._rows(sql.KNOWN_OPENING, (tenant, key), connection)
        else:
            rows = self._rows(sql.KNOWN, (tenant, case_id, key), connection)
        return KnownKey(*rows[0]) if rows else None

    def journal(
        self, tenant: str, case_id: str, *, private: bool = False, connection: object | None = None
    ) -> tuple[StoredEntry, ...]:
        """All entries of a case in order, with private values only when asked for."""
        rows = self._rows(sql.JOURNAL, (tenant, case_id), connection)
        values = self._rows(sql.PRIVATE, (tenant, case_id), connection) if private else []
        return read_entries(case_id, rows, values)

    def kept(self, tenant: str, case_id: str, *, connection: object | None = None) -> frozenset[str]:
        """The fields of which private values are kept, present ones or earlier ones."""
        return frozenset(name for (name,) in self._rows(sql.KEPT, (tenant, case_id), connection))

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

    def links(self, tenant: str, case_id: str, *, connection: object | None = None) -> tuple[tuple[str, str, str], ...]:
        """(from, to, kind) for each `run` and `start` that this case stands in, either way."""
        return tuple(self._rows(sql.LINKS, {"tenant": tenant, "id": case_id}, connection))

    # ── work ───────────────────────────────────────────────────────────────────────────────────────────────────

    def due(self, now: datetime, limit: int) -> tuple[DueCase, ...]:
        """Cases of any tenant with a timer due at or before `now`, earliest first, each case once."""
        return self._reading(lambda cursor: work.due(cursor, now, limit))

    def next_due(self) -> datetime | None:
        """When the next timer or hook call is due."""
        return self._reading(work.next_due)

    def fail_timer(self, due: DueCase, error: str, *, retry_at: datetime, park: bool) -> None:
        """Note that firing failed: try again later, or park the case's timers."""
        self._writing(lambda cursor: work.fail_timer(cursor, due, error, retry_at, park=park))

    def claim(self, now: datetime, lease: timedelta, limit: int, hooks: Sequence[str]) -> tuple[Delivery, ...]:
        """Take due calls of these hooks for `lease`, of each case only its oldest."""
        if not self._reading(lambda cursor: work.free_calls(cursor, now, 1, hooks)):
            return ()
        token = self._token()
        return self._writing(lambda cursor: work.claim(cursor, now, lease, limit, hooks, token))

    def delivered(self, delivery: Delivery) -> bool:
        """Delete a call that succeeded; False when the claim was lost meanwhile."""
        return self._writing(lambda cursor: work.delivered(cursor, delivery))

    def failed(self, delivery: Delivery, error: str, *, retry_at: datetime, dead: bool) -> bool:
        """Release a claim for another try, or declare the call dead; False when the claim was lost meanwhile."""
        return self._writing(lambda cursor: work.failed(cursor, delivery, error, retry_at, dead=dead))

    def deliveries(self, tenant: str, case_id: str | None = None) -> tuple[Delivery, ...]:
        """The outbox of a tenant, oldest first."""
        return self._reading(lambda cursor: work.deliveries(cursor, tenant, case_id))

    def incidents(self, tenant: str) -> tuple[Incident, ...]:
        """Parked timers and dead calls."""
        return self._reading(lambda cursor: work.incidents(cursor, tenant))

    def retry(self, tenant: str, case_id: str, name: str, now: datetime) -> bool:
        """Let a parked timer or a dead call be tried from `now` as if for the first time."""
        return self._writing(lambda cursor: work.retry(cursor, tenant, case_id, name, now))

    def skip(self, tenant: str, case_id: str, key: str) -> bool:
        """Delete a dead call for good."""
        return self._writing(lambda cursor: work.skip(cursor, tenant, case_id, key))

    def position(self, source: str, name: str, *, connection: object | None = None) -> str | None:
        """A remembered position."""
        rows = self._rows(sql.POSITION, (source, name), connection)
        return rows[0][0] if rows else None

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
        asked.append([f'$.fields."{name}"', [f"[{text},{text}]" for text in texts]])
    return canonical(asked)
