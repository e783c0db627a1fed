"""What the stores in SQL databases do alike: their statements differ, their questions and answers do not."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from attrs import evolve

from svcflow.core.plain import canonical, instant, text
from svcflow.stores.archive_rows import archive_question, read_archived
from svcflow.stores.archived import Archived, ArchiveQuery
from svcflow.stores.base import Delivery, DueCase, Incident, KnownKey, ProcessRecord, Retirement, StoredEntry
from svcflow.stores.followed import BEGINNING, Feed, Stretch, read_stretch
from svcflow.stores.process_rows import read_process, retirement_row
from svcflow.stores.rows import read_entries

T = TypeVar("T")
_PAGE = 500
C = TypeVar("C")
C_contra = TypeVar("C_contra", contravariant=True)
Asked: TypeAlias = Sequence[object] | Mapping[str, object]


class Statements(Protocol):
    """A module of whole statements; both dialects give them the same names."""

    PROCESS: str
    EDITION: str
    RETIRE: str
    PROCESSES: str
    KNOWN: str
    KNOWN_OPENING: str
    JOURNAL: str
    PRIVATE: str
    KEPT: str
    LINKS: str
    POSITION: str


class DaysStatements(Protocol):
    """The same about the days of versions."""

    KEEP_DAYS: str
    DAYS: str


class BatchStatements(Protocol):
    """The same about many cases at once."""

    JOURNALS: str
    PRIVATES: str


class Work(Protocol[C_contra]):
    """A module of what workers and operators ask, as functions of a cursor."""

    def due(self, cursor: C_contra, now: datetime, limit: int, /) -> tuple[DueCase, ...]:
        """Cases with a timer due, earliest first."""
        ...

    def next_dues(self, cursor: C_contra, /) -> tuple[datetime | None, datetime | None]:
        """When the next timer and the next call are due."""
        ...

    def fail_timer(self, cursor: C_contra, failed: DueCase, error: str, retry_at: datetime, /, *, park: bool) -> None:
        """Hold the timers of a case back."""
        ...

    def delivered(self, cursor: C_contra, delivery: Delivery, /) -> bool:
        """Delete a call that succeeded."""
        ...

    def failed(
        self, cursor: C_contra, delivery: Delivery, error: str | None, retry_at: datetime, /, *, dead: bool
    ) -> bool:
        """Release a claim."""
        ...

    def deliveries(self, cursor: C_contra, tenant: str, case_id: str | None, /) -> tuple[Delivery, ...]:
        """The outbox."""
        ...

    def awaited(self, cursor: C_contra, tenant: str, /) -> tuple[str, ...]:
        """The hooks in the outbox."""
        ...

    def incidents(self, cursor: C_contra, tenant: str, /) -> tuple[Incident, ...]:
        """Parked timers and dead calls."""
        ...

    def retry(self, cursor: C_contra, tenant: str, case_id: str, name: str, now: datetime, /) -> bool:
        """Try one of them again."""
        ...

    def skip(self, cursor: C_contra, tenant: str, case_id: str, key: str, /) -> bool:
        """Delete a dead call."""
        ...


class Archive(Protocol[C_contra]):
    """A module of what concerns cases that were taken out."""

    REMOVED: str
    OF_OWNER: str
    OF_PROCESS: str
    BY_OPENED: str
    BY_PROCESS: str
    BY_OWNER: str

    def remove(self, cursor: C_contra, cases: Sequence[Archived], /) -> None:
        """Take cases out."""
        ...


class SqlStore(ABC, Generic[C]):
    """The part of `Store` that needs no more than statements; a store of one dialect adds the rest."""

    _sql: Statements
    _days: DaysStatements
    _work: Work[C]
    _archive: Archive[C]
    _feed: Feed
    _batch: BatchStatements
    _token: Callable[[], str]

    @abstractmethod
    def _rows(self, statement: str, asked: Asked, connection: object | None) -> list[Any]:
        """All rows of one statement."""

    @abstractmethod
    def _reading(self, job: Callable[[C], T]) -> T:
        """Run a job that looks at what is there."""

    @abstractmethod
    def _writing(self, job: Callable[[C], T], connection: object | None = None) -> T:
        """Run a job in a transaction: its own, or the host's."""

    @abstractmethod
    def _count(self, statement: str, asked: Asked, connection: object | None) -> int:
        """Run one statement that writes; how many rows it wrote."""

    # ── processes and cases ────────────────────────────────────────────────────────────────────────────────────

    def process(
        self, tenant: str, name: str, version: int | None = None, *, connection: object | None = None
    ) -> ProcessRecord | None:
        """One version, the newest when `version` is None; the tenant's own, else the one published for all."""
        asked = {"tenant": tenant, "name": name, "version": version}
        rows = self._rows(self._sql.PROCESS, asked, connection)
        return read_process(rows[0]) if rows else None

    def edition(
        self,
        tenant: str,
        name: str,
        version: int | None = None,
        *,
        at: datetime | None = None,
        on: datetime | None = None,
        connection: object | None = None,
    ) -> tuple[str, int, str, str] | None:
        """Which version `process` would answer: whose it is, its number, its digest and that of its newest days."""
        then, day = (None if one is None else instant(one) for one in (at, on))
        asked = {"tenant": tenant, "name": name, "version": version, "at": then, "by": then, "on": day}
        rows = self._rows(self._sql.EDITION, asked, connection)
        if not rows and at is not None and on is None:
            rows = self._rows(self._sql.EDITION, {**asked, "by": None}, connection)
        return rows[0] if rows else None

    def processes(self, tenant: str, *, connection: object | None = None) -> tuple[ProcessRecord, ...]:
        """Every version this tenant can use, by name and version."""
        return tuple(read_process(row) for row in self._rows(self._sql.PROCESSES, {"tenant": tenant}, connection))

    def retire(
        self, tenant: str, name: str, version: int, end: Retirement, *, connection: object | None = None
    ) -> bool:
        """Note that a version is retired; False if it is so already, or not there."""
        return self._count(self._sql.RETIRE, retirement_row(tenant, name, version, end), connection) > 0

    def days(
        self, tenant: str, process: str, version: int, digest: str, *, connection: object | None = None
    ) -> Mapping[str, Any] | None:
        """The tables of these days."""
        asked = {"tenant": tenant, "process": process, "version": version, "digest": digest}
        rows = self._rows(self._days.DAYS, asked, connection)
        return json.loads(rows[0][0]) if rows else None

    def known(self, tenant: str, case_id: str | None, key: str, *, connection: object | None = None) -> KnownKey | None:
        """What `key` stands for in this case, or among openings when `case_id` is None."""
        if case_id is None:
            rows = self._rows(self._sql.KNOWN_OPENING, {"tenant": tenant, "key": key}, connection)
        else:
            rows = self._rows(self._sql.KNOWN, (tenant, case_id, key), connection)
        return KnownKey(*rows[0]) if rows else None

    def journal(
        self, tenant: str, case_id: str, *, private: bool = False, connection: object | None = None
    ) -> tuple[StoredEntry, ...]:
        """All entries of a case in order, with private values only when asked for."""
        rows = self._rows(self._sql.JOURNAL, (tenant, case_id), connection)
        values = self._rows(self._sql.PRIVATE, (tenant, case_id), connection) if private else []
        return read_entries(case_id, rows, values)

    def journals(
        self, tenant: str, case_ids: Sequence[str], *, private: bool = False, connection: object | None = None
    ) -> tuple[tuple[StoredEntry, ...], ...]:
        """What `journal` answers for each of many cases, in one reading."""
        asked = {"tenant": tenant, "asked": canonical(sorted(set(case_ids)))}
        rows = _by_case(self._rows(self._batch.JOURNALS, asked, connection))
        values = _by_case(self._rows(self._batch.PRIVATES, asked, connection) if private else [])
        found = {one: read_entries(one, sorted(entries), values.get(one, ())) for one, entries in rows.items()}
        return tuple([found.get(one, ()) for one in case_ids])

    def kept(self, tenant: str, case_id: str, *, connection: object | None = None) -> frozenset[str]:
        """The fields of which private values are kept, present ones or earlier ones."""
        return frozenset(name for (name,) in self._rows(self._sql.KEPT, (tenant, case_id), connection))

    def links(self, tenant: str, case_id: str, *, connection: object | None = None) -> tuple[tuple[str, str, str], ...]:
        """(from, to, kind) for each `run` and `start` that this case stands in, either way."""
        return tuple(self._rows(self._sql.LINKS, {"tenant": tenant, "id": case_id}, connection))

    # ── archive ────────────────────────────────────────────────────────────────────────────────────────────────

    def remove(self, cases: Sequence[Archived]) -> None:
        """
        Take ended cases out, with all that belongs to them, and remember this of each: all of them or none.

        Raises:
            ConflictError: One is not there, has not ended or moved on, or timers or calls of it wait.
        """
        self._writing(lambda cursor: self._archive.remove(cursor, cases))

    def removed(self, tenant: str, case_id: str, *, connection: object | None = None) -> Archived | None:
        """What is remembered of a case that was taken out."""
        rows = self._rows(self._archive.REMOVED, {"tenant": tenant, "id": case_id}, connection)
        return read_archived(rows[0]) if rows else None

    def archived(self, query: ArchiveQuery) -> Iterator[Archived]:
        """The same of all that match, in order, page by page."""
        statement = self._asking(query)
        while rows := self._rows(statement, archive_question(query, _PAGE), None):
            yield from map(read_archived, rows)
            left = None if query.limit is None else query.limit - len(rows)
            query = evolve(query, after=rows[-1][1], limit=left)

    def _asking(self, query: ArchiveQuery) -> str:
        """Where one owner or process is asked for, the order within it is that of the time."""
        archive = self._archive
        if query.owner is not None and query.order != "process":
            return archive.OF_OWNER
        if query.process is not None and query.order != "owner":
            return archive.OF_PROCESS
        return {"opened": archive.BY_OPENED, "process": archive.BY_PROCESS, "owner": archive.BY_OWNER}[query.order]

    # ── work ───────────────────────────────────────────────────────────────────────────────────────────────────

    def due(self, now: datetime, limit: int) -> tuple[DueCase, ...]:
        """Cases of any tenant with a timer due at or before `now`, earliest first, each case once."""
        return self._reading(lambda cursor: self._work.due(cursor, now, limit))

    def next_due(self) -> datetime | None:
        """When the next timer or hook call is due."""
        return min((due for due in self.next_dues() if due is not None), default=None)

    def next_dues(self) -> tuple[datetime | None, datetime | None]:
        """When the next timer and the next hook call are due."""
        return self._reading(self._work.next_dues)

    def fail_timer(self, due: DueCase, error: str, *, retry_at: datetime, park: bool) -> None:
        """Note that firing failed: try again later, or park the case's timers."""
        self._writing(lambda cursor: self._work.fail_timer(cursor, due, error, retry_at, park=park))

    def delivered(self, delivery: Delivery) -> bool:
        """Delete a call that succeeded; False when the claim was lost meanwhile."""
        return self._writing(lambda cursor: self._work.delivered(cursor, delivery))

    def failed(self, delivery: Delivery, error: str, *, retry_at: datetime, dead: bool) -> bool:
        """Release a claim for another try, or declare the call dead; False when the claim was lost meanwhile."""
        return self._writing(lambda cursor: self._work.failed(cursor, delivery, error, retry_at, dead=dead))

    def released(self, delivery: Delivery, at: datetime) -> bool:
        """Give a claim back unused; False when it was lost meanwhile."""
        unused = evolve(delivery, attempts=delivery.attempts - 1)
        return self._writing(lambda cursor: self._work.failed(cursor, unused, None, at, dead=False))

    def deliveries(self, tenant: str, case_id: str | None = None) -> tuple[Delivery, ...]:
        """The outbox of a tenant, oldest first."""
        return self._reading(lambda cursor: self._work.deliveries(cursor, tenant, case_id))

    def awaited(self, tenant: str) -> tuple[str, ...]:
        """The hooks that calls in the outbox are for, that of the oldest call first."""
        return self._reading(lambda cursor: self._work.awaited(cursor, tenant))

    def incidents(self, tenant: str) -> tuple[Incident, ...]:
        """Parked timers and dead calls."""
        return self._reading(lambda cursor: self._work.incidents(cursor, tenant))

    def retry(self, tenant: str, case_id: str, name: str, now: datetime) -> bool:
        """Let a parked timer or a dead call be tried from `now` as if for the first time."""
        return self._writing(lambda cursor: self._work.retry(cursor, tenant, case_id, name, now))

    def skip(self, tenant: str, case_id: str, key: str) -> bool:
        """Delete a dead call for good."""
        return self._writing(lambda cursor: self._work.skip(cursor, tenant, case_id, key))

    def position(self, source: str, name: str, *, connection: object | None = None) -> str | None:
        """A remembered position."""
        rows = self._rows(self._sql.POSITION, (source, name), connection)
        return rows[0][0] if rows else None

    # ── following ──────────────────────────────────────────────────────────────────────────────────────────────

    def follow_from(self, tenant: str, name: str, since: datetime | None, *, connection: object | None = None) -> None:
        """Let a new follower begin with what happened since, or with what comes from now on."""
        asked = {"tenant": text(tenant), "since": None if since is None else instant(since)}
        # Not within the writing: who looks for a time may look for long.
        at_once = since == BEGINNING
        position = self._feed.BEGINNING if at_once else self._rows(self._feed.PLACE, asked, connection)[0][0]
        self._count(self._feed.FOLLOW_FROM, {"tenant": tenant, "name": text(name), "position": position}, connection)

    def followed(self, tenant: str, name: str, *, connection: object | None = None) -> str | None:
        """How far a follower has come, None for one that has not begun."""
        rows = self._rows(self._feed.FOLLOWED, {"tenant": tenant, "name": name}, connection)
        return self._feed.read_position(rows[0]) if rows else None

    def stretch(
        self, tenant: str, after: str, limit: int, process: str | None = None, *, connection: object | None = None
    ) -> Stretch:
        """The entries behind a position, of the next `limit` those whose case is of this process."""
        asked = {"tenant": tenant, "after": after, "limit": limit, "process": process}
        return read_stretch(tenant, after, self._rows(self._feed.STRETCH, asked, connection))

    def take_turn(
        self, tenant: str, name: str, now: datetime, lease: timedelta, *, connection: object | None = None
    ) -> tuple[str, str] | None:
        """Go on in a follower's name for `lease`: a claim, and the position; None while it is another's turn."""
        claim = self._token()
        asked = {"tenant": tenant, "name": name, "now": instant(now), "claim": claim, "until": instant(now + lease)}
        if self._count(self._feed.TAKE_TURN, asked, connection) == 0:
            return None
        position = self.followed(tenant, name, connection=connection)
        return None if position is None else (claim, position)

    def keep_turn(
        self,
        tenant: str,
        name: str,
        claim: str,
        position: str,
        until: datetime | None,
        *,
        connection: object | None = None,
    ) -> bool:
        """Note how far the follower has come, and go on until `until`; False when another has taken its turn since."""
        asked = {
            "tenant": tenant,
            "name": name,
            "claim": claim,
            "position": position,
            "until": None if until is None else instant(until),
        }
        return self._count(self._feed.KEEP_TURN, asked, connection) > 0


def _by_case(rows: Sequence[Sequence[Any]]) -> dict[str, list[list[Any]]]:
    """Rows that begin with the id of a case, without it."""
    found: dict[str, list[list[Any]]] = {}
    for case_id, *rest in rows:
        found.setdefault(case_id, []).append(rest)
    return found
