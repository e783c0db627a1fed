"""
What a case hands over to one that it starts, and what a child gives back: LANGUAGE 3 (`start`, `run`), read again.

Fields of the same name, or as renamed, and the same type; what is private stays private.
"""

from __future__ import annotations

from typing import Any

from svcflow.core.process import Field, Process
from svcflow.testing.reading.case import Told
from svcflow.testing.reading.deeds import Begun
from svcflow.testing.reading.forms import fits


def handed_over(origin: Process, begun: Begun, process: Process) -> dict[str, Any]:
    """The fields of its `open` that a new case takes from the one that starts it."""
    opening = process.opening
    names = process.fields.keys() - {"opened_at"} if opening.free else (*opening.ask, *opening.may)
    found = {}
    for name in names:
        ours = begun.rename.get(name, name)
        if ours in begun.fields and _goes(origin.fields[ours], process.fields[name], begun.fields[ours]):
            found[name] = begun.fields[ours]
    return found


def given(child: Told, parent: Told) -> dict[str, Any]:
    """The `gives` of a child that its parent knows."""
    found = {}
    for name in child.process.gives:
        known = parent.process.fields.get(name)
        if name in child.fields and known is not None and _goes(child.process.fields[name], known, child.fields[name]):
            found[name] = child.fields[name]
    return found


def _goes(here: Field, there: Field, value: object) -> bool:
    return here.kind == there.kind and (there.private or not here.private) and fits(there, value) is not False
