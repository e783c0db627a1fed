"""One entry of a journal: what one input does to one case, or what one of its timers does when it fires."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from svcflow.core import effects, macrostep, sla, timing
from svcflow.core.admission import admit, journalled, menu_of, no_alternative, refusal
from svcflow.core.case import Case
from svcflow.core.decision import Decision, JournalEntry, NewCase, Offer, Refusal
from svcflow.core.draft import Draft
from svcflow.core.event import (
    SYSTEM,
    Actor,
    Cancel,
    ChildActed,
    ChildEnded,
    Erase,
    Event,
    Input,
    Migrate,
    Note,
    Recalendar,
)
from svcflow.core.form import Unfit, read_form, read_value
from svcflow.core.machine import Machine
from svcflow.core.migration import migrate
from svcflow.core.people import may_act
from svcflow.core.process import Process
from svcflow.core.recalendar import recalendar


def react(process: Process, case: Case, event: Input, at: datetime, machine: Machine) -> Decision | Refusal:
    """Decide one input at one instant, whatever timers may be overdue; nothing due is a decision without entries."""
    draft = Draft(process, case, at, machine)
    match event:
        case Event():
            return _sent(draft, event)
        case ChildEnded():
            return _child_ended(draft, event)
        case ChildActed() if event.state in process.watched or case.parent is not None:
            draft.note_actors(event.state, event.persons)
            detail = {"child": event.child, "state": event.state, "persons": tuple(sorted(event.persons))}
            return macrostep.decision(draft, "child", "acted", detail=detail)
        case Cancel() if not case.ended:
            macrostep.cancel(draft)
            return macrostep.decision(draft, "cancelled", "cancelled", detail={"parent": event.parent})
        case Note():
            draft.actor = event.actor.showing()
            return macrostep.decision(draft, "note", "note", key=event.key, detail={"text": event.text})
        case Erase():
            draft.actor = event.actor.showing()
            for name in event.fields:
                draft.fields.pop(name, None)  # Unlike `write`: times that were promised stay.
            detail = {"fields": tuple(sorted(event.fields)), "reason": event.reason}
            return macrostep.decision(draft, "erased", "erased", detail=detail)
        case Migrate() | Recalendar():
            draft.actor = event.actor.showing()
            other = event.calendars
            return migrate(draft, process, other) if isinstance(event, Migrate) else recalendar(draft, other)
        case _:
            return Decision(case, case)


def _sent(draft: Draft, event: Event) -> Decision | Refusal:
    """An event that somebody sent: the door, then the fields, then the machine."""
    admitted = admit(draft, event)
    if isinstance(admitted, Refusal):
        return _instead(draft, admitted, event.actor)
    draft.actor = event.actor if event.actor.qualifications is None else journalled(draft, event)
    values, transitions = admitted
    for name, value in values.items():
        draft.write(name, value)
    if not macrostep.run(draft, event.name, lambda index: index in transitions and draft.open(index)):
        return _instead(draft, no_alternative(draft, event.name, transitions, event.actor), event.actor)
    return macrostep.decision(draft, "event", event.name, key=event.key, fields=MappingProxyType(values))


def _instead(draft: Draft, refused: Refusal, actor: Actor) -> Refusal:
    """The refusal with what the actor could send instead, as the case stood before."""
    possible = offers(draft.process, draft.before, actor, draft.at, draft.machine)
    names = tuple(offer.event for offer in possible if offer.refusal is None)
    return Refusal(refused.case, refused.event, refused.code, refused.parameters, names)


def _child_ended(draft: Draft, event: ChildEnded) -> Decision:
    """
    An end of the child this case waits for; what it gives back fills fields of the same name and type.

    What is private in the child does not become public here.
    """
    if draft.children.get(event.state) != event.child:
        return Decision(draft.before, draft.before)
    draft.forget_child(event.state)
    given: dict[str, Any] = {}
    for name, value in event.given.items():
        declared = draft.process.fields.get(name)
        if declared is None or event.kinds.get(name, declared.kind) != declared.kind:
            continue
        read = read_value(declared, value)
        if not isinstance(read, Unfit) and (declared.private or name not in event.private):
            given[name] = read
            draft.write(name, read)
    trigger = f"+child/{event.state.replace('.', '/')}/{event.end}"
    if not macrostep.run(draft, trigger, draft.open):
        draft.remarks.append(f"{event.child} ended as {event.end}, and nothing says what happens then")
        macrostep.settle(draft)
    detail = {"child": event.child, "state": event.state}
    return macrostep.decision(draft, "child", event.end, fields=MappingProxyType(given), detail=detail)


def fire(process: Process, case: Case, name: str, at: datetime, machine: Machine) -> Decision:
    """Let a timer of the case do what it was armed for."""
    draft = Draft(process, case, at, machine)
    timer = case.timers[name]
    detail: dict[str, Any] = {}
    if name.startswith("wait:"):
        del draft.timers[name]
        macrostep.settle(draft)
    elif name.startswith("after:"):
        after = process.afters[name]
        timing.happened(draft, after, timer)
        if not macrostep.run(draft, after.rule.trigger or "", draft.open):
            draft.remarks.append("its condition does not hold, so nothing happens")
    else:
        step = sla.overtaken(draft, name)
        if step is not None:
            detail["step"] = step.key
            effects.write(draft, step.do)
            effects.carry_out(draft, step.do, name.partition(":")[2], draft.leaves, step=step.key)
            macrostep.settle(draft)
        else:
            sla.arm_step(draft, name)
    return macrostep.decision(draft, "timer", name, detail=MappingProxyType(detail))


def open_with(
    process: Process, fields: Mapping[str, Any], actor: Actor, blank: Case, machine: Machine, *, key: str | None
) -> Decision | Refusal:
    """Open a case as somebody asked for it: `open` says who may and with which form."""
    draft = Draft(process, blank, blank.opened_at, machine, actor.showing())
    opening = process.opening
    if opening.by is not None and not may_act(opening.by, actor, fields):
        return refusal(draft, "open", "forbidden", by=(*sorted(opening.by.roles), *opening.by.fields))
    values, problems = read_form(process.fields, opening.ask, opening_fields(process), fields)
    if problems:
        return refusal(draft, "open", "form", problems=MappingProxyType(problems))
    return _opened(draft, values, key=key, detail={})


def open_from(process: Process, new: NewCase, given: Mapping[str, Any], blank: Case, machine: Machine) -> Decision:
    """Open a case that another one runs or starts; its opener is `system`, its fields are what was handed over."""
    draft = Draft(process, blank, blank.opened_at, machine, SYSTEM)
    empty = [name for name in process.opening.ask if given.get(name) is None]
    draft.remarks += [f"{name} is asked for on opening, but was empty" for name in empty]
    return _opened(draft, given, key=None, detail={"origin": new.origin})


def open_again(process: Process, blank: Case, entry: JournalEntry, machine: Machine) -> Decision:
    """Open a case as its journal says it was opened, whoever may do so now."""
    draft = Draft(process, blank, entry.at, machine, entry.actor)
    return _opened(draft, entry.fields, key=entry.key, detail={})


def _opened(draft: Draft, values: Mapping[str, Any], *, key: str | None, detail: dict[str, Any]) -> Decision:
    case, process = draft.before, draft.process
    draft.fields.update({name: value for name, value in values.items() if value is not None}, opened_at=draft.at)
    macrostep.start(draft)
    detail |= {
        "process": process.name, "version": process.version, "digest": process.digest, "tenant": case.tenant,
        "root": case.root, "barred": tuple(sorted(case.barred)),
    }  # fmt: skip
    if process.days:
        detail["days"] = process.days
    if case.parent is not None:
        detail |= {"parent": case.parent.case, "state": case.parent.state}
    return macrostep.decision(
        draft, "opened", process.name, key=key, fields=MappingProxyType(dict(values)), detail=MappingProxyType(detail)
    )


def opening_fields(process: Process) -> tuple[str, ...]:
    """The fields that can be given when a case opens: those of its `open`, or all when the file has none."""
    opening = process.opening
    if opening.free:
        return tuple(name for name in process.fields if name != "opened_at")
    return (*opening.ask, *opening.may)


def offers(process: Process, case: Case, actor: Actor, at: datetime, machine: Machine) -> tuple[Offer, ...]:
    """The menu of one case at one instant."""
    if case.ended:
        return ()
    return menu_of(Draft(process, case, at, machine), actor)
