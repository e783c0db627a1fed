"""What somebody sees of a case: values of fields that are for others (`seen_by`) give way to a mark."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import evolve, frozen

from svcflow.core.case import Case
from svcflow.core.clock import Clock
from svcflow.core.decision import Decision, HookCall, JournalEntry, Message, NewCase, Recipient
from svcflow.core.event import Actor, ChildEnded
from svcflow.core.people import may_act
from svcflow.core.process import Process
from svcflow.core.rule import People

NONE: frozenset[str] = frozenset()


@frozen
class Unseen:
    """The mark in place of a value that is not for whoever looks: that there is one is told, not which."""

    def __str__(self) -> str:
        return "not shown"


UNSEEN = Unseen()
_SOMEBODY = Recipient("person", str(UNSEEN))


def sees(people: People | None, actor: Actor, fields: Mapping[str, Any]) -> bool:
    """Whether an actor is one of these people; `system` always is, and everybody where nobody is named."""
    return people is None or "system" in actor.roles or may_act(people, actor, fields)


def unseen(process: Process, actor: Actor, fields: Mapping[str, Any]) -> frozenset[str]:
    """The names of the fields that an actor may not see in a case with these values."""
    if not process.limited:
        return NONE
    return frozenset(name for name in process.limited if not sees(process.fields[name].seen_by, actor, fields))


def insider(process: Process, actor: Actor, fields: Mapping[str, Any]) -> bool:
    """Whether an actor reads notes and erasures: who sees all fields, or where nothing is said, who holds a role."""
    if process.seen_by is None:
        return "system" in actor.roles or not process.roles.isdisjoint(actor.roles)
    return sees(process.seen_by, actor, fields)


def shown(values: Mapping[str, Any], hidden: frozenset[str]) -> Mapping[str, Any]:
    """Values by field, a mark in place of each that is hidden; an empty one is a value, too."""
    if hidden.isdisjoint(values):
        return values
    return MappingProxyType({name: UNSEEN if name in hidden else value for name, value in values.items()})


def withheld(process: Process, clock: Clock, hidden: frozenset[str]) -> bool:
    """
    Whether what a clock promises is not told, since it hangs on a field that is hidden.

    What an earlier version promised under a name that is gone is told to those alone from whom nothing is hidden.
    """
    return not hidden.isdisjoint(process.promised.get(clock.name, hidden))


def shown_case(case: Case, process: Process, hidden: frozenset[str]) -> Case:
    """A case as somebody sees it; whom it bars is left out, since a list of names can be tried against a digest."""
    clocks = {key: _shown_clock(clock, process, hidden) for key, clock in case.clocks.items()}
    cycles = tuple(_shown_clock(clock, process, hidden) for clock in case.cycles)
    if not case.barred and hidden.isdisjoint(case.fields) and (clocks, cycles) == (case.clocks, case.cycles):
        return case
    return evolve(
        case, fields=shown(case.fields, hidden), clocks=MappingProxyType(clocks), cycles=cycles, barred=frozenset()
    )


def _shown_clock(clock: Clock, process: Process, hidden: frozenset[str]) -> Clock:
    """A clock as somebody sees it: when it ran and how it stands, perhaps not what it promises, on which calendar."""
    if not withheld(process, clock, hidden):
        return clock
    own = process.calendar
    segments = tuple(evolve(segment, calendar=own) for segment in clock.segments)
    return evolve(clock, target=None, calendar=own, segments=segments, fixed=None, earlier=())


def shown_entry(entry: JournalEntry, hidden: frozenset[str]) -> JournalEntry:
    """An entry of a journal as somebody sees it."""
    barred = bool(entry.detail.get("barred"))
    if not barred and hidden.isdisjoint(entry.fields) and hidden.isdisjoint(entry.changes):
        return entry
    detail = MappingProxyType({**entry.detail, "barred": ()}) if barred else entry.detail
    return evolve(entry, fields=shown(entry.fields, hidden), changes=shown(entry.changes, hidden), detail=detail)


def shown_decision(decision: Decision, process: Process, hidden: frozenset[str]) -> Decision:
    """What would happen, as somebody sees it; where anything is hidden, no call says which person it is to."""
    return Decision(
        None if decision.before is None else shown_case(decision.before, process, hidden),
        shown_case(decision.case, process, hidden),
        tuple(shown_entry(entry, hidden) for entry in decision.journal),
        tuple(_call(call, hidden) for call in decision.calls),
        tuple(_start(start, hidden) for start in decision.starts),
        tuple(_message(message, hidden) for message in decision.messages),
    )


def _call(call: HookCall, hidden: frozenset[str]) -> HookCall:
    # Which field a person is from is not known here, and to name the others would tell who is left.
    to = tuple(_SOMEBODY if hidden and one.kind == "person" else one for one in call.to)
    return evolve(call, fields=shown(call.fields, hidden), to=to)


def _start(start: NewCase, hidden: frozenset[str]) -> NewCase:
    return evolve(start, fields=shown(start.fields, hidden), barred=frozenset())


def _message(message: Message, hidden: frozenset[str]) -> Message:
    told = message.input
    if not isinstance(told, ChildEnded):
        return message
    return evolve(message, input=evolve(told, given=shown(told.given, hidden)))
