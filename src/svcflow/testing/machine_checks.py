"""What every check of a machine needs: guards, the questions that a chart can be asked, and one comparison."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TypeAlias

from attrs import field, frozen

from svcflow.core.machine import Chart, Configuration, Machine, Step
from svcflow.core.statechart import statechart
from svcflow.testing.chart_samples import Sample

Question: TypeAlias = tuple[Configuration, str | None, frozenset[int]]
"""Where a chart stands, an event, and the transitions that are denied."""

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


def questions(sample: Sample) -> Iterator[Question]:
    """Every reachable configuration with every event and every set of denied candidates."""
    chart = sample.chart
    pending = [statechart.start(chart).after]
    seen = set(pending)
    while pending and len(seen) <= CONFIGURATIONS:
        at = pending.pop(0)
        for event in sample.events:
            able = sorted(candidates(chart, at, event))
            for size in range(len(able) + 1):
                for denied in map(frozenset, itertools.combinations(able, size)):
                    yield at, event, denied
                    step = statechart.step(chart, at, event, Guard(denied))
                    if step is not None and step.after not in seen:
                        seen.add(step.after)
                        pending.append(step.after)


def candidates(chart: Chart, at: Configuration, event: str | None) -> set[int]:
    """The transitions that an event may take here."""
    return {number for leaf in at.leaves for number in chart.offered(event).get(leaf, ())}


def expect(holds: bool, promise: str) -> None:  # noqa: FBT001  (reads as an assertion)
    """
    Say that a promise is broken.

    Raises:
        AssertionError: If it does not hold.
    """
    if not holds:
        raise AssertionError(promise)


def expect_start(machine: Machine, sample: Sample) -> None:
    """Compare a start with that of `statechart`."""
    expected = statechart.start(sample.chart)
    got = machine.start(sample.chart)
    expect(got == expected, f"{sample.name}: start: expected {expected}, got {got}")


def expect_step(
    machine: Machine, sample: Sample, question: Question, how: str = "", allows: Callable[[int], bool] | None = None
) -> Step | None:
    """Ask a question and compare the answer with that of `statechart`; `allows` answers as a guard would."""
    at, event, denied = question
    expected = statechart.step(sample.chart, at, event, Guard(denied))
    try:
        got = machine.step(sample.chart, at, event, allows or Guard(denied))
    except Exception as error:
        raise AssertionError(f"{told(sample, question)}{how}: it raised {error!r}") from error
    expect(got == expected, f"{told(sample, question)}{how}: expected {expected}, got {got}")
    return got


def told(sample: Sample, question: Question) -> str:
    """A question in words."""
    at, event, denied = question
    ids = " + ".join(sample.chart.states[leaf].id for leaf in at.leaves)
    return f"{sample.name}: at {ids}, event {event!r}, denied {sorted(denied)}"
