"""`check`: what an author asks of a process file before anything runs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from svcflow import holidays, language
from svcflow.cli import output
from svcflow.cli.failures import FINDINGS, WrongUse
from svcflow.cli.options import MachineOption
from svcflow.cli.repairing import repaired
from svcflow.clocks import SystemClock
from svcflow.core.process import Process
from svcflow.core.spelling import nearest
from svcflow.errors import DefinitionError
from svcflow.machines import named

ReportFormat: TypeAlias = Literal["text", "json", "sarif", "github"]
FilesArgument = Annotated[list[Path], typer.Argument(metavar="FILE", help="YAML files.", show_default=False)]


def check(
    files: FilesArgument,
    machine: MachineOption = None,
    format_: Annotated[
        ReportFormat,
        typer.Option("--format", help="`text` for people, `json` for programs, `sarif` and `github` for code reviews."),
    ] = "text",
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail, too.")] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Write the repairs that are sure into the files, then say what is left.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Only show what --fix would change.")] = False,
) -> None:
    """
    Say everything that is wrong with process files, each finding with its place and a help.

    The exit status is 1 when there is an error, 0 when there are only warnings or nothing; with `--strict` it is 1 for
    warnings, too. With `--machine` it is also an error what that machine cannot run.

    Examples:
      svcflow check service_ticket.yaml callback.yaml
      svcflow check --fix service_ticket.yaml
    """
    there(files)
    chosen = None if machine is None else named(machine)
    left = repaired(files, chosen, write=not diff) if fix or diff else None
    house = language.house_rules()
    report = left if left is not None and diff else language.check(files, machine=chosen, rules=house)
    _write(report, format_, len(files))
    foresee(report.processes, SystemClock().now())
    if report.failed or (strict and any(finding.severity == "warning" for finding in report.findings)):
        raise typer.Exit(FINDINGS)


def _write(report: language.Report, format_: ReportFormat, files: int) -> None:
    findings = report.findings
    match format_:
        case "json":
            output.write_json([language.as_json(finding) for finding in findings])
        case "sarif":
            output.write_json(language.sarif(findings, version("svcflow")))
        case "github":
            if findings:
                output.write(language.github(findings))
        case "text":
            if findings:
                shown = language.render(findings, report.sources, color=output.coloured(sys.stdout))
                output.write(f"{shown}\n")
            output.write(f"{output.count(files, 'file')} checked: {language.summary(findings) or 'nothing wrong'}")


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
    output.say(language.render(findings, sources, color=output.coloured(sys.stderr)))
    output.say(f"\nerror: {language.summary(findings)}")
    return typer.Exit(FINDINGS)
