"""How a key figure is told to a person: its name with its group, and its value in its unit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from rich.table import Table

from svcflow.cli import output
from svcflow.cli.showing import heading
from svcflow.cli.words import length
from svcflow.report.kpi import Unit


def section(title: str, table: Table) -> None:
    """A table under its title."""
    output.write("")
    output.show(heading(title))
    output.show(output.inset(table))


def named(name: str, by: Mapping[str, str]) -> str:
    """A figure and its group, such as `cases (product X1)`."""
    group = ", ".join(f"{dimension} {value or '-'}" for dimension, value in by.items())
    return output.clean(f"{name}{f' ({group})' if group else ''}")


def worth(unit: Unit, value: float | None, *, sign: bool = False) -> str:
    """A value in its unit, empty if there is none; with `sign` a difference, which says whether it is more or less."""
    if value is None:
        return ""
    mark = ("+" if value > 0 else "-" if value < 0 else "") if sign else "-" if value < 0 else ""
    match unit:
        case "seconds":
            return mark + seconds(abs(value))
        case "share":
            return f"{mark}{abs(value):.1%}"
        case "cases":
            return f"{mark}{abs(value):,.0f}"
        case _:
            return f"{mark}{abs(value):,.2f}"


def seconds(value: float | None) -> str:
    """A length of time, empty if there is none."""
    return "" if value is None else length(timedelta(seconds=round(value)))
