"""`demo`: a newcomer's first minute, ending in numbers and in commands to go on with."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from svcflow.cli import output
from svcflow.cli.data import Json, plain
from svcflow.cli.options import FormatOption
from svcflow.cli.words import moment_in
from svcflow.demo import Summary, make_demo, url_of
from svcflow.demo.people import ZONE

HOURS = 24
MOST_TICKETS, MOST_DAYS = 5_000, 60


def demo(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The SQLite file to make.")] = Path("svcflow-demo.db"),
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed is another week; the same is the same.")] = 7,
    cases: Annotated[
        int, typer.Option(metavar="N", min=1, max=MOST_TICKETS, help="How many customers ask for help.")
    ] = 80,
    days: Annotated[int, typer.Option(metavar="N", min=1, max=MOST_DAYS, help="How long it goes on.")] = 7,
    format_: FormatOption = "text",
) -> None:
    """
    Simulate a week of an after-sales desk, written into an SQLite file.

    Customers call, people with roles do what the menu offers them, some of them slowly; time escalates what is late,
    partners decline, parts are missing, hooks fail and are tried again. An earlier demo in the file is replaced;
    anything else there is left alone.

    Example:
      svcflow demo --seed 11
    """
    with output.progress("simulating", days * HOURS) as advance:
        summary = make_demo(file, seed, cases, days, advance)
    commands = _next(file, summary)
    if format_ == "json":
        output.write_json(_json(summary, file, commands))
        return
    output.show(Group(*_told(summary)))
    output.write(f"\nIt is all in {file}. Look around as of the end of that week:")
    for command in commands:
        output.write(f"  {command}")


def _next(file: Path, summary: Summary) -> tuple[str, ...]:
    """Three commands that go on from here, as they can be typed in this folder."""
    at = f"--at {summary.end.astimezone(ZONE).isoformat(timespec='minutes')}"
    store = f"--store {shlex.quote(url_of(file))}"
    program = _program()
    return (
        f"{program} cases {store} --late {at}",
        f"{program} show {summary.interesting} {store} {at}",
        f"{program} verify {store}",
    )


def _program() -> str:
    """How this program was called: it may lie in an environment that is not on the path."""
    called = sys.argv[0]
    if Path(called).name != "svcflow":
        return f"{shlex.quote(sys.executable)} -m svcflow.cli"
    found = shutil.which("svcflow")
    if found is not None and Path(found).resolve() == Path(called).resolve():
        return "svcflow"
    return shlex.quote(called)


def _json(summary: Summary, file: Path, commands: Sequence[str]) -> Json:
    return {
        "file": str(file),
        "seed": summary.seed,
        "start": plain(summary.start),
        "end": plain(summary.end),
        "cases": plain(summary.cases),
        "clocks": {
            name: {"met": one.met, "late": one.late, "running": one.running}
            for name, one in (*summary.clocks.items(), ("limits", summary.limits))
        },
        "escalations": plain(summary.escalations),
        "hooks": {
            name: {"delivered": one.delivered, "retried": one.retried} for name, one in summary.hooks.items()
        },
        "waiting": summary.waiting,
        "events": summary.events,
        "timers": summary.timers,
        "refused": summary.refused,
        "next": list(commands),
    }  # fmt: skip


# ── for a person ───────────────────────────────────────────────────────────────────────────────────────────────


def _told(summary: Summary) -> Iterator[RenderableType]:
    span = f"{moment_in(summary.start, ZONE)} to {moment_in(summary.end, ZONE)}"
    yield Text(f"An after-sales desk from {span}, simulated with seed {summary.seed}", style="bold")
    yield from _part("Cases", ("CASES", "PROCESS", "STATES"), _cases(summary))
    yield from _part("Promises", ("MET", "LATE", "RUNNING", "CLOCK"), _promises(summary))
    yield from _part("Escalations", ("FIRED", "AT"), ((f"{n:,}", step) for step, n in summary.escalations.items()))
    yield from _part("Hooks", ("DELIVERED", "TRIED AGAIN", "HOOK"), _hooks(summary))
    yield Text(
        f"\n{summary.events:,} things done by people, {summary.timers:,} by time; "
        f"{summary.refused:,} refused, {summary.waiting:,} calls still to be tried again"
    )


def _part(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[RenderableType]:
    yield Text(f"\n{title}", style="bold")
    numbers = ("CASES", "MET", "LATE", "RUNNING", "FIRED", "DELIVERED", "TRIED AGAIN")
    yield output.inset(output.table(head, rows, right=numbers))


def _cases(summary: Summary) -> Iterator[tuple[str, str, str]]:
    for process, states in sorted(summary.cases.items(), key=lambda item: -sum(item[1].values())):
        often = sorted(states.items(), key=lambda item: (-item[1], item[0]))
        yield f"{sum(states.values()):,}", process, ", ".join(f"{number} {state}" for state, number in often)


def _promises(summary: Summary) -> Iterator[tuple[str, str, str, str]]:
    for name, one in (*summary.clocks.items(), ("limits of states", summary.limits)):
        yield f"{one.met:,}", f"{one.late:,}", f"{one.running:,}", name


def _hooks(summary: Summary) -> Iterator[tuple[str, str, str]]:
    for name, one in summary.hooks.items():
        yield f"{one.delivered:,}", f"{one.retried:,}", name
