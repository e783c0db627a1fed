"""The one command: `python -m benchmarks`, in the root of the project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from benchmarks.durable import durable
from benchmarks.memory import in_memory
from benchmarks.race import FULL_EFFORT, QUICK
from benchmarks.report import Report, show

WIDTH_OF_A_FILE = 140


def main(
    *,
    output: Annotated[Literal["text", "json"], typer.Option("--format", help="Tables, or all as JSON.")] = "text",
    quick: Annotated[bool, typer.Option("--quick", help="As little as possible, to see that it works.")] = False,
    folder: Annotated[Path | None, typer.Option(help="Where the SQLite files go: on the disk that counts.")] = None,
) -> None:
    """Compare svcflow with other libraries and with bare sqlite3, in ratios, side by side in one run."""
    effort = QUICK if quick else FULL_EFFORT
    said = Console(stderr=True)
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=said, transient=True) as progress:
        task = progress.add_task("one event in memory", total=None)
        memory = in_memory(effort)
        progress.update(task, description="one durable event on SQLite")
        report = Report(quick, memory, durable(effort, folder))
    if output == "json":
        print(json.dumps(report.data(), indent=2))
        return
    console = Console()
    show(report, console if console.is_terminal else Console(width=WIDTH_OF_A_FILE))


if __name__ == "__main__":
    typer.run(main)
