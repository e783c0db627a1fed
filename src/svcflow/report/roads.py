"""What went through each version of each process: the numbers on its drawing, in one pass over the logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

from attrs import define, field

from svcflow.diagram.traffic import Standing, Traffic
from svcflow.eventlog import CaseLog
from svcflow.report.tally import Tally

Edition: TypeAlias = tuple[str, int]


def traffic(logs: Iterable[CaseLog]) -> Mapping[Edition, Traffic]:
    """
    The traffic by process and version, for `svcflow.diagram.svg(process, traffic=...)`.

    A case counts for the version by which it lives now, with all that happened to it.
    """
    roads = Roads()
    for _ in roads.watched(logs):
        pass
    return roads.traffic()


@define
class Roads:
    """What goes by is counted, and goes on."""

    since: datetime | None = None
    roads: dict[Edition, _Road] = field(factory=dict)

    def watched(self, logs: Iterable[CaseLog]) -> Iterator[CaseLog]:
        """The same logs; those of cases opened before `since` do not count."""
        for log in logs:
            if self.since is None or log.opened_at >= self.since:
                self.roads.setdefault((log.process, log.version), _Road()).add(log)
            yield log

    def traffic(self) -> Mapping[Edition, Traffic]:
        """What came by, in the order of names and versions."""
        return MappingProxyType({edition: self.roads[edition].traffic() for edition in sorted(self.roads)})


@define
class _Road:
    cases: int = 0
    open: int = 0
    now: Counter[str] = field(factory=Counter)
    late: Counter[str] = field(factory=Counter)
    ended: Counter[str] = field(factory=Counter)
    stays: dict[str, Tally] = field(factory=dict)
    taken: Counter[str] = field(factory=Counter)
    met: Counter[str] = field(factory=Counter)
    missed: Counter[str] = field(factory=Counter)

    def add(self, log: CaseLog) -> None:
        self.cases += 1
        self.open += log.status == "open"
        for visit in log.visits:
            if not visit.leaf:
                continue
            if visit.went is not None and visit.until is not None:
                stays = self.stays.setdefault(visit.path, Tally(spread=True))
                stays.add((visit.until - visit.since).total_seconds())
            elif log.status == "open":
                self.now[visit.path] += 1
                self.late[visit.path] += _is_late(log, visit.path)
            else:
                self.ended[visit.path] += 1
        for entry in log.entries:
            for move in entry.moves:
                self.taken.update(move.taken)
        for cycle in log.cycles:
            if cycle.kind == "clock":
                self.met[cycle.name] += cycle.verdict == "met"
                self.missed[cycle.name] += cycle.verdict == "late"

    def traffic(self) -> Traffic:
        states = {path: self._standing(path) for path in {*self.now, *self.ended, *self.stays}}
        clocks = {name: (self.met[name], self.missed[name]) for name in self.met}
        return Traffic(
            self.cases, self.open, MappingProxyType(states), MappingProxyType(dict(self.taken)),
            MappingProxyType(clocks),
        )  # fmt: skip

    def _standing(self, path: str) -> Standing:
        stays = self.stays.get(path, Tally())
        return Standing(
            self.now[path], self.late[path], self.ended[path], stays.count, stays.quantile(0.5), stays.quantile(0.9)
        )


def _is_late(log: CaseLog, path: str) -> bool:
    """Whether a clock of the case is late and still runs, or the limit of this state, or of a group around it, is."""
    return any(
        cycle.stop is None
        and cycle.verdict == "late"
        and (cycle.kind == "clock" or path == cycle.name or path.startswith(f"{cycle.name}."))
        for cycle in log.cycles
    )
