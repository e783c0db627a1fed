"""
One step of a state machine: svcflow's, remembered and not, beside a bare loop and other libraries, on three shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from statistics import median
from typing import Any

from attrs import frozen

from benchmarks.race import Contender, Effort, Racer, Spread, race, ratio
from benchmarks.shapes import SHAPES, Shape
from benchmarks.step_rivals import Flat, Hierarchical, Rival, Sismic, Statemachine, XstatePython, XstatePythonPure, yes
from benchmarks.xstate import NAME as XSTATE
from benchmarks.xstate import Missing, Node, Xstate, node
from svcflow.core.machine import Chart, Configuration, Machine, Step
from svcflow.core.quick import quick
from svcflow.core.statechart import statechart
from svcflow.machines.stepcache import stepcache

LOOP, WARM, COLD, UNCACHED = "bare loop", "warm", "cold", "uncached"
FLAT, HIERARCHICAL, STATEMACHINE = "transitions, flat", "transitions, hierarchical", "python-statemachine"
SISMIC, XSTATE_PYTHON, XSTATE_PYTHON_PURE = "sismic", "xstate-statemachine", "xstate-statemachine, pure"

RIVALS: Mapping[str, tuple[str, Callable[[Shape], Rival]]] = {
    FLAT: ("transitions", Flat),
    HIERARCHICAL: ("transitions", Hierarchical),
    STATEMACHINE: ("statemachine", Statemachine),
    SISMIC: ("sismic", Sismic),
    XSTATE_PYTHON: ("xstate_statemachine", XstatePython),
    XSTATE_PYTHON_PURE: ("xstate_statemachine", XstatePythonPure),
}
"""By name: the package that must be there, and one shape in it."""


@frozen
class ShapeTimes:
    """
    One shape: seconds per event by contender, and how many times faster the warm and the uncached step are.

    `loop` is how many times the bare loop's time a warm step takes.
    """

    name: str
    seconds: Mapping[str, float]
    faster: Mapping[str, Mapping[str, Spread]]
    loop: Spread


@frozen
class Steps:
    """Every shape, and who could not take part, with the reason."""

    shapes: tuple[ShapeTimes, ...]
    missing: Mapping[str, str]
    xstate: str | None

    def names(self) -> tuple[str, ...]:
        """Everybody who took part in some shape."""
        return tuple(dict.fromkeys(name for shape in self.shapes for name in shape.seconds))


def steps(effort: Effort) -> Steps:
    """Race round each shape."""
    missing = {
        name: f"{package} is not installed (see benchmarks/requirements.txt)"
        for name, (package, _) in RIVALS.items()
        if not find_spec(package)
    }
    with ExitStack() as stack:
        beside: Node | None = None
        try:
            beside = stack.enter_context(node())
        except Missing as reason:
            missing[XSTATE] = str(reason)
        times = tuple(_shape(shape, frozenset(missing), beside, effort) for shape in SHAPES)
        return Steps(times, missing, None if beside is None else beside.version)


def _shape(shape: Shape, missing: frozenset[str], beside: Node | None, effort: Effort) -> ShapeTimes:
    rivals: list[Racer] = list(_rivals(shape, missing))
    if beside is not None:
        xstate = Xstate(beside, shape)
        xstate.prepare(effort.warmup)
        rivals.append(xstate)
    times = race((*_ours(shape), *rivals), effort)
    return ShapeTimes(
        shape.name,
        {name: median(values) for name, values in times.items()},
        {ours: {one.name: ratio(times[one.name], times[ours]) for one in rivals} for ours in (WARM, UNCACHED)},
        ratio(times[WARM], times[LOOP]),
    )


def _rivals(shape: Shape, missing: frozenset[str]) -> Iterator[Contender]:
    for name, (_, make) in RIVALS.items():
        if name in missing or (name == FLAT and shape.parallel):
            continue
        rival = make(shape)
        for act, (event, leaves) in zip(rival.acts, shape.trip, strict=True):
            act()
            assert rival.leaves() == leaves, f"{name}: {event} went to {sorted(rival.leaves())}"
        yield Contender(name, _round(rival.acts), len(rival.acts))


def _round(acts: Sequence[Callable[[], object]]) -> Callable[[], None]:
    def trip() -> None:
        for act in acts:
            act()

    return trip


def _ours(shape: Shape) -> Iterator[Contender]:
    """The bare loop, and the same round trip by svcflow: remembered, remembered by nobody yet, and never remembered."""
    chart, events = shape.chart(), tuple(event for event, _ in shape.trip)
    first, warm = statechart.start(chart).after, stepcache()
    guards = tuple(yes if way.guarded else None for _, way in shape.ways())

    def allows(number: int) -> bool:
        guard = guards[number]
        return guard is None or guard()

    def trip(machine: Machine) -> None:
        at = away = first
        for event in events:
            step = machine.step(chart, at, event, allows)
            assert step is not None
            at, away = (step.after if step.entered else away), at  # A way back enters nothing; where to, is known here.

    yield Contender(LOOP, _loop(shape, chart, guards), len(events))
    yield Contender(WARM, partial(trip, warm), len(events))
    yield Contender(COLD, lambda: trip(stepcache()), len(events))
    yield Contender(UNCACHED, partial(trip, statechart), len(events))


def _loop(shape: Shape, chart: Chart, guards: Sequence[Callable[[], bool] | None]) -> Callable[[], None]:
    """The least there is to do in Python: look up, ask the condition, make the same result anew."""
    make = quick(Step)  # As the machine makes it.
    first = at = away = statechart.start(chart).after
    table: dict[tuple[tuple[int, ...], str], tuple[Callable[[], bool] | None, tuple[Any, ...], Configuration]] = {}
    for event, leaves in shape.trip:
        step = statechart.step(chart, at, event, yes)
        assert step is not None
        after = step.after if step.entered else away
        assert {chart.states[leaf].id for leaf in after.leaves} == leaves, f"svcflow: {event} went to {after}"
        guard = next((guards[number] for number in step.taken if guards[number]), None)
        table[at.leaves, event] = guard, (step.taken, step.exited, step.entered, step.after, step.raised), after
        at, away = after, at

    def trip() -> None:
        at = first
        for event, _ in shape.trip:
            guard, row, after = table[at.leaves, event]
            if guard is None or guard():
                make(*row)
                at = after

    return trip
