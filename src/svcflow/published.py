"""Published versions of processes: texts and holidays in the store, compiled once per engine and kept by content."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from attrs import evolve, field, frozen

from svcflow import language
from svcflow.core.calendar import Calendar
from svcflow.core.case import Case
from svcflow.core.event import EMPTY
from svcflow.core.machine import Machine
from svcflow.core.plain import digest as digest_of
from svcflow.core.plain import instant
from svcflow.core.process import Process
from svcflow.core.spelling import nearest
from svcflow.core.statechart import statechart
from svcflow.errors import BrokenRecord, DefinitionError, InputError, NotInForce, ProcessNotFound
from svcflow.holidays import FrozenDays, PublicHolidays
from svcflow.language.compile_words import HolidaySource
from svcflow.language.findings import Finding, Span
from svcflow.outlook import Outlook
from svcflow.stores.base import ProcessRecord, Standing, Store
from svcflow.stranded import gaps, in_use, published_over

Publishable: TypeAlias = str | os.PathLike[str] | Process | tuple[Process, ...]
"""A file, a loaded process, or one as `language.project` reads it: the first of these, with what comes along."""

# The years whose holidays are stored with a version: old logs are imported, and a case may live long.
FIRST_YEAR = 2000
YEARS_AHEAD = 15

_SHOWN = 5
"""Changes of a published version that an error lists."""


@frozen
class Issue:
    """Who publishes for which tenant, when, and what is to hold for all that is new in it."""

    tenant: str
    by: str
    at: datetime
    standing: Standing = field(factory=Standing)


@frozen(eq=False)
class Published:
    """
    The processes of a store, for a machine that is to run them.

    What is compiled is kept under the digest of its content, so that nothing goes stale: a version that was read in a
    transaction of the host's and then rolled back is simply never asked for again.
    """

    store: Store
    holidays: HolidaySource = PublicHolidays
    machine: Machine = statechart
    outlook: Outlook = field(init=False, factory=Outlook)
    _compiled: dict[tuple[str, str, int, str, str], Process] = field(factory=dict, repr=False)
    _read: dict[tuple[str, str, int, str], Process] = field(factory=dict, repr=False)
    since: dict[tuple[str, str, int, str], datetime] = field(init=False, factory=dict, repr=False)

    def adopt(self, other: Published) -> None:
        """Take over what another engine has compiled: the same content is the same process in any store."""
        self._compiled.update(other._compiled)
        self._read.update(other._read)

    def within(self, connection: object | None) -> Editions:
        """The same, read inside a transaction of the host's."""
        return Editions(self, connection)

    def publish(
        self, what: Sequence[Publishable], issue: Issue, connection: object | None = None
    ) -> tuple[Process, ...]:
        """
        Keep these processes and all they run or start, all or none; what is there already stays as it is.

        Raises:
            InputError: If something is no file and no process, or is there already, in force from another date.
            DefinitionError: If a file has errors, the machine cannot run it, a version was published before with other
                content, or a child can end in a way that a published parent does not handle.
            ProcessNotFound: If a process needs another one that is neither here nor in the store.
        """
        named = [self._read_in(one) for one in what]
        found = self._family(named)
        unsupported = [finding for one in found.values() for finding in language.unsupported(one, self.machine)]
        if unsupported:
            raise DefinitionError(unsupported)
        fresh = [process for process in found.values() if self._is_new(process, found, issue.tenant, connection)]
        self._agree([family[0] for family in named], issue, connection)
        stranded = [finding for child in fresh for finding in self._unhandled(child, found, issue, connection)]
        if stranded:
            raise DefinitionError(stranded)
        self.store.publish([_record(process, issue) for process in fresh], connection=connection)
        self.outlook.foresee(fresh, issue.at)
        return tuple(found.values())

    def _read_in(self, one: Publishable) -> tuple[Process, ...]:
        """What is named, and behind it what comes along from beside its file."""
        match one:
            case tuple() if one:
                return one
            case Process():
                return (one,)
            case str() | os.PathLike():
                return language.project(one, holidays=self.holidays)
            case _:
                told = "a process is published by the name of its file, or loaded"
                raise InputError(f"{told}; this is {type(one).__name__}")

    def _family(self, named: Sequence[tuple[Process, ...]]) -> Mapping[str, Process]:
        """What was given, and what it needs: found beside its file, also where a loaded process was given."""
        found: dict[str, Process] = {}
        for known in named:
            found.update((process.name, process) for process in known if process.name not in found)
        for process in tuple(found.values()):
            if process.folder and not found.keys() >= set(process.needs):
                beside = language.project(Path(process.folder, process.file), holidays=self.holidays)
                found.update((other.name, other) for other in beside if other.name not in found)
        return found

    def _is_new(self, process: Process, beside: Mapping[str, Process], tenant: str, connection: object | None) -> bool:
        """Whether this version is to be kept, after looking whether it may be."""
        there = self.store.process(tenant, process.name, process.version, connection=connection)
        if there is not None and there.digest != process.digest:
            raise DefinitionError([_changed(process, self._changes(there, process))])
        for name in process.needs:
            if name not in beside and self.store.process(tenant, name, connection=connection) is None:
                raise ProcessNotFound(name)
        return there is None

    def _agree(self, named: Iterable[Process], issue: Issue, connection: object | None) -> None:
        """
        Make sure that what is published again is not meant to be in force from another date.

        What comes along with it keeps its own: a parent's new version runs the child that is there.
        """
        wanted = issue.standing.effective_from
        for one in named if wanted is not None else ():
            there = self.store.process(issue.tenant, one.name, one.version, connection=connection)
            if there is not None and there.standing.effective_from != wanted:
                date = there.standing.effective_from
                since = "at once" if date is None else f"from {instant(date)}"
                told = f"{one.name!r} was published before, to be in force {since}"
                raise InputError(f"{told}; another date needs a new version")

    def _changes(self, there: ProcessRecord, process: Process) -> Sequence[language.Change]:
        """What is different from a published version; nothing where that cannot be read any more."""
        try:
            return language.changes(self.compiled(there), process)
        except (DefinitionError, BrokenRecord):
            return ()

    def _unhandled(
        self, child: Process, beside: Mapping[str, Process], issue: Issue, connection: object | None
    ) -> Iterator[Finding]:
        """
        Ends of a new version that a parent published before says nothing about: its cases would wait for ever.

        The newest version of a child runs in all parents, so each parent's version that is in force by then, those to
        come, and one that was retired after it and whose cases go on, have to know it.
        """
        known = self.store.processes(issue.tenant, connection=connection)
        begins = max(issue.at, issue.standing.effective_from or issue.at)
        others = [self.compiled(record) for record in in_use(known, issue.tenant, begins) if record.name not in beside]
        yield from map(published_over, gaps(child, (*beside.values(), *others)))

    def compiled(self, record: ProcessRecord, days: str = "", tables: Mapping[str, Any] = EMPTY) -> Process:
        """
        The process of a stored version, on the holidays in `tables`, whose digest is `days`.

        Raises:
            BrokenRecord: If what is stored cannot be read any more.
        """
        key = (record.tenant, record.name, record.version, record.digest, days)
        process = self._compiled.get(key)
        if process is None:
            known = {code: FrozenDays.from_plain(plain) for code, plain in {**record.holidays, **tables}.items()}
            process = self._read.get(key[:-1])
            if process is None:
                process = language.compile_sources(record.sources, record.file, holidays=partial(_stored, known))
                if process.digest != record.digest:
                    raise BrokenRecord(
                        f"the stored text of {record.name} version {record.version} is not what was published"
                    )
                self._read[key[:-1]] = process
            calendars = {name: _counting_on(known, calendar) for name, calendar in process.calendars.items()}
            process = evolve(process, calendars=MappingProxyType(calendars), days=days)
            self._compiled[key] = process
        return process

    def known(self, case: Case) -> Process | None:
        """The process of a case when it is compiled already, without asking the store."""
        key = (case.process, case.version, case.digest, case.days)
        return self._compiled.get((case.tenant, *key)) or self._compiled.get(("", *key))

    def kept(self, owner: str, name: str, version: int, digest: str, days: str) -> Process | None:
        """A version when it is compiled already."""
        return self._compiled.get((owner, name, version, digest, days))


