"""The one protocol every store implements; `svcflow.testing.stores.contract` says whether it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeAlias

from attrs import frozen

from svcflow.core.case import Case
from svcflow.core.decision import Decision, HookCall, JournalEntry
from svcflow.core.event import EMPTY
from svcflow.stores.archived import ArchivedStore
from svcflow.stores.followed import FollowedStore


@frozen
class Retirement:
    """When, by whom and why a version was retired: no new case begins on it from then on."""

    at: datetime
    by: str
    reason: str


@frozen
class Standing:
    """
    What holds for a published version: from when it is in force, who answers for it, whether it was retired.

    Without `effective_from` it is in force at once. Texts may be empty.
    """

    effective_from: datetime | None = None
    owner: str = ""
    reviewed_by: str = ""
    note: str = ""
    retired: Retirement | None = None

    def in_force(self, on: datetime) -> bool:
        """Whether cases may begin on the version at this instant."""
        begun = self.effective_from is None or self.effective_from <= on
        return begun and (self.retired is None or on < self.retired.at)


@frozen
class ProcessRecord:
    """A published version as stored: the texts it is compiled from and the holidays it was compiled with, as JSON."""

    tenant: str
    name: str
    version: int
    digest: str
    file: str
    sources: Mapping[str, str]
    holidays: Mapping[str, Any]
    published_at: datetime
    published_by: str
    standing: Standing = Standing()


@frozen
class KeptDays:
    """
    Holidays that came after a version was published, by their codes as JSON; `digest` is the SHA-256 over `tables`.

    `newest`: new cases count on them from now on. Others are for running cases alone: what those have counted stays.
    """

    tenant: str
    process: str
    version: int
    digest: str
    tables: Mapping[str, Any]
    newest: bool
    kept_at: datetime
    kept_by: str


@frozen
class Change:
    """
    One case to write: the decision, which fields are private, and the digests of the keys in its journal.

    `opening_key` is the key given to `open`, unique per store and tenant. `contents` maps each key of the journal
    entries (and the opening key) to the digest of what was sent under it. `due` is the earliest instant at which a
    running clock or limit of the case is late, None when none can be: the engine computes it, since that needs
    calendars, and a query asks for it. `erased` names the fields whose private values are to be forgotten.
    """

    decision: Decision
    private: frozenset[str] = frozenset()
    opening_key: str | None = None
    contents: Mapping[str, str] = EMPTY
    due: datetime | None = None
    erased: frozenset[str] = frozenset()


@frozen
class KnownKey:
    """What a key stands for: the case, the entry it made and the digest of what was sent."""

    case: str
    seq: int
    content: str


@frozen
class StoredEntry:
    """
    A journal entry with its place in the chain (R8); `svcflow.core.chain.verify` checks a sequence of them.

    `private` maps the names of private values, such as `fields.phone` or `changes.phone`, to their digests. `salts`
    holds the salts of those whose values are in `entry`.
    """

    entry: JournalEntry
    hash: str
    previous: str
    private: Mapping[str, str] = EMPTY
    salts: Mapping[str, str] = EMPTY


Question: TypeAlias = tuple[str, str, str | None]
"""What is asked of a store before an event: tenant, case id and a key, or None."""

Found: TypeAlias = tuple[tuple[Case, ...], KnownKey | None]
"""A family and what a key stands for, as `Store.family` answers them."""


@frozen
class DueCase:
    """A case with a timer that fell due: `timer`, its `generation`, when it was `due`, how often it failed before."""

    tenant: str
    case: str
    timer: str
    generation: int
    due: datetime
    attempts: int


@frozen
class Taken:
    """
    Due cases that a worker has taken for itself, for the time being.

    `connection` is the transaction that holds them, to be joined by whatever is done about them; None where none does.
    """

    due: tuple[DueCase, ...]
    connection: object | None = None


@frozen
class Delivery:
    """A hook call in the outbox. `claim` is set while a worker holds it; `state` is `dead` after too many failures."""

    call: HookCall
    state: Literal["waiting", "claimed", "dead"]
    attempts: int
    next_at: datetime
    claim: str | None = None
    error: str | None = None


@frozen
class Incident:
    """
    Something an operator must look at: a parked timer or a dead hook call.

    `name` is the timer's name or the call's key; `since` is when the timer was due or the call was caused.
    """

    kind: Literal["timer", "hook"]
    tenant: str
    case: str
    name: str
    error: str
    attempts: int
    since: datetime


@frozen
class Query:
    """
    Which cases: all conditions hold together.

    `state` is an active state or a group around one. `where` compares non-private fields as texts (`true`, `3`, `4.50`,
    `2026-03-31`), None asks for an empty one. `due_before` keeps cases whose `Change.due` lies before it (for `late`).
    `idle_since` keeps cases in which nothing happened after it; `since` and `before` those opened from the one up to,
    but not at, the other. `order` is `opened`, `moved` or `due`: earliest first, cases without due last. `after` is the
    cursor of the page before: the id of its last case.
    """

    tenant: str = ""
    process: str | None = None
    state: str | None = None
    status: Literal["open", "done", "cancelled"] | None = None
    where: Mapping[str, Any] = EMPTY
    due_before: datetime | None = None
    idle_since: datetime | None = None
    order: Literal["opened", "moved", "due"] = "opened"
    after: str | None = None
    limit: int | None = None
    since: datetime | None = None
    before: datetime | None = None


Inside: TypeAlias = Callable[[object | None], None]
"""What the host does within a transaction, with the driver's connection; None where there is no such thing."""

