"""A report in which states, clocks and events have their titles instead of their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import evolve, frozen

from svcflow.core.process import Process
from svcflow.diagram.wording import Wording
from svcflow.report import Kpi, Report

_LIMIT = "limit:"


def titled(made: Report, processes: Iterable[Process], language: str) -> Report:
    """
    The report with titles in `language`, of every process that has it.

    Of several versions of a process the last one counts. A figure is of all processes: its state or clock has a title
    where all that have one of this name call it the same.
    """
    named = {one.name: _Titles(Wording.of(one, language if one.languages else None))
             for one in processes if not one.languages or language in one.languages}  # fmt: skip
    blank = _Titles(None)

    def of(process: str) -> _Titles:
        return named.get(process, blank)

    return evolve(
        made,
        kpis=tuple([_kpi(one, tuple(named.values())) for one in made.kpis]),
        steps=tuple([evolve(one, state=of(one.process).state(one.state)) for one in made.steps]),
        passages=tuple([
            evolve(one, left=of(one.process).state(one.left), entered=of(one.process).state(one.entered))
            for one in made.passages
        ]),
        variants=tuple([
            evolve(one, way=tuple(map(of(one.process).event, one.way)),
                   end=", ".join(map(of(one.process).state, one.end.split(", "))))
            for one in made.variants
        ]),
        deviations=tuple([evolve(one, event=of(one.process).event(one.event)) for one in made.deviations]),
    )  # fmt: skip


@frozen
class _Titles:
    """The titles of one process, or none: a name without a title stays as it is."""

    words: Wording | None

    def state(self, path: str) -> str:
        if self.words is None or path not in self.words.process.paths:
            return path
        states = self.words.process.states
        line = [states[index] for index in self.words.line(self.words.process.paths[path])]
        titles = [self.words.called(one.name, one.title) or one.name for one in line]
        return " / ".join(titles)

    def clock(self, name: str) -> str:
        if name.startswith(_LIMIT):
            return _LIMIT + self.state(name.removeprefix(_LIMIT))
        rule = None if self.words is None else self.words.process.clocks.get(name)
        return (self.words and rule and self.words.called(name, rule.title)) or name

    def event(self, name: str) -> str:
        return (self.words and self.words.called(name)) or name


def _kpi(kpi: Kpi, titles: Iterable[_Titles]) -> Kpi:
    by: Mapping[str, str] = {
        dimension: _agreed(dimension, value, titles) if dimension in {"state", "clock"} else value
        for dimension, value in kpi.by.items()
    }
    return evolve(kpi, by=by) if by != kpi.by else kpi


def _agreed(dimension: str, name: str, titles: Iterable[_Titles]) -> str:
    found = {one.state(name) if dimension == "state" else one.clock(name) for one in titles if _has(one, name)}
    return found.pop() if len(found) == 1 else name


def _has(one: _Titles, name: str) -> bool:
    if one.words is None:
        return False
    process = one.words.process
    return name.removeprefix(_LIMIT) in process.paths or name in process.clocks
