"""What all tests of a pytest session cover together, over the workers of xdist, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pytest

from svcflow import language
from svcflow.core.process import Process
from svcflow.testing.coverage.report import Report, thresholds
from svcflow.testing.coverage.tally import Coverage
from svcflow.testing.coverage.written import write
from svcflow.testing.stage import Stage

_SENT = "svcflow_coverage"
"""The name under which a worker of xdist sends what it counted."""


class Counted(Protocol):
    """What a test knows of its process: `Checking`, and what a `CaseMachine` shares."""

    coverage: Coverage | None

    @property
    def stage(self) -> Stage:
        """The process, ready."""
        ...


class Worker(Protocol):
    """A worker of xdist that has come to its end."""

    workeroutput: Mapping[str, Any]


class Covering:
    """
    The plugin that counts: `wanted` as it is given in the configuration, and the files to write.

    Raises:
        pytest.UsageError: A threshold that makes no sense.
    """

    def __init__(self, wanted: str, files: Sequence[Path]) -> None:
        try:
            self.wanted = thresholds(wanted)
        except ValueError as problem:
            raise pytest.UsageError(str(problem)) from problem
        self.files = files
        self.coverage = Coverage()
        self.tested: dict[str, tuple[Process, Mapping[str, Process]]] = {}
        self.report: Report | None = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """Count what a test covers."""
        counted = _counted(item)
        if counted is None:
            return (yield)
        counted.coverage = self.coverage
        try:
            return (yield)
        finally:
            counted.coverage = None
            self._remember(counted.stage.process, counted.stage.processes)

    def _remember(self, process: Process, family: Mapping[str, Process]) -> None:
        self.tested[process.name] = process, family

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Worker) -> None:
        """A worker of xdist is done: add what it counted."""
        sent = getattr(node, "workeroutput", {}).get(_SENT)
        if sent is not None:
            self.coverage.merge(Coverage.from_json(sent["counted"]))
            for path in sent["files"]:
                first, *rest = language.project(path)
                self._remember(first, {one.name: one for one in (first, *rest)})

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """
        Send what was counted, in a worker; else make the report, and fail where it falls short.

        Raises:
            InputError: A file is of no kind that there is.
            OSError: It cannot be written.
        """
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            files = [str(Path(one.folder, one.file).resolve()) for one, _ in self.tested.values() if one.file]
            output[_SENT] = {"counted": self.coverage.to_json(), "files": files}
        elif self.tested:
            family = {name: one for _, processes in self.tested.values() for name, one in processes.items()}
            self.report = self.coverage.report([process for process, _ in self.tested.values()], family)
            for file in self.files:
                write(self.report, file, wanted=self.wanted)
            if self.report.shortfalls(self.wanted) and session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say it."""
        if self.report is None:
            return
        terminalreporter.section("svcflow coverage")
        terminalreporter.write_line(self.report.text(most=3))
        for file in self.files:
            terminalreporter.write_line(f"written to {file}")
        for short in self.report.shortfalls(self.wanted):
            terminalreporter.write_line(f"FAILED {short}", red=True)


def _counted(item: pytest.Item) -> Counted | None:
    """What counts in a test: of a process file, of `check`, of a `CaseMachine`."""
    function, machine = getattr(item, "function", None), getattr(item, "cls", None)
    places = ((item, "checking"), (function, "checking"), (machine, "machined"))
    return next((found for owner, name in places if (found := getattr(owner, name, None)) is not None), None)
