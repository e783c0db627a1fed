"""Times that a case brings along in a field, `4h` or `2d on hotline`: how they are written, and which a field takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias, cast

Unit: TypeAlias = Literal["min", "h", "d", "w", "mo", "y"]

DAYS: Mapping[Unit, float] = MappingProxyType({"min": 1 / 1440, "h": 1 / 24, "d": 1, "w": 7, "mo": 30, "y": 365})
"""About how many days each unit is long."""

LONGEST_DAYS = 36_500
"""No time is longer than a hundred years."""

LONGEST_TEXT = 200

_SIZES: Mapping[Unit, tuple[int, Unit]] = MappingProxyType({
    "min": (1, "min"), "h": (60, "min"), "d": (1, "d"), "w": (1, "w"), "mo": (1, "mo"), "y": (12, "mo"),
})  # fmt: skip
_LARGER: Mapping[Unit, Unit] = MappingProxyType({"min": "h", "mo": "y"})
_WRITTEN = re.compile(r"([1-9][0-9]{0,9})(min|h|d|w|mo|y)(?: on (\S+))?")


class Size(NamedTuple):
    """
    A length in the least unit of its kind: `min`, `d`, `w` or `mo`.

    Only sizes of one kind have an order that holds on every calendar: hours and minutes, days, weeks, months and years.
    """

    amount: int
    unit: Unit

    @property
    def largest(self) -> tuple[int, Unit]:
        """The same in hours or years, where it comes to whole ones."""
        larger = _LARGER.get(self.unit, self.unit)
        times = _SIZES[larger][0]
        return (self.amount, self.unit) if self.amount % times else (self.amount // times, larger)

    def __str__(self) -> str:
        amount, unit = self.largest
        return f"{amount}{unit}"


class Duration(NamedTuple):
    """A time as a field holds it; `calendar` is empty where it counts on the one of its place."""

    amount: int
    unit: Unit
    calendar: str = ""

    @property
    def size(self) -> Size:
        """Its length."""
        return size(self.amount, self.unit)

    def __str__(self) -> str:
        return f"{self.amount}{self.unit} on {self.calendar}" if self.calendar else f"{self.amount}{self.unit}"


def size(amount: int, unit: Unit) -> Size:
    """A length, by which it is compared with others of its kind."""
    factor, least = _SIZES[unit]
    return Size(amount * factor, least)


def accepted(raw: object, ends: tuple[Size, Size], calendars: tuple[str, ...]) -> Duration | str:
    """A value as a field takes it that holds times between two ends; else why not, from the name of the field on."""
    time = read_duration(raw) if isinstance(raw, str) else None
    shortest, longest = ends
    if time is None or time.size.unit != shortest.unit or not shortest <= time.size <= longest:
        return f"must be a time from {shortest} to {longest}"
    if time.calendar and time.calendar not in calendars:
        return f"must count on {' or '.join(calendars)}" if calendars else "must name no calendar"
    return time


def read_duration(text: str) -> Duration | None:
    """Read `4h` or `2d on hotline`; None if that is no time, longer than a hundred years, or nothing at all."""
    found = _WRITTEN.fullmatch(" ".join(text.split())) if len(text) <= LONGEST_TEXT else None
    if found is None:
        return None
    amount, unit = int(found[1]), cast("Unit", found[2])
    return None if amount * DAYS[unit] > LONGEST_DAYS else Duration(amount, unit, found[3] or "")
