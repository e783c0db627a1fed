"""When cases come in: at a rate, at intervals, or by the hours of a week."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo
from itertools import count, islice
from math import log

from attrs import frozen

from svcflow.core.calendar import Calendar
from svcflow.errors import CalendarError, InputError
from svcflow.simulate.spread import Chance, Spread

MOST_CASES = 1_000_000
"""Cases of one run; a desk that opens more would not be looked at one by one either."""

HOUR = timedelta(hours=1)
_MILLISECOND = timedelta(milliseconds=1)


@frozen
class Arrivals:
    """
    When cases come in, and who opens them.

    One of `rate` (cases in an hour), `every` (from one to the next) and `week` (seven days of 24 rates in `zone`) is
    given. `calendar` holds the hours in which time counts.
    """

    calendar: Calendar
    zone: tzinfo
    rate: float | None = None
    every: Spread | None = None
    week: tuple[tuple[float, ...], ...] = ()
    by: str | None = None
    most: int | None = None

    def moments(self, start: datetime, end: datetime, chance: Chance) -> Iterator[datetime]:
        """
        The instants before `end` at which cases come in.

        Raises:
            InputError: If these are more than a million, as far as one can tell beforehand.
        """
        expected = min(self.expected(start, end), self.most or MOST_CASES + 1)
        if expected > MOST_CASES:
            raise InputError(
                f"the scenario lets more than {MOST_CASES:,} cases come in; write a lower rate or a shorter `length`"
            )
        return islice(self._moments(start, end, chance), self.most if self.most is not None else MOST_CASES)

    def expected(self, start: datetime, end: datetime) -> float:
        """About how many cases come in."""
        hours = self.calendar.elapsed(start, end) / HOUR
        if self.week:
            whole, rest = divmod(int((end - start) / HOUR), 168)
            hourly = [rate for day in self.week for rate in day]
            return sum(hourly) * whole + max(hourly) * min(rest + 1, 168)
        if self.every is not None:
            mean = sum(self.every.draw((place + 0.5) / 100).total_seconds() for place in range(100)) / 100
            return hours * 3_600 / mean
        return hours * (self.rate or 0)

    def _moments(self, start: datetime, end: datetime, chance: Chance) -> Iterator[datetime]:
        after = self._after()
        at = start
        for number in count(1):
            try:
                at = after(at, chance.of(f"arrival/{number}"), end)
            except CalendarError:  # It never opens again.
                return
            if at >= end:
                return
            yield at

    def _after(self) -> Callable[[datetime, float, datetime], datetime]:
        """How the next one is found: from an instant and a chance, up to an end."""
        rate, every = self.rate, self.every
        if self.week:
            return self._by_week
        if every is not None:
            return lambda at, chance, _end: self.calendar.due(at, every.draw(chance))
        if not rate:
            return lambda _at, _chance, end: end
        return lambda at, chance, _end: self.calendar.due(at, _milliseconds(-log(1 - chance) / rate))

    def _by_week(self, at: datetime, chance: float, end: datetime) -> datetime:
        """As many hours on as it takes for so many cases to have been expected."""
        left = -log(1 - chance)
        while at < end:
            local = at.astimezone(self.zone)
            rate = self.week[local.weekday()][local.hour]
            rest = HOUR - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
            expected = rate * (rest / HOUR)
            if left < expected:
                return at + _milliseconds(left / rate)
            left -= expected
            at += rest
        return at


def _milliseconds(hours: float) -> timedelta:
    """Rounded, so that the last digit of a logarithm, which machines may differ in, does not count."""
    return round(hours * 3_600_000) * _MILLISECOND
