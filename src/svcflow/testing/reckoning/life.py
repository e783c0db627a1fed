"""
Where a case stands, read from its journal alone: states, fields, and the ways that lead back.

The source is the language reference: States, `here` and `back`. Nothing is decided here: what was left and entered is
what the journal says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import define, field, frozen

from svcflow.core.decision import JournalEntry, Move
from svcflow.core.process import Process, State, actions_of


class Unclear(Exception):
    """The journal does not say in which order something happened within one entry."""


@frozen
class Change:
    """
    One microstep: the fields that changed, the events taken, the states left and entered.

    `kept` are the states that the case has left and can come back to; `anew` says that all times are counted anew.
    """

    fields: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    left: tuple[State, ...] = ()
    entered: tuple[State, ...] = ()
    back: bool = False
    kept: frozenset[str] = frozenset()
    anew: bool = False


@frozen(eq=False)
class Plan:
    """What is to be known of a process besides its states: what each move may set, and where one can go back from."""

    process: Process
    sets: Mapping[str, frozenset[str]]
    returning: frozenset[str]

    @classmethod
    def of(cls, process: Process) -> Plan:
        """Go through all moves."""
        sets: dict[str, frozenset[str]] = {}
        returning = set()
        for rule, way in process.moves:
            written = {name for name, _ in (*rule.do.set, *way.do.set)}
            sets[way.count] = sets.get(way.count, frozenset()) | written
            if way.kind == "back":
                returning.add(process.states[rule.state].path)
        return cls(process, sets, frozenset(returning))

    def state(self, path: str) -> State:
        """The state of this path."""
        return next(state for state in self.process.states if state.path == path)

    def line(self, path: str) -> tuple[str, ...]:
        """The groups around a state, and itself."""
        parts = path.split(".")
        return tuple(".".join(parts[: n + 1]) for n in range(len(parts)))


@define
class Life:
    """A case so far. `arrivals` tells since when it is in its states, `returns` the leaves each one leads back to."""

    plan: Plan
    at: datetime
    fields: dict[str, Any] = field(factory=dict)
    arrivals: dict[str, datetime] = field(factory=dict)
    returns: dict[str, tuple[str, ...]] = field(factory=dict)
    status: str = "open"

    @property
    def active(self) -> list[State]:
        """The active states, in file order."""
        return [state for state in self.plan.process.states if state.path in self.arrivals]

    @property
    def leaves(self) -> tuple[str, ...]:
        """Those that have no inner ones."""
        return tuple(state.path for state in self.active if not state.children)

    def read(self, entry: JournalEntry) -> Iterator[Change]:
        """
        Go through one entry; each change is to be looked at before the next one is asked for.

        Raises:
            Unclear: A field that times depend on was set twice.
        """
        self.at = entry.at
        given = dict(entry.fields) if entry.kind in {"opened", "event", "child"} else {}
        if entry.kind == "opened":
            given["opened_at"] = entry.at
        if entry.kind == "erased":
            for name in entry.detail.get("fields", ()):
                self.fields.pop(name, None)
        ways = [self._set_by(entry, move) for move in entry.moves]
        steps = [self._step_sets(entry), *ways]
        self._clear(entry, steps)
        todo = dict(entry.changes)
        first = self._write({**given, **_taken(todo, steps[0])})
        anew = entry.kind == "recalendared"
        if anew or not entry.moves or entry.name.startswith(("clock:", "limit:")):
            yield Change(first, kept=self._kept(), anew=anew)
            first = frozenset()
        for move, sets in zip(entry.moves, ways, strict=True):
            yield self._move(move, first | self._write(_taken(todo, sets)))
            first = frozenset()
        if entry.kind == "cancelled":
            left, kept = tuple(reversed(self.active)), self._kept()
            self.arrivals.clear()
            self.status = "cancelled"
            yield Change(left=left, kept=kept)

    def _set_by(self, entry: JournalEntry, move: Move) -> frozenset[str]:
        """What a move may have set."""
        sets = [self.plan.sets.get(count, frozenset[str]()) for count in move.taken]
        if not any(count.endswith("/back") for count in move.taken):
            sets += [frozenset(name for name, _ in self.plan.state(path).do.set) for path in move.entered]
        return frozenset[str]().union(*sets).intersection(entry.changes)

    def _step_sets(self, entry: JournalEntry) -> frozenset[str]:
        """What an escalation step may have set."""
        if "step" not in entry.detail or not entry.name.startswith(("clock:", "limit:")):
            return frozenset()
        process = self.plan.process
        do = [one.do for clock in process.clocks.values() for one in clock.escalation]
        do += [one for state in process.states if state.limit is not None for one in actions_of(state)]
        return frozenset(name for one in do for name, _ in one.set).intersection(entry.changes)

    def _clear(self, entry: JournalEntry, steps: list[frozenset[str]]) -> None:
        """See to it that each field that times depend on was set once."""
        reads = frozenset[str]().union(*(promise.reads for promise in self.plan.process.promises()))
        places = Counter(name for step in steps for name in step if name in reads)
        if any(count > 1 for count in places.values()) or (reads & entry.changes.keys()) - places.keys():
            raise Unclear

    def _write(self, values: Mapping[str, Any]) -> frozenset[str]:
        changed = frozenset(name for name, value in values.items() if self.fields.get(name) != value)
        for name, value in values.items():
            if value is None:
                self.fields.pop(name, None)
            else:
                self.fields[name] = value
        return changed

    def _move(self, move: Move, written: frozenset[str]) -> Change:
        was = self.leaves
        before = set(self.arrivals)
        left, entered = (tuple(map(self.plan.state, paths)) for paths in (move.left, move.entered))
        back = any(count.endswith("/back") for count in move.taken)
        for state in left:
            self.arrivals.pop(state.path, None)
        for state in entered:
            self.arrivals[state.path] = self.at
            if state.parent is None and state.end is not None:
                self.status = state.end
            if not back and was and state.path in self.plan.returning and state.path not in before:
                self.returns[state.path] = was
        kept = self._kept()
        events = frozenset(count.split("/")[1] for count in move.taken)
        return Change(written, events, left, entered, back, kept)

    def _kept(self) -> frozenset[str]:
        """The states to which something leads back, straight or over others."""
        kept: set[str] = set()
        ahead = list(self.arrivals)
        while ahead:
            for leaf in self.returns.get(ahead.pop(), ()):
                line = set(self.plan.line(leaf))
                ahead += line - kept
                kept |= line
        self.returns = {path: to for path, to in self.returns.items() if path in kept or path in self.arrivals}
        return frozenset(kept - self.arrivals.keys())


def _taken(todo: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Those of these changes that are still to be made."""
    return {name: todo.pop(name) for name in names if name in todo}
