from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest

from minutes import Listed
from svcflow.core.calendar import Calendar, NeverOpen, Shift
from svcflow.errors import CalendarError, SvcflowError

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
HALF_DAYS = (Shift.between("08:30", "12:00"), Shift.between("13:30", "17:30"))
SATURDAY = Shift.between("09:00", "12:00")
HOUR = timedelta(hours=1)


def office(**changes: object) -> Calendar:
    """Monday to Friday in two halves, Saturday mornings open but no working day."""
    definition: dict[str, object] = {
        "workdays": range(5),
        "holidays": Listed(
            off=frozenset({date(2026, 2, 21), date(2026, 2, 23), date(2026, 5, 1)}),
            makeup=frozenset({date(2026, 2, 14), date(2026, 2, 28)}),
        ),
    }
    weekly = dict.fromkeys(range(5), HALF_DAYS) | {5: (SATURDAY,)}
    return Calendar("office", SHANGHAI, weekly, **(definition | changes))  # type: ignore[arg-type]  # one name a test


def nine_to_five(zone: tzinfo = UTC) -> Calendar:
    return Calendar("plain", zone, dict.fromkeys(range(5), (Shift.between("09:00", "17:00"),)))


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# -- what is open ------------------------------------------------------------------------------------------------


def test_a_shift_is_open_from_its_start_to_just_before_its_end() -> None:
    assert not office().is_open(shanghai("2026-03-02T08:29:59"))
    assert office().is_open(shanghai("2026-03-02T08:30"))
    assert office().is_open(shanghai("2026-03-02T11:59:59"))
    assert not office().is_open(shanghai("2026-03-02T12:00"))


def test_a_night_shift_belongs_to_the_date_it_starts_on() -> None:
    night = Calendar(
        "night", BERLIN, {4: (Shift.between("22:00", "06:00"),)}, holidays=Listed(frozenset({date(2026, 5, 9)}))
    )
    friday_night = night.elapsed(utc("2026-05-08T12:00"), utc("2026-05-09T12:00"))
    assert friday_night == 8 * HOUR
    assert night.hours_on(date(2026, 5, 9)) == ()


def test_a_holiday_closes_weekdays_and_saturdays() -> None:
    assert office().hours_on(date(2026, 2, 23)) == ()
    assert office().hours_on(date(2026, 2, 21)) == ()
    assert office().hours_on(date(2026, 3, 7)) == (SATURDAY,)


def test_a_makeup_day_has_the_hours_of_the_first_weekday_not_those_of_its_saturday() -> None:
    assert office().hours_on(date(2026, 2, 14)) == HALF_DAYS
    early = (Shift.between("08:00", "12:00"),)
    assert office(makeup=early).hours_on(date(2026, 2, 14)) == early


def test_an_exception_beats_holidays_makeup_days_and_weekdays() -> None:
    calendar = office(exceptions={date(2026, 2, 14): [SATURDAY], date(2026, 5, 1): [SATURDAY], date(2026, 5, 4): []})
    assert calendar.hours_on(date(2026, 2, 14)) == (SATURDAY,)
    assert calendar.is_working_date(date(2026, 5, 1))
    assert not calendar.is_working_date(date(2026, 5, 4))


def test_days_says_which_weekdays_count_and_makeup_days_count_too() -> None:
    assert not office().is_working_date(date(2026, 3, 7))
    assert office(workdays=None).is_working_date(date(2026, 3, 7))
    assert office().is_working_date(date(2026, 2, 14))
    assert not office().is_working_date(date(2026, 2, 23))


def test_overlapping_and_touching_shifts_count_once() -> None:
    shifts = (Shift(540, 780), Shift(720, 1080), Shift(1080, 1140))
    calendar = Calendar("overlap", UTC, {0: shifts})
    assert calendar.elapsed(utc("2026-05-04T00:00"), utc("2026-05-05T00:00")) == 10 * HOUR


# -- counting ----------------------------------------------------------------------------------------------------


def test_nothing_is_due_at_once_and_outside_hours_too() -> None:
    sunday = utc("2026-05-03T10:00")
    assert nine_to_five().due(sunday, timedelta(0)) == sunday
    assert nine_to_five().due(sunday, -HOUR) == sunday
    assert nine_to_five().before(sunday, timedelta(0)) == sunday


