"""Who may open a case and with which form: LANGUAGE 3 (`open`), read a second time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from svcflow.core.event import Actor
from svcflow.core.process import Process
from svcflow.testing.reading.forms import right


def opens(process: Process, actor: Actor, fields: Mapping[str, Any], *, form: bool = True) -> str:
    """Why somebody may not open a case with these fields; empty if he may, or if that is not plain."""
    by = process.opening.by
    named = set() if by is None else {fields.get(name) for name in by.fields} - {None}
    if by is not None and not (by.roles & actor.roles or named & {actor.id, *actor.groups}):
        return "forbidden"
    return "form" if form and fitting(process, fields) is False else ""


def fitting(process: Process, fields: Mapping[str, Any]) -> bool | None:
    """Whether it is a right form; without an `open`, any declared fields are."""
    opening = process.opening
    names = process.fields.keys() - {"opened_at"} if opening.free else {*opening.ask, *opening.may}
    return right(process.fields, fields, set(names), set(opening.ask))


def refused_rightly(process: Process, actor: Actor, fields: Mapping[str, Any], code: str) -> bool:
    """Whether a refusal to open is right."""
    if code == "form":
        return not opens(process, actor, fields, form=False) and fitting(process, fields) is not True
    return opens(process, actor, fields, form=False) == code
