"""What came of a simulation, as tables for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from rich.console import Group, RenderableType
from rich.text import Text

from svcflow.cli import output
from svcflow.cli.words import moment_in
from svcflow.core.process import Process
from svcflow.diagram.lengths import length
from svcflow.simulate.compare import Difference
from svcflow.simulate.result import CaseResult, Lengths, PersonResult, QueueResult, Result

MOST_ROWS = 15
_RIGHT = ("CASES", "MET", "LATE", "RUNNING", "SHARE", "STAYS", "MEAN", "MOST", "LEFT", "DONE", "AT WORK", "PEOPLE",
          "TIMES", "A", "B", "B - A", "FROM", "TO")  # fmt: skip


def told_apart(result: Result, process: Process) -> RenderableType:
    """One run."""
    return Group(*_result(result, process))


def differences(names: Sequence[str], runs: int, apart: Sequence[Difference]) -> RenderableType:
    """Two sides: what differs, the certain differences marked."""
    rows = [
        (one.measure, one.unit, _number(one.one), _number(one.other), _number(one.difference), _number(one.low),
         _number(one.high), "certain" if one.certain else "")
        for one in apart
    ]  # fmt: skip
    told = Text(f"A: {names[0]}\nB: {names[1]}\n{output.count(runs, 'run')} of each under the same chances", "bold")
    head = ("MEASURE", "UNIT", "A", "B", "B - A", "FROM", "TO", "95 %")
    return Group(told, output.inset(output.table(head, rows, right=_RIGHT)))


def _result(result: Result, process: Process) -> Iterator[RenderableType]:
    zone = process.calendars[process.calendar].zone
    yield Text(f"{result.scenario}: {process.name} version {process.version}, seed {result.seed}", style="bold")
    yield Text(f"from {moment_in(result.start, zone)} to {moment_in(result.end, zone)}, {result.steps:,} steps")
    for cases in result.cases:
        if cases.opened:
            yield from _cases(cases, result.days)
    if result.queues:
        yield Text("\nQueues", style="bold")
        head = ("WAITING FOR", "MEAN", "MOST", "LEFT", "WAIT", "NINE IN TEN")
        yield output.inset(output.table(head, [_queue(one) for one in result.queues], right=_RIGHT))
    for title, people in (("Roles", result.roles), ("People", result.people)):
        if people:
            yield Text(f"\n{title}", style="bold")
            rows = [_person(one) for one in people[:MOST_ROWS]]
            yield output.inset(output.table(("NAME", "PEOPLE", "DONE", "WORKED", "AT WORK"), rows, right=_RIGHT))
        if len(people) > MOST_ROWS:
            yield Text(f"  and {len(people) - MOST_ROWS:,} more; `--format json` lists all")
    yield from _in_vain(result)


def _cases(cases: CaseResult, days: float) -> Iterator[RenderableType]:
    yield Text(f"\nCases of {cases.process}", style="bold")
    ended = cases.done + cases.cancelled
    rate = f", {ended / days:.1f} a day" if days else ""
    rows = [
        ("opened", f"{cases.opened:,}", f"{cases.in_system:.1f} open on average"),
        ("ended", f"{ended:,}", f"{cases.done:,} done, {cases.cancelled:,} cancelled{rate}"),
        ("open", f"{cases.open:,}", "at the end"),
        ("length", _length(cases.lengths.mean), _spread(cases.lengths)),
    ]
    table = output.table(("", "", ""), rows)
    table.show_header = False
    yield output.inset(table)
    if cases.clocks:
        head = ("CLOCK OR LIMIT", "MET", "LATE", "RUNNING", "SHARE", "TIME USED")
        clocks = [
            (one.name if one.kind == "clock" else f"{one.name} (limit)", f"{one.met:,}", f"{one.late:,}",
             f"{one.running:,}", _percent(one.share), _length(one.elapsed))
            for one in cases.clocks
        ]  # fmt: skip
        yield output.inset(output.table(head, clocks, right=_RIGHT))
    if cases.states:
        states = [
            (one.state, f"{one.count:,}", _length(one.time), _length(one.waiting), _length(one.working))
            for one in cases.states
        ]
        yield output.inset(output.table(("STATE", "STAYS", "TIME", "WAITING", "WORK"), states, right=_RIGHT))


def _in_vain(result: Result) -> Iterator[RenderableType]:
    if result.made_up:
        yield Text("\nMade up, for the scenario does not say what these fields are", style="bold")
        for guess in result.made_up[:MOST_ROWS]:
            ways = ", ".join(guess.never)
            told = f"`{guess.field}` of {guess.process} was made up ({guess.value}): say it under `{guess.under}`"
            yield output.inset(Text(output.clean(f"{told}; never taken: {ways}")))
    if result.nobody:
        yield Text("\nNobody of the staff can do this", style="bold")
        rows = [
            (f"{count:,}", f"{process}: {state}", event, who)
            for (process, state, event, who), count in result.nobody.items()
        ]
        yield output.inset(output.table(("TIMES", "STATE", "EVENT", "WHO MAY"), rows[:MOST_ROWS], right=_RIGHT))
    if result.stuck:
        yield Text("\nNothing left to try", style="bold")
        stuck = [(f"{count:,}", f"{process}: {state}") for (process, state), count in result.stuck.items()]
        yield output.inset(output.table(("CASES", "STATE"), stuck[:MOST_ROWS], right=_RIGHT))
    if result.refused:
        yield Text("\nRefused", style="bold")
        refused = [(f"{count:,}", f"{process}: {event}", code) for (process, event, code), count in
                   result.refused.items()]  # fmt: skip
        yield output.inset(output.table(("TIMES", "EVENT", "WHY"), refused[:MOST_ROWS], right=_RIGHT))


def _queue(one: QueueResult) -> tuple[str, ...]:
    waits = one.waits
    return one.who, f"{one.mean:.1f}", f"{one.most:,}", f"{one.left:,}", _length(waits.mean), _length(waits.p90)


def _person(one: PersonResult) -> tuple[str, ...]:
    return one.name, f"{one.people:,}", f"{one.done:,}", _length(one.worked), _percent(one.utilisation)


def _spread(lengths: Lengths) -> str:
    return f"half within {_length(lengths.median)}, nine in ten within {_length(lengths.p90)}"


def _length(span: timedelta | None) -> str:
    return "-" if span is None else length(span)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"
