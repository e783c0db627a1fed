"""Charts with everything that a chart can hold: `charts()`, for whoever writes a state machine."""

from __future__ import annotations

from typing import Final, TypeAlias

import attrs
from hypothesis import strategies as st

from svcflow.core.machine import ROOT, Chart, ChartState, ChartTransition
from svcflow.testing.random_charts import DEEP, MANY

Parts: TypeAlias = tuple[list[ChartState], list[ChartTransition], tuple[int, ...]]
"""States, transitions and initial states, as `Chart.build` takes them."""

EVENTS: Final = ("a", "b", "a.b", "a.b.c", "c")
"""What is worth sending to a drawn chart."""
DESCRIPTORS: Final = ("a", "a", "b", "a.b", "a.*", "*", "done.state")
"""What transitions listen to."""


def charts(*, parallel: bool = True) -> st.SearchStrategy[Chart]:
    """Draw charts: nested, with histories and finals, and without `parallel` no regions; events are in `EVENTS`."""
    return parts(parallel=parallel).map(lambda drawn: Chart.build(*drawn))


def _outer_of(states: list[ChartState], number: int) -> list[int]:
    found: list[int] = []
    parent = states[number].parent
    while parent is not None:
        found.append(parent)
        parent = states[parent].parent
    return found


def _go_together(states: list[ChartState], one: int, other: int) -> bool:
    """Whether both can be targets of one transition: in different regions of a parallel state."""
    first, second = (
        (_outer_of(states, number) if states[number].kind == "history" else [number, *_outer_of(states, number)])
        for number in (one, other)
    )
    if not first or not second or first[0] in second or second[0] in first:
        return False
    common = next((number for number in first if number in second), None)
    return common is not None and states[common].kind == "parallel"


@st.composite
def _target_sets(draw: st.DrawFn, states: list[ChartState], among: list[int], most: int = 3) -> tuple[int, ...]:
    chosen: list[int] = []
    remembering = [number for number in among if states[number].kind == "history"]
    for number in draw(st.lists(st.sampled_from(among + 2 * remembering), min_size=1, max_size=most)):
        if all(_go_together(states, number, other) for other in chosen):
            chosen.append(number)
    return tuple(chosen)


@st.composite
def _trees(draw: st.DrawFn, *, parallel: bool = True) -> list[ChartState]:
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
        small = depth > DEEP or len(states) > MANY
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
def _with_defaults(draw: st.DrawFn, states: list[ChartState]) -> list[ChartState]:
    """Give some states explicit defaults: histories anywhere in their parent, compound states also to a history."""
    done: list[ChartState] = []
    explicit: set[int] = set()
    inside = {
        number: [inner for inner in range(len(states)) if number in _outer_of(states, inner)]
        for number in range(len(states))
    }
    for number, state in enumerate(states):
        if state.kind == "history" and state.parent is not None and draw(st.integers(0, 3)):
            explicit.add(number)
            around = [inner for inner in inside[state.parent] if states[inner].kind != "history"]
            done.append(attrs.evolve(state, default=draw(_target_sets(states, around))))
        else:
            done.append(state)
    for number, state in enumerate(states):
        usable = [inner for inner in inside[number] if states[inner].kind != "history" or inner in explicit]
        if state.kind == "compound" and draw(st.booleans()):
            done[number] = attrs.evolve(state, initial=draw(_target_sets(states, usable)))
    return done


@st.composite
def parts(draw: st.DrawFn, *, parallel: bool = True) -> Parts:
    """The same before it is built, to be changed or built otherwise."""
    states = draw(_trees(parallel=parallel).flatmap(_with_defaults))
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
                () if stays else draw(_target_sets(states, everything)),
                internal=draw(st.booleans()),
                raises=draw(st.sampled_from(((), (), ("b",), ("c", "a.b")))),
                back=back,
            )
        )
    initial = () if draw(st.booleans()) else draw(_target_sets(states, everything))
    return states, transitions, initial
