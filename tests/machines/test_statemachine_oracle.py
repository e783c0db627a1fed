"""The machine `statemachine` against `statechart` and the standard's pseudo code, over charts drawn and shipped."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.chart_draws import Parts, Walk, charts, walks
from core.scxml_pseudocode import Interpreter
from svcflow import catalog
from svcflow.catalog import NAMES
from svcflow.core.machine import Chart
from svcflow.core.statechart import statechart
from svcflow.errors import UnsupportedChart

pytest.importorskip("statemachine", reason="python-statemachine is an optional extra")

from svcflow.machines.statemachine import Statemachine

MACHINE = Statemachine()


@given(charts(), walks())
def test_every_microstep_is_the_one_of_statechart_and_of_the_pseudo_code(parts: Parts, walk: Walk) -> None:
    chart, slow = Chart.build(*parts), Interpreter(*parts)
    try:
        step = MACHINE.start(chart)
    except UnsupportedChart:
        assume(False)  # noqa: FBT003  (its only way)
    slow.start()
    assert step == statechart.start(chart) == slow.answer([])
    at = step.after
    for event, denied in walk:

        def allows(number: int, denied: frozenset[int] = denied) -> bool:
            return number not in denied

        got = MACHINE.step(chart, at, event, allows)
        assert got == statechart.step(chart, at, event, allows) == slow.step(event, allows)
        at = at if got is None else got.after


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_every_step_of_a_shipped_process_is_the_one_of_statechart(name: str, data: st.DataObject) -> None:
    chart = getattr(catalog, name).chart
    assert MACHINE.start(chart) == statechart.start(chart)
    at = statechart.start(chart).after
    events = st.sampled_from([None, *sorted(event for event in chart.offers if event is not None)])
    for event in data.draw(st.lists(events, max_size=30)):
        denied = data.draw(st.frozensets(st.integers(0, len(chart.transitions) - 1), max_size=3))

        def allows(number: int, denied: frozenset[int] = denied) -> bool:
            return number not in denied

        got = MACHINE.step(chart, at, event, allows)
        assert got == statechart.step(chart, at, event, allows)
        at = at if got is None else got.after
