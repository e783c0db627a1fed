"""Carrying out `test`: stories first, then each process in its phases, told as they end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import typer
from attrs import frozen
from rich.console import Group

from svcflow import stories
from svcflow.cli import output
from svcflow.cli.delivery import writable
from svcflow.cli.failures import FINDINGS, INTERRUPTED, WrongUse
from svcflow.cli.phase_names import PHASES, Name, TriedFormat
from svcflow.cli.phases import Trial, Wish
from svcflow.cli.stories import Outcome, outcome_of, stories_in, story_json, told_stories
from svcflow.cli.tested import Tested, junit, summary, title, told_phase, trial_json
from svcflow.core.spelling import nearest
from svcflow.language.files import STORY
from svcflow.testing.coverage.report import thresholds
from svcflow.testing.coverage.written import SUFFIXES
from svcflow.testing.saved import read
from svcflow.testing.stage import Database, in_memory, in_sqlite

_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600}


@frozen
class Asked:
    """The options, as they were written; with `require`, even an empty one, it is said what was covered."""

    phases: tuple[str, ...]
    max_time: str | None
    max_examples: int | None
    seed: int
    store: str | None
    replay: tuple[Path, ...]
    require: str | None
    report: Path | None


def carry_out(paths: Sequence[Path], asked: Asked, format_: TriedFormat) -> None:
    """
    Run the stories and try the processes among some paths.

    Raises:
        WrongUse: If an option or a path can mean nothing.
        Exit: When something fails, or it was interrupted.
    """
    processes = [path for path in paths if path.is_file() and not path.name.endswith(STORY)]
    told = [path for path in paths if path not in processes]
    wish = _wish(asked, processes)
    library = stories.Library()
    outcomes = [outcome_of(file, library) for file in output.tracked("running stories", _stories(told))]
    if outcomes and format_ == "text":
        output.show(Group(*told_stories(outcomes)))
    trials = [Tested(file) for file in processes]
    interrupted = _interrupted(trials, wish, library, show=format_ == "text")
    if format_ == "text" and trials:
        output.show(summary(trials, interrupted=interrupted))
    _write(outcomes, trials, format_)
    if not all(outcome.passed for outcome in outcomes) or any(trial.failed for trial in trials):
        raise typer.Exit(FINDINGS)
    if interrupted:
        raise typer.Exit(INTERRUPTED)


def _wish(asked: Asked, processes: Sequence[Path]) -> Wish:
    return Wish(
        _phases(asked.phases), _seconds(asked.max_time), asked.max_examples, asked.seed, _database(asked.store),
        tuple((file, read(file)) for file in asked.replay),
        None if asked.require is None else thresholds(asked.require), _report(asked.report, processes),
    )  # fmt: skip


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
    """For programs: all at once, at the end."""
    match format_:
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
