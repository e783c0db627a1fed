import json
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcflow.core.calendar import Calendar, Shift, YearDays
from svcflow.errors import CalendarError, InputError
from svcflow.holidays import FrozenDays, PublicHolidays, UnknownHolidays, warning

DAYS = st.frozensets(st.dates(date(2025, 11, 1), date(2027, 2, 28)), max_size=12)


def dates(texts: Iterable[str]) -> set[date]:
    return {date.fromisoformat(text) for text in texts}


def span(first: str, days: int) -> set[date]:
    start = date.fromisoformat(first)
    return {start + timedelta(days=n) for n in range(days)}


@pytest.fixture(scope="module")
def china() -> PublicHolidays:
    return PublicHolidays("CN")


def test_years_that_the_package_warns_of_are_not_certain() -> None:
    """Of India it knows the Hindu holidays from 2001 to 2035; here a warning would be an error."""
    india = PublicHolidays("IN")
    assert date(2036, 8, 15) in india.days(2036).off
    assert not india.days(2036).official
    assert india.valid_through is not None
    assert india.valid_through <= 2035


# -- China -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_china_has_the_days_that_were_announced(china: PublicHolidays, shared: Path, year: int) -> None:
    vectors = json.loads((shared / "vectors" / "sla_vectors.json").read_text(encoding="utf-8"))
    announced = vectors["calendars"]["cn_office"]
    found = china.days(year)
    assert found.off == {day for day in dates(announced["holidays"]) if day.year == year}
    assert found.makeup == {day for day in dates(announced["extra_workdays"]) if day.year == year}
    assert found.official


def test_china_in_2026_by_the_notice_of_the_state_council(china: PublicHolidays) -> None:
    spans = [("2026-01-01", 3), ("2026-02-15", 9), ("2026-04-04", 3), ("2026-05-01", 5)]
    spans += [("2026-06-19", 3), ("2026-09-25", 3), ("2026-10-01", 7)]
    makeup = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]
    assert china.days(2026) == YearDays(
        frozenset(chain.from_iterable(span(*each) for each in spans)), frozenset(dates(makeup))
    )


def test_a_single_monday_leaves_the_weekend_before_it_as_it_is(china: PublicHolidays) -> None:
    assert date(2024, 6, 10) in china.days(2024).off
    assert date(2024, 6, 9) not in china.days(2024).off


def test_a_makeup_day_before_new_year_belongs_to_its_own_year(china: PublicHolidays) -> None:
    assert date(2011, 12, 31) in china.days(2011).makeup
    assert {day.year for day in china.days(2012).makeup} == {2012}


def test_china_is_announced_through_2026_and_a_guess_later(china: PublicHolidays) -> None:
    assert china.valid_through == 2026
    assert not china.days(2027).official
    assert date(2027, 10, 1) in china.days(2027).off
    assert not china.days(2027).makeup


def test_a_calendar_works_on_makeup_days_and_keeps_its_saturdays(china: PublicHolidays) -> None:
    office = Calendar(
        "office",
        ZoneInfo("Asia/Shanghai"),
        dict.fromkeys(range(5), (Shift(540, 1080),)) | {5: (Shift(540, 720),)},
        workdays=range(5),
        holidays=china,
    )
    assert office.is_working_date(date(2026, 2, 14))
    assert office.hours_on(date(2026, 2, 14)) == (Shift(540, 1080),)
    assert office.hours_on(date(2026, 2, 21)) == ()
    assert office.hours_on(date(2026, 3, 7)) == (Shift(540, 720),)
    assert not office.is_working_date(date(2026, 3, 7))


# -- other countries ---------------------------------------------------------------------------------------------


def test_the_law_fixes_the_days_of_germany_and_its_regions_have_more() -> None:
    germany, bavaria = PublicHolidays("DE"), PublicHolidays("DE-BY")
    assert germany.valid_through is None
    assert date(2026, 4, 3) in germany.days(2026).off
    assert date(2026, 1, 6) not in germany.days(2026).off
    assert date(2026, 1, 6) in bavaria.days(2026).off
    assert germany.days(2040).official


def test_weekends_next_to_a_holiday_are_holidays_in_china_only() -> None:
    assert date(2026, 4, 4) not in PublicHolidays("DE").days(2026).off


def test_years_out_of_reach_have_no_days_and_are_not_official() -> None:
    assert PublicHolidays("DE").days(9999) == YearDays(official=False)


def test_days_that_depend_on_the_moon_are_valid_until_the_first_guess() -> None:
    turkey = PublicHolidays("TR")
    certain = turkey.valid_through
    assert certain is not None
    assert turkey.days(certain).official
    assert not turkey.days(certain + 1).official
    assert PublicHolidays("KW").valid_through == 1999


