"""The statechart machine against the standard's pseudo code, over charts that Hypothesis draws."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chart_draws import EVENTS, Parts, Walk, charts, walks
from core.scxml_pseudocode import Interpreter
from svcflow.core.machine import Chart, launch, run
from svcflow.core.statechart import statechart
from svcflow.errors import MicrostepLimit


@given(charts(), walks())
def test_every_microstep_is_the_one_of_the_pseudo_code(
    parts: Parts,
    walk: Walk,
) -> None:
    states, transitions, initial = parts
    chart, slow = Chart.build(states, transitions, initial), Interpreter(states, transitions, initial)
    slow.start()
    step = statechart.start(chart)
    assert step == slow.answer([])
    at = step.after
    for event, denied in walk:
        expected = slow.step(event, lambda number, denied=denied: number not in denied)  # type: ignore[misc]
        got = statechart.step(chart, at, event, lambda number, denied=denied: number not in denied)  # type: ignore[misc]
        assert got == expected
        at = at if got is None else got.after


@given(
    charts(), st.lists(st.tuples(st.sampled_from(EVENTS), st.frozensets(st.integers(0, 19), max_size=8)), max_size=6)
)
def test_every_macrostep_is_the_main_event_loop(
    parts: Parts,
    walk: list[tuple[str, frozenset[int]]],
) -> None:
    states, transitions, initial = parts
    chart, slow = Chart.build(states, transitions, initial), Interpreter(states, transitions, initial)
    slow.start()
    steps = [slow.answer([])]
    bound = 40

    def to_rest(allows: Callable[[int], bool]) -> bool:
        queue = [event for step in steps for event in step.raised]
        while slow.running and len(steps) <= bound:
            step = slow.step(None, allows)
            if step is None:
                if not queue:
                    return True
                step = slow.step(queue.pop(0), allows)
            if step is not None:
                steps.append(step)
                queue += step.raised
        return len(steps) <= bound

    def everything(number: int) -> bool:
        return True

    if not to_rest(everything):
        with pytest.raises(MicrostepLimit):
            launch(statechart, chart, everything, limit=bound)
        return
    at, got = launch(statechart, chart, everything, limit=bound)
    assert list(got) == steps
    for event, denied in walk:

        def allows(number: int, denied: frozenset[int] = denied) -> bool:
            return number not in denied

        first = slow.step(event, allows)
        steps = [] if first is None else [first]
        if not to_rest(allows):
            with pytest.raises(MicrostepLimit):
                run(statechart, chart, at, event, allows, limit=bound)
            return
        at, got = run(statechart, chart, at, event, allows, limit=bound)
        assert list(got) == steps
