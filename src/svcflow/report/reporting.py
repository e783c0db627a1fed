"""One pass over the logs of cases: figures for all of them, and for each group that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import starmap
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs
from attrs import AttrsInstance, define, field, frozen

from svcflow.errors import InputError
from svcflow.eventlog import CaseLog
from svcflow.report.doubts import OF_A_PROCESS, hint
from svcflow.report.flow import Deviation, Flow, Passage, Step, Variant
from svcflow.report.kpi import KPIS, Kpi
from svcflow.report.measures import BUILT_IN, Measures
from svcflow.report.observing import Past, first, observe, seen_before
from svcflow.report.tally import Tally
from svcflow.stores.query import field_text

Group: TypeAlias = tuple[tuple[str, str], ...]

# Figures whose middle values are told.
_SPREAD = frozenset({"seconds", "money"})


@frozen
class Report:
    """
    What `cases` cases say: figures in the order of `KPIS`, for all cases before groups; then how they flow.

    `limits` names the figures that must keep to one.
    """

    cases: int
    kpis: tuple[Kpi, ...]
    steps: tuple[Step, ...]
    passages: tuple[Passage, ...]
    variants: tuple[Variant, ...]
    deviations: tuple[Deviation, ...]

    limits: tuple[str, ...] = ()

    @property
    def unwatched(self) -> tuple[str, ...]:
        """The figures that have a limit, but of which nothing was observed."""
        seen = {kpi.name for kpi in self.kpis if kpi.value is not None}
        return tuple(name for name in self.limits if name not in seen)

    @property
    def breaches(self) -> tuple[Kpi, ...]:
        """The figures that are beyond their limits."""
        return tuple(kpi for kpi in self.kpis if kpi.breached)


def report(
    logs: Iterable[CaseLog],
    measures: Measures | None = None,
    *,
    by: Sequence[str] = (),
    since: datetime | None = None,
    one_process: bool = False,
) -> Report:
    """
    Work out every figure, in one pass and without keeping a case.

    `logs` come by the time of their opening, as `svcflow.eventlog.read` gives them. `by` names dimensions; two joined
    by a plus (`product+contract`) make one group for each pair of their values. A case in which a dimension is not
    filled is in the group of the empty text. What is remembered of a case is when its customer complained last and
    when its thing was served last.

    Cases opened before `since` count in no figure: only what they say of later ones is remembered, so let `logs` begin
    `measures.again_within` earlier. `one_process` says that `logs` are of one process alone: then nobody knows of all
    complaints and all services, and complaints per service case are left out, as they are in groups by process.

    Raises:
        InputError: A dimension or the figure of a limit is unknown, or measures name a dimension that every case has.
    """
    made = Reporter(Measures() if measures is None else measures, _grouped(by), since, one_process)
    for log in logs:
        made.add(log)
    return made.report()


def _grouped(by: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """What is asked for twice is there once."""
    groups = [tuple(dict.fromkeys(one.split("+"))) for one in by]
    return tuple({frozenset(names): names for names in groups}.values())


@define
class Reporter:
    """A report in the making: `add` the logs of cases by the time of their opening; `by` are groups of dimensions."""

    measures: Measures
    by: tuple[tuple[str, ...], ...] = ()
    since: datetime | None = None
    one_process: bool = False
    cases: int = 0
    past: Past = field(factory=Past)
    flow: Flow = field(factory=Flow)
    tallies: dict[Group, dict[tuple[str, str], Tally]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        for name in BUILT_IN:
            if name in self.measures.dimensions:
                raise InputError(f"every case has the dimension {name!r} already: give yours another name")
        known = (*BUILT_IN, *self.measures.dimensions)
        for name in (name for names in self.by for name in names):
            if name not in known:
                raise InputError(f"there is no dimension {name!r}{hint(name, known)}")
        for name in self.measures.limits:
            if name not in KPIS:
                raise InputError(f"there is no figure {name!r} to limit{hint(name, KPIS)}")

    def add(self, log: CaseLog) -> None:
        """Take in one case, or remember it where it is an earlier one."""
        if self.since is not None and log.opened_at < self.since:
            seen_before(log, self.measures, self.past)
            return
        self.cases += 1
        self.flow.add(log)
        groups = [(), *(tuple([(name, self._value(log, name)) for name in names]) for names in self.by)]
        into = [self.tallies.setdefault(group, {}) for group in groups]
        for kpi, value, own, count in observe(log, self.measures, self.past):
            for tallies in into:
                tally = tallies.get((kpi, own))
                if tally is None:
                    tally = tallies[kpi, own] = Tally(KPIS[kpi].unit in _SPREAD)
                tally.add(value, count)

    def _value(self, log: CaseLog, name: str) -> str:
        if name == "month":
            return f"{log.opened_at:%Y-%m}"
        if name in BUILT_IN:
            return str(getattr(log, name))
        value = first(log.fields, self.measures.dimensions[name])
        return "" if value is None else field_text(value)

    def report(self) -> Report:
        """What came out."""
        order = {name: place for place, name in enumerate(KPIS)}
        listed = sorted(self._told(), key=lambda one: (order[one[0]], len(one[1]), one[1]))
        kpis = tuple(starmap(self._kpi, listed))
        flow = self.flow
        return Report(
            self.cases, kpis, flow.steps(), flow.between(), flow.variants(), flow.deviations(),
            tuple(self.measures.limits),
        )  # fmt: skip

    def _told(self) -> Iterator[tuple[str, Group, Tally]]:
        """Every figure with its group; one that has a dimension of its own is in no group by that one."""
        for group, tallies in self.tallies.items():
            names = {name for name, _ in group}
            for (kpi, own), tally in tallies.items():
                dimension = KPIS[kpi].own
                if kpi == "complaint_rate" and (self.one_process or not OF_A_PROCESS.isdisjoint(names)):
                    continue
                if dimension not in names:
                    yield kpi, (*group, (dimension, own)) if dimension else group, tally

    def _kpi(self, name: str, group: Group, tally: Tally) -> Kpi:
        meaning, limit = KPIS[name], self.measures.limits.get(name)
        value = tally.total if meaning.unit == "cases" else tally.mean
        return Kpi(
            name, meaning.perspective, meaning.unit, "kri" if limit is not None else meaning.kind,
            MappingProxyType(dict(group)), value, tally.count, tally.total, tally.squares,
            tally.quantile(0.5), tally.quantile(0.9), limit,
        )  # fmt: skip


def as_json(made: Report) -> Mapping[str, Any]:
    """A report as JSON data, with every attribute by its name."""
    return {
        "cases": made.cases,
        "kpis": [_json(kpi) | {"breached": kpi.breached} for kpi in made.kpis],
        **{
            part: [_json(one) for one in getattr(made, part)]
            for part in ("steps", "passages", "variants", "deviations")
        },
    }


def _json(one: AttrsInstance) -> dict[str, Any]:
    return {name: _plain(value) for name, value in attrs.asdict(one, recurse=False).items()}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value
