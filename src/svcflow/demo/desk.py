"""A simulated week of an after-sales desk: people with roles act on what the menu offers, and time does the rest."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import count
from math import log
from random import Random
from types import MappingProxyType
from typing import Any, TypeAlias

from attrs import define, field, frozen

from svcflow import catalog
from svcflow.clocks import ManualClock
from svcflow.core.case import Case
from svcflow.core.decision import HookCall, Offer
from svcflow.core.event import Actor
from svcflow.core.form import is_blank
from svcflow.demo.arrivals import Arrival, arrivals
from svcflow.demo.people import NOBODY, STAFF, Person, who_may
from svcflow.demo.script import Choice, choose, written
from svcflow.engine import Engine
from svcflow.errors import Refused
from svcflow.stores.base import Store

Advance: TypeAlias = Callable[[int], None]
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
INSTANT = timedelta(milliseconds=1)
SPREAD = 0.7
"""How much the time taken varies: the sigma of a logarithmic normal distribution."""

HOOKS = ("notify", "record_breach", "publish_kb", "order_parts", "send_questionnaire", "log_arbitration",
         "replace_product", "refund")  # fmt: skip
FAILING: Mapping[str, float] = MappingProxyType({"order_parts": 0.4, "send_questionnaire": 0.25, "notify": 0.02})
"""How often the other side of a hook does not answer."""
MISTAKEN = 0.03
"""How often somebody first tries what is not theirs to do."""
ALWAYS_NEW = frozenset(("reason", "appointment", "parts", "question", "message"))


@frozen(order=True)
class Intent:
    """Somebody means to do something to a case; `number` keeps the order of those at one instant."""

    at: datetime
    number: int
    case: str = field(order=False)
    stay: tuple[object, ...] = field(order=False)
    choice: Choice = field(order=False)


@define
class Desk:
    """
    One simulation: the engine it acts through, the clock it moves, and what everybody means to do.

    Everything that is left to chance comes from one seeded source, so the same seed gives the same week.
    """

    engine: Engine
    clock: ManualClock
    random: Random
    seed: int
    coming: list[Arrival] = field(factory=list)
    intents: list[Intent] = field(factory=list)
    known: dict[str, Case] = field(factory=dict)
    numbers: Iterator[int] = field(factory=count)
    refused: int = 0
    delivered: dict[str, int] = field(factory=dict)
    failures: dict[str, int] = field(factory=dict)

    @classmethod
    def on(cls, store: Store, start: datetime, seed: int) -> Desk:
        """A desk that opens its doors at `start`, with the processes of the catalog published and every hook taken."""
        clock = ManualClock(start)
        engine = Engine(store, clock=clock, random=Random(f"{seed}:engine"))
        desk = cls(engine, clock, Random(f"{seed}:people"), seed)
        for name in HOOKS:
            engine.hook(name)(desk.take)
        engine.publish(catalog.path("service_ticket.yaml"), catalog.path("maintenance_plan.yaml"))
        return desk

    def run(self, tickets: int, days: int, advance: Advance) -> None:
        """Let the days pass; `advance` is called with the hours as they go by."""
        start = self.clock.now()
        end = start + timedelta(days=days)
        self.coming = sorted(arrivals(tickets, start, days, self.random), reverse=True)
        told = 0
        while (at := self._next()) is not None and at < end:
            self.clock.set(max(at, self.clock.now()))
            self._happen()
            hours = (self.clock.now() - start) // HOUR
            advance(hours - told)
            told = hours
        self.clock.set(end)
        self._time_passes()
        advance(days * 24 - told)

    def take(self, call: HookCall) -> None:
        """Be the host's function behind every hook; now and then the other side does not answer."""
        # Drawn from the call itself: whether it fails must not depend on what else is drawn before.
        if Random(f"{self.seed}:{call.key}:{call.attempt}").random() < FAILING.get(call.hook, 0):
            self.failures[call.hook] = self.failures.get(call.hook, 0) + 1
            raise ConnectionError(f"{call.hook}: no answer")
        self.delivered[call.hook] = self.delivered.get(call.hook, 0) + 1

    # ── time ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _next(self) -> datetime | None:
        """When something happens next: somebody calls, somebody acts, or a timer or call of the engine is due."""
        due = self.engine.store.next_due()
        # An escalation step fires when its instant has passed, not at it.
        moments = [None if due is None else due + INSTANT]
        if self.coming:
            moments.append(self.coming[-1].at)
        if self.intents:
            moments.append(self.intents[0].at)
        return min((moment for moment in moments if moment is not None), default=None)

    def _happen(self) -> None:
        now = self.clock.now()
        self._time_passes()
        while self.coming and self.coming[-1].at <= now:
            self._open(self.coming.pop())
        while self.intents and self.intents[0].at <= now:
            self._act(heapq.heappop(self.intents))

    def _time_passes(self) -> None:
        """What the worker does: fire what is due, deliver what waits; then look at the cases that time has moved."""
        now = self.clock.now()
        moved = [case for case in self.known.values() if any(due <= now for due in _dues(case))]
        self.engine.tick()
        for case in moved:
            self._learn(case.id)

    # ── people ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _open(self, arrival: Arrival) -> None:
        fields = {name: written(name, arrival.at, self.random) for name in arrival.form} | dict(arrival.fields)
        filled = {name: value for name, value in fields.items() if not is_blank(value)}
        case = self.engine.open(arrival.process, filled, actor=arrival.actor, id=arrival.id, key=arrival.id)
        self._learn(case.id)

    def _act(self, intent: Intent) -> None:
        """Do what was meant, if the case still stands where it did, and by somebody who may."""
        case, event = self.known[intent.case], intent.choice.event
        if _stay(case) != intent.stay or event is None:
            return
        if self.random.random() < MISTAKEN:
            self._try(case, event, {}, self.random.choice(STAFF))
        for person in self._people(case, event, self.clock.now()):
            offer = self._offer(case, event, person.actor)
            if offer is not None and offer.refusal is None:
                self._try(case, event, self._filled(offer), person)
                self._learn(case.id, acted=True)
                return
        # Nobody may do that now; they think of something else, but not at once.
        self._plan(case, not_before=self.clock.now() + HOUR)

    def _people(self, case: Case, event: str, at: datetime) -> list[Person]:
        """Who may do it by role or name, whoever is at work soonest first."""
        offer = self._offer(case, event, NOBODY)
        if offer is None or offer.refusal is None or offer.refusal.code != "forbidden":
            return []
        people = who_may(offer.refusal.parameters["by"], case.fields)
        return sorted(people, key=lambda person: person.shift.from_on(at))

    def _offer(self, case: Case, event: str, actor: Actor) -> Offer | None:
        return next((one for one in self.engine.menu(case.id, actor=actor) if one.event == event), None)

    def _filled(self, offer: Offer) -> dict[str, Any]:
        """The form as its sender fills it in: what the menu proposes is kept, except where it must be said anew."""
        form = {}
        for name in (*offer.ask, *offer.may):
            if name not in offer.present or name in ALWAYS_NEW:
                value = written(name, self.clock.now(), self.random)
            elif name in offer.ask:
                value = offer.present[name]
            else:
                continue
            if not is_blank(value):
                form[name] = value
        return form

    def _try(self, case: Case, event: str, form: dict[str, Any], person: Person) -> None:
        try:
            self.engine.send(case.id, event, form, actor=person.actor, key=f"{case.id}/{next(self.numbers)}")
        except Refused:
            self.refused += 1

    # ── what everybody means to do ─────────────────────────────────────────────────────────────────────────────

    def _learn(self, case_id: str, *, acted: bool = False) -> None:
        """Look at a case that may have moved, and at those around it; where it stands anew somebody makes plans."""
        before, case = self.known.get(case_id), self.engine.case(case_id)
        if before is not None and before.seq == case.seq:
            return
        self.known[case_id] = case
        if acted or before is None or _stay(before) != _stay(case):
            self._plan(case)
        for origin, to, _ in self.engine.store.links("", case_id):
            self._learn(origin if to == case_id else to)

    def _plan(self, case: Case, *, not_before: datetime | None = None) -> None:
        choice = None if case.ended else choose(case, self.random)
        if choice is None or choice.event is None:
            return
        begins = self._possible_from(case, choice, not_before or self.clock.now())
        people = self._people(case, choice.event, begins)
        person = people[0] if people else None
        pace = 1.0 if person is None else person.pace
        taken = timedelta(minutes=self.random.lognormvariate(log(choice.minutes * pace), SPREAD))
        at = begins + max(taken, MINUTE)
        if person is not None:
            opens = person.shift.from_on(at)
            at = opens if opens == at else opens + taken / 8
        heapq.heappush(self.intents, Intent(at, next(self.numbers), case.id, _stay(case), choice))

    def _possible_from(self, case: Case, choice: Choice, earliest: datetime) -> datetime:
        """Not before the visit that was agreed, nor before a wait of the case is over."""
        moments = [earliest]
        agreed = case.fields.get(choice.since) if choice.since else None
        if isinstance(agreed, datetime):
            moments.append(agreed)
        moments += [timer.due for name, timer in case.timers.items() if name.startswith("wait:") and timer.due]
        return max(moments)


def _stay(case: Case) -> tuple[object, ...]:
    """What tells one stay in a state from the next."""
    return tuple((path, case.arrivals[path]) for path in case.states if path in case.arrivals)


def _dues(case: Case) -> Iterator[datetime]:
    return (timer.due for timer in case.timers.values() if timer.due is not None)
