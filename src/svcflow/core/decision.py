"""What `decide` answers: the next case and everything to write and do, or why not; data, never an action."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

from attrs import frozen

from svcflow.core.case import Case, Parent, Timer
from svcflow.core.event import EMPTY, Actor, Cancel, ChildActed, ChildEnded

RefusalCode: TypeAlias = Literal[
    "ended",  # the case is over
    "unknown_event",  # the process has no event of this name
    "not_here",  # no active state knows the event
    "waiting",  # the state is in its `wait`; `until` says when it opens
    "forbidden",  # this actor holds no role, and stands in no field, that may
    "barred",  # `not_by`: this actor acted before, or stands in a barred field
    "unqualified",  # this actor lacks a qualification, or its level, or it is over; `needs` says what is asked
    "form",  # fields are missing, unknown or of another type; `problems` lists them
    "no_alternative",  # every alternative's condition fails or its `max` is used up
    "earlier",  # the given time lies before the last entry of the case
    "migration",  # the version to come says nothing about this case's version
    "hook",  # a hook inside the transaction raised; `reason` is what it said
]


@frozen
class Refusal:
    """
    An event that changes nothing, with the reason as data.

    `parameters` depend on `code`: `by` (role and field names) for `forbidden`, `by` (what bars) for `barred`,
    `problems` (field -> text) for `form`, `until` for `waiting`, `state` for most. For `unqualified` they are `needs`
    (name -> level needed) and of these, where there are some, `missing` (names), `low` (name -> level held) and
    `expired` (name -> until when it was good). `possible` names the events that this actor could send now.
    """

    case: str
    event: str
    code: RefusalCode
    parameters: Mapping[str, Any] = EMPTY
    possible: tuple[str, ...] = ()

    def __str__(self) -> str:
        details = "; ".join(f"{name}: {_words(value)}" for name, value in self.parameters.items())
        instead = f"; possible now: {', '.join(self.possible)}" if self.possible else ""
        return f"{self.event} refused ({self.code}){': ' if details else ''}{details}{instead}"


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {text}" for name, text in value.items())
    if isinstance(value, (tuple, list, frozenset)):
        return ", ".join(str(item) for item in (sorted(value) if isinstance(value, frozenset) else value))
    return str(value)


@frozen
class Move:
    """One microstep: what triggered it (None: automatic), which alternatives were taken, what was left and entered."""

    trigger: str | None
    taken: tuple[str, ...]
    left: tuple[str, ...]
    entered: tuple[str, ...]


@frozen
class JournalEntry:
    """
    One thing that happened, in the order of `seq`, with all that is needed to decide it again.

    `at` is when it happened; for a timer that is when it was due, however late the worker was. `fields` were sent with
    it, `changes` were written by `set`; `moves` are its microsteps. `calls` and `starts` are keys and case ids that it
    caused; `remarks` are plain sentences for people, such as a recipient that was empty.
    """

    case: str
    seq: int
    at: datetime
    kind: Literal["opened", "event", "timer", "child", "cancelled", "note", "migrated", "erased", "recalendared"]
    name: str
    actor: Actor
    key: str | None = None
    fields: Mapping[str, Any] = EMPTY
    changes: Mapping[str, Any] = EMPTY
    moves: tuple[Move, ...] = ()
    calls: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    detail: Mapping[str, Any] = EMPTY


@frozen
class Recipient:
    """
    Somebody to tell: `kind` is `role` or `person`, `name` the role or the person's id.

    Whoever stands in a private field is told by its name (`kind` is `field`): the id is among the call's `fields` where
    the hook's registration names that field.
    """

    kind: Literal["role", "person", "field"]
    name: str


@frozen
class HookCall:
    """
    Something for the host to do after the commit, at least once, in order per case.

    `key` never changes, so a host that sees it twice has seen one call. `cause` is the event, or the clock and `step`
    the escalation step, behind it; `at` is the intended time. `fields` are the case's values when it was caused,
    private ones only where the hook's registration names them. `to` and `message` belong to the built-in `notify`.
    """

    key: str
    tenant: str
    case: str
    process: str
    version: int
    hook: str
    cause: str
    at: datetime
    fields: Mapping[str, Any] = EMPTY
    to: tuple[Recipient, ...] = ()
    message: str | None = None
    step: str | None = None
    attempt: int = 1


@frozen
class NewCase:
    """
    A case to open in the same transaction: a `run` child (`parent` set) or an independent one that `start` links.

    `fields` are all values of `origin`, the case that caused it: the new case takes those that its `open` asks for
    under the same name and type, or as `rename` (theirs -> ours) says.
    """

    id: str
    process: str
    fields: Mapping[str, Any]
    origin: str
    actor: Actor
    parent: Parent | None = None
    root: str = ""
    barred: frozenset[str] = frozenset()
    rename: Mapping[str, str] = EMPTY


@frozen
class Message:
    """Something another case of the family must hear in the same transaction."""

    case: str
    input: ChildEnded | ChildActed | Cancel


@frozen
class Decision:
    """
    What one case becomes. `before` is the snapshot it was decided from, None for a new case.

    `armed` holds the timers that are new or changed, `disarmed` the names of those that are gone.
    """

    before: Case | None
    case: Case
    journal: tuple[JournalEntry, ...] = ()
    calls: tuple[HookCall, ...] = ()
    starts: tuple[NewCase, ...] = ()
    messages: tuple[Message, ...] = ()

    @property
    def armed(self) -> tuple[Timer, ...]:
        """Timers to write: new, or other than before."""
        old = EMPTY if self.before is None else self.before.timers
        return tuple(timer for name, timer in self.case.timers.items() if old.get(name) != timer)

    @property
    def disarmed(self) -> tuple[str, ...]:
        """Names of timers to delete."""
        if self.before is None or self.before.timers is self.case.timers:
            return ()
        return tuple(name for name in self.before.timers if name not in self.case.timers)


@frozen
class Offer:
    """
    One event of the menu.

    `ask` must be filled in, `may` can be; `present` holds the values the form proposes. `refusal` says why the event is
    not possible for this actor now; it is None when it is.
    """

    event: str
    ask: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    present: Mapping[str, Any] = EMPTY
    refusal: Refusal | None = None


Answer: TypeAlias = Decision | Refusal
