"""The stories of processes, run one after another, and what is not as they say: for `test`, and for `check`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias
from xml.etree import ElementTree as ET

from attrs import evolve, frozen
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from svcflow import language, stories
from svcflow.cli import output
from svcflow.cli.data import Json, plain
from svcflow.cli.failures import WrongUse
from svcflow.cli.journal import what
from svcflow.cli.words import Words, called
from svcflow.errors import DefinitionError
from svcflow.language.files import STORY, Folder, process_in
from svcflow.stories import Result
from svcflow.stories.desk import Happening

LONGEST_COURSE = 30
"""Lines of what happened before a failure: the last ones, which led to it."""


@frozen
class Unreadable:
    """A story that cannot be run: what is wrong with it, or with the process that it tells of."""

    file: str
    findings: tuple[language.Finding, ...]
    passed: bool = False


Outcome: TypeAlias = Result | Unreadable


def stories_in(paths: Sequence[Path]) -> list[Path]:
    """
    The stories that are asked for, each once.

    Raises:
        WrongUse: If something is not there, or there is no story.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise WrongUse(f"there is no file {output.clean(str(path))}", f"a story is a file NAME{STORY}")
        if path.is_dir():
            found.update(dict.fromkeys(sorted(path.rglob(f"*{STORY}"))))
        elif path.name.endswith(STORY):
            found[path] = None
        else:
            found.update(dict.fromkeys(stories_of(path)))
    if not found:
        raise WrongUse("there are no stories here", f"a story is a file NAME{STORY}")
    return list(found)


def stories_of(process: Path) -> Iterator[Path]:
    """The stories beside a process file, or in folders below, that tell of it."""
    text = Folder(str(process.parent)).text(process.name)
    name = process_in(text) if isinstance(text, str) else None
    for path in sorted(process.parent.rglob(f"*{STORY}")):
        story = Folder(str(path.parent)).text(path.name)
        if name is not None and isinstance(story, str) and process_in(story) == name:
            yield path


def outcome_of(file: Path, library: stories.Library) -> Outcome:
    """A story, run; or why it cannot be."""
    try:
        return stories.run(stories.read(file, library))
    except DefinitionError as problem:
        findings = [finding for finding in problem.findings if isinstance(finding, language.Finding)]
        return Unreadable(str(file), tuple(findings))


def with_stories(report: language.Report, files: Sequence[Path]) -> language.Report:
    """The report with what is wrong in stories, and in the processes that they tell of; none of them is run."""
    library = stories.Library()
    found = dict.fromkeys(report.findings)
    for file in files:
        try:
            stories.read(file, library)
        except DefinitionError as problem:
            found.update((finding, None) for finding in problem.findings if isinstance(finding, language.Finding))
    return evolve(report, findings=tuple(found), sources={**_sources(found), **report.sources})


def _sources(findings: Iterable[language.Finding]) -> dict[str, str]:
    """The texts of the files that findings are in."""
    names = {finding.file: Path(finding.file) for finding in findings}
    texts = {name: Folder(str(path.parent)).text(path.name) for name, path in names.items()}
    return {name: text for name, text in texts.items() if isinstance(text, str)}


# ── for people ─────────────────────────────────────────────────────────────────────────────────────────────────


def told_stories(outcomes: Sequence[Outcome]) -> Iterator[RenderableType]:
    """A line for each, what failed below it, and how many there were."""
    for outcome in outcomes:
        yield from _unreadable(outcome) if isinstance(outcome, Unreadable) else _result(outcome)
    failed = sum(not outcome.passed for outcome in outcomes)
    count = output.count(len(outcomes), "story", "stories")
    yield Text(
        f"{count}: {f'{failed} failed' if failed else 'all passed'}", style="bold red" if failed else "bold green"
    )


def _unreadable(broken: Unreadable) -> Iterator[RenderableType]:
    yield Text.assemble(("ERROR   ", "bold red"), output.clean(broken.file))
    shown = language.render(broken.findings, _sources(broken.findings), color=output.coloured(sys.stdout))
    yield Text("")
    yield output.inset(Text.from_ansi(shown))
    yield Text("")


