"""Who may act: roles and person fields (`by`), and who is barred (`not_by`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from svcflow.core.case import Case
from svcflow.core.decision import Recipient
from svcflow.core.event import SYSTEM, Actor
from svcflow.core.process import Process
from svcflow.core.rule import Bars, People


def may_act(people: People | None, actor: Actor, fields: Mapping[str, Any]) -> bool:
    """
    Whether the actor is one of these people.

    A person field matches the actor whose id, or one of whose groups, stands in it. An event that nobody is named
    for is nobody's: None means no.
    """
    if people is None:
        return False
    if not people.roles.isdisjoint(actor.roles):
        return True
    return any(stands_in(fields.get(name), actor) for name in people.fields)


def stands_in(value: object, actor: Actor) -> bool:
    """Whether a person field's value is this actor or one of the actor's groups."""
    return isinstance(value, str) and (value == actor.id or value in actor.groups)


def barred_by(bars: Bars, actor: Actor, case: Case, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """
    What bars the actor: paths of states acted in, names of person fields, or `parent` for a bar handed down.

    Who acts on behalf of somebody is barred wherever that somebody is. The engine itself never is.
    """
    if not (bars.states or bars.fields or case.barred) or actor == SYSTEM:
        return ()
    persons = actor.persons
    found = [path for path, actors in case.acted.items() if path in bars.states and not persons.isdisjoint(actors)]
    for name in bars.fields:
        value = fields.get(name)
        if value is not None and (value in persons or value in actor.groups):
            found.append(name)
    if not case.barred.isdisjoint(persons | actor.groups):
        found.append("parent")
    return tuple(found)


def barred_persons(bars: Bars, acted: Mapping[str, frozenset[str]], fields: Mapping[str, Any]) -> frozenset[str]:
    """Everyone these bars keep out, by id: what a `run` state hands to its child."""
    persons = {fields[name] for name in bars.fields if fields.get(name) is not None}
    for path, actors in acted.items():
        if path in bars.states:
            persons |= actors
    return frozenset(persons)


def recipients(process: Process, people: People | None, fields: Mapping[str, Any]) -> tuple[Recipient, ...]:
    """The people named under a `by`, as somebody to tell: roles by name, persons by the ids in their fields."""
    if people is None:
        return ()
    roles = tuple(Recipient("role", role) for role in sorted(people.roles) if role != "system")
    filled = (name for name in people.fields if fields.get(name) is not None)
    persons = (
        Recipient("field", name) if name in process.private else Recipient("person", fields[name]) for name in filled
    )
    return (*roles, *persons)


def responsible(process: Process, leaves: tuple[int, ...], fields: Mapping[str, Any]) -> tuple[Recipient, ...]:
    """Whoever may act in the states around these leaves: the leaf's own people and those of all events offered."""
    found: dict[Recipient, None] = {}
    for leaf in leaves:
        found.update(dict.fromkeys(recipients(process, process.states[leaf].by, fields)))
        for index in process.lines[leaf]:
            for rules in process.states[index].events.values():
                for rule in rules:
                    if rule.kind == "event":
                        found.update(dict.fromkeys(recipients(process, rule.by, fields)))
    return tuple(found)
