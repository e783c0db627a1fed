"""The standard's pseudo code as a machine: slow, independent, and easily broken in one place."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from core.scxml_pseudocode import Interpreter
from svcflow.core.machine import Chart, Configuration, Step


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
