"""What a run of the benchmarks found: as data, and as tables."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

import attrs
from attrs import frozen
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.durable import Durable
from benchmarks.memory import DECIDE, OURS, STEP, YARDSTICK, InMemory
from benchmarks.race import Spread

LIBRARIES = ("svcflow", "transitions", "python-statemachine")
STEP_FACTOR, DECIDE_FACTOR, DURABLE_FACTOR = 8.0, 1.0, 2.5
MICRO = 1e6


@frozen
class Budget:
    """One promise about speed: `at_least` or `at_most` so many times, and what was `found`."""

    name: str
    found: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def kept(self) -> bool:
        """Whether what was found is within the budget."""
        high_enough = self.at_least is None or self.found >= self.at_least
        return high_enough and (self.at_most is None or self.found <= self.at_most)


@frozen
class Report:
    """One run."""

    quick: bool
    memory: InMemory
    durable: tuple[Durable, ...]

    def budgets(self) -> Iterator[Budget]:
        """The promises, in the order of the tables."""
        faster = self.memory.faster
        yield Budget(f"{STEP}: times faster than {YARDSTICK}", faster[STEP][YARDSTICK], at_least=STEP_FACTOR)
        yield Budget(f"{DECIDE}: times faster than {YARDSTICK}", faster[DECIDE][YARDSTICK], at_least=DECIDE_FACTOR)
        for one in self.durable:
            yield Budget(
                f"durable event, {one.synchronous}: times the bare loop", one.times.middle, at_most=DURABLE_FACTOR
            )

    def data(self) -> dict[str, Any]:
        """Everything as JSON data; times are seconds per event."""
        return {
            "machine": dict(machine()),
            "quick": self.quick,
            "memory": attrs.asdict(self.memory),
            "durable": [attrs.asdict(one) for one in self.durable],
            "budgets": [{**attrs.asdict(one), "kept": one.kept} for one in self.budgets()],
        }


def machine() -> Mapping[str, str]:
    """What a reader must know to compare two runs."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "processors": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in LIBRARIES},
    }


def show(report: Report, console: Console) -> None:
    """Print the tables."""
    console.print(Text(" · ".join(f"{name} {value}" for name, value in machine().items())))
    if report.quick:
        console.print(Text("A quick run: it shows that everything works; the numbers mean nothing.", style="yellow"))
    console.print(_times(report.memory))
    for ours in OURS:
        console.print(_ratios(report.memory, ours))
    console.print(_durable(report.durable))
    console.print(_budgets(report))


def _times(memory: InMemory) -> Table:
    table = Table("event", title="One event in memory, µs of processor time (median)", title_justify="left")
    for name in memory.seconds:
        table.add_column(name, justify="right")
    for event in memory.events:
        table.add_row(event.name, *(f"{event.seconds[name] * MICRO:.1f}" for name in memory.seconds))
    table.add_section()
    table.add_row("median", *(f"{value * MICRO:.1f}" for value in memory.seconds.values()), style="bold")
    return table


def _ratios(memory: InMemory, ours: str) -> Table:
    title = f"{ours}: how many times faster (median, and the middle half of the rounds)"
    table = Table("event", "from", "to", title=title, title_justify="left")
    for name in memory.faster[ours]:
        table.add_column(name, justify="right")
    for event in memory.events:
        table.add_row(event.name, event.left, event.entered, *map(_spread, event.faster[ours].values()))
    table.add_section()
    table.add_row("median", "", "", *(f"{value:.2f}" for value in memory.faster[ours].values()), style="bold")
    return table


def _durable(durable: tuple[Durable, ...]) -> Table:
    table = Table("synchronous", title="One durable event on SQLite, µs (median)", title_justify="left")
    for name in ("rows", "engine", "bare loop", "engine, processor", "loop, processor", "times the loop"):
        table.add_column(name, justify="right")
    for one in durable:
        seconds = (one.engine, one.loop, one.engine_processor, one.loop_processor)
        micros = (f"{value * MICRO:,.0f}" for value in seconds)
        table.add_row(one.synchronous, f"{one.statements:.1f}", *micros, _spread(one.times))
    return table


def _budgets(report: Report) -> Table:
    table = Table("budget", title="Budgets", title_justify="left")
    for name in ("wanted", "found", ""):
        table.add_column(name, justify="right")
    for one in report.budgets():
        wanted = f"at least {one.at_least:g}" if one.at_least is not None else f"at most {one.at_most:g}"
        kept = Text("kept", style="green") if one.kept else Text("missed", style="bold red")
        table.add_row(one.name, wanted, f"{one.found:.2f}", kept)
    return table


def _spread(spread: Spread) -> str:
    return f"{spread.middle:.2f} ({spread.low:.2f} to {spread.high:.2f})"
