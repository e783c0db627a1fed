"""A store without a disk: the default for a first try and for tests, under the same contract as the others."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import partial

import attrs

from svcflow.core.case import Case
from svcflow.errors import ConflictError, StoreError
from svcflow.stores.archived import Archived, ArchiveQuery
from svcflow.stores.base import (
    Change,
    Delivery,
    DueCase,
    Found,
    Incident,
    Inside,
    KeptDays,
    KnownKey,
    Meanwhile,
    ProcessRecord,
    Query,
    Question,
    StoredEntry,
    Taken,
)
from svcflow.stores.memory_archive import found
from svcflow.stores.memory_feed import Feed, MemoryFeed
from svcflow.stores.memory_journal import chained, forgetful, without_private
from svcflow.stores.memory_processes import MemoryProcesses
from svcflow.stores.memory_work import Key, Outbox, Timers
from svcflow.stores.query import matches
from svcflow.stores.rows import public_call
from svcflow.stores.taking import InHand

_NEVER = datetime.max.replace(tzinfo=UTC)


def _token() -> str:
    """Salts and claims: 128 bits nobody can guess."""
    return secrets.token_hex(16)


@attrs.frozen
class _Kept:
    """A case with what only the store knows of it."""

    case: Case
    due: datetime | None
    private: frozenset[str]


class MemoryStore(MemoryFeed, MemoryProcesses):
    """
    Cases in this process's memory, safe for threads; gone when the store is.

    There is no transaction of a host to join: `connection` must be None.
    """

    def __init__(self, *, token: Callable[[], str] = _token) -> None:
        self._token = token
        self._lock = threading.RLock()
        self._closed = False
        self._processes: dict[tuple[str, str, int], ProcessRecord] = {}
        self._days: dict[tuple[str, str, int, str], KeptDays] = {}
        self._cases: dict[Key, _Kept] = {}
        self._families: dict[Key, dict[str, None]] = {}  # By the id of the root.
        self._journals: dict[Key, list[StoredEntry]] = {}
        self._keys: dict[tuple[str, str | None, str], KnownKey] = {}
        self._links: dict[tuple[str, str, str, str], None] = {}
        self._archived: dict[Key, Archived] = {}
        self._positions: dict[tuple[str, str], str] = {}
        self._timers = Timers()
        self._in_hand = InHand()
        self._outbox = Outbox(token)
        self._feed = Feed(self._cases, token)

    def close(self) -> None:
        """Answer nothing more."""
        self._closed = True

    def _open(self, connection: object | None = None) -> AbstractContextManager[bool]:
        if connection is not None:
            raise StoreError("a store in memory has no transaction to join: connection= needs a store in a database")
        if self._closed:
            raise StoreError("this store is closed")
        return self._lock

    # ── cases ──────────────────────────────────────────────────────────────────────────────────────────────────

    def load(self, tenant: str, case_id: str, *, connection: object | None = None) -> Case | None:
        """One case with its private values."""
        with self._open(connection):
            kept = self._cases.get((tenant, case_id))
            return None if kept is None else kept.case

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
        with self._open(connection):
            kept = self._cases.get((tenant, case_id))
            if kept is None:
                return (), None
            root = kept.case.root or case_id
            family = [self._cases[tenant, member].case for member in self._families[tenant, root] if member != case_id]
            others = [case for case in family if not case.ended]
            known = None if key is None else self._keys.get((tenant, case_id, key))
            return (kept.case, *sorted(others, key=lambda case: (case.opened_at, case.id))), known

    def families(self, asked: Sequence[Question], *, connection: object | None = None) -> tuple[Found, ...]:
        """What `family` answers to each of many questions."""
        with self._open(connection):
            return tuple([self.family(*question) for question in asked])

    def apply(
        self, changes: Sequence[Change], *, inside: Inside | None = None, connection: object | None = None
    ) -> None:
        """
        Write everything together; nothing of it when one case is in conflict.

        Raises:
            ConflictError: A case is no longer at `decision.before.seq`, or an id or key is taken.
        """
        with self._open(connection):
            self._check(changes)
            journals = [
                chained(change, self._journals.get(_key(change.decision.case), ()), self._token) for change in changes
            ]
            if inside is not None:
                inside(None)
            for change, entries in zip(changes, journals, strict=True):
                self._write(change, entries)

    def _check(self, changes: Sequence[Change]) -> None:
        """Refuse before anything is written; `seen` holds what the changes themselves take."""
        seen: set[tuple[str, str | None, str | None]] = set()
        for change in changes:
            case, before = change.decision.case, change.decision.before
            kept = self._cases.get(_key(case))
            if before is None and (kept is not None or _key(case) in self._archived):
                raise ConflictError(f"a case with id {case.id!r} is there already")
            if (before is not None and (kept is None or kept.case.seq != before.seq)) or (*_key(case), None) in seen:
                raise ConflictError(f"case {case.id!r} was changed meanwhile")
            seen.add((*_key(case), None))
            keys = [(case.tenant, case.id, entry.key) for entry in change.decision.journal if entry.key is not None]
            opening = [] if change.opening_key is None else [(case.tenant, None, change.opening_key)]
            for key in (*keys, *opening):
                if key in self._keys or key in seen:
                    raise ConflictError(f"the key {key[2]!r} is taken already")
                seen.add(key)

    def _write(self, change: Change, entries: list[StoredEntry]) -> None:
        decision, case = change.decision, change.decision.case
        key = _key(case)
        self._cases[key] = _Kept(case, change.due, change.private)
        self._families.setdefault((case.tenant, case.root or case.id), {})[case.id] = None
        self._journals.setdefault(key, []).extend(entries)
        self._feed.add(key, entries)
        for entry in decision.journal:
            if entry.key is not None:
                self._keys[(*key, entry.key)] = KnownKey(case.id, entry.seq, change.contents.get(entry.key, ""))
        if change.opening_key is not None:
            content = change.contents.get(change.opening_key, "")
            self._keys[case.tenant, None, change.opening_key] = KnownKey(case.id, decision.journal[0].seq, content)
        self._timers.change(key, decision.armed, decision.disarmed)
        for call in decision.calls:
            self._outbox.add(public_call(call, change.private))
        for start in decision.starts:
            self._links[case.tenant, case.id, start.id, "start" if start.parent is None else "run"] = None
        if change.erased:
            self._journals[key] = [forgetful(stored, change.erased) for stored in self._journals[key]]
            self._timers.erase(key)
            self._outbox.erase(key, change.erased)

    def known(self, tenant: str, case_id: str | None, key: str, *, connection: object | None = None) -> KnownKey | None:
        """What `key` stands for in this case, or among openings when `case_id` is None."""
        with self._open(connection):
            return self._keys.get((tenant, case_id, key))

    def journal(
        self, tenant: str, case_id: str, *, private: bool = False, connection: object | None = None
    ) -> tuple[StoredEntry, ...]:
        """All entries of a case in order, with private values only when asked for."""
        with self._open(connection):
            entries = self._journals.get((tenant, case_id), [])
            return tuple(entries) if private else tuple(without_private(stored) for stored in entries)

    def journals(
        self, tenant: str, case_ids: Sequence[str], *, private: bool = False, connection: object | None = None
    ) -> tuple[tuple[StoredEntry, ...], ...]:
        """What `journal` answers for each of many cases."""
        with self._open(connection):
            return tuple([self.journal(tenant, one, private=private, connection=connection) for one in case_ids])

    def kept(self, tenant: str, case_id: str, *, connection: object | None = None) -> frozenset[str]:
        """The fields of which private values are kept, present ones or earlier ones."""
        with self._open(connection):
            kept, entries = self._cases.get((tenant, case_id)), self._journals.get((tenant, case_id), [])
            present = frozenset() if kept is None else kept.private.intersection(kept.case.fields)
            return present.union(name.partition(".")[2] for stored in entries for name in stored.salts)

    def cases(self, query: Query, *, connection: object | None = None) -> Iterator[Case]:
        """Cases that match, in order, as they stand now."""
        with self._open(connection):
            kept = list(self._cases.values())
        order = {"opened": _opened, "moved": _moved, "due": _due}[query.order]
        found = sorted((one for one in kept if matches(one.case, one.due, one.private, query)), key=order)
        if query.after is not None:
            last = [one for one in kept if (one.case.tenant, one.case.id) == (query.tenant, query.after)]
            found = [one for one in found if last and order(one) > order(last[0])]
        return iter([one.case for one in found[: query.limit]])

    def links(self, tenant: str, case_id: str, *, connection: object | None = None) -> tuple[tuple[str, str, str], ...]:
        """(from, to, kind) for each `run` and `start` that this case stands in, either way."""
        with self._open(connection):
            return tuple(link[1:] for link in self._links if link[0] == tenant and case_id in link[1:3])

    # ── archive ────────────────────────────────────────────────────────────────────────────────────────────────

    def remove(self, cases: Sequence[Archived]) -> None:
        """
        Take ended cases out, with all that belongs to them, and remember this of each: all of them or none.

        Raises:
            ConflictError: One is not there, has not ended or moved on, or timers or calls of it wait.
        """
        with self._open():
            for gone in cases:
                kept = self._cases.get((gone.tenant, gone.id))
                waits = self._timers.waits((gone.tenant, gone.id)) or self._outbox.of(gone.tenant, gone.id)
                if kept is None or not kept.case.ended or kept.case.seq != gone.seq or waits:
                    raise ConflictError(
                        f"case {gone.id!r} cannot be taken out: it is not as it was, or something waits"
                    )
            for gone in cases:
                self._remove(gone)

    def _remove(self, gone: Archived) -> None:
        key = (gone.tenant, gone.id)
        case = self._cases.pop(key).case
        root = (gone.tenant, case.root or gone.id)
        del self._families[root][gone.id]
        if not self._families[root]:
            del self._families[root]
        for stored in self._journals.pop(key):
            self._keys.pop((*key, stored.entry.key or ""), None)
        for link in [link for link in self._links if link[0] == gone.tenant and gone.id in link[1:3]]:
            if not any((gone.tenant, end) in self._cases for end in link[1:3]):
                del self._links[link]
        self._archived[key] = gone

    def removed(self, tenant: str, case_id: str, *, connection: object | None = None) -> Archived | None:
        """What is remembered of a case that was taken out."""
        with self._open(connection):
            return self._archived.get((tenant, case_id))

    def archived(self, query: ArchiveQuery) -> Iterator[Archived]:
        """The same of all that match, in order."""
        with self._open():
            return found(list(self._archived.values()), query)

    # ── work ───────────────────────────────────────────────────────────────────────────────────────────────────

    def due(self, now: datetime, limit: int) -> tuple[DueCase, ...]:
        """Cases of any tenant with a timer due at or before `now`, earliest first, each case once."""
        with self._open():
            return self._timers.due(now, limit)

    def taking(self, now: datetime, limit: int) -> AbstractContextManager[Taken]:
        """The same, without those that other workers have taken."""
        return self._in_hand.taking(partial(self.due, now), limit)

    def next_due(self) -> datetime | None:
        """When the next timer or hook call is due."""
        return min((due for due in self.next_dues() if due is not None), default=None)

    def next_dues(self) -> tuple[datetime | None, datetime | None]:
        """When the next timer and the next hook call are due."""
        with self._open():
            return self._timers.next_at(), self._outbox.next_at()

    def fail_timer(self, due: DueCase, error: str, *, retry_at: datetime, park: bool) -> None:
        """Note that firing failed: try again later, or park the case's timers."""
        with self._open():
            self._timers.fail(due, error, retry_at=retry_at, park=park)

    def claim(self, now: datetime, lease: timedelta, limit: int, hooks: Sequence[str]) -> tuple[Delivery, ...]:
        """Take due calls of these hooks for `lease`, of each case only its oldest."""
        with self._open():
            return self._outbox.claim(now, lease, limit, hooks)

    def delivered(self, delivery: Delivery) -> bool:
        """Delete a call that succeeded; False when the claim was lost meanwhile."""
        with self._open():
            return self._outbox.delivered(delivery)

    def failed(self, delivery: Delivery, error: str, *, retry_at: datetime, dead: bool) -> bool:
        """Release a claim for another try, or declare the call dead; False when the claim was lost meanwhile."""
        with self._open():
            return self._outbox.failed(delivery, error, retry_at=retry_at, dead=dead)

    def released(self, delivery: Delivery, at: datetime) -> bool:
        """Give a claim back unused; False when it was lost meanwhile."""
        with self._open():
            return self._outbox.released(delivery, at)

    def deliveries(self, tenant: str, case_id: str | None = None) -> tuple[Delivery, ...]:
        """The outbox of a tenant, oldest first."""
        with self._open():
            return self._outbox.of(tenant, case_id)

    def awaited(self, tenant: str) -> tuple[str, ...]:
        """The hooks that calls in the outbox are for, that of the oldest call first."""
        return tuple(dict.fromkeys(delivery.call.hook for delivery in self.deliveries(tenant)))

    def incidents(self, tenant: str) -> tuple[Incident, ...]:
        """Parked timers and dead calls."""
        with self._open():
            return (*self._timers.incidents(tenant), *self._outbox.incidents(tenant))

    def retry(self, tenant: str, case_id: str, name: str, now: datetime) -> bool:
        """Let a parked timer or a dead call be tried from `now` as if for the first time."""
        with self._open():
            return self._timers.retry((tenant, case_id), name, now) or self._outbox.retry((tenant, case_id), name, now)

    def skip(self, tenant: str, case_id: str, key: str) -> bool:
        """Delete a dead call for good."""
        with self._open():
            return self._outbox.skip((tenant, case_id), key)

    def position(self, source: str, name: str, *, connection: object | None = None) -> str | None:
        """A remembered position."""
        with self._open(connection):
            return self._positions.get((source, name))

    def remember(self, source: str, name: str, value: str, *, connection: object | None = None) -> None:
        """Remember a position."""
        with self._open(connection):
            self._positions[source, name] = value


def _key(case: Case) -> Key:
    return case.tenant, case.id


def _opened(kept: _Kept) -> tuple[datetime, str]:
    return kept.case.opened_at, kept.case.id


def _moved(kept: _Kept) -> tuple[datetime, str]:
    return kept.case.moved_at, kept.case.id


def _due(kept: _Kept) -> tuple[datetime, str]:
    return _NEVER if kept.due is None else kept.due, kept.case.id
