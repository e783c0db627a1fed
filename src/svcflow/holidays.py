"""Public holidays by country code, from the `holidays` package, and days frozen with a published process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, simplefilter

from attrs import field, frozen

from svcflow.core.calendar import Holidays, YearDays
from svcflow.core.moments import reach
from svcflow.core.process import Process
from svcflow.errors import CalendarError, InputError

if TYPE_CHECKING:
    from holidays import HolidayBase

# Their governments move working days around the holidays by a decree each year; past the last one nothing is known.
_DECREED = frozenset({"AZ", "BY", "CN", "HU", "KG", "KZ", "LV", "MM", "RU", "TW", "UZ", "VN"})

# The State Council of China announces spans, and the weekend days in them are part of the holiday.
_IN_SPANS = frozenset({"CN"})

# The years among which the last one that is announced or certain is looked for.
_YEARS = range(2000, 2041)

_DAY = timedelta(days=1)
_MONDAY, _SATURDAY = 0, 5


class UnknownHolidays(CalendarError, LookupError):
    """Nobody knows the holidays of this country or region; `similar` holds codes that look like it."""

    def __init__(self, name: str, similar: Iterable[str]) -> None:
        self.name = name
        self.similar = tuple(similar)
        hint = f"; did you mean {' or '.join(self.similar)}?" if self.similar else ""
        super().__init__(
            f"no holidays are known for {name!r}{hint} (a country code as in CN, or with a region as in US-CA)"
        )


@frozen(slots=False)
class PublicHolidays:
    """
    The public holidays and make-up working days of a country (`CN`, `DE`) or of a region of it (`US-CA`).

    Days are looked up once per year and object.

    Raises:
        UnknownHolidays: If the `holidays` package does not know the code.
    """

    name: str
    _years: dict[int, YearDays] = field(init=False, eq=False, repr=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        import holidays  # noqa: PLC0415 - a tenth of a second, which programs without holidays need not pay

        known = holidays.list_supported_countries()
        country, dash, region = self.name.partition("-")
        if country not in known or (dash and region not in known[country]):
            named = {spoken: codes[1] for spoken, codes in holidays.registry.COUNTRIES.items()}
            code = named.get("_".join(self.name.casefold().split()))
            raise UnknownHolidays(self.name, [code] if code else _similar(self.name, known))

    def days(self, year: int) -> YearDays:
        """The days of one year; not `official` if they had to be computed ahead of their announcement."""
        found = self._years.get(year)
        if found is None:
            found = self._years[year] = self._look_up(year)
        return found

    @cached_property
    def valid_through(self) -> int | None:
        """The last year whose days are announced or certain; None where the law fixes them for every year."""
        if self._country in _DECREED:
            return max((day.year for day in self._source(*_YEARS).weekend_workdays), default=None)
        asked = {year: self._asked(year) for year in _YEARS}
        certain = {year for year, (source, warned) in asked.items() if not warned and not _guessed(source)}
        return None if len(certain) == len(_YEARS) else max(certain, default=_YEARS[0] - 1)

    @cached_property
    def _country(self) -> str:
        """The two letters of the country, also where an alias such as `CHN` was written."""
        return str(self._source().country)

    def _source(self, *years: int) -> HolidayBase:
        """What the package knows about some years; a fresh object, because theirs grow when they are asked."""
        return self._asked(*years)[0]

    def _asked(self, *years: int) -> tuple[HolidayBase, bool]:
        """The same, and whether the package warned that it does not know all of it."""
        import holidays  # noqa: PLC0415 - as above

        country, _, region = self.name.partition("-")
        # A host may make errors of warnings, and must be able to count all the same.
        with catch_warnings(record=True) as told:
            simplefilter("always")
            return holidays.country_holidays(country, subdiv=region or None, years=years, expand=False), bool(told)

    def _look_up(self, year: int) -> YearDays:
        # A make-up day around New Year is announced with the year of its holiday.
        source = self._source(year, year + 1)
        listed = set(source) - source.weekend_workdays
        if self._country in _IN_SPANS:
            listed |= _weekends_in_spans(listed, source.weekend_workdays)
        known = source.start_year <= year <= source.end_year
        return YearDays(
            frozenset(day for day in listed if day.year == year),
            frozenset(day for day in source.weekend_workdays if day.year == year),
            known and (self.valid_through is None or year <= self.valid_through),
        )


@frozen
class FrozenDays:
    """
    Holidays as they were known when a process was published: the same for ever.

    A year that is not stored has no days and is not `official`.
    """

    name: str
    valid_through: int | None
    years: tuple[tuple[int, YearDays], ...]
    _by_year: Mapping[int, YearDays] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_by_year", dict(self.years))

    def days(self, year: int) -> YearDays:
        """The stored days of one year."""
        return self._by_year.get(year, _UNKNOWN)

    @classmethod
    def of(cls, holidays: Holidays, years: Iterable[int]) -> FrozenDays:
        """Freeze some years of other holidays; they are valid through the last of them at most."""
        stored = tuple((year, holidays.days(year)) for year in sorted(set(years)))
        last = stored[-1][0] if stored else 0
        known = holidays.valid_through
        return cls(holidays.name, last if known is None else min(known, last), stored)

    def until(self, day: date, then: FrozenDays) -> FrozenDays:
        """These days before a date, and others from it on; certain as far as those are."""
        years = sorted(self._by_year.keys() | then._by_year.keys())
        joined = ((year, _joined(self.days(year), then.days(year), year, day)) for year in years)
        return FrozenDays(self.name, then.valid_through, tuple(joined))

    def to_plain(self) -> dict[str, Any]:
        """As plain values for JSON, dates as ISO texts in order."""
        return {
            "name": self.name,
            "valid_through": self.valid_through,
            "years": {
                str(year): {
                    "off": sorted(day.isoformat() for day in days.off),
                    "makeup": sorted(day.isoformat() for day in days.makeup),
                    "official": days.official,
                }
                for year, days in self.years
            },
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> FrozenDays:
        """
        Read back what `to_plain` gave.

        Raises:
            InputError: If it is something else.
        """
        try:
            years = tuple(
                (
                    int(year),
                    YearDays(
                        frozenset(map(date.fromisoformat, days["off"])),
                        frozenset(map(date.fromisoformat, days["makeup"])),
                        bool(days["official"]),
                    ),
                )
                for year, days in plain["years"].items()
            )
            known = plain["valid_through"]
            return cls(str(plain["name"]), None if known is None else int(known), years)
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise InputError(f"these are no frozen holidays: {exc!r}") from exc


def warning(holidays: Holidays, through: int) -> str | None:
    """What to tell people whose calendar reaches to a year that nobody has announced yet; None if all is known."""
    known = holidays.valid_through
    if known is None or through <= known:
        return None
    return (
        f"the holidays {holidays.name} are announced or certain through {known} only, and times count beyond: days off "
        "may be missing or wrong there, above all make-up working days; once they are announced, update the `holidays` "
        "package and run `svcflow recalendar`"
    )


def warnings(processes: Iterable[Process], now: datetime) -> tuple[str, ...]:
    """The same for processes: where a time of theirs that begins now comes to a year not announced yet; each once."""
    found: dict[str, None] = {}
    for process in processes:
        for key, farthest in reach(process, now).items():
            calendar = process.calendars[key]
            told = None if calendar.holidays is None else warning(calendar.holidays, calendar.local_date(farthest).year)
            if told is not None:
                found[told] = None
    return tuple(found)


_UNKNOWN = YearDays(official=False)


def _joined(before: YearDays, then: YearDays, year: int, since: date) -> YearDays:
    """The days of a year in which others begin to hold on a date."""
    if year != since.year:
        return before if year < since.year else then
    return YearDays(
        frozenset(day for day in before.off if day < since) | frozenset(day for day in then.off if day >= since),
        frozenset(day for day in before.makeup if day < since) | frozenset(day for day in then.makeup if day >= since),
        then.official,
    )


def _similar(name: str, known: Mapping[str, Iterable[str]]) -> list[str]:
    """Codes that look like a name: of regions when its country is known, else of countries."""
    country = name.partition("-")[0].upper()
    if country in known:
        codes = [country, *(f"{country}-{region}" for region in known[country])]
        return get_close_matches(name.upper(), codes, n=3, cutoff=0.5)
    return get_close_matches(country, known, n=3, cutoff=0.5)


def _guessed(source: HolidayBase) -> bool:
    """Whether one of its days is a guess: the package then adds a word such as `(estimated)` to the name."""
    for attribute in ("estimated_label", "observed_estimated_label"):
        label = getattr(source, attribute, "")
        # Names come in the language of the machine, and so must the label that is looked for.
        words = [word.strip() for word in source.tr(label).split("%s") if word.strip()] if label else []
        if words and any(all(word in name for word in words) for name in source.values()):
            return True
    return False


def _weekends_in_spans(listed: set[date], makeup: Iterable[date]) -> set[date]:
    """
    The weekend days that touch a holiday, make-up days left out.

    A single Monday is the exception: it is announced alone ("joined to the weekend") and leaves the weekend as it is.
    """
    found: set[date] = set()
    for day in listed:
        alone = day.weekday() == _MONDAY and day + _DAY not in listed
        for step in (1,) if alone else (1, -1):
            near = day + step * _DAY
            while near.weekday() >= _SATURDAY and near not in makeup:
                found.add(near)
                near += step * _DAY
    return found
