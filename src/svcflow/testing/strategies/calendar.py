"""Working hours in all their oddity, and the instants at which they turn: `calendars()` and `instants(...)`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from svcflow.core.calendar import Calendar, Shift, YearDays
from svcflow.core.dates import instant, moment
from svcflow.core.process import Process
from svcflow.holidays import FrozenDays
from svcflow.testing import instants as turning

ODD_PLACES: Final = (
    ("UTC", date(2028, 2, 29)),
    ("Asia/Shanghai", date(2026, 2, 14)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("Australia/Lord_Howe", date(2026, 4, 4)),
    ("Africa/Cairo", date(2026, 4, 23)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("Asia/Kathmandu", date(2026, 5, 9)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Antarctica/Troll", date(2026, 3, 29)),
    ("Pacific/Apia", date(2011, 12, 30)),
)
"""Zones, each with a date on which its wall clock does what programs do not expect."""

_DAY: Final = timedelta(days=1)
_MICROSECOND: Final = timedelta(microseconds=1)
_MINUTES: Final = 24 * 60
_USUAL: Final = ((Shift(540, 1020),), (Shift(510, 720), Shift(810, 1050)), (Shift(1320, 1800),), (Shift(0, _MINUTES),))

_shifts = st.builds(
    lambda start, length: Shift(start, start + length), st.integers(0, _MINUTES - 1), st.integers(1, _MINUTES)
)
_hours = st.sampled_from(_USUAL) | st.lists(_shifts, min_size=1, max_size=3).map(tuple)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """
    Calendars that open at some time: several shifts a day, over midnight, all day, in zones with odd wall clocks.

    Holidays, make-up days and single dates with hours of their own lie around the odd date of the zone.
    """
    zone, odd = draw(st.sampled_from(ODD_PLACES))
    if draw(st.integers(0, 7)) == 7:  # noqa: PLR2004 - seldom
        return Calendar.always(ZoneInfo(zone))
    near = st.integers(-4, 5).map(lambda days: odd + days * _DAY)
    weekly = draw(st.dictionaries(st.integers(0, 6), _hours, min_size=1, max_size=7))
    return Calendar(
        "drawn",
        ZoneInfo(zone),
        weekly,
        workdays=draw(st.none() | st.frozensets(st.integers(0, 6), min_size=1)),
        makeup=draw(st.none() | _hours),
        exceptions=draw(st.dictionaries(near, _hours | st.just(()), max_size=2)),
        holidays=draw(st.none() | st.builds(_listed, st.frozensets(near, max_size=3), st.frozensets(near, max_size=2))),
    )


def _listed(off: frozenset[date], makeup: frozenset[date]) -> FrozenDays:
    """Holidays of a company, year by year; a date that is both is a make-up day."""
    years = sorted({day.year for day in off | makeup})
    return FrozenDays("company", None, tuple((year, _of_year(year, off - makeup, makeup)) for year in years))


def _of_year(year: int, off: frozenset[date], makeup: frozenset[date]) -> YearDays:
    return YearDays(
        frozenset(day for day in off if day.year == year), frozenset(day for day in makeup if day.year == year)
    )


def instants(
    what: Process | Calendar, *, since: datetime = datetime(2026, 3, 2, tzinfo=UTC), days: int = 400
) -> st.SearchStrategy[datetime]:
    """
    Instants at which something turns, aware UTC: openings, closings, local midnights, jumps of wall clocks.

    Each exactly, a microsecond before or a microsecond after; of the calendars that a process counts in, or of one.
    They lie within so many `days` from `since` on.
    """
    among = tuple(what.calendars.values()) if isinstance(what, Process) else (what,)
    return st.sampled_from(among).flatmap(lambda calendar: _turns(calendar, since, days))


@st.composite
def _turns(draw: st.DrawFn, calendar: Calendar, since: datetime, days: int) -> datetime:
    day = calendar.local_date(since) + draw(st.integers(0, days)) * _DAY
    midnight = moment(instant(calendar.zone, datetime.combine(day, time())))
    edges = [at for at in turning.edges(calendar, day) if calendar.is_open(at) != calendar.is_open(at - _MICROSECOND)]
    changes = list(turning.changes(calendar.zone, since, days * _DAY))
    kinds: Sequence[list[datetime]] = [found for found in (edges, [midnight], changes) if found]
    at = draw(st.sampled_from(kinds).flatmap(st.sampled_from))
    return at + draw(st.sampled_from((0, -1, 1))) * _MICROSECOND
