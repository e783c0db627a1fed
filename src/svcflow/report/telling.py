"""How the value of a key figure is told to a person, in its unit."""

from __future__ import annotations

from datetime import timedelta

from svcflow.diagram.lengths import length
from svcflow.report.kpi import Unit


def worth(unit: Unit, value: float | None, language: str = "en", *, sign: bool = False) -> str:
    """A value in its unit, empty if there is none; with `sign` a difference, which says whether it is more or less."""
    if value is None:
        return ""
    mark = ("+" if value > 0 else "-" if value < 0 else "") if sign else "-" if value < 0 else ""
    match unit:
        case "seconds":
            return mark + seconds(abs(value), language)
        case "share":
            return f"{mark}{abs(value):.1%}"
        case "cases":
            return f"{mark}{abs(value):,.0f}"
        case _:
            return f"{mark}{abs(value):,.2f}"


def seconds(value: float | None, language: str = "en") -> str:
    """A length of time, empty if there is none."""
    return "" if value is None else length(timedelta(seconds=round(value)), language)
