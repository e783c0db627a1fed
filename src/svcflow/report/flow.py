"""Where time goes, which ways cases take, and what deviates from the usual one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeAlias, TypeVar

from attrs import define, field, frozen

from svcflow.core.decision import JournalEntry
from svcflow.eventlog import CaseLog, Visit
from svcflow.report.tally import Tally

K = TypeVar("K")
Way: TypeAlias = tuple[str, ...]

_MOST_WAYS = 20_000
_OTHERS: Way = ("...",)


@frozen
class Step:
    """
    How long cases of a process stay in a leaf state: a bottleneck where `share` is large.

    `share` is its part of all the time from the opening to the end on critical paths: of states that are there side by
    side only the last to be left holds a case up. Times are in seconds, of stays that are over.
    """

    process: str
    state: str
    visits: int
    mean: float | None
    median: float | None
    p90: float | None
    share: float


@frozen
class Passage:
    """How often cases went from one leaf state into another, and how many seconds after they had entered the first."""

    process: str
    left: str
    entered: str
    count: int
    mean: float | None
    p90: float | None


@frozen
class Variant:
    """
    A way through a process as the names of what happened, with how many cases took it, ended ones alone.

    `end` is the state in which they ended; of several side by side all of them, with commas.
    """

    process: str
    way: Way
    cases: int
    share: float
    mean: float | None
    end: str = ""


@frozen
class Deviation:
    """What cases do more than, or leave out of, the most frequent way through their process."""

    process: str
    kind: str
    event: str
    cases: int
    share: float


def passed(visits: Sequence[Visit]) -> Iterator[tuple[Visit, str]]:
    """Each stay that was left, with each state to which it was left."""
    entered: dict[int, list[str]] = {}
    for visit in visits:
        entered.setdefault(id(visit.came), []).append(visit.path)
    for visit in visits:
        if visit.went is not None:
            went, left = visit.went, visit.path
            yield from ((visit, path) for path in entered.get(id(went), ()) if _leads(went, left, path))


def _leads(entry: JournalEntry, left: str, entered: str) -> bool:
    """Whether one microstep of an entry led from this state into that one, and not by another on the way."""
    alone = entry.kind == "migrated" or len(entry.moves) <= 1
    return alone or any(left in move.left and entered in move.entered for move in entry.moves)


@define
class Flow:
    """The flow of cases, case by case. Beyond so many different ways of a process, new ones are counted together."""

    stays: dict[tuple[str, str], Tally] = field(factory=dict)
    critical: dict[tuple[str, str], float] = field(factory=dict)
    passages: dict[tuple[str, str, str], Tally] = field(factory=dict)
    ways: dict[tuple[str, Way, str], Tally] = field(factory=dict)
    most: int = _MOST_WAYS
    kept: Counter[str] = field(factory=Counter)

    def add(self, log: CaseLog) -> None:
        """Take in one case."""
        leaves = [visit for visit in log.visits if visit.leaf]
        for visit in leaves:
            if visit.until is not None and visit.went is not None:
                _tally(self.stays, (log.process, visit.path)).add((visit.until - visit.since).total_seconds())
        for visit, path in passed(leaves):
            if visit.until is not None:
                _tally(self.passages, (log.process, visit.path, path)).add((visit.until - visit.since).total_seconds())
        if log.ended_at is None:
            return
        for visit in critical_path(leaves):
            key = (log.process, visit.path)
            self.critical[key] = self.critical.get(key, 0) + ((visit.until or log.now) - visit.since).total_seconds()
        end = ", ".join([visit.path for visit in leaves if visit.went is None])
        way = (log.process, tuple([entry.name for entry in log.entries if _step_of_way(entry)]), end)
        if way not in self.ways:
            if self.kept[log.process] < self.most:
                self.kept[log.process] += 1
            else:
                way = (log.process, _OTHERS, "")
        _tally(self.ways, way).add((log.ended_at - log.opened_at).total_seconds())

    def steps(self) -> tuple[Step, ...]:
        """Every leaf state, the one that holds cases up most first."""
        whole: dict[str, float] = {}
        for (process, _), seconds in self.critical.items():
            whole[process] = whole.get(process, 0) + seconds
        found = [
            Step(process, state, one.count, one.mean, one.quantile(0.5), one.quantile(0.9),
                 self.critical.get((process, state), 0) / (whole.get(process) or 1))
            for (process, state), one in self.stays.items()
        ]  # fmt: skip
        return tuple(sorted(found, key=lambda one: (one.process, -one.share, one.state)))

    def between(self) -> tuple[Passage, ...]:
        """Every passage from state to state, the most frequent first."""
        found = [Passage(*key, one.count, one.mean, one.quantile(0.9)) for key, one in self.passages.items()]
        return tuple(sorted(found, key=lambda one: (one.process, -one.count, one.left, one.entered)))

    def variants(self) -> tuple[Variant, ...]:
        """Every way, the most frequent first."""
        whole: Counter[str] = Counter()
        for (process, _, _), one in self.ways.items():
            whole[process] += one.count
        found = [
            Variant(process, way, one.count, one.count / whole[process], one.mean, end)
            for (process, way, end), one in self.ways.items()
        ]
        return tuple(sorted(found, key=lambda one: (one.process, -one.cases, one.way, one.end)))

    def deviations(self) -> tuple[Deviation, ...]:
        """What the other ways have more or less than the most frequent one, the most frequent first."""
        usual: dict[str, Counter[str]] = {}
        whole: Counter[str] = Counter()
        known = [variant for variant in self.variants() if variant.way != _OTHERS]
        for variant in known:
            usual.setdefault(variant.process, Counter(variant.way))
            whole[variant.process] += variant.cases
        found: Counter[tuple[str, str, str]] = Counter()
        for variant in known:
            process, taken = variant.process, Counter(variant.way)
            for kind, names in (("extra", taken - usual[process]), ("left out", usual[process] - taken)):
                for name in names:
                    found[process, kind, name] += variant.cases
        listed = [Deviation(*key, cases, cases / whole[key[0]]) for key, cases in found.items()]
        return tuple(sorted(listed, key=lambda one: (one.process, -one.cases, one.kind, one.event)))


def critical_path(leaves: Sequence[Visit]) -> Iterator[Visit]:
    """From the end of a case back to its opening: each time the stay that was over last before the next one began."""
    over = [(visit.until, visit.since, visit) for visit in leaves if visit.until is not None]
    begin: datetime | None = None
    for until, since, visit in sorted(over, key=lambda one: one[:2], reverse=True):
        if begin is None or until <= begin:
            yield visit
            begin = since


def _step_of_way(entry: JournalEntry) -> bool:
    """Whether an entry is a step: what somebody did, or what time did if it moved the case."""
    if entry.kind == "child":
        return "persons" not in entry.detail  # Else it says that somebody acted in a child: a step of that one.
    return entry.kind in {"event", "cancelled"} or (entry.kind == "timer" and bool(entry.moves))


def _tally(tallies: dict[K, Tally], key: K) -> Tally:
    found = tallies.get(key)
    if found is None:
        found = tallies[key] = Tally(spread=True)
    return found
