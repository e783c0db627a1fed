from collections.abc import Callable
from datetime import date, datetime

import pytest
from attrs import field, frozen
from hypothesis import given, settings

from svcflow.core.calendar import Calendar, YearDays
from svcflow.holidays import FrozenDays, PublicHolidays
from svcflow.testing.days import Turned
from svcflow.testing.holidays import CHECKS, check, contract
from svcflow.testing.strategies import calendars

CHINA = PublicHolidays("CN")


@frozen
class Company:
    """Holidays of a company, as a host would write them; what they answer can be made wrong."""

    name: str = "company"
    valid_through: int | None = None
    answer: Callable[[int], YearDays] = field(default=lambda year: YearDays(frozenset({date(year, 1, 2)})))

    def days(self, year: int) -> YearDays:
        return self.answer(year)


def counted() -> Callable[[int], YearDays]:
    """Days that are others whenever they are asked for."""
    asked: list[int] = []

    def answer(year: int) -> YearDays:
        asked.append(year)
        return YearDays(frozenset({date(year, 1, 1 + len(asked) % 28)}))

    return answer


def table(year: int) -> YearDays:
    """A table that ends."""
    return {2026: YearDays()}[year]


@pytest.mark.parametrize("code", ["CN", "DE", "US-CA", "IN", "HU"])
def test_the_public_holidays_keep_every_promise(code: str) -> None:
    contract(PublicHolidays(code))


@pytest.mark.parametrize(
    "provider",
    [
        Company(),
        FrozenDays.of(CHINA, range(2020, 2030)),
        FrozenDays.of(CHINA, [2026]).until(date(2026, 5, 4), FrozenDays.of(PublicHolidays("DE"), [2026, 2027])),
        Turned(CHINA, frozenset({date(2026, 3, 7), date(2026, 10, 1)})),
    ],
    ids=["company", "frozen", "joined", "turned"],
)
def test_so_does_whatever_stands_in_for_them(provider: Company | FrozenDays | Turned) -> None:
    contract(provider)


@settings(max_examples=5)
@given(calendars().filter(lambda calendar: calendar.holidays is not None))
def test_so_do_drawn_holidays(calendar: Calendar) -> None:
    assert calendar.holidays is not None
    contract(calendar.holidays)


BOTH = YearDays(frozenset({date(2026, 2, 1)}), frozenset({date(2026, 2, 1)}))
WRONG = {
    "it_has_a_name": Company(name=" "),
    "it_can_be_a_part_of_a_value": Company(name=[]),  # type: ignore[arg-type]  # wrong on purpose
    "every_year_has_its_days": Company(answer=table),
    "no_day_is_off_and_worked_on": Company(answer=lambda year: BOTH if year == 2026 else YearDays()),
    "the_same_year_has_the_same_days": Company(answer=counted()),
    "what_is_official_is_known": Company(valid_through=2025),
    "published_versions_can_keep_them": Company(answer=counted()),
}


@pytest.mark.parametrize("promise", CHECKS)
def test_a_provider_that_breaks_a_promise_is_told_which(promise: str) -> None:
    wrong = WRONG[promise]
    with pytest.raises(AssertionError):
        check(wrong, promise)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda year: YearDays(frozenset({date(2026, 1, 1)})), "2015: `off` holds days of that year only, not 2026"),
        (lambda year: YearDays(frozenset({datetime(year, 1, 1)})), "2015: `off` holds dates, not"),  # noqa: DTZ001
        (lambda year: YearDays({date(year, 1, 1)}), "2015: `off` is a frozenset, not set"),  # type: ignore[arg-type]  # wrong
        (lambda year: None, "2015: `days` answers YearDays, not None"),
        (table, "2015: every year has its days, but: KeyError"),
        (lambda year: YearDays(official=None), "2015: `official` is true or false, not None"),  # type: ignore[arg-type]  # wrong
    ],
    ids=["other year", "times", "set", "none", "table", "official"],
)
def test_what_is_wrong_is_told_with_its_year(answer: Callable[[int], YearDays], told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        contract(Company(answer=answer))