def test_answers_are_in_utc_and_questions_in_any_zone() -> None:
    start = datetime(2026, 5, 4, 12, tzinfo=timezone(timedelta(hours=3)))
    due = nine_to_five().due(start, HOUR)
    assert (due, due.tzinfo) == (utc("2026-05-04T10:00"), UTC)


def test_a_naive_time_is_refused_everywhere() -> None:
    naive = datetime(2026, 5, 4, 12)  # noqa: DTZ001
    calendar = nine_to_five()
    for ask in (
        lambda: calendar.due(naive, HOUR),
        lambda: calendar.elapsed(naive, naive),
        lambda: calendar.add_days(naive, 1),
        lambda: calendar.add_months(naive, 1),
        lambda: calendar.window(naive, 1, 2),
        lambda: calendar.is_open(naive),
    ):
        with pytest.raises(TypeError):
            ask()


def test_time_counted_backwards_is_negative() -> None:
    assert nine_to_five().elapsed(utc("2026-05-05T12:00"), utc("2026-05-04T12:00")) == -8 * HOUR


def test_always_is_physical_time_even_over_a_change_of_the_clocks() -> None:
    always = Calendar.always(BERLIN)
    evening, length = utc("2026-10-24T10:00"), timedelta(hours=24, microseconds=7)
    assert always.due(evening, length) == evening + length
    assert always.before(evening + length, length) == evening
    assert always.elapsed(evening, evening + length) == length
    assert always.next_open(evening) == evening
    assert always.is_open(evening)


def test_a_calendar_that_is_always_open_but_for_a_date_is_not_always() -> None:
    full = dict.fromkeys(range(7), (Shift(0, 1440),))
    calendar = Calendar("shop", UTC, full, exceptions={date(2026, 12, 25): []})
    assert calendar.due(utc("2026-12-24T12:00"), 24 * HOUR) == utc("2026-12-26T12:00")


def test_days_that_cover_the_clock_only_together_are_counted_as_such() -> None:
    halves = Calendar("halves", UTC, dict.fromkeys(range(7), (Shift(0, 700), Shift(600, 1440))))
    gap = Calendar("gap", UTC, dict.fromkeys(range(7), (Shift(0, 700), Shift(701, 1440))))
    week = (utc("2026-05-04T00:00"), utc("2026-05-11T00:00"))
    assert halves.elapsed(*week) == timedelta(days=7)
    assert gap.elapsed(*week) == timedelta(days=7) - timedelta(minutes=7)


# -- dates -------------------------------------------------------------------------------------------------------


def test_two_days_are_the_same_wall_clock_time_two_working_dates_on() -> None:
    friday = shanghai("2026-03-06T15:20")
    assert office().add_days(friday, 2) == shanghai("2026-03-10T15:20")
    assert office().add_days(friday, -2) == shanghai("2026-03-04T15:20")


def test_working_dates_count_on_and_back_over_the_turn_of_a_year() -> None:
    monday, wednesday = utc("2026-01-05T10:00"), utc("2025-12-31T10:00")
    assert nine_to_five().add_days(monday, -3) == wednesday
    assert nine_to_five().add_days(wednesday, 3) == monday
    assert nine_to_five().add_days(monday, -3 - 5 * 52) == utc("2025-01-01T10:00")


def test_counting_back_ends_with_the_first_year() -> None:
    with pytest.raises(CalendarError, match="lie outside the years 1 to 9999"):
        nine_to_five().add_days(utc("0002-01-05T10:00"), -300)


def test_makeup_days_count_and_holidays_do_not() -> None:
    assert office().add_days(shanghai("2026-02-13T10:00"), 1) == shanghai("2026-02-14T10:00")
    assert office().add_days(shanghai("2026-02-20T10:00"), 1) == shanghai("2026-02-24T10:00")


def test_a_moment_outside_the_hours_moves_to_the_next_opening() -> None:
    assert office().add_days(shanghai("2026-03-02T12:30"), 1) == shanghai("2026-03-03T13:30")
    assert office().add_days(shanghai("2026-03-05T22:00"), 1) == shanghai("2026-03-07T09:00")


def test_no_days_are_this_moment_or_the_next_opening() -> None:
    assert office().add_days(shanghai("2026-03-02T09:00:01"), 0) == shanghai("2026-03-02T09:00:01")
    assert office().add_days(shanghai("2026-03-02T18:00"), 0) == shanghai("2026-03-03T08:30")


