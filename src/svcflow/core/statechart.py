"""
The default machine: the selection and microstep algorithm of W3C SCXML (appendix D), on masks instead of sets.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from svcflow.core.chart import Chart, Configuration, Offer, entry_events
from svcflow.core.chart_tree import ROOT, Memory, bits
from svcflow.core.machine import Step
from svcflow.core.quick import quick

_step, _configuration = quick(Step), quick(Configuration)


@frozen
class Statechart:
    """Nested, parallel, history, internal, eventless, targetless, multi-target and final: all of a chart."""

    name: str = "statechart"

    def start(self, chart: Chart) -> Step:
        """Enter the initial states, outer first."""
        opening = chart.opening
        entry = opening.entry
        if entry is None:
            entry = chart.tree.entry(chart.tree.effective(chart.tree.initial[ROOT], {}), ROOT, {})
        entered = tuple(bits(entry))
        leaves = tuple(bits(entry & chart.tree.leaves))
        return Step((), (), entered, Configuration(leaves), tuple(entry_events(chart.states, chart.tree, 0, entered)))

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Callable[[int], bool]) -> Step | None:
        """Take what `event` enables, one microstep; None if nothing reacts."""
        offer = chart.offers.get(event)
        if offer is None:
            offer = chart.offered(event)
        leaves = at.leaves
        if len(leaves) > 1:
            return _step_regions(chart, at, offer, allows)
        leaf = leaves[0]
        for transition in offer.get(leaf, ()):
            if allows(transition):
                return _step_alone(chart, at, leaf, transition)
        return None


statechart = Statechart()
"""The one to use; it has nothing to configure."""


def _step_alone(chart: Chart, at: Configuration, leaf: int, transition: int) -> Step:
    """Take the only selected transition of a configuration with one leaf: its active states are the leaf's path."""
    move = chart.moves[transition]
    if move.stays:
        return _step((transition,), (), (), at, move.raises)
    line = chart.tree.lines[leaf]
    raised = move.raised
    if raised is None or line & chart.watched:
        return _microstep(chart, at, line, [_taken(chart, at, line, transition)])
    path = chart.tree.paths[leaf]
    exited = path[: len(path) - move.depth]
    after = _configuration(move.leaves, at.memory) if at.memory else move.after
    return _step((transition,), exited, move.entered, after, raised)


def _step_regions(chart: Chart, at: Configuration, offer: Offer, allows: Callable[[int], bool]) -> Step | None:
    """Let each leaf select, resolve conflicts, and take the rest together."""
    selected = _selected(at.leaves, offer, allows)
    if not selected:
        return None
    lines, active = chart.tree.lines, 0
    for leaf in at.leaves:
        active |= lines[leaf]
    if len(selected) == 1:
        return _step_among(chart, at, active, selected[0])
    taken = [_taken(chart, at, active, transition) for transition in selected]
    return _microstep(chart, at, active, _without_conflicts(chart, taken))


def _step_among(chart: Chart, at: Configuration, active: int, transition: int) -> Step:
    """Take the only selected transition of a configuration with several leaves: some of them may stay."""
    move = chart.moves[transition]
    if move.stays:
        return _step((transition,), (), (), at, move.raises)
    raised = move.raised
    exits = 0 if move.domain is None else active & chart.tree.inside[move.domain]
    if raised is None or move.joins or exits & chart.watched:
        return _microstep(chart, at, active, [_taken(chart, at, active, transition)])
    leaves = sorted([*[leaf for leaf in at.leaves if not exits >> leaf & 1], *move.leaves])
    after = _configuration(tuple(leaves), at.memory)
    return _step((transition,), tuple(bits(exits)[::-1]), move.entered, after, raised)


def _selected(leaves: tuple[int, ...], offer: Offer, allows: Callable[[int], bool]) -> list[int]:
    """The first allowed transition of each leaf, each once (`selectTransitions`); `allows` is asked once about each."""
    answers: dict[int, bool] = {}
    selected: list[int] = []
    for leaf in leaves:
        for transition in offer.get(leaf, ()):
            answer = answers.get(transition)
            if answer is None:
                answer = answers[transition] = bool(allows(transition))
                if answer:
                    selected.append(transition)
            if answer:
                break
    return selected


@frozen
class Taken:
    """A selected transition, the state whose inside it leaves (None: it leaves nothing) and the mask of its exits."""

    transition: int
    domain: int | None
    exits: int


def _taken(chart: Chart, at: Configuration, active: int, transition: int) -> Taken:
    move, tree = chart.moves[transition], chart.tree
    domain = move.domain
    if domain is None and not move.stays:
        arrow = chart.transitions[transition]
        targets = tree.effective(arrow.targets, dict(at.memory))
        domain = tree.domain(arrow.source, targets, internal=arrow.internal)
    return Taken(transition, domain, 0 if domain is None else active & tree.inside[domain])


def _without_conflicts(chart: Chart, selected: list[Taken]) -> list[Taken]:
    """
    Of transitions that would leave the same state keep one (`removeConflictingTransitions`).

    The first leaf's wins, except that a transition from inside another's source preempts that other one.
    """
    kept: list[Taken] = []
    for one in selected:
        rivals = [other for other in kept if one.exits & other.exits]
        inside = chart.tree.inside
        source = chart.transitions[one.transition].source
        if source == ROOT and rivals:
            continue
        if all(inside[chart.transitions[other.transition].source] >> source & 1 for other in rivals):
            kept = [other for other in kept if other not in rivals]
            kept.append(one)
    return kept


def _microstep(chart: Chart, at: Configuration, active: int, taken: list[Taken]) -> Step:
    """Exit, run the transitions' content, enter; `active` is the mask of `at` and all its outer states."""
    tree, moves = chart.tree, chart.moves
    leaving = [one for one in taken if not moves[one.transition].stays]
    exits = 0
    for one in leaving:
        exits |= one.exits
    exited = tuple(bits(exits)[::-1])
    memory = at.memory
    raised: list[str] = []
    if exits & chart.watched:
        memory = tree.remember(memory, active, exits)
        for state in exited:
            raised += chart.states[state].exit_raises
    for one in taken:
        raised += moves[one.transition].raises
    entry = 0
    for one in leaving:
        entry |= _entry(chart, one, memory)
    entered = tuple(bits(entry))
    kept = active & ~exits
    raised += entry_events(chart.states, tree, kept, entered)
    after = _configuration(tuple(bits((kept | entry) & tree.leaves)), memory)
    return _step(tuple(one.transition for one in taken), exited, entered, after, tuple(raised))


def _entry(chart: Chart, one: Taken, memory: Memory) -> int:
    """The mask of states that one transition enters, once exits have been remembered."""
    known = chart.moves[one.transition].entry
    if known is not None or one.domain is None:
        return known or 0
    remembered = dict(memory)
    targets = chart.tree.effective(chart.transitions[one.transition].targets, remembered)
    return chart.tree.entry(targets, one.domain, remembered)