@frozen(eq=False)
class Editions:
    """The processes as the core asks for them: that of a case, and the newest of a name (`core.family.Processes`)."""

    published: Published
    connection: object | None

    def of(self, case: Case) -> Process:
        """
        The version that a case lives by.

        Raises:
            ProcessNotFound: If the store has lost it.
            BrokenRecord: If the store has it with other content.
        """
        process = self.published.known(case)
        if process is None:
            process = self.find(case.tenant, case.process, case.version, case.days)
            if process.digest != case.digest:
                raise BrokenRecord(
                    f"case {case.id!r} lives by another content of {case.process} version {case.version} than is stored"
                )
        return process

    def newest(self, tenant: str, name: str, at: datetime | None = None, origin: Process | None = None, /) -> Process:
        """
        The newest version that this tenant can use, now or when a case of `origin` opens one `at` an instant (R1).

        Times that were given, as for imported cases, may lie before anything was published: a version begins nothing on
        versions that are older than what was there when it was published itself. Where none is in force by then, it is
        one all the same: a case that runs does not stop because another process was retired.

        Raises:
            ProcessNotFound: If there is none.
        """
        on = at
        if at is not None and origin is not None:
            at = max(at, self._since(tenant, origin) or at)
        return self.find(tenant, name, None, at=at, on=on)

    def in_force(self, tenant: str, name: str, on: datetime) -> Process:
        """
        The newest version on which this tenant can open a case at an instant.

        Raises:
            ProcessNotFound: If there is none; NotInForce, if there is one and it is to come, or retired.
        """
        return self.find(tenant, name, None, on=on, strict=True)

    def _since(self, tenant: str, process: Process) -> datetime | None:
        """When a version was published."""
        known, key = self.published.since, (tenant, process.name, process.version, process.digest)
        if key not in known:
            record = self.published.store.process(tenant, process.name, process.version, connection=self.connection)
            if record is not None:
                known[key] = record.published_at
        return known.get(key)

    def version(self, case: Case, version: int, days: str | None) -> Process:
        """
        A version of a case's process for it to live by, on these days (by their digest), or on the newest for None.

        Raises:
            ProcessNotFound: If there is none.
        """
        return self.find(case.tenant, case.process, version, days)

    def find(
        self,
        tenant: str,
        name: str,
        version: int | None,
        days: str | None = None,
        *,
        at: datetime | None = None,
        on: datetime | None = None,
        strict: bool = False,
    ) -> Process:
        """
        One version, the newest for None, on the days with this digest, the newest for None; newest `at` an instant.

        If one is in force `on` an instant, it is one that is; with `strict` it must be. If not, it is the one that was
        last, before the newest of all.

        Raises:
            ProcessNotFound: If there is none; NotInForce, if there must be one that is in force.
            BrokenRecord: If the store has lost the days.
        """
        store = self.published.store
        found = store.edition(tenant, name, version, at=at, on=on, connection=self.connection)
        if found is None and on is not None:
            last = version if strict else self._last(tenant, name, at, on)
            found = store.edition(tenant, name, last, at=at, connection=self.connection)
            if found is not None and strict:
                raise NotInForce(name, on)
        if found is None:
            others = [one.name for one in store.processes(tenant, connection=self.connection) if one.name != name]
            raise ProcessNotFound(name, version, nearest(name, others))
        owner, number, digest, newest = found
        wanted = newest if days is None else days
        process = self.published.kept(owner, name, number, digest, wanted)
        if process is not None:
            return process
        record = store.process(tenant, name, number, connection=self.connection)
        if record is None:
            raise ProcessNotFound(name, version)
        return self.published.compiled(record, wanted, self._tables(record, tenant, wanted))

    def _last(self, tenant: str, name: str, at: datetime | None, on: datetime) -> int | None:
        """Which version, published `at` an instant, was the last in force when none is any more."""
        known = self.published.store.processes(tenant, connection=self.connection)
        over = [
            (end.at, record.tenant == tenant, record.version)
            for record in known
            if record.name == name and (at is None or record.published_at <= at)
            if (end := record.standing.retired) is not None and end.at <= on
            if record.standing.effective_from is None or record.standing.effective_from < end.at
        ]
        return max(over)[-1] if over else None

    def _tables(self, record: ProcessRecord, tenant: str, days: str) -> Mapping[str, Any]:
        if not days:
            return EMPTY
        tables = self.published.store.days(tenant, record.name, record.version, days, connection=self.connection)
        if tables is None or digest_of(tables) != days:
            raise BrokenRecord(
                f"the days that cases of {record.name} version {record.version} count on are lost or changed"
            )
        return tables


