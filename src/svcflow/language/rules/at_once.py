"""What goes on by itself: moves that nobody sends and no time brings, through children and groups that end at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from svcflow.core.graph import Edge
from svcflow.core.process import Process
from svcflow.core.rule import Actions, Alternative
from svcflow.core.tree import Tree
from svcflow.language.compiled import Compiled
from svcflow.language.rules.flow_words import ends_case
from svcflow.language.rules.values_cases import Case, Judge, World, judge

Ends = Mapping[int, frozenset[str]]
"""The ends that children come to at once, by the states that run them; of others none."""

Way = tuple[tuple[Tree | None, bool, bool], ...]
"""The alternatives of a rule: the condition, whether some case goes past it, whether it leads where is asked."""


def quick_children(compiled: Compiled) -> Ends:
    """Where a child does not hold a case up; one that is run by itself, perhaps by way of others, is none of them."""
    return _children(compiled, {compiled.process.name: frozenset()})


def _children(compiled: Compiled, known: dict[str, frozenset[str]]) -> Ends:
    """The same; `known` are those that were looked at on the way here, without an end while they are."""
    found = {}
    for state in compiled.process.states:
        child = compiled.project.get(state.run or "")
        if child is not None:
            name = child.process.name
            if name not in known:
                known[name] = frozenset()
                known[name] = _ends_at_once(child, _children(child, known))
            found[state.index] = known[name]
    return found


def by_itself(process: Process, edge: Edge, quick: Ends) -> bool:
    """Whether the engine makes a move as soon as its state is entered, if its condition holds."""
    leaf, *outer = (process.states[state] for state in process.chart.tree.paths[edge.source])
    if not edge.own or any(state.wait or state.window for state in (leaf, *outer)):
        return False
    if edge.rule.kind == "child":
        return edge.rule.name in quick.get(edge.source, ())
    if edge.rule.kind == "done":
        return leaf.end is not None and leaf.parent == edge.rule.state and not process.states[edge.rule.state].parallel
    return edge.rule.kind == "auto"


def _ends_at_once(child: Compiled, quick: Ends) -> frozenset[str]:
    """The ends that every case of a process comes to before anybody can act; none if one may come to rest before."""
    process, graph = child.process, child.graph
    if any(state.parallel for state in process.states):
        return frozenset()
    leaves = graph.reached(graph.start, lambda edge: by_itself(process, edge, quick))
    ends = {leaf for leaf in leaves if ends_case(process.states[leaf])}
    for leaf in leaves - ends:
        rules = [edge.rule for edge in graph.out(leaf) if by_itself(process, edge, quick)]
        if not rules or not all(any(map(_certain, owner.alternatives)) for owner in rules):
            return frozenset()
    return frozenset(process.states[leaf].name for leaf in ends)


def _certain(alternative: Alternative) -> bool:
    return alternative.when is None and not alternative.limited


def comes_again(compiled: Compiled, path: Sequence[Edge], quick: Ends) -> bool:
    """Whether what leads once through a circle does so again: nothing on the way is set, and the conditions agree."""
    if any(do.set for do in _done_on(compiled, path)):
        return False
    steps = [tuple(_beside(compiled, edge, quick)) for edge in path]
    trees = [tree for step in steps for way in step for tree, _, _ in way if tree is not None]
    filled = frozenset.intersection(*(compiled.flow.sure.get(edge.source, frozenset()) for edge in path))
    judges = {tree: judge(tree) for tree in trees}
    worlds = Case(compiled.process.fields, filled).worlds(trees) or ()
    return any(all(any(_taken(world, way, judges) for way in step) for step in steps) for world in worlds)


def _beside(compiled: Compiled, edge: Edge, quick: Ends) -> Iterator[Way]:
    """What else leads by itself from where an edge does to where it does."""
    beside = [one for one in compiled.graph.out(edge.source) if one.target == edge.target]
    ours = {one.alternative.index for one in beside if by_itself(compiled.process, one, quick)}
    for owner in {one.rule.place: one.rule for one in beside}.values():
        yield tuple(
            (None if one.when is None else one.when.tree, _passed(one, ours=one.index in ours), one.index in ours)
            for one in owner.alternatives
        )


def _passed(one: Alternative, *, ours: bool) -> bool:
    """Whether some case goes past it in the end: what leads there is used up, what leads elsewhere is for others."""
    return one.max is not None if ours else one.share is not None


def _taken(world: World, way: Way, judges: Mapping[Tree, Judge]) -> bool:
    """Whether some case goes on going this way."""
    first = (ours for tree, passed, ours in way if not passed and (tree is None or judges[tree](world)))
    return next(first, False)


def _done_on(compiled: Compiled, path: Sequence[Edge]) -> Iterator[Actions]:
    """Everything that is done on a way, by the children that are run there too."""
    process = compiled.process
    for edge in path:
        yield from (edge.rule.do, edge.alternative.do)
        yield from (process.states[state].do for state in process.chart.tree.paths[edge.target])
        child = compiled.project.get(process.states[edge.source].run or "")
        if edge.rule.kind == "child" and child is not None and child.process.gives:
            yield from (state.do for state in child.process.states)
            yield from (do for owner, one in child.process.moves for do in (owner.do, one.do))
