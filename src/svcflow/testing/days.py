"""Holidays that become others while a trace runs: the dates that it turns, working days to days off and back."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import date

from attrs import frozen

from svcflow.core.calendar import Holidays, YearDays

_SATURDAY = 5


@frozen
class Turned:
    """
    Other holidays, with some dates turned: a day off is worked on, any other is off.

    A weekend becomes a make-up working day, where it was not off for itself.
    """

    holidays: Holidays
    dates: AbstractSet[date]

    @property
    def name(self) -> str:
        """The code of the others."""
        return self.holidays.name

    @property
    def valid_through(self) -> int | None:
        """As of the others."""
        return self.holidays.valid_through

    def days(self, year: int) -> YearDays:
        """The days of one year."""
        found = self.holidays.days(year)
        turned = frozenset(one for one in self.dates if one.year == year)
        if not turned:
            return found
        weekend = _weekend(turned)
        off = found.off - turned | (turned - weekend - found.off - found.makeup)
        return YearDays(off, found.makeup - turned | (weekend - found.makeup), found.official)


def _weekend(dates: Iterable[date]) -> frozenset[date]:
    return frozenset(one for one in dates if one.weekday() >= _SATURDAY)
