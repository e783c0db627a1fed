"""The machine `transitions`: what it runs, what it refuses, and what it keeps of the library to itself."""

from __future__ import annotations

import pytest

from svcflow.core.machine import Chart, ChartState, Configuration
from svcflow.errors import UnsupportedChart
from svcflow.machines.transitions import Transitions
from svcflow.testing.machines import contract

PARALLEL = Chart.build([ChartState("work", None, "parallel"), ChartState("site", 0, "atomic")], [])


def test_it_keeps_every_promise_of_a_machine() -> None:
    contract(Transitions())


def test_a_parallel_state_is_refused_by_its_name_before_any_case_exists_and_after() -> None:
    with pytest.raises(UnsupportedChart, match=r"one event twice in parallel states \(work\)") as refused:
        Transitions().start(PARALLEL)
    assert refused.value.states == ("work",)
    with pytest.raises(UnsupportedChart):
        Transitions().step(PARALLEL, Configuration((1,)), "go", lambda _: True)
