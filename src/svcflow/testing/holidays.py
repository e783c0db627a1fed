"""
The suite that every provider of holidays must pass: `contract(provider)`, plain assertions without a test framework.

Calendars ask for the days of whatever year somebody writes a date of, and take the answers to be the same for ever.
`CHECKS` names every promise, for test frameworks that would rather report them one by one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from types import MappingProxyType
from typing import Final, TypeAlias

from svcflow.core.calendar import Holidays, YearDays
from svcflow.holidays import FrozenDays
from svcflow.testing.machine_checks import expect

Check: TypeAlias = Callable[[Holidays], None]

NEAR: Final = range(2015, 2041)
"""Years that cases live in."""

FAR: Final = (1, 2, 1582, 1899, 1970, 2100, 2299, 9998, 9999)
"""Years that somebody writes by mistake: a calendar must not fall over them."""


def contract(provider: Holidays) -> None:
    """
    Check everything that svcflow relies on in a provider of holidays.

    Raises:
        AssertionError: The provider breaks a promise; the text names the promise and the year.
    """
    for promise in CHECKS.values():
        promise(provider)


def check(provider: Holidays, name: str) -> None:
    """
    Check one promise, by its name in `CHECKS`.

    Raises:
        AssertionError: The provider breaks it.
    """
    CHECKS[name](provider)


def it_has_a_name(provider: Holidays) -> None:
    """Published versions know their holidays by it."""
    name: object = provider.name
    expect(
        isinstance(name, str) and bool(name.strip()), f"a provider has a name, as written in calendars, not {name!r}"
    )


def it_can_be_a_part_of_a_value(provider: Holidays) -> None:
    """Calendars are compared and hashed, with their holidays."""
    try:
        hash(provider)
    except TypeError as problem:
        raise AssertionError(f"a provider can be hashed, but: {problem}") from problem
    expect(provider == provider, "a provider is equal to itself")  # noqa: PLR0124 - not every `__eq__` says so
    expect(provider != object(), "a provider is equal to no other thing")


def every_year_has_its_days(provider: Holidays) -> None:
    """Also the years that nobody has published: then they are a guess, or none."""
    for year in (*NEAR, *FAR):
        found = _asked(provider, year)
        days: object = found
        expect(isinstance(days, YearDays), f"{year}: `days` answers YearDays, not {days!r}")
        for kind, dates in (("off", found.off), ("makeup", found.makeup)):
            held: object = dates
            expect(isinstance(held, frozenset), f"{year}: `{kind}` is a frozenset, not {type(held).__name__}")
            strange = [day for day in dates if type(day) is not date]
            expect(not strange, f"{year}: `{kind}` holds dates, not {strange[:1]!r}")
            other = sorted(day for day in dates if day.year != year)
            expect(not other, f"{year}: `{kind}` holds days of that year only, not {', '.join(map(str, other[:3]))}")


def no_day_is_off_and_worked_on(provider: Holidays) -> None:
    """Which of them holds would be a matter of luck."""
    for year in NEAR:
        days = provider.days(year)
        both = sorted(days.off & days.makeup)
        expect(not both, f"{year}: a day is off or a make-up day, but {', '.join(map(str, both[:3]))} is both")


def the_same_year_has_the_same_days(provider: Holidays) -> None:
    """Times that were promised must not move because somebody asks again."""
    first = {year: provider.days(year) for year in NEAR}
    for year in reversed(NEAR):
        expect(provider.days(year) == first[year], f"{year}: asked again, it has other days")


def what_is_official_is_known(provider: Holidays) -> None:
    """`valid_through` is what people are warned by: no year after it can be official."""
    known: object = provider.valid_through
    whole = known is None or (isinstance(known, int) and not isinstance(known, bool))
    expect(whole, f"`valid_through` is a year or None, not {known!r}")
    last = provider.valid_through
    expect(last == known, f"`valid_through` stays {known!r}, and is not {last!r} when asked again")
    for year in (*NEAR, *FAR):
        official: object = provider.days(year).official
        expect(isinstance(official, bool), f"{year}: `official` is true or false, not {official!r}")
        expect(not official or last is None or year <= last, f"{year}: official, though known through {last} only")


def published_versions_can_keep_them(provider: Holidays) -> None:
    """Publishing stores the days of some years as JSON, and running cases count on these."""
    kept = FrozenDays.from_plain(json.loads(json.dumps(FrozenDays.of(provider, NEAR).to_plain())))
    for year in NEAR:
        expect(kept.days(year) == provider.days(year), f"{year}: kept with a published version, it has other days")
    expect(kept.name == provider.name, f"kept with a published version it is called {kept.name!r}")


def _asked(provider: Holidays, year: int) -> YearDays:
    try:
        return provider.days(year)
    except Exception as problem:
        raise AssertionError(f"{year}: every year has its days, but: {problem!r}") from problem


CHECKS = MappingProxyType(
    {
        promise.__name__: promise
        for promise in (
            it_has_a_name,
            it_can_be_a_part_of_a_value,
            every_year_has_its_days,
            no_day_is_off_and_worked_on,
            the_same_year_has_the_same_days,
            what_is_official_is_known,
            published_versions_can_keep_them,
        )
    }
)
