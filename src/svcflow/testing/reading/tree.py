"""
The states of a process as a tree: what is left and what is entered on a way, read from LANGUAGE 3 (States).

The source is W3C SCXML, appendix D, in plain sets: slow, and by another route than the masks of the core.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from svcflow.core.process import Process
from svcflow.core.rule import Alternative, Rule


class Tree:
    """The states of one process by number, and their rules by state and trigger (None: automatic)."""

    def __init__(self, process: Process) -> None:
        self.process, self.states = process, process.states
        self.inner: dict[int | None, list[int]] = {}
        for state in self.states:
            self.inner.setdefault(state.parent, []).append(state.index)

    @cached_property
    def lines(self) -> Mapping[int, tuple[int, ...]]:
        """For each state itself and the groups around it, inner first."""
        found: dict[int, tuple[int, ...]] = {}
        for state in self.states:  # A group stands before what is in it.
            found[state.index] = (state.index, *(() if state.parent is None else found[state.parent]))
        return found

    @cached_property
    def rules(self) -> Mapping[tuple[int, str | None], tuple[Rule, ...]]:
        """The rules of each state by what triggers them, in file order."""
        found: dict[tuple[int, str | None], tuple[Rule, ...]] = {}
        for state in self.states:
            sent = (rule for rules in state.events.values() for rule in rules)
            automatic = () if state.auto is None else (state.auto,)
            for rule in (*sent, *automatic, *(after.rule for after in state.after)):
                key = (state.index, rule.trigger)
                found[key] = (*found.get(key, ()), rule)
        return found

    def around(self, leaf: int, trigger: str | None) -> Iterable[Rule]:
        """The rules that a trigger meets at a leaf, inner ones first."""
        return (rule for state in self.lines[leaf] for rule in self.rules.get((state, trigger), ()))

    def active(self, leaves: Iterable[int]) -> set[int]:
        """The leaves and all groups around them."""
        return {state for leaf in leaves for state in self.lines[leaf]}

    def leaves(self, states: Iterable[int]) -> tuple[int, ...]:
        """Those of the states that have nothing inside."""
        return tuple(sorted(state for state in states if state not in self.inner))

    def paths(self, states: Iterable[int]) -> tuple[str, ...]:
        """The names of states."""
        return tuple(self.states[state].path for state in states)

    def numbers(self, paths: Iterable[str]) -> tuple[int, ...]:
        """The states of these names."""
        return tuple(sorted(self.process.paths[path] for path in paths))

    def is_in(self, state: int, group: int | None) -> bool:
        """Whether a state lies inside a group; everything lies inside the process itself."""
        return group is None or (state != group and group in self.lines[state])

    def targets(self, alternative: Alternative, memory: Mapping[int, Sequence[int]]) -> set[int]:
        """Where an alternative leads; `X.last` to where the case last was inside, else to the first inner state."""
        if alternative.target is None:
            return set()
        if alternative.kind == "last":
            return set(memory.get(alternative.target) or self.first(alternative.target))
        return {alternative.target}

    def first(self, group: int) -> list[int]:
        """What is entered of a group when nothing else is said: its first inner state, or all of its regions."""
        inner = self.inner[group]
        return inner if self.states[group].parallel else inner[:1]

    def domain(self, rule: Rule, alternative: Alternative, targets: set[int]) -> int | None:
        """The innermost group around source and targets that is no parallel state: only what is inside it is left."""
        source, goal = rule.state, alternative.target
        line = self.lines[source]
        stays = goal is not None and (
            self.is_in(goal, source) or (alternative.kind == "last" and goal == source)
        )  # An event of a group to a state inside it does not leave the group.
        for group in line if stays and source in self.inner else line[1:]:
            if not self.states[group].parallel and all(self.is_in(target, group) for target in targets):
                return group
        return None

    def left(self, leaves: Iterable[int], domain: int | None) -> set[int]:
        """The active states inside a domain."""
        return {state for state in self.active(leaves) if self.is_in(state, domain)}

    def entered(self, targets: Iterable[int], domain: int | None) -> set[int]:
        """Everything entered to be in the targets: the groups around them, missing regions, first inner states."""
        found = {state for target in targets for state in self.lines[target] if self.is_in(state, domain)}
        ahead = sorted(found)
        while ahead:
            state = ahead.pop(0)
            inner = self.inner.get(state, [])
            missing = [one for one in inner if one not in found]
            if inner and not self.states[state].parallel:
                missing = inner[:1] if len(missing) == len(inner) else []
            found.update(missing)
            ahead += missing
        return found

    def finished(self, group: int, active: set[int]) -> bool:
        """Whether a group has come to an inner end; a parallel state when each of its regions has."""
        if self.states[group].parallel:
            return all(self.finished(region, active) for region in self.inner.get(group, []))
        return any(self.states[one].end is not None and one in active for one in self.inner.get(group, []))
