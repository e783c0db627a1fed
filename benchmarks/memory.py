"""One event in memory: a bare step and a whole decision beside the triggers of other libraries, event by event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from statistics import median

from attrs import frozen

from benchmarks.race import Contender, Effort, Spread, race, ratio
from benchmarks.rivals import Flat, Hierarchical, Statemachine
from benchmarks.ticket import Turn, process, turns
from svcflow import Process, decide
from svcflow.core.machine import Configuration
from svcflow.core.statechart import statechart

STEP, DECIDE = "statechart step", "decide"
OURS = (STEP, DECIDE)
YARDSTICK = Hierarchical.name


@frozen
class EventTimes:
    """What one event takes: seconds by contender, and how many times faster than each other library ours are."""

    name: str
    left: str
    entered: str
    seconds: Mapping[str, float]
    faster: Mapping[str, Mapping[str, Spread]]


@frozen
class InMemory:
    """Every event, and over all of them the median of how many times faster ours are than each other library."""

    events: tuple[EventTimes, ...]
    seconds: Mapping[str, float]
    faster: Mapping[str, Mapping[str, float]]


def in_memory(effort: Effort) -> InMemory:
    """Race through the usual way of a ticket."""
    taken = process()
    rivals = (Flat(taken), Hierarchical(taken), Statemachine(taken))
    events = tuple(_event(turn, taken, rivals, effort) for turn in turns())
    names = (*OURS, *(rival.name for rival in rivals))
    return InMemory(
        events,
        {name: median(event.seconds[name] for event in events) for name in names},
        {
            ours: {
                rival.name: median(event.faster[ours][rival.name].middle for event in events) for rival in rivals
            }
            for ours in OURS
        },
    )  # fmt: skip


def _event(turn: Turn, taken: Process, rivals: tuple[Flat, Hierarchical, Statemachine], effort: Effort) -> EventTimes:
    contenders = [Contender(STEP, _step(turn, taken)), Contender(DECIDE, _decide(turn, taken))]
    for rival in rivals:
        rival.fields.clear()
        # Conditions are asked with the form filled in, so the others get the fields as they are after the event.
        rival.fields.update(turn.after.fields)
        act = rival.act(turn.trigger, turn.case)
        act()
        assert rival.state() == turn.after.state, f"{rival.name} went to {rival.state()}, not to {turn.after.state}"
        contenders.append(Contender(rival.name, act))
    times = race(contenders, effort)
    return EventTimes(
        turn.name,
        turn.case.state,
        turn.after.state,
        {name: median(values) for name, values in times.items()},
        {ours: {rival.name: ratio(times[rival.name], times[ours]) for rival in rivals} for ours in OURS},
    )


def _step(turn: Turn, taken: Process) -> Callable[[], object]:
    """The machine alone, without any cache: from numbers to numbers, conditions asked where there are any."""
    at = Configuration(tuple(taken.paths[path] for path in turn.case.states))
    tests = tuple(alternative.when for _, alternative in taken.moves)
    fields = turn.after.fields

    def allows(index: int) -> bool:
        test = tests[index]
        return test is None or test.holds(fields)

    return partial(statechart.step, taken.chart, at, turn.trigger, allows)


def _decide(turn: Turn, taken: Process) -> Callable[[], object]:
    """Everything: overdue timers, permission, form, move, fields, clocks and timers, effects, journal."""
    return partial(decide, taken, turn.case, turn.input, turn.now)
