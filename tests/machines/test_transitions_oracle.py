"""The machine `transitions` against `statechart` and the standard's pseudo code, over charts that Hypothesis draws."""

from __future__ import annotations

from hypothesis import given

from core.chart_draws import Parts, Walk, charts, walks
from machines.oracle import check_walk
from svcflow.machines.transitions import Transitions


@given(charts(parallel=False), walks())
def test_every_microstep_is_the_one_of_statechart_and_of_the_pseudo_code(parts: Parts, walk: Walk) -> None:
    check_walk(Transitions(), parts, walk)
