"""Who does something in a trace: those who may, in every way in which one may, and those who may not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import evolve

from svcflow.core.event import SYSTEM, Actor
from svcflow.core.process import Process
from svcflow.core.rule import People
from svcflow.testing.choose import Choose
from svcflow.testing.forms import GROUPS, PERSONS


def able(choose: Choose, groups: Sequence[People | None], fields: Mapping[str, Any]) -> Actor:
    """
    Somebody whom one of some `by` lets in: by a role, as the person of a field, or as one of that group's people.

    Now and then on behalf of somebody else. Where nobody is let in, somebody all the same.
    """
    hats = [hat for people in groups if people is not None for hat in _hats(people, fields)]
    if not hats:
        return Actor(choose.one(PERSONS))
    kind, name = choose.one(hats)
    if (kind, name) == ("role", "system"):
        return SYSTEM
    if kind == "role":
        actor = Actor(choose.one(PERSONS), roles={name})
    else:
        actor = Actor(choose.one(PERSONS), groups={name}) if choose.seldom(3) else Actor(name)
    return evolve(actor, on_behalf_of=choose.one(PERSONS)) if choose.seldom(12) else actor


def anybody(choose: Choose, process: Process) -> Actor:
    """Somebody with a role or two, or none, whoever should do it."""
    roles = sorted(process.roles - {"system"})
    worn = {choose.one(roles) for _ in range(choose.integer(2))} if roles else set()
    groups = {choose.one(GROUPS)} if choose.seldom(4) else set()
    return Actor(choose.one((*PERSONS, "stranger")), roles=worn, groups=groups)


def _hats(people: People, fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from (("role", role) for role in sorted(people.roles))
    yield from (("field", fields[name]) for name in people.fields if isinstance(fields.get(name), str))
