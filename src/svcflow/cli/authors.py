"""What the commands for authors share: the files they are given, and how what is wrong with them is told."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from svcflow import holidays, language
from svcflow.cli import output
from svcflow.cli.failures import FINDINGS, WrongUse
from svcflow.core.process import Process
from svcflow.core.spelling import nearest
from svcflow.errors import DefinitionError

FilesArgument = Annotated[list[Path], typer.Argument(metavar="FILE", help="YAML files.", show_default=False)]


def foresee(processes: Iterable[Process], now: datetime) -> None:
    """Say where times come to years whose days off are not announced: no fault of a file, and no finding in it."""
    for text in holidays.warnings(processes, now):
        output.say(f"note: {text}")


def there(files: Sequence[Path]) -> None:
    """
    Make sure that the files are there before anything is done with the first.

    Raises:
        WrongUse: If one is not.
    """
    for file in files:
        if file.is_dir():
            raise WrongUse(f"{file} is a folder", f"name files: `{file}/*.yaml`")
        if not file.exists():
            raise WrongUse(f"there is no file {output.clean(str(file))}", _meant(file))


def _meant(file: Path) -> str:
    try:
        beside = [path.name for path in file.parent.iterdir() if path.suffix in {".yaml", ".yml"}]
    except OSError:
        return f"there is no folder {file.parent} either"
    close = nearest(file.name, beside)
    return "" if close is None else f"did you mean {file.parent / close}?"


def told(problem: DefinitionError, files: Sequence[Path]) -> typer.Exit:
    """Show the findings that stopped a command, on stderr with their places; answers how to leave."""
    findings = [finding for finding in problem.findings if isinstance(finding, language.Finding)]
    sources = language.check(files).sources
    color, columns = output.coloured(sys.stderr), output.columns(sys.stderr)
    output.say(language.render(findings, sources, color=color, columns=columns))
    output.say(f"\nerror: {language.summary(findings)}")
    return typer.Exit(FINDINGS)
