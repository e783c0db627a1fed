"""Tests for pytest out of files: random runs of a process, and stories."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from svcflow import stories
from svcflow.errors import DefinitionError
from svcflow.language.files import process_in
from svcflow.stories import Result
from svcflow.testing.table import plain_table, when
from svcflow.testing.violations import Violation

if TYPE_CHECKING:
    from svcflow.testing.checking import Checking


class ProcessFile(pytest.File):
    """A process file: one test, of random runs. A file with nothing but shared words has none."""

    def collect(self) -> Iterator[pytest.Item]:
        """The test."""
        name = process_in(self.path.read_text(encoding="utf-8", errors="replace"))
        if name is not None:
            yield ProcessItem.from_parent(self, name=name)


class ProcessItem(pytest.Item):
    """What `check` makes of a file; `checking` is what it does, and what it counts."""

    def __init__(self, **more: object) -> None:
        super().__init__(**more)  # type: ignore[arg-type] # pytest's own arguments, handed on
        from svcflow.testing.checking import Checking  # noqa: PLC0415 - Hypothesis takes long to import

        self.checking: Checking = Checking(self.path)

    def runtest(self) -> None:
        """Run the test."""
        self.checking.run()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:  # type: ignore[override] # a text is enough
        """The run that breaks something as a table, or the findings of a broken file."""
        return told(excinfo.value) or str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it stands."""
        return self.path, 0, f"random runs of {self.name}"


class StoryFile(pytest.File):
    """A story: one test."""

    def collect(self) -> Iterator[pytest.Item]:
        """The test."""
        yield StoryItem.from_parent(self, name="story")


class Missed(Exception):
    """A story that did not come out as it says."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.title)
        self.result = result


class StoryItem(pytest.Item):
    """A story, run on a simulated desk."""

    def runtest(self) -> None:
        """
        Run it.

        Raises:
            Missed: Something is not as it says.
            DefinitionError: It cannot be read.
        """
        result = stories.run(stories.read(self.path))
        if not result.passed:
            raise Missed(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:  # type: ignore[override] # as above
        """What happened, and what is not as the story says."""
        return told(excinfo.value) or str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it stands."""
        return self.path, 0, f"story {self.path.name}"


def told(problem: BaseException) -> str:
    """What is known to go wrong with such tests, in words; nothing of anything else."""
    match problem:
        case Violation():
            return f"{type(problem).__name__}: {problem}"
        case Missed():
            return "\n".join(_missed(problem.result))
        case DefinitionError():
            return str(problem)
        case _:
            return ""


def _missed(result: Result) -> Iterator[str]:
    yield f"{result.file}:{result.line}: {result.title}"
    yield ""
    zone = result.process.calendars[result.process.calendar].zone
    rows = [
        (when(one.entry.at, zone), one.entry.actor.id, one.entry.name, ", ".join(one.states)) for one in result.course
    ]
    yield from plain_table((f"WHEN ({zone})", "WHO", "WHAT", "STATE"), rows)
    yield ""
    misses = [(f"line {miss.line}", miss.what, miss.expected, miss.actual) for miss in result.misses]
    yield from plain_table(("", "WHAT", "EXPECTED", "IS"), misses)
