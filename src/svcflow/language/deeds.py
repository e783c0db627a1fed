"""
What surely was done by whom before a case gets to a state: forward, over every path, keeping what all of them say.

Conditions are left aside, so there are more paths here than cases can take: what holds on all of them is certain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from attrs import frozen

from svcflow.core.event import SYSTEM
from svcflow.core.graph import Graph
from svcflow.core.process import Process
from svcflow.core.rule import Actions, Alternative, Rule
from svcflow.core.tree import Given


@frozen
class Deed:
    """
    Something that is surely so.

    `person`: field `name` is empty or holds one person's id, who acted in state `path`; without a path, the first part
    alone. `role`: somebody who holds role `name` acted in state `path`.
    """

    kind: Literal["person", "role"]
    name: str
    path: str = ""


Deeds: TypeAlias = frozenset[Deed]
NOTHING_KNOWN: Deeds = frozenset()


def deeds(process: Process, graph: Graph, given: Mapping[int, frozenset[str]]) -> Mapping[int, Deeds]:
    """
    For each leaf state that can be reached what was surely done before; nothing at all where that cannot be known.

    `given` are the fields that the child case of a `run` state fills when it ends. Regions that go on beside each
    other, and cases that come from earlier versions, are not followed.
    """
    walk = _Walk.of(process, graph, given)
    moving = any(not plan.finish for plan in process.migrations.values())
    if not walk.watched or moving or any(state.parallel for state in process.states):
        return {}
    known: dict[int, Deeds] = dict.fromkeys(graph.start, walk.at_first())
    waiting = sorted(graph.start)
    while waiting:
        leaf = waiting.pop()
        for target, owner, alternative in walk.ways(leaf):
            after = walk.after(known[leaf], leaf, owner, alternative)
            if target not in known or not known[target] <= after:
                known[target] = known[target] & after if target in known else after
                waiting.append(target)
    return known


@frozen(eq=False)
class _Walk:
    """
    A process on the way.

    `watched` are the states that some `not_by` names, `people` the fields followed, `staying` the moves that stay.
    """

    process: Process
    graph: Graph
    given: Mapping[int, frozenset[str]]
    watched: frozenset[str]
    people: frozenset[str]
    staying: Mapping[int, list[tuple[Rule, Alternative]]]

    @classmethod
    def of(cls, process: Process, graph: Graph, given: Mapping[int, frozenset[str]]) -> _Walk:
        watched = frozenset[str]().union(*(owner.not_by.states for owner in process.rules()))
        # What is written when a state is entered or a time runs down is not followed: such a field may hold anybody.
        elsewhere = {name for do in _unmoved(process) for name, _ in do.set}
        people = {name for name, declared in process.fields.items() if declared.kind == "person"}
        staying: dict[int, list[tuple[Rule, Alternative]]] = {}
        for owner, alternative in process.moves:
            if alternative.kind == "here":
                staying.setdefault(owner.state, []).append((owner, alternative))
        return cls(process, graph, given, watched, frozenset(people - elsewhere), staying)

    def at_first(self) -> Deeds:
        """A field that nobody can fill at the opening is empty, so it holds nobody of whom anything were untrue."""
        opening = self.process.opening
        filled = frozenset(self.process.fields if opening.free else (*opening.ask, *opening.may))
        return frozenset(Deed("person", name, path) for name in self.people - filled for path in ("", *self.watched))

    def ways(self, leaf: int) -> Iterator[tuple[int, Rule, Alternative]]:
        for edge in self.graph.out(leaf):
            yield edge.target, edge.rule, edge.alternative
        for index in self.process.lines[leaf]:
            for owner, alternative in self.staying.get(index, ()):
                yield leaf, owner, alternative

    def after(self, before: Deeds, leaf: int, owner: Rule, alternative: Alternative) -> Deeds:
        """What is so after one move out of a leaf state."""
        path = self.process.names[leaf]
        now = {*before, *self._acted(before, path, owner)} if owner.sent and path in self.watched else set(before)
        filled = (
            self.given.get(owner.state, frozenset()) if owner.kind == "child" else frozenset((*owner.ask, *owner.may))
        )
        now = {deed for deed in now if deed.kind == "role" or deed.name not in filled}
        for name, value in (*owner.do.set, *alternative.do.set):
            now = {deed for deed in now if deed.kind == "role" or deed.name != name}
            if value.tree == Given("me") and name in self.people and _by_people(owner):
                now |= {Deed("person", name), Deed("person", name, path)}
        return frozenset(now)

    def _acted(self, before: Deeds, path: str, owner: Rule) -> Iterator[Deed]:
        """Who has surely acted when an event was sent."""
        if owner.by is None or not _by_people(owner):
            return
        if len(owner.by.fields) == 1 and not owner.by.roles and Deed("person", owner.by.fields[0]) in before:
            yield Deed("person", owner.by.fields[0], path)
        if len(owner.by.roles) == 1 and not owner.by.fields:
            yield from (Deed("role", role, path) for role in owner.by.roles)


def _by_people(owner: Rule) -> bool:
    """Whether people alone send an event: what the engine sends is nobody's deed."""
    return owner.sent and owner.by is not None and SYSTEM.id not in owner.by.roles


def _unmoved(process: Process) -> Iterator[Actions]:
    """Every `do` that belongs to no event or timer."""
    for state in process.states:
        yield state.do
        yield from (step.do for step in (state.limit.escalation if state.limit is not None else ()))
    for clock in process.clocks.values():
        yield from (step.do for step in clock.escalation)
