"""Carrying out `minimise`: the shortest run that still does it, of a run in a file or of a case in a store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from svcflow.cli import output
from svcflow.cli.authors import there
from svcflow.cli.delivery import writable
from svcflow.cli.failures import FINDINGS, WrongUse
from svcflow.cli.files import write_whole
from svcflow.cli.output import Format
from svcflow.cli.session import desk, find_case
from svcflow.cli.tested import violation_parts
from svcflow.core.case import Case
from svcflow.core.decision import JournalEntry
from svcflow.core.spelling import nearest
from svcflow.engine import Engine
from svcflow.stores.base import Query
from svcflow.testing.recorded import recorded, without_private
from svcflow.testing.reduce import broken, due_in, minimise, reduced
from svcflow.testing.running import run
from svcflow.testing.saved import Failure, read
from svcflow.testing.stage import Stage
from svcflow.testing.step import Course
from svcflow.testing.table import course_rows
from svcflow.testing.trace import Trace
from svcflow.testing.violations import Violation


def shorten(
    source: str, file: Path, *, into: str | None, out: Path | None, store: str | None, tenant: str, format_: Format
) -> None:
    """
    Make a run short, and tell it.

    Raises:
        WrongUse: If something is not there, or is about another process.
        Exit: When the run breaks a promise.
    """
    there([file])
    writable(out, [file, Path(source)])
    trace = _from_file(Path(source)) if store is None else _from_store(store, tenant, source)
    stage = Stage.of(file)
    if trace.process != stage.process.name:
        raise WrongUse(f"the run is about {trace.process}, and {file} about {stage.process.name}")
    if into is None:
        violation, course = _breaking(stage, trace)
    else:
        violation, course = None, _leading(stage, trace, into)
    if out is not None:
        write_whole(out, json.dumps(course.trace.to_json(), ensure_ascii=False, indent=2) + "\n")
    if format_ == "json":
        told = {} if violation is None else {"broken": type(violation).__name__, "why": violation.why}
        output.write_json({**told, "commands": len(trace), "trace": course.trace.to_json()})
    else:
        output.show(Group(*_told(violation, course, len(trace))))
    if violation is not None:
        raise typer.Exit(FINDINGS)


def _from_file(file: Path) -> Trace:
    found = read(file)
    return found.trace if isinstance(found, Failure) else found


def _from_store(store: str, tenant: str, given: str) -> Trace:
    with desk(store) as engine:
        case = engine.store.load(tenant, find_case(engine, tenant, given))
        family = [] if case is None else [case, *_descendants(engine, case)]
        journals: list[list[JournalEntry]] = [
            [stored.entry for stored in engine.store.journal(tenant, one.id, private=True)] for one in family
        ]
        processes = {one.process: engine.process(one.process, one.version, tenant=tenant) for one in family}
    return recorded(*without_private(journals, processes))


def _descendants(engine: Engine, case: Case) -> Iterator[Case]:
    above = {case.id}
    for one in engine.store.cases(Query(case.tenant)):
        if one.parent is not None and one.parent.case in above:
            above.add(one.id)
            yield one


def _breaking(stage: Stage, trace: Trace) -> tuple[Violation | None, Course]:
    """The shortest run that breaks the same promise; the run as it is if it breaks none."""
    found = broken(stage, trace)
    if found is None or found.course is None:
        return None, run(stage, trace)
    least = reduced(stage, found)
    return least, least.course or found.course


def _leading(stage: Stage, trace: Trace, into: str) -> Course:
    """The shortest run in which some case gets into a state."""
    if into not in stage.process.paths:
        close = nearest(into, stage.process.paths)
        hint = f"did you mean {close}?" if close else f"the states are {', '.join(stage.process.paths)}"
        raise WrongUse(f"--into: no state is called {output.clean(into)}", hint)

    def leads(tried: Trace) -> bool:
        try:
            steps = run(stage, tried, properties=()).steps
        except Violation:
            return False
        return any(into in move.entered for step in steps for entry in step.entries for move in entry.moves)

    if not leads(trace):
        raise WrongUse(f"--into: this run never gets into {output.clean(into)}")
    least = minimise(trace, leads, instants=due_in(run(stage, trace, properties=())))
    return run(stage, least, properties=())


def _told(violation: Violation | None, course: Course, before: int) -> Iterator[RenderableType]:
    if violation is not None:
        for part in violation_parts(violation):
            yield part
            yield Text("")
    else:
        yield output.table(*course_rows(course))
        yield Text("")
    after = len(course.trace)
    if after < before:
        yield Text(f"{output.count(after, 'command')} instead of {before:,}")
    else:
        yield Text(f"{output.count(after, 'command')}{'' if violation else ', and every promise is kept'}")
