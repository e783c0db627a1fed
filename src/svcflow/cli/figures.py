"""How key figures are told on a screen: tables under titles, and the name of a figure with its group."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table

from svcflow.cli import output
from svcflow.cli.showing import heading


def section(title: str, table: Table) -> None:
    """A table under its title."""
    output.write("")
    output.show(heading(title))
    output.show(output.inset(table))


def named(name: str, by: Mapping[str, str]) -> str:
    """A figure and its group, such as `cases (product X1)`."""
    group = ", ".join(f"{dimension} {value or '-'}" for dimension, value in by.items())
    return output.clean(f"{name}{f' ({group})' if group else ''}")
