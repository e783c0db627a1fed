"""How trials of processes are told: line by line for people, as JSON for programs, as JUnit for build servers."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from attrs import field, frozen
from rich.console import RenderableType
from rich.text import Text

from svcflow import language
from svcflow.cli import output
from svcflow.cli.data import Json
from svcflow.cli.phases import Broken, Phase
from svcflow.cli.stories import Outcome, story_json, story_suite, told_stories
from svcflow.testing.table import told, violation_rows
from svcflow.testing.violations import Violation

_NAMES, _STATUSES = 10, 9
_LONGEST = 1_000
"""Letters of what is said of a violation, beyond which the rest stands in the file alone."""
_STYLES = {"passed": "green", "failed": "bold red", "skipped": "dim"}


@frozen
class Tested:
    """A process file, and what came of its phases so far."""

    file: Path
    phases: list[Phase] = field(factory=list)

    @property
    def failed(self) -> int:
        """How many phases failed."""
        return sum(phase.status == "failed" for phase in self.phases)


# ── for people ─────────────────────────────────────────────────────────────────────────────────────────────────


def title(trial: Tested) -> RenderableType:
    """The line above the phases."""
    return Text(output.clean(str(trial.file)), style="bold")


def told_phase(phase: Phase) -> Iterator[RenderableType]:
    """A line for a phase, and all that failed in it."""
    mark = phase.status.upper() if phase.status == "failed" else phase.status
    yield Text.assemble(
        f"  {phase.name:<{_NAMES}}", (f"{mark:<{_STATUSES}}", _STYLES[phase.status]), output.clean(phase.told)
    )  # fmt: skip
    if phase.report is not None:
        shown = language.render(phase.report.findings, phase.report.sources, color=output.coloured(sys.stdout))
        yield Text("")
        yield output.inset(Text.from_ansi(shown))
        yield Text("")
    failed = [outcome for outcome in phase.outcomes if not outcome.passed]
    if failed:
        yield Text("")
        yield from map(output.inset, told_stories(failed))
        yield Text("")
    for one in phase.broken:
        yield from _broken(one)
    if phase.coverage is not None:
        yield Text("")
        yield output.inset(Text(phase.coverage.text()))


def _broken(one: Broken) -> Iterator[RenderableType]:
    for part in violation_parts(one.violation):
        yield Text("")
        yield output.inset(part)
    yield Text("")
    yield output.inset(Text(f"kept in {one.file}; `svcflow test` repeats it first"))
    yield Text("")


def violation_parts(violation: Violation) -> Iterator[RenderableType]:
    """What broke, and the run that led there."""
    why = output.clean(violation.why)
    cut = why if len(why) <= _LONGEST else f"{why[:_LONGEST]}…"
    yield Text.assemble((type(violation).__name__, "bold red"), f": {cut}")
    head, rows = violation_rows(violation)
    if rows:
        yield output.table(head, rows)


def summary(trials: Sequence[Tested], *, interrupted: bool) -> RenderableType:
    """The last line."""
    failed = sum(trial.failed for trial in trials)
    well = "all passed until it was interrupted" if interrupted else "all passed"
    said = f"{output.count(failed, 'phase')} failed" if failed else well
    count = output.count(len(trials), "process", "processes")
    return Text(f"{count}: {said}", style="bold red" if failed else "bold green")


# ── for programs ───────────────────────────────────────────────────────────────────────────────────────────────


def trial_json(trial: Tested) -> Json:
    """A process and its phases."""
    return {
        "file": str(trial.file),
        "status": "failed" if trial.failed else "passed",
        "phases": [_phase_json(phase) for phase in trial.phases],
    }


def _phase_json(phase: Phase) -> Json:
    return {
        "phase": phase.name,
        "status": phase.status,
        "told": phase.told,
        "runs": phase.runs,
        "steps": phase.steps,
        "findings": [] if phase.report is None else [language.as_json(one) for one in phase.report.findings],
        "stories": [story_json(outcome) for outcome in phase.outcomes],
        "failures": [_broken_json(one) for one in phase.broken],
        "coverage": None if phase.coverage is None else phase.coverage.to_json(),
    }


def _broken_json(one: Broken) -> Json:
    violation = one.violation
    return {
        "broken": type(violation).__name__,
        "why": violation.why,
        "case": violation.case or None,
        "file": str(one.file),
        "trace": None if violation.course is None else violation.course.trace.to_json(),
    }


def junit(outcomes: Sequence[Outcome], trials: Sequence[Tested]) -> str:
    """Stories as one suite, each process as another, each phase of it as a test."""
    suites = ([story_suite(outcomes)] if outcomes else []) + [_suite(trial) for trial in trials]
    counts = {name: str(sum(int(suite.attrib[name]) for suite in suites)) for name in ("tests", "failures", "errors")}
    root = ET.Element("testsuites", counts)
    root.extend(suites)
    return ET.tostring(root, encoding="unicode", xml_declaration=False)


def _suite(trial: Tested) -> ET.Element:
    name = output.clean(str(trial.file))
    counts = {"tests": str(len(trial.phases)), "failures": str(trial.failed), "errors": "0"}
    suite = ET.Element("testsuite", {"name": name, **counts})
    for phase in trial.phases:
        case = ET.SubElement(suite, "testcase", {"name": phase.name, "classname": trial.file.stem, "file": name})
        if phase.status == "failed":
            failure = ET.SubElement(case, "failure", {"message": output.clean(phase.told)})
            failure.text = "\n".join(_lines(phase))
        elif phase.status == "skipped":
            ET.SubElement(case, "skipped", {"message": output.clean(phase.told)})
    return suite


def _lines(phase: Phase) -> Iterator[str]:
    for finding in () if phase.report is None else phase.report.findings:
        yield output.clean(str(finding))
    for outcome in phase.outcomes:
        if not outcome.passed:
            yield output.clean(outcome.file)
    for one in phase.broken:
        yield from map(output.clean, told(one.violation).splitlines())
    if phase.coverage is not None:
        yield from map(output.clean, phase.coverage.text().splitlines())
