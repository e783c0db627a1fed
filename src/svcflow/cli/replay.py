"""`replay`: a recorded log through a process, to see what would have fitted and which promises would have been kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from svcflow import language
from svcflow.cli import output
from svcflow.cli.authors import there, told
from svcflow.cli.failures import FINDINGS, WrongUse
from svcflow.cli.options import FormatOption
from svcflow.cli.session import desk
from svcflow.core.process import Process
from svcflow.errors import DefinitionError
from svcflow.replay import Log, LogMap, Replay, read_log, read_map
from svcflow.replay import replay as drive
from svcflow.replay.course import RefusedRow
from svcflow.stores.base import Store

MOST_REASONS = 15
"""Kinds of refusal that are shown to a person; the JSON lists every row."""

StoreOption = Annotated[
    str | None,
    # No environment variable here: the store that is worked with every day must not fill with history by accident.
    typer.Option("--store", metavar="URL", show_default=False,
                 help="Write the cases into this store, such as sqlite:///history.db; by default nothing is written."),
]  # fmt: skip


def replay(
    process: Annotated[Path, typer.Argument(metavar="PROCESS", help="A process file.", show_default=False)],
    log: Annotated[
        Path,
        typer.Option(
            "--log", metavar="FILE", help="The log: CSV with a header, in UTF-8, or XES; .gz too.", show_default=False
        ),
    ],
    map_: Annotated[Path, typer.Option("--map", metavar="MAP.yaml", help="Which column is what.", show_default=False)],
    store: StoreOption = None,
    cases: Annotated[
        Path | None,
        typer.Option("--cases", metavar="OUT.csv", help="Write one line per case to this file.", show_default=False),
    ] = None,
    format_: FormatOption = "text",
) -> None:
    """
    Drive cases from a recorded log, on the log's own clock: what fits, what is refused and why, promises met and late.

    Every row is sent as an event at its time; afterwards clocks and timers run on to the last time of the log. With
    `--store` the cases are written there: a second run changes nothing, and an interrupted one is gone on with by
    the same command.

    Example:
      svcflow replay incident.yaml --log incidents.csv --map map.yaml --cases cases.csv
    """
    there([process, map_])
    _writable(cases, (process, log, map_))
    try:
        library = language.project(process)
    except DefinitionError as problem:
        raise told(problem, [process]) from problem
    log_map = read_map(map_.read_bytes(), str(map_))
    for stranger in log_map.strangers(library[0]):
        output.say(f"warning: {stranger}")
    found = read_log(log, log_map)
    if store is None:
        answer = _driven(library, found, log_map, None)
    else:
        with desk(store, make=True) as engine:
            answer = _kept(library, found, log_map, engine.store)
    if cases is not None:
        with cases.open("w", encoding="utf-8", newline="") as file:
            answer.write_cases(file)
    if format_ == "json":
        output.write_json(answer.as_json())
    else:
        output.show(Group(*_summary(library[0], found, answer)))
    if answer.troubles:
        for trouble in answer.troubles[:MOST_REASONS]:
            output.say(f"error: time could not run on: {trouble}")
        raise typer.Exit(FINDINGS)


def _writable(cases: Path | None, inputs: Sequence[Path]) -> None:
    """Hear of a wrong `--cases` before a long run, and never write over what is read."""
    if cases is None:
        return
    if cases.is_dir() or not cases.absolute().parent.is_dir():
        raise WrongUse(f"--cases: {cases} cannot be written", "name a file in a folder that is there")
    if cases.exists() and any(one.exists() and cases.samefile(one) for one in inputs):
        raise WrongUse(f"--cases: {cases} is read by this very command", "name another file")


def _kept(library: Sequence[Process], log: Log, log_map: LogMap, store: Store) -> Replay:
    try:
        return _driven(library, log, log_map, store)
    except KeyboardInterrupt:
        output.say("every case is in the store whole or up to one of its rows; the same command goes on from there")
        raise


def _driven(library: Sequence[Process], log: Log, log_map: LogMap, store: Store | None) -> Replay:
    with output.progress("replaying cases", len(log.cases)) as advance:
        return drive(library, log, log_map, store=store, progress=advance)


# ── for a person ───────────────────────────────────────────────────────────────────────────────────────────────────


def _summary(process: Process, log: Log, answer: Replay) -> Iterator[RenderableType]:
    if log.end is None:
        yield Text("the log has no rows")
        return
    skipped = f", {answer.skipped:,} skipped" if answer.skipped else ""
    yield Text(f"{process.name} version {process.version}, up to {log.end:%Y-%m-%d %H:%M} UTC", style="bold")
    yield _table(
        ("", "", ""),
        [
            ("cases", f"{answer.cases:,}", f"{answer.ended:,} ended"),
            ("fitting", f"{answer.fitting:,}", _share(answer.fitting, answer.cases)),
            ("rows", f"{answer.rows:,}", f"{answer.accepted:,} accepted, {len(answer.refused):,} refused{skipped}"),
        ],
    )
    if answer.refused:
        yield Text("\nRefused", style="bold")
        yield _table(("ROWS", "EVENT", "WHY", "FIRST"), _reasons(answer.refused))
    if answer.states:
        yield Text("\nStates at the end", style="bold")
        yield _table(("CASES", "STATE"), [(f"{count:,}", state) for state, count in answer.states.items()])
    if answer.clocks:
        yield Text("\nClocks", style="bold")
        head = ("MET", "LATE", "RUNNING", "CLOCK")
        rows = [(f"{one.met:,}", f"{one.late:,}", f"{one.running:,}", name) for name, one in answer.clocks.items()]
        yield _table(head, rows)


def _reasons(refused: Sequence[RefusedRow]) -> Iterator[tuple[str, str, str, str]]:
    """Refused rows of one kind together, the most frequent kinds first; what else was possible is left to the JSON."""
    kinds: dict[tuple[str, str], list[RefusedRow]] = defaultdict(list)
    for one in refused:
        kinds[one.event, one.reason.partition("; possible now")[0]].append(one)
    often = sorted(kinds.items(), key=lambda item: -len(item[1]))
    for (event, reason), rows in often[:MOST_REASONS]:
        yield f"{len(rows):,}", event, reason, f"case {rows[0].case}, row {rows[0].row:,}"
    rest = sum(len(rows) for _, rows in often[MOST_REASONS:])
    if rest:
        yield f"{rest:,}", "", f"for {len(often) - MOST_REASONS:,} more reasons; `--format json` lists every row", ""


def _share(part: int, whole: int) -> str:
    """A share in percent, rounded down: what is not all must not look like all."""
    return f"{part * 1000 // whole / 10:.1f} %" if whole else ""


def _table(head: Sequence[str], rows: Sequence[tuple[str, ...]] | Iterator[tuple[str, ...]]) -> Padding:
    made = output.table(head, rows, right=("ROWS", "CASES", "MET", "LATE", "RUNNING"))
    made.show_header = any(head)
    return Padding(made, (0, 0, 0, 2), expand=False)
