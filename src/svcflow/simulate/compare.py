"""What-if: two sides under the same chances, run by run, and how surely they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from math import sqrt
from statistics import fmean, stdev
from typing import Any

from attrs import frozen

from svcflow.simulate.result import Result

_HOUR = timedelta(hours=1)
_PLACES = 6
_T = (
    12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157, 2.228139,
    2.200985, 2.178813, 2.160369, 2.144787, 2.13145, 2.119905, 2.109816, 2.100922, 2.093024, 2.085963,
    2.079614, 2.073873, 2.068658, 2.063899, 2.059539, 2.055529, 2.051831, 2.048407, 2.04523, 2.042272,
)  # fmt: skip
"""Student's t for 1 to 30 degrees of freedom: what 95 % lie within, on both sides; with more it is a little less."""


@frozen
class Difference:
    """
    One measure on both sides, as means over the runs, and the second less the first.

    `low` and `high` enclose the difference with 95 % confidence; None for a single run.
    """

    measure: str
    unit: str
    one: float
    other: float
    difference: float
    low: float | None
    high: float | None

    @property
    def certain(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        numbers = {"a": self.one, "b": self.other, "difference": self.difference, "low": self.low, "high": self.high}
        rounded = {name: None if value is None else round(value, _PLACES) for name, value in numbers.items()}
        return {"measure": self.measure, "unit": self.unit, **rounded, "certain": self.certain}


def compare(one: Sequence[Result], other: Sequence[Result]) -> tuple[Difference, ...]:
    """
    The differences between two sides, run by run under the same seeds: what chance did to both cancels out.

    A measure that one of the sides does not have, in any run, is left out.
    """
    ours, theirs = [dict(_measures(each)) for each in one], [dict(_measures(each)) for each in other]
    found = []
    for name in ours[0]:
        pairs = [(mine[name], yours[name]) for mine, yours in zip(ours, theirs, strict=True) if name in mine and
                 name in yours]  # fmt: skip
        if len(pairs) == len(ours):
            found.append(_difference(name, pairs))
    return tuple(found)


def _difference(name: tuple[str, str], pairs: Sequence[tuple[float, float]]) -> Difference:
    apart = [yours - mine for mine, yours in pairs]
    middle, low, high = fmean(apart), None, None
    if len(apart) > 1:
        reach = _T[min(len(apart) - 2, len(_T) - 1)] * stdev(apart) / sqrt(len(apart))
        low, high = middle - reach, middle + reach
    return Difference(*name, fmean(mine for mine, _ in pairs), fmean(yours for _, yours in pairs), middle, low, high)


def _measures(result: Result) -> Iterator[tuple[tuple[str, str], float]]:
    """Everything that is compared: name and unit, then the number."""
    for cases in result.cases:
        name = cases.process
        yield (f"{name}: opened", "cases"), cases.opened
        yield (f"{name}: ended", "cases"), cases.done + cases.cancelled
        yield (f"{name}: open on average", "cases"), cases.in_system
        if cases.lengths.mean is not None and cases.lengths.p90 is not None:
            yield (f"{name}: length", "hours"), cases.lengths.mean / _HOUR
            yield (f"{name}: length of nine in ten", "hours"), cases.lengths.p90 / _HOUR
        for clock in cases.clocks:
            if clock.share is not None:
                yield (f"{name}: {clock.kind} {clock.name} met", "%"), 100 * clock.share
    for queue in result.queues:
        yield (f"queue {queue.who}", "items"), queue.mean
        if queue.waits.mean is not None:
            yield (f"queue {queue.who}: wait", "hours"), queue.waits.mean / _HOUR
    for role in result.roles:
        if role.utilisation is not None:
            yield (f"{role.name} at work", "%"), 100 * role.utilisation
