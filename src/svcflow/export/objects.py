"""A case as OCEL 2.0 sees it: objects that are named, how they hang together, and events that speak of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from attrs import frozen

from svcflow.core.event import Actor, is_system
from svcflow.eventlog import CaseLog
from svcflow.export.happenings import FIELD, Happening, happenings

PERSON, ROLE, GROUP = "person", "role", "group"

NAMING = ("customer", "product", "serial", "contract_no", "outlet", "partner")
"""Fields that name things by default, where a process has them; fields of type `person` always do."""


@frozen
class Object:
    """Something with an id that is unique in the whole log, such as `person:li`."""

    id: str
    type: str


@frozen
class Occurrence:
    """An event: what is known of it, and the objects that it speaks of, as (object, qualifier)."""

    id: str
    type: str
    at: datetime
    attributes: Mapping[str, Any]
    about: tuple[tuple[str, str], ...]


@frozen
class Portrait:
    """
    A case in objects: itself first, then those that it speaks of.

    `opening` are its own attributes as it was opened, `changes` those that came later, as (time, name, value). `links`
    go from object to object as (source, target, qualifier); either end need not be in the same log.
    """

    objects: tuple[Object, ...]
    opening: Mapping[str, Any]
    changes: tuple[tuple[datetime, str, Any], ...]
    links: tuple[tuple[str, str, str], ...]
    events: tuple[Occurrence, ...]


def portrait(log: CaseLog, naming: Mapping[str, str]) -> Portrait:
    """The objects and events of a case; `naming` says of which type the objects are that its fields name."""
    return _Painter(log, naming).paint()


def case_type(process: str) -> str:
    """The type of a process's cases: its name, unless that is taken."""
    return f"{process} case" if process in {PERSON, ROLE, GROUP, *NAMING} else process


def _case(case_id: str) -> str:
    return f"case:{case_id}"


class _Painter:
    def __init__(self, log: CaseLog, naming: Mapping[str, str]) -> None:
        self.log, self.naming = log, naming
        self.me = _case(log.id)
        self.objects = {self.me: Object(self.me, case_type(log.process))}
        self.links: dict[tuple[str, str, str], None] = {}

    def paint(self) -> Portrait:
        log = self.log
        if log.origin is not None:
            kind = "run" if log.origin == log.parent else "start"
            self.links[_case(log.origin), self.me, kind] = None
        seen = tuple(happenings(log))
        events = tuple(self._event(happening) for happening in seen)
        opening = {"version": log.version, "status": "open"} | ({"tenant": log.tenant} if log.tenant else {})
        opening |= dict(_given(seen[0]))
        return Portrait(
            tuple(self.objects.values()), opening, tuple(_changes(log, seen)), tuple(self.links), events
        )  # fmt: skip

    def _event(self, happening: Happening) -> Occurrence:
        entry = happening.entry
        about = {(self.me, "case"): None}
        about.update((one, None) for one in self._acting(entry.actor))
        for name in self.naming.keys() & happening.values.keys():
            for thing in self._named(name, happening.values[name]):
                about[thing, name] = None
                self.links[self.me, thing, name] = None
        about.update(((_case(started), "starts"), None) for started in entry.starts)
        return Occurrence(f"{self.me}:{entry.seq}", entry.name, entry.at, happening.attributes(), tuple(about))

    def _acting(self, actor: Actor) -> Iterator[tuple[str, str]]:
        """Who did it, in which roles and for which groups; the engine itself is nobody."""
        if is_system(actor):
            return
        person = self._object(PERSON, actor.id)
        yield person, "actor"
        if actor.on_behalf_of is not None:
            yield self._object(PERSON, actor.on_behalf_of), "on behalf of"
        for type_, names in ((ROLE, actor.roles), (GROUP, actor.groups)):
            for name in sorted(names):
                held = self._object(type_, name)
                self.links[person, held, type_] = None
                yield held, type_

    def _named(self, field: str, value: object) -> Iterator[str]:
        if value is not None:
            texts = value if isinstance(value, tuple) else (value,)
            yield from (self._object(self.naming[field], one) for one in texts if isinstance(one, str))

    def _object(self, type_: str, name: str) -> str:
        found = Object(f"{type_}:{name}", type_)
        self.objects.setdefault(found.id, found)
        return found.id


def _changes(log: CaseLog, seen: Sequence[Happening]) -> Iterator[tuple[datetime, str, Any]]:
    for before, happening in pairwise(seen):
        known = dict(_given(happening))
        if happening.state == before.state:
            del known["state"]
        yield from ((happening.entry.at, name, value) for name, value in known.items())
    if log.ended_at is not None:
        yield log.ended_at, "status", log.status


def _given(happening: Happening) -> Iterator[tuple[str, Any]]:
    yield "state", happening.state
    yield from ((f"{FIELD}{name}", value) for name, value in happening.values.items())
