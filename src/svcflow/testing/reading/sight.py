"""
Who sees which fields, as it stands in the files: read from the text past the compiler.

A field's own `seen_by` holds alone. Else those see it whom `seen_by` of the process names, as a name in a list, with
`all`, or with this field. Where nothing is said, everybody does; so does `system`, and what says when a case was opened
is for everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from svcflow.core.event import Actor
from svcflow.core.process import Process
from svcflow.language.nodes import plain
from svcflow.language.reader import read

Names = frozenset[str] | None


def seen_by(process: Process) -> Mapping[str, Names]:
    """For each field the names of those who may see it, None for everybody."""
    forms = {file: _form(_root(text, file)) for file, text in process.sources.items()}
    said = forms.get(process.file, {}).get("seen_by")
    everywhere = {name: _form(known).get("seen_by") for form in forms.values() for name, known in _fields(form)}
    found: dict[str, Names] = {}
    for name in process.fields:
        own = everywhere.get(name)
        if own is not None:
            found[name] = _names(own)
        elif said is None or name == "opened_at":
            found[name] = None
        elif isinstance(said, Mapping):
            found[name] = frozenset(one for one, fields in said.items() if {"all", name} & _names(fields))
        else:
            found[name] = _names(said)
    return found


def hidden(said: Mapping[str, Names], actor: Actor, fields: Mapping[str, Any]) -> frozenset[str]:
    """The fields that somebody may not see in a case with these values; `said` is what `seen_by` answers."""
    if "system" in actor.roles:
        return frozenset()
    mine = {actor.id, *actor.groups}
    return frozenset(
        name
        for name, people in said.items()
        if people is not None
        and not people & actor.roles
        and not any(fields.get(one) in mine for one in people if one in said)
    )


def _root(text: str, file: str) -> object:
    root = read(text, file).root
    return None if root is None else plain(root)


def _fields(form: Mapping[str, Any]) -> Iterable[tuple[str, object]]:
    return _form(form.get("fields")).items()


def _form(written: object) -> Mapping[str, Any]:
    return written if isinstance(written, Mapping) else {}


def _names(written: str | Iterable[str]) -> frozenset[str]:
    return frozenset((written,) if isinstance(written, str) else written)
