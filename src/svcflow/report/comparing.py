"""Two reports side by side, figure by figure: two periods, or two versions of a process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from attrs import evolve, frozen

from svcflow.report.intervals import Interval, Sample, newcombe, rates, welch
from svcflow.report.kpi import KPIS, Kpi

Group: TypeAlias = tuple[tuple[str, str], ...]
Verdict: TypeAlias = Literal["better", "worse", "other"]


@frozen
class Difference:
    """
    One figure on both sides, None where a side does not have it, and `b` less `a`.

    `low` and `high` enclose the difference of the values with 95 % confidence. They are None for numbers of cases,
    which are facts and no samples, and where too little was observed to say. Middle values have no interval.
    """

    name: str
    by: Mapping[str, str]
    a: Kpi | None
    b: Kpi | None
    value: float | None
    median: float | None
    low: float | None = None
    high: float | None = None

    @property
    def verdict(self) -> Verdict | None:
        """What it means for the house where the interval leaves zero out, None where it does not."""
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return None
        better = KPIS[self.name].better
        if better is None:
            return "other"
        return "better" if (self.low > 0) == (better == "more") else "worse"


def compare(a: Iterable[Kpi], b: Iterable[Kpi]) -> tuple[Difference, ...]:
    """
    Every figure of both reports, in the order of `KPIS`, all cases before groups.

    Observations are taken as independent of each other, those of one case too. Shares are told apart by Newcombe's
    interval, complaints per service as Poisson rates, means by Welch's.
    """
    ours, theirs = ({(kpi.name, tuple(kpi.by.items())): kpi for kpi in side} for side in (a, b))
    order = {name: place for place, name in enumerate(KPIS)}
    keys = sorted(ours.keys() | theirs.keys(), key=lambda key: (order[key[0]], len(key[1]), key[1]))
    return tuple(_difference(name, group, ours.get((name, group)), theirs.get((name, group))) for name, group in keys)


def one_group(kpis: Iterable[Kpi], dimension: str, value: str) -> tuple[Kpi, ...]:
    """The figures of one group, such as a version, as if there were no other cases."""
    return tuple(
        evolve(kpi, by=MappingProxyType({name: one for name, one in kpi.by.items() if name != dimension}))
        for kpi in kpis
        if kpi.by.get(dimension) == value
    )


def _difference(name: str, group: Group, a: Kpi | None, b: Kpi | None) -> Difference:
    by = MappingProxyType(dict(group))
    if a is None or b is None:
        return Difference(name, by, a, b, None, None)
    low, high = _interval(a, b) or (None, None)
    return Difference(name, by, a, b, _less(b.value, a.value), _less(b.median, a.median), low, high)


def _less(b: float | None, a: float | None) -> float | None:
    return None if a is None or b is None else b - a


def _interval(a: Kpi, b: Kpi) -> Interval | None:
    one, other = (Sample(kpi.count, kpi.total, kpi.squares) for kpi in (a, b))
    if KPIS[a.name].apart:
        return rates(one, other)
    match a.unit:
        case "cases":
            return None
        case "share":
            return newcombe(one, other)
        case _:
            return welch(one, other)


def differences_as_json(apart: Iterable[Difference]) -> list[dict[str, Any]]:
    """Differences as JSON data."""
    return [
        {
            "name": one.name, "perspective": KPIS[one.name].perspective, "unit": KPIS[one.name].unit,
            "by": dict(one.by), "a": _side(one.a), "b": _side(one.b), "difference": one.value,
            "low": one.low, "high": one.high, "verdict": one.verdict, "median_difference": one.median,
        }
        for one in apart
    ]  # fmt: skip


def _side(kpi: Kpi | None) -> dict[str, Any] | None:
    if kpi is None:
        return None
    return {name: getattr(kpi, name) for name in ("value", "count", "total", "squares", "median", "p90")}
