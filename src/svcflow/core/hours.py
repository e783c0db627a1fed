"""What a calendar is made of: shifts, holidays, and the open hours of a stretch of time, ready for bisection."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta, tzinfo
from itertools import accumulate
from typing import Protocol, TypeAlias

from attrs import field, frozen

from svcflow.core.dates import DAY, EPOCH_DAY, MICROSECOND, NO_TIME, SECOND, moment, steady
from svcflow.errors import CalendarError

_MINUTE = 60 * SECOND
_DAY_MINUTES = 24 * 60

Stretch: TypeAlias = tuple[datetime, datetime, timedelta]
"""From a moment to another, in which the wall clock is so far ahead of UTC."""


@frozen(order=True)
class Shift:
    """
    Open hours of one date, in minutes after its local midnight, half open: `Shift(540, 1020)` is 09:00 to 17:00.

    A shift belongs to the date it starts on and may end after midnight: `Shift(1320, 1800)` is 22:00 to 06:00.

    Raises:
        CalendarError: If it does not start within its date, or is empty or longer than 24 hours.
    """

    start: int
    end: int

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.start < _DAY_MINUTES or not 0 < self.end - self.start <= _DAY_MINUTES:
            raise CalendarError(
                f"a shift from minute {self.start} to minute {self.end} does not start within its date "
                "or is not between 1 minute and 24 hours long"
            )

    @classmethod
    def between(cls, opens: str, closes: str) -> Shift:
        """
        Read `09:00`, `17:00`. A close that is not after the opening is on the next day.

        Raises:
            CalendarError: If one of them is no time of day.
        """
        start, end = _minutes(opens), _minutes(closes)
        return cls(start, end if end > start else end + _DAY_MINUTES)


@frozen
class YearDays:
    """
    The holidays of one year and its make-up working days (调休).

    `official` is false when the year is not published yet, so that these days are a guess by rule.
    """

    off: frozenset[date] = frozenset()
    makeup: frozenset[date] = frozenset()
    official: bool = True


class Holidays(Protocol):
    """
    Where a calendar gets its holidays from; must be hashable, and equal only to what gives the same days.
    """

    @property
    def name(self) -> str:
        """As written in a calendar: `CN`."""

    @property
    def valid_through(self) -> int | None:
        """The last officially published year, or None when the law fixes the days of every year."""

    def days(self, year: int) -> YearDays:
        """The days of any year, a guess included; cheap, since it is asked for every single date."""


@frozen(eq=False)
class Block:
    """
    The open hours of one stretch of time, in UTC: disjoint, in order, with running totals.

    `done[i]` is the working time from the start of the block to the end of its `i`-th opening. `steady` are the
    stretches (start, end, how far the wall clock is ahead of UTC) in which the wall clock runs evenly, and `ends` the
    ends of these. Moments and lengths are Python's own, which count whole microseconds: turning one of them into a
    number takes longer than a whole search among them.
    """

    opens: tuple[datetime, ...]
    closes: tuple[datetime, ...]
    steady: tuple[Stretch, ...]
    done: tuple[timedelta, ...] = field(init=False)
    total: timedelta = field(init=False)
    ends: tuple[datetime, ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        done = tuple(accumulate(end - start for start, end in zip(self.opens, self.closes, strict=True)))
        object.__setattr__(self, "done", done)
        object.__setattr__(self, "total", done[-1] if done else NO_TIME)
        object.__setattr__(self, "ends", tuple(end for _, end, _ in self.steady))

    def worked(self, at: datetime) -> timedelta:
        """Working time from the start of the block to an instant in it."""
        i = bisect_right(self.opens, at) - 1
        if i < 0:
            return NO_TIME
        closes = self.closes[i]
        return self.done[i] - (closes - at) if at < closes else self.done[i]

    def earliest(self, work: timedelta) -> datetime:
        """The first instant by which so much was worked, `0 < work <= total`."""
        i = bisect_left(self.done, work)
        return self.closes[i] - (self.done[i] - work)

    def latest(self, work: timedelta) -> datetime:
        """The last instant by which no more than this was worked, `0 <= work < total`."""
        i = bisect_right(self.done, work)
        return self.closes[i] - (self.done[i] - work)

    def next_open(self, at: datetime) -> datetime | None:
        """The first open instant of the block that is not before `at`."""
        i = bisect_right(self.closes, at)
        return max(at, self.opens[i]) if i < len(self.opens) else None


def compile_block(zone: tzinfo, start: int, end: int, shifts: Callable[[date], Iterable[Shift]]) -> Block:
    """
    Turn the shifts of dates into the open hours of `[start, end)`, bounds given in microseconds UTC.

    Open is what the wall clock says: the shifts are laid out on the wall clock first, then carried over to UTC, stretch
    by stretch of equal offset. So both passes of a fold count, a gap does not, and overlapping shifts count once.
    """
    # An offset is less than a day and a shift ends before the second midnight: two dates on either side are enough.
    days = range(start // DAY - 2, end // DAY + 3)
    wall = _union(
        (day * DAY + shift.start * _MINUTE, day * DAY + shift.end * _MINUTE)
        for day in days
        for shift in shifts(date.fromordinal(day + EPOCH_DAY))
    )
    ends = [close for _, close in wall]
    found: list[tuple[int, int]] = []
    stretches = steady(zone, start, end)
    for since, until, ahead in stretches:
        for i in range(bisect_right(ends, since + ahead), len(wall)):
            opens, closes = wall[i][0] - ahead, wall[i][1] - ahead
            if opens >= until:
                break
            found.append((max(opens, since), min(closes, until)))
    merged = _union(found)
    return Block(
        tuple(moment(opens) for opens, _ in merged),
        tuple(moment(closes) for _, closes in merged),
        tuple((moment(since), moment(until), ahead * MICROSECOND) for since, until, ahead in stretches),
    )


def _union(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Disjoint spans in order; those that overlap or touch become one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _minutes(text: str) -> int:
    """Minutes after midnight of `HH:MM`, up to `24:00`."""
    hours, colon, minutes = text.partition(":")
    if colon and f"{hours}{minutes}".isascii() and f"{hours}{minutes}".isdecimal():
        found = int(hours) * 60 + int(minutes)
        # Written anew it must look as it did: two digits after the colon, no more than 59.
        if minutes == f"{found % 60:02}" and found <= _DAY_MINUTES:
            return found
    raise CalendarError(f"{text!r} is no time of day; write it as 08:30, at most 24:00")