Meanwhile: TypeAlias = Callable[[Case], None]
"""What can be done with a case that may have changed since; it must not ask the store for anything."""


class Store(FollowedStore, ArchivedStore, Protocol):
    """
    Where cases live. Every call is one transaction of its own, unless `connection` joins one that the host has open.

    All instants are aware UTC. A store never decides anything: it keeps, finds and hands out.

    Raises (all methods):
        StoreError: The database cannot be used; nothing was changed.
    """

    def close(self) -> None:
        """Release the database; a closed store answers nothing more."""

    def publish(self, records: Sequence[ProcessRecord], *, connection: object | None = None) -> None:
        """Keep new versions, all or none; a (tenant, name, version) that is there already is left as it is."""

    def process(
        self, tenant: str, name: str, version: int | None = None, *, connection: object | None = None
    ) -> ProcessRecord | None:
        """One version, the newest when `version` is None; the tenant's own, else the one published for all (`""`)."""

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
        """
        Which version `process` would answer: whose it is (a tenant), its number, its digest, that of its newest days.

        Days are the tenant's own, else those of all, else `""`. `at`: of what came later, a version if there was none.
        `on`: only a version that is in force then (`Standing.in_force`), and by `at` was published. A tenant's own
        version stands in place of the common one of its number, in force or not.
        """

    def processes(self, tenant: str, *, connection: object | None = None) -> tuple[ProcessRecord, ...]:
        """Every version this tenant can use, by name and version."""

    def retire(
        self, tenant: str, name: str, version: int, end: Retirement, *, connection: object | None = None
    ) -> bool:
        """Note that a version of this very tenant is retired; False if it is so already, or not there."""

    def keep_days(self, days: KeptDays, *, connection: object | None = None) -> None:
        """Keep days for a version; the same ones again are kept once, and are the newest if they come so, from then."""

    def days(
        self, tenant: str, process: str, version: int, digest: str, *, connection: object | None = None
    ) -> Mapping[str, Any] | None:
        """The tables of these days, kept by the tenant itself or by all; None if there are none."""

    def load(self, tenant: str, case_id: str, *, connection: object | None = None) -> Case | None:
        """One case with its private values."""

    def family(
        self,
        tenant: str,
        case_id: str,
        key: str | None = None,
        *,
        connection: object | None = None,
        meanwhile: Meanwhile | None = None,
    ) -> Found:
        """
        The case first, then every open case of the same root, and what `key` stands for in the case: in one reading.

        Empty, and None, when there is no such case. A store that has to wait for the answer, and remembers cases, calls
        `meanwhile` with this one as it was known last; where it still stands so, the very same object is answered.
        """

    def families(self, asked: Sequence[Question], *, connection: object | None = None) -> tuple[Found, ...]:
        """What `family` answers to each of many questions, of any tenants, in one reading."""

    def apply(
        self, changes: Sequence[Change], *, inside: Inside | None = None, connection: object | None = None
    ) -> None:
        """
        Write cases, journals, private values, timers, outbox rows and links together, chaining the journals.

        What a change has `erased` goes with it: the values and salts of these fields, older ones too; the fields in
        calls that wait; and of the errors of the case's timers and calls all but the name of the exception.

        `inside` is called in this thread, within the transaction, when no conflict was found: what it raises is raised
        here, and nothing was written. It is called once more only after all that it did was rolled back.

        Raises:
            ConflictError: A case is no longer at `decision.before.seq`, or an id or key is taken, if only by a case
                that was removed; nothing was written.
        """

    def known(self, tenant: str, case_id: str | None, key: str, *, connection: object | None = None) -> KnownKey | None:
        """What `key` stands for in this case, or among openings when `case_id` is None."""

    def journal(
        self, tenant: str, case_id: str, *, private: bool = False, connection: object | None = None
    ) -> tuple[StoredEntry, ...]:
        """All entries of a case in order; private values are in `entry.fields` only when asked for, else left out."""

    def journals(
        self, tenant: str, case_ids: Sequence[str], *, private: bool = False, connection: object | None = None
    ) -> tuple[tuple[StoredEntry, ...], ...]:
        """What `journal` answers for each of many cases, in one reading."""

    def kept(self, tenant: str, case_id: str, *, connection: object | None = None) -> frozenset[str]:
        """The fields of which private values are kept, present ones or earlier ones."""

    def cases(self, query: Query, *, connection: object | None = None) -> Iterator[Case]:
        """Cases that match, in order."""

    def links(self, tenant: str, case_id: str, *, connection: object | None = None) -> tuple[tuple[str, str, str], ...]:
        """(from, to, kind) for each `run` and `start` that this case stands in, either way."""

    def due(self, now: datetime, limit: int) -> tuple[DueCase, ...]:
        """Cases of any tenant with a timer due at or before `now`, earliest first, each case once, no parked ones."""

    def taking(self, now: datetime, limit: int) -> AbstractContextManager[Taken]:
        """
        The same, for the time of the context without those that other workers have taken.

        Not all of them need be passed over: of two who fire the same timer, one meets a conflict. Nobody who takes
        cases waits for another.
        """

    def next_due(self) -> datetime | None:
        """
        When the next timer or hook call is due, for a worker that wants to sleep; parked and dead ones do not count.

        It lies in the past as long as a call waits for a hook that nobody registered: sleep a while in any case.
        """

    def next_dues(self) -> tuple[datetime | None, datetime | None]:
        """The same for timers and for hook calls apart: how far behind workers are."""

    def fail_timer(self, due: DueCase, error: str, *, retry_at: datetime, park: bool) -> None:
        """
        Note that firing failed: try again at `retry_at`, or park the case's timers until an operator retries.

        Nothing happens if it was armed anew or disarmed meanwhile. An event that does so to a parked one frees others.
        """

    def claim(self, now: datetime, lease: timedelta, limit: int, hooks: Sequence[str]) -> tuple[Delivery, ...]:
        """
        Take due calls of these hooks for `lease`; `*` takes every hook.

        Oldest first, and of each case only its oldest call: an earlier call that waits, is claimed or is dead holds the
        later ones of its case back. A claim whose lease ran out is free again; `attempts` counts claims, and the call
        says the same as its `attempt`. Private values are not in `call.fields`: they are read with `load`.
        """

    def delivered(self, delivery: Delivery) -> bool:
        """Delete a call that succeeded; False when the claim was lost meanwhile."""

    def failed(self, delivery: Delivery, error: str, *, retry_at: datetime, dead: bool) -> bool:
        """Release a claim for another try, or declare the call dead; False when the claim was lost meanwhile."""

    def released(self, delivery: Delivery, at: datetime) -> bool:
        """Give a claim back unused, to be taken from `at` as if this one had never been; False when it was lost."""

    def deliveries(self, tenant: str, case_id: str | None = None) -> tuple[Delivery, ...]:
        """The outbox of a tenant, oldest first."""

    def awaited(self, tenant: str) -> tuple[str, ...]:
        """The hooks that calls in the outbox are for, that of the oldest call first."""

    def incidents(self, tenant: str) -> tuple[Incident, ...]:
        """Parked timers and dead calls."""

    def retry(self, tenant: str, case_id: str, name: str, now: datetime) -> bool:
        """Let a parked timer (by name) or a dead call (by key) be tried from `now` as if for the first time."""

    def skip(self, tenant: str, case_id: str, key: str) -> bool:
        """Delete a dead call for good; the engine journals the reason."""

    def position(self, source: str, name: str, *, connection: object | None = None) -> str | None:
        """A remembered position, for example the last row of a log that was replayed for a case."""

    def remember(self, source: str, name: str, value: str, *, connection: object | None = None) -> None:
        """Remember a position."""
