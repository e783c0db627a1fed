"""The machine `transitions`: what it runs, what it refuses, and what it keeps of the library to itself."""

from __future__ import annotations

import gc
import logging
from weakref import ref

import pytest

from svcflow.core.machine import Chart, ChartState, ChartTransition, Configuration
from svcflow.core.statechart import statechart
from svcflow.errors import UnsupportedChart
from svcflow.machines.transitions import SPARE, Transitions
from svcflow.testing.chart_samples import nested
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


def test_names_that_mean_something_to_the_library_mean_nothing_here() -> None:
    names = ("state", "door", "trigger", "0_door", "auto", "event:auto", "leave:0", "enter:1", "to_door", "_")
    states = [ChartState("models", None, "compound"), *(ChartState(name, 0, "atomic") for name in names)]
    ways = [ChartTransition(place, (name,), (place % 10 + 1,)) for place, name in enumerate(names, start=1)]
    chart, machine = Chart.build(states, ways), Transitions()
    at = machine.start(chart).after
    for name in names:
        for other in names:
            expected = statechart.step(chart, at, other, lambda _: True)
            assert machine.step(chart, at, other, lambda _: True) == expected
        step = machine.step(chart, at, name, lambda _: True)
        assert step is not None
        at = step.after


def test_an_event_that_nothing_reacts_to_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    machine, chart = Transitions(), nested().chart
    at = machine.start(chart).after
    assert machine.step(chart, at, "nonsense", lambda _: True) is None
    assert machine.step(chart, at, "go", lambda _: False) is None
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_chart_that_nobody_needs_any_more_is_let_go() -> None:
    machine, chart = Transitions(), nested().chart
    machine.step(chart, machine.start(chart).after, "go", lambda _: True)
    alive = ref(chart)
    del chart
    gc.collect()
    assert alive() is None
    assert len(machine._spare) == 0


def test_no_more_machines_of_the_library_are_kept_than_said() -> None:
    machine, chart = Transitions(), nested().chart
    at = machine.start(chart).after

    def asks(depth: int) -> bool:
        return machine.step(chart, at, "go", lambda _: depth == 0 or asks(depth - 1)) is not None

    assert asks(SPARE + 3)
    assert len(machine._spare[chart]) == SPARE


def test_steps_leave_nothing_behind_in_the_library() -> None:
    machine, chart = Transitions(), nested().chart
    places = [machine.start(chart).after]
    for event in ("go", "reset", "again"):
        places += [step.after for at in places if (step := machine.step(chart, at, event, lambda _: True)) is not None]

    def steps() -> int:
        for at in places:
            for event in (None, *nested().events, "another"):
                machine.step(chart, at, event, lambda _: True)
        gc.collect()
        return len(gc.get_objects())

    steps()
    before = steps()
    assert steps() - before < len(places)
