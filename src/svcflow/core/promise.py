"""Promised times as written, and tables that choose one by a case's fields; what instants they mean is `moments`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import NoneType
from typing import Any, TypeAlias

from attrs import field, frozen

from svcflow.core.duration import Size, Unit, read_duration

_HOURS = {"min": timedelta(minutes=1), "h": timedelta(hours=1)}


@frozen
class Time:
    """
    A length as written: `2d on hotline since served_at`.

    `calendar` is a key of `Process.calendars`. `since` names a date or datetime field, else the time counts from
    arrival. `length` is the working time of hours and minutes, None for dates.
    """

    amount: int
    unit: Unit
    calendar: str
    since: str | None = None
    length: timedelta | None = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        one = _HOURS.get(self.unit)
        object.__setattr__(self, "length", None if one is None else self.amount * one)

    @property
    def reads(self) -> frozenset[str]:
        """The fields this time depends on."""
        return frozenset() if self.since is None else frozenset((self.since,))


@frozen
class Window:
    """Dates between which something must happen: `2d..5d since served_at`, the trigger's own date not counted."""

    first: int
    last: int
    calendar: str
    since: str | None = None
    working: bool = False
    roll: bool = False

    @property
    def reads(self) -> frozenset[str]:
        """The fields this window depends on."""
        return frozenset() if self.since is None else frozenset((self.since,))


@frozen
class Table:
    """
    A choice by the value of `by`; `default` holds when no row fits or the field is empty.

    `reads` are the fields it depends on: those its tables ask and those its times count from.
    """

    by: str
    rows: Mapping[str, Promise]
    default: Promise | None = None
    reads: frozenset[str] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        inner = [row.reads for row in (*self.rows.values(), self.default) if row is not None]
        object.__setattr__(self, "reads", frozenset((self.by,)).union(*inner))


@frozen
class Agreed:
    """
    A time agreed for this case, which brings it along in its field `by`; `default` holds while that is empty.

    It counts on `calendar` if it names none of its own, which is one of `calendars`, and `since` a field or from
    arrival. `ends` are the shortest and the longest it can be; all three are those of the field. `reads` are the fields
    it depends on.
    """

    by: str
    ends: tuple[Size, Size]
    calendar: str
    calendars: tuple[str, ...] = ()
    since: str | None = None
    default: Time | Table | Agreed | None = None
    reads: frozenset[str] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        fields = (self.by,) if self.since is None else (self.by, self.since)
        inner = frozenset[str]() if self.default is None else self.default.reads
        object.__setattr__(self, "reads", inner.union(fields))

    def time(self, value: str) -> Time | None:
        """What a value of the field promises; None for what is no such value."""
        found = read_duration(value)
        return found and Time(found.amount, found.unit, found.calendar or self.calendar, self.since)

    @property
    def extremes(self) -> Iterator[Time]:
        """The shortest and the longest time on each calendar: whatever else it can be lies between these."""
        for calendar in dict.fromkeys((self.calendar, *self.calendars)):
            for end in self.ends:
                yield Time(*end.largest, calendar, self.since)


Promise: TypeAlias = Time | Window | Table | Agreed


_PLAIN = (Time, Window, NoneType)
"""What hangs on no field."""


def choose(promise: Promise | None, fields: Mapping[str, Any]) -> Time | Window | None:
    """The time or window that holds for these fields; None where none does, and there is no default."""
    while not isinstance(promise, _PLAIN):
        value = fields.get(promise.by)
        row: Promise | None = None
        if value is not None:
            row = promise.time(value) if isinstance(promise, Agreed) else promise.rows.get(row_key(value))
        promise = row if row is not None else promise.default
    return promise


def agreed_in(promise: Promise | None, fields: Mapping[str, Any]) -> str | None:
    """The field that holds what is promised; None where it is the same for every case, or of a table."""
    while isinstance(promise, Agreed):
        if fields.get(promise.by) is not None:
            return promise.by
        promise = promise.default
    return None


def cells(promise: Promise) -> Iterator[Time | Window]:
    """Every time or window that a promise can come to; of a time given in a field the shortest and the longest."""
    if isinstance(promise, Agreed):
        yield from promise.extremes
        if promise.default is not None:
            yield from cells(promise.default)
    elif isinstance(promise, Table):
        for row in (*promise.rows.values(), promise.default):
            if row is not None:
                yield from cells(row)
    else:
        yield promise


def row_key(value: object) -> str:
    """A value as it is written for a row: `true` for a flag, `3` for a number."""
    return str(value).lower() if isinstance(value, bool) else str(value)
