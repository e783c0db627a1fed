"""
A run as a value: what people, workers, hosts and the world do to cases, as a list of commands, JSON both ways.

Any list of commands can be run: one that makes no sense where it stands is refused, or does nothing. So a trace can be
cut, changed, kept in a file and run again, on another store, another machine, another version.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from attrs import NOTHING, field, fields, frozen

from svcflow.core.event import EMPTY, SYSTEM, Actor
from svcflow.errors import InputError
from svcflow.testing.trace_values import How, codec, instant, part, text

FORMAT = 1
"""The version of the JSON form."""

CASE = "case"
"""The id of the case that a trace is about, unless it says otherwise."""


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
            InputError: It is something else; the text names the command, and what in it.
        """
        if not isinstance(data, Mapping) or data.get("svcflow") != "trace":
            raise InputError("this is no trace: it lacks `svcflow: trace`")
        if data.get("format") != FORMAT:
            raise InputError(f"this trace is of format {data.get('format')!r}; this version reads format {FORMAT}")
        commands = data.get("commands")
        if not isinstance(data.get("process"), str) or not isinstance(commands, list):
            raise InputError("this trace lacks its `process` or its `commands`")
        start = part("start", instant, data.get("start"))
        return cls(part("process", text, data["process"]), start, tuple(map(_numbered, enumerate(commands, 1))))


def _written(command: Command) -> dict[str, Any]:
    """A command: the word for it, and what is not as usual."""
    values: dict[str, Any] = {"do": type(command).__name__.lower()}
    for known in fields(type(command)):
        value = getattr(command, known.name)
        if known.default is NOTHING or value != known.default:
            values[known.name] = codec(known)[0](value)
    return values


def _numbered(item: tuple[int, object]) -> Command:
    number, data = item
    try:
        return _read(data)
    except InputError as problem:
        raise InputError(f"command {number} cannot be read: {problem}") from problem


def _read(data: object) -> Command:
    kind = COMMANDS.get(str(data.get("do"))) if isinstance(data, Mapping) else None
    if kind is None or not isinstance(data, Mapping):
        raise InputError(f"`do` must be one of {', '.join(COMMANDS)}")
    known = {one.name: one for one in fields(kind)}
    strange = sorted(map(str, data.keys() - known.keys() - {"do"}))
    if strange:
        raise InputError(f"`{data['do']}` has no `{strange[0]}`; it has {', '.join(known)}")
    missing = [name for name, one in known.items() if one.default is NOTHING and name not in data]
    if missing:
        raise InputError(f"`{data['do']}` lacks `{missing[0]}`")
    return kind(**{name: part(name, codec(one)[1], data[name]) for name, one in known.items() if name in data})
