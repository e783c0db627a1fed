"""`simulate`: cases that never were, with staff, chance and a clock that runs ahead; and what would change if."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer
from attrs import evolve, frozen

from svcflow import language
from svcflow.cli import output
from svcflow.cli.authors import there, told
from svcflow.cli.compared import Comparison, deliver
from svcflow.cli.delivery import writable
from svcflow.cli.failures import FINDINGS, INTERRUPTED, WrongUse
from svcflow.cli.options import FormatOption
from svcflow.cli.output import Format
from svcflow.cli.report_words import PLAIN
from svcflow.cli.reported import tell
from svcflow.cli.simulated import MOST_ROWS, differences, told_apart
from svcflow.core.decision import Decision
from svcflow.core.form import UNKEEPABLE
from svcflow.errors import DefinitionError
from svcflow.report import Measures, read_measures
from svcflow.report import compare as compare_figures
from svcflow.report.comparing import differences_as_json
from svcflow.report.reporting import Reporter, as_json
from svcflow.simulate import Recorded, Result, Scenario, Simulation, compare, read_scenario, result

MOST_RUNS = 1_000
RUNS = 10
"""Runs of each side of a comparison: enough for an interval."""

HEAD = ("case", "process", "at", "kind", "event", "actor", "state")
_INTERRUPTED = "interrupted; this is how far it came"


@frozen
class Side:
    """One side: a process and a scenario for it."""

    process: Path
    file: Path
    scenario: Scenario


def simulate(
    processes: Annotated[
        list[Path],
        typer.Argument(metavar="PROCESS [OTHER]", help="A process file; or two to compare.", show_default=False),
    ],
    scenario: Annotated[
        Path,
        typer.Option(
            "--scenario", metavar="FILE", help="Who works, what comes in, and what happens then.", show_default=False
        ),
    ],
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="FILE", help="Another scenario to compare with.", show_default=False),
    ] = None,
    runs: Annotated[
        int | None,
        typer.Option(
            "--runs",
            metavar="N",
            min=1,
            max=MOST_RUNS,
            show_default=False,
            help=f"How often a comparison is run, each time with other chances: {RUNS} times if nothing is said.",
        ),
    ] = None,
    seed: Annotated[
        str | None,
        typer.Option(
            "--seed", metavar="TEXT", help="What chance begins with, in place of the scenario's.", show_default=False
        ),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(
            "--log", metavar="OUT.csv", help="Write every entry of every journal to this file.", show_default=False
        ),
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Also the key figures that `report` tells of a store.")
    ] = False,
    measures: Annotated[
        Path | None,
        typer.Option(
            "--measures", metavar="FILE", show_default=False, help="With `--report`: what they mean in your processes."
        ),
    ] = None,
    format_: FormatOption = "text",
) -> None:
    """
    Let a process run on made-up cases, with staff, hours, queues and chance: what is late, what waits, who is busy.

    Nothing is written to any store. Two processes, or `--against` another scenario, are compared under the same
    chances: the same cases come in, the same things are chosen and take as long.

    Examples:
      svcflow simulate service_ticket.yaml --scenario ticket.scenario.yaml
      svcflow simulate service_ticket.yaml --scenario now.yaml --against two_more.yaml --runs 20
      svcflow simulate old.yaml new.yaml --scenario now.yaml --report
    """  # fmt: skip
    sides = _sides(processes, scenario, against)
    if log is not None and len(sides) > 1:
        raise WrongUse("--log: a comparison has no single log", "simulate one side alone with `--log`")
    if runs is not None and len(sides) == 1:
        raise WrongUse("--runs: nothing is compared here", "name a second process, or `--against FILE`")
    if seed is not None and UNKEEPABLE.search(seed):
        raise WrongUse("--seed: this is no UTF-8 text", "write letters and digits")
    if measures is not None and not report:
        raise WrongUse("--measures: no key figures are told here", "add `--report`")
    writable(log, (*processes, scenario))
    meant = Measures() if measures is None else read_measures(measures.read_bytes(), str(measures))
    reporters = [Reporter(meant) if report else None for _ in sides]
    if len(sides) > 1:
        _compared(sides, runs or RUNS, seed, reporters, format_)
    else:
        _alone(sides[0], seed, log, reporters[0], format_)


def _sides(processes: Sequence[Path], scenario: Path, against: Path | None) -> list[Side]:
    """What is simulated: one process under one scenario, or two of either."""
    if len(processes) > 2 or (len(processes) > 1 and against is not None):  # noqa: PLR2004 - a comparison has two sides
        raise WrongUse("a comparison has two sides", "name two processes, or one and `--against FILE`")
    files = [scenario] if against is None else [scenario, against]
    there([*processes, *files])
    pairs = [(process, file) for process in processes for file in files]
    return [_side(process, file) for process, file in pairs]


def _side(process: Path, file: Path) -> Side:
    try:
        return Side(process, file, read_scenario(file, language.project(process)))
    except DefinitionError as problem:
        raise told(problem, [process, file]) from problem


def _alone(side: Side, seed: str | None, log: Path | None, reporter: Reporter | None, format_: Format) -> None:
    with _log(log) as heard, output.progress("simulating hours", _hours(side)) as advance:
        found = _run(side, seed, reporter, advance, heard)
    made = None if reporter is None else reporter.report()
    if format_ == "json":
        output.write_json(found.as_json() | ({} if made is None else {"report": as_json(made)}))
    else:
        output.show(told_apart(found, side.scenario.process))
        if made is not None:
            output.write("")
            tell(made, MOST_ROWS, PLAIN)
    _leave([found])


def _compared(
    sides: Sequence[Side], runs: int, seed: str | None, reporters: Sequence[Reporter | None], format_: Format
) -> None:
    """Run by run, both sides under one seed: that of the first, if nothing else is said."""
    first = sides[0].scenario.seed if seed is None else seed
    found: list[list[Result]] = [[], []]
    total = runs * sum(_hours(side) for side in sides)
    with output.progress("simulating hours", total) as advance:
        for run in range(1, runs + 1):
            pair = []
            for side, reporter in zip(sides, reporters, strict=True):
                pair.append(_run(side, first if run == 1 else f"{first}/{run}", reporter, advance))
                if pair[-1].interrupted:
                    break
            if pair[-1].interrupted:
                break
            for results, one in zip(found, pair, strict=True):
                results.append(one)
    whole = len(found[0]) == runs
    if found[0]:
        names = (f"{sides[0].process} with {sides[0].file}", f"{sides[1].process} with {sides[1].file}")
        # The figures of a run that one side alone has gone through would be compared with nothing.
        made = [reporter.report().kpis for reporter in reporters if reporter is not None and whole]
        _tell_apart(names, found, Comparison(names, compare_figures(*made)) if made else None, format_)
    if not whole:
        output.say(f"{_INTERRUPTED}: {len(found[0])} of {runs} runs")
        raise typer.Exit(INTERRUPTED)
    _leave([one for results in found for one in results])


def _tell_apart(
    names: tuple[str, str], found: Sequence[Sequence[Result]], figures: Comparison | None, format_: Format
) -> None:
    apart, runs = compare(*found), len(found[0])
    if format_ == "json":
        output.write_json({
            "a": names[0], "b": names[1], "runs": runs, "seed": found[0][0].seed,
            "differences": [one.as_json() for one in apart],
            **({} if figures is None else {"report": differences_as_json(figures.apart)}),
        })  # fmt: skip
        return
    output.show(differences(names, runs, apart))
    if figures is not None:
        output.write("")
        deliver(figures, "text", PLAIN)


def _run(
    side: Side,
    seed: str | None,
    reporter: Reporter | None,
    advance: output.Advance,
    heard: Sequence[Callable[[Decision], None]] = (),
) -> Result:
    if reporter is None:
        return result(Simulation(side.scenario, seed, heard).run(advance))
    recorded = Recorded()
    simulation = Simulation(side.scenario, seed, [*heard, recorded.hear]).run(advance)
    for log in recorded.logs(simulation):
        # Each run has customers of its own: who comes again has come in the same run.
        reporter.add(evolve(log, tenant=simulation.seed))
    return result(simulation)


def _leave(results: Sequence[Result]) -> None:
    """Say what else a person must hear, and leave with the status it deserves."""
    troubles = {root: why for one in results for root, why in one.troubles.items()}
    for root, why in list(troubles.items())[:5]:
        output.say(f"error: {root} could not go on: {why}")
    if any(one.interrupted for one in results):
        output.say(_INTERRUPTED)
        raise typer.Exit(INTERRUPTED)
    if troubles:
        raise typer.Exit(FINDINGS)


def _hours(side: Side) -> int:
    return int((side.scenario.end - side.scenario.start).total_seconds() // 3_600)


@contextmanager
def _log(path: Path | None) -> Iterator[list[Callable[[Decision], None]]]:
    if path is None:
        yield []
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        yield [_writer(file)]


def _writer(file: TextIO) -> Callable[[Decision], None]:
    rows = csv.writer(file)
    rows.writerow(HEAD)

    def write(decision: Decision) -> None:
        case = decision.case
        last = len(decision.journal)
        for number, entry in enumerate(decision.journal, start=1):
            entered = entry.moves[-1].entered if entry.moves else ()
            state = case.state if number == last else ", ".join(entered)
            rows.writerow((case.id, case.process, entry.at.isoformat(), entry.kind, entry.name, entry.actor.id, state))

    return write
