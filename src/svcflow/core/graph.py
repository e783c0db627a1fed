"""
Where a case can go: the moves of a process as a graph between its leaf states, for checks, drawings and paths.

Conditions, permissions and `max` are left aside: an edge says that a move may be possible. So "no path" is certain, and
"a path" is a possibility. Staying (`here`) is no edge. `back` leads to every state from which its own state can be
entered otherwise, `repair.last` to every leaf of `repair`.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from attrs import field, frozen

from svcflow.core.chart_tree import Tree, bits
from svcflow.core.process import Process
from svcflow.core.rule import Alternative, Rule


@frozen(eq=False)
class Edge:
    """
    One way from one leaf state to another, both by index.

    `own` is false where the source is not the one that moves: another region goes and takes this one along.
    """

    source: int
    target: int
    rule: Rule
    alternative: Alternative
    own: bool = True


Follow: TypeAlias = Callable[[Edge], bool]


def _every(edge: Edge) -> bool:  # noqa: ARG001  # It stands in for a question about the edge.
    return True


@frozen(eq=False)
class Graph:
    """
    The edges of a process in file order, and the leaves it starts in.

    `follow` narrows a question to some of the edges.
    """

    process: Process
    edges: tuple[Edge, ...]
    start: frozenset[int]
    outwards: Mapping[int, tuple[Edge, ...]] = field(init=False, repr=False)
    inwards: Mapping[int, tuple[Edge, ...]] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        outwards, inwards = defaultdict(list), defaultdict(list)
        for edge in self.edges:
            outwards[edge.source].append(edge)
            inwards[edge.target].append(edge)
        object.__setattr__(self, "outwards", {leaf: tuple(edges) for leaf, edges in outwards.items()})
        object.__setattr__(self, "inwards", {leaf: tuple(edges) for leaf, edges in inwards.items()})

    @classmethod
    def of(cls, process: Process) -> Graph:
        """Work out the graph of a process."""
        start = frozenset(process.chart.opening.leaves)
        edges = [edge for rule, alternative in process.moves for edge in _edges(process, rule, alternative)]
        reached = cls(process, tuple(edges), start).reached(start)
        for rule, alternative in process.moves:
            back = list(_back(process, rule, alternative, edges))
            # Coming back leads nowhere new: only to where cases have been.
            edges += [edge for edge in back if edge.target in reached or edge.source not in reached]
        edges.sort(key=lambda edge: edge.alternative.index)
        return cls(process, tuple(edges), start)

    def leaves(self, state: int) -> frozenset[int]:
        """The leaf states in a state, or itself."""
        return frozenset(_leaves(self.process.chart.tree, state))

    def out(self, leaf: int) -> tuple[Edge, ...]:
        """The edges that leave a leaf state, in file order."""
        return self.outwards.get(leaf, ())

    def into(self, leaf: int) -> tuple[Edge, ...]:
        """The edges that enter a leaf state, in file order."""
        return self.inwards.get(leaf, ())

    def reached(self, starts: Iterable[int], follow: Follow = _every) -> frozenset[int]:
        """The leaf states that can be reached from `starts`, these included."""
        return frozenset(_spread(starts, lambda leaf: (edge.target for edge in self.out(leaf) if follow(edge))))

    def reaching(self, goals: Iterable[int], follow: Follow = _every) -> frozenset[int]:
        """The leaf states from which one of `goals` can be reached, these included."""
        return frozenset(_spread(goals, lambda leaf: (edge.source for edge in self.into(leaf) if follow(edge))))

    def reachable(self) -> frozenset[int]:
        """The states, groups included, that a case can ever be in."""
        return frozenset(outer for leaf in self.reached(self.start) for outer in self.process.chart.tree.paths[leaf])

    def path(self, starts: Iterable[int], goals: Iterable[int], follow: Follow = _every) -> tuple[Edge, ...] | None:
        """One of the shortest ways from `starts` to `goals` of one step or more; None if there is none."""
        begin, wanted, came = frozenset(starts), frozenset(goals), dict[int, Edge]()
        for edge in self.nearest(begin, follow):
            came[edge.target] = edge
            if edge.target in wanted:
                return traced(came, edge, begin)
        return None

    def nearest(self, starts: Iterable[int], follow: Follow = _every) -> Iterator[Edge]:
        """For each leaf that can be come to from `starts`, the edge by which it first is: the nearest leaves first."""
        seen: set[int] = set()
        waiting = deque(sorted(starts))
        while waiting:
            for edge in self.out(waiting.popleft()):
                if edge.target not in seen and follow(edge):
                    seen.add(edge.target)
                    waiting.append(edge.target)
                    yield edge

    def rounds(self, follow: Follow = _every) -> tuple[frozenset[int], ...]:
        """
        The largest sets of leaf states in which a case can go round and come back to each, in file order.

        A leaf alone is one when an edge leads from it to itself.
        """
        following = {leaf: [edge.target for edge in edges if follow(edge)] for leaf, edges in self.outwards.items()}
        found = []
        for component in _components(following):
            (leaf, *others) = component
            if others or leaf in following.get(leaf, ()):
                found.append(frozenset(component))
        return tuple(sorted(found, key=min))


def traced(came: Mapping[int, Edge], last: Edge, starts: Container[int]) -> tuple[Edge, ...]:
    """The way from `starts` that ends with an edge, by the edges through which each leaf was first come to."""
    way = [last]
    while way[-1].source not in starts:
        way.append(came[way[-1].source])
    return tuple(reversed(way))


def _spread(starts: Iterable[int], following: Callable[[int], Iterable[int]]) -> set[int]:
    seen = set(starts)
    waiting = list(seen)
    while waiting:
        for leaf in following(waiting.pop()):
            if leaf not in seen:
                seen.add(leaf)
                waiting.append(leaf)
    return seen


def _leaves(tree: Tree, state: int) -> list[int]:
    return bits((tree.inside[state] | 1 << state) & tree.leaves)


def _edges(process: Process, rule: Rule, alternative: Alternative) -> Iterator[Edge]:
    """The edges of one alternative that goes somewhere by itself."""
    if alternative.kind not in {"go", "last"}:
        return
    tree = process.chart.tree
    sources = frozenset(_sources(process, rule))
    entered: dict[int, None] = {}
    left = 0
    for domain, entry in _entries(process, rule, alternative):
        left |= tree.inside[domain]
        entered.update((leaf, None) for leaf in bits(entry & tree.leaves))
    along = frozenset(bits(left & tree.leaves & _neighbours(tree, rule.state)))
    for source in sorted(sources | along):
        for target in entered:
            yield Edge(source, target, rule, alternative, own=source in sources)


def _sources(process: Process, rule: Rule) -> Iterable[int]:
    """The leaves in which a rule may fire: for `done` the inner ends that bring it about."""
    if rule.kind == "done":
        return _ends(process, rule.state)
    return _leaves(process.chart.tree, rule.state)


def _ends(process: Process, state: int) -> frozenset[int]:
    """The inner ends by which a group is done; of a parallel state all regions must have some."""
    tree = process.chart.tree
    if tree.kinds[state] != "parallel":
        return frozenset(bits(tree.children[state] & tree.finals))
    regions = [_ends(process, region) for region in bits(tree.children[state])]
    return frozenset[int]().union(*regions) if all(regions) else frozenset()


def _entries(process: Process, rule: Rule, alternative: Alternative) -> Sequence[tuple[int, int]]:
    """For each place the alternative may lead to, the state it stays inside and the mask of all states it enters."""
    chart = process.chart
    move = chart.moves[alternative.index]
    if move.domain is not None and move.entry is not None:
        return ((move.domain, move.entry),)
    transition = chart.transitions[alternative.index]
    # The target is a history. It may lead to any leaf of the group that it belongs to.
    (group,) = (chart.tree.paths[target][1] for target in transition.targets)
    leaves = [1 << leaf for leaf in _leaves(chart.tree, group)]
    domains = [chart.tree.domain(rule.state, leaf, internal=transition.internal) for leaf in leaves]
    return [(domain, chart.tree.entry(leaf, domain, {})) for leaf, domain in zip(leaves, domains, strict=True)]


def _neighbours(tree: Tree, state: int) -> int:
    """The mask of the states in other regions beside a state: a case is in some of them while it is in this one."""
    mask = 0
    for inner, outer in pairwise(tree.paths[state]):
        if tree.kinds[outer] == "parallel":
            mask |= tree.inside[outer] & ~(tree.inside[inner] | 1 << inner)
    return mask


def _back(process: Process, rule: Rule, alternative: Alternative, edges: list[Edge]) -> Iterator[Edge]:
    """The edges of a `back`: to everywhere that its state is entered from."""
    if alternative.kind != "back":
        return
    tree = process.chart.tree
    inside = frozenset(_leaves(tree, rule.state))
    along = frozenset(bits(tree.leaves & _neighbours(tree, rule.state)))
    entering = [edge for edge in edges if edge.alternative.kind != "back" and edge.target in inside]
    before = {edge.source: None for edge in entering if edge.source not in inside}
    for source in sorted(inside | along):
        for target in before:
            yield Edge(source, target, rule, alternative, own=source in inside)


def _components(following: Mapping[int, list[int]]) -> Iterator[list[int]]:
    """Strongly connected components (Tarjan 1972), without recursion: a chain of states may be long."""
    number: dict[int, int] = {}
    low: dict[int, int] = {}
    open_: list[int] = []
    pending: set[int] = set()
    for root in following:
        if root in number:
            continue
        work = [(root, iter(following.get(root, ())))]
        number[root] = low[root] = len(number)
        open_.append(root)
        pending.add(root)
        while work:
            here, others = work[-1]
            for other in others:
                if other not in number:
                    number[other] = low[other] = len(number)
                    open_.append(other)
                    pending.add(other)
                    work.append((other, iter(following.get(other, ()))))
                    break
                if other in pending:
                    low[here] = min(low[here], number[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[here])
                if low[here] == number[here]:
                    cut = open_.index(here)
                    pending.difference_update(open_[cut:])
                    yield open_[cut:]
                    del open_[cut:]
