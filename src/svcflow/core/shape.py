"""
Frozen records as JSON data and back, by the types their attributes declare: a new attribute is kept from the start.

A record inside another stands as a list without its trailing defaults, one at the top as an object without defaults.
What was written before an attribute existed reads as if it had its default, and hashes as it did; that is why
attributes with defaults are only ever added at the end of a record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Generic, Literal, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs
from attrs import frozen

from svcflow.core.plain import MICROSECOND, instant, plain, unplain

R = TypeVar("R")
Code: TypeAlias = Callable[[Any], Any]
"""One direction for one type; None stands for "as it is"."""


@frozen
class Record(Generic[R]):
    """How one class of records is written and read. `decode` raises ValueError, TypeError or KeyError on other data."""

    encode: Callable[[R], dict[str, Any]]
    decode: Callable[[Mapping[str, Any]], R]


@frozen
class _Attribute:
    name: str
    default: object
    encode: Code | None
    decode: Code | None


def record(kind: type[R]) -> Record[R]:
    """
    The writer and reader of a class of records, worked out once.

    Raises:
        TypeError: An attribute has a type that no stored record uses.
    """
    attributes = _attributes(kind)
    read = _reader(attributes)
    decoders = {attribute.name: attribute.decode for attribute in attributes}
    plan = tuple((attribute.name, attribute.default, attribute.encode) for attribute in attributes)

    def encode(value: R) -> dict[str, Any]:
        data = {}
        for (name, default, code), item in zip(plan, read(value), strict=True):
            if item is not default and item != default:
                data[name] = item if code is None else code(item)
        return data

    def decode(data: Mapping[str, Any]) -> R:
        found = {}
        for name, item in data.items():
            code = decoders[name]
            found[name] = item if code is None else code(item)
        return kind(**found)

    return Record(encode, decode)


def _attributes(kind: type) -> tuple[_Attribute, ...]:
    hints = get_type_hints(kind)
    return tuple(
        _Attribute(attribute.name, attribute.default, *_codes(hints[attribute.name]))
        for attribute in attrs.fields(kind)
    )


def _reader(attributes: tuple[_Attribute, ...]) -> Callable[[object], tuple[Any, ...]]:
    read = attrgetter(*(attribute.name for attribute in attributes))
    return read if len(attributes) > 1 else lambda value: (read(value),)


def _codes(hint: Any) -> tuple[Code | None, Code | None]:  # noqa: ANN401 - a type hint may be any object
    """Both directions for one declared type."""
    origin = get_origin(hint)
    if hint in _SIMPLE or origin is Literal:
        return _SIMPLE.get(hint, (None, None))
    if origin in {UnionType, Union}:
        return _optional(hint)
    if origin is frozenset:
        return sorted, frozenset
    if origin is tuple:
        return _sequence(hint)
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(*_codes(get_args(hint)[1]))
    if attrs.has(hint):
        return _row(hint)
    raise TypeError(f"no stored record has an attribute of type {hint}")


_SIMPLE: Mapping[Any, tuple[Code | None, Code | None]] = MappingProxyType(
    {
        Any: (plain, unplain),
        str: (None, None),
        int: (None, None),
        bool: (None, None),
        datetime: (instant, datetime.fromisoformat),
        timedelta: (lambda value: value // MICROSECOND, lambda data: timedelta(microseconds=data)),
    }
)


def _optional(hint: Any) -> tuple[Code | None, Code | None]:  # noqa: ANN401 - a type hint may be any object
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    if len(kinds) != 1:
        raise TypeError(f"no stored record has an attribute of type {hint}")
    encode, decode = _codes(kinds[0])
    return _unless_none(encode), _unless_none(decode)


def _unless_none(code: Code | None) -> Code | None:
    return None if code is None else lambda value: None if value is None else code(value)


def _sequence(hint: Any) -> tuple[Code | None, Code]:  # noqa: ANN401 - a type hint may be any object
    """`tuple[X, ...]`, or a pair of things that are kept as they are."""
    codes = {_codes(kind) for kind in get_args(hint) if kind is not Ellipsis}
    if len(codes) != 1:
        raise TypeError(f"no stored record has an attribute of type {hint}")
    ((encode, decode),) = codes
    write = None if encode is None else lambda value: [encode(item) for item in value]
    return write, tuple if decode is None else lambda data: tuple([decode(item) for item in data])


def _mapping(encode: Code | None, decode: Code | None) -> tuple[Code, Code]:
    write: Code = dict
    if encode is not None:
        write = lambda value: {key: encode(item) for key, item in value.items()}  # noqa: E731 - one of two forms
    if decode is None:
        return write, lambda data: MappingProxyType(dict(data))
    return write, lambda data: MappingProxyType({key: decode(item) for key, item in data.items()})


def _row(kind: type) -> tuple[Code, Code]:
    """A record inside a record."""
    attributes = _attributes(kind)
    read = _reader(attributes)
    encoders = tuple((n, attribute.encode) for n, attribute in enumerate(attributes) if attribute.encode is not None)
    decoders = tuple((n, attribute.decode) for n, attribute in enumerate(attributes) if attribute.decode is not None)
    defaults = tuple(attribute.default for attribute in attributes)
    required = sum(default is attrs.NOTHING for default in defaults)

    def encode(value: object) -> list[Any]:
        row = list(read(value))
        size = len(row)
        while size > required and row[size - 1] == defaults[size - 1]:
            size -= 1
        del row[size:]
        for place, code in encoders:
            if place >= size:
                break
            row[place] = code(row[place])
        return row

    def decode(data: list[Any]) -> object:
        row = list(data)
        size = len(row)
        for place, code in decoders:
            if place >= size:
                break
            row[place] = code(row[place])
        return kind(*row)

    return encode, decode
