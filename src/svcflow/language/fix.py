"""Repairs: the sure fixes of findings made in the files, over and over until none is left, and nothing made worse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from attrs import frozen

from svcflow.core.machine import Machine
from svcflow.holidays import PublicHolidays
from svcflow.language.checks import remembered
from svcflow.language.doors import Report, check
from svcflow.language.edits import apart, apply
from svcflow.language.files import Drafts, Folder
from svcflow.language.findings import Finding, Fix
from svcflow.language.reader import read

MOST_ROUNDS = 20
"""A fix can show what was hidden before: a stage of the check with errors stops the later ones."""


@frozen(eq=False)
class Repair:
    """
    What became of some files: `made` are the findings whose fix was made, `left` is the check of the outcome.

    `before` and `after` hold the texts of the files that change, by their names in findings.
    """

    made: tuple[Finding, ...]
    left: Report
    before: Mapping[str, str]
    after: Mapping[str, str]


def repair(paths: Iterable[Path], *, machine: Machine | None = None) -> Repair:
    """Make the sure fixes in some files, without writing anything; a file that is only used by them stays."""
    paths = tuple(paths)
    holidays = remembered(PublicHolidays)
    # A finding names a file by its folder and its name, however the path was written.
    named = frozenset(str(Path(str(path.parent)) / path.name) for path in paths)
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    made: list[Finding] = []

    def look() -> Report:
        return check(paths, holidays=holidays, machine=machine, files=lambda folder: Drafts(Folder(folder), after))

    report = look()
    for _ in range(MOST_ROUNDS):
        # What an error leaves unknown may look like a slip elsewhere: warnings come when there is none left.
        fixable = [
            finding
            for finding in report.findings
            if finding.fix is not None and finding.fix.sure and (finding.severity == "error" or not report.failed)
        ]
        done = False
        for file in named & {finding.fix.span.file for finding in fixable if finding.fix is not None}:
            text = report.sources[file]
            here = [finding for finding in fixable if finding.fix is not None and finding.fix.span.file == file]
            fixes = _harmless(file, text, apart(finding.fix for finding in here if finding.fix is not None))
            if fixes:
                before.setdefault(file, text)
                after[file] = apply(text, fixes)
                made += [finding for finding in here if finding.fix in fixes]
                done = True
        if not done:
            break
        report = look()
    return Repair(tuple(made), report, MappingProxyType(before), MappingProxyType(after))


def _harmless(file: str, text: str, fixes: Sequence[Fix]) -> tuple[Fix, ...]:
    """The fixes after which the YAML is no worse: a better key may be there already."""
    kept: list[Fix] = []
    worst = _errors(file, text)
    for fix in fixes:
        errors = _errors(file, apply(text, [*kept, fix]))
        if errors <= worst:
            kept.append(fix)
            worst = errors
    return tuple(kept)


def _errors(file: str, text: str) -> int:
    return sum(finding.severity == "error" for finding in read(text, file).findings)