def test_days_on_always_keep_the_wall_clock_time_over_a_change_of_the_clocks() -> None:
    start = datetime(2026, 10, 20, 15, tzinfo=BERLIN)
    assert Calendar.always(BERLIN).add_days(start, 15) == datetime(2026, 11, 4, 15, tzinfo=BERLIN)


def test_a_wall_time_that_does_not_exist_moves_to_the_next_instant_and_a_double_one_is_the_first() -> None:
    always = Calendar.always(BERLIN)
    assert always.add_days(datetime(2026, 3, 28, 2, 30, tzinfo=BERLIN), 1) == utc("2026-03-29T01:00")
    assert always.add_days(datetime(2026, 10, 24, 2, 30, tzinfo=BERLIN), 1) == utc("2026-10-25T00:30")


def test_a_date_that_a_zone_skipped_begins_with_the_next_one() -> None:
    apia = Calendar.always(ZoneInfo("Pacific/Apia"))
    assert apia.bounds(date(2011, 12, 30)) == (utc("2011-12-30T10:00"), utc("2011-12-30T10:00"))
    assert apia.add_days(utc("2011-12-29T20:00"), 1) == utc("2011-12-30T10:00")


def test_a_date_begins_where_its_midnight_is_missing_or_double() -> None:
    cairo = Calendar.always(ZoneInfo("Africa/Cairo"))
    assert cairo.bounds(date(2026, 4, 24)) == (utc("2026-04-23T22:00"), utc("2026-04-24T21:00"))
    st_johns = Calendar.always(ZoneInfo("America/St_Johns"))
    assert st_johns.bounds(date(2006, 10, 29))[0] == utc("2006-10-29T02:30")


@pytest.mark.requirement("R204")
def test_months_keep_their_day_and_are_not_moved_off_closed_days() -> None:
    anchor = shanghai("2026-01-31T20:00")
    found = [office().add_months(anchor, 1, times=times) for times in (0, 1, 2, 3)]
    assert found == [shanghai(f"2026-{day}T20:00") for day in ("01-31", "02-28", "03-31", "04-30")]
    assert office().add_months(shanghai("2028-02-29T10:00"), 12) == shanghai("2029-02-28T10:00")
    assert office().add_months(anchor, -2) == shanghai("2025-11-30T20:00")


def test_the_next_working_date_may_be_the_date_itself() -> None:
    assert office().working_date(date(2026, 3, 2)) == date(2026, 3, 2)
    assert office().working_date(date(2026, 3, 7)) == date(2026, 3, 9)
    assert office().working_date(date(2026, 3, 7), back=True) == date(2026, 3, 6)


# -- windows -----------------------------------------------------------------------------------------------------


def test_a_window_does_not_count_its_own_date() -> None:
    trigger = shanghai("2026-03-02T23:59")
    assert office().window(trigger, 2, 5) == (shanghai("2026-03-04T00:00"), shanghai("2026-03-08T00:00"))


def test_a_window_can_count_working_dates_only() -> None:
    trigger = shanghai("2026-03-05T10:00")
    assert office().window_dates(trigger, 1, 3, working=True) == (date(2026, 3, 6), date(2026, 3, 10))


def test_a_window_may_begin_on_its_own_date_be_it_a_working_date_or_not() -> None:
    saturday = shanghai("2026-03-07T10:00")
    assert office().window_dates(saturday, 0, 1, working=True) == (date(2026, 3, 7), date(2026, 3, 9))


def test_rolling_moves_a_last_date_without_hours_and_an_open_saturday_has_some() -> None:
    sunday = shanghai("2026-03-05T10:00")
    assert office().window_dates(sunday, 1, 3, roll=True)[1] == date(2026, 3, 9)
    assert office().window_dates(sunday, 1, 2, roll=True)[1] == date(2026, 3, 7)


@pytest.mark.parametrize(("first", "last"), [(2, 1), (-1, 1)])
def test_a_window_without_days_is_refused(first: int, last: int) -> None:
    with pytest.raises(CalendarError, match="has no days"):
        office().window(shanghai("2026-03-05T10:00"), first, last)


# -- bounds ------------------------------------------------------------------------------------------------------


def test_a_calendar_without_hours_says_so_soon() -> None:
    empty = Calendar("empty", UTC, {})
    at = utc("2026-05-04T09:00")
    assert empty.elapsed(at, at + timedelta(days=400)) == timedelta(0)
    for ask in (
        lambda: empty.due(at, HOUR),
        lambda: empty.before(at, HOUR),
        lambda: empty.next_open(at),
        lambda: empty.add_days(at, 1),
        lambda: empty.working_date(at.date()),
        lambda: empty.window(at, 1, 2, roll=True),
    ):
        with pytest.raises(NeverOpen, match="'empty' has not enough working time"):
            ask()


