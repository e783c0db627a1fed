"""What a run of the benchmarks found: as data, and as tables."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions, version
from typing import Any

import attrs
from attrs import frozen
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.budget import Budget
from benchmarks.checking import Checks, check_budgets, show_checks
from benchmarks.collecting import Collecting, collecting_budgets, show_collecting
from benchmarks.durable import Durable
from benchmarks.idle import Idle
from benchmarks.memory import DECIDE, OURS, STEP, YARDSTICK, InMemory
from benchmarks.reporting import Reporting, reporting_budgets, show_reporting
from benchmarks.simulating import Simulating, show_simulating, simulating_budgets
from benchmarks.step_report import idle_budgets, show_idle, show_steps, step_budgets
from benchmarks.steps import Steps
from benchmarks.store_report import show_stores, store_budgets
from benchmarks.stores import Stores

LIBRARIES = (
    "svcflow", "transitions", "python-statemachine", "sismic", "xstate-statemachine",
    "psycopg", "apscheduler", "procrastinate", "dbos",
)  # fmt: skip
STEP_FACTOR, DECIDE_FACTOR, DURABLE_FACTOR = 8.0, 1.0, 2.5
MICRO = 1e6


@frozen
class Report:
    """One run; None is what was not asked for."""

    quick: bool
    steps: Steps | None
    idle: Idle | None
    memory: InMemory | None
    durable: tuple[Durable, ...] | None
    stores: Stores | None
    checks: Checks | None
    collecting: Collecting | None
    simulating: Simulating | None
    reporting: Reporting | None

    def budgets(self) -> Iterator[Budget]:
        """The promises, in the order of the tables."""
        yield from step_budgets(self.steps) if self.steps else ()
        yield from idle_budgets(self.idle) if self.idle else ()
        if self.memory:
            faster = self.memory.faster
            yield Budget(f"{STEP}: times faster than {YARDSTICK}", faster[STEP][YARDSTICK], at_least=STEP_FACTOR)
            yield Budget(f"{DECIDE}: times faster than {YARDSTICK}", faster[DECIDE][YARDSTICK], at_least=DECIDE_FACTOR)
        for one in self.durable or ():
            yield Budget(
                f"durable event, {one.synchronous}: times the bare loop", one.times.middle, at_most=DURABLE_FACTOR
            )
        yield from store_budgets(self.stores) if self.stores else ()
        yield from check_budgets(self.checks) if self.checks else ()
        yield from collecting_budgets(self.collecting) if self.collecting else ()
        yield from simulating_budgets(self.simulating) if self.simulating else ()
        yield from reporting_budgets(self.reporting) if self.reporting else ()

    def data(self) -> dict[str, Any]:
        """Everything as JSON data; times are seconds per event."""
        return {
            "machine": dict(machine()),
            "quick": self.quick,
            "steps": self.steps and attrs.asdict(self.steps),
            "idle": self.idle and attrs.asdict(self.idle),
            "memory": self.memory and attrs.asdict(self.memory),
            "durable": self.durable and [attrs.asdict(one) for one in self.durable],
            "stores": self.stores and attrs.asdict(self.stores),
            "checks": self.checks and attrs.asdict(self.checks),
            "collecting": self.collecting and attrs.asdict(self.collecting),
            "simulating": self.simulating and attrs.asdict(self.simulating),
            "reporting": self.reporting and attrs.asdict(self.reporting),
            "budgets": [{**attrs.asdict(one), "kept": one.kept} for one in self.budgets()],
        }


def machine() -> Mapping[str, str]:
    """What a reader must know to compare two runs."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "processors": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in LIBRARIES if _installed(name)},
    }


def _installed(name: str) -> bool:
    return any(distributions(name=name))


def show(report: Report, console: Console) -> None:
    """Print the tables."""
    console.print(Text(" · ".join(f"{name} {value}" for name, value in machine().items())))
    if report.quick:
        console.print(Text("A quick run: it shows that everything works; the numbers mean nothing.", style="yellow"))
    if report.steps:
        show_steps(report.steps, console)
    if report.idle:
        show_idle(report.idle, console)
    if report.memory:
        console.print(_times(report.memory))
        for ours in OURS:
            console.print(_ratios(report.memory, ours))
    if report.durable:
        console.print(_durable(report.durable))
    if report.stores:
        show_stores(report.stores, console)
    if report.checks:
        show_checks(report.checks, console)
    if report.collecting:
        show_collecting(report.collecting, console)
    if report.simulating:
        show_simulating(report.simulating, console)
    if report.reporting:
        show_reporting(report.reporting, console)
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
        table.add_row(event.name, event.left, event.entered, *(spread.text() for spread in event.faster[ours].values()))
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
        table.add_row(one.synchronous, f"{one.statements:.1f}", *micros, one.times.text())
    return table


def _budgets(report: Report) -> Table:
    table = Table("budget", title="Budgets", title_justify="left")
    for name in ("wanted", "found", ""):
        table.add_column(name, justify="right")
    for one in report.budgets():
        wanted = f"at least {one.at_least:.3g}" if one.at_least is not None else f"at most {one.at_most:.3g}"
        kept = Text("kept", style="green") if one.kept else Text("missed", style="bold red")
        table.add_row(one.name, wanted, f"{one.found:.2f}", kept)
    return table
