"""
Charts that Hypothesis draws, with everything that a chart can hold, and walks through them.
"""

from __future__ import annotations

from typing import TypeAlias

import attrs
from hypothesis import strategies as st

from svcflow.core.machine import ROOT, ChartState, ChartTransition

Parts: TypeAlias = tuple[list[ChartState], list[ChartTransition], tuple[int, ...]]
"""States, transitions and initial states, as `Chart.build` takes them."""

Walk: TypeAlias = list[tuple[str | None, frozenset[int]]]
"""Events (None: eventless), each with the transitions that are denied."""

EVENTS = ("a", "b", "a.b", "a.b.c", "c")
DESCRIPTORS = ("a", "a", "b", "a.b", "a.*", "*", "done.state")


def outer_of(states: list[ChartState], number: int) -> list[int]:
    found: list[int] = []
    parent = states[number].parent
    while parent is not None:
        found.append(parent)
        parent = states[parent].parent
    return found


def go_together(states: list[ChartState], one: int, other: int) -> bool:
    """Whether both can be targets of one transition: in different regions of a parallel state."""
    first, second = (
        (outer_of(states, number) if states[number].kind == "history" else [number, *outer_of(states, number)])
        for number in (one, other)
    )
    if not first or not second or first[0] in second or second[0] in first:
        return False
    common = next((number for number in first if number in second), None)
    return common is not None and states[common].kind == "parallel"


@st.composite
def target_sets(draw: st.DrawFn, states: list[ChartState], among: list[int], most: int = 3) -> tuple[int, ...]:
    chosen: list[int] = []
    remembering = [number for number in among if states[number].kind == "history"]
    for number in draw(st.lists(st.sampled_from(among + 2 * remembering), min_size=1, max_size=most)):
        if all(go_together(states, number, other) for other in chosen):
            chosen.append(number)
    return tuple(chosen)


@st.composite
def trees(draw: st.DrawFn, *, parallel: bool = True) -> list[ChartState]:
    holders = ["compound", "compound", *(["parallel"] if parallel else [])]
    states: list[ChartState] = []
    raises = st.sampled_from(((), (), (), ("a",), ("b", "c")))

    def grow(parent: int | None, kind: str, depth: int) -> None:
        number = len(states)
        silent = kind == "history"
        states.append(
            ChartState(
                f"s{number}",
                parent,
                kind,  # type: ignore[arg-type]  # drawn from the kinds
                deep=silent and draw(st.booleans()),
                entry_raises=() if silent else draw(raises),
                exit_raises=() if silent else draw(raises),
            )
        )
        if kind not in {"compound", "parallel"}:
            return
        small = depth > 2 or len(states) > 12
        kinds = ["atomic"] if small else ["atomic", *holders]
        first = draw(st.integers(0, 5))
        inner = draw(st.integers(1, 2 if small else 3))
        for place in range(inner):
            if first == place:
                grow(number, "history", depth + 1)
            ends = ["final"] if kind == "compound" else ["compound"]
            grow(
                number, draw(st.sampled_from(kinds + ends)) if not small or kind == "compound" else "atomic", depth + 1
            )

    for _ in range(draw(st.integers(2, 3))):
        grow(None, draw(st.sampled_from((*holders, holders[-1], "atomic"))), 0)
    if draw(st.integers(0, 2)) == 0:
        grow(None, "final", 0)
    return states


@st.composite
def with_defaults(draw: st.DrawFn, states: list[ChartState]) -> list[ChartState]:
    """Give some states explicit defaults: histories anywhere in their parent, compound states also to a history."""
    done: list[ChartState] = []
    explicit: set[int] = set()
    inside = {
        number: [inner for inner in range(len(states)) if number in outer_of(states, inner)]
        for number in range(len(states))
    }
    for number, state in enumerate(states):
        if state.kind == "history" and draw(st.integers(0, 3)):
            assert state.parent is not None
            explicit.add(number)
            around = [inner for inner in inside[state.parent] if states[inner].kind != "history"]
            done.append(attrs.evolve(state, default=draw(target_sets(states, around))))
        else:
            done.append(state)
    for number, state in enumerate(states):
        usable = [inner for inner in inside[number] if states[inner].kind != "history" or inner in explicit]
        if state.kind == "compound" and draw(st.booleans()):
            done[number] = attrs.evolve(state, initial=draw(target_sets(states, usable)))
    return done


@st.composite
def charts(draw: st.DrawFn, *, parallel: bool = True) -> Parts:
    states = draw(trees(parallel=parallel).flatmap(with_defaults))
    everything = list(range(len(states)))
    sources = [ROOT, *(number for number in everything if states[number].kind not in {"final", "history"})]
    transitions = []
    for _ in range(draw(st.integers(4, 20))):
        back = draw(st.integers(0, 11)) == 0
        stays = back or draw(st.integers(0, 7)) == 0
        done = tuple(f"done.state.{state.id}" for state in states if state.kind in {"compound", "parallel"})
        transitions.append(
            ChartTransition(
                draw(st.sampled_from(sources)),
                draw(st.lists(st.sampled_from(DESCRIPTORS + done), max_size=2).map(tuple)),
                () if stays else draw(target_sets(states, everything)),
                internal=draw(st.booleans()),
                raises=draw(st.sampled_from(((), (), ("b",), ("c", "a.b")))),
                back=back,
            )
        )
    initial = () if draw(st.booleans()) else draw(target_sets(states, everything))
    return states, transitions, initial


def walks() -> st.SearchStrategy[Walk]:
    event = st.sampled_from((None, None, *EVENTS, *EVENTS, "done.state.s0", "done.state.s1", "nothing"))
    denied = st.just(frozenset[int]()) | st.frozensets(st.integers(0, 19), max_size=8)
    return st.lists(st.tuples(event, denied), min_size=8, max_size=30)
