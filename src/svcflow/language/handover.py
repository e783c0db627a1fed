"""Whether a value gets from a field of one case into a field of another, and if not, why: in an author's words."""

from __future__ import annotations

from svcflow.core.assignment import within
from svcflow.core.process import Field
from svcflow.language.portrait import type_of


def lost(giving: Field, taking: Field) -> str:
    """Why a value does not get from one field into another; empty if it does."""
    if giving.kind != taking.kind:
        return f"it is {_called(giving)} on one side and {_called(taking)} on the other"
    if giving.private and not taking.private:
        return "it is private on one side only"
    strange = [word for word in giving.choices if word not in taking.choices]
    if strange:
        return f"`{strange[0]}` is no choice on the other side"
    if giving.kind == "range" and not taking.low <= giving.low <= giving.high <= taking.high:
        return f"it is {_called(giving)} on one side and {_called(taking)} on the other"
    if giving.kind == "duration" and not within(giving, taking):
        return f"it is {_called(giving)} on one side and {_called(taking)} on the other"
    return ""


def _called(known: Field) -> str:
    on = f" on {', '.join(known.calendars)}" if known.calendars else ""
    return f"{type_of(known)}{on}" if known.kind in {"range", "duration"} else known.kind