def _result(result: Result) -> Iterator[RenderableType]:
    mark = ("passed", "green") if result.passed else ("FAILED", "bold red")
    place = output.clean(result.file) if result.passed else f"{output.clean(result.file)}:{result.line}"
    line = Table.grid(padding=(0, output.GAP, 0, 0))
    line.add_column(no_wrap=True)
    line.add_column(no_wrap=True)
    line.add_column(overflow="fold")
    line.add_row(Text.assemble(mark), Text(place), Text(output.clean(result.title), style="italic"))
    yield line
    if result.passed:
        return
    yield Text("")
    if result.course:
        yield output.inset(course_table(result.course[-LONGEST_COURSE:], lambda name: Words(result.processes[name])))
    yield Text("")
    rows = [(f"line {miss.line}", miss.what, miss.expected, miss.actual) for miss in result.misses]
    yield output.inset(output.table(("", "WHAT", "EXPECTED", "IS"), rows))
    yield Text("")


def course_table(course: Sequence[Happening], words_of: Callable[[str], Words]) -> RenderableType:
    """
    What happened, one line each: when, in which case, who, what, and where the case then was.

    `words_of` gives the words of a process; the times are those of the first.
    """
    several = len({happening.entry.case for happening in course}) > 1
    first = words_of(course[0].process)
    head = (f"WHEN ({first.zone})", *["CASE"] * several, "WHO", "WHAT", "STATE")
    rows = [
        (
            first.clock_time(happening.entry.at),
            *[words_of(happening.process).title()] * several,
            called(happening.entry.actor),
            what(happening.entry, words_of(happening.process)),
            words_of(happening.process).states(happening.states),
        )
        for happening in course
    ]
    return output.table(head, rows)


# ── for programs ───────────────────────────────────────────────────────────────────────────────────────────────


def story_json(outcome: Outcome) -> Json:
    """A story with its course and what is not as it says."""
    if isinstance(outcome, Unreadable):
        findings = [language.as_json(finding) for finding in outcome.findings]
        return {"file": outcome.file, "status": "error", "findings": findings}
    return {
        "file": outcome.file,
        "story": outcome.title,
        "process": outcome.process.name,
        "status": "passed" if outcome.passed else "failed",
        "steps": outcome.steps,
        "line": outcome.line or None,
        "misses": [
            {"line": miss.line, "what": miss.what, "expected": miss.expected, "actual": miss.actual}
            for miss in outcome.misses
        ],
        "course": [_happening_json(happening) for happening in outcome.course],
    }


def _happening_json(happening: Happening) -> Json:
    entry = happening.entry
    return {
        "at": plain(entry.at), "case": entry.case, "process": happening.process, "kind": entry.kind,
        "name": entry.name, "actor": entry.actor.id, "states": list(happening.states),
    }  # fmt: skip


def story_suite(outcomes: Sequence[Outcome]) -> ET.Element:
    """A suite of JUnit."""
    failures = sum(isinstance(one, Result) and not one.passed for one in outcomes)
    errors = sum(isinstance(one, Unreadable) for one in outcomes)
    counts = {"tests": str(len(outcomes)), "failures": str(failures), "errors": str(errors)}
    suite = ET.Element("testsuite", {"name": "stories", **counts})
    for outcome in outcomes:
        if isinstance(outcome, Unreadable):
            case = ET.SubElement(
                suite, "testcase", {"name": output.clean(outcome.file), "file": output.clean(outcome.file)}
            )
            told = "\n".join(output.clean(str(finding)) for finding in outcome.findings)
            ET.SubElement(case, "error", {"message": output.clean(str(outcome.findings[0]))}).text = told
        else:
            named = {
                "name": output.clean(outcome.title),
                "classname": outcome.process.name,
                "file": output.clean(outcome.file),
            }
            case = ET.SubElement(suite, "testcase", named)
            lines = [f"line {one.line}: {one.what}: expected {one.expected}, is {one.actual}" for one in outcome.misses]
            if lines:
                ET.SubElement(case, "failure", {"message": output.clean(lines[0])}).text = "\n".join(
                    map(output.clean, lines)
                )
    return suite
