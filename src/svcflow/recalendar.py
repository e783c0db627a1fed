"""Holidays read anew for what is published, and running cases brought onto them: which of their due times move."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TypeAlias

from attrs import evolve, field, frozen

from svcflow.casebook import readable
from svcflow.core.calendar import Holidays
from svcflow.core.case import Case
from svcflow.core.event import Actor, Recalendar
from svcflow.core.plain import digest
from svcflow.core.process import Process
from svcflow.core.recalendar import Dues, dues, moved
from svcflow.door import Door, Sent
from svcflow.errors import BrokenRecord, InputError, ProcessNotFound, SvcflowError, out_of_use
from svcflow.holidays import FrozenDays
from svcflow.published import FIRST_YEAR, YEARS_AHEAD
from svcflow.stores.base import KeptDays, ProcessRecord, Query

# Where fewer years than these are left in a table, it is read anew to its full length, whether or not a day is new.
FEWEST_AHEAD = 10

_A_DAY = timedelta(days=1)

Tables: TypeAlias = Mapping[str, FrozenDays]


@frozen
class Moved:
    """
    A due time that moves: of a clock (`clock:fix`), a limit, a wait or a timer.

    `after` is None where nothing is due any more, `before` where nothing was.
    """

    name: str
    before: datetime | None
    after: datetime | None

    @property
    def by(self) -> timedelta | None:
        """By how much: later, or earlier if negative."""
        return None if self.before is None or self.after is None else self.after - self.before


@frozen
class Recalendared:
    """
    What became of one case, or would: the due times that move; none where no time of it comes near the new days.

    `error` says why it could not be brought onto the days; then it stays on those it had. A row that cannot be read has
    the version 0.
    """

    case: str
    process: str
    version: int
    moved: tuple[Moved, ...] = ()
    error: str = ""


Each: TypeAlias = Callable[[Recalendared, int], None]
"""Is called with each case as soon as it is done, and with how many there are."""


@frozen(eq=False)
class NewDays:
    """
    One run: the days are read once, then one case after another counts on them.

    A date that has begun stays what it was: a case counts on its own days up to today and on the new ones from tomorrow
    on. So nothing that was counted changes, and nothing is late, met or fired that was not.
    """

    door: Door
    tenant: str
    actor: Actor
    calendar: str | None
    dry_run: bool
    connection: object | None
    _records: dict[tuple[str, int], ProcessRecord] = field(init=False, factory=dict)
    _newest: dict[tuple[str, int], Tables] = field(init=False, factory=dict)
    _sources: dict[str, Holidays] = field(init=False, factory=dict)
    _targets: dict[tuple[str, int, str, date], str] = field(init=False, factory=dict)

    def run(self, process: str | None, cases: Iterable[str] | None, each: Each | None) -> tuple[Recalendared, ...]:
        """
        Read the days, then bring all open cases onto them, or those with these ids.

        Raises:
            ProcessNotFound: If there is no process of this name.
            InputError: If nothing there counts on a calendar of this name with holidays.
            CalendarError: If nobody knows the holidays of a code any more.
        """
        self._read(process)
        left, done = self._left(process, cases), []
        for one in left:
            outcome = self._moved(one)
            if outcome is not None:
                done.append(outcome)
                if each is not None:
                    each(outcome, len(left))
        return tuple(done)

    # ── the days ───────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self, name: str | None) -> None:
        """Read the holidays of every version; what differs is kept, for new cases too."""
        book = self.door.book
        records = book.store.processes(self.tenant, connection=self.connection)
        records = tuple(record for record in records if name in {None, record.name})
        if name is not None and not records:
            raise ProcessNotFound(name)
        now, editions = book.instant(None), book.published.within(self.connection)
        concerned = self.calendar is None
        for record in records:
            process = editions.find(self.tenant, record.name, record.version)
            old, codes = _tables(process), self._codes(process)
            new = {code: self._anew(table, now) if code in codes else table for code, table in old.items()}
            self._records[record.name, record.version] = record
            self._newest[record.name, record.version] = new
            if new != old:
                self._keep(record, new, now, newest=True)
            concerned = concerned or bool(codes)
        if not concerned:
            raise InputError(f"nothing that is published counts on a calendar {self.calendar!r} with holidays")

    def _codes(self, process: Process) -> frozenset[str]:
        """The codes of the holidays to read for a process."""
        chosen = process.calendars.items()
        days = (one.holidays for key, one in chosen if self.calendar in {None, key})
        return frozenset(one.name for one in days if one is not None)

    def _anew(self, table: FrozenDays, now: datetime) -> FrozenDays:
        if table.name not in self._sources:
            self._sources[table.name] = self.door.book.published.holidays(table.name)
        years: Iterable[int] = [year for year, _ in table.years]
        if max(years, default=0) < now.year + FEWEST_AHEAD:
            years = range(FIRST_YEAR, now.year + YEARS_AHEAD + 1)
        return FrozenDays.of(self._sources[table.name], years)

    def _keep(self, record: ProcessRecord, tables: Tables, now: datetime, *, newest: bool) -> str:
        """Keep days for a version, unless this is a dry run; compiled on them it is found without asking the store."""
        book, plain = self.door.book, {code: table.to_plain() for code, table in tables.items()}
        days = digest(plain)
        book.published.compiled(record, days, plain)
        if not self.dry_run:
            kept = KeptDays(self.tenant, record.name, record.version, days, plain, newest, now, self.actor.id)
            book.store.keep_days(kept, connection=self.connection)
        return days

    def _target(self, case: Case, now: datetime) -> str:
        """The days that a case is to count on from tomorrow on; those it counts on where nothing differs."""
        process = self.door.book.published.within(self.connection).of(case)
        old = _tables(process)
        if not old:
            return case.days
        version = (case.process, case.version)
        if version not in self._newest:
            raise ProcessNotFound(*version)
        # Where offices are in several zones, a new day begins to hold when it is tomorrow in all of them.
        first = max(calendar.local_date(now) for calendar in process.calendars.values()) + _A_DAY
        key = (*version, case.days, first)
        if key not in self._targets:
            new = {code: table.until(first, self._newest[version][code]) for code, table in old.items()}
            same = new == old
            self._targets[key] = case.days if same else self._keep(self._records[version], new, now, newest=False)
        return self._targets[key]

    # ── the cases ──────────────────────────────────────────────────────────────────────────────────────────────

    def _left(self, process: str | None, ids: Iterable[str] | None) -> list[Recalendared]:
        """The open cases that do not count on the new days yet, not yet done."""
        store, now = self.door.book.store, self.door.book.instant(None)
        if ids is None:
            query = Query(self.tenant, process, status="open")
            found: Iterable[Case | BrokenRecord] = readable(store, query, self.connection)
        else:
            asked = (store.load(self.tenant, one, connection=self.connection) for one in ids)
            found = (case for case in asked if case and not case.ended and process in {None, case.process})
        return [
            Recalendared(one.case_id, process or "", 0)
            if isinstance(one, BrokenRecord)
            else Recalendared(one.id, one.process, one.version)
            for one in found
            if isinstance(one, BrokenRecord) or self._differs(one, now)
        ]

    def _differs(self, case: Case, now: datetime) -> bool:
        try:
            return self._target(case, now) != case.days
        except (BrokenRecord, ProcessNotFound):
            return True  # It is told with the reason when its turn comes.

    def _moved(self, one: Recalendared) -> Recalendared | None:
        """Let a case count on the new days; None if it has ended meanwhile, or counts on them already."""
        try:
            times = self._move(one.case)
        except SvcflowError as problem:
            if out_of_use(problem):
                raise
            return evolve(one, error=str(problem))
        return None if times is None else evolve(one, moved=times)

    def _move(self, case_id: str) -> tuple[Moved, ...] | None:
        book, editions = self.door.book, self.door.book.published.within(self.connection)
        family = book.family(self.tenant, case_id, self.connection)
        now = book.instant(None, family)
        before = book.as_of(family, editions, case_id, now)
        days = self._target(before, now)
        if before.ended or days == before.days:
            return None
        sent = Sent(self.tenant, case_id, Recalendar(before.version, days, self.actor), None, self.connection)
        if self.dry_run:
            judged = book.judge(family, editions, case_id, sent.event, None)
            decisions = judged if isinstance(judged, tuple) else ()
            after = next((one.case for one in decisions if one.case.id == case_id), before)
        else:
            answer = self.door.send(sent)
            after = answer if isinstance(answer, Case) else before
        if after.days != days:
            return None
        times = moved(_dues(editions.of(before), before), _dues(editions.of(after), after))
        return tuple(Moved(*one) for one in times)


def _tables(process: Process) -> dict[str, FrozenDays]:
    """The holidays behind the calendars of a process out of a store, by their codes."""
    known = (calendar.holidays for calendar in process.calendars.values())
    return {one.name: one for one in known if isinstance(one, FrozenDays) and one.years}


def _dues(process: Process, case: Case) -> Dues:
    return dues(process.calendars, case.clocks, case.timers)
