"""
Working time by looking at every day: the kit's own calendar, which shares no arithmetic with the engine's.

The source is the language reference, Times and Calendars. Only the definition of a calendar is read: its zone, its
hours, its days. Of each day in UTC the open stretches are found once: by one subtraction while the wall clock of the
zone runs evenly, and by looking at what it shows at every single minute on the two days a year on which it does not.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta

from attrs import define, field, frozen

from svcflow.core.calendar import Calendar
from svcflow.core.hours import Shift

DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
NOTHING = timedelta(0)

MOST_DAYS = 20 * 366
"""How many days are looked at for one question."""

DAYS_KEPT = 20_000

Span = tuple[datetime, datetime]


class TooFar(Exception):
    """So far away that looking at every day would take too long: nothing is said about it."""


@frozen(eq=False)
class Office:
    """When a calendar is open, and how long; moments are aware and in UTC, but for those of its own wall clock."""

    calendar: Calendar
    _days: dict[int, tuple[Span, ...]] = field(init=False, factory=dict, repr=False)

    def worked(self, start: datetime, end: datetime) -> timedelta:
        """Working time between two moments; none if the second is not later."""
        found = NOTHING
        if end <= start:
            return found
        if end - start > MOST_DAYS * DAY:
            raise TooFar
        for ordinal in range(start.toordinal(), end.toordinal() + 1):
            for opens, closes in self._of(ordinal):
                found += max(min(closes, end) - max(opens, start), NOTHING)
        return found

    def reaches(self, start: datetime, work: timedelta) -> datetime:
        """The first moment from a start on at which so much was worked; the start itself for none."""
        if work <= NOTHING:
            return start
        for opens, closes in self._open(start):
            if closes - opens >= work:
                return opens + work
            work -= closes - opens
        raise TooFar

    def leads(self, end: datetime, work: timedelta) -> datetime:
        """The last moment up to an end from which on so much was worked."""
        day = end.toordinal()
        for ordinal in range(day, day - MOST_DAYS, -1):
            for opens, closes in reversed(self._of(ordinal)):
                length = min(closes, end) - opens
                if length > NOTHING and work <= length:
                    return min(closes, end) - work
                work -= max(length, NOTHING)
        raise TooFar

    def opens(self, at: datetime) -> datetime:
        """The first open moment from one on."""
        return next(self._open(at))[0]

    def days_on(self, at: datetime, days: int) -> datetime:
        """The same time by the wall clock so many working dates on, or the next opening after it."""
        if not days:
            return self.opens(at)
        shown = self._shown(at)
        day = shown.date()
        for _ in range(MOST_DAYS):
            day = _later(day)
            days -= self.counts(day)
            if not days:
                return self.opens(self.first(datetime.combine(day, shown.time())))
        raise TooFar

    def months_on(self, at: datetime, months: int) -> datetime:
        """The same time by the wall clock so many months on, on the last day where the month has no such day."""
        shown = self._shown(at)
        year, month = shown.year, shown.month
        for _ in range(min(months, MOST_DAYS)):
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)  # noqa: PLR2004 - the months of a year
        if year > 9000:  # noqa: PLR2004 - where a datetime's own world comes to its end
            raise TooFar
        day = date(year, month, min(shown.day, monthrange(year, month)[1]))
        return self.first(datetime.combine(day, shown.time()))

    def window(self, at: datetime, first: int, last: int, *, working: bool, roll: bool) -> Span:
        """From where the first date of a window begins to where the last one ends."""
        day, opens = self._shown(at).date(), None
        for passed in range(MOST_DAYS):
            if passed >= first and opens is None:
                opens = day
            if passed >= last:
                break
            day = _later(day)
            while working and not self.counts(day):
                day = _later(day)
        for _ in range(MOST_DAYS):
            if not roll or self.hours(day):
                return self.begins(opens or day), self.begins(_later(day))
            day = _later(day)
        raise TooFar

    def begins(self, day: date) -> datetime:
        """Where a local date begins."""
        return self.first(datetime.combine(day, time()))

    def first(self, shown: datetime) -> datetime:
        """The first moment at which the wall clock shows a (naive) time, or a later one where it leaps over that."""
        zone = self.calendar.zone
        there = sorted(shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        for at in there:
            if self._shown(at) == shown:
                return at
        at = there[0].replace(second=0, microsecond=0)
        while self._shown(at) < shown:
            at += MINUTE
        return at

    def hours(self, day: date) -> tuple[Shift, ...]:
        """The shifts that begin on a local date."""
        calendar = self.calendar
        for special, shifts in calendar.exceptions:
            if special == day:
                return shifts
        if calendar.holidays is not None:
            days = calendar.holidays.days(day.year)
            if day in days.makeup:
                return calendar.makeup
            if day in days.off:
                return ()
        return calendar.weekly[day.weekday()]

    def counts(self, day: date) -> bool:
        """Whether a local date is one of those that `2d` counts."""
        calendar = self.calendar
        if any(special == day for special, _ in calendar.exceptions):
            return bool(self.hours(day))
        days = None if calendar.holidays is None else calendar.holidays.days(day.year)
        if days is not None and day in days.makeup | days.off:
            return day in days.makeup
        return day.weekday() in calendar.workdays

    # ── the days ───────────────────────────────────────────────────────────────────────────────────────────────

    def _open(self, since: datetime) -> Iterator[Span]:
        """The open stretches from a moment on."""
        day = since.toordinal()
        for ordinal in range(day, min(day + MOST_DAYS, date.max.toordinal() - 1)):
            for opens, closes in self._of(ordinal):
                if closes > since:
                    yield max(opens, since), closes
        raise TooFar

    def _of(self, ordinal: int) -> tuple[Span, ...]:
        found = self._days.get(ordinal)
        if found is None:
            if len(self._days) > DAYS_KEPT:
                self._days.clear()
            found = self._days[ordinal] = tuple(_joined(self._look(ordinal)))
        return found

    def _look(self, ordinal: int) -> Iterator[Span]:
        """The open stretches of a day in UTC."""
        midnight = datetime.combine(date.fromordinal(ordinal), time(), UTC)
        ahead = {self._shown(midnight + n * HOUR) - (midnight + n * HOUR).replace(tzinfo=None) for n in range(25)}
        if len(ahead) == 1:
            return self._even(midnight, ahead.pop())
        whole = all(not offset % MINUTE for offset in ahead)
        return self._odd(midnight, MINUTE if whole else SECOND)

    def _even(self, midnight: datetime, ahead: timedelta) -> Iterator[Span]:
        """A day on which the wall clock is always so far ahead of UTC."""
        shown = midnight + ahead
        for day in (shown.date() - DAY, shown.date(), shown.date() + DAY):
            begin = datetime.combine(day, time(), UTC) - ahead
            for shift in self.hours(day):
                opens = max(begin + shift.start * MINUTE, midnight)
                closes = min(begin + shift.end * MINUTE, midnight + DAY)
                if opens < closes:
                    yield opens, closes

    def _odd(self, midnight: datetime, step: timedelta) -> Iterator[Span]:
        """A day on which it is put forward or back: look at it again and again."""
        for n in range(DAY // step):
            at = midnight + n * step
            if self._shows_open(self._shown(at)):
                yield at, at + step

    def _shows_open(self, shown: datetime) -> bool:
        minute = shown.hour * 60 + shown.minute
        today, yesterday = self.hours(shown.date()), self.hours(shown.date() - DAY)
        return any(one.start <= minute < one.end for one in today) or any(
            one.start <= minute + 24 * 60 < one.end for one in yesterday
        )

    def _shown(self, at: datetime) -> datetime:
        """What the wall clock shows."""
        return at.astimezone(self.calendar.zone).replace(tzinfo=None)


@define
class Offices:
    """The offices of some calendars: what was seen of their days is kept from run to run."""

    _known: dict[Calendar, Office] = field(factory=dict, repr=False)

    def of(self, calendar: Calendar) -> Office:
        """The office of a calendar."""
        found = self._known.get(calendar)
        if found is None:
            if len(self._known) > 100:  # noqa: PLR2004 - every turned day is another calendar
                self._known.clear()
            found = self._known[calendar] = Office(calendar)
        return found


def _later(day: date) -> date:
    if day.year > 9000:  # noqa: PLR2004 - as above
        raise TooFar
    return day + DAY


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """In order, those that overlap or touch as one."""
    last: Span | None = None
    for opens, closes in sorted(spans):
        if last is not None and opens <= last[1]:
            last = last[0], max(last[1], closes)
        else:
            if last is not None:
                yield last
            last = opens, closes
    if last is not None:
        yield last
