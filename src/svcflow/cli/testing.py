"""`test`: processes in phases, by proof, by story and by chance; and the stories of folders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer
from rich.console import Group

from svcflow import stories
from svcflow.cli import output
from svcflow.cli.delivery import writable
from svcflow.cli.failures import FINDINGS, INTERRUPTED, WrongUse
from svcflow.cli.phases import PHASES, Name, Trial, Wish
from svcflow.cli.stories import Outcome, outcome_of, stories_in, story_json, told_stories
from svcflow.cli.tested import Tested, junit, summary, title, told_phase, trial_json
from svcflow.core.spelling import nearest
from svcflow.language.files import STORY
from svcflow.testing.coverage.report import thresholds
from svcflow.testing.coverage.written import SUFFIXES
from svcflow.testing.saved import read
from svcflow.testing.stage import Database, in_memory, in_sqlite

TriedFormat: TypeAlias = Literal["text", "json", "junit"]
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600}


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
    given = list(dict.fromkeys(paths or [Path()]))
    processes = [path for path in given if path.is_file() and not path.name.endswith(STORY)]
    told = [path for path in given if path not in processes]
    wish = Wish(
        _phases(phases or PHASES), _seconds(max_time), max_examples, seed, _database(store),
        tuple((file, read(file)) for file in replay or ()),
        thresholds(require or "") if coverage or require is not None or coverage_to is not None else None,
        _report(coverage_to, processes),
    )  # fmt: skip
    library = stories.Library()
    outcomes = [outcome_of(file, library) for file in output.tracked("running stories", _stories(told))]
    if outcomes and format_ == "text":
        output.show(Group(*told_stories(outcomes)))
    trials = [Tested(file) for file in processes]
    interrupted = _interrupted(trials, wish, library, show=format_ == "text")
    _write(outcomes, trials, format_)
    if not all(outcome.passed for outcome in outcomes) or any(trial.failed for trial in trials):
        raise typer.Exit(FINDINGS)
    if interrupted:
        raise typer.Exit(INTERRUPTED)


def _stories(told: Sequence[Path]) -> list[Path]:
    return stories_in(told) if told else []


def _interrupted(trials: Sequence[Tested], wish: Wish, library: stories.Library, *, show: bool) -> bool:
    """Carry out all trials, one after another; whether Ctrl-C ended them."""
    try:
        for trial in trials:
            if show:
                output.show(title(trial))
            for phase in Trial(trial.file, wish, library).phases():
                trial.phases.append(phase)
                if show:
                    output.show(Group(*told_phase(phase)))
                if phase.interrupted:
                    return True
    except KeyboardInterrupt:
        return True
    return False


def _write(outcomes: Sequence[Outcome], trials: Sequence[Tested], format_: TriedFormat) -> None:
    match format_:
        case "text":
            if trials:
                output.show(summary(trials))
        case "json":
            data = {"stories": [story_json(outcome) for outcome in outcomes]}
            output.write_json({**data, **({"processes": [trial_json(trial) for trial in trials]} if trials else {})})
        case "junit":
            output.write(junit(outcomes, trials))


def _phases(names: Iterable[str]) -> frozenset[Name]:
    """
    The phases of these names.

    Raises:
        WrongUse: If one is none.
    """
    strange = sorted(set(names) - set(PHASES))
    if strange:
        close = nearest(strange[0], PHASES)
        hint = f"did you mean {close}?" if close else f"there are {', '.join(PHASES)}"
        raise WrongUse(f"--phase: no phase is called {output.clean(strange[0])!r}", hint)
    return frozenset(phase for phase in PHASES if phase in set(names))


def _seconds(text: str | None) -> float | None:
    """
    How long `10m` is.

    Raises:
        WrongUse: If it is no length of time.
    """
    if text is None:
        return None
    parts = re.fullmatch(r"(\d+(?:\.\d+)?) *(s|m|min|h)", text.strip())
    if parts is None:
        raise WrongUse(f"--max-time: {text!r} is no length of time", "write it like 30s, 10m or 1h")
    return float(parts[1]) * _SECONDS[parts[2]]


def _report(file: Path | None, processes: Sequence[Path]) -> Path | None:
    """
    The file for what was covered.

    Raises:
        WrongUse: If nobody could write it, or several processes would have to share it.
    """
    if file is not None:
        if len(processes) != 1:
            raise WrongUse("--coverage-to: one file is about one process", "name one process file")
        if file.suffix not in SUFFIXES:
            raise WrongUse(f"--coverage-to: {file} is none of {', '.join(SUFFIXES)}", "name it coverage.html")
        writable(file, processes)
    return file


def _database(url: str | None) -> Database:
    """
    Where the cases of runs live.

    Raises:
        WrongUse: If there is no such place, or what it needs is not installed.
    """
    if url in {None, "memory"}:
        return in_memory
    if url == "sqlite":
        return in_sqlite
    if not str(url).startswith(("postgresql://", "postgres://")):
        raise WrongUse(
            f"--store: runs cannot live in {output.clean(str(url))!r}",
            "write memory, sqlite or postgresql://HOST/DATABASE",
        )
    try:
        from svcflow.testing.postgres import in_postgres  # noqa: PLC0415 - psycopg need not be installed
    except ImportError as problem:
        raise WrongUse("--store: PostgreSQL needs more packages", "pip install 'svcflow[postgres]'") from problem
    return in_postgres(str(url))
