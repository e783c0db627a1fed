"""`docs`: pages for the people who work by a process, written from it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from svcflow import diagram, language
from svcflow.cli import output
from svcflow.cli.authors import FilesArgument, there, told
from svcflow.cli.failures import WrongUse
from svcflow.cli.files import write_whole
from svcflow.errors import DefinitionError


def docs(
    files: FilesArgument,
    folder: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", show_default=False, help="Where the pages go.")
    ],
    format_: Annotated[
        diagram.PageFormat, typer.Option("--format", help="Pages for a browser and for paper, or for a wiki.")
    ] = "html",
) -> None:
    """
    Write a page for each process and language, and an index of them.

    A page has the picture, who may do what, all times, fields, escalations, ends and other processes. HTML pages need
    nothing beside them; Markdown pages have their pictures as files. Files of shared words have no page.

    Examples:
      svcflow docs service_ticket.yaml callback.yaml -o pages
      svcflow docs service_ticket.yaml --format md -o wiki
    """
    there(files)
    report = language.check(files)
    if report.failed:
        raise told(DefinitionError(report.findings), files)
    names = Counter(process.name for process in report.processes)
    if twice := [name for name, number in names.items() if number > 1]:
        raise WrongUse(f"two of the files are the process {twice[0]}", "write their pages into two folders")
    if not report.processes:
        raise WrongUse("none of the files is a process", "name files that begin with `process:`")
    folder.mkdir(parents=True, exist_ok=True)
    written = diagram.booklet(report.processes, format_)
    for name, text in written.items():
        write_whole(folder / name, text)
    output.say(f"{output.count(len(written), 'file')} written; begin with {folder / f'index.{format_}'}")
