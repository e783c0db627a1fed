"""The machine `statemachine`: what it runs and refuses, and that nothing of the library's state shows outside."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

import attrs
import pytest

from svcflow.clocks import ManualClock
from svcflow.core.chart_tree import ROOT
from svcflow.core.decision import JournalEntry
from svcflow.core.event import Actor
from svcflow.core.machine import Chart, ChartState, ChartTransition, Configuration, Step
from svcflow.core.statechart import statechart
from svcflow.engine import Engine
from svcflow.errors import DefinitionError, UnsupportedChart
from svcflow.testing.chart_samples import Sample, flat, histories, regions, samples
from svcflow.testing.machines import check_sample, contract

pytest.importorskip("statemachine", reason="python-statemachine is an optional extra")

from statemachine import StateChart  # the optional library, behind the skip

from svcflow.machines.statemachine import Statemachine
from svcflow.machines.stepcache import stepcache

VISIT = """process: visit
version: 1
roles: [agent]
by: agent
states:
  ready: {limit: 2d, events: {go: work}}
  work:
    parallel: true
    events: {hold: {to: waiting, max: 3}, done: closed}
    states:
      site: {states: {open: {limit: 2d, events: {leave: left}}, left: {end: done}}}
      parts: {states: {used: {limit: 2d, events: {count: counted}}, counted: {end: done}}}
  waiting: {limit: 2d, events: {resume: work.last}}
  closed: {end: done}
