"""`minimise`: what may be asked of it; what it needs takes long to import, and no other command waits for that."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from svcflow.cli.delivery import OutputOption
from svcflow.cli.options import FormatOption, TenantOption


def minimise(
    source: Annotated[
        str,
        typer.Argument(
            metavar="TRACE|CASE", show_default=False, help="A file with a trace or a failure; with --store, a case."
        ),
    ],
    file: Annotated[Path, typer.Argument(metavar="PROCESS", help="A process file.", show_default=False)],
    into: Annotated[
        str | None,
        typer.Option(
            "--into",
            metavar="STATE",
            show_default=False,
            help="The shortest run that gets into this state, instead of one that breaks a promise.",
        ),
    ] = None,
    out: OutputOption = None,
    store: Annotated[
        str | None,
        typer.Option("--store", metavar="URL", show_default=False, help="The database in which the case is."),
    ] = None,
    tenant: TenantOption = "",
    format_: FormatOption = "text",
) -> None:
    """
    Make a run as short and as simple as it can be, and still break the same promise, or get into the same state.

    A case of a store becomes a run by its journal and those of its children; in it, private texts are replaced by
    stand-ins, other private values are left out. The exit status is 1 when the run breaks a promise. With `-o` the
    run is written to a file, for `svcflow test --replay`.

    Examples:
      svcflow minimise .svcflow/failures/failure.json service_ticket.yaml
      svcflow minimise 01a20000ab service_ticket.yaml --store sqlite:///service.db --into review
    """
    from svcflow.cli.shortening import shorten  # noqa: PLC0415 - see the module's first line

    shorten(source, file, into=into, out=out, store=store, tenant=tenant, format_=format_)
