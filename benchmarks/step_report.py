"""What a run found about steps and about cases at rest: tables and budgets."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.budget import Budget
from benchmarks.idle import Idle
from benchmarks.steps import (
    FLAT,
    HIERARCHICAL,
    LOOP,
    SISMIC,
    STATEMACHINE,
    UNCACHED,
    WARM,
    XSTATE_PYTHON,
    XSTATE_PYTHON_PURE,
    ShapeTimes,
    Steps,
)
from benchmarks.xstate import NAME as XSTATE

FACTORS = {
    FLAT: 5.0,
    HIERARCHICAL: 40.0,
    STATEMACHINE: 80.0,
    SISMIC: 40.0,
    XSTATE_PYTHON: 10.0,
    XSTATE_PYTHON_PURE: 10.0,
    XSTATE: 10.0,
}
"""How many times faster than each library a warm step is to be, on every shape."""
WARM_SECONDS, LOOP_FACTOR = 1e-6, 3.0
IDLE_BYTES = 500.0
MICRO = 1e6


def step_budgets(steps: Steps) -> Iterator[Budget]:
    """The promises about steps: the warm one shape by shape, the ratios where they are worst."""
    for shape in steps.shapes:
        allowed = max(WARM_SECONDS, LOOP_FACTOR * shape.seconds[LOOP])
        yield Budget(f"{shape.name}: a warm step, µs", shape.seconds[WARM] * MICRO, at_most=allowed * MICRO)
    for rival, factor in FACTORS.items():
        found = [shape.faster[WARM][rival].middle for shape in steps.shapes if rival in shape.faster[WARM]]
        if found:
            yield Budget(f"a warm step: times faster than {rival}, at worst", min(found), at_least=factor)
    for shape in steps.shapes[1:]:
        least = min(spread.middle for spread in shape.faster[UNCACHED].values())
        yield Budget(f"{shape.name}: uncached, times faster than the fastest other", least, at_least=1.0)


def idle_budgets(idle: Idle) -> Iterator[Budget]:
    """The promises about a case at rest: what the machine keeps of it, and all of it."""
    yield Budget("an idle case: bytes that the state machine keeps", idle.configuration, at_most=IDLE_BYTES)
    yield Budget("an idle case: bytes in all, beside its fields", idle.beside_fields, at_most=IDLE_BYTES)


def show_steps(steps: Steps, console: Console) -> None:
    """Print the tables of the steps."""
    console.print(_seconds(steps))
    for ours in (WARM, UNCACHED):
        console.print(_faster(steps, ours))
    for name, reason in steps.missing.items():
        console.print(Text(f"{name}: left out, {reason}", style="yellow"))


def _seconds(steps: Steps) -> Table:
    table = Table("contender", title="One step, µs of processor time (median)", title_justify="left")
    for shape in steps.shapes:
        table.add_column(shape.name, justify="right")
    for name in steps.names():
        table.add_row(name, *(_cell(shape, name) for shape in steps.shapes))
    table.add_section()
    table.add_row("warm, times the bare loop", *(shape.loop.text() for shape in steps.shapes))
    return table


def _cell(shape: ShapeTimes, name: str) -> str:
    return f"{shape.seconds[name] * MICRO:.2f}" if name in shape.seconds else "-"


def _faster(steps: Steps, ours: str) -> Table:
    title = f"{ours} step: how many times faster (median, and the middle half of the rounds)"
    table = Table("than", title=title, title_justify="left")
    for shape in steps.shapes:
        table.add_column(shape.name, justify="right")
    for name in steps.names():
        spreads = [shape.faster[ours].get(name) for shape in steps.shapes]
        if any(spreads):
            table.add_row(name, *("-" if spread is None else spread.text() for spread in spreads))
    return table


def show_idle(idle: Idle, console: Console) -> None:
    """Print the table of a case at rest."""
    title = f"A ticket at rest, bytes (mean of {idle.cases:,})"
    table = Table("part", title=title, title_justify="left")
    table.add_column("", justify="right")
    for part, size in idle.parts.items():
        table.add_row(part, f"{size:,.0f}")
    table.add_section()
    table.add_row("what the state machine keeps of it", f"{idle.configuration:,.0f}")
    console.print(table)
