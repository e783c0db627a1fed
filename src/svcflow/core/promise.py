"""Promised times as written, and tables that choose one by a case's fields; what instants they mean is `moments`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from attrs import frozen


@frozen
class Time:
    """
    A length as written: `2d on hotline since served_at`.

    `calendar` is a key of `Process.calendars`. `since` names a date or datetime field, else the time counts from
    arrival.
    """

    amount: int
    unit: Literal["min", "h", "d", "w", "mo", "y"]
    calendar: str
    since: str | None = None


@frozen
class Window:
    """Dates between which something must happen: `2d..5d since served_at`, the trigger's own date not counted."""

    first: int
    last: int
    calendar: str
    since: str | None = None
    working: bool = False
    roll: bool = False


@frozen
class Table:
    """A choice by the value of `field`; `default` holds when no row fits or the field is empty."""

    field: str
    rows: Mapping[str, Promise]
    default: Promise | None = None


Promise: TypeAlias = Time | Window | Table


def field_names(promise: Promise | None) -> frozenset[str]:
    """The fields a promise depends on: those its tables ask, and those its times count from."""
    if promise is None:
        return frozenset()
    if not isinstance(promise, Table):
        return frozenset() if promise.since is None else frozenset((promise.since,))
    names = {promise.field}
    for row in (*promise.rows.values(), promise.default):
        names |= field_names(row)
    return frozenset(names)


def choose(promise: Promise | None, fields: Mapping[str, Any]) -> Time | Window | None:
    """The time or window that holds for these fields; None where a table has no row for them and no default."""
    while isinstance(promise, Table):
        value = fields.get(promise.field)
        row = promise.rows.get(_row_key(value)) if value is not None else None
        promise = row if row is not None else promise.default
    return promise


def _row_key(value: object) -> str:
    """A value as it is written for a row: `true` for a flag, `3` for a number."""
    return str(value).lower() if isinstance(value, bool) else str(value)
