"""`check`: everything that is wrong with process files, before anything runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from svcflow import language
from svcflow.cli import output
from svcflow.cli.authors import FilesArgument, foresee, there
from svcflow.cli.failures import FINDINGS
from svcflow.cli.options import MachineOption, TenantOption
from svcflow.cli.published import AgainstOption, published
from svcflow.cli.repairing import repaired
from svcflow.cli.stories import with_stories
from svcflow.clocks import SystemClock
from svcflow.language.files import SCENARIO, STORY
from svcflow.machines import named

ReportFormat: TypeAlias = Literal["text", "json", "sarif", "github"]


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
    against: AgainstOption = None,
    tenant: TenantOption = "",
) -> None:
    """
    Say everything that is wrong with process files and stories, each finding with its place and a help.

    The exit status is 1 when there is an error, 0 when there are only warnings or nothing; with `--strict` it is 1 for
    warnings, too. With `--machine` it is also an error what that machine cannot run. A file is compared with what is
    published of it: with the lock beside it, or with `--against` another lock, a store, or the file as it was.

    Examples:
      svcflow check service_ticket.yaml callback.yaml
      svcflow check --fix service_ticket.yaml
      svcflow check service_ticket.yaml --against sqlite:///service.db
    """
    there(files)
    chosen = None if machine is None else named(machine)
    known = None if against is None else published(against, tenant)
    files = _without_scenarios(files)
    tales = [file for file in files if file.name.endswith(STORY)]
    processes = [file for file in files if file not in tales]
    left = repaired(processes, chosen, write=not diff) if fix or diff else None
    more = (*language.house_rules(), language.swapped_letters())
    if left is None or not diff:
        left = language.check(processes, machine=chosen, rules=more, against=known)
    report = with_stories(left, tales)
    _write(report, format_, len(files))
    foresee(report.processes, SystemClock().now())
    if report.failed or (strict and any(finding.severity == "warning" for finding in report.findings)):
        raise typer.Exit(FINDINGS)


def _without_scenarios(files: Sequence[Path]) -> list[Path]:
    """The other files: what a scenario means depends on the process that it is simulated with."""
    for file in files:
        if file.name.endswith(SCENARIO):
            output.say(f"note: {file} is looked at by `svcflow simulate PROCESS --scenario {file.name}`")
    return [file for file in files if not file.name.endswith(SCENARIO)]


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
                color, columns = output.coloured(sys.stdout), output.columns(sys.stdout)
                shown = language.render(findings, report.sources, color=color, columns=columns)
                output.write(f"{shown}\n")
            output.write(f"{output.count(files, 'file')} checked: {language.summary(findings) or 'nothing wrong'}")
