"""
What there is to cover in a process, item by item, and what the model checker knows of each: reached, never, or open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

from attrs import field, frozen

from svcflow.core.event import EMPTY
from svcflow.core.graph import Graph
from svcflow.core.process import Process, State, actions_of, rules_of
from svcflow.core.rule import People, Rule
from svcflow.model.explore import Model, explore

Kind: TypeAlias = Literal[
    "states", "transitions", "pairs", "guards", "refusals", "timers", "clocks", "escalations", "hooks", "roles", "ends"
]  # fmt: skip
Known: TypeAlias = Literal["reachable", "unreachable", "unknown"]

KINDS: tuple[Kind, ...] = (
    "states", "transitions", "pairs", "guards", "refusals", "timers", "clocks", "escalations", "hooks", "roles", "ends",
)  # fmt: skip
HOOK_OUTCOMES = ("ok", "raises", "timeout")


def move_names(process: Process) -> tuple[str, ...]:
    """What the moves of a process are called, by index: `diagnose: quote -> quoted if price > 0`, each another name."""
    names, seen = [], Counter[str]()
    for rule, one in process.moves:
        target = one.count.rpartition("/")[2]
        name = f"{process.states[rule.state].path}: {rule.name} -> {target}"
        name += "" if one.when is None else f" if {one.when.text}"
        name += "" if one.share is None else f" for {one.share.text}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(names)


def guard_name(move: str, *, holds: bool) -> str:
    """One side of a condition."""
    return f"{move}: {'true' if holds else 'false'}"


def pair_name(names: Sequence[str], first: int, second: int) -> str:
    """Two moves, one right after the other."""
    return f"{names[first]}, then {names[second]}"


def known(process: Process, children: Mapping[str, Process] = EMPTY) -> Model:
    """What the model checker knows of a process; `children` are the processes that it runs, by name."""
    run = {state.path: children.get(state.run) for state in process.states if state.run is not None}
    return explore(process, gives={path: child.gives for path, child in run.items() if child is not None})


@frozen(eq=False)
class Items:
    """Everything to cover in one process: for each kind the names, in the order of the file, with what is known."""

    process: Process
    model: Model
    names: tuple[str, ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "names", move_names(self.process))

    def all(self) -> Mapping[Kind, Mapping[str, Known]]:
        """The items of every kind."""
        found: Mapping[Kind, Iterator[tuple[str, Known]]] = {
            "states": ((state.path, self._state(state.index)) for state in self.process.states),
            "transitions": ((name, self._move(index)) for index, name in enumerate(self.names)),
            "pairs": self._pairs(),
            "guards": self._guards(),
            "refusals": self._refusals(),
            "timers": self._timers(),
            "clocks": self._clocks(),
            "escalations": self._escalations(),
            "hooks": self._hooks(),
            "roles": self._roles(),
            "ends": ((state.path, self._state(state.index)) for state in self.process.states if _final(state)),
        }
        return {kind: dict(items) for kind, items in found.items()}

    def _state(self, index: int) -> Known:
        if index in self.model.unreached:
            return "unreachable"
        return "reachable" if index in self.model.arrivals else "unknown"

    def _move(self, index: int) -> Known:
        if index in self.model.never:
            return "unreachable"
        return "reachable" if index in self.model.ways else "unknown"

    def _alive(self, state: int) -> Known:
        """Of what may or may not happen in a state: at least nothing happens where no case comes."""
        return "unreachable" if state in self.model.unreached else "unknown"

    def _pairs(self) -> Iterator[tuple[str, Known]]:
        """Two moves of a case one right after the other, as far as the graph of the states lets them."""
        gone = set(self._gone())
        for first, second in followed(self.process):
            never = {first, second} & self.model.never
            met: Known = "reachable" if (first, second) in gone else "unknown"
            yield pair_name(self.names, first, second), "unreachable" if never else met

    def _gone(self) -> Iterator[tuple[int, int]]:
        """Pairs of moves on the ways of the model that are plain: one move of this name and target in the process."""
        counted: dict[str, list[int]] = {}
        for _, one in self.process.moves:
            counted.setdefault(one.count, []).append(one.index)
        for way in self.model.ways.values():
            moves = (move.taken for stride in way for entry in stride.journal for move in entry.moves if move.taken)
            for before, after in pairwise(moves):
                pairs = ((counted[one], counted[two]) for one in before for two in after)
                yield from ((one[0], two[0]) for one, two in pairs if len(one) == len(two) == 1)

    def _guards(self) -> Iterator[tuple[str, Known]]:
        """Both sides of every condition: a way through a move holds it true, one through the next ways false."""
        for rule, one in self.process.moves:
            if one.when is None:
                continue
            later = [other.index for other in rule.alternatives if other.index > one.index]
            passed = not one.limited and any(index in self.model.ways for index in later)
            never = self._alive(rule.state)
            yield (
                guard_name(self.names[one.index], holds=True),
                ("reachable" if one.index in self.model.ways else never),
            )
            yield guard_name(self.names[one.index], holds=False), "reachable" if passed else never

    def _refusals(self) -> Iterator[tuple[str, Known]]:
        """The kinds of refusals that what is written can lead to."""
        process = self.process
        sent = [rule for rule in process.rules() if rule.sent]
        asks = process.opening.by is not None or any(rule.by is not None for rule in sent)
        bars = any(rule.not_by.states or rule.not_by.fields for rule in sent)
        skilled = any(rule.qualified is not None for rule in sent)
        shut = any(all(one.when is not None or one.limited for one in rule.alternatives) for rule in sent)
        ends = [self._state(state.index) for state in process.states if _final(state)]
        ended: Known = "reachable" if "reachable" in ends else "unknown"
        kinds: tuple[tuple[str, bool, Known], ...] = (
            ("ended", bool(ends), ended), ("unknown_event", True, "reachable"),
            ("not_here", len(process.states) > 1 and bool(sent), "unknown"),
            ("waiting", process.waits and bool(sent), "unknown"), ("forbidden", asks, "unknown"),
            ("barred", bars, "unknown"), ("unqualified", skilled, "unknown"), ("form", True, "reachable"),
            ("no_alternative", shut, "unknown"),
        )  # fmt: skip
        yield from ((code, how) for code, possible, how in kinds if possible)

    def _timers(self) -> Iterator[tuple[str, Known]]:
        for state in self.process.states:
            afters = {after.name: after.rule.transitions for after in state.after}
            for timer in state.timers:
                taken = not afters.get(timer, frozenset()).isdisjoint(self.model.ways)
                yield f"{timer} fired", "reachable" if taken else self._alive(state.index)
                yield f"{timer} cancelled", self._alive(state.index)

    def _clocks(self) -> Iterator[tuple[str, Known]]:
        process = self.process
        for clock in process.clocks.values():
            begun = self._begun(clock.starts)
            pausing = [state.index for state in process.states if clock.name in state.pause]
            paused = begun if begun == "unreachable" else self._begun(frozenset(pausing))
            yield from ((f"{clock.key} {how}", begun) for how in ("met", "late"))
            if pausing:
                yield from ((f"{clock.key} {how}", paused) for how in ("paused", "resumed", "late when resumed"))
        for state in process.states:
            if state.limit is not None:
                yield from ((f"{state.limit_key} {how}", self._alive(state.index)) for how in ("met", "late"))

    def _begun(self, states: frozenset[int]) -> Known:
        return "unreachable" if all(state in self.model.unreached for state in states) else "unknown"

    def _escalations(self) -> Iterator[tuple[str, Known]]:
        process = self.process
        starts = {clock.key: clock.starts for clock in process.clocks.values()}
        starts |= {state.limit_key: frozenset((state.index,)) for state in process.states}
        for key, escalation in process.escalations.items():
            yield from ((f"{key} {step.key}", self._begun(starts[key])) for step in escalation.steps)

    def _hooks(self) -> Iterator[tuple[str, Known]]:
        dos = [do for state in self.process.states for do in actions_of(state)]
        dos += [step.do for clock in self.process.clocks.values() for step in clock.escalation]
        names = [hook for do in dos for hook in (*do.hooks, *(["notify"] if do.notify else []))]
        for name in dict.fromkeys(names):
            yield from ((f"{name} {how}", "unknown") for how in HOOK_OUTCOMES)

    def _roles(self) -> Iterator[tuple[str, Known]]:
        """Every role and person field that opens a door, reachable where the model went through one for it alone."""
        rules = [rule for rule in self.process.rules() if rule.sent]
        opening = () if self.process.opening.by is None else (self.process.opening.by,)
        doors = (*opening, *(rule.by for rule in rules if rule.by is not None))
        for name in dict.fromkeys(name for people in doors for name in _names(people)):
            where = [rule for rule in rules if rule.by is not None and name in _names(rule.by)]
            closed = not any(name in _names(people) for people in opening) and all(map(self._closed, where))
            yield name, "unreachable" if closed else "unknown"

    def _closed(self, rule: Rule) -> bool:
        return rule.transitions <= self.model.never


def _names(people: People) -> Sequence[str]:
    return (*sorted(people.roles), *people.fields)


def _final(state: State) -> bool:
    return state.end is not None and state.parent is None


def followed(process: Process) -> Iterator[tuple[int, int]]:
    """Which move can come right after which, by the graph of the states alone; regions mix freely."""
    graph = Graph.of(process)
    reached: dict[int, set[int]] = {}
    for edge in graph.edges:
        reached.setdefault(edge.alternative.index, set()).add(edge.target)
    parallel = any(state.parallel for state in process.states)
    for rule, one in process.moves:
        leaves = reached.get(one.index) or {
            leaf for leaf in range(len(process.states)) if rule.state in process.lines[leaf]
        }
        around = {state for leaf in leaves for state in process.lines[leaf]}
        for state in process.states:
            if state.index in around or (parallel and _beside(process, rule.state, state.index)):
                yield from ((one.index, two) for after in rules_of(state) for two in sorted(after.transitions))


def _beside(process: Process, one: int, other: int) -> bool:
    """Whether two states stand in different regions, or one in the group around the other."""
    mine, theirs = process.lines[one], process.lines[other]
    shared = [state for state in mine if state in theirs]
    return bool(shared) and process.states[shared[-1]].parallel
