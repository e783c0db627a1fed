"""Working-time arithmetic: how much of it lies between two moments, and when so much of it is over."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo

from attrs import field, frozen

from svcflow.core.dates import (
    DAY,
    EPOCH,
    MICROSECOND,
    NO_TIME,
    instant,
    later,
    local,
    micros,
    midnight,
    moment,
    months_on,
    offset,
    shifted,
    utc,
)
from svcflow.core.hours import Block, Holidays, Shift, Stretch, YearDays, compile_block
from svcflow.errors import CalendarError

__all__ = ["Calendar", "Holidays", "NeverOpen", "Shift", "YearDays"]

# How far a calendar looks before it gives up. Longer promises are mistakes, and every question must come to an end.
HORIZON_YEARS = 200

# A block is about a year, in days. Blocks of equal length make finding one a division.
_BLOCK = 365
_BLOCKS_KEPT = 256
_FIRST, _LAST = ((datetime(year, 1, 1, tzinfo=UTC) - EPOCH).days // _BLOCK + 1 for year in (1, 9998))
_HORIZON = timedelta(days=HORIZON_YEARS * _BLOCK)
_TWO_DAYS = timedelta(days=2)

_WEEK = range(7)
_NEXT, _PREVIOUS = 1, -1


class NeverOpen(CalendarError):
    """A calendar has no such working time: within 200 years it does not open, or not for long enough."""

    def __init__(self, calendar: str, at: date) -> None:
        super().__init__(
            f"calendar {calendar!r} has not enough working time within {HORIZON_YEARS} years of {at:%Y-%m-%d}"
        )
        self.calendar = calendar
        self.at = at


@frozen(init=False)
class Calendar:
    """
    Weekly hours in a time zone, with holidays, make-up working days and single dates of their own.

    `weekly` maps weekdays (Monday is 0) to shifts. `workdays` are the weekdays that `2d` counts, by default every
    weekday with hours. `makeup` are the hours of make-up working days, by default those of the first weekday with
    hours. `exceptions` gives single dates their hours and beats everything else.

    Moments are aware datetimes of any zone; answers are in UTC, to the microsecond. Every method that looks ahead or
    back raises `NeverOpen` if the calendar has no such working time, and `CalendarError` near the years 1 and 9999.
    Equal definitions are equal calendars; what has been compiled so far does not count.
    """

    name: str
    zone: tzinfo = field(eq=str)
    weekly: tuple[tuple[Shift, ...], ...]
    workdays: frozenset[int]
    makeup: tuple[Shift, ...]
    exceptions: tuple[tuple[date, tuple[Shift, ...]], ...]
    holidays: Holidays | None
    _exceptions: dict[date, tuple[Shift, ...]] = field(init=False, eq=False, repr=False)
    _even: bool = field(init=False, eq=False, repr=False)
    _continuous: bool = field(init=False, eq=False, repr=False)
    _blocks: dict[int, Block] = field(init=False, eq=False, repr=False, factory=dict)
    _years: dict[int, tuple[int, ...]] = field(init=False, eq=False, repr=False, factory=dict)

    def __init__(
        self,
        name: str,
        zone: tzinfo,
        weekly: Mapping[int, Iterable[Shift]],
        *,
        workdays: Iterable[int] | None = None,
        makeup: Iterable[Shift] | None = None,
        exceptions: Mapping[date, Iterable[Shift]] | None = None,
        holidays: Holidays | None = None,
    ) -> None:
        week = tuple(tuple(sorted(weekly.get(day, ()))) for day in _WEEK)
        counted = (day for day in _WEEK if week[day]) if workdays is None else workdays
        first = next((shifts for shifts in week if shifts), ()) if makeup is None else makeup
        special = {day: tuple(sorted(shifts)) for day, shifts in sorted((exceptions or {}).items())}
        self.__attrs_init__(
            name, zone, week, frozenset(counted), tuple(sorted(first)), tuple(special.items()), holidays
        )

    def __attrs_post_init__(self) -> None:
        even = self.holidays is None and not self.exceptions
        object.__setattr__(self, "_exceptions", dict(self.exceptions))
        object.__setattr__(self, "_even", even)
        object.__setattr__(self, "_continuous", even and all(_round_the_clock(shifts) for shifts in self.weekly))

    @classmethod
    def always(cls, zone: tzinfo = UTC) -> Calendar:
        """The built-in calendar `always`: 24 x 7, its dates those of a zone."""
        return cls("always", zone, dict.fromkeys(_WEEK, (Shift(0, 24 * 60),)))

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Working time between two moments, negative if `end` is before `start`."""
        first = start if start.tzinfo is UTC else utc(start)
        last = end if end.tzinfo is UTC else utc(end)
        return self._worked(first, last) if first <= last else -self._worked(last, first)

    def due(self, start: datetime, length: timedelta) -> datetime:
        """The earliest moment from `start` on by which so much was worked; `start` itself for no length."""
        at = start if start.tzinfo is UTC else utc(start)
        if length <= NO_TIME or self._continuous:
            return shifted(at, max(length, NO_TIME))
        if length > _HORIZON:
            raise NeverOpen(self.name, start)
        index = (at - EPOCH).days // _BLOCK
        block = self._blocks.get(index) or self._block(index)
        work = length + block.worked(at)
        for _ in range(HORIZON_YEARS):
            if work <= block.total:
                return block.earliest(work)
            work -= block.total
            index += 1
            block = self._block(index)
        raise NeverOpen(self.name, start)

    def before(self, end: datetime, length: timedelta) -> datetime:
        """The latest moment up to `end` from which on so much was worked; `end` itself for no length."""
        at = utc(end)
        if length <= NO_TIME or self._continuous:
            return shifted(at, min(-length, NO_TIME))
        if length > _HORIZON:
            raise NeverOpen(self.name, end)
        index = (at - EPOCH).days // _BLOCK
        block = self._block(index)
        work = block.worked(at) - length
        for _ in range(HORIZON_YEARS):
            if work >= NO_TIME:
                return block.latest(work)
            index -= 1
            block = self._block(index)
            work += block.total
        raise NeverOpen(self.name, end)

    def next_open(self, at: datetime) -> datetime:
        """The first open moment from `at` on: `at` itself when open."""
        now = at if at.tzinfo is UTC else utc(at)
        if self._continuous:
            return now
        index = (now - EPOCH).days // _BLOCK
        for n in range(index, index + HORIZON_YEARS):
            found = (self._blocks.get(n) or self._block(n)).next_open(now)
            if found is not None:
                return found
        raise NeverOpen(self.name, at)

    def is_open(self, at: datetime) -> bool:
        """Whether the wall clock stands within a shift; a shift's end is outside."""
        now = utc(at)
        return self._continuous or self._block((now - EPOCH).days // _BLOCK).next_open(now) == now

    def local_date(self, at: datetime) -> date:
        """The local date of a moment."""
        return local(self.zone, at).date()

    def hours_on(self, day: date) -> tuple[Shift, ...]:
        """The shifts that start on a local date: its exception, else as make-up day or holiday, else the weekday's."""
        if self._even:
            return self.weekly[day.weekday()]
        shifts = self._exceptions.get(day)
        if shifts is not None:
            return shifts
        days = self._year(day)
        if day in days.makeup:
            return self.makeup
        return () if day in days.off else self.weekly[day.weekday()]

    def is_working_date(self, day: date) -> bool:
        """Whether `2d` counts this date: a weekday of `workdays` that is no holiday, a make-up day, or as excepted."""
        if not self._even:
            shifts = self._exceptions.get(day)
            if shifts is not None:
                return bool(shifts)
            days = self._year(day)
            if day in days.makeup:
                return True
            if day in days.off:
                return False
        return day.weekday() in self.workdays

    def working_date(self, day: date, *, back: bool = False) -> date:
        """The date itself if it is a working date, else the next one, or with `back` the one before."""
        return self._nearest(day, _PREVIOUS if back else _NEXT, self.is_working_date)

    def add_days(self, start: datetime, days: int) -> datetime:
        """
        The same wall-clock time so many working dates on (back, if negative), moved to the next opening if closed then.

        Dates count in the zone of the calendar, and the date of `start` does not. `0d` is `start` or the next opening.
        """
        if days == 0:
            return self.next_open(start)
        at = utc(start)
        since, until, ahead = self._steady(at)
        here = shifted(at, ahead)
        today = here.date()
        day = self._counted(today, days)
        # As long as the wall clock runs evenly, so many dates are so many times 24 hours. An offset is less than a day:
        # two days from where it changes, there is neither gap nor fold.
        there = shifted(at, day - today)
        if there - since < _TWO_DAYS or until - there < _TWO_DAYS:
            there = moment(instant(self.zone, datetime.combine(day, here.time())))
        return self.next_open(there)

    def add_months(self, anchor: datetime, months: int, *, times: int = 1) -> datetime:
        """
        The same wall-clock time `times * months` months on, at most at the month's end: 31 Jan, 28 Feb, 31 Mar.

        It stays on that date, open or not. Keep the anchor and raise `times`: the 31st comes back after February.
        """
        here = local(self.zone, anchor)
        wall = datetime.combine(months_on(here.date(), months * times), here.time())
        return moment(instant(self.zone, wall))

    def window_dates(
        self, trigger: datetime, first: int, last: int, *, working: bool = False, roll: bool = False
    ) -> tuple[date, date]:
        """
        The first and last date of a window `first..last` days after the trigger, whose own local date is day 0.

        `working` counts working dates. `roll` moves a last date without working hours to the next one with some.

        Raises:
            CalendarError: If `0 <= first <= last` does not hold.
        """
        if not 0 <= first <= last:
            raise CalendarError(f"a window of {first}d..{last}d has no days")
        day = self.local_date(trigger)
        count = self._counted if working else later
        opens, closes = count(day, first), count(day, last)
        return opens, self._nearest(closes, _NEXT, self._has_hours) if roll else closes

    def window(
        self, trigger: datetime, first: int, last: int, *, working: bool = False, roll: bool = False
    ) -> tuple[datetime, datetime]:
        """The bounds `[not before, not after)` of a window: where its first date starts and its last one ends."""
        opens, closes = self.window_dates(trigger, first, last, working=working, roll=roll)
        return self.bounds(opens)[0], self.bounds(closes)[1]

    def bounds(self, day: date) -> tuple[datetime, datetime]:
        """Where a local date starts and ends, which need not be at midnight; a date that a zone skipped is empty."""
        return moment(midnight(self.zone, day)), moment(midnight(self.zone, later(day, 1)))

    def _worked(self, start: datetime, end: datetime) -> timedelta:
        """Working time in `[start, end)`, both in UTC."""
        if self._continuous:
            return end - start
        first, last = (start - EPOCH).days // _BLOCK, (end - EPOCH).days // _BLOCK
        if first == last:
            block = self._blocks.get(first) or self._block(first)
            return block.worked(end) - block.worked(start)
        if last - first > HORIZON_YEARS:
            raise CalendarError(f"calendar {self.name!r} cannot count over more than {HORIZON_YEARS} years")
        opening, closing = self._block(first), self._block(last)
        between = sum((self._block(index).total for index in range(first + 1, last)), NO_TIME)
        return opening.total - opening.worked(start) + between + closing.worked(end)

    def _steady(self, at: datetime) -> Stretch:
        """The stretch around an instant in which the wall clock runs evenly; near the ends of time an empty one."""
        index = (at - EPOCH).days // _BLOCK
        if not _FIRST <= index < _LAST:
            return at, at, offset(self.zone, micros(at)) * MICROSECOND
        block = self._blocks.get(index) or self._block(index)
        return block.steady[bisect_right(block.ends, at)]

    def _block(self, index: int) -> Block:
        block = self._blocks.get(index)
        if block is None:
            if not _FIRST <= index < _LAST:
                raise CalendarError(f"calendar {self.name!r} does not count so near the years 1 and 9999")
            block = compile_block(self.zone, index * _BLOCK * DAY, (index + 1) * _BLOCK * DAY, self.hours_on)
            # Dates come from hosts: a calendar must not grow by a block for every strange year somebody wrote.
            if len(self._blocks) >= _BLOCKS_KEPT:
                self._blocks.clear()
            self._blocks[index] = block
        return block

    def _year(self, day: date) -> YearDays:
        return _PLAIN if self.holidays is None else self.holidays.days(day.year)

    def _has_hours(self, day: date) -> bool:
        return bool(self.hours_on(day))

    def _counted(self, day: date, days: int) -> date:
        """The date that is so many working dates after (before, if negative) another; itself for none."""
        if days == 0 or (self._even and len(self.workdays) == len(_WEEK)):
            return later(day, days)
        year, start = day.year, day.toordinal()
        dates = self._years.get(year) or self._working_dates(day, year)
        place = (bisect_right(dates, start) - 1 if days > 0 else bisect_left(dates, start)) + days
        for _ in range(HORIZON_YEARS):
            if 0 <= place < len(dates):
                return date.fromordinal(dates[place])
            if place < 0:
                year -= 1
                dates = self._working_dates(day, year)
                place += len(dates)
            else:
                place -= len(dates)
                year += 1
                dates = self._working_dates(day, year)
        raise NeverOpen(self.name, moment(midnight(self.zone, day)))

    def _working_dates(self, day: date, year: int) -> tuple[int, ...]:
        """The ordinals of a year's working dates, in order; `day` is what the count began with."""
        found = self._years.get(year)
        if found is None:
            if not date.min.year <= year <= date.max.year:
                raise CalendarError(f"so many working days from {day} lie outside the years 1 to 9999")
            first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
            found = tuple(n for n in range(first, last + 1) if self.is_working_date(date.fromordinal(n)))
            if len(self._years) >= _BLOCKS_KEPT:
                self._years.clear()
            self._years[year] = found
        return found

    def _nearest(self, day: date, step: int, fits: Callable[[date], bool]) -> date:
        """The first date that fits, from a date on in steps of a day."""
        start = day
        for _ in range(HORIZON_YEARS * 366):
            if fits(day):
                return day
            day = later(day, step)
        raise NeverOpen(self.name, start)


_PLAIN = YearDays()


def _round_the_clock(shifts: Iterable[Shift]) -> bool:
    """Whether shifts cover a date from midnight to midnight without help from its neighbours."""
    covered = 0
    for shift in sorted(shifts):
        if shift.start > covered:
            return False
        covered = max(covered, shift.end)
    return covered >= 24 * 60