def _record(process: Process, issue: Issue) -> ProcessRecord:
    days: dict[str, object] = {}
    for calendar in process.calendars.values():
        holidays = calendar.holidays
        if holidays is not None and holidays.name not in days:
            stored = (
                holidays
                if isinstance(holidays, FrozenDays)
                else FrozenDays.of(holidays, range(FIRST_YEAR, issue.at.year + YEARS_AHEAD + 1))
            )
            days[holidays.name] = stored.to_plain()
    return ProcessRecord(
        issue.tenant, process.name, process.version, process.digest, process.file, process.sources, days,
        issue.at, issue.by, issue.standing,
    )  # fmt: skip


def _stored(days: Mapping[str, FrozenDays], code: str) -> FrozenDays:
    """The days stored with a version; none where only a calendar that nothing uses asks for them."""
    return days.get(code) or FrozenDays(code, None, ())


def _counting_on(days: Mapping[str, FrozenDays], calendar: Calendar) -> Calendar:
    """A calendar with the days of its code: holidays are the one thing in a process that its text does not say."""
    if calendar.holidays is None:
        return calendar
    return Calendar(
        calendar.name,
        calendar.zone,
        dict(enumerate(calendar.weekly)),
        workdays=calendar.workdays,
        makeup=calendar.makeup,
        exceptions=dict(calendar.exceptions),
        holidays=_stored(days, calendar.holidays.name),
    )


def _changed(process: Process, changes: Sequence[language.Change]) -> Finding:
    """What is wrong when a published version comes back with other content, at its `version:` (SF701)."""
    lines = process.sources.get(process.file, "").splitlines()
    found = next((n for n, line in enumerate(lines) if re.match(r"version\s*:", line)), 0)
    end = len(lines[found]) + 1 if lines else 1
    number = process.version
    told = f"`{process.name}` behaves differently from version {number} as published"
    message = f"{told} and still says `version: {number}`"
    which = f": {'; '.join(map(str, changes[:_SHOWN]))}" if changes else ""
    hint = f"write `version: {number + 1}`, or undo what changed{which}"
    return Finding.at(Span(process.file, found + 1, 1, found + 1, end), "SF701", "error", message, hint=hint)
