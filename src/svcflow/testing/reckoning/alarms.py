"""
The timers of a case by the definition: each `wait`, window and `after`, when it is to fire next.

The source is the language reference: `wait`, `window`, `after`, and what `back` says of the time away.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import define, evolve, field, frozen

from svcflow.core.process import State
from svcflow.core.promise import Promise, Time
from svcflow.core.rule import After
from svcflow.testing.reckoning.life import Change, Life
from svcflow.testing.reckoning.office import NOTHING, Office, TooFar
from svcflow.testing.reckoning.promised import Clerk

MOST_SKIPPED = 2_000
"""How many happenings of an `every` before now are gone through."""


@frozen
class Alarm:
    """
    One timer: what it counts from, when it fires next, how often it has.

    It rests without `due`; `used` is the working time it had used up when the case went away.
    """

    start: datetime
    due: datetime | None
    count: int = 0
    used: timedelta | None = None


@define
class Alarms:
    """All timers of the states of a case, by name."""

    life: Life
    clerk: Clerk
    set: dict[str, Alarm] = field(factory=dict)
    before: dict[str, datetime] = field(factory=dict)
    """Since when the case was in its states before the present change."""

    def move(self, change: Change) -> None:
        """States are left and entered."""
        self._awake(change.fields)
        for state in change.left:
            self._leave(state, kept=state.path in change.kept)
        alive = change.kept | self.life.arrivals.keys()
        self.set = {name: alarm for name, alarm in self.set.items() if _path(name) in alive}
        for state in change.entered:
            self._arrive(state, resumed=change.back)
        self.before = dict(self.life.arrivals)

    def rearm(self, change: Change) -> None:
        """Fields were written, or all is counted anew: look again at the states that were active before."""
        self._awake(change.fields)
        for state in self.life.active:
            if state in change.entered:
                continue
            arrival = self.life.arrivals[state.path]
            opening = _opening(state)
            if opening is not None and _touched(change, opening):
                self._wait_again(state, opening, change, arrival)
            for after in state.after:
                if _touched(change, after.promise):
                    self._after_again(after, change, arrival)

    def fired(self, name: str) -> None:
        """A timer fires: what it does comes after this."""
        alarm = self.set.pop(name)
        after = self._afters().get(name)
        if after is None:
            return
        if not after.every:
            self.set[name] = evolve(alarm, due=None, used=None, count=1)
        elif alarm.used is None or alarm.due is None:
            self._next(after, alarm.start, alarm.count + 1)
        else:
            self._next(after, alarm.due, 0)

    # ── one state ──────────────────────────────────────────────────────────────────────────────────────────────

    def _arrive(self, state: State, *, resumed: bool) -> None:
        opening = _opening(state)
        if opening is not None:
            self._wait(state, opening, self.life.at, resumed=resumed)
        for after in state.after:
            resting = self.set.get(after.name) if resumed else None
            if resting is None:
                self._anew(after, self.life.at)
            elif resting.used is not None or not resting.count or after.every:
                self._go_on(after, resting, self.life.at)

    def _leave(self, state: State, *, kept: bool) -> None:
        """What counts from a field is due whenever that says; of the rest the time used up is kept."""
        timed: dict[str, Promise | None] = {after.name: after.promise for after in state.after}
        timed[f"wait:{state.path}"] = state.wait
        for name, promise in timed.items():
            alarm = self.set.get(name)
            if alarm is None or not kept:
                self.set.pop(name, None)
            elif alarm.due is not None:
                used = None
                if promise is not None and not self.clerk.absolute(promise, self.life.fields):
                    began = self._arrived(state, alarm)
                    used = (alarm.used or NOTHING) + self._office(promise).worked(began, self.life.at)
                self.set[name] = evolve(alarm, due=None, used=used)

    def _arrived(self, state: State, alarm: Alarm) -> datetime:
        return alarm.start if alarm.used is None else self.before[state.path]

    def _wait(self, state: State, opening: Promise, start: datetime, *, resumed: bool = False) -> None:
        """Arm a wait that is not over yet."""
        name = f"wait:{state.path}"
        old = self.set.pop(name, None)
        absolute = self.clerk.absolute(opening, self.life.fields)
        if resumed and old is None and not absolute:
            return
        began = start if old is None else old.start
        promised = self.clerk.promised(opening, self.life.fields, began)
        opens = None if promised is None else promised.opens
        used = None if old is None else old.used
        if opens is not None and used is not None and not absolute:
            opens = self._left(opening, began, used, opens, start)
        if opens is not None and opens > self.life.at:
            self.set[name] = Alarm(began, opens, 0, used)

    def _wait_again(self, state: State, opening: Promise, change: Change, arrival: datetime) -> None:
        over = f"wait:{state.path}" not in self.set and opening.reads.isdisjoint(change.fields)
        if not over or self.clerk.absolute(opening, self.life.fields):
            self._wait(state, opening, arrival)

    def _after_again(self, after: After, change: Change, arrival: datetime) -> None:
        alarm, chosen = self.set.get(after.name), self.clerk.chosen(after.promise, self.life.fields)
        if alarm is None or (chosen is not None and chosen.since in change.fields):
            self._anew(after, arrival)
        elif alarm.due is not None:
            self._go_on(after, alarm, arrival)

    def _awake(self, written: frozenset[str]) -> None:
        """A resting timer whose field is written counts from there when the case comes back, spent or not."""
        for name, after in self._afters().items():
            alarm = self.set.get(name)
            chosen = self.clerk.chosen(after.promise, self.life.fields)
            resting = alarm is not None and alarm.due is None and _path(name) not in self.before
            if alarm is not None and resting and chosen is not None and chosen.since in written:
                self.set[name] = evolve(alarm, count=0, used=None)

    # ── one timer ──────────────────────────────────────────────────────────────────────────────────────────────

    def _anew(self, after: After, start: datetime, count: int = 0) -> None:
        """Count from a start; an `every` has not happened before the case stood here, nor in another rhythm."""
        chosen = self.clerk.chosen(after.promise, self.life.fields)
        if after.every and isinstance(chosen, Time) and chosen.amount:
            count = 0
            for _ in range(MOST_SKIPPED):
                due = self.clerk.nth(after.promise, self.life.fields, start, count + 1)
                if due is None or due > self.life.at:
                    break
                count += 1
            else:
                raise TooFar
        self._next(after, start, count)

    def _next(self, after: After, start: datetime, count: int) -> None:
        chosen = self.clerk.chosen(after.promise, self.life.fields)
        self.set.pop(after.name, None)
        if isinstance(chosen, Time) and (chosen.amount or not after.every):
            due = self.clerk.nth(after.promise, self.life.fields, start, count + 1)
            if due is not None:
                self.set[after.name] = Alarm(start, due, count)

    def _go_on(self, after: After, alarm: Alarm, began: datetime) -> None:
        """Let a timer run on that was interrupted, or whose promise is another now."""
        if alarm.used is None or self.clerk.absolute(after.promise, self.life.fields):
            self._anew(after, alarm.start, alarm.count)
            return
        self._next(after, alarm.start, alarm.count)
        found = self.set.get(after.name)
        if found is not None and found.due is not None:
            due = self._left(after.promise, alarm.start, alarm.used, found.due, began)
            self.set[after.name] = evolve(found, due=due, used=alarm.used)

    def _left(
        self, promise: Promise, start: datetime, used: timedelta, due: datetime, began: datetime
    ) -> datetime:  # fmt: skip
        """When it is due with the time away not counted: what is used up is taken off from all that is promised."""
        office = self._office(promise)
        return office.reaches(began, office.worked(start, due) - used)

    def _office(self, promise: Promise) -> Office:
        chosen = self.clerk.chosen(promise, self.life.fields)
        return self.clerk.office(self.clerk.process.calendar if chosen is None else chosen.calendar)

    def _afters(self) -> dict[str, After]:
        return {after.name: after for state in self.clerk.process.states for after in state.after}


def _opening(state: State) -> Promise | None:
    return state.wait if state.window is None else state.window


def _touched(change: Change, promise: Promise) -> bool:
    return change.anew or not promise.reads.isdisjoint(change.fields)


def _path(name: str) -> str:
    """The state of a timer: `wait:PATH` or `after:PATH:4h`."""
    return name.split(":", 2)[1]
