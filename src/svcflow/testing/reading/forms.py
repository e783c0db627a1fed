"""Whether a value is of its field's type, as far as that is plain: LANGUAGE 2 (field), read a second time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from svcflow.core.event import FileRef
from svcflow.core.process import Field

LONGEST = 100_000


def blank(value: object) -> bool:
    """Whether a value counts as empty."""
    return value is None or (isinstance(value, str) and not value.strip())


def fits(known: Field, value: object) -> bool | None:
    """Whether a value is one of this field; None where another form of it might do, such as a number as a text."""
    if blank(value):
        return True
    match known.kind:
        case "text" | "person":
            return isinstance(value, str) and len(value) <= LONGEST and (value.isprintable() or None)
        case "choice":
            return value in known.choices if isinstance(value, str) else False
        case "flag":
            return isinstance(value, bool) or (None if isinstance(value, str) else False)
        case "number" | "money" | "range":
            return _number(known, value)
        case _:
            return _other(known, value)


def _number(known: Field, value: object) -> bool | None:
    if isinstance(value, str):
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return False
    if known.kind == "range":
        return known.low <= value <= known.high and value == int(value)
    return (isinstance(value, int) and abs(value) < 10**15) or None


def _other(known: Field, value: object) -> bool | None:
    match known.kind:
        case "date":
            return (isinstance(value, date) and not isinstance(value, datetime)) or _as_text(value)
        case "datetime":
            return (value.tzinfo is not None) if isinstance(value, datetime) else _as_text(value)
        case "duration":
            return _duration(known, value)
        case "files":
            return (isinstance(value, tuple) and all(isinstance(one, FileRef) for one in value)) or None
        case _:
            return (isinstance(value, tuple) and len(value) > 0 and all(isinstance(one, str) for one in value)) or None


def _duration(known: Field, value: object) -> bool | None:
    """Hours and minutes, days, weeks, or months and years: as many as the two ends say."""
    found = re.fullmatch(r"([1-9][0-9]*)(min|h|d|w|mo|y)( on .+)?", value) if isinstance(value, str) else None
    if found is None:
        return _as_text(value)
    minutes = {"min": ("min", 1), "h": ("min", 60), "mo": ("mo", 1), "y": ("mo", 12)}
    unit, times = minutes.get(found[2], (found[2], 1))
    named = (found[3] or "").removeprefix(" on ")
    return unit == known.unit and known.low <= int(found[1]) * times <= known.high and named in ("", *known.calendars)


def _as_text(value: object) -> bool | None:
    return None if isinstance(value, str) else False


def right(fields: Mapping[str, Field], values: Mapping[str, Any], names: set[str], ask: set[str]) -> bool | None:
    """Whether values are a right form of these fields, `ask` of them to be filled; None where that is not plain."""
    if not values.keys() <= names or any(blank(values.get(name)) for name in ask):
        return False
    answers = [fits(fields[name], value) for name, value in values.items()]
    return False if False in answers else (None if None in answers else True)
