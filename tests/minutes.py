"""
A calendar asked minute by minute: the slow oracle of the calendar and clock tests.

It shares nothing with the code under test: it looks at the wall clock of every single minute and counts.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from attrs import field, frozen
from hypothesis import strategies as st

from svcflow.core.calendar import Calendar, Shift, YearDays

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

Hours = tuple[tuple[int, int], ...]

NO_DAYS = YearDays()


@frozen
class Listed:
    """Holidays that are simply listed."""

    off: frozenset[date] = frozenset()
    makeup: frozenset[date] = frozenset()
    name: str = "listed"
    valid_through: int | None = None

    def days(self, year: int) -> YearDays:
        if not any(day.year == year for day in self.off | self.makeup):
            return NO_DAYS
        return YearDays(
            frozenset(day for day in self.off if day.year == year),
            frozenset(day for day in self.makeup if day.year == year),
        )


@frozen
class Rules:
    """The definition of a calendar as plain values, in minutes after midnight."""

    zone: ZoneInfo
    weekly: Mapping[int, Hours]
    off: frozenset[date] = frozenset()
    makeup: frozenset[date] = frozenset()
    makeup_hours: Hours | None = None
    exceptions: Mapping[date, Hours] = field(factory=dict)
    workdays: frozenset[int] | None = None

    def calendar(self, name: str = "tested") -> Calendar:
        return Calendar(
            name,
            self.zone,
            {day: [Shift(*hours) for hours in shifts] for day, shifts in self.weekly.items()},
            workdays=self.workdays,
            makeup=None if self.makeup_hours is None else [Shift(*hours) for hours in self.makeup_hours],
            exceptions={day: [Shift(*hours) for hours in shifts] for day, shifts in self.exceptions.items()},
            holidays=Listed(self.off, self.makeup) if self.off or self.makeup else None,
        )

    def hours(self, day: date) -> Hours:
        if day in self.exceptions:
            return self.exceptions[day]
        if day in self.makeup:
            if self.makeup_hours is not None:
                return self.makeup_hours
            return next((self.weekly[n] for n in range(7) if self.weekly.get(n)), ())
        return () if day in self.off else self.weekly.get(day.weekday(), ())

    def working(self, day: date) -> bool:
        if day in self.exceptions:
            return self.exceptions[day] != ()
        if day in self.makeup:
            return True
        if day in self.off:
            return False
        if self.workdays is not None:
            return day.weekday() in self.workdays
        return bool(self.weekly.get(day.weekday()))

    def open_at(self, at: datetime) -> bool:
        shown = at.astimezone(self.zone)
        return self.open_on(shown.date(), shown.hour * 60 + shown.minute)

    def open_on(self, day: date, minute: int) -> bool:
        """Whether a minute of a local date belongs to a shift of it, or of the date before."""
        return any(start <= minute < end for start, end in self.hours(day)) or any(
            start <= minute + 1440 < end for start, end in self.hours(day - DAY)
        )

    def first(self, shows: datetime) -> datetime:
        """The first minute at which the wall clock shows a (naive) time or a later one."""
        at = shows.replace(tzinfo=UTC) - 2 * DAY
        while at.astimezone(self.zone).replace(tzinfo=None) < shows:
            at += MINUTE
        return at

    def begin(self, day: date) -> datetime:
        return self.first(datetime.combine(day, time()))


class Table:
    """Every minute of a stretch, open or not, and the running count of the open ones."""

    def __init__(self, rules: Rules, start: datetime, days: int) -> None:
        self.start = start
        shown = [(start + n * MINUTE).astimezone(rules.zone) for n in range(days * 1440)]
        dates = {day: [rules.open_on(day, minute) for minute in range(1440)] for day in {at.date() for at in shown}}
        self.open = [dates[at.date()][at.hour * 60 + at.minute] for at in shown]
        self.count = [0, *accumulate(self.open)]

    def elapsed(self, start: datetime, end: datetime) -> int:
        return self.count[self._at(end)] - self.count[self._at(start)]

    def due(self, start: datetime, minutes: int) -> datetime | None:
        """The earliest minute from `start` on by which so many were open; None if it lies beyond the table."""
        here = self._at(start)
        found = bisect_left(self.count, self.count[here] + minutes)
        return self.start + max(found, here) * MINUTE if found < len(self.count) else None

    def before(self, end: datetime, minutes: int) -> datetime | None:
        """The latest minute up to `end` from which on so many were open; None if it lies before the table."""
        for n in range(self._at(end), -1, -1):
            if self.count[self._at(end)] - self.count[n] >= minutes:
                return self.start + n * MINUTE
        return None

    def next_open(self, at: datetime) -> datetime | None:
        for n in range(self._at(at), len(self.open)):
            if self.open[n]:
                return self.start + n * MINUTE
        return None

    def _at(self, at: datetime) -> int:
        return (at - self.start) // MINUTE


# Where wall clocks do what programs do not expect, with a moment nearby.
ODD_PLACES: Sequence[tuple[str, datetime]] = tuple(
    (zone, datetime.fromisoformat(f"{at}T00:00:00+00:00"))
    for zone, at in (
        ("UTC", "2028-02-29"),
        ("Europe/Berlin", "2026-03-29"),
        ("Europe/Berlin", "2026-10-25"),
        ("America/New_York", "2026-03-08"),
        ("America/New_York", "2026-11-01"),
        ("Asia/Shanghai", "2026-02-14"),
        ("Asia/Kathmandu", "2026-05-09"),
        ("Australia/Lord_Howe", "2026-04-04"),
        ("Australia/Lord_Howe", "2026-10-03"),
        ("Pacific/Apia", "2011-12-30"),
        ("Pacific/Kwajalein", "1993-08-21"),
        ("Africa/Cairo", "2026-04-23"),
        ("Africa/Cairo", "2026-10-29"),
        ("America/Sao_Paulo", "2018-11-04"),
        ("America/Sao_Paulo", "2018-02-18"),
        ("America/St_Johns", "2006-10-29"),
        ("Africa/Casablanca", "2026-02-15"),
        ("Europe/Dublin", "2025-12-31"),
        ("Antarctica/Troll", "2026-03-29"),
        ("Antarctica/Troll", "2026-10-25"),
        ("Pacific/Chatham", "2026-04-05"),
        ("Pacific/Kiritimati", "1994-12-31"),
        ("America/Nuuk", "2023-03-26"),
        ("Asia/Pyongyang", "2018-05-04"),
    )
)

_edges = st.sampled_from([0, 1, 30, 60, 90, 120, 150, 180, 540, 720, 1080, 1320, 1380, 1439])
_starts = _edges | st.integers(0, 1439)
_lengths = st.sampled_from([1, 30, 60, 120, 480, 1439, 1440]) | st.integers(1, 1440)
_shifts = st.builds(lambda start, length: (start, start + length), _starts, _lengths)
_hours = st.lists(_shifts, max_size=3).map(tuple)


@st.composite
def rules_near(draw: st.DrawFn, *, places: Sequence[tuple[str, datetime]] = ODD_PLACES) -> tuple[Rules, datetime]:
    """A random calendar, and a moment near which its zone does something odd."""
    zone, odd = draw(st.sampled_from(places))
    near = st.integers(-4, 5).map(lambda days: odd.date() + timedelta(days=days))
    return Rules(
        ZoneInfo(zone),
        draw(st.dictionaries(st.integers(0, 6), _hours, max_size=7)),
        off=draw(st.frozensets(near, max_size=3)),
        makeup=draw(st.frozensets(near, max_size=2)),
        makeup_hours=draw(st.none() | _hours),
        exceptions=draw(st.dictionaries(near, _hours, max_size=2)),
        workdays=draw(st.none() | st.frozensets(st.integers(0, 6))),
    ), odd
