"""Who may act: roles and person fields (`by`), who is barred (`not_by`), and who is `qualified`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from svcflow.core.case import Case
from svcflow.core.decision import Recipient
from svcflow.core.event import EMPTY, Actor, is_system
from svcflow.core.process import Process
from svcflow.core.promise import row_key
from svcflow.core.quick import quick
from svcflow.core.rule import Bars, People, Qualified

_recipient = quick(Recipient)


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
    for name in people.fields:  # noqa: SIM110 - a plain loop takes half the time, for every event of every case
        if stands_in(fields.get(name), actor):
            return True
    return False


def stands_in(value: object, actor: Actor) -> bool:
    """Whether a person field's value is this actor or one of the actor's groups."""
    return isinstance(value, str) and (value == actor.id or value in actor.groups)


def barred_by(bars: Bars, actor: Actor, case: Case, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """
    What bars the actor: paths of states acted in, names of person fields, or `parent` for a bar handed down.

    Who acts on behalf of somebody is barred wherever that somebody is. The engine itself never is.
    """
    if not (bars.states or bars.fields or case.barred) or is_system(actor):
        return ()
    persons = actor.persons
    found = [path for path, actors in case.acted.items() if path in bars.states and not persons.isdisjoint(actors)]
    for name in bars.fields:
        value = fields.get(name)
        if value is not None and (value in persons or value in actor.groups):
            found.append(name)
    if case.barred and _handed_down(case, persons | actor.groups):
        found.append("parent")
    return tuple(found)


def _handed_down(case: Case, names: frozenset[str]) -> bool:
    """Whether one of these names was barred when the case was opened, openly or by its digest."""
    return any(name in case.barred or _digest(case.root, name) in case.barred for name in names)


def barred_persons(
    process: Process, bars: Bars, case: Case, acted: Mapping[str, frozenset[str]], fields: Mapping[str, Any]
) -> frozenset[str]:
    """
    Everyone whom a `run` state of this case keeps out of its child, by id.

    Whoever stands in a private field, or in one that not everybody may see, is there as a digest: what the store keeps
    of the child names nobody. Few names can be tried against a digest, so whoever looks (`viewer`) is not shown it.
    """
    secret = process.private | process.limited
    filled = [name for name in bars.fields if fields.get(name) is not None]
    persons = {_digest(case.root, fields[name]) if name in secret else fields[name] for name in filled}
    for path, actors in acted.items():
        if path in bars.states:
            persons |= actors
    return case.barred.union(persons)


def _digest(root: str, person: str) -> str:
    """A person of one family of cases, for comparing."""
    return sha256(f"{root}\n{person}".encode()).hexdigest()


def needed(qualified: Qualified, fields: Mapping[str, Any]) -> Mapping[str, int]:
    """What must be held here and now: names with their least levels."""
    if qualified.per is None:
        return qualified.needs
    value = fields.get(qualified.per)
    return qualified.needs if value is None else qualified.rows.get(row_key(value), qualified.needs)


def lacking(needs: Mapping[str, int], actor: Actor, at: datetime) -> dict[str, Any]:
    """
    What the actor lacks of it at an instant, as parameters of a refusal; empty if nothing.

    A qualification that ends at this very instant is still good. The engine itself needs none.
    """
    if is_system(actor):
        return {}
    held = actor.qualifications or EMPTY
    found = {
        "missing": tuple(name for name in needs if name not in held),
        "low": {name: held[name].level for name in needs if name in held and held[name].level < needs[name]},
        "expired": {name: until for name in needs if name in held and (until := held[name].until) and until < at},
    }
    return {
        what: MappingProxyType(names) if isinstance(names, dict) else names for what, names in found.items() if names
    }


def recipients(process: Process, people: People | None, fields: Mapping[str, Any]) -> tuple[Recipient, ...]:
    """The people named under a `by`, as somebody to tell: roles by name, persons by the ids in their fields."""
    if people is None:
        return ()
    roles = tuple(Recipient("role", role) for role in sorted(people.roles) if role != "system")
    persons = [recipient(process, name, fields) for name in people.fields]
    return (*roles, *(person for person in persons if person is not None))


def recipient(process: Process, name: str, fields: Mapping[str, Any]) -> Recipient | None:
    """Whoever stands in a person field, as somebody to tell: a private one by the field alone; None for nobody."""
    person = fields.get(name)
    if person is None:
        return None
    return _recipient("field", name) if name in process.private else _recipient("person", person)


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
