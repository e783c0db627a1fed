"""Tables of key figures under their titles, on a screen."""

from __future__ import annotations

from rich.table import Table

from svcflow.cli import output
from svcflow.cli.showing import heading


def section(title: str, table: Table) -> None:
    """A table under its title."""
    output.write("")
    output.show(heading(title))
    output.show(output.inset(table))
