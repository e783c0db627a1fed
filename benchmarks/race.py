"""Contenders side by side: many short rounds, each contender in every round, so that a busy moment slows down all."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import repeat
from statistics import median, quantiles
from typing import Protocol

from attrs import frozen


class Racer(Protocol):
    """Something that can be timed."""

    @property
    def name(self) -> str:
        """What the tables call it."""
        ...

    def timed(self, count: int) -> float:
        """Act so many times; seconds of processor time per event."""
        ...


@frozen
class Contender:
    """Something here that does so many events each time it is called."""

    name: str
    act: Callable[[], object]
    events: int = 1

    def timed(self, count: int) -> float:
        """Act so many times; seconds of processor time per event."""
        began = time.process_time()
        for _ in repeat(None, count):
            self.act()
        return (time.process_time() - began) / count / self.events


def processor_time(act: Callable[[], object]) -> float:
    """Seconds of processor time that it takes, once."""
    began = time.process_time()
    act()
    return time.process_time() - began


@frozen
class Sizes:
    """
    How much is done on PostgreSQL: rounds, and what each side does in a round.

    Each client takes so many `cases` on their way, of which the first `warm` do not count; so many `tickets` get their
    events together, so many `timers` fall due, so many `steps` are taken. `crowd` is how many cases stand open.
    """

    rounds: int
    cases: int
    warm: int
    tickets: int
    timers: int
    steps: int
    crowd: int


@frozen
class Effort:
    """
    How long to measure: rounds, seconds per contender and round, and cases for each durable race.

    `warmup` is how often a just-in-time compiler sees what it is to compile; `idle` is how many cases are weighed.
    `stores` is how much is done on PostgreSQL.
    """

    rounds: int
    seconds: float
    cases: Mapping[str, int]
    warmup: int
    idle: int
    stores: Sizes


FULL_EFFORT = Effort(
    31,
    0.004,
    {"FULL": 40, "NORMAL": 120},
    warmup=20_000,
    idle=2_000,
    stores=Sizes(7, cases=40, warm=5, tickets=100, timers=300, steps=200, crowd=100_000),
)
QUICK = Effort(
    3,
    0.0001,
    {"FULL": 2, "NORMAL": 2},
    warmup=10,
    idle=20,
    stores=Sizes(2, cases=2, warm=1, tickets=3, timers=5, steps=5, crowd=20),
)


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

    def text(self) -> str:
        """As a cell of a table."""
        return f"{self.middle:.2f} ({self.low:.2f} to {self.high:.2f})"


def ratio(more: Sequence[float], less: Sequence[float]) -> Spread:
    """How many times `less` goes into `more`, round by round."""
    return Spread.of([one / other for one, other in zip(more, less, strict=True)])


def race(contenders: Sequence[Racer], effort: Effort) -> Mapping[str, tuple[float, ...]]:
    """Seconds of processor time per event, a value for each round, by the contenders' names."""
    times: dict[str, list[float]] = {one.name: [] for one in contenders}
    with _no_collector():
        counts = {one.name: _enough(one, effort.seconds) for one in contenders}
        for number in range(effort.rounds):
            first = number % len(contenders)
            for one in (*contenders[first:], *contenders[:first]):
                times[one.name].append(one.timed(counts[one.name]))
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


def _enough(one: Racer, seconds: float) -> int:
    """How often to act so that it takes about so long, as if each act were one event."""
    count = 1
    while (taken := one.timed(count) * count) < seconds:
        count = max(count * 2, int(count * seconds / taken)) if taken else count * 2
    return count
