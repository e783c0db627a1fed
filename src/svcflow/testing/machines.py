"""
The suite that every state machine must pass: `contract(machine)`, plain assertions without a test framework.

It walks sample charts through all configurations they can reach, with every event and every answer to "may this be
taken?", and holds each step against the one of `statechart`. Samples that a machine declares unsupported are left
out; flat and nested charts must run on all of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from attrs import field, frozen

from svcflow.core.machine import Chart, Configuration, Machine, Step
from svcflow.core.statechart import statechart
from svcflow.errors import UnsupportedChart
from svcflow.testing.chart_samples import Sample, samples

CONFIGURATIONS = 100
"""How many configurations of a sample are visited at most; only histories make so many."""


@frozen
class Guard:
    """Answers for `allows`: yes but for `denied`; notes in `asked` what it was asked about."""

    denied: frozenset[int] = frozenset()
    asked: list[int] = field(factory=list)

    def __call__(self, transition: int) -> bool:
        """Answer for one transition."""
        self.asked.append(transition)
        return transition not in self.denied


class Unanswerable(Exception):
    """Stands for whatever a host's condition may raise."""


def contract(machine: Machine) -> None:
    """
    Check everything that svcflow relies on in a machine.

    Raises:
        AssertionError: If the machine breaks a promise; the text names the sample, the place and the promise.
    """
    _expect(bool(machine.name), "a machine has a name")
    running = []
    for sample in samples():
        try:
            machine.start(sample.chart)
        except UnsupportedChart as refusal:
            _expect(not sample.required, f"{sample.name}: every machine must run it, but: {refusal}")
            _expect(bool(refusal.states), f"{sample.name}: a refusal names the states in the way")
        else:
            running.append(sample)
    for sample in running:
        check_sample(machine, sample)
    check_side_by_side(machine, running)


def check_sample(machine: Machine, sample: Sample) -> None:
    """Compare every step from every configuration that the sample can reach with the step of `statechart`."""
    chart = sample.chart
    first = machine.start(chart)
    _expect_same(sample, "start", first, statechart.start(chart))
    _expect_same(sample, "a second start", machine.start(chart), first)
    for at, event, denied in _questions(sample):
        place = f"at {_names(chart, at)}, event {event!r}, denied {sorted(denied)}"
        before, guard = (at.leaves, at.memory), Guard(denied)
        step = machine.step(chart, at, event, guard)
        _expect((at.leaves, at.memory) == before, f"{sample.name}: {place}: the configuration was changed")
        _expect_same(sample, place, step, statechart.step(chart, at, event, Guard(denied)))
        _expect_same(sample, f"{place}, asked again", machine.step(chart, at, event, Guard(denied)), step)
        candidates = {number for leaf in at.leaves for number in chart.offered(event).get(leaf, ())}
        strange = set(guard.asked) - candidates
        _expect(not strange, f"{sample.name}: {place}: `allows` was asked about {sorted(strange)}, which cannot happen")
        if step is not None:
            _expect_order(sample, place, step)
        if guard.asked:
            _expect_raised(machine, sample, at, event, step, denied)


def check_side_by_side(machine: Machine, samples: list[Sample]) -> None:
    """Step all samples in turns: a machine that keeps something of one chart answers wrongly for the next."""
    places = [(sample, statechart.start(sample.chart).after) for sample in samples]
    for turn in range(12):
        after = []
        for sample, at in places:
            event = sample.events[turn % len(sample.events)]
            step = machine.step(sample.chart, at, event, Guard())
            expected = statechart.step(sample.chart, at, event, Guard())
            _expect_same(sample, f"in turns with other charts, at {_names(sample.chart, at)}", step, expected)
            after.append((sample, at if expected is None else expected.after))
        places = after


def _questions(sample: Sample) -> Iterator[tuple[Configuration, str | None, frozenset[int]]]:
    """Every reachable configuration with every event and every set of denied candidates."""
    chart = sample.chart
    pending = [statechart.start(chart).after]
    seen = set(pending)
    while pending and len(seen) <= CONFIGURATIONS:
        at = pending.pop(0)
        for event in sample.events:
            candidates = sorted({number for leaf in at.leaves for number in chart.offered(event).get(leaf, ())})
            for size in range(len(candidates) + 1):
                for denied in map(frozenset, itertools.combinations(candidates, size)):
                    yield at, event, denied
                    step = statechart.step(chart, at, event, Guard(denied))
                    if step is not None and step.after not in seen:
                        seen.add(step.after)
                        pending.append(step.after)


def _expect(holds: bool, promise: str) -> None:  # noqa: FBT001  (reads as an assertion)
    if not holds:
        raise AssertionError(promise)


def _expect_same(sample: Sample, place: str, got: Step | None, expected: Step | None) -> None:
    _expect(got == expected, f"{sample.name}: {place}: expected {expected}, got {got}")


def _expect_order(sample: Sample, place: str, step: Step) -> None:
    """Document order of what is entered and of the leaves, the reverse of what is exited; said for its own sake."""
    ordered = (step.entered, step.after.leaves, step.exited[::-1])
    _expect(all(row == tuple(sorted(set(row))) for row in ordered), f"{sample.name}: {place}: out of document order")


def _expect_raised(
    machine: Machine, sample: Sample, at: Configuration, event: str | None, step: Step | None, denied: frozenset[int]
) -> None:
    """Raise from `allows`, see the same exception come out, and nothing of it left behind."""
    error = Unanswerable()

    def allows(_transition: int) -> bool:
        raise error

    place = f"{sample.name}: at {_names(sample.chart, at)}, event {event!r}"
    try:
        machine.step(sample.chart, at, event, allows)
    except Unanswerable as caught:
        _expect(caught is error, f"{place}: what `allows` raises passes through as it is")
    else:
        raise AssertionError(f"{place}: an exception in `allows` was swallowed")
    again = machine.step(sample.chart, at, event, Guard(denied))
    _expect_same(sample, f"{place}, after an exception", again, step)


def _names(chart: Chart, at: Configuration) -> str:
    return " + ".join(chart.states[leaf].id for leaf in at.leaves)