def test_what_is_known_of_one_country_is_equal() -> None:
    assert PublicHolidays("DE") == PublicHolidays("DE")
    assert hash(PublicHolidays("DE")) == hash(PublicHolidays("DE"))
    assert PublicHolidays("DE") != PublicHolidays("FR")


@pytest.mark.parametrize(
    ("name", "similar"),
    [("cn", "CN"), ("China", "CN"), ("US-CAL", "US-CA"), ("de-by", "DE-BY"), ("DE-", "DE"), ("US CA", "US")],
)
def test_an_unknown_code_is_named_with_codes_that_look_like_it(name: str, similar: str) -> None:
    with pytest.raises(UnknownHolidays, match=r"no holidays are known for .*did you mean") as caught:
        PublicHolidays(name)
    assert caught.value.name == name
    assert similar in caught.value.similar
    assert isinstance(caught.value, CalendarError)
    assert isinstance(caught.value, LookupError)


@pytest.mark.parametrize("name", ["", "-", "中国", "2026-01-01-01"])
def test_what_looks_like_no_code_at_all_is_still_a_clear_error(name: str) -> None:
    with pytest.raises(UnknownHolidays, match="as in CN"):
        PublicHolidays(name)


# -- frozen days -------------------------------------------------------------------------------------------------


def test_frozen_days_come_back_from_json_as_they_were(china: PublicHolidays) -> None:
    frozen = FrozenDays.of(china, [2026, 2024, 2025, 2026])
    again = FrozenDays.from_plain(json.loads(json.dumps(frozen.to_plain())))
    assert again == frozen
    assert hash(again) == hash(frozen)
    assert [year for year, _ in frozen.years] == [2024, 2025, 2026]
    assert again.days(2026) == china.days(2026)


def test_frozen_days_know_nothing_about_other_years(china: PublicHolidays) -> None:
    frozen = FrozenDays.of(china, range(2025, 2030))
    assert frozen.days(2030) == YearDays(official=False)
    assert not frozen.days(2028).official
    assert frozen.valid_through == 2026
    assert FrozenDays.of(PublicHolidays("DE"), range(2025, 2030)).valid_through == 2029
    assert FrozenDays.of(china, [2024]).valid_through == 2024
    assert FrozenDays.of(china, []).years == ()


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"name": "CN", "valid_through": 2026, "years": []},
        {"name": "CN", "valid_through": 2026, "years": {"x": {"off": [], "makeup": [], "official": True}}},
        {"name": "CN", "valid_through": 2026, "years": {"2026": {"off": ["soon"], "makeup": [], "official": True}}},
        {"name": "CN", "valid_through": 2026, "years": {"2026": {"off": [], "official": True}}},
        {"name": "CN", "valid_through": 2026, "years": {"2026": {"off": 7, "makeup": [], "official": True}}},
        {"name": "CN", "valid_through": "soon", "years": {}},
    ],
)
def test_what_is_no_frozen_days_is_refused(plain: dict[str, object]) -> None:
    with pytest.raises(InputError, match="no frozen holidays"):
        FrozenDays.from_plain(plain)


def test_people_are_warned_of_years_that_are_not_announced(china: PublicHolidays) -> None:
    assert warning(china, 2026) is None
    assert warning(PublicHolidays("DE"), 2099) is None
    assert "holidays CN are announced or certain through 2026 only" in (warning(china, 2027) or "")


def table(off: Iterable[date], makeup: Iterable[date], years: range) -> FrozenDays:
    """
    A table in which these dates are off or made up for.
    """

    def days(year: int) -> YearDays:
        return YearDays(
            frozenset(day for day in off if day.year == year), frozenset(day for day in makeup if day.year == year)
        )

    return FrozenDays("XX", years[-1], tuple((year, days(year)) for year in years))


@given(old=DAYS, old_makeup=DAYS, new=DAYS, new_makeup=DAYS, since=st.dates(date(2025, 11, 1), date(2027, 2, 28)))
def test_new_days_hold_from_a_date_on_and_the_old_ones_before(
    old: frozenset[date], old_makeup: frozenset[date], new: frozenset[date], new_makeup: frozenset[date], since: date
) -> None:
    before, then = table(old, old_makeup, range(2025, 2027)), table(new, new_makeup, range(2025, 2028))
    joined = before.until(since, then)
    day = date(2025, 11, 1)
    while day < date(2027, 3, 1):
        days, told = joined.days(day.year), (before if day < since else then).days(day.year)
        assert (day in days.off, day in days.makeup) == (day in told.off, day in told.makeup)
        day += timedelta(days=1)
    assert joined.valid_through == 2027
    assert then.until(since, then) == then
    assert joined.until(since, then) == joined
