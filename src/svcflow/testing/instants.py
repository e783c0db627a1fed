"""
When something may change: the instants at which programs that reckon with time go wrong, as plain functions.

Each answers the instants themselves; a microsecond before and after one belongs to the test as well.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

from svcflow.core import clock as stopwatch
from svcflow.core.calendar import Calendar
from svcflow.core.case import Case
from svcflow.core.dates import instant, micros, moment, steady
from svcflow.core.process import Process
from svcflow.core.rule import NO_ESCALATION

DAY = timedelta(days=1)
LOOK = 60
"""Days ahead in which odd dates are looked for."""

YEAR = timedelta(days=370)


def timers(case: Case) -> Iterator[datetime]:
    """When the timers of a case fall due."""
    for timer in case.timers.values():
        if timer.due is not None:
            yield timer.due


def promises(process: Process, case: Case) -> Iterator[datetime]:
    """When the clocks and limits of a case that run are due, and when each step of their escalation is reached."""
    for key, clock in case.clocks.items():
        found = stopwatch.due(clock, process.calendars)
        if found is not None:
            yield found
        for step in process.escalations.get(key, NO_ESCALATION).steps:
            reached = stopwatch.reached(clock, process.calendars, step.step)
            if reached is not None:
                yield reached


def edges(calendar: Calendar, day: date) -> Iterator[datetime]:
    """When a calendar opens and closes by the shifts of a local date; twice where the wall clock shows a time twice."""
    for shift in calendar.hours_on(day):
        for minute in (shift.start, shift.end):
            later, rest = divmod(minute, 24 * 60)
            wall = datetime.combine(day + later * DAY, datetime.min.time()) + timedelta(minutes=rest)
            first = moment(instant(calendar.zone, wall))
            yield first
            second = wall.replace(tzinfo=calendar.zone, fold=1).astimezone(UTC)
            if second > first:
                yield second


def odd_dates(calendar: Calendar, day: date, days: int = LOOK) -> Iterator[date]:
    """The dates, from one on, whose hours are not those of their weekday: holidays, make-up days, exceptions."""
    for number in range(days):
        found = day + number * DAY
        if calendar.hours_on(found) != calendar.weekly[found.weekday()]:
            yield found


def month_ends(day: date, months: int = 3) -> Iterator[date]:
    """The last dates of a month, from that of a date on: some of the next months have no such day."""
    for _ in range(months):
        day = day.replace(day=monthrange(day.year, day.month)[1])
        yield day
        day += DAY


def changes(zone: tzinfo, since: datetime, length: timedelta = YEAR) -> Iterator[datetime]:
    """When the wall clocks of a zone are put forward or back."""
    for stretch in steady(zone, micros(since), micros(since + length))[1:]:
        yield moment(stretch[0])