def test_hours_in_the_past_only_do_not_open_again() -> None:
    once = Calendar("once", UTC, {}, exceptions={date(2026, 5, 4): [SATURDAY]})
    assert once.due(utc("2026-01-01T00:00"), 3 * HOUR) == utc("2026-05-04T12:00")
    with pytest.raises(NeverOpen) as caught:
        once.due(utc("2026-05-05T00:00"), HOUR)
    assert (caught.value.calendar, caught.value.at) == ("once", utc("2026-05-05T00:00"))
    assert isinstance(caught.value, SvcflowError)


def test_absurd_lengths_end_in_an_error_and_not_in_a_long_wait() -> None:
    at = utc("2026-05-04T09:00")
    with pytest.raises(NeverOpen):
        nine_to_five().due(at, timedelta(days=900_000))
    with pytest.raises(NeverOpen):
        nine_to_five().before(at, timedelta.max)
    with pytest.raises(NeverOpen):
        nine_to_five().add_days(at, 10**9)
    for ask in (
        lambda: Calendar.always().due(at, timedelta(days=900_000_000)),
        lambda: Calendar.always().add_days(at, 10**9),
        lambda: Calendar.always(ZoneInfo("Asia/Shanghai")).local_date(datetime.max.replace(tzinfo=UTC)),
        lambda: nine_to_five().add_months(at, 10**9),
        lambda: nine_to_five().elapsed(at, utc("9000-01-01T00:00")),
        lambda: nine_to_five().next_open(utc("0001-01-02T00:00")),
        lambda: nine_to_five().is_open(utc("9999-12-31T00:00")),
        lambda: nine_to_five(SHANGHAI).add_days(utc("9999-12-31T23:00"), 1),
    ):
        with pytest.raises(CalendarError):
            ask()


def test_many_strange_years_do_not_fill_the_memory() -> None:
    calendar = nine_to_five()
    for year in range(1000, 1400):
        calendar.is_open(datetime(year, 1, 1, tzinfo=UTC))
        calendar.add_days(datetime(year, 1, 1, tzinfo=UTC), 1)
    assert len(calendar._blocks) <= 256
    assert len(calendar._years) <= 256
    assert calendar.is_open(utc("2026-05-04T09:00"))


def test_a_zone_that_knows_no_offset_is_an_error() -> None:
    class Nowhere(tzinfo):
        def utcoffset(self, _: datetime | None) -> timedelta | None:
            return None

        def dst(self, _: datetime | None) -> timedelta | None:
            return None

        def tzname(self, _: datetime | None) -> str | None:
            return None

        def fromutc(self, at: datetime) -> datetime:
            return at

    with pytest.raises(CalendarError, match="does not say how far"):
        nine_to_five(Nowhere()).is_open(utc("2026-05-04T09:00"))


# -- values ------------------------------------------------------------------------------------------------------


def test_equal_definitions_are_equal_calendars() -> None:
    used = office()
    used.due(shanghai("2026-03-02T09:00"), HOUR)
    assert used == office()
    assert hash(used) == hash(office())
    assert used != office(workdays=range(6))
    assert used != office(holidays=None)
    assert Calendar.always(BERLIN) == Calendar.always(ZoneInfo.no_cache("Europe/Berlin"))
    assert Calendar.always(BERLIN) != Calendar.always(SHANGHAI)


@pytest.mark.parametrize(("start", "end"), [(-1, 60), (1440, 1500), (60, 60), (60, 30), (0, 1441)])
def test_a_shift_starts_within_its_date_and_lasts_at_most_a_day(start: int, end: int) -> None:
    with pytest.raises(CalendarError, match="does not start within its date"):
        Shift(start, end)


def test_a_shift_is_read_from_two_times_of_day() -> None:
    assert Shift.between("09:00", "24:00") == Shift(540, 1440)
    assert Shift.between("22:00", "06:00") == Shift(1320, 1800)
    assert Shift.between("09:00", "09:00") == Shift(540, 1980)


@pytest.mark.parametrize("text", ["", "9", "25:00", "24:01", "09:60", "09:5", "9h", "-1:00", "+9:00", "０9:00"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(CalendarError, match="is no time of day"):
        Shift.between(text, "24:00")
