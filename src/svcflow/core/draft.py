"""
One case while one entry of its journal is decided: the only mutable thing in the core, and it never leaves it.

A draft runs the machine microstep by microstep, so that each condition sees the fields and counts that earlier ones
left behind, and ends as a `Decision`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from svcflow.core import effects, sla, timing
from svcflow.core.case import Case, Return
from svcflow.core.decision import Decision, HookCall, JournalEntry, Message, Move, NewCase
from svcflow.core.event import EMPTY, SYSTEM, Actor, Cancel, ChildActed, ChildEnded
from svcflow.core.machine import MICROSTEPS, Configuration, Machine, Step
from svcflow.core.people import barred_by, may_act
from svcflow.core.process import Alternative, Process, Rule, State
from svcflow.errors import MicrostepLimit


class Draft:
    """A working copy of `case`, at the instant `at`; `actor` is who caused the entry."""

    def __init__(self, process: Process, case: Case, at: datetime, machine: Machine, actor: Actor = SYSTEM) -> None:
        self.process, self.before, self.at, self.machine, self.actor = process, case, at, machine, actor
        self.seq = case.seq + 1
        self.status = case.status
        # A case that migrates may stand in states which this version does not know.
        self.leaves = tuple(process.paths[path] for path in case.states if path in process.paths)
        self.memory = dict(case.memory)
        self.fields = dict(case.fields)
        self.arrivals = dict(case.arrivals)
        self.clocks = dict(case.clocks)
        self.cycles = case.cycles
        self.timers = dict(case.timers)
        self.generation = case.generation
        self.counts = dict(case.counts)
        self.acted = dict(case.acted)
        self.returns = dict(case.returns)
        self.children = dict(case.children)
        self.written: set[str] = set()
        self.changes: dict[str, Any] = {}
        self.queue: deque[tuple[str, bool]] = deque()
        self.moves: list[Move] = []
        self.calls: list[HookCall] = []
        self.starts: list[NewCase] = []
        self.messages: list[Message] = []
        self.remarks: list[str] = []

    # ── running ────────────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Enter the first state and run until the case rests."""
        step = self.machine.start(self.process.chart)
        self._take(step, None)
        self.settle()

    def run(self, trigger: str, allows: Callable[[int], bool]) -> bool:
        """Take what `trigger` enables and run until the case rests; False, and nothing changed, if nothing reacts."""
        step = self._step(trigger, allows)
        if step is None:
            return False
        self._take(step, trigger)
        self.settle()
        return True

    def settle(self) -> None:
        """Take automatic moves, then what was raised, until nothing moves: the rest of the macrostep."""
        for _ in range(MICROSTEPS):
            if self.status != "open":
                break
            step = self._step(None, self._automatic) if None in self.process.chart.offers else None
            if step is not None:
                self._take(step, None)
            elif self.queue:
                self._react(*self.queue.popleft())
            else:
                break
        else:
            raise MicrostepLimit(MICROSTEPS, [self.process.states[leaf].path for leaf in self.leaves])
        self.remarks += [f"{name} was sent, but the case has ended" for name, sent in self.queue if sent]
        self.queue.clear()

    def _step(self, trigger: str | None, allows: Callable[[int], bool]) -> Step | None:
        return self.machine.step(self.process.chart, self.configuration(), trigger, allows)

    def _react(self, trigger: str, sent: bool) -> None:  # noqa: FBT001 - the two kinds of queued things, unpacked from it
        """Deliver a raised event: one of the engine's own, or one that a `do` sent as `system`."""
        step = self._step(trigger, self._sendable if sent else self.open)
        if step is not None:
            self._take(step, trigger)
        elif sent:
            self.remarks.append(f"{trigger} was sent, but is not possible here")

    def write(self, name: str, value: object) -> None:
        """Write a field, and note it if that changes it: times may depend on it."""
        if self.fields.get(name) != value:
            self.fields[name] = value
            self.written.add(name)

    def open(self, index: int) -> bool:
        """Whether an alternative's own conditions allow it: somewhere to go back to, `max` and `when`."""
        rule, alternative = self.process.moves[index]
        if alternative.kind == "back" and self.process.states[rule.state].path not in self.returns:
            return False
        if alternative.max is not None and self.counts.get(alternative.count, 0) >= alternative.max:
            return False
        return alternative.when is None or alternative.when.holds(self.fields)

    def _automatic(self, index: int) -> bool:
        return not timing.waiting(self, self.process.moves[index][0].state) and self.open(index)

    def _sendable(self, index: int) -> bool:
        """Whether `system` may send this now, without a form: `send:` opens no door that `by` keeps shut."""
        rule = self.process.moves[index][0]
        if rule.ask or not may_act(rule.by, SYSTEM, self.fields):
            return False
        if rule.kind != "anywhere" and timing.waiting(self, rule.state):
            return False
        return self.open(index)

    # ── one microstep ──────────────────────────────────────────────────────────────────────────────────────────

    def _take(self, step: Step, trigger: str | None) -> None:
        """Write, move, and carry out: the order of one microstep (LANGUAGE: event, then states, then effects)."""
        taken = [self.process.moves[index] for index in step.taken]
        was = self.leaves
        for rule, alternative in taken:
            self._count(rule, alternative)
            for do in (rule.do, alternative.do):
                if do.set:
                    effects.write(self, do)
        if self.written:
            sla.retarget(self)
        exited, entered, resumed = self._change(step, taken)
        states = self.process.states
        sla.turn_clocks(self, taken, entered)
        if self.status != "open":
            self._end()
        self.moves.append(
            Move(
                trigger,
                tuple(alternative.count for _, alternative in taken),
                tuple(states[index].path for index in exited),
                tuple(states[index].path for index in entered),
            )
        )
        for rule, alternative in taken:
            for do in (rule.do, alternative.do):
                if do:
                    effects.carry_out(self, do, rule.name, was)
        if not resumed:
            self._greet(entered, taken[0][0].name if taken else "open", was)
        self.queue.extend((_trigger(name), False) for name in step.raised)

    def _greet(self, entered: tuple[int, ...], cause: str, was: tuple[int, ...]) -> None:
        """Carry out the `do` of the states entered, outer first."""
        for index in entered:
            do = self.process.states[index].do
            if do:
                effects.write(self, do)
                effects.carry_out(self, do, cause, was)

    def _count(self, rule: Rule, alternative: Alternative) -> None:
        if alternative.max is not None:
            self.counts[alternative.count] = self.counts.get(alternative.count, 0) + 1
        if rule.kind in {"event", "anywhere"} and self.actor != SYSTEM:
            self.note_actors(
                [self.process.states[leaf].path for leaf in self.leaves if rule.state in self.process.lines[leaf]],
                self.actor.persons,
            )

    def note_actors(self, paths: Iterable[str], persons: frozenset[str]) -> None:
        """Remember who acted where, for `not_by`; a parent hears of everybody who is new."""
        parent = self.before.parent
        if parent is not None:
            new = persons.difference(*self.acted.values())
            if new:
                self.messages.append(Message(parent.case, ChildActed(self.before.id, parent.state, new)))
        for path in paths:
            known = self.acted.get(path, frozenset())
            if not persons <= known:
                self.acted[path] = known | persons

    def _change(
        self, step: Step, taken: list[tuple[Rule, Alternative]]
    ) -> tuple[tuple[int, ...], tuple[int, ...], bool]:
        """Leave and enter states; answers what was left and entered, and whether that was by `back`."""
        back = next((rule for rule, alternative in taken if alternative.kind == "back"), None)
        was = self.leaves
        if back is None:
            exited, entered = step.exited, step.entered
            self.leaves = step.after.leaves
            self._remember(step.after)
        else:
            exited, entered = self._restore(self.returns[self.process.states[back.state].path])
        if not exited and not entered:
            return exited, entered, False
        states = self.process.states
        if back is None:
            origin = tuple(states[leaf].path for leaf in was)
            for index in entered:
                if index in self.process.returning:
                    self.returns[states[index].path] = Return(origin, self.at)
        kept = self._kept()
        for index in exited:
            self._leave(states[index], kept=states[index].path in kept)
        if self.returns or self.before.returns:
            timing.forget(self, kept)
        for index in entered:
            self._enter(states[index], resumed=back is not None)
        return exited, entered, back is not None

    def _restore(self, to: Return) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Put a remembered configuration back: what both have in common is neither left nor entered."""
        now = self.active()
        self.leaves = tuple(self.process.paths[path] for path in to.states)
        then = self.active()
        exited = tuple(sorted((index for index in now if index not in then), reverse=True))
        return exited, tuple(index for index in then if index not in now)

    def _kept(self) -> frozenset[str]:
        """Paths that some active state can still lead `back` to: their times are suspended, not dropped."""
        if not self.returns:
            return frozenset()
        active = {self.process.states[index].path for index in self.active()}
        kept: set[str] = set()
        ahead = list(active)
        while ahead:
            place = self.returns.get(ahead.pop())
            for leaf in () if place is None else place.states:
                line = {self.process.states[index].path for index in self.process.lines[self.process.paths[leaf]]}
                ahead += line - kept
                kept |= line
        self.returns = {path: place for path, place in self.returns.items() if path in active or path in kept}
        return frozenset(kept - active)

    def _leave(self, state: State, *, kept: bool) -> None:
        self.arrivals.pop(state.path, None)
        timing.leave(self, state, kept=kept)
        child = self.children.pop(state.path, None)
        if child is not None:
            self.messages.append(Message(child, Cancel(self.before.id)))

    def _enter(self, state: State, *, resumed: bool) -> None:
        self.arrivals[state.path] = self.at
        timing.arrive(self, state, resumed=resumed)
        if state.run is not None:
            self.children[state.path] = effects.run_child(self, state)
        if state.end is not None and state.parent is None:
            self.status = state.end

    def _end(self) -> None:
        """Close all times and tell a waiting parent; clocks that this end stops by name have stopped before."""
        timing.close(self, cancelled=self.status == "cancelled")
        self.returns.clear()
        parent = self.before.parent
        if parent is not None:
            given = {name: self.fields[name] for name in self.process.gives if self.fields.get(name) is not None}
            ended = ChildEnded(self.before.id, parent.state, self.process.states[self.leaves[0]].name, given)
            self.messages.append(Message(parent.case, ended))

    def cancel(self) -> None:
        """End the case from outside, where it stands: its parent waits for it no longer."""
        for index in reversed(self.active()):
            self._leave(self.process.states[index], kept=False)
        self.status = "cancelled"
        timing.close(self, cancelled=True)
        self.returns.clear()

    # ── what stands where ──────────────────────────────────────────────────────────────────────────────────────

    def active(self) -> tuple[int, ...]:
        """The active states, groups included, in file order."""
        lines = self.process.lines
        if len(self.leaves) == 1:
            return lines[self.leaves[0]]
        return tuple(sorted({index for leaf in self.leaves for index in lines[leaf]}))

    def configuration(self) -> Configuration:
        """Where the machine finds the case: leaves and memory by number."""
        paths, histories = self.process.paths, self.process.histories
        memory = tuple((histories[path], tuple(paths[leaf] for leaf in leaves)) for path, leaves in self.memory.items())
        return Configuration(self.leaves, tuple(sorted(memory)))

    def _remember(self, after: Configuration) -> None:
        """Keep what the machine remembers of groups that `X.last` leads to."""
        for history, leaves in after.memory:
            group = self.process.remembered[history]
            self.memory[group] = tuple(self.process.states[leaf].path for leaf in leaves)

    def barred(self, rule: Rule, actor: Actor) -> tuple[str, ...]:
        """What bars the actor from this rule's event."""
        return barred_by(rule.not_by, actor, self.before, self.fields)

    # ── the end ────────────────────────────────────────────────────────────────────────────────────────────────

    def decision(
        self,
        kind: Literal["opened", "event", "timer", "child", "cancelled", "note", "migrated"],
        name: str,
        *,
        key: str | None = None,
        fields: Mapping[str, Any] = EMPTY,
        detail: Mapping[str, Any] = EMPTY,
    ) -> Decision:
        """Close the entry: times are brought up to date, and everything becomes a value."""
        timing.finish(self)
        calls, starts, messages = tuple(self.calls), tuple(self.starts), tuple(self.messages)
        entry = JournalEntry(
            self.before.id, self.seq, self.at, kind, name, self.actor, key, fields, MappingProxyType(self.changes),
            tuple(self.moves), tuple(call.key for call in calls), tuple(start.id for start in starts),
            tuple(self.remarks), detail,
        )  # fmt: skip
        before = None if self.before.seq == 0 else self.before
        return Decision(before, self._case(), (entry,), calls, starts, messages)

    def _case(self) -> Case:
        case, states = self.before, self.process.states
        ended_at = self.at if self.status != "open" and case.ended_at is None else case.ended_at
        filled = {name: value for name, value in self.fields.items() if value is not None}
        return Case(
            case.id, self.process.name, self.process.version, self.process.digest, case.opened_at, self.at, case.tenant,
            self.seq, self.status, tuple(states[leaf].path for leaf in self.leaves), MappingProxyType(self.arrivals),
            MappingProxyType(filled), MappingProxyType(self.clocks), self.cycles, MappingProxyType(self.timers),
            self.generation, MappingProxyType(self.counts), MappingProxyType(self.acted), MappingProxyType(self.memory),
            MappingProxyType(self.returns), case.barred, case.root, case.parent, MappingProxyType(self.children),
            ended_at,
        )  # fmt: skip


def _trigger(raised: str) -> str:
    """The chart event behind what the machine raised: its `done.state.ID` is our `+done/ID`."""
    return f"+done/{raised.removeprefix('done.state.')}"
