"""
One case while one entry of its journal is decided: the only mutable thing in the core, and it never leaves it.

Here is what stands where; `macrostep` moves it, `effects`, `timing` and `sla` write into it, and it ends as a `Case`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from svcflow.core.case import Case
from svcflow.core.decision import HookCall, Message, Move, NewCase
from svcflow.core.event import SYSTEM, Actor, ChildActed, extended, thawed
from svcflow.core.machine import Configuration, Machine
from svcflow.core.process import Process
from svcflow.core.quick import quick

_case, _configuration = quick(Case), quick(Configuration)


class Draft:
    """A working copy of `case`, at the instant `at`; `actor` is who caused the entry."""

    __slots__ = (
        "_public", "acted", "actor", "anew", "arrivals", "at", "before", "calls", "changes", "children", "clocks",
        "counts", "cycles", "fields", "fresh", "generation", "leaves", "machine", "memory", "messages", "moves",
        "process", "queue", "remarks", "returns", "seq", "settled", "starts", "status", "timers", "written",
    )  # fmt: skip

    def __init__(self, process: Process, case: Case, at: datetime, machine: Machine, actor: Actor = SYSTEM) -> None:
        self.process, self.before, self.at, self.machine, self.actor = process, case, at, machine, actor
        self.seq = case.seq + 1
        self.status = case.status
        self.leaves = process.standing.get(case.states) or process.known(case.states)
        self.fields = thawed(case.fields)
        self.arrivals = thawed(case.arrivals)
        self.clocks = thawed(case.clocks)
        self.cycles = case.cycles
        self.timers = thawed(case.timers)
        self.generation = case.generation
        # These change seldom: they are replaced as a whole, for reading only, and shared with the case until then.
        self.counts, self.acted, self.memory = case.counts, case.acted, case.memory
        self.returns, self.children = case.returns, case.children
        self.written: set[str] = set()  # those among the fields written that promised times depend on
        self.fresh = False  # whether one of them was written since the SLA clocks looked
        self.settled: set[int] = set()  # states entered since then: their times are right
        self.anew = False  # other rules or days: every promise is looked at again, whatever was written
        self.changes: dict[str, Any] = {}
        self.queue: deque[tuple[str, bool]] = deque()
        self.moves: list[Move] = []
        self.calls: list[HookCall] = []
        self.starts: list[NewCase] = []
        self.messages: list[Message] = []
        self.remarks: list[str] = []
        self._public: Mapping[str, Any] | None = None

    def write(self, name: str, value: object) -> None:
        """Write a field, None empties it, and note it if that changes it and times depend on it."""
        if self.fields.get(name) != value:
            if value is None:
                del self.fields[name]
            else:
                self.fields[name] = value
            self._public = None
            if name in self.process.timed_fields:
                self.written.add(name)
                self.fresh = True
                self.settled.clear()

    def public(self) -> Mapping[str, Any]:
        """The values as they are now, without private ones: what a hook call carries."""
        if self._public is None:
            public = self.fields.copy()
            for name in self.process.private:
                public.pop(name, None)
            self._public = MappingProxyType(public)
        return self._public

    def open(self, index: int) -> bool:
        """Whether an alternative's own conditions allow it: somewhere to go back to, `share`, `max` and `when`."""
        rule, alternative = self.process.moves[index]
        if alternative.kind == "back" and self.process.states[rule.state].path not in self.returns:
            return False
        if alternative.share is not None and not alternative.share.takes(self.before.id):
            return False
        if alternative.max is not None and self.counts.get(alternative.count, 0) >= alternative.max:
            return False
        return alternative.when is None or alternative.when.holds(self.fields)

    def note_actors(self, path: str, persons: frozenset[str]) -> None:
        """Remember who acted in a state, for `not_by`; a parent hears of everybody who is new."""
        parent = self.before.parent
        if parent is not None:
            new = persons.difference(*self.acted.values())
            if new:
                self.messages.append(Message(parent.case, ChildActed(self.before.id, parent.state, new)))
        known = self.acted.get(path)
        if known is None or not persons <= known:
            self.acted = extended(self.acted, {path: persons if known is None else known | persons})

    def forget_child(self, path: str) -> None:
        """Wait no longer for the child of a `run` state."""
        self.children = MappingProxyType({state: child for state, child in self.children.items() if state != path})

    def active(self) -> tuple[int, ...]:
        """The active states, groups included, in file order."""
        lines = self.process.lines
        if len(self.leaves) == 1:
            return lines[self.leaves[0]]
        return tuple(sorted({index for leaf in self.leaves for index in lines[leaf]}))

    def configuration(self) -> Configuration:
        """Where the machine finds the case: leaves and memory by number."""
        if not self.memory:
            return _configuration(self.leaves)
        paths, histories = self.process.paths, self.process.histories
        memory = [(histories[path], tuple(paths[leaf] for leaf in leaves)) for path, leaves in self.memory.items()]
        return Configuration(self.leaves, tuple(sorted(memory)))

    def case(self) -> Case:
        """The case as it stands now, as a value."""
        case, process = self.before, self.process
        ended_at = self.at if self.status != "open" and case.ended_at is None else case.ended_at
        return _case(
            case.id, process.name, process.version, process.digest, case.opened_at, self.at, case.tenant, self.seq,
            self.status, process.named(self.leaves), MappingProxyType(self.arrivals), MappingProxyType(self.fields),
            MappingProxyType(self.clocks), self.cycles, MappingProxyType(self.timers), self.generation, self.counts,
            self.acted, self.memory, self.returns, case.barred, case.root, case.parent, self.children, ended_at,
            process.days,
        )  # fmt: skip
