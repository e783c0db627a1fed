"""Counting what runs cover: one tally for each process of testers, added up over them, JSON both ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from svcflow.core.event import EMPTY
from svcflow.core.process import Process
from svcflow.errors import InputError
from svcflow.model.explore import Model
from svcflow.testing.coverage.items import Items, Kind, Known, known
from svcflow.testing.coverage.report import Item, Part, Report, Status
from svcflow.testing.coverage.watching import Watcher
from svcflow.testing.step import Course

FORMAT = 1
"""The version of the JSON form."""


_MISSED: Mapping[Known, Status] = {"reachable": "uncovered", "unreachable": "unreachable", "unknown": "unknown"}


class Coverage:
    """
    What runs have covered so far: how often each item of each process was met.

    `coverage.add(course)` counts a run; it can be handed over wherever an observer of courses is wanted.
    """

    def __init__(self) -> None:
        self.runs = 0
        self._counts: dict[str, Counter[tuple[Kind, str]]] = {}
        self._watcher = Watcher()

    def add(self, course: Course) -> None:
        """Count what a run covered, failed or not."""
        self.runs += 1
        for process, kind, name in self._watcher.marks(course):
            self._counts.setdefault(process, Counter())[kind, name] += 1

    __call__ = add

    def merge(self, other: Coverage) -> None:
        """Add what others counted."""
        self.runs += other.runs
        for process, counts in other._counts.items():
            self._counts.setdefault(process, Counter()).update(counts)

    def count(self, process: str, kind: Kind, name: str) -> int:
        """How often an item was met."""
        return self._counts.get(process, Counter())[kind, name]

    def to_json(self) -> dict[str, Any]:
        """As plain data for JSON."""
        processes: dict[str, dict[str, dict[str, int]]] = {}
        for process, counts in self._counts.items():
            for (kind, name), count in sorted(counts.items()):
                processes.setdefault(process, {}).setdefault(kind, {})[name] = count
        return {"svcflow": "coverage", "format": FORMAT, "runs": self.runs, "processes": processes}

    @classmethod
    def from_json(cls, data: object) -> Coverage:
        """
        Read what `to_json` wrote.

        Raises:
            InputError: It is something else.
        """
        found = cls()
        if not isinstance(data, Mapping) or data.get("svcflow") != "coverage" or data.get("format") != FORMAT:
            raise InputError(
                f"this is no coverage of format {FORMAT}: it lacks `svcflow: coverage`, `format: {FORMAT}`"
            )
        try:
            found.runs = int(data["runs"])
            for process, kinds in data["processes"].items():
                found._counts[process] = Counter(dict(_read(kinds)))
        except (KeyError, AttributeError, TypeError, ValueError, OverflowError) as problem:
            raise InputError(f"this coverage cannot be read: {problem!r}") from problem
        return found

    def report(
        self,
        processes: Iterable[Process],
        children: Mapping[str, Process] = EMPTY,
        *,
        models: Mapping[str, Model] = EMPTY,
    ) -> Report:
        """
        What is covered of some processes, and what is not; what never can be is found out by the model checker.

        `children` are the processes that they run, by name, as far as they are not among them; `models` what was found
        out before, which takes seconds for a large process.
        """
        wanted = list(processes)
        near = {**children, **{process.name: process for process in wanted}}
        return Report(self.runs, tuple(self._part(one, models.get(one.name) or known(one, near)) for one in wanted))

    def _part(self, process: Process, model: Model) -> Part:
        items = Items(process, model)
        counts = self._counts.get(process.name, Counter())
        found = []
        for kind, names in items.all().items():
            seen = {name for one, name in counts if one == kind}
            # What was met although nobody expected it is told too: a refusal of a rare kind.
            more: Mapping[str, Known] = dict.fromkeys(
                sorted(seen - names.keys()) if kind == "refusals" else (), "unknown"
            )
            for name, what in (*names.items(), *more.items()):
                count = counts[kind, name]
                found.append(Item(kind, name, "covered" if count else _MISSED[what], count))
        return Part(process, tuple(found))


def _read(kinds: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[tuple[Kind, str], int]]:
    for kind, names in kinds.items():
        if kind not in get_args(Kind):
            raise ValueError(f"there is no kind {kind!r}")
        for name, count in names.items():
            yield (kind, str(name)), int(count)  # type: ignore[misc] # It is one of the kinds, as was just asked.