"""
AROUND = "a transition leads to the history of a state around it"


def always(_number: int) -> bool:
    return True


def laps(sample: Sample, steps: int) -> list[tuple[Configuration, str | None, Step | None]]:
    """Places of a sample, events and the steps they lead to, one after the other."""
    at, way = statechart.start(sample.chart).after, []
    for event in islice(cycle(sample.events), steps):
        step = statechart.step(sample.chart, at, event, always)
        way.append((at, event, step))
        at = at if step is None else step.after
    return way


def test_it_keeps_every_promise_of_a_machine() -> None:
    contract(Statemachine())


def test_it_keeps_them_behind_a_cache() -> None:
    contract(stepcache(Statemachine()), charts=30)


def test_it_runs_every_sample_but_for_histories_asked_from_inside() -> None:
    refused = []
    for sample in samples():
        try:
            Statemachine().start(sample.chart)
        except UnsupportedChart as refusal:
            refused.append((sample.name, refusal.states))
    assert refused == [("histories", ("deep",))]


def test_it_runs_histories_asked_from_outside_and_from_their_own_state() -> None:
    sample = histories()
    chart = sample.chart
    outside = [arrow for arrow in chart.transitions if chart.states[arrow.source].id != "a2"]
    assert len(outside) == len(chart.transitions) - 1
    check_sample(Statemachine(), attrs.evolve(sample, chart=Chart.build(chart.states, outside)))


@pytest.mark.parametrize(("parent", "source"), [(None, 1), (None, 2), (1, 2)])
def test_a_history_asked_from_inside_its_state_is_refused_by_its_name(parent: int | None, source: int) -> None:
    states = [ChartState("off", None, "atomic"), ChartState("on", None, "compound"), ChartState("low", 1, "atomic")]
    chart = Chart.build([*states, ChartState("last", parent, "history")], [ChartTransition(source, ("x",), (3,))])
    with pytest.raises(UnsupportedChart, match=rf"{AROUND} \(last\)") as refused:
        Statemachine().start(chart)
    assert refused.value.states == ("last",)
    with pytest.raises(UnsupportedChart):
        Statemachine().step(chart, Configuration((2,)), "x", always)


def test_what_a_way_to_a_history_raises_is_raised_once() -> None:
    states = [ChartState("off", None, "atomic"), ChartState("on", None, "compound"), ChartState("low", 1, "atomic")]
    arrows = [ChartTransition(0, ("x",), (3,), raises=("lit",)), ChartTransition(1, ("x",), (0,))]
    chart = Chart.build([*states, ChartState("last", 1, "history")], arrows)
    for memory in ((), ((3, (2,)),)):
        step = Statemachine().step(chart, Configuration((0,), memory), "x", always)
        assert step is not None
        assert step.raised == ("lit",)


@pytest.mark.parametrize(
    "event", ["", " ", "a b", "*", "a.*", "a.", "nothing", "raised", "root", "s0", "send", "model", "done.state.g", "e"]
)
def test_no_name_of_an_event_means_anything_to_the_library(event: str) -> None:
    states = [ChartState("g", None, "compound"), ChartState("one", 0, "atomic"), ChartState("two", 0, "final")]
    arrows = [ChartTransition(1, (event,), (2,), raises=(event,)) for _ in event[:1]]
    chart = Chart.build(states, [*arrows, ChartTransition(1, ("a",), (1,)), ChartTransition(1, ("*",), raises=("x",))])
    for name in (event, f"{event}.more", "b"):
        expected = statechart.step(chart, Configuration((1,)), name, always)
        assert expected is not None
        assert Statemachine().step(chart, Configuration((1,)), name, always) == expected


@pytest.mark.parametrize("error", [StopIteration(), KeyError("x"), GeneratorExit(), KeyboardInterrupt(), SystemExit(2)])
def test_whatever_a_guard_raises_comes_out_as_it_is_and_leaves_nothing_behind(error: BaseException) -> None:
    machine, sample = Statemachine(), flat()

    def raises(_number: int) -> bool:
        raise error

    for at, event, expected in laps(sample, 30):
        if expected is not None:
            with pytest.raises(type(error)) as caught:
                machine.step(sample.chart, at, event, raises)
            assert caught.value is error
        assert machine.step(sample.chart, at, event, always) == expected


def test_eight_tasks_share_a_machine() -> None:
    machine, sample = Statemachine(), regions()

    async def work() -> int:
        wrong = 0
        for at, event, step in laps(sample, 60):
            wrong += machine.step(sample.chart, at, event, always) != step
            await asyncio.sleep(0)
        return wrong

    async def together() -> list[int]:
        return await asyncio.gather(*(work() for _ in range(8)))

    assert asyncio.run(together()) == [0] * 8


def test_steps_leave_no_memory_behind() -> None:
    machine, sample = Statemachine(), regions()

    def work(times: int) -> None:
        for at, event, _ in laps(sample, times):
            machine.step(sample.chart, at, event, always)
        gc.collect()

    work(40)
    tracemalloc.start()
    try:
        work(40)
        before, _ = tracemalloc.get_traced_memory()
        work(600)
        assert tracemalloc.get_traced_memory()[0] - before < 20_000
    finally:
        tracemalloc.stop()


def test_a_chart_that_is_gone_takes_the_library_s_class_with_it() -> None:
    machine = Statemachine()
    gc.collect()
    before = len(StateChart.__subclasses__())
    for number in range(20):
        chart = Chart.build([ChartState(f"only{number}", None, "atomic")], [ChartTransition(ROOT, ("x",), (0,))])
        assert machine.step(chart, machine.start(chart).after, "x", always) is not None
    del chart
    gc.collect()
    assert not machine._drivers
    assert len(StateChart.__subclasses__()) <= before + 1  # The library keeps the last class of a name.


def test_a_case_in_regions_has_the_same_journal_on_it(tmp_path: Path) -> None:
    (tmp_path / "visit.yaml").write_text(VISIT, encoding="utf-8")
    li = Actor("li", roles={"agent"})

    def journal(machine: str) -> list[JournalEntry]:
        engine = Engine(machine=machine, clock=ManualClock(datetime(2026, 5, 4, 9, tzinfo=UTC)))
        engine.publish(tmp_path / "visit.yaml")
        case = engine.open("visit", actor=li)
        for event in ("go", "count", "hold", "resume", "leave"):
            case = engine.send(case.id, event, actor=li)
        assert case.status == "done"
        return [attrs.evolve(entry, case="visit", detail={}) for entry in engine.journal(case.id)]

    assert journal("statemachine") == journal("statechart")


def test_a_process_is_refused_at_publishing_for_the_group_whose_last_is_asked_for_inside(tmp_path: Path) -> None:
    inside = VISIT.replace("{leave: left}", "{leave: left, again: work.last}")
    (tmp_path / "visit.yaml").write_text(inside, encoding="utf-8")
    with pytest.raises(DefinitionError, match=f"machine `statemachine` cannot run `work`: {AROUND}"):
        Engine(machine="statemachine").publish(tmp_path / "visit.yaml")
    Engine().publish(tmp_path / "visit.yaml")


def test_without_the_library_the_extra_is_named() -> None:
    program = (
        "import sys; sys.modules['statemachine'] = None; from svcflow.machines import named; named('statemachine')"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "machine 'statemachine' cannot be loaded: " in ended.stderr
    assert "pip install 'svcflow[statemachine]'" in ended.stderr
