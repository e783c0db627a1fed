"""Cases in a PostgreSQL database, by psycopg 3: shared by many threads, processes and machines."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from types import MappingProxyType
from typing import Any

import psycopg
from attrs import evolve
from psycopg.rows import tuple_row

from svcflow.core.case import Case
from svcflow.core.plain import canonical, instant
from svcflow.stores import postgres_archive as archive
from svcflow.stores import postgres_batch as batch
from svcflow.stores import postgres_cases as look
from svcflow.stores import postgres_days as days_sql
from svcflow.stores import postgres_feed as feed
from svcflow.stores import postgres_sql as sql
from svcflow.stores import postgres_work as work
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
from svcflow.stores.postgres_company import Company
from svcflow.stores.postgres_pool import Pool
from svcflow.stores.postgres_prepared import Statement
from svcflow.stores.postgres_server import PostgresServer
from svcflow.stores.postgres_sessions import Cursor, Sessions
from svcflow.stores.postgres_write import prepare, write_all, write_together
from svcflow.stores.process_rows import days_row, process_row
from svcflow.stores.query import spellings
from svcflow.stores.snapshots import Snapshot, Snapshots
from svcflow.stores.sql_store import Asked, SqlStore, T

_CASES = MappingProxyType({"opened": look.CASES_OPENED, "moved": look.CASES_MOVED, "due": look.CASES_DUE})
_PAGE = 200

FAMILY = Statement.of("family", sql.FAMILY)


def _token() -> str:
    """Salts and claims: 128 bits nobody can guess."""
    return secrets.token_hex(16)


class PostgresStore(SqlStore[Cursor]):
    """
    Cases in a PostgreSQL database, safe for threads and for any number of processes.

    `database` is a `PostgresServer`, or a `psycopg_pool.ConnectionPool` of the host's, which the host closes itself.
    An event is written by one statement, in one round trip.

    `connection=` takes a `psycopg.Connection` to the same database and joins the transaction that is open on it; where
    none is, psycopg begins one, unless the connection commits each statement by itself. We never commit or roll back a
    host's transaction: what fails is undone to where it began.

    The last `remembered` cases are kept in memory with the texts of their rows, which are read all the same. `random`
    makes the pauses after a deadlock.

    Raises:
        StoreError: The database cannot be used; nothing was changed.
    """

    _sql, _work, _archive, _feed, _days, _batch = sql, work, archive, feed, days_sql, batch

    def __init__(
        self,
        database: PostgresServer | Pool,
        *,
        token: Callable[[], str] = _token,
        random: Random | None = None,
        remembered: int = 512,
    ) -> None:
        random = Random() if random is None else random  # noqa: S311 - nobody gains by guessing a pause
        if isinstance(database, PostgresServer):
            database.prepare()
            self._sessions = Sessions(database, random)
        else:
            server = PostgresServer("")
            self._sessions = Sessions(server, random, database)
            self._sessions.run(server.bring_up_to_date)
        self._token = token
        self._snapshots = Snapshots(remembered)
        self._companies: dict[int, Company] = {}

    def close(self) -> None:
        """Close the sessions; readers that are still being read close when they are done."""
        self._sessions.close()

    def _rows(self, statement: str, asked: Asked, connection: object | None) -> list[Any]:
        return self._sessions.read(lambda cursor: cursor.execute(statement, asked).fetchall(), connection)

    def _count(self, statement: str, asked: Asked, connection: object | None) -> int:
        return self._sessions.run(lambda cursor: cursor.execute(statement, asked).rowcount, connection)

    def _reading(self, job: Callable[[Cursor], T]) -> T:
        return self._sessions.run(job)

    def _writing(self, job: Callable[[Cursor], T], connection: object | None = None) -> T:
        return self._sessions.run(job, connection)

    # ── processes ──────────────────────────────────────────────────────────────────────────────────────────────

    def publish(self, records: Sequence[ProcessRecord], *, connection: object | None = None) -> None:
        """Keep new versions, all or none; one that is there already is left as it is."""
        rows = sorted(process_row(record) for record in records)

        def write(cursor: Cursor) -> None:
            with cursor.connection.transaction():
                cursor.executemany(sql.PUBLISH, rows)

        self._sessions.run(write, connection)

    def keep_days(self, days: KeptDays, *, connection: object | None = None) -> None:
        """Keep days for a version, the same ones once."""
        row = days_row(days)
        self._writing(lambda cursor: cursor.execute(days_sql.KEEP_DAYS, row), connection)

    # ── cases ──────────────────────────────────────────────────────────────────────────────────────────────────

    def load(self, tenant: str, case_id: str, *, connection: object | None = None) -> Case | None:
        """One case with its private values."""
        rows = self._rows(sql.LOAD, (tenant, case_id), connection)
        return self._snapshots.read(tenant, rows[0]) if rows else None

    def family(
        self,
        tenant: str,
        case_id: str,
        key: str | None = None,
        *,
        connection: object | None = None,
        meanwhile: Meanwhile | None = None,
    ) -> Found:
        """The case first, then every open case of the same root, oldest first; and what `key` stands for in it."""
        asked = {"tenant": tenant, "id": case_id, "key": key}

        def remembered() -> None:
            last = self._snapshots.last(tenant, case_id)
            if meanwhile is not None and last is not None:
                meanwhile(last)

        rows = self._sessions.read(lambda cursor: FAMILY.rows(cursor, asked, remembered), connection)
        return read_family(tenant, case_id, rows, self._snapshots)

    def families(self, asked: Sequence[Question], *, connection: object | None = None) -> tuple[Found, ...]:
        """What `family` answers to each of many questions, in one reading."""
        rows = self._rows(batch.FAMILIES, {"asked": asked_text(asked)}, connection)
        return read_families(asked, rows, self._snapshots)

    def apply(
        self, changes: Sequence[Change], *, inside: Inside | None = None, connection: object | None = None
    ) -> None:
        """
        Write everything in one transaction; nothing of it when one case is in conflict.

        Raises:
            ConflictError: A case is no longer at `decision.before.seq`, or an id or key is taken.
        """
        prepared = prepare(changes, self._snapshots, self._token)
        if connection is None and inside is None and len(prepared) == 1 and prepared[0].moves:
            self._company().write(prepared[0])
        else:
            self._written(lambda cursor: write_all(cursor, prepared, inside), connection)

    def _written(self, job: Callable[[Cursor], list[Snapshot]], connection: object | None = None) -> list[Snapshot]:
        snapshots = self._sessions.run(job, connection)
        for snapshot in snapshots:
            self._snapshots.keep(snapshot.case.tenant, snapshot)
        return snapshots

    def _company(self) -> Company:
        """This process's own: after a fork nobody waits who waited in the parent."""
        process = os.getpid()
        write = self._written
        return self._companies.get(process) or self._companies.setdefault(
            process, Company(lambda prepared: write(lambda cursor: write_together(cursor, prepared)))
        )

    def cases(self, query: Query, *, connection: object | None = None) -> Iterator[Case]:
        """Cases that match, in order; one reading, whatever is written meanwhile."""
        if connection is not None or (query.limit is not None and query.limit <= _PAGE):
            rows = self._page(query, connection)
        else:
            rows = self._page(evolve(query, limit=_PAGE + 1), None)
            if len(rows) > _PAGE:
                yield from self._streamed(query)
                return
        for row in rows:
            yield self._snapshots.read(query.tenant, row)

    def _page(self, query: Query, connection: object | None) -> list[Any]:
        # Not prepared: a plan for this very question leaves out what it does not ask for.
        return self._sessions.read(lambda cursor: cursor.execute(*_asked(query), prepare=False).fetchall(), connection)

    def _streamed(self, query: Query) -> Iterator[Case]:
        """One reading, page by page, so that a million cases need no memory."""
        with (
            self._sessions.long_reading() as connection,
            connection.transaction(),
            psycopg.ServerCursor(connection, "svcflow", row_factory=tuple_row) as cursor,
        ):
            cursor.execute(*_asked(query))
            while rows := cursor.fetchmany(_PAGE):
                for row in rows:
                    yield self._snapshots.read(query.tenant, row)

    # ── work ───────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def taking(self, now: datetime, limit: int) -> Iterator[Taken]:
        """What `due` answers, locked in a transaction for the time of the context; what others lock is passed over."""
        if not self._sessions.run(lambda cursor: work.any_due(cursor, now)):
            yield Taken(())
            return
        with self._sessions.transaction() as connection:
            yield Taken(self._sessions.read(lambda cursor: work.due(cursor, now, limit), connection), connection)

    def claim(self, now: datetime, lease: timedelta, limit: int, hooks: Sequence[str]) -> tuple[Delivery, ...]:
        """Take due calls of these hooks for `lease`, of each case only its oldest."""
        token = self._token()
        return self._sessions.run(lambda cursor: work.claim(cursor, now, lease, limit, hooks, token))

    def remember(self, source: str, name: str, value: str, *, connection: object | None = None) -> None:
        """Remember a position."""
        self._sessions.run(lambda cursor: cursor.execute(sql.REMEMBER, (source, name, value)), connection)


def _asked(query: Query) -> tuple[str, dict[str, str | int | None]]:
    where = [[name, ["null"] if value is None else spellings(value)] for name, value in query.where.items()]
    return _CASES[query.order], {
        "tenant": query.tenant,
        "process": query.process,
        "status": query.status,
        "state": query.state,
        "due_before": None if query.due_before is None else instant(query.due_before),
        "idle_since": None if query.idle_since is None else instant(query.idle_since),
        "since": None if query.since is None else instant(query.since),
        "before": None if query.before is None else instant(query.before),
        "where": canonical(where),
        "after": query.after,
        "limit": query.limit,
    }
