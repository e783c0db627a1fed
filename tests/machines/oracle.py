"""The standard's pseudo code as a machine: slow, independent, and easily broken in one place."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from core.chart_draws import Parts, Walk
from core.scxml_pseudocode import Interpreter
from svcflow.core.machine import Chart, Configuration, Machine, Step
from svcflow.core.statechart import statechart


@frozen
class Oracle:
    """Puts an interpreter where a chart stands, and lets it make one step."""

    interpreter: type[Interpreter] = Interpreter
    name: str = "oracle"

    def start(self, chart: Chart) -> Step:
        slow = self._of(chart)
        slow.start()
        return slow.answer([])

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Callable[[int], bool]) -> Step | None:
        slow = self._of(chart)
        slow.configuration = {slow.all[number] for leaf in at.leaves for number in chart.tree.paths[leaf]}
        slow.history = {slow.all[number]: [slow.all[kept] for kept in numbers] for number, numbers in at.memory}
        slow.running = not any(node.kind == "final" and node.parent is slow.root for node in slow.configuration)
        return slow.step(event, allows)

    def _of(self, chart: Chart) -> Interpreter:
        return self.interpreter(list(chart.states), list(chart.transitions), chart.initial)


def check_walk(machine: Machine, parts: Parts, walk: Walk) -> None:
    """Walk through a chart: every microstep is the one of `statechart` and of the pseudo code."""
    chart, slow = Chart.build(*parts), Interpreter(*parts)
    step = machine.start(chart)
    slow.start()
    assert step == statechart.start(chart) == slow.answer([])
    at = step.after
    for event, denied in walk:

        def allows(number: int, denied: frozenset[int] = denied) -> bool:
            return number not in denied

        got = machine.step(chart, at, event, allows)
        assert got == statechart.step(chart, at, event, allows) == slow.step(event, allows)
        at = at if got is None else got.after
