"""
The suite that every state machine must pass: `contract(machine)`, plain assertions without a test framework.

It walks sample charts through all configurations they can reach, with every event and every answer to "may this be
taken?", and charts made by chance on random ways, and holds each step against the one of `statechart`. It asks in
turns, in the middle of other questions and from many threads. Charts that a machine declares unsupported are left out;
those without parallel states and histories must run on all of them.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from random import Random
from weakref import ref

from svcflow.core.machine import Chart, Machine
from svcflow.core.statechart import statechart
from svcflow.errors import UnsupportedChart
from svcflow.testing.chart_samples import Sample, samples
from svcflow.testing.machine_checks import (
    Guard,
    Question,
    candidates,
    expect,
    expect_start,
    expect_step,
    questions,
    told,
)
from svcflow.testing.machine_threads import check_at_once, check_inside
from svcflow.testing.random_charts import random_sample

__all__ = ["Guard", "check_sample", "contract"]

WALK = 25
"""How many steps a random way has."""


class Unanswerable(Exception):
    """Stands for whatever a host's condition may raise."""


def contract(machine: Machine, *, charts: int = 150) -> None:
    """
    Check everything that svcflow relies on in a machine; `charts` is how many are made by chance beside the samples.

    Raises:
        AssertionError: If the machine breaks a promise; the text names the chart, the place and the promise.
    """
    expect(bool(machine.name), "a machine has a name")
    running = [sample for sample in samples() if runs(machine, sample)]
    for sample in running:
        check_sample(machine, sample)
    check_in_turns(machine, running)
    for seed in range(charts):
        sample = random_sample(seed)
        if runs(machine, sample):
            check_walk(machine, sample, Random(seed))  # noqa: S311  (chance that can be repeated is the point)
    check_inside(machine, running)
    check_at_once(machine, running)


def runs(machine: Machine, sample: Sample) -> bool:
    """Whether a machine runs a chart; what it cannot run it says at the start, and which states are in its way."""
    try:
        machine.start(sample.chart)
    except UnsupportedChart as refusal:
        expect(not sample.required, f"{sample.name}: every machine must run it, but: {refusal}")
        ids = {state.id for state in sample.chart.states}
        named = bool(refusal.states) and ids.issuperset(refusal.states)
        expect(named, f"{sample.name}: a refusal names the states in the way, not {refusal.states}")
        return False
    return True


def check_sample(machine: Machine, sample: Sample) -> None:
    """Compare every step from every configuration that a sample can reach with the step of `statechart`."""
    expect_start(machine, sample)
    for question in questions(sample):
        at, event, denied = question
        before, guard = (at.leaves, at.memory), Guard(denied)
        expect_step(machine, sample, question, allows=guard)
        expect((at.leaves, at.memory) == before, f"{told(sample, question)}: the configuration was changed")
        strange = set(guard.asked) - candidates(sample.chart, at, event)
        promise = f"`allows` was asked about {sorted(strange)}, which cannot happen"
        expect(not strange, f"{told(sample, question)}: {promise}")
        expect_step(machine, sample, question, ", asked again")
        if guard.asked:
            _expect_raised(machine, sample, question)
    expect_start(machine, sample)
    _expect_forgotten(machine, sample)


def check_in_turns(machine: Machine, samples: Sequence[Sample]) -> None:
    """Step all samples in turns: a machine that keeps something of one chart answers wrongly for the next."""
    places = [(sample, statechart.start(sample.chart).after) for sample in samples]
    for turn in range(12):
        after = []
        for sample, at in places:
            question = (at, sample.events[turn % len(sample.events)], frozenset[int]())
            step = expect_step(machine, sample, question, ", in turns with other charts")
            after.append((sample, at if step is None else step.after))
        places = after


def check_walk(machine: Machine, sample: Sample, random: Random) -> None:
    """Walk at random through a chart and its twin: the same states, the same transitions in another order."""
    chart = sample.chart
    twin = Sample(f"{sample.name}, twin", Chart.build(chart.states, chart.transitions[::-1], chart.initial), ())
    at = statechart.start(chart).after
    expect_start(machine, sample)
    expect_start(machine, twin)
    for _ in range(WALK):
        number = len(chart.transitions)
        denied = frozenset(random.sample(range(number), random.randint(0, number // 2)))
        question = (at, random.choice(sample.events), denied)
        expect_step(machine, twin, question)
        step = expect_step(machine, sample, question)
        at = at if step is None else step.after


def _expect_raised(machine: Machine, sample: Sample, question: Question) -> None:
    """Raise from `allows`, see the same exception come out, and nothing of it left behind."""
    error = Unanswerable()

    def allows(_transition: int) -> bool:
        raise error

    at, event, _ = question
    try:
        machine.step(sample.chart, at, event, allows)
    except Unanswerable as caught:
        expect(caught is error, f"{told(sample, question)}: what `allows` raises passes through as it is")
    else:
        raise AssertionError(f"{told(sample, question)}: an exception in `allows` was swallowed")
    expect_step(machine, sample, question, ", after an exception")


def _expect_forgotten(machine: Machine, sample: Sample) -> None:
    """Look whether what a step was given can go once it is over: a machine that keeps it grows with every case."""
    for at, event, denied in questions(sample):
        guard = Guard(denied)
        machine.step(sample.chart, at, event, guard)
        if guard.asked:
            alive = ref(guard)
            del guard
            gc.collect()
            expect(alive() is None, f"{told(sample, (at, event, denied))}: `allows` was kept after the step")
            return
