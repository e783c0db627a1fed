"""Promised times as written, and tables that choose one by a case's fields; what instants they mean is `moments`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from attrs import field, frozen

_HOURS = {"min": timedelta(minutes=1), "h": timedelta(hours=1)}


@frozen
class Time:
    """
    A length as written: `2d on hotline since served_at`.

    `calendar` is a key of `Process.calendars`. `since` names a date or datetime field, else the time counts from
    arrival. `length` is the working time of hours and minutes, None for dates.
    """

    amount: int
    unit: Literal["min", "h", "d", "w", "mo", "y"]
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


Promise: TypeAlias = Time | Window | Table


def choose(promise: Promise | None, fields: Mapping[str, Any]) -> Time | Window | None:
    """The time or window that holds for these fields; None where a table has no row for them and no default."""
    while isinstance(promise, Table):
        value = fields.get(promise.by)
        row = promise.rows.get(row_key(value)) if value is not None else None
        promise = row if row is not None else promise.default
    return promise


def cells(promise: Promise) -> Iterator[Time | Window]:
    """Every time or window that a promise can come to."""
    if isinstance(promise, Table):
        for row in (*promise.rows.values(), promise.default):
            if row is not None:
                yield from cells(row)
    else:
        yield promise


def row_key(value: object) -> str:
    """A value as it is written for a row: `true` for a flag, `3` for a number."""
    return str(value).lower() if isinstance(value, bool) else str(value)
