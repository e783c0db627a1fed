"""The machine `transitions` against `statechart` and the standard's pseudo code, over charts that Hypothesis draws."""

from __future__ import annotations

from hypothesis import given

from core.chart_draws import Parts, Walk, charts, walks
from core.scxml_pseudocode import Interpreter
from svcflow.core.machine import Chart
from svcflow.core.statechart import statechart
from svcflow.machines.transitions import Transitions


@given(charts(parallel=False), walks())
def test_every_microstep_is_the_one_of_statechart_and_of_the_pseudo_code(parts: Parts, walk: Walk) -> None:
    states, transitions, initial = parts
    machine, chart, slow = Transitions(), Chart.build(*parts), Interpreter(states, transitions, initial)
    slow.start()
    step = machine.start(chart)
    assert step == statechart.start(chart) == slow.answer([])
    at = step.after
    for event, denied in walk:

        def allows(number: int, denied: frozenset[int] = denied) -> bool:
            return number not in denied

        got = machine.step(chart, at, event, allows)
        assert got == statechart.step(chart, at, event, allows) == slow.step(event, allows)
        at = at if got is None else got.after
