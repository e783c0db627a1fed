"""
Which fields surely hold a value where a case is, whatever way it came: for checks that ask what may be empty.

What fills a field on a way: the form it is opened with, what an event asks for, `set`, what a child surely gives back,
and a condition that only holds when the field is filled. `may` fills nothing. That somebody empties a field on purpose,
through a `may` or by erasing it, is not counted, and a case that another one opens counts as opened with all that its
`open` asks for. Coming back (`back`, `X.last`) loses nothing that was known in the state before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TypeAlias

from attrs import field, frozen

from svcflow.core.chart_tree import bits
from svcflow.core.condition import Expression
from svcflow.core.graph import Edge, Graph
from svcflow.core.process import Process
from svcflow.core.rule import Actions, Alternative, Rule
from svcflow.core.tree import And, Compare, Filled, Minus, Not, Or, Read, Sum, Tree, Value

Names: TypeAlias = frozenset[str]
Gives: TypeAlias = Callable[[Rule], Names]
"""The fields of ours that an end of a child surely fills."""

NONE: Names = frozenset()


@frozen
class Passage:
    """What taking one alternative into one leaf does to fields: those it fills, then what it writes, in that order."""

    fills: Names
    writes: tuple[Actions, ...] = ()

    def after(self, before: Names) -> Names:
        """The fields surely filled afterwards."""
        known = before | self.fills
        for do in self.writes:
            for name, value in do.set:
                known = known | {name} if surely_a_value(value, known) else known - {name}
        return known

    def losing(self) -> Names:
        """The fields that it may empty: what is written comes from fields that may be empty themselves."""
        return frozenset(name for do in self.writes for name, value in do.set if not surely_a_value(value, NONE))


@frozen(eq=False)
class Flow:
    """
    The fields surely filled in each leaf state that a case can reach.

    `entries` are the leaves it begins in, with what is filled there: those of the opening unless others are given, as
    for cases that come over from an earlier version. A leaf that is not among `sure` is never reached.
    """

    process: Process
    graph: Graph
    gives: Gives
    entries: Mapping[int, Names]
    sure: Mapping[int, Names] = field(init=False)
    _passages: dict[tuple[int, int], Passage] = field(init=False, factory=dict, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "sure", _Spread(self).sure())

    @classmethod
    def opened(cls, process: Process, graph: Graph, gives: Gives, arrivals: Mapping[int, Names]) -> Flow:
        """The flow of cases opened in this version, and of those that come over into leaves with `arrivals` filled."""
        opening = process.chart.opening
        asked = frozenset(process.opening.ask) | {"opened_at"}
        begun = Passage(asked, _writing(process.states[index].do for index in opening.entered)).after(NONE)
        entries = dict(arrivals)
        entries.update((leaf, begun & arrivals.get(leaf, begun)) for leaf in opening.leaves)
        return cls(process, graph, gives, entries)

    def before(self, rule: Rule, leaf: int) -> Names:
        """The fields surely filled in a leaf when the conditions of a rule are looked at: its form is filled in."""
        return self.sure.get(leaf, NONE) | self._form(rule)

    def passage(self, rule: Rule, alternative: Alternative, leaf: int) -> Passage:
        """What taking an alternative into a leaf does."""
        key = alternative.index, leaf
        if key not in self._passages:
            entered = () if alternative.target is None else self._entered(rule, alternative, leaf)
            states = (self.process.states[index].do for index in entered)
            fills = self._form(rule) | chosen(rule, alternative)
            self._passages[key] = Passage(fills, _writing((rule.do, alternative.do, *states)))
        return self._passages[key]

    def onward(self, edge: Edge) -> bool:
        """Whether a case may come by this edge to where it never was: not by `back`, by `last` only to the default."""
        kind = edge.alternative.kind
        return kind == "go" or (kind == "last" and edge.target in self._first(edge.alternative))

    @cached_property
    def losing(self) -> Names:
        """The fields that some `set` may empty."""
        passages = (self.passage(edge.rule, edge.alternative, edge.target) for edge in self.graph.edges)
        stays = (Passage(NONE, _writing((rule.do, one.do))) for rule, one in self.process.moves)
        steps = (Passage(NONE, (do,)) for do in _escalated(self.process))
        return NONE.union(*(one.losing() for many in (passages, stays, steps) for one in many))

    def _form(self, rule: Rule) -> Names:
        return frozenset(rule.ask) | (self.gives(rule) if rule.kind == "child" else NONE)

    def _entered(self, rule: Rule, alternative: Alternative, leaf: int) -> Iterable[int]:
        chart = self.process.chart
        move = chart.moves[alternative.index]
        if move.entry is not None:
            return move.entered
        internal = chart.transitions[alternative.index].internal
        domain = chart.tree.domain(rule.state, 1 << leaf, internal=internal)
        return bits(chart.tree.entry(1 << leaf, domain, {}))

    def _first(self, alternative: Alternative) -> Iterable[int]:
        tree = self.process.chart.tree
        targets = tree.effective(self.process.chart.transitions[alternative.index].targets, {})
        return bits(tree.entry(targets, -1, {}) & tree.leaves)


@frozen(eq=False)
class _Spread:
    """The work itself: known fields go along the edges until nothing is known less anywhere."""

    flow: Flow
    known: dict[int, Names] = field(init=False, factory=dict)
    waiting: dict[int, None] = field(init=False, factory=dict)

    def sure(self) -> Mapping[int, Names]:
        flow = self.flow
        for leaf, names in flow.entries.items():
            self._join(leaf, names)
        staying = self._staying() if flow.losing else {}
        returning = [edge for edge in flow.graph.edges if not flow.onward(edge)] if flow.losing else []
        while self.waiting:
            while self.waiting:
                leaf = next(iter(self.waiting))
                del self.waiting[leaf]
                self._go_on(leaf, staying.get(leaf, ()))
            for edge in returning:
                if edge.source in self.known and edge.target in self.known:
                    brought = flow.passage(edge.rule, edge.alternative, edge.target).after(self._around(edge.source))
                    self._join(edge.target, brought | (self.known[edge.target] - flow.losing))
        return {leaf: self._around(leaf) for leaf in self.known}

    def _go_on(self, leaf: int, staying: Iterable[Passage]) -> None:
        flow = self.flow
        here = self._around(leaf)
        for passage in staying:
            self._join(leaf, passage.after(here))
        for edge in flow.graph.out(leaf):
            if flow.onward(edge):
                before = self._together(edge.rule.state) if edge.rule.kind == "done" else here
                if before is not None:
                    passage = flow.passage(edge.rule, edge.alternative, edge.target)
                    self._join(edge.target, passage.after(before | here))

    def _join(self, leaf: int, names: Names) -> None:
        known = self.known.get(leaf)
        if known is not None:
            names &= known
        if names != known:
            self.known[leaf] = names
            beside = (other for region in self._regions.get(leaf, ()) for other in region if other in self.known)
            self.waiting.update(dict.fromkeys((leaf, *beside)))

    @cached_property
    def _regions(self) -> Mapping[int, tuple[tuple[int, ...], ...]]:
        """For a leaf in a region, the leaves of each region beside it: a case is in one of each, too."""
        tree = self.flow.process.chart.tree
        found: dict[int, list[tuple[int, ...]]] = defaultdict(list)
        for state in self.flow.process.states:
            if state.parallel:
                regions = [tuple(bits((tree.inside[one] | 1 << one) & tree.leaves)) for one in state.children]
                for mine in regions:
                    for leaf in mine:
                        found[leaf] += [other for other in regions if other is not mine]
        return {leaf: tuple(regions) for leaf, regions in found.items()}

    def _around(self, leaf: int) -> Names:
        """What is known in a leaf, and in whatever leaves beside it a case may be in."""
        known = self.known[leaf]
        for region in self._regions.get(leaf, ()):
            known |= self._everywhere(region)
        return known

    def _everywhere(self, leaves: Iterable[int]) -> Names:
        found = [self.known[leaf] for leaf in leaves if leaf in self.known]
        return found[0].intersection(*found[1:]) if found else NONE

    def _together(self, state: int) -> Names | None:
        """What is known when a group is done, of a parallel state in all of its regions; None if one never is."""
        tree = self.flow.process.chart.tree
        if tree.kinds[state] != "parallel":
            ends = [end for end in bits(tree.children[state] & tree.finals) if end in self.known]
            return self._everywhere(ends) if ends else None
        regions = [self._together(region) for region in bits(tree.children[state])]
        found = [region for region in regions if region is not None]
        return NONE.union(*found) if len(found) == len(regions) else None

    def _staying(self) -> Mapping[int, tuple[Passage, ...]]:
        """For each leaf what may happen to fields while a case stays in it, also by neighbours and escalations."""
        flow, tree = self.flow, self.flow.process.chart.tree
        found: dict[int, list[Passage]] = defaultdict(list)
        for rule, alternative in flow.process.moves:
            leaves = flow.graph.leaves(rule.state)
            if alternative.kind == "here":
                for leaf in leaves:
                    found[leaf].append(flow.passage(rule, alternative, leaf))
        for edge in flow.graph.edges:
            passage = flow.passage(edge.rule, edge.alternative, edge.target)
            if passage.losing():
                for region in self._regions.get(edge.target, ()):
                    for leaf in region:
                        found[leaf].append(Passage(NONE, passage.writes))
        for rule, alternative in flow.process.moves:
            writes = _writing((rule.do, alternative.do))
            for leaf in {other for one in flow.graph.leaves(rule.state) for region in self._regions.get(one, ())
                         for other in region}:  # fmt: skip
                found[leaf].append(Passage(NONE, writes))
        steps = _writing(_escalated(flow.process))
        every = [Passage(NONE, (do,)) for do in steps]
        return {leaf: (*found.get(leaf, ()), *every) for leaf in bits(tree.leaves)}


def surely_a_value(value: Expression, known: Names) -> bool:
    """Whether a value of `set` never comes out empty, with these fields filled."""
    return _a_value(value.tree, known)


def _a_value(tree: Tree, known: Names) -> bool:
    match tree:
        case Read():
            return tree.kind == "flag" or tree.name in known
        case Minus():
            return _a_value(tree.of, known)
        case Sum():
            safe = tree.sign != "/" or (isinstance(tree.right, Value) and tree.right.value != 0)
            return safe and _a_value(tree.left, known) and _a_value(tree.right, known)
        case _:
            # Literals, `me`, `now` and what is true or false; there is no literal for nothing.
            return True


def implied(tree: Tree, *, holds: bool) -> Names:
    """The fields that are surely filled when a condition holds, or when it does not."""
    match tree:
        case Not():
            return implied(tree.of, holds=not holds)
        case And() | Or():
            sides = [implied(part, holds=holds) for part in tree.of]
            every = holds == isinstance(tree, And)
            return NONE.union(*sides) if every else sides[0].intersection(*sides[1:])
        case Filled() | Read() if holds:
            return frozenset((tree.name,))
        case Compare() if holds:
            return compared(tree)
        case _:
            return NONE


def compared(tree: Compare) -> Names:
    """The fields a comparison needs to hold a value; an empty flag counts as no, so flags are not among them."""
    return frozenset(_needed(tree.left)) | frozenset(_needed(tree.right))


def _needed(tree: Tree) -> Iterator[str]:
    match tree:
        case Read() if tree.kind != "flag":
            yield tree.name
        case Minus():
            yield from _needed(tree.of)
        case Sum():
            yield from _needed(tree.left)
            yield from _needed(tree.right)


def chosen(rule: Rule, alternative: Alternative) -> Names:
    """The fields that are surely filled when an alternative is taken: its condition holds, those above it do not."""
    found = NONE if alternative.when is None else implied(alternative.when.tree, holds=True)
    return found | passed_over(rule, alternative)


def passed_over(rule: Rule, alternative: Alternative) -> Names:
    """The fields that are surely filled because no alternative above this one was taken."""
    found = NONE
    for upper in rule.alternatives:
        if upper is alternative:
            break
        # What was used up, is for other cases or has nowhere to come back to says nothing about its condition.
        if upper.when is not None and not upper.limited and upper.kind in {"go", "here"}:
            found |= implied(upper.when.tree, holds=False)
    return found


def _writing(several: Iterable[Actions]) -> tuple[Actions, ...]:
    return tuple(do for do in several if do.set)


def _escalated(process: Process) -> Iterator[Actions]:
    for escalation in process.escalations.values():
        yield from (step.do for step in escalation.steps)
