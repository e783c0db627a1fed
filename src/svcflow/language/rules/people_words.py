"""What the rules about people share: which states wait for somebody, what goes on beside, where events are told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from svcflow.core.process import Process, State
from svcflow.core.rule import Place, Rule
from svcflow.language.compiled import Compiled
from svcflow.language.nodes import Node, ScalarNode, SequenceNode


def asks_people(process: Process, state: State) -> bool:
    """Whether somebody is to act in a state: an event of its own or of a group around it, not only `anywhere`."""
    around = (process.states[index] for index in process.lines[state.index])
    rules = (owner for outer in around for rules in outer.events.values() for owner in rules)
    return state.end is None and any(owner.kind == "event" for owner in rules)


def beside(compiled: Compiled, leaves: Iterable[int]) -> frozenset[int]:
    """These leaf states and those that a case can be in at the same time."""
    states, lines = compiled.process.states, compiled.process.lines
    found: set[int] = set()
    for leaf in leaves:
        parallel = next((outer for outer in lines[leaf] if states[outer].parallel), leaf)
        found |= compiled.graph.leaves(parallel)
    return frozenset(found)


def texts(node: Node | None) -> list[str]:
    """One name, or a list of names."""
    items = node.items if isinstance(node, SequenceNode) else (node,)
    return [item.text for item in items if isinstance(item, ScalarNode)]


@frozen(eq=False)
class Group:
    """Events about which the same is told: one of them, the states it is about, and `name` unless it is all of them."""

    place: Place
    states: tuple[str, ...]
    name: str
    owner: Rule
    why: str


def grouped(process: Process, found: Sequence[tuple[Rule, str]]) -> Iterator[Group]:
    """
    Where to tell something about events: at their state, with no name, if it is about all of its own; else at each.

    An event of `anywhere` is told once, with all the states it is about.
    """
    states: dict[Place, list[str]] = {}
    for owner, _ in found:
        states.setdefault(owner.place, []).append(process.states[owner.state].path)
    told: set[Place] = set()
    for owner, why in found:
        state = process.states[owner.state]
        own = [one for rules in state.events.values() for one in rules if one.kind == "event"]
        whole = owner.kind == "event" and all(one.place in states for one in own)
        place = state.place if whole else owner.place
        if place not in told:
            told.add(place)
            yield Group(place, tuple(states[owner.place]), "" if whole else owner.name, owner, why)
