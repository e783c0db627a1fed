"""
What a chart must fulfil before anything is computed from it; the first contradiction found is named with its state.

The rules are the structural ones of W3C SCXML 3.2 to 3.10 and the legal state specifications of 3.13. They hold
before the tables exist, so they look at the plain sequences only.
"""

from __future__ import annotations

from collections.abc import Sequence

from svcflow.core.chart_tree import ROOT, ChartState, ChartTransition
from svcflow.errors import ChartError

DEEPEST = 100
"""How many levels states may nest: enough for any person to read, and a bound for whoever walks the tree."""

CHART = "(chart)"
"""Stands for the root, which has no id, where an error has to name a state."""

HOLDERS = ("compound", "parallel")
KINDS = ("atomic", "compound", "parallel", "final", "history")


def check_states(states: Sequence[ChartState], initial: tuple[int, ...]) -> None:
    """
    Check ids, nesting, document order, kinds and defaults.

    Raises:
        ChartError: If a rule is broken; it names the state.
    """
    if not states:
        raise ChartError(CHART, "there are no states")
    paths: list[tuple[int, ...]] = []
    ids: set[str] = set()
    for number, state in enumerate(states):
        _check_place(states, number, paths)
        _check_kind(state)
        if not state.id or state.id in ids:
            raise ChartError(state.id, "every state needs an id of its own")
        ids.add(state.id)
    parents = {state.parent for state in states if state.kind != "history"}
    for number, state in enumerate(states):
        if state.kind in HOLDERS and number not in parents:
            raise ChartError(state.id, f"a {state.kind} state needs an inner state")
        _check_targets(states, paths, state.id, state.initial, number)
        _check_targets(states, paths, state.id, state.default, ROOT if state.parent is None else state.parent)
    if None not in parents:
        raise ChartError(CHART, "there is no state to start in")
    _check_targets(states, paths, CHART, initial, ROOT)


def check_transitions(
    states: Sequence[ChartState], transitions: Sequence[ChartTransition], paths: Sequence[tuple[int, ...]]
) -> None:
    """
    Check sources, events and targets.

    Raises:
        ChartError: If a rule is broken; it names the state that the transition belongs to.
    """
    for arrow in transitions:
        if arrow.source != ROOT and not 0 <= arrow.source < len(states):
            raise ChartError(CHART, f"a transition belongs to state number {arrow.source}, which does not exist")
        name = CHART if arrow.source == ROOT else states[arrow.source].id
        if arrow.source != ROOT and states[arrow.source].kind in ("final", "history"):
            raise ChartError(name, f"a {states[arrow.source].kind} state has no transitions")
        if arrow.back and arrow.targets:
            raise ChartError(name, "a transition that goes back has no targets of its own")
        if "" in arrow.events:
            raise ChartError(name, "an event needs a name")
        _check_targets(states, paths, name, arrow.targets, ROOT)


def _check_place(states: Sequence[ChartState], number: int, paths: list[tuple[int, ...]]) -> None:
    """
    Check that the parent stands before its inner states with nothing of elsewhere between; extends `paths`.

    A history is never entered, so it has no place in the order: it may also stand behind all states.
    """
    state = states[number]
    if state.parent is None:
        paths.append((number,))
        return
    known = range(number) if state.kind == "history" else paths[-1] if paths else ()
    if state.parent not in known:
        raise ChartError(state.id, "states must stand in document order, each right after the states around it")
    parent = states[state.parent]
    if parent.kind not in HOLDERS:
        raise ChartError(parent.id, f"{_article(parent)} state has no inner states")
    if parent.kind == "parallel" and state.kind == "final":
        raise ChartError(state.id, "a final state cannot be a region of a parallel state")
    paths.append((number, *paths[state.parent]))
    if len(paths[number]) > DEEPEST:
        raise ChartError(state.id, f"states nest more than {DEEPEST} levels deep")


def _check_kind(state: ChartState) -> None:
    if state.kind not in KINDS:
        raise ChartError(state.id, f"{state.kind!r} is none of {', '.join(KINDS)}")
    if state.initial and state.kind != "compound":
        raise ChartError(state.id, f"{_article(state)} state has no initial states")
    if state.kind == "history":
        if state.entry_raises or state.exit_raises:
            raise ChartError(state.id, "a history state is never entered or left, so it raises nothing")
    elif state.default or state.deep:
        raise ChartError(state.id, f"{_article(state)} state has no history")


def _article(state: ChartState) -> str:
    return f"an {state.kind}" if state.kind == "atomic" else f"a {state.kind}"


def _check_targets(
    states: Sequence[ChartState], paths: Sequence[tuple[int, ...]], name: str, targets: tuple[int, ...], around: int
) -> None:
    """Check that targets exist inside `around` and can be active together."""
    for target in targets:
        if not 0 <= target < len(states):
            raise ChartError(name, f"a target is state number {target}, which does not exist")
        if around != ROOT and around not in paths[target][1:]:
            raise ChartError(name, f"{states[target].id!r} is not inside {states[around].id!r}")
    for place, one in enumerate(targets):
        for other in targets[place + 1 :]:
            if one != other and not _together(states, paths, one, other):
                raise ChartError(name, f"{states[one].id!r} and {states[other].id!r} cannot be entered together")


def _together(states: Sequence[ChartState], paths: Sequence[tuple[int, ...]], one: int, other: int) -> bool:
    """Whether two targets lie in different regions of one parallel state; a history counts as its parent."""
    first, second = (paths[state][1:] if states[state].kind == "history" else paths[state] for state in (one, other))
    shared = [state for state in first if state in second]
    if not shared or shared[0] in (*first[:1], *second[:1]):
        return False
    return states[shared[0]].kind == "parallel"
