"""
The SLA clocks and limits of a case by the definition, kept from its journal.

The source is the language reference: SLA clock, `limit`, `window`, `pause`, `renew`, `again`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from attrs import define, field

from svcflow.core.process import ClockRule, State
from svcflow.core.promise import Promise
from svcflow.core.rule import EscalationStep
from svcflow.testing.reckoning.life import Change, Life
from svcflow.testing.reckoning.promised import Clerk, Promised
from svcflow.testing.reckoning.watch import Term, Watch


@define
class Ledger:
    """`running` holds the present cycle of each clock and limit by its key, `over` the finished ones."""

    life: Life
    clerk: Clerk
    running: dict[str, Watch] = field(factory=dict)
    over: list[Watch] = field(factory=list)

    # ── SLA clocks ─────────────────────────────────────────────────────────────────────────────────────────────

    def promise(self, change: Change) -> None:
        """Take promises anew whose fields were written: counted from the start."""
        for rule in self.clerk.process.clocks.values():
            watch = self.running.get(rule.key)
            if watch is None or watch.state == "stopped":
                continue
            if change.anew or not rule.promise.reads.isdisjoint(change.fields):
                watch.promise(self._term(rule, watch.start), self.life.at)

    def turn(self, change: Change) -> None:
        """Renew, stop and start clocks by what was taken and entered."""
        going = self.life.status == "open"
        for rule in self.clerk.process.clocks.values():
            stops = any(state.index in rule.stops for state in change.entered)
            watch = self.running.get(rule.key)
            if going and not stops and self._lives(rule) and watch is not None and rule.renew & change.events:
                watch.stop(self.life.at)
                self._begin(rule)
            for state in change.entered:
                watch = self.running.get(rule.key)
                if state.index in rule.stops and watch is not None:
                    watch.stop(self.life.at)
                if state.index in rule.starts and going and not self._lives(rule):
                    self._again(rule)
        if not going:
            self._close(cancelled=self.life.status == "cancelled")

    def pause(self) -> None:
        """At the end of an entry: clocks stand still or run as the states reached say."""
        still = frozenset[str]().union(*(state.pause for state in self.life.active if not state.children))
        for name, rule in self.clerk.process.clocks.items():
            watch = self.running.get(rule.key)
            if watch is not None and watch.state != "stopped" and self.life.status == "open":
                if name in still:
                    watch.rest(self.life.at)
                else:
                    watch.go_on(self.life.at)

    def _lives(self, rule: ClockRule) -> bool:
        watch = self.running.get(rule.key)
        return watch is not None and watch.state != "stopped"

    def _again(self, rule: ClockRule) -> None:
        watch = self.running.get(rule.key)
        if watch is None or rule.again == "restart":
            self._begin(rule)
        elif rule.again == "continue":
            watch.go_on(self.life.at)

    def _begin(self, rule: ClockRule) -> None:
        old = self.running.get(rule.key)
        if old is not None:
            self.over.append(old)
        at, cycle = self.life.at, 1 if old is None else old.cycle + 1
        self.running[rule.key] = Watch.begin(rule.key, cycle, at, self._term(rule, at))

    def _term(self, rule: ClockRule, start: datetime) -> Term:
        target = self.clerk.target(rule.promise, self.life.fields, start)
        return Term(None, rule.calendar) if target is None else Term(*target)

    def _close(self, *, cancelled: bool) -> None:
        """The case is over."""
        for key, watch in list(self.running.items()):
            watch.stop(self.life.at, cancelled=cancelled)
            if key.startswith("limit:"):
                self.over.append(self.running.pop(key))

    # ── limits ─────────────────────────────────────────────────────────────────────────────────────────────────

    def move(self, change: Change) -> None:
        """States are left and entered."""
        for state in change.left:
            self._leave(state, kept=state.path in change.kept)
        alive = change.kept | self.life.arrivals.keys()
        for key, watch in list(self.running.items()):
            if key.startswith("limit:") and key[6:] not in alive:
                self._retire(key, watch.left)
        for state in change.entered:
            if state.limit is not None:
                self._arrive(state, state.limit.promise, resumed=change.back)

    def rearm(self, change: Change) -> None:
        """Fields were written, or all is counted anew."""
        for state in self.life.active:
            if state.limit is None or state in change.entered:
                continue
            if change.anew or not state.limit.promise.reads.isdisjoint(change.fields):
                self._limit_again(state.limit_key, state.limit.promise, self.life.arrivals[state.path])

    def forget_what_is_to_begin(self) -> None:
        """Other days: a window that is not open yet opens when they say so."""
        for key, watch in list(self.running.items()):
            if key.startswith("limit:") and watch.start > self.life.at and key[6:] in self.life.arrivals:
                del self.running[key]

    def _arrive(self, state: State, promise: Promise, *, resumed: bool) -> None:
        key = state.limit_key
        watch = self.running.get(key)
        if not resumed or watch is None:
            self._begin_limit(key, promise, self.life.at)
            return
        promised = self.clerk.promised(promise, self.life.fields, watch.start)
        if promised is None or (promised.start != watch.start and promised.fixed != watch.term.fixed):
            self._retire(key, watch.left)
            self._begin_limit(key, promise, self.life.at)
            return
        watch.left = None
        watch.go_on(self.life.at)
        if promised.start == watch.start:
            watch.promise(_term(promised), self.life.at)

    def _leave(self, state: State, *, kept: bool) -> None:
        watch = self.running.get(state.limit_key)
        if watch is None or state.limit is None:
            return
        if not kept:
            self._retire(state.limit_key)
            return
        watch.left = self.life.at
        if not self.clerk.absolute(state.limit.promise, self.life.fields):
            watch.rest(self.life.at)

    def _limit_again(self, key: str, promise: Promise, arrival: datetime) -> None:
        """A limit that is now counted from elsewhere to elsewhere is another one; else it is promised anew."""
        watch = self.running.get(key)
        start = arrival if watch is None or len(watch.runs) == 1 else watch.start
        promised = self.clerk.promised(promise, self.life.fields, start)
        if watch is None or promised is None:
            self._begin_limit(key, promise, arrival)
        elif promised.start == watch.start:
            watch.promise(_term(promised), self.life.at)
        elif promised.fixed != watch.term.fixed:
            self._begin_limit(key, promise, arrival)

    def _begin_limit(self, key: str, promise: Promise, start: datetime) -> None:
        if key in self.running:
            self._retire(key)
        promised = self.clerk.promised(promise, self.life.fields, start)
        if promised is not None:
            cycle = 1 + max((watch.cycle for watch in self.over if watch.key == key), default=0)
            self.running[key] = Watch.begin(key, cycle, promised.start, _term(promised))

    def _retire(self, key: str, at: datetime | None = None) -> None:
        watch = self.running.pop(key)
        watch.stop(at or self.life.at)
        self.over.append(watch)

    # ── what comes of it ───────────────────────────────────────────────────────────────────────────────────────

    def watches(self) -> Iterator[Watch]:
        """All of them."""
        yield from self.over
        yield from self.running.values()

    def steps(self, key: str) -> tuple[EscalationStep, ...]:
        """The escalation of a clock or limit."""
        kind, _, name = key.partition(":")
        if kind == "clock":
            return self.clerk.process.clocks[name].escalation
        return next(s.limit.escalation for s in self.clerk.process.states if s.path == name and s.limit is not None)

    def due(self) -> dict[str, datetime]:
        """When the next escalation step of each falls due; limits of states the case is away from rest."""
        found = {}
        for key, watch in self.running.items():
            if key.startswith("clock:") or key[6:] in self.life.arrivals:
                at = watch.next_step(self.clerk.office, self.steps(key))
                if at is not None:
                    found[key] = at
        return found


def _term(promised: Promised) -> Term:
    return Term(promised.length, promised.calendar, promised.fixed)
