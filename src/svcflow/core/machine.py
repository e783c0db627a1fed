"""
The socket for state machines: one question, "which microstep now?", answered purely, so that machines are exchangeable.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from attrs import frozen

from svcflow.core.chart import Chart, Configuration
from svcflow.core.chart_tree import ROOT, ChartState, ChartTransition
from svcflow.errors import MicrostepLimit

__all__ = [
    "MICROSTEPS",
    "ROOT",
    "Chart",
    "ChartState",
    "ChartTransition",
    "Configuration",
    "Machine",
    "Step",
    "launch",
    "run",
]

MICROSTEPS = 1000
"""How many microsteps one event may set off before it counts as going round for ever."""


@frozen
class Step:
    """
    One microstep.

    `taken` are transitions in the order of the leaves that selected them; `exited` is in exit order (reverse document
    order), `entered` in entry order (document order). `raised` are internal events in the order they join the queue:
    what exits raise, what transitions raise, then for each state entered what its entry raises and, for a final, its
    `done.state.ID`. A transition with `back` stands in `taken` and nowhere else.
    """

    taken: tuple[int, ...]
    exited: tuple[int, ...]
    entered: tuple[int, ...]
    after: Configuration
    raised: tuple[str, ...] = ()


class Machine(Protocol):
    """
    Something that steps charts: a pure function of its arguments under a name.

    The same arguments give the same answer, whatever was asked before and from whichever thread. `allows` is asked
    about transitions that could be taken only, and is itself to give one answer per transition within a step; what it
    raises passes through untouched. `svcflow.testing.machines.contract` tells whether a machine keeps to this.
    """

    @property
    def name(self) -> str:
        """The name under which a host chooses this machine."""
        ...

    def start(self, chart: Chart) -> Step:
        """
        Enter the initial states.

        Raises:
            UnsupportedChart: If this machine cannot run the chart; asked here, once, before any case exists.
        """
        ...

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Callable[[int], bool]) -> Step | None:
        """
        Take the transitions that `event` enables at `at`, or for None the eventless ones; None if there are none.

        Nothing happens at a top-level final state: the chart has ended.
        """
        ...


def launch(
    machine: Machine, chart: Chart, allows: Callable[[int], bool], *, limit: int = MICROSTEPS
) -> tuple[Configuration, tuple[Step, ...]]:
    """
    Start a chart and run it until it rests.

    Raises:
        UnsupportedChart: If the machine cannot run this chart.
        MicrostepLimit: If it is not at rest after `limit` microsteps.
    """
    step = machine.start(chart)
    return _settle(machine, chart, step.after, [step], allows, limit)


def run(
    machine: Machine,
    chart: Chart,
    at: Configuration,
    event: str | None,
    allows: Callable[[int], bool],
    *,
    limit: int = MICROSTEPS,
) -> tuple[Configuration, tuple[Step, ...]]:
    """
    Run one event to completion: its own microstep, then eventless transitions before queued internal events.

    This is the macrostep of W3C SCXML (`mainEventLoop`) for a chart without data: `allows` does not learn what
    happened in between, and transitions with `back` go nowhere. An event that nothing reacts to at rest gives no steps.

    Raises:
        MicrostepLimit: If it is not at rest after `limit` microsteps.
    """
    step = machine.step(chart, at, event, allows)
    return _settle(machine, chart, at, [] if step is None else [step], allows, limit)


def _settle(
    machine: Machine, chart: Chart, at: Configuration, steps: list[Step], allows: Callable[[int], bool], limit: int
) -> tuple[Configuration, tuple[Step, ...]]:
    queue = deque(event for step in steps for event in step.raised)
    while True:
        here = steps[-1].after if steps else at
        step = machine.step(chart, here, None, allows)
        while step is None and queue:
            step = machine.step(chart, here, queue.popleft(), allows)
        if step is None:
            return here, tuple(steps)
        if len(steps) >= limit:
            raise MicrostepLimit(limit, _circle(chart, steps))
        steps.append(step)
        queue.extend(step.raised)


def _circle(chart: Chart, steps: Sequence[Step]) -> list[str]:
    """The ids of the leaves in the later half of the steps: past the way in, all of the round."""
    leaves = {leaf for step in steps[len(steps) // 2 :] for leaf in step.after.leaves}
    return [chart.states[leaf].id for leaf in sorted(leaves)]
