"""`test`: what may be asked of it; what it needs takes long to import, and no other command waits for that."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from svcflow.cli.phase_names import PHASES, TriedFormat


def try_out(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE|FOLDER]...",
            show_default=False,
            help="Process files, to be tried in all phases; stories, or folders with stories; by default `.`.",
        ),
    ] = None,
    phases: Annotated[
        list[str] | None,
        typer.Option(
            "--phase",
            metavar="PHASE",
            show_default=False,
            help=f"Only this phase of a process, again for more: {', '.join(PHASES)}.",
        ),
    ] = None,
    max_time: Annotated[
        str | None,
        typer.Option(
            "--max-time",
            metavar="TIME",
            show_default=False,
            help="How long to search by chance in each process, such as 30s, 10m or 1h.",
        ),
    ] = None,
    max_examples: Annotated[
        int | None,
        typer.Option(
            "--max-examples",
            metavar="NUMBER",
            min=1,
            show_default=False,
            help="Runs in each phase by chance; 100 without this and without --max-time.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed makes the same runs.")] = 0,
    store: Annotated[
        str | None,
        typer.Option(
            "--store",
            metavar="URL",
            show_default=False,
            help="Where runs live instead of in memory: `sqlite`, each in a file of its own, or postgresql://HOST/DATABASE.",
        ),
    ] = None,
    replay: Annotated[
        list[Path] | None,
        typer.Option(
            "--replay",
            metavar="FILE",
            show_default=False,
            help="A kept failure or a trace, to be run again; give it again for more.",
        ),
    ] = None,
    coverage: Annotated[bool, typer.Option("--coverage", help="Say what the runs covered of a process.")] = False,
    require: Annotated[
        str | None,
        typer.Option(
            "--require",
            metavar="KIND=PERCENT",
            show_default=False,
            help="Fail when less is covered, such as transitions=100,states=90; what is proved unreachable counts.",
        ),
    ] = None,
    coverage_to: Annotated[
        Path | None,
        typer.Option(
            "--coverage-to",
            metavar="FILE",
            show_default=False,
            help="Write what was covered to a file: .html, .svg, .xml (JUnit), .json or .txt; of one process.",
        ),
    ] = None,
    format_: Annotated[
        TriedFormat,
        typer.Option("--format", help="For people, for programs, or for build servers."),
    ] = "text",
) -> None:
    """
    Try processes in phases, and run stories: what breaks a promise is shown by the shortest run that does.

    A process file is checked; the runs that failed before are repeated; every way is tried out by the model checker;
    its stories are run; every transition is taken once; then come random runs, first of people and time, then with
    failing hosts and dying workers, then on other state machines. Failures are kept in `.svcflow/failures`. The exit
    status is 1 when anything fails.

    Examples:
      svcflow test
      svcflow test service_ticket.yaml --max-time 10m --seed 7
    """
    from svcflow.cli.trials import Asked, carry_out  # noqa: PLC0415 - see the module's first line

    carry_out(
        list(dict.fromkeys(paths or [Path()])),
        Asked(
            tuple(phases or PHASES), max_time, max_examples, seed, store, tuple(replay or ()),
            "" if require is None and (coverage or coverage_to) else require, coverage_to,
        ),
        format_,
    )  # fmt: skip
