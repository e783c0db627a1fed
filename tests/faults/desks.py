"""Engines on the processes of the catalog, and random walks through them, as data that can be walked again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from attrs import frozen

from core.walk import actors, form, value
from svcflow import Actor, Case, Engine, ManualClock, Offer, Process, Refused, catalog
from svcflow.errors import CaseNotFound
from svcflow.stores.base import Store
from svcflow.stores.memory import MemoryStore

START = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
IN_A_MOMENT = timedelta(microseconds=1)
SALT = "5" * 32
"""The same for every private value: two runs write the same bytes."""

Command = tuple[str, int, int]


@frozen
class Sent:
    """Something that was sent, and when."""

    at: datetime
    case: str
    event: str
    fields: Mapping[str, Any]
    actor: Actor


class Desk:
    """An engine with one case, on a clock that stands still, and with a host that takes every call."""

    def __init__(self, store: Store, name: str, seed: int) -> None:
        self.clock = ManualClock(START)
        self.engine = Engine(store, clock=self.clock, random=Random(7))
        self.engine._book.published._compiled.update(compiled())
        self.engine.publish(*processes())
        opening = getattr(catalog, name)
        fields = {field: value(opening.fields[field], seed, START) for field in opening.opening.ask}
        host = Actor("import", roles=opening.roles | {"system"})
        self.engine.open(name, fields, actor=host, id="T")

    def cases(self) -> tuple[Case, ...]:
        """All of them, as they are written, in an order that does not depend on when they were."""
        return tuple(sorted(self.engine.cases(), key=lambda case: (case.opened_at, case.id)))

    def process(self, case: Case) -> Process:
        """The one that a case lives by."""
        return self.engine.process(case.process)

    def chosen(self, command: Command) -> Sent | None:
        """What the command makes somebody send now: something possible, or with `stray` whatever there is."""
        what, choice, number = command
        cases = self.cases()
        case = cases[choice % len(cases)]
        process = self.process(case)
        everybody = actors(process)
        if what == "stray":
            names = sorted({rule.name for rule in process.rules()})
            fields = {
                name: value(declared, number, START) for name, declared in list(process.fields.items())[: number % 3]
            }
            return Sent(
                self.clock.now(), case.id, names[number % len(names)], fields, everybody[choice % len(everybody)]
            )
        for shift in range(len(everybody)):
            actor = everybody[(number + shift) % len(everybody)]
            offers = [offer for offer in self.engine.menu(case.id, actor=actor) if offer.refusal is None]
            if offers:
                offer: Offer = offers[choice % len(offers)]
                filled = form(process, offer, number, self.clock.now())
                return Sent(self.clock.now(), case.id, offer.event, filled, actor)
        return None

    def send(self, sent: Sent, key: str) -> str:
        """Send it; `done`, or why it was refused."""
        try:
            self.engine.send(sent.case, sent.event, sent.fields, actor=sent.actor, key=key)
        except CaseNotFound:
            # A timer opens this case, and nobody has looked at the timer yet.
            self.engine.tick()
            return self.send(sent, key)
        except Refused as refused:
            return refused.refusal.code
        return "done"

    def dues(self) -> Iterator[datetime]:
        """When something falls due, and a moment later: an escalation step happens only after its instant."""
        for case in self.cases():
            for timer in case.timers.values():
                if timer.due is not None:
                    yield timer.due
                    yield timer.due + IN_A_MOMENT

    def wait(self, length: timedelta, *, promptly: bool) -> None:
        """Let time pass, with a worker that wakes up whenever something falls due, or with none."""
        end = self.clock.now() + length
        while promptly and (wakes := [at for at in self.dues() if self.clock.now() < at <= end]):
            self.clock.set(min(wakes))
            self.engine.tick()
        self.clock.set(end)


def length(desk: Desk, command: Command) -> timedelta:
    """How long the command waits: so many minutes, or until just about something falls due."""
    what, choice, number = command
    dues = sorted(at for at in desk.dues() if at > desk.clock.now())
    if what == "due" and dues:
        return max(timedelta(), dues[choice % len(dues)] + IN_A_MOMENT * (number % 3 - 1) - desk.clock.now())
    return timedelta(minutes=number)


@cache
def processes() -> tuple[Process, ...]:
    """Everything the catalog has."""
    return tuple(getattr(catalog, name) for name in catalog.NAMES)


@cache
def compiled() -> Mapping[Any, Process]:
    """The processes as an engine compiles them from its store; by content, so engines may share them."""
    engine = Engine(MemoryStore(), clock=ManualClock(START))
    engine.publish(*processes())
    for name in catalog.NAMES:
        engine.process(name)
    return engine._book.published._compiled
