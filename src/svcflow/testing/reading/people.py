"""
Who may and who may not, read a second time from LANGUAGE 3 (People).

A name under `by` is a role or a person field; a person field matches whoever's id, or one of whose groups, stands in
it. `not_by: X` bars whoever took an event in X, of this case or its children, or stands in the field X; so it bars who
acts on behalf of them. What bars somebody where a child is run bars him in the child. The engine itself is barred
nowhere. `qualified` wants all that it names, each on its level at least and good up to its last instant, of the one who
acts and not of those they act for; the engine needs none.
"""

from __future__ import annotations

from datetime import datetime

from svcflow.core.event import SYSTEM, Actor
from svcflow.core.rule import Bars, People, Qualified
from svcflow.testing.reading.case import Told


def may(people: People | None, actor: Actor, told: Told) -> bool:
    """Whether `by` lets somebody in; where it says nothing, nobody."""
    if people is None:
        return False
    named = {told.fields[name] for name in people.fields if name in told.fields}
    return bool(people.roles & actor.roles or named & {actor.id, *actor.groups})


def barred(bars: Bars, actor: Actor, told: Told) -> bool:
    """Whether `not_by` keeps somebody out."""
    if actor == SYSTEM:
        return False
    persons = {actor.id} if actor.on_behalf_of is None else {actor.id, actor.on_behalf_of}
    named = {told.fields[name] for name in bars.fields if name in told.fields}
    return bool(persons & _acted(bars, told) or (named | told.barred) & (persons | actor.groups))


def trained(qualified: Qualified | None, actor: Actor, told: Told, at: datetime) -> bool:
    """Whether somebody holds all the qualifications that are asked for."""
    if qualified is None or actor == SYSTEM:
        return True
    value = told.fields.get(qualified.per or "")
    row = ("false", "true")[value] if isinstance(value, bool) else f"{value}"
    needs = qualified.needs if value is None else qualified.rows.get(row, qualified.needs)
    held = actor.qualifications or {}
    good = {name: one.level for name, one in held.items() if one.until is None or at <= one.until}
    return all(good.get(name, 0) >= level for name, level in needs.items())


def kept_out(bars: Bars, told: Told) -> frozenset[str]:
    """Everybody whom a `run` state keeps out of its child."""
    named = {told.fields[name] for name in bars.fields if name in told.fields}
    return frozenset(told.barred | named | _acted(bars, told))


def _acted(bars: Bars, told: Told) -> set[str]:
    """Whoever took an event in one of these states, or inside of it."""
    inside = [path for path in told.acted if any(f"{path}.".startswith(f"{state}.") for state in bars.states)]
    return {person for path in inside for person in told.acted[path]}
