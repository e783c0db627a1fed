"""What can happen to a case, as values: the only inputs of `decide`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

from attrs import evolve, field, frozen

from svcflow.core.calendar import Calendar

K = TypeVar("K")
V = TypeVar("V")

EMPTY: Mapping[str, Any] = MappingProxyType({})


def _names(value: Iterable[str]) -> frozenset[str]:
    """A lone text would fall apart into letters: refuse it here, where the mistake is made."""
    if isinstance(value, str):
        raise TypeError(f"expected a set of names, got the single text {value!r}; write {{{value!r}}}")
    return frozenset(value)


def thawed(values: Mapping[K, V]) -> dict[K, V]:
    """A copy of one's own. `dict(proxy)` would ask for every key; the proxy's own copy is ten times as fast."""
    return values.copy() if isinstance(values, MappingProxyType) else dict(values)


def extended(values: Mapping[K, V], more: Mapping[K, V]) -> Mapping[K, V]:
    """The values with more of them, for reading only."""
    changed = thawed(values)
    changed.update(more)
    return MappingProxyType(changed)


def _readonly(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return value if isinstance(value, MappingProxyType) else MappingProxyType(dict(value))


LEVELS = 10**9
"""Levels lie below this number, far above any that people have."""


def _utc(until: datetime | None) -> datetime | None:
    """An instant in UTC; without a zone it would be another one for each reader."""
    if until is None:
        return None
    moment: object = until
    if not isinstance(moment, datetime):
        raise TypeError(f"`until` must be a datetime, not {type(moment).__name__}")
    if until.utcoffset() is None:
        raise ValueError(f"`until` needs a time zone, as in 2026-05-01T00:00:00+00:00, not {until.isoformat()}")
    try:
        return until.astimezone(UTC)
    except OverflowError as problem:
        raise ValueError(f"`until` lies beyond all calendars: {until.isoformat()}") from problem


def _whole(level: int) -> int:
    if type(level) is not int:  # A flag is an int to Python, and no level.
        raise TypeError(f"`level` must be a whole number, not {type(level).__name__}")
    if not 0 <= level < LEVELS:
        raise ValueError(f"`level` must be from 0 to {LEVELS - 1:,}")
    return level


@frozen
class Qualification:
    """
    What somebody is qualified for: the level reached (1 where there are no levels), and until when.

    It is good up to and including the instant `until` (aware; kept in UTC), for good without one.

    Raises:
        TypeError: If `level` is no whole number, or `until` no datetime.
        ValueError: If `level` is below 0 or not below 10**9, or `until` has no time zone or no instant in UTC.
    """

    level: int = field(default=1, converter=_whole)
    until: datetime | None = field(default=None, converter=_utc)


def _held(value: Mapping[str, Qualification] | None) -> Mapping[str, Qualification] | None:
    if value is None:
        return None
    named: object = value
    if not isinstance(named, Mapping) or not all(isinstance(one, Qualification) for one in named.values()):
        raise TypeError("expected qualifications by name, as in {'electrician': Qualification(level=2)}")
    return _readonly(value)


@frozen
class Actor:
    """
    Who does something: an id, the roles held now, the groups belonged to, and for whom it is done.

    `groups` lets a whole outlet stand in a `person` field. `on_behalf_of` names the person an actor stands in for:
    it is journalled, counts as having acted, and is barred wherever that person is. `qualifications` are the actor's
    own, by name; None says nothing about them, so that an engine asks its provider, and counts as having none.
    """

    id: str
    roles: frozenset[str] = field(default=frozenset(), converter=_names)
    groups: frozenset[str] = field(default=frozenset(), converter=_names)
    on_behalf_of: str | None = None
    qualifications: Mapping[str, Qualification] | None = field(default=None, converter=_held, hash=False)

    def showing(self, names: Iterable[str] = ()) -> Actor:
        """The actor with no other qualifications than these: what a journal says of somebody."""
        if self.qualifications is None:
            return self
        shown = {name: self.qualifications[name] for name in names if name in self.qualifications}
        return evolve(self, qualifications=shown or None)

    @property
    def persons(self) -> frozenset[str]:
        """Everyone this actor stands for when somebody is barred."""
        return frozenset((self.id,)) if self.on_behalf_of is None else frozenset((self.id, self.on_behalf_of))


SYSTEM = Actor("system", roles={"system"})


def is_system(actor: Actor) -> bool:
    """Whether this is the engine itself; most people's id alone says no, so that nothing else need be compared."""
    return actor.id == SYSTEM.id and actor == SYSTEM


@frozen
class Event:
    """An event somebody sends: its name, the form filled in, the sender and an idempotency key."""

    name: str
    fields: Mapping[str, Any] = field(default=EMPTY, converter=_readonly)
    actor: Actor = SYSTEM
    key: str | None = None


@frozen
class Tick:
    """
    Time has passed: fire what fell due.

    With a `timer` it is that timer's own call and is fenced (R2): another generation means the timer was
    re-armed or cancelled meanwhile, and nothing happens.
    """

    timer: str | None = None
    generation: int = 0


@frozen
class ChildEnded:
    """
    A child case that this case waits for has reached an end; `given` holds its `gives` that are filled.

    `kinds` are the types that these fields have in the child, `private` those that are private there.
    """

    child: str
    state: str
    end: str
    given: Mapping[str, Any] = EMPTY
    kinds: Mapping[str, str] = EMPTY
    private: frozenset[str] = frozenset()


@frozen
class ChildActed:
    """Somebody took an event in a child: `not_by` counts it as taken in the waiting state."""

    child: str
    state: str
    persons: frozenset[str]


@frozen
class Cancel:
    """The parent left the state that this child ran in: the child ends as cancelled, from outside."""

    parent: str


@frozen
class Note:
    """A remark of an actor: journalled, moves nothing."""

    text: str
    actor: Actor = SYSTEM
    key: str | None = None


@frozen
class Erase:
    """Private values are taken away: their fields become empty, in the past too; journalled, moves nothing."""

    fields: frozenset[str]
    reason: str
    actor: Actor = SYSTEM


@frozen
class Migrate:
    """
    Move the case to another published version of its process, as that version's `migrate:` says.

    `calendars` are those of the version that the case leaves: what its clocks have counted stays as they say. Whoever
    decides for a family knows them; without them a calendar is taken to mean what it meant before. `days` says which
    holidays it counts on there, None the newest ones.
    """

    version: int
    actor: Actor = SYSTEM
    calendars: Mapping[str, Calendar] = EMPTY
    days: str | None = None


@frozen
class Recalendar:
    """
    Count on other holidays from now on: those that `days`, their digest, stands for in this version of the process.

    `calendars` are the case's own until now, as in `Migrate`. Both must agree about every date that has begun: so no
    time used changes, and nothing that is met, late or fired.
    """

    version: int
    days: str
    actor: Actor = SYSTEM
    calendars: Mapping[str, Calendar] = EMPTY


Input: TypeAlias = Event | Tick | ChildEnded | ChildActed | Cancel | Note | Erase | Migrate | Recalendar


@frozen
class FileRef:
    """A file kept by the host: svcflow stores what it is, never its bytes. `size` in bytes, `sha256` as hex."""

    id: str
    name: str
    size: int
    sha256: str
