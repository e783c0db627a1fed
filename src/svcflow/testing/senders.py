"""Who does something in a trace: those who may, in every way in which one may, and those who may not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve

from svcflow.core.event import SYSTEM, Actor, Qualification
from svcflow.core.process import Process
from svcflow.core.rule import People
from svcflow.testing.choose import Choose
from svcflow.testing.forms import GROUPS, PERSONS

_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


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


def qualified(choose: Choose, actor: Actor, needs: Mapping[str, int], now: datetime) -> Actor:
    """The same person with all that is needed: just enough of it or more, for good or up to this very instant."""
    if not needs or actor == SYSTEM:
        return actor
    untils = (None, now, now + _DAY)
    held = {name: Qualification(level + choose.integer(1), choose.one(untils)) for name, level in needs.items()}
    return evolve(actor, qualifications=held)


def unqualified(choose: Choose, actor: Actor, needs: Mapping[str, int], now: datetime) -> Actor:
    """The same person with one thing too little: not qualified for it, a level too low, or over since an instant."""
    if not needs or actor == SYSTEM:
        return actor
    name = choose.one(tuple(needs))
    lacks = (None, Qualification(needs[name] - 1), Qualification(needs[name], now - _INSTANT))
    whole = qualified(choose, actor, needs, now).qualifications or {}
    lack = choose.one(lacks)
    rest = {other: one for other, one in whole.items() if other != name}
    return evolve(actor, qualifications=rest if lack is None else {**rest, name: lack})


def anybody(choose: Choose, process: Process) -> Actor:
    """Somebody with a role or two, or none, whoever should do it."""
    roles = sorted(process.roles - {"system"})
    worn = {choose.one(roles) for _ in range(choose.integer(2))} if roles else set()
    groups = {choose.one(GROUPS)} if choose.seldom(4) else set()
    return Actor(choose.one((*PERSONS, "stranger")), roles=worn, groups=groups)


def _hats(people: People, fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from (("role", role) for role in sorted(people.roles))
    yield from (("field", fields[name]) for name in people.fields if isinstance(fields.get(name), str))
