"""Wall clocks and dates against instants: the one place that knows about gaps, folds and the length of months."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, tzinfo

from svcflow.errors import CalendarError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.date().toordinal()
SECOND = 1_000_000
MICROSECOND = timedelta(microseconds=1)
NO_TIME = timedelta(0)
DAY = 86_400 * SECOND

_WALL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  Wall clocks are naive: the zone is what turns them into instants.

# No zone of the tz database has two changes of its offset within 6 days, so looking every 3 days sees each of them.
_GLANCE = 3 * DAY


def span(length: timedelta) -> int:
    """A length in microseconds."""
    return length // MICROSECOND


def micros(at: datetime) -> int:
    """
    An aware moment in microseconds since 1970 UTC.

    Raises:
        TypeError: If the moment is naive: nobody knows which instant it is.
    """
    return (at - EPOCH) // MICROSECOND


def moment(us: int) -> datetime:
    """
    The UTC datetime of an instant in microseconds since 1970.

    Raises:
        CalendarError: If it lies outside the years a datetime can hold.
    """
    return shifted(EPOCH, us * MICROSECOND)


def utc(at: datetime) -> datetime:
    """
    An aware moment of any zone in UTC.

    Raises:
        CalendarError: If it lies outside the years a datetime can hold.
        TypeError: If the moment is naive: nobody knows which instant it is.
    """
    return at if at.tzinfo is UTC else shifted(EPOCH, at - EPOCH)


def shifted(at: datetime, length: timedelta) -> datetime:
    """
    A moment so much later, by the stopwatch.

    Raises:
        CalendarError: If it lies outside the years a datetime can hold.
    """
    try:
        return at + length
    except OverflowError as exc:
        raise CalendarError("the time lies outside the years 1 to 9999") from exc


def local(zone: tzinfo, at: datetime) -> datetime:
    """
    What the clocks of a zone show at an aware moment.

    Raises:
        CalendarError: If that lies outside the years a datetime can hold.
        TypeError: If the moment is naive.
    """
    try:
        return utc(at).astimezone(zone)
    except OverflowError as exc:
        raise CalendarError("the time lies outside the years 1 to 9999") from exc


def offset(zone: tzinfo, us: int) -> int:
    """How far the wall clocks of a zone are ahead of UTC at an instant, in microseconds."""
    try:
        return _ahead(moment(us).astimezone(zone))
    except OverflowError as exc:
        raise CalendarError("the time lies outside the years 1 to 9999") from exc


def steady(zone: tzinfo, start: int, end: int) -> list[tuple[int, int, int]]:
    """Cut `[start, end)` into stretches `(start, end, offset)` in which the wall clock of the zone runs evenly."""
    found: list[tuple[int, int, int]] = []
    since, now, at = start, offset(zone, start), start
    while at < end:
        look = min(at + _GLANCE, end)
        if offset(zone, look) == now:
            at = look
            continue
        at = _change(zone, at, look)
        found.append((since, at, now))
        since, now = at, offset(zone, at)
    found.append((since, end, now))
    return [stretch for stretch in found if stretch[0] < stretch[1]]


def instant(zone: tzinfo, wall: datetime) -> int:
    """
    The instant at which the clocks of a zone show a (naive) wall time, in microseconds since 1970 UTC.

    A wall time that does not exist gives the next instant that does, one that exists twice the first (LANGUAGE, Times).
    """
    # Building a datetime anew takes much less time than `replace`, and every promise in days comes through here.
    y, mo, d, h, mi, sec, us = wall.year, wall.month, wall.day, wall.hour, wall.minute, wall.second, wall.microsecond
    first = _ahead(datetime(y, mo, d, h, mi, sec, us, zone))
    second = _ahead(datetime(y, mo, d, h, mi, sec, us, zone, fold=1))
    shown = span(wall - _WALL_EPOCH)
    if first >= second:
        return shown - first
    # PEP 495: in a gap, fold=0 has the offset from before it and fold=1 the one from after it.
    return _change(zone, shown - second, shown - first)


def midnight(zone: tzinfo, day: date) -> int:
    """The instant at which a local date begins, which is not always at 00:00."""
    return instant(zone, datetime.combine(day, datetime.min.time()))


def later(day: date, days: int) -> date:
    """
    The date so many days on (or back).

    Raises:
        CalendarError: If there is no such date.
    """
    try:
        return day + timedelta(days=days)
    except OverflowError as exc:
        raise CalendarError(f"{days} days from {day} lie outside the years 1 to 9999") from exc


def months_on(day: date, months: int) -> date:
    """
    The same day of the month so many months on (or back), at most the month's last: 31 Jan, 28 Feb, 31 Mar.

    Raises:
        CalendarError: If there is no such date.
    """
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= years <= date.max.year:
        raise CalendarError(f"{months} months from {day} lie outside the years 1 to 9999")
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


def _ahead(local: datetime) -> int:
    found = local.utcoffset()
    if found is None:
        raise CalendarError(f"the time zone {local.tzinfo} does not say how far it is from UTC")
    return span(found)


def _change(zone: tzinfo, before: int, after: int) -> int:
    """The instant in `(before, after]` at which the offset ceases to be the one of `before`."""
    old = offset(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        if offset(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after
