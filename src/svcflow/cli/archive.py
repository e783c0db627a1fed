"""`archive`: cases that ended long ago leave the database for files."""

from __future__ import annotations

import re
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from attrs import asdict

from svcflow.archiving import Archival
from svcflow.cli import output
from svcflow.cli.failures import FINDINGS, WrongUse
from svcflow.cli.options import FormatOption, StoreOption, TenantOption
from svcflow.cli.session import desk

DAYS = re.compile(r"(\d{1,5})d")


def archive(
    store: StoreOption,
    older_than: Annotated[
        str,
        typer.Option(
            metavar="DAYS", help="In which nothing has happened for so long, such as 365d.", show_default=False
        ),
    ],
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the files go.", show_default=False)],
    process: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only of this process, and what it ran.", show_default=False)
    ] = None,
    owner_field: Annotated[
        str, typer.Option(metavar="FIELD", help="The person field that says who was responsible.")
    ] = "owner",
    private: Annotated[
        bool, typer.Option("--private", help="Write private values too, into a file beside each; else they are gone.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the cases in the database.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    tenant: TenantOption = "",
    format_: FormatOption = "text",
) -> None:
    """
    Write cases that ended long ago into files, and take them out of the database.

    A file is on the disk and was read back before its cases are taken out. When it was interrupted, the same command
    goes on. Exit status 1 says that some cases stay that are old enough, and why.

    Examples:
      svcflow archive --older-than 365d --to archives --dry-run
      svcflow archive --older-than 365d --to archives --process service_ticket
    """
    days = DAYS.fullmatch(older_than)
    if days is None:
        raise WrongUse(f"--older-than: {older_than!r} is no number of days", "write it like 365d")
    with ExitStack() as stack:
        engine = stack.enter_context(desk(store))
        bars: list[output.Advance] = []

        def watch(_: int, families: int) -> None:
            if not bars:
                bars.append(stack.enter_context(output.progress("archiving", families)))
            bars[0](1)

        done = engine.archive(
            to, older_than=timedelta(days=int(days[1])), process=process, owner=owner_field, private=private, keep=keep,
            dry_run=dry_run, watch=watch, tenant=tenant,
        )  # fmt: skip
    if format_ == "json":
        output.write_json({"dry_run": dry_run, **asdict(done)})
    else:
        _tell(done, dry_run=dry_run)
    if done.stayed:
        raise typer.Exit(FINDINGS)


def _tell(done: Archival, *, dry_run: bool) -> None:
    for one in done.stayed:
        output.write(output.clean(f"case {one.case} stays: {one.why}"))
    for file in done.files:
        output.write(output.clean(f"{file.path}  {file.cases:,} cases  sha256 {file.sha256}"))
        if file.private is not None:
            output.write(output.clean(f"{file.private}  their private values"))
    output.write(f"{done.cases:,} {'would be' if dry_run else 'were'} archived, {len(done.stayed):,} stay")
