"""`model`: every way that a case of a process can go, tried out; what never happens, and where cases are caught."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from svcflow import language
from svcflow.cli import output
from svcflow.cli.authors import there, told
from svcflow.cli.data import Json, plain
from svcflow.cli.failures import FINDINGS, WrongUse
from svcflow.cli.journal import what
from svcflow.cli.options import FormatOption
from svcflow.cli.words import Words, called
from svcflow.core.spelling import nearest
from svcflow.errors import DefinitionError
from svcflow.language import Finding
from svcflow.language.rules.flow_words import listed
from svcflow.model.explore import MOST, Model
from svcflow.model.findings import examine
from svcflow.model.walks import Stride, Way


def model(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A process file.", show_default=False)],
    into: Annotated[
        str | None, typer.Option("--into", metavar="STATE", help="Show a shortest way into this state.")
    ] = None,
    most: Annotated[int, typer.Option("--most", min=1, help="Situations after which a search gives up.")] = MOST,
    format_: FormatOption = "text",
) -> None:
    """
    Try out every way that a case can go: what never happens, and where a case would be caught for ever.

    Where `check` looks at the graph of moves, this takes conditions, counters and times along. Each error is proved,
    and a way into a trap is shown step by step. What was too much to be tried is said.

    Examples:
      svcflow model service_ticket.yaml
      svcflow model service_ticket.yaml --into review
    """
    there([file])
    try:
        compiled = language.compiled(file)
    except DefinitionError as problem:
        raise told(problem, [file]) from problem
    if into is not None and into not in compiled.process.paths:
        close = nearest(into, compiled.process.paths)
        hint = f"did you mean {close}?" if close else f"the states are {', '.join(compiled.process.paths)}"
        raise WrongUse(f"--into: no state is called {output.clean(into)}", hint)
    found, findings = examine(compiled, most=most)
    if format_ == "json":
        output.write_json(_json(found, findings))
    else:
        if findings:
            sources = {document.file: document.text for document in compiled.sources.documents.values()}
            output.write(f"{language.render(findings, sources, color=output.coloured(sys.stdout))}\n")
        output.show(Group(*_parts(found, into)))
    if findings:
        raise typer.Exit(FINDINGS)


def _parts(found: Model, into: str | None) -> Iterator[RenderableType]:
    words = Words(found.process)
    for trap in found.traps:
        yield from _way(f"A shortest way to where a case is caught, in {words.states(trap.way[-1].case.states)}",
                        trap.way, words)  # fmt: skip
    if into is not None:
        way = found.arrivals.get(found.process.paths[into])
        if way is None:
            yield Text(f"No way into {into} was found.\n")
        else:
            yield from _way(f"A shortest way into {into}", way, words)
    yield Text("\n".join(_summary(found)))


def _way(title: str, way: Way, words: Words) -> Iterator[RenderableType]:
    head = (f"WHEN ({words.zone})", "WHO", "WHAT", "FIELDS", "STATE")
    rows = (row for stride in way for row in _rows(stride, words))
    yield Text(f"{title}:\n", style="bold")
    yield output.inset(output.table(head, rows))
    yield Text("")


def _rows(stride: Stride, words: Words) -> Iterator[tuple[str, ...]]:
    """A line per entry of the journal: when time passes, several times may be over one after another."""
    *earlier, last = stride.journal
    for entry in (*earlier, last):
        filled = {name: value for name, value in {**entry.fields, **entry.changes}.items() if value is not None}
        fields = ", ".join(f"{name}={words.value(name, value)}" for name, value in filled.items())
        state = words.states(stride.case.states) if entry is last else ""
        yield words.clock_time(entry.at), called(entry.actor), what(entry, words), fields, state


def _summary(found: Model) -> Iterator[str]:
    moves, states = len(found.process.moves), len(found.process.states)
    longest = max((len(way) for way in found.ways.values()), default=0)
    name = f"{found.process.name} version {found.process.version}"
    yield f"{name}: {output.count(states, 'state')}, {output.count(moves, 'move')}"
    yield f"  {output.count(found.places, 'situation')} looked at, {output.count(found.steps, 'step')} tried"
    yield f"  {output.count(len(found.ways), 'move')} can be taken, the farthest after {output.count(longest, 'step')}"
    if found.never:
        yield f"  {output.count(len(found.never), 'move')} can never be taken"
    if found.open:
        names = listed(dict.fromkeys(found.process.moves[index][1].count for index in sorted(found.open)))
        yield f"  {output.count(len(found.open), 'move')} left open, neither shown nor ruled out: {names}"
    yield f"  {output.count(len(found.traps), 'place')} found where a case is caught"
    if found.cut:
        yield f"  not everything was tried: {'; '.join(found.cut)}"
    else:
        yield "  everything was tried: nothing else can happen to a case"


def _json(found: Model, findings: tuple[Finding, ...]) -> Json:
    process = found.process
    names = {index: one.count for index, (_, one) in enumerate(process.moves)}
    return {
        "process": process.name,
        "version": process.version,
        "situations": found.places,
        "steps": found.steps,
        "complete": not found.cut,
        "cut": list(found.cut),
        "findings": [language.as_json(finding) for finding in findings],
        "traps": [_way_json(trap.way) for trap in found.traps],
        "ways": [{"move": names[index], "way": _way_json(way)} for index, way in sorted(found.ways.items())],
        "never": [names[index] for index in sorted(found.never)],
        "open": [names[index] for index in sorted(found.open)],
        "unreached": [process.states[index].path for index in sorted(found.unreached)],
    }


def _way_json(way: Way) -> list[Json]:
    return [
        {
            "at": plain(entry.at),
            "kind": entry.kind,
            "name": entry.name,
            "actor": entry.actor.id,
            "roles": plain(entry.actor.roles),
            "fields": plain(entry.fields),
            "states": list(stride.case.states) if entry is stride.journal[-1] else None,
        }
        for stride in way
        for entry in stride.journal
    ]
