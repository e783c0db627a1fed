"""The phases in which `test` tries a process: one after another, each with one line of what came of it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib.metadata import entry_points
from itertools import islice
from pathlib import Path
from typing import Literal, TypeAlias

from attrs import field, frozen

from svcflow import language, stories
from svcflow.cli import output
from svcflow.cli.phase_names import PHASES, Name
from svcflow.cli.stories import Outcome, outcome_of, stories_of
from svcflow.core.process import Process
from svcflow.core.statechart import Statechart
from svcflow.errors import DefinitionError, InputError
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding
from svcflow.machines import GROUP, named
from svcflow.model.explore import Model
from svcflow.model.findings import examine
from svcflow.testing.campaigning import Found, Watcher, campaign
from svcflow.testing.coverage.items import Kind
from svcflow.testing.coverage.report import Report
from svcflow.testing.coverage.tally import Coverage
from svcflow.testing.coverage.written import write
from svcflow.testing.drawing import Drawing, random_traces
from svcflow.testing.reduce import broken as broken_by
from svcflow.testing.saved import FAILURES, Failure, save, saved
from svcflow.testing.stage import Database, Stage
from svcflow.testing.trace import Trace
from svcflow.testing.violations import Violation
from svcflow.testing.ways import ways

BY_CHANCE: frozenset[Name] = frozenset({"explore", "faults", "machines"})
"""The phases that could go on for ever: they share the time that is given."""

EXAMPLES = 100
"""Runs of each of these where neither their number nor a time is given."""

Status: TypeAlias = Literal["passed", "failed", "skipped"]
STORY_WORDS = ("story", "stories")


@frozen
class Broken:
    """A promise that a run broke, and the file in which the run is kept."""

    violation: Violation
    file: Path


@frozen
class Phase:
    """What came of a phase: `told` in a few words, and what is behind them."""

    name: Name | Literal["coverage"]
    status: Status
    told: str
    report: language.Report | None = None
    outcomes: tuple[Outcome, ...] = ()
    broken: tuple[Broken, ...] = ()
    runs: int = 0
    steps: int = 0
    coverage: Report | None = None
    interrupted: bool = False


@frozen
class Wish:
    """
    What is to be tried, for how long, on which database.

    `given` are runs to be repeated, with their files. With `required`, percent by kind, it is said what was
    covered, and with `report` written to that file.
    """

    phases: frozenset[Name]
    seconds: float | None
    examples: int | None
    seed: int
    database: Database
    given: tuple[tuple[Path, Failure | Trace], ...] = ()
    required: Mapping[Kind, int] | None = None
    report: Path | None = None
    folder: Path = field(default=FAILURES)


class Trial:
    """One process file, tried as wished."""

    def __init__(self, file: Path, wish: Wish, library: stories.Library) -> None:
        self.file, self.wish, self.library = file, wish, library
        self.tally = Coverage()
        self._left = len(wish.phases & BY_CHANCE)
        self._until: float | None = None

    def phases(self) -> Iterator[Phase]:
        """
        Each phase as it is over.

        A file with errors is tried no further.
        """
        report = language.check([self.file], rules=(*language.house_rules(), language.swapped_letters()))
        said = language.summary(report.findings) or "nothing wrong"
        if report.failed or "check" in self.wish.phases:
            yield Phase("check", "failed" if report.failed else "passed", said, report if report.failed else None)
        if report.failed:
            return
        for name in PHASES[1:]:
            if name in self.wish.phases:
                yield self._phase(name)
        if self.wish.required is not None:
            yield self._coverage(self.wish.required)

    def _phase(self, name: Name) -> Phase:
        match name:
            case "replay":
                return self._replay()
            case "model":
                return self._model()
            case "stories":
                return self._stories()
            case "machines":
                return self._machines()
            case "paths":
                return self._search(name, self.stage, math.inf)
            case _:
                return self._search(name, self.stage, self._share())

    @cached_property
    def compiled(self) -> Compiled:
        """The process with all that is known of it."""
        return language.compiled(self.file)

    @property
    def process(self) -> Process:
        """The process."""
        return self.compiled.process

    @cached_property
    def stage(self) -> Stage:
        """The process, made ready for any number of runs."""
        return Stage.of(self.file, database=self.wish.database)

    # ── what is known beforehand ───────────────────────────────────────────────────────────────────────────────

    def _replay(self) -> Phase:
        name = self.process.name
        known: dict[Path, Failure | Trace] = dict(saved(name, self.wish.folder))
        known |= {file: run for file, run in self.wish.given if _trace(run).process == name}
        others = [f"{file} is about {_trace(run).process}" for file, run in self.wish.given if file not in known]
        if not known:
            return Phase("replay", "skipped", ", ".join(others) or "no run is kept")
        broken: dict[Path, Violation] = {}
        for file, run in output.tracked(f"{name}: replay", list(known.items())):
            violation = broken_by(self.stage, _trace(run))
            if violation is not None:
                broken[file] = violation
        # A trace that is well was never broken; a failure that is well has been mended.
        fixed = sum(isinstance(run, Failure) for file, run in known.items() if file not in broken)
        parts = (f"{fixed} FIXED" if fixed else "", f"{len(broken)} FAILED" if broken else "", *others)
        told = ", ".join((output.count(len(known), "run"), *filter(None, parts)))
        found = tuple(Broken(violation, file) for file, violation in broken.items())
        return Phase("replay", "failed" if found else "passed", told, broken=found, runs=len(known))

    @cached_property
    def _examined(self) -> tuple[Model, tuple[Finding, ...]]:
        """What the model checker knows; it takes seconds for a large process."""
        return examine(self.compiled)

    def _model(self) -> Phase:
        found, findings = self._examined
        told = f"{output.count(found.places, 'situation')} looked at"
        left = f", {output.count(len(found.open), 'move')} left open" if found.open else ""
        if not findings:
            return Phase("model", "passed", f"{told}{left}")
        sources = {document.file: document.text for document in self.compiled.sources.documents.values()}
        report = language.Report(tuple(findings), sources)
        return Phase("model", "failed", language.summary(findings), report)

    def _stories(self) -> Phase:
        files = list(stories_of(self.file))
        outcomes = tuple(outcome_of(file, self.library) for file in files)
        failed = sum(not outcome.passed for outcome in outcomes)
        if not files:
            return Phase("stories", "skipped", "none is told of it")
        told = f"{output.count(len(files), *STORY_WORDS)}{f', {failed} failed' if failed else ''}"
        return Phase("stories", "failed" if failed else "passed", told, outcomes=outcomes)

    def _coverage(self, required: Mapping[Kind, int]) -> Phase:
        report = self.tally.report([self.process], models={self.process.name: self._examined[0]})
        if self.wish.report is not None:
            write(report, self.wish.report, wanted=required)
        short = report.shortfalls(required)
        shares = ", ".join(f"{row.kind} {row.share} %" for part in report.parts for row in part.rows())
        return Phase("coverage", "failed" if short else "passed", "; ".join(map(str, short)) or shares, coverage=report)

    @property
    def _watchers(self) -> tuple[Watcher, ...]:
        return () if self.wish.required is None else (self.tally,)

    # ── searches ───────────────────────────────────────────────────────────────────────────────────────────────

    def _traces(self, name: Name, stage: Stage) -> Iterable[Trace]:
        if name == "paths":
            return ways(stage)
        drawing = Drawing.of(stage, faults=name != "explore")
        return islice(random_traces(drawing, self.wish.seed), self._examples())

    def _examples(self) -> int | None:
        """How many runs a phase may take; None where only the time counts."""
        if self.wish.examples is None and self.wish.seconds is None:
            return EXAMPLES
        return self.wish.examples

    def _machines(self) -> Phase:
        stages, skipped = self._stages()
        if not stages:
            return Phase("machines", "skipped", "; ".join(skipped))
        share = self._share() / len(stages)
        parts = {name: self._search("machines", stage, share) for name, stage in stages.items()}
        told = [f"{name}: {part.told}" for name, part in parts.items()]
        return Phase(
            "machines",
            "failed" if any(part.broken for part in parts.values()) else "passed",
            "; ".join((*told, *skipped)),
            broken=tuple({one.file: one for part in parts.values() for one in part.broken}.values()),
            runs=sum(part.runs for part in parts.values()),
            steps=sum(part.steps for part in parts.values()),
            interrupted=any(part.interrupted for part in parts.values()),
        )

    def _stages(self) -> tuple[dict[str, Stage], list[str]]:
        """The process on every machine that can run it, and why others cannot."""
        stages: dict[str, Stage] = {}
        skipped = []
        for name in sorted(set(entry_points(group=GROUP).names) - {Statechart().name}):
            try:
                stages[name] = Stage.of(self.file, database=self.wish.database, machine=named(name))
            except DefinitionError:
                skipped.append(f"{name} cannot run it")
            except InputError:
                skipped.append(f"{name} is not installed")
        return stages, skipped

    def _search(self, name: Name, stage: Stage, seconds: float) -> Phase:
        """A campaign; what it finds is kept."""
        until = time.monotonic() + seconds
        with output.progress(f"{self.process.name}: {name}", self._examples()) as advance:
            searched = campaign(
                stage,
                self._traces(name, stage),
                watchers=(*self._watchers, lambda _course: advance(1)),
                enough=lambda: time.monotonic() > until,
            )
        found = tuple(Broken(one.violation, self._kept(one)) for one in searched.found)
        told = f"{output.count(searched.runs, 'run')}, {output.count(searched.steps, 'step')}"
        return Phase(
            name, "failed" if found else "passed", told, broken=found, runs=searched.runs, steps=searched.steps,
            interrupted=searched.ended == "interrupted",
        )  # fmt: skip

    def _kept(self, found: Found) -> Path:
        return save(Failure.of(found.violation, found.trace, self.process), self.wish.folder)

    def _share(self) -> float:
        """The seconds for the next phase by chance: an equal share of what is left."""
        if self.wish.seconds is None:
            return math.inf
        if self._until is None:
            self._until = time.monotonic() + self.wish.seconds
        share = max(0.0, self._until - time.monotonic()) / self._left
        self._left -= 1
        return share


def _trace(run: Failure | Trace) -> Trace:
    return run.trace if isinstance(run, Failure) else run
