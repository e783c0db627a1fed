"""
Values as plain JSON data and back, and the one canonical text of each: what is stored, hashed and compared.

A value says its own type, so that a row can be read without the process it belongs to: texts, whole numbers, flags and
empty values stand as they are, everything else in an object with one key, `{"decimal": "1.50"}`. No message quotes a
value: it may be private.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from svcflow.core.event import FileRef
from svcflow.core.json_text import writer
from svcflow.errors import InputError

MICROSECOND = timedelta(microseconds=1)
LONGEST_NUMBER = 2**63
DEEPEST = 20

_write = writer(sort_keys=True)


def canonical(data: object) -> str:
    """The one JSON text of these data: keys sorted, no blanks, letters of every script as they are."""
    return _write(data)


def digest(data: object) -> str:
    """SHA-256 over the canonical text of JSON data, in hex."""
    return sha256(canonical(data).encode()).hexdigest()


def plain(value: object) -> object:
    """
    A value as JSON data.

    Knows texts, whole numbers below 2**63, Decimals, flags, dates, aware datetimes (which become UTC), timedeltas,
    FileRefs, sets of texts, and sequences and mappings of all these, 20 deep at most; a list comes back as a tuple.

    Raises:
        InputError: The value is of another type, or no database can keep it: a text with a NUL or half of a surrogate
            pair, a Decimal that is no number, a time without zone.
    """
    encode = _encoder(type(value))
    return _other(value, 0) if encode is None else encode(value)


def unplain(data: object) -> object:
    """
    The value that `plain` made these data of.

    Raises:
        InputError: `plain` made no such data.
    """
    if isinstance(data, list):
        return tuple(unplain(item) for item in data)
    if not isinstance(data, dict):
        return data
    try:
        ((tag, content),) = data.items()
        return _DECODERS[tag](content)
    except (ArithmeticError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError("these data are not a stored value") from error


def instant(value: datetime) -> str:
    """
    An instant as a text in UTC; such texts sort like the instants.

    Raises:
        InputError: It has no time zone, or lies outside the years 1 to 9999 in UTC.
    """
    if value.tzinfo is UTC:
        return value.isoformat()
    if value.utcoffset() is None:
        raise InputError("a time without a time zone cannot be kept")
    try:
        return value.astimezone(UTC).isoformat()
    except OverflowError as error:
        raise InputError("a time outside the years 1 to 9999 cannot be kept") from error


def text(value: str) -> str:
    """
    The text itself, when every database can keep it.

    Raises:
        InputError: It holds a NUL or half of a surrogate pair.
    """
    if "\0" in value:
        raise InputError("a text with a NUL character cannot be kept")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise InputError("a text with half of a surrogate pair cannot be kept") from error
    return value


def _same(value: object) -> object:
    return value


def _whole(value: int) -> int:
    if -LONGEST_NUMBER <= value < LONGEST_NUMBER:
        return value
    raise InputError("a whole number that does not fit into 64 bits cannot be kept")


def _decimal(value: Decimal) -> dict[str, str]:
    if not value.is_finite():
        raise InputError("a Decimal that is infinite or not a number cannot be kept")
    return {"decimal": str(value)}


def _file(value: FileRef) -> dict[str, Any]:
    return {"file": [text(value.id), text(value.name), _whole(value.size), text(value.sha256)]}


def _length(value: timedelta) -> dict[str, int]:
    return {"microseconds": value // MICROSECOND}


_ENCODERS: Mapping[type, Callable[[Any], Any]] = MappingProxyType(
    {
        str: text,
        int: _whole,
        bool: _same,
        type(None): _same,
        Decimal: _decimal,
        datetime: lambda value: {"datetime": instant(value)},
        date: lambda value: {"date": value.isoformat()},
        timedelta: _length,
        FileRef: _file,
    }
)

_encoder = dict(_ENCODERS).get  # Asked for every value of every row: half the time of asking the read-only mapping.


def _other(value: object, depth: int) -> object:
    """Values that hold values, and subclasses of the known types, such as a StrEnum."""
    if depth > DEEPEST:
        raise InputError(f"a value nested more than {DEEPEST} deep cannot be kept")
    if isinstance(value, (tuple, list)):
        return [_inner(item, depth) for item in value]
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise InputError("a mapping is kept only when all of its keys are texts")
        return {"map": {text(str(key)): _inner(item, depth) for key, item in value.items()}}
    if isinstance(value, (set, frozenset)):
        if not all(isinstance(item, str) for item in value):
            raise InputError("a set is kept only when it holds nothing but texts")
        return {"set": sorted(text(str(item)) for item in value)}
    return _cast(value)


def _inner(value: object, depth: int) -> object:
    encode = _encoder(type(value))
    return _other(value, depth + 1) if encode is None else encode(value)


def _cast(value: object) -> object:
    if isinstance(value, str):
        return text(str.__str__(value))
    if isinstance(value, int):
        return _whole(int(value))
    for kind in (Decimal, datetime, date, timedelta, FileRef):
        if isinstance(value, kind):
            return _ENCODERS[kind](value)
    raise InputError(f"a value of type {type(value).__name__} cannot be kept")


_DECODERS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "decimal": Decimal,
        "datetime": datetime.fromisoformat,
        "date": date.fromisoformat,
        "microseconds": lambda content: timedelta(microseconds=content),
        "file": lambda content: FileRef(*content),
        "set": frozenset,
        "map": lambda content: MappingProxyType({key: unplain(item) for key, item in content.items()}),
    }
)
