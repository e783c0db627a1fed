"""
Bugs that only show where several act at once: each under one of all orders of a small program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from attrs import frozen

from svcflow import casebook, door
from svcflow.casebook import Casebook
from svcflow.core.event import Actor
from svcflow.door import Door
from svcflow.errors import ConflictError
from svcflow.stores.base import Change
from svcflow.stores.memory import MemoryStore
from svcflow.stores.memory_work import Outbox
from svcflow.testing.together import Deed, Program
from svcflow.testing.trace import Command, Note, Open, Send, Trace, Work
from svcflow.testing.violations import EffectWithoutCause, NotLinearizable, Violation
from zoo.zoo import replaced

SHOP = """
process: shop
version: 1
roles: [agent]
hooks: [print, order]
calendar: always
by: agent
open: {by: agent}
states:
  new: {events: {take: {to: work, do: {hook: print}}, turn_down: refused, again: {to: here, do: {hook: order}}}}
  work: {run: bench, events: {mended: closed, lost: refused}, do: {hook: order}, after: {4h: {do: {hook: print}}}}
  closed: {end: done}
  refused: {end: cancelled}
"""
BENCH = """
process: bench
version: 1
roles: [agent]
calendar: always
by: agent
states:
  open: {events: {fix: mended, lose: lost}}
  mended: {end: done}
  lost: {end: done}
"""

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANN = Actor("ann", roles={"agent"})
OPENED = Open("shop", {}, ANN)
TAKEN = Send("take", {}, ANN)
CHILD = "case-2-0"


@frozen
class Crowded:
    """
    One planted bug, the program that meets it under some order, and what must find it.
    """

    name: str
    what: str
    breaks: str
    finds: type[Violation]
    program: Program
    planted: Callable[[], AbstractContextManager[None]]


def crowded(
    breaks: str, finds: type[Violation], *before: Command, **parties: Deed | tuple[Deed, ...]
) -> Callable[[Callable[[], Iterator[None]]], Crowded]:
    """
    Make a bug of a function that plants it until it is resumed; its docstring says what is wrong.
    """
    told = {name: deeds if isinstance(deeds, tuple) else (deeds,) for name, deeds in parties.items()}

    def made(planted: Callable[[], Iterator[None]]) -> Crowded:
        name = planted.__name__.replace("_", " ")
        what = " ".join((planted.__doc__ or "").split()).rstrip(".")
        return Crowded(
            name, what, breaks, finds, Program(Trace("shop", START, before), told), contextmanager(planted)
        )  # fmt: skip

    return made


@crowded("stores/memory", NotLinearizable, OPENED, a=Note("one", ANN), b=Note("two", ANN))
def last_writer_wins() -> Iterator[None]:
    """
    A case is written without a look at whether it was changed meanwhile.
    """
    with replaced(MemoryStore, "_check", lambda store, changes: None):
        yield


@crowded(
    "stores/memory", NotLinearizable,
    a=Open("shop", {}, ANN, "one", key="k"), b=Open("shop", {}, ANN, "two", key="k"),
)  # fmt: skip
def keys_looked_at_too_early() -> Iterator[None]:
    """
    Whether a key is taken is looked at when a request comes, and not again when it is written.
    """

    def checked(store: MemoryStore, changes: Sequence[Change]) -> None:
        right(store, [attrs.evolve(change, opening_key=None) for change in changes])

    right = MemoryStore._check
    with replaced(MemoryStore, "_check", checked):
        yield


@crowded("stores/memory_work", EffectWithoutCause, OPENED, TAKEN, a=Work(), b=Work())
def claims_are_not_kept() -> Iterator[None]:
    """
    A call that a worker has claimed can be claimed by another at once.
    """

    def claim(outbox: Outbox, now: datetime, lease: timedelta, limit: int, hooks: Sequence[str]) -> Any:
        return right(outbox, now, timedelta(), limit, hooks)

    right = Outbox.claim
    with replaced(Outbox, "claim", claim):
        yield


@crowded("stores/memory_work", NotLinearizable, OPENED, TAKEN, a=Work(), b=Work())
def later_calls_overtake() -> Iterator[None]:
    """
    While the oldest call of a case is under way, another worker is given the next one.
    """

    def heads(outbox: Outbox) -> Iterator[Any]:
        for calls in outbox._waiting.values():
            for number, delivery in calls.values():
                if delivery.state == "waiting":
                    yield delivery.next_at, number, delivery
                    break

    with replaced(Outbox, "_heads", heads):
        yield


@crowded("door", NotLinearizable, OPENED, a=Note("one", ANN), b=Note("two", ANN))
def gives_up_at_the_first_conflict() -> Iterator[None]:
    """
    Whoever meets somebody else's change is told of a conflict instead of being asked again.
    """
    with replaced(door, "TRIES", 1):
        yield


@crowded("door", NotLinearizable, OPENED, a=Note("one", ANN), b=Send("again", {}, ANN))
def a_conflict_is_taken_for_a_success() -> Iterator[None]:
    """
    A change that met a conflict is answered as if it were written.
    """

    def write(self: Door, changes: Sequence[Change], *rest: Any, **named: Any) -> None:
        try:
            right(self, changes, *rest, **named)
        except ConflictError:
            return

    right = Door._write
    with replaced(Door, "_write", write):
        yield


@crowded("door", NotLinearizable, OPENED, TAKEN, a=Send("fix", {}, ANN, CHILD), b=Note("one", ANN))
def a_family_in_pieces() -> Iterator[None]:
    """
    What happens to a child and what its parent makes of it are written one after the other.
    """

    def write(self: Door, changes: Sequence[Change], *rest: Any, **named: Any) -> None:
        for change in changes:
            right(self, [change], *rest, **named)

    right = Door._write
    with replaced(Door, "_write", write):
        yield


@crowded("casebook", NotLinearizable, OPENED, a=Note("one", ANN, key="k"), b=Note("one", ANN, key="k"))
def a_key_is_asked_once() -> Iterator[None]:
    """
    After a conflict the case is read again, but not what the key stands for meanwhile.
    """
    asked: dict[str, Any] = {}

    def family_and_key(self: Casebook, *question: Any) -> Any:
        family, known = right(self, *question)
        tenant, case_id, key, connection, *_ = question
        return family, asked.setdefault(repr((id(self), tenant, case_id, key, connection)), known)

    right = Casebook.family_and_key
    with replaced(casebook.Casebook, "family_and_key", family_and_key):
        yield


BUGS: tuple[Crowded, ...] = (
    last_writer_wins,
    keys_looked_at_too_early,
    claims_are_not_kept,
    later_calls_overtake,
    gives_up_at_the_first_conflict,
    a_conflict_is_taken_for_a_success,
    a_family_in_pieces,
    a_key_is_asked_once,
)


def table(bugs: Sequence[Crowded], orders: Mapping[str, int]) -> str:
    """
    The bugs as a table in Markdown, with how many orders their programs have.
    """
    rows = [
        f"| {one.what} | `{one.breaks}` | `{one.finds.__name__}` | {orders[one.name]} |"
        for one in sorted(bugs, key=lambda one: (one.breaks, one.name))
    ]
    head = ["| what is wrong | in | found as | orders of the program |", "|---|---|---|---|"]
    return "\n".join((*head, *rows)) + "\n"
