"""
The kit's own working time: against hands, against minutes counted one by one, against vectors of another program.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minutes import Rules, Table, rules_near
from svcflow.core.calendar import Calendar, Shift
from svcflow.testing import vector_file as file
from svcflow.testing.reckoning.office import Office, Offices, TooFar

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)


def berlin(hours: str = "09:00-17:00", *days: int) -> Office:
    opens, _, closes = hours.partition("-")
    shift = Shift.between(opens, closes)
    return Office(Calendar("shop", ZoneInfo("Europe/Berlin"), dict.fromkeys(days or range(5), (shift,))))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


def test_a_weekend_counts_nothing() -> None:
    office = berlin()
    assert office.worked(at("2026-03-06T16:00"), at("2026-03-09T10:00")) == 2 * HOUR
    assert office.reaches(at("2026-03-06T16:00"), 2 * HOUR) == at("2026-03-09T10:00")
    assert office.leads(at("2026-03-09T10:00"), 2 * HOUR) == at("2026-03-06T16:00")
    assert office.worked(at("2026-03-09T10:00"), at("2026-03-06T16:00")) == timedelta(0)


def test_the_hour_that_is_leapt_over_counts_nothing_and_the_one_that_comes_twice_counts_twice() -> None:
    nights = berlin("00:00-06:00", 6)
    assert nights.worked(at("2026-03-29T00:00"), at("2026-03-29T06:00")) == 5 * HOUR
    assert nights.worked(at("2026-10-25T00:00"), at("2026-10-25T06:00")) == 7 * HOUR


def test_a_wall_time_that_does_not_exist_is_the_next_that_does() -> None:
    always = berlin("00:00-24:00", *range(7))
    assert always.days_on(at("2026-03-28T02:30"), 1) == at("2026-03-29T03:00")
    assert always.first(datetime(2026, 10, 25, 2, 30)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # noqa: DTZ001 - a wall time


def test_months_keep_their_date_but_for_the_shortest() -> None:
    office, start = berlin(), at("2026-01-31T10:00")
    assert [office.months_on(start, n) for n in (1, 2)] == [at("2026-02-28T10:00"), at("2026-03-31T10:00")]


def test_what_never_opens_is_too_far() -> None:
    with pytest.raises(TooFar):
        Office(Calendar("never", UTC, {})).reaches(datetime(2026, 3, 2, tzinfo=UTC), HOUR)


def test_an_office_is_kept_per_calendar() -> None:
    offices, one = Offices(), Calendar.always()
    assert offices.of(one) is offices.of(Calendar.always())
    assert offices.of(Calendar("other", UTC, {})) is not offices.of(one)


def test_the_vectors_of_another_program_hold(shared: Path) -> None:
    found, calendars = file.read((shared / "vectors" / "sla_vectors.json").read_text(encoding="utf-8"))
    for row in file.rows(found, "due"):
        office, start = Office(file.calendar(row, calendars)), file.moment(row, "start").astimezone(UTC)
        if row["due"] is not None:
            assert office.reaches(start, file.seconds(row, "duration_s")) == file.moment(row, "due"), row["id"]
    for row in file.rows(found, "elapsed"):
        office = Office(file.calendar(row, calendars))
        start, end = (file.moment(row, key).astimezone(UTC) for key in ("start", "end"))
        assert office.worked(start, end) - office.worked(end, start) == file.seconds(row, "elapsed_s"), row["id"]
    for row in file.rows(found, "before"):
        office, end = Office(file.calendar(row, calendars)), file.moment(row, "end").astimezone(UTC)
        if row["start"] is not None:
            assert office.leads(end, file.seconds(row, "duration_s")) == file.moment(row, "start"), row["id"]


offsets = st.integers(-2 * 1440, 2 * 1440).map(lambda minutes: minutes * MINUTE)


@settings(max_examples=20)
@given(rules_near(), offsets, offsets, st.integers(1, 1440))
def test_minutes_counted_one_by_one_say_the_same(
    place: tuple[Rules, datetime], one: timedelta, other: timedelta, minutes: int
) -> None:
    rules, odd = place
    office, table = Office(rules.calendar()), Table(rules, odd - 2 * DAY, 5)
    start, end = sorted((odd + one, odd + other))
    assert office.worked(start, end) == table.elapsed(start, end) * MINUTE
    due = table.due(start, minutes)
    if due is not None:
        assert office.reaches(start, minutes * MINUTE) == due
    opens = table.next_open(start)
    if opens is not None:
        assert office.opens(start) == opens


@settings(max_examples=20)
@given(rules_near(), offsets, st.integers(0, 5), st.integers(0, 3), st.booleans(), st.booleans())
def test_dates_and_windows_are_those_of_the_calendar(
    place: tuple[Rules, datetime],
    offset: timedelta,
    first: int,
    more: int,
    working: bool,  # noqa: FBT001
    roll: bool,  # noqa: FBT001
) -> None:
    rules, odd = place
    calendar, start = rules.calendar(), odd + offset
    office = Office(calendar)
    if not any(calendar.weekly) or not calendar.workdays:
        return
    assert office.days_on(start, first) == calendar.add_days(start, first)
    assert office.months_on(start, first) == calendar.add_months(start, first)
    window = calendar.window(start, first, first + more, working=working, roll=roll)
    assert office.window(start, first, first + more, working=working, roll=roll) == window
