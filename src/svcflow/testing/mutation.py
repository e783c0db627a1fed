"""
Mutants of one process: does a suite notice when the process does something else?

Stories and properties that pass on a mutant say nothing about what it changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from attrs import frozen

from svcflow.core.calendar import Holidays
from svcflow.core.process import Process
from svcflow.holidays import PublicHolidays
from svcflow.language.checks import Project, remembered
from svcflow.language.compile_words import HolidaySource
from svcflow.language.files import Texts
from svcflow.language.nodes import plain
from svcflow.language.reader import read
from svcflow.testing.definition import Tree, written
from svcflow.testing.slips import Slip, made, slips


@frozen
class Mutant:
    """
    A process with one slip in it, which does something else than the process it was made of.

    `kind` says what was done (`guard dropped`), `what` says it with its place, `file` and `line` where that stands in
    the texts of the original. `process` is the mutant, compiled, with its own `sources`.
    """

    kind: str
    what: str
    file: str
    line: int
    process: Process

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


def mutants(process: Process) -> Iterator[Mutant]:
    """
    Every mutant of a process with one slip, in the order of its files: guards, targets, forms, people, times, deeds.

    Slips that leave no process, and those that change nothing that happens, are left out. Each is compiled when it is
    reached; that takes as long as loading the process.
    """
    workshop = Workshop(process)
    for file, slip in workshop.slips():
        mutant = workshop.mutant(file, slip)
        if mutant is not None:
            yield mutant


class Workshop:
    """One process on the bench: its files are read once for all its mutants."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.documents = {file: read(text, file) for file, text in process.sources.items()}
        # A file that was compiled is a mapping.
        self.trees = {file: cast("Tree", plain(one.root)) for file, one in self.documents.items() if one.root}
        self.holidays = _holidays(process)

    def slips(self) -> Iterator[tuple[str, Slip]]:
        """Every slip in every file of the process, whatever it leads to."""
        return ((file, slip) for file, tree in self.trees.items() for slip in slips(tree))

    def mutant(self, file: str, slip: Slip) -> Mutant | None:
        """The process with a slip in one of its files; None if that is no process, or does the same."""
        texts = {**self.process.sources, file: written(made(self.trees[file], slip))}
        compiled = Project(Texts(texts), (), self.holidays).compiled(self.process.file).compiled
        if compiled is None or compiled.process.digest == self.process.digest:
            return None
        line = self.documents[file].span(slip.place, key=True).line
        return Mutant(slip.kind, str(slip), file, line, compiled.process)


def _holidays(process: Process) -> HolidaySource:
    """The holidays that the process counts on, whoever gave them."""
    known = {one.holidays.name: one.holidays for one in process.calendars.values() if one.holidays is not None}

    def give(code: str) -> Holidays:
        return known.get(code) or PublicHolidays(code)

    return remembered(give)
