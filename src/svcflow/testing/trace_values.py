"""How the values of a trace's commands stand in JSON, and how they are read: by the types they are declared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, TypeAlias, TypeVar, get_args

from attrs import Attribute

from svcflow.core.event import Actor, Qualification
from svcflow.core.plain import plain, unplain
from svcflow.core.plain import text as kept_text
from svcflow.errors import InputError

T = TypeVar("T")
How: TypeAlias = Literal["ok", "raises", "timeout"]
Codec: TypeAlias = tuple[Callable[[Any], Any], Callable[[Any], Any]]


def codec(known: Attribute[Any]) -> Codec:
    """How the values of an attribute are written and read."""
    return _CODECS[str(known.type)]


def part(name: str, reader: Callable[[Any], T], data: object) -> T:
    """What stands under a name; an error says so."""
    try:
        return reader(data)
    except (InputError, TypeError, ValueError, ArithmeticError) as problem:
        raise InputError(f"`{name}`: {problem}") from problem


def _unwanted(wanted: str, data: object) -> InputError:
    return InputError(f"{wanted} is wanted, not {f'{data!r}':.80}")


def text(data: object) -> str:
    """A text that every store could keep."""
    if not isinstance(data, str):
        raise _unwanted("a text", data)
    return kept_text(data)


def _number(data: object) -> int:
    if type(data) is not int:  # A flag is an int to Python.
        raise _unwanted("a whole number", data)
    plain(data)
    return data


def _flag(data: object) -> bool:
    if not isinstance(data, bool):
        raise _unwanted("true or false", data)
    return data


def _how(data: object) -> str:
    if data not in get_args(How):
        raise _unwanted(f"one of {', '.join(get_args(How))}", data)
    return str(data)


def instant(data: object) -> datetime:
    """An aware instant, in UTC."""
    try:
        found = datetime.fromisoformat(data) if isinstance(data, str) else None
        if found is not None and found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # Told below, like everything else that is no instant.
    raise _unwanted("an instant such as 2026-03-02T09:00:00+00:00", data)


def _actor_written(actor: Actor) -> dict[str, Any]:
    # Holding nothing is not the same as saying nothing.
    held = None if actor.qualifications is None else {
        name: {"level": one.level, **({"until": one.until.isoformat()} if one.until else {})}
        for name, one in actor.qualifications.items()
    }  # fmt: skip
    named = {
        "roles": sorted(actor.roles) or None, "groups": sorted(actor.groups) or None,
        "on_behalf_of": actor.on_behalf_of, "qualifications": held,
    }  # fmt: skip
    return {"id": actor.id, **{name: value for name, value in named.items() if value is not None}}


def _actor(data: object) -> Actor:
    if not isinstance(data, Mapping) or not data.keys() <= _ACTOR.keys() or data.get("id") is None:
        raise _unwanted("an actor such as {id: li, roles: [agent]}", data)
    return Actor(**{name: part(name, _ACTOR[name], value) for name, value in data.items() if value is not None})


def _held(data: object) -> dict[str, Qualification]:
    if not isinstance(data, Mapping):
        raise _unwanted("qualifications such as {electrician: {level: 2}}", data)
    return {text(name): part(str(name), _qualification, one) for name, one in data.items()}


def _qualification(data: object) -> Qualification:
    if not isinstance(data, Mapping) or not data.keys() <= {"level", "until"}:
        raise _unwanted("a qualification such as {level: 2, until: 2026-03-02T09:00:00+00:00}", data)
    return Qualification(data.get("level", 1), instant(data["until"]) if "until" in data else None)


def _form(data: object) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise _unwanted("a form such as {customer: li}", data)
    return {text(name): part(str(name), _value, value) for name, value in data.items()}


def _value(data: object) -> object:
    """A value of a form: one that every store could keep."""
    value = unplain(data)
    plain(value)
    return value


def _texts(data: object) -> tuple[str, ...]:
    if not isinstance(data, list):
        raise _unwanted("a list of texts", data)
    return tuple(map(text, data))


_ACTOR: Mapping[str, Callable[[Any], Any]] = {
    "id": text,
    "roles": _texts,
    "groups": _texts,
    "on_behalf_of": text,
    "qualifications": _held,
}
"""What is read of an actor."""

_CODECS: Mapping[str, Codec] = {
    "str": (plain, text),
    "str | None": (plain, lambda data: None if data is None else text(data)),
    "int": (plain, _number),
    "bool": (plain, _flag),
    "How": (plain, _how),
    "Actor": (_actor_written, _actor),
    "Mapping[str, Any]": (lambda form: {name: plain(value) for name, value in form.items()}, _form),
    "tuple[str, ...]": (list, _texts),
    "datetime": (datetime.isoformat, instant),
    "timedelta": (
        lambda length: length // timedelta(microseconds=1),
        lambda data: timedelta(microseconds=_number(data)),
    ),
    "tuple[date, ...]": (
        lambda dates: [one.isoformat() for one in dates],
        lambda data: tuple(map(date.fromisoformat, _texts(data))),
    ),
}
"""By the type that an attribute is declared with; a length of time is in microseconds."""
