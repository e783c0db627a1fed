"""Moments and lengths as a story writes them: `2026-03-09 10:30`, `mon 09:00`, `4h on office`, `3h 20min`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from attrs import frozen

from svcflow.core import dates
from svcflow.core.moments import promised
from svcflow.core.process import Process
from svcflow.core.promise import Time
from svcflow.errors import CalendarError
from svcflow.language.forms import WEEKDAYS
from svcflow.language.times import Misread, WrittenTime, read_time

_DAY = timedelta(days=1)
_MOMENT = re.compile(
    r"(?:(?P<day>\d{4}-\d{2}-\d{2})[ T]|(?P<weekday>mon|tue|wed|thu|fri|sat|sun) )?"
    r"(?P<time>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)(?P<zone>Z|[+-]\d{2}:\d{2})?"
)
_LENGTH = re.compile(r"(?P<sign>-?)(?:(?P<h>\d{1,6})h)?\s*(?:(?P<min>\d{1,6})min)?")
_EXAMPLES = "write it as in `2026-03-09 10:30`, `10:30` or `mon 09:00`"


@frozen
class Moment:
    """A point on a wall clock: on a date, on the next such weekday, or whenever the clock next shows it."""

    at: time
    day: date | None = None
    weekday: int | None = None

    def instant(self, zone: tzinfo, now: datetime) -> datetime:
        """
        The instant it means, in UTC; without a date the first that is not before `now`.

        Raises:
            CalendarError: If it lies beyond the years 1 to 9999.
        """
        zone = self.at.tzinfo or zone
        if self.day is not None:
            return _instant(zone, self.day, self.at)
        today = dates.local(zone, now).date()
        days = (today + ahead * _DAY for ahead in range(9))
        fitting = (day for day in days if self.weekday in {None, day.weekday()})
        try:
            return next(instant for day in fitting if (instant := _instant(zone, day, self.at)) >= now)
        except OverflowError:
            raise CalendarError("time ends with the year 9999") from None


def _instant(zone: tzinfo, day: date, at: time) -> datetime:
    return dates.moment(dates.instant(zone, datetime.combine(day, at.replace(tzinfo=None))))


def read_moment(text: str) -> Moment:
    """
    Read when a step happens.

    Raises:
        Misread: If it is no moment.
    """
    found = _MOMENT.fullmatch(text)
    try:
        if found is not None:
            day = None if found["day"] is None else date.fromisoformat(found["day"])
            weekday = None if found["weekday"] is None else WEEKDAYS.index(found["weekday"])
            return Moment(time.fromisoformat(f"{found['time']}{found['zone'] or ''}"), day, weekday)
    except ValueError as problem:
        raise Misread("SF103", f"`{text}` is no moment: there is no such date or time of day", _EXAMPLES) from problem
    raise Misread("SF103", f"`{text}` is no moment", _EXAMPLES)


def dated(text: str, zone: tzinfo = UTC) -> datetime:
    """
    The instant that a date and a time of day mean, in UTC.

    Raises:
        Misread: If it is no date and time of day.
        CalendarError: If it lies beyond the years 1 to 9999.
    """
    moment = read_moment(text)
    if moment.day is None:
        raise Misread("SF103", f"`{text}` does not say on which date", "write it as in `2026-03-09 10:30`")
    return _instant(moment.at.tzinfo or zone, moment.day, moment.at)


def read_after(text: str) -> WrittenTime:
    """
    Read how long after the step above: `2h`, `1d`, `4h on office`.

    Raises:
        Misread: If it is no such time.
    """
    written = read_time(text)
    if written.length is None or written.every or written.since is not None:
        raise Misread("SF103", f"`{text}` is no time between two steps", "write it as in `2h`, `1d` or `4h on office`")
    return written


def later(process: Process, written: WrittenTime, now: datetime) -> datetime:
    """
    So much later, on the calendar that the time names, else around the clock in the process's zone.

    Raises:
        CalendarError: If the calendar has no such moment.
        KeyError: If the process has no such calendar.
    """
    length, calendar = written.length, written.calendar or "always"
    if length is None:
        return now
    count = promised(process, Time(length.amount, length.unit, calendar), {}, now)
    return now if count is None else count.opens


def read_length(text: str) -> timedelta:
    """
    Read working time, such as `3h 20min`; `-2h` is overdrawn.

    Raises:
        Misread: If it is none.
    """
    found = _LENGTH.fullmatch(text.strip())
    if found is None or (found["h"] is None and found["min"] is None):
        raise Misread("SF103", f"`{text}` is no working time", "write hours and minutes, as in `3h 20min` or `-2h`")
    length = timedelta(hours=int(found["h"] or 0), minutes=int(found["min"] or 0))
    return -length if found["sign"] else length


def written_length(length: timedelta) -> str:
    """A length as a story writes it, to the minute."""
    hours, minutes = divmod(abs(length) // timedelta(minutes=1), 60)
    parts = [f"{hours}h"] * bool(hours) + [f"{minutes}min"] * bool(minutes or not hours)
    return ("-" if length < timedelta() else "") + " ".join(parts)


def written_moment(instant: datetime, zone: tzinfo) -> str:
    """An instant as a story writes it, in the zone of its process."""
    local = instant.astimezone(zone)
    shown = f"{local:%Y-%m-%d %H:%M}" if not local.second else f"{local:%Y-%m-%d %H:%M:%S}"
    # Of an hour that comes twice, and below a second, only the instant itself says which is meant.
    return shown if dated(shown, zone) == instant else instant.astimezone(UTC).isoformat()
