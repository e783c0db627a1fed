"""
A run as a value: what people, workers, hosts and the world do to cases, as a list of commands, JSON both ways.

Any list of commands can be run: one that makes no sense where it stands is refused, or does nothing. So a trace can be
cut, changed, kept in a file and run again, on another store, another machine, another version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, TypeAlias

from attrs import NOTHING, Attribute, field, fields, frozen

from svcflow.core.event import EMPTY, SYSTEM, Actor, Qualification
from svcflow.core.plain import plain, unplain
from svcflow.errors import InputError

FORMAT = 1
"""The version of the JSON form."""

CASE = "case"
"""The id of the case that a trace is about, unless it says otherwise."""

How: TypeAlias = Literal["ok", "raises", "timeout"]


def _readonly(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return values if values is EMPTY else dict(values)


@frozen
class Open:
    """Somebody opens a case of a process, under an id."""

    process: str
    fields: Mapping[str, Any] = field(default=EMPTY, converter=_readonly)
    actor: Actor = SYSTEM
    case: str = CASE
    key: str | None = None


@frozen
class Send:
    """Somebody sends an event to a case; the same key again is a repetition."""

    event: str
    fields: Mapping[str, Any] = field(default=EMPTY, converter=_readonly)
    actor: Actor = SYSTEM
    case: str = CASE
    key: str | None = None


@frozen
class Note:
    """Somebody puts a remark into the journal of a case."""

    text: str
    actor: Actor = SYSTEM
    case: str = CASE
    key: str | None = None


@frozen
class Erase:
    """Somebody has private values of a case forgotten, all of them without `fields`."""

    reason: str
    actor: Actor = SYSTEM
    case: str = CASE
    fields: tuple[str, ...] = ()


@frozen
class Wait:
    """
    The clock moves on to an instant; nothing happens if it lies in the past.

    With `prompt` a worker wakes up whenever something falls due; without, none does until the next `Work`.
    """

    until: datetime
    prompt: bool = True


@frozen
class Skew:
    """The clock of the machine is set by so much, back when negative: what every engine then believes."""

    by: timedelta


@frozen
class Work:
    """One round of a worker: the first, or another process on the same store."""

    worker: int = 0


@frozen
class Hook:
    """The host does this with the next call of a hook (`*`: of any); later ones are well again."""

    how: How
    hook: str = "*"


@frozen
class Crash:
    """
    The process that carries out the next command dies at its n-th moment with the store, `before` or `after` a call.

    Whoever asked asks again, with the same key, once a new process is there.
    """

    moment: int


@frozen
class Restart:
    """The process ends in good order, and a new one begins."""


@frozen
class Recalendar:
    """The holidays become others from tomorrow on, and running cases count on them: these dates are turned."""

    dates: tuple[date, ...]


@frozen
class Migrate:
    """The next version of the process is published, and running cases are brought over to it."""


Command: TypeAlias = Open | Send | Note | Erase | Wait | Skew | Work | Hook | Crash | Restart | Recalendar | Migrate

COMMANDS: Mapping[str, type[Command]] = {
    kind.__name__.lower(): kind
    for kind in (Open, Send, Note, Erase, Wait, Skew, Work, Hook, Crash, Restart, Recalendar, Migrate)
}
"""The kinds of commands by the word that stands for them in JSON."""


@frozen
class Trace:
    """
    A run: which process it is about (by name), when it begins (aware UTC), and what is done in which order.
    """

    process: str
    start: datetime
    commands: tuple[Command, ...] = ()

    def __len__(self) -> int:
        return len(self.commands)

    def to_json(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return {
            "svcflow": "trace",
            "format": FORMAT,
            "process": self.process,
            "start": self.start.isoformat(),
            "commands": [_written(command) for command in self.commands],
        }

    @classmethod
    def from_json(cls, data: object) -> Trace:
        """
        Read what `to_json` wrote.

        Raises:
            InputError: It is something else; the text names the command.
        """
        if not isinstance(data, Mapping) or data.get("svcflow") != "trace":
            raise InputError("this is no trace: it lacks `svcflow: trace`")
        if data.get("format") != FORMAT:
            raise InputError(f"this trace is of format {data.get('format')!r}; this version reads format {FORMAT}")
        commands = data.get("commands")
        if not isinstance(data.get("process"), str) or not isinstance(commands, list):
            raise InputError("this trace lacks its `process` or its `commands`")
        return cls(data["process"], _instant(data.get("start")), tuple(map(_numbered, enumerate(commands, 1))))


def _written(command: Command) -> dict[str, Any]:
    """A command: the word for it, and what is not as usual."""
    values: dict[str, Any] = {"do": type(command).__name__.lower()}
    for known in fields(type(command)):
        value = getattr(command, known.name)
        if known.default is NOTHING or value != known.default:
            values[known.name] = _codec(known)[0](value)
    return values


def _numbered(item: tuple[int, object]) -> Command:
    number, data = item
    try:
        return _read(data)
    except (InputError, TypeError, ValueError, ArithmeticError) as problem:
        raise InputError(f"command {number} cannot be read: {problem}") from problem


def _read(data: object) -> Command:
    if not isinstance(data, Mapping) or data.get("do") not in COMMANDS:
        raise InputError(f"`do` must be one of {', '.join(COMMANDS)}")
    kind = COMMANDS[data["do"]]
    known = {one.name: one for one in fields(kind)}
    strange = data.keys() - known.keys() - {"do"}
    if strange:
        raise InputError(f"`{data['do']}` has no `{min(strange)}`; it has {', '.join(known)}")
    missing = [name for name, one in known.items() if one.default is NOTHING and name not in data]
    if missing:
        raise InputError(f"`{data['do']}` lacks `{missing[0]}`")
    return kind(**{name: _codec(one)[1](data[name]) for name, one in known.items() if name in data})


# ── values ─────────────────────────────────────────────────────────────────────────────────────────────────────

Codec: TypeAlias = tuple[Callable[[Any], Any], Callable[[Any], Any]]


def _codec(known: Attribute[Any]) -> Codec:
    """How the values of an attribute are written and read."""
    return _CODECS.get(known.name, (plain, _scalar))


def _scalar(data: object) -> object:
    if data is None or isinstance(data, (str, int)):
        return data
    raise InputError(f"a text, a number or a flag is wanted, not {data!r}")


def _instant(data: object) -> datetime:
    found = datetime.fromisoformat(data) if isinstance(data, str) else None
    if found is None or found.tzinfo is None:
        raise InputError(f"an instant is wanted, such as 2026-03-02T09:00:00+00:00, not {data!r}")
    return found.astimezone(UTC)


def _actor_written(actor: Actor) -> dict[str, Any]:
    held = {
        name: {"level": one.level, **({"until": one.until.isoformat()} if one.until else {})}
        for name, one in (actor.qualifications or {}).items()
    }
    named = {
        "roles": sorted(actor.roles), "groups": sorted(actor.groups), "on_behalf_of": actor.on_behalf_of,
        "qualifications": held,
    }  # fmt: skip
    return {"id": actor.id, **{name: value for name, value in named.items() if value}}


def _actor(data: object) -> Actor:
    if (
        not isinstance(data, Mapping)
        or not data.keys() <= {"id", "roles", "groups", "on_behalf_of", "qualifications"}
        or "id" not in data
    ):
        raise InputError(f"an actor is wanted, such as {{id: li, roles: [agent]}}, not {data!r}")
    held = data.get("qualifications")
    return Actor(**{**data, "qualifications": None if held is None else _held(held)})


def _held(data: object) -> dict[str, Qualification]:
    if not isinstance(data, Mapping) or not all(isinstance(one, Mapping) for one in data.values()):
        raise InputError(f"qualifications are wanted, such as {{electrician: {{level: 2}}}}, not {data!r}")
    return {
        name: Qualification(one.get("level", 1), None if "until" not in one else _instant(one["until"]))
        for name, one in data.items()
    }


def _fields_written(values: Mapping[str, Any] | tuple[str, ...]) -> dict[str, Any] | list[str]:
    """The fields of a form, or the names of fields to forget."""
    if isinstance(values, Mapping):
        return {name: plain(value) for name, value in values.items()}
    return list(values)


def _fields(data: object) -> dict[str, Any] | tuple[str, ...]:
    if isinstance(data, Mapping):
        return {str(name): unplain(value) for name, value in data.items()}
    return _texts(data)


def _texts(data: object) -> tuple[str, ...]:
    if not isinstance(data, list) or not all(isinstance(one, str) for one in data):
        raise InputError(f"a list of texts is wanted, not {data!r}")
    return tuple(data)


_CODECS: Mapping[str, Codec] = {
    "actor": (_actor_written, _actor),
    "fields": (_fields_written, _fields),
    "until": (datetime.isoformat, _instant),
    "by": (lambda length: length // timedelta(microseconds=1), lambda count: timedelta(microseconds=count)),
    "dates": (
        lambda dates: [one.isoformat() for one in dates],
        lambda data: tuple(date.fromisoformat(one) for one in _texts(data)),
    ),
}
"""By attribute: `by` is in microseconds."""
