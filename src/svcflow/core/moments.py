"""From a time as written to the instants it means: `2d on hotline since served_at` for one case."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from attrs import evolve

from svcflow.core.calendar import Calendar
from svcflow.core.dates import midnight, moment
from svcflow.core.process import Process
from svcflow.core.promise import Time, Window, cells
from svcflow.errors import CalendarError


class Count(NamedTuple):
    """
    A promise counted out for one case.

    It runs from `start` for `length` of working time of `calendar` (a key of the process). `fixed` is the due instant
    itself where the promise is a date or absolute; `opens` is when a wait is over, or a window opens.
    """

    start: datetime
    length: timedelta
    calendar: str
    fixed: datetime | None
    opens: datetime


def promised(process: Process, promise: Time | Window, fields: Mapping[str, Any], start: datetime) -> Count | None:
    """
    Count a time or window from `start`, or from its `since` field; None while that is empty.

    Raises:
        CalendarError: If the calendar has no such moment.
    """
    calendar = process.calendars[promise.calendar]
    anchor = start if promise.since is None else _anchor(calendar, fields.get(promise.since))
    if anchor is None:
        return None
    if isinstance(promise, Window):
        opens, closes = calendar.window(anchor, promise.first, promise.last, working=promise.working, roll=promise.roll)
        return Count(opens, calendar.elapsed(opens, closes), promise.calendar, closes, opens)
    length = promise.length
    if length is not None:
        due = calendar.due(anchor, length)
        return Count(anchor, length, promise.calendar, None if promise.since is None else due, due)
    due = _nth(calendar, promise, anchor, 1)
    return Count(anchor, calendar.elapsed(anchor, due), promise.calendar, due, due)


def counted(
    process: Process,
    time: Time,
    fields: Mapping[str, Any],
    start: datetime,
    count: int,
    *,
    past: datetime | None = None,
) -> tuple[datetime | None, int]:
    """
    When a timer happens next that has happened `count` times, and how often it counts as happened then.

    Each happening is counted from the same anchor, so months keep their date. `past` passes over those up to it,
    however many there were: the time between them may have been another.

    Raises:
        CalendarError: If the calendar has no such moment.
    """
    calendar = process.calendars[time.calendar]
    anchor = start if time.since is None else _anchor(calendar, fields.get(time.since))
    if anchor is None:
        return None, count
    if past is not None and time.amount:
        count = max(0, _passed(calendar, time, anchor, past))  # The anchor may be to come.
    return _nth(calendar, time, anchor, count + 1), count


def reach(process: Process, now: datetime) -> Mapping[str, datetime]:
    """How far times that begin now come on each calendar of a process, by key; a field they count from is now, too."""
    farthest = dict.fromkeys(process.calendars, now)
    for cell in (cell for promise in process.promises() for cell in cells(promise)):
        with suppress(CalendarError):
            count = promised(process, evolve(cell, since=None), {}, now)
            ends = () if count is None else (count.fixed or count.opens,)
            farthest[cell.calendar] = max((farthest[cell.calendar], *ends))
    return farthest


def _passed(calendar: Calendar, time: Time, anchor: datetime, past: datetime) -> int:
    """How many happenings lie at or before `past`, without a look at each: a contract may be decades old."""
    if time.length is not None:
        return calendar.elapsed(anchor, past) // time.length

    def to_come(n: int) -> bool:
        try:
            return _nth(calendar, time, anchor, n) > past
        except CalendarError:
            return True  # So far ahead that no calendar knows it.

    most = 1
    while not to_come(most):
        most *= 2
    return bisect_left(range(1, most + 1), True, key=to_come)  # noqa: FBT003 - what `to_come` is to be


def _anchor(calendar: Calendar, value: date | datetime | None) -> datetime | None:
    """The instant a `since` field stands for; a date begins at its local midnight."""
    if value is None or isinstance(value, datetime):
        return value
    return moment(midnight(calendar.zone, value))


def _nth(calendar: Calendar, time: Time, anchor: datetime, n: int) -> datetime:
    amount = time.amount
    if time.length is not None:
        return calendar.due(anchor, n * time.length)
    if time.unit == "d":
        return calendar.add_days(anchor, n * amount)
    if time.unit == "w":
        if not calendar.workdays:
            raise CalendarError(f"calendar {calendar.name!r} has no working week")
        return calendar.add_days(anchor, n * amount * len(calendar.workdays))
    return calendar.add_months(anchor, amount * (12 if time.unit == "y" else 1), times=n)
