"""Contenders side by side: many short rounds, each contender in every round, so that a busy moment slows down all."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import repeat
from statistics import median, quantiles

from attrs import frozen


@frozen
class Contender:
    """Something that does one event each time it is called."""

    name: str
    act: Callable[[], object]


@frozen
class Effort:
    """How long to measure: rounds, seconds per contender and round, and cases for each durable race."""

    rounds: int
    seconds: float
    cases: Mapping[str, int]


FULL_EFFORT = Effort(31, 0.004, {"FULL": 40, "NORMAL": 120})
QUICK = Effort(3, 0.0001, {"FULL": 2, "NORMAL": 2})


@frozen
class Spread:
    """The middle of many measurements, with the middle half of them from `low` to `high`."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Median and quartiles."""
        low, _, high = quantiles(values, n=4, method="inclusive")
        return cls(median(values), low, high)


def ratio(more: Sequence[float], less: Sequence[float]) -> Spread:
    """How many times `less` goes into `more`, round by round."""
    return Spread.of([one / other for one, other in zip(more, less, strict=True)])


def race(contenders: Sequence[Contender], effort: Effort) -> Mapping[str, tuple[float, ...]]:
    """Seconds of processor time per event, a value for each round, by the contenders' names."""
    times: dict[str, list[float]] = {one.name: [] for one in contenders}
    with _no_collector():
        counts = {one.name: _enough(one.act, effort.seconds) for one in contenders}
        for number in range(effort.rounds):
            first = number % len(contenders)
            for one in (*contenders[first:], *contenders[:first]):
                times[one.name].append(_timed(one.act, counts[one.name]))
    return {name: tuple(values) for name, values in times.items()}


@contextmanager
def _no_collector() -> Iterator[None]:
    """Without the collector's pauses, which would hit whoever happens to be running."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _enough(act: Callable[[], object], seconds: float) -> int:
    """How often to act so that it takes about so long."""
    count = 1
    while (taken := _timed(act, count) * count) < seconds:
        count = max(count * 2, int(count * seconds / taken)) if taken else count * 2
    return count


def _timed(act: Callable[[], object], count: int) -> float:
    """Seconds per act."""
    began = time.process_time()
    for _ in repeat(None, count):
        act()
    return (time.process_time() - began) / count
