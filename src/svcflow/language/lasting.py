"""
Which of two promised times is over first, by the engine's own calendars: what may be said of them for certain.

`4h` and `1d` cannot be compared by their letters: over a weekend a working day may pass sooner than four working hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from attrs import evolve, field, frozen

from svcflow.core.calendar import Calendar
from svcflow.core.moments import promised
from svcflow.core.process import Process
from svcflow.core.promise import Time
from svcflow.errors import CalendarError

# Any year does. This one is published everywhere, and clocks change soon after both days.
_BEGIN, _AUTUMN = date(2025, 3, 1), date(2025, 10, 1)
_PLAIN_DAYS, _HOLIDAY_DAYS = 40, 400
_HOURLY_DAYS = 14
_KINDS = {"min": 0, "h": 0, "d": 1, "w": 1, "mo": 2, "y": 2}
_YEAR_MONTHS = 12


@frozen(eq=False, slots=False)
class Lasting:
    """
    How long the times of one process last, from many moments on.

    The moments are where an order could turn: every opening and closing of its calendars, the last minute before, and
    for two weeks each hour; in spring and autumn, and with holidays over more than a year.
    """

    process: Process
    _dues: dict[Time, tuple[datetime, ...]] = field(init=False, repr=False, factory=dict)

    @cached_property
    def moments(self) -> tuple[datetime, ...]:
        """The moments from which times are counted, in order, UTC."""
        first = datetime(_BEGIN.year, _BEGIN.month, _BEGIN.day, tzinfo=UTC)
        found = {first + timedelta(hours=hour) for hour in range(_HOURLY_DAYS * 24)}
        for calendar in self.process.calendars.values():
            found.update(_turns(calendar))
        return tuple(sorted(found))

    def dues(self, time: Time) -> tuple[datetime, ...]:
        """When a time that begins at each of the moments is over; empty if its calendar cannot say."""
        plain = evolve(time, since=None)
        known = self._dues.get(plain)
        if known is None:
            try:
                counts = [promised(self.process, plain, {}, moment) for moment in self.moments]
                known = tuple(count.opens for count in counts if count is not None)
            except CalendarError:
                known = ()
            self._dues[plain] = known
        return known

    def sooner(self, one: Time, other: Time) -> bool:
        """Whether one time is always over before another that begins with it."""
        return self._always(one, other, strictly=True)

    def no_later(self, one: Time, other: Time) -> bool:
        """Whether one time is never over after another that begins with it."""
        return self._always(one, other, strictly=False)

    def _always(self, one: Time, other: Time, *, strictly: bool) -> bool:
        if one.since != other.since:
            return False
        if one.calendar == other.calendar and _KINDS[one.unit] == _KINDS[other.unit]:
            first, second = self._size(one), self._size(other)
            # Two numbers of dates can come to the same opening, so fewer of them may be no sooner: those are counted.
            if first > second or not strictly:
                return first <= second
            if _KINDS[one.unit] != 1:
                return first < second
        firsts, seconds = self.dues(one), self.dues(other)
        pairs = zip(firsts, seconds, strict=False)
        both = bool(firsts) and bool(seconds)
        return both and all(first < second if strictly else first <= second for first, second in pairs)

    def _size(self, time: Time) -> timedelta:
        if time.length is not None:
            return time.length
        week = len(self.process.calendars[time.calendar].workdays)
        factor = {"w": week, "y": _YEAR_MONTHS}.get(time.unit, 1)
        return timedelta(days=time.amount * factor)


def _turns(calendar: Calendar) -> Iterator[datetime]:
    """Where the hours of a calendar begin and end, and the minute before they end."""
    if calendar.holidays is None and not calendar.exceptions:
        days = [begin + timedelta(days=number) for begin in (_BEGIN, _AUTUMN) for number in range(_PLAIN_DAYS)]
    else:
        days = [_BEGIN + timedelta(days=number) for number in range(_HOLIDAY_DAYS)]
    for day in days:
        midnight, _ = calendar.bounds(day)
        yield midnight
        for shift in calendar.hours_on(day):
            for minute in (shift.start, shift.end - 1, shift.end):
                yield midnight + timedelta(minutes=minute)
