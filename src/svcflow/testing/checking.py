"""One line, one test: random runs of a process as an ordinary test function, with all that must always hold."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType

from attrs import define, field
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from svcflow.core.event import EMPTY
from svcflow.core.process import Process
from svcflow.published import Publishable
from svcflow.testing.campaigning import Happened
from svcflow.testing.coverage.tally import Coverage
from svcflow.testing.draw import traces
from svcflow.testing.drawing import MOST
from svcflow.testing.host import FakeHooks, HostFunction
from svcflow.testing.properties import Properties
from svcflow.testing.properties.all import BUILT_IN
from svcflow.testing.reduce import broken, reduced
from svcflow.testing.running import run
from svcflow.testing.saved import Failure, save, saved
from svcflow.testing.stage import Stage
from svcflow.testing.step import Course
from svcflow.testing.table import told
from svcflow.testing.trace import Trace
from svcflow.testing.violations import NeverHappened, Violation

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
"""What Hypothesis would call unhealthy: a run is large, and takes its time."""


def check(
    process: Publishable | Stage,
    *,
    hooks: FakeHooks | Mapping[str, HostFunction] = EMPTY,
    properties: Properties = (),
    sometimes: Mapping[str, Happened] = EMPTY,
    examples: int | None = None,
    most: int = MOST,
    weights: Mapping[str, int] = EMPTY,
    faults: bool = True,
) -> Callable[[], None]:
    """
    Make a test of a process for pytest to find, by a name that begins with `test_`.

    It draws `examples` runs (default: as many as Hypothesis is set to) of at most `most` commands, and looks at each
    with the built-in properties and with `properties`; `weights` and `faults` are those of `traces`. `hooks` are the
    host's functions by name, or `FakeHooks` that say what fails. `sometimes` names what must happen in some run. What
    fails is reduced, shown as a table, kept in `.svcflow/failures/`, and run first next time. A relative path is looked
    for beside the file that calls `check`, then where the tests run.

    Raises (the test):
        Violation: A promise is broken; its `course` is that of the shortest run that breaks it.
        DefinitionError: The file has errors.
    """
    checking = Checking(
        beside(process, inspect.currentframe()),
        hooks if isinstance(hooks, FakeHooks) else FakeHooks(hooks),
        (*BUILT_IN, *properties),
        sometimes,
        examples,
        partial(traces, most=most, weights=weights, faults=faults),
    )

    def test() -> None:
        __tracebackhide__ = True
        checking.run()

    test.checking = checking  # type: ignore[attr-defined] # for the plugin, which counts what is covered
    return test


def beside(process: Publishable | Stage, frame: FrameType | None) -> Publishable | Stage:
    """A file as the caller of the function of this frame means it: beside the caller's own file, if it is there."""
    if isinstance(process, (Process, Stage, tuple)) or frame is None or frame.f_back is None:
        return process
    found = Path(frame.f_back.f_globals.get("__file__", "")).parent / process
    return found if found.exists() else os.fspath(process)


@define(eq=False)
class Checking:
    """What the test of a process does; `coverage` counts its runs, where somebody wants to know."""

    process: Publishable | Stage
    host: FakeHooks = field(factory=FakeHooks)
    properties: Properties = BUILT_IN
    sometimes: Mapping[str, Happened] = EMPTY
    examples: int | None = None
    drawn: Callable[[Stage], SearchStrategy[Trace]] = traces
    coverage: Coverage | None = None
    _stage: Stage | None = field(default=None, init=False)

    @property
    def stage(self) -> Stage:
        """The process, ready; not before it is wanted, so that tests are found quickly."""
        if self._stage is None:
            self._stage = self.process if isinstance(self.process, Stage) else Stage.of(self.process)
        return self._stage

    def run(self) -> None:
        """
        The test: what failed before, then new runs.

        Raises:
            Violation: What is broken, reduced; the text shows the run, and says where it is kept.
        """
        __tracebackhide__ = True
        missing = dict(self.sometimes)
        self._again()
        found = self._search(missing)
        if found is not None:
            shortest = reduced(self.stage, found, properties=self.properties, host=self.host)
            raise self._kept(shortest) from shortest.__cause__
        if missing:
            raise NeverHappened(f"what should happen sometimes never did: {', '.join(missing)}")

    def _again(self) -> None:
        __tracebackhide__ = True
        for file, failure in saved(self.stage.process.name):
            violation = broken(self.stage, failure.trace, properties=self.properties, host=self.host)
            if violation is not None:
                raise shown(violation, f"this failed before, and still does: {file}") from violation.__cause__
            print(f"FIXED: {file} fails no longer; delete it, or keep it to be run first every time")

    def _search(self, missing: dict[str, Happened]) -> Violation | None:
        """The first violation that a drawn run shows."""
        found: list[Violation] = []

        @settings(self._settings())
        @given(self.drawn(self.stage))
        def search(trace: Trace) -> None:
            if found:  # Hypothesis asks once more; it is known.
                raise found[0]
            course, violation = self._run(trace)
            if self.coverage is not None and course is not None:
                self.coverage.add(course)
            if violation is not None:
                found.append(violation)
                raise violation
            for name in [name for name, happened in missing.items() if course is not None and happened(course)]:
                del missing[name]

        with suppress(Violation):
            search()
        return found[0] if found else None

    def _run(self, trace: Trace) -> tuple[Course | None, Violation | None]:
        try:
            return run(self.stage, trace, properties=self.properties, host=self.host.fresh()), None
        except Violation as violation:
            return violation.course, violation

    def _settings(self) -> settings:
        """What Hypothesis is set to, but for what the kit does itself: reducing, and keeping what failed."""
        return settings(
            max_examples=settings().max_examples if self.examples is None else self.examples,
            phases=(Phase.generate,), suppress_health_check=SLOW, report_multiple_bugs=False, database=None,
            deadline=None,
        )  # fmt: skip

    def _kept(self, violation: Violation) -> Violation:
        """Keep a violation, and say where."""
        assert violation.course is not None  # noqa: S101 - `run` fills it in
        file = save(Failure.of(violation, violation.course.trace, self.stage.process))
        return shown(violation, f"kept in {file}, to be run first next time")


def shown(violation: Violation, where: str) -> Violation:
    """The same violation, with the run as a table in its text."""
    text = told(violation).removeprefix(f"{type(violation).__name__}: ")
    shown = type(violation)(f"{text}\n\n{where}", case=violation.case)
    shown.course = violation.course
    return shown
