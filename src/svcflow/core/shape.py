"""
Frozen records as JSON data and back, by the types their attributes declare: a new attribute is kept from the start.

A record inside another stands as a list without its trailing defaults, one at the top as an object without defaults.
What was written before an attribute existed reads as if it had its default, and hashes as it did; that is why
attributes with defaults are only ever added at the end of a record. Instants are texts in UTC, or, where nobody reads
them and speed counts, microseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Generic, Literal, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs
from attrs import frozen

from svcflow.core.plain import MICROSECOND, instant, plain, unplain
from svcflow.core.quick import quick

R = TypeVar("R")
Code: TypeAlias = Callable[[Any], Any]
"""One direction for one type; the value None is always written and read as it is."""

Codes: TypeAlias = tuple[Code | None, Code | None]
"""Both directions; None stands for "as it is"."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

TEXT: Codes = (instant, datetime.fromisoformat)
NUMBER: Codes = (
    lambda value: (value - _EPOCH) // MICROSECOND,
    lambda data: _EPOCH + timedelta(0, 0, data),
)


@frozen
class Record(Generic[R]):
    """How one class of records is written and read. `decode` raises ValueError, TypeError or KeyError on other data."""

    encode: Callable[[R], dict[str, Any]]
    decode: Callable[[Mapping[str, Any]], R]


def record(kind: type[R], *, instants: Codes = TEXT, apart: frozenset[str] = frozenset()) -> Record[R]:
    """
    The writer and reader of a class of records, worked out once.

    The writer leaves out the attributes `apart`: the caller adds their data.

    Raises:
        TypeError: An attribute has a type that no stored record uses.
    """
    attributes = _Shapes(instants).attributes(kind)
    decoders = {attribute.name: attribute.decode for attribute in attributes}
    plan = tuple((one.name, one.default, one.encode) for one in attributes if one.name not in apart)
    make = _maker(kind)
    read = _reader([one for one in attributes if one.name not in apart])

    def encode(value: R) -> dict[str, Any]:
        data = {}
        for (name, default, code), item in zip(plan, read(value), strict=True):
            if item is not default and item != default:
                data[name] = item if code is None or item is None else code(item)
        return data

    def decode(data: Mapping[str, Any]) -> R:
        found = {}
        for name, item in data.items():
            code = decoders[name]
            found[name] = item if code is None or item is None else code(item)
        return make(**found)

    return Record(encode, decode)


def inner(kind: type, *, instants: Codes = TEXT) -> Code:
    """The writer of records of a class as they stand inside another one."""
    return _row(kind, _Shapes(instants).attributes(kind))[0]


@frozen
class _Attribute:
    name: str
    default: object
    encode: Code | None
    decode: Code | None


def _maker(kind: type[R]) -> type[R]:
    """The quickest constructor that there is for a class of records."""
    attributes = attrs.fields(kind)  # type: ignore[arg-type]  # it has attrs
    return kind if any(one.converter or one.validator for one in attributes) else quick(kind)


def _reader(attributes: Sequence[_Attribute]) -> Callable[[object], tuple[Any, ...]]:
    read = attrgetter(*(attribute.name for attribute in attributes))
    return read if len(attributes) > 1 else lambda value: (read(value),)


class _Shapes:
    """Both directions for every type that a stored record may use."""

    def __init__(self, instants: Codes) -> None:
        self._simple: Mapping[Any, Codes] = {
            Any: (plain, unplain),
            str: (None, None),
            int: (None, None),
            bool: (None, None),
            datetime: instants,
            timedelta: (lambda value: value // MICROSECOND, lambda data: timedelta(0, 0, data)),
        }

    def attributes(self, kind: type) -> tuple[_Attribute, ...]:
        """What there is to write of a record, in order."""
        hints = get_type_hints(kind)
        return tuple(_Attribute(one.name, one.default, *self._codes(hints[one.name])) for one in attrs.fields(kind))

    def _codes(self, hint: Any) -> Codes:  # noqa: ANN401 - a type hint may be any object
        origin = get_origin(hint)
        if hint in self._simple or origin is Literal:
            return self._simple.get(hint, (None, None))
        if origin in {UnionType, Union}:
            return self._codes(_only(hint, {kind for kind in get_args(hint) if kind is not NoneType}))
        if origin is frozenset:
            return sorted, frozenset
        if origin is tuple:
            return _sequence(_only(hint, {self._codes(kind) for kind in get_args(hint) if kind is not Ellipsis}))
        if origin is not None and issubclass(origin, Mapping):
            return _mapping(self._codes(get_args(hint)[1]))
        if attrs.has(hint):
            return _row(hint, self.attributes(hint))
        raise TypeError(f"no stored record has an attribute of type {hint}")


def _only(hint: object, found: set[Any]) -> Any:  # noqa: ANN401 - a type hint may be any object
    if len(found) != 1:
        raise TypeError(f"no stored record has an attribute of type {hint}")
    return found.pop()


def _sequence(codes: Codes) -> Codes:
    encode, decode = codes
    write = None if encode is None else lambda value: [encode(item) for item in value]
    return write, tuple if decode is None else lambda data: tuple([decode(item) for item in data])


def _mapping(codes: Codes) -> Codes:
    encode, decode = codes
    write: Code = dict
    if encode is not None:
        write = lambda value: {key: encode(item) for key, item in value.items()}  # noqa: E731 - one of two forms
    if decode is None:
        return write, lambda data: MappingProxyType(dict(data))
    return write, lambda data: MappingProxyType({key: decode(item) for key, item in data.items()})


def _row(kind: type, attributes: tuple[_Attribute, ...]) -> tuple[Code, Code]:
    """A record inside a record."""
    read = _reader(attributes)
    encoders = tuple((n, one.encode) for n, one in enumerate(attributes) if one.encode is not None)
    decoders = tuple((n, one.decode) for n, one in enumerate(attributes) if one.decode is not None)
    defaults = tuple(one.default for one in attributes)
    required = sum(default is attrs.NOTHING for default in defaults)

    def encode(value: object) -> list[Any]:
        row = list(read(value))
        size = len(row)
        while size > required and row[size - 1] == defaults[size - 1]:
            size -= 1
        del row[size:]
        return _applied(row, encoders)

    make: Code = _maker(kind)

    def decode(data: list[Any]) -> object:
        return make(*_applied(list(data), decoders))

    return encode, decode


def _applied(row: list[Any], codes: tuple[tuple[int, Code], ...]) -> list[Any]:
    size = len(row)
    for place, code in codes:
        if place >= size:
            break
        if row[place] is not None:
            row[place] = code(row[place])
    return row
