"""The names that files declare, as far as their shape alone tells: what an editor offers, also in unfinished files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from svcflow.language import schema
from svcflow.language.files import Folder, processes
from svcflow.language.gather import gather
from svcflow.language.spaces import Kind
from svcflow.language.statetree import StateTree

Known: TypeAlias = Mapping[Kind, tuple[str, ...]]
"""Names by kind, each once, in the order of the files."""


def names_of(forms: Iterable[schema.ProcessFile | schema.SharedFile]) -> Known:
    """The names that some files declare; a state by its name, and inside a group by its path as well."""
    found: dict[Kind, dict[str, None]] = defaultdict(dict)

    def add(kind: Kind, names: Iterable[str]) -> None:
        found[kind].update(dict.fromkeys(names))

    for form in forms:
        add("role", form.roles)
        add("hook", form.hooks)
        add("language", form.languages)
        add("calendar", form.calendars)
        add("escalation", form.escalations)
        add("table", form.targets)
        add("field", form.fields)
        add("person", (name for name, field in form.fields.items() if field.type == "person"))
        add("moment", (name for name, field in form.fields.items() if field.type in {"date", "datetime"}))
        if isinstance(form, schema.ProcessFile):
            tree = StateTree.of(form.states)
            add("state", (name for spot in tree.spots for name in (spot.name, spot.path)))
            add("event", [*(name for spot in tree.spots for name in spot.form.events), *form.anywhere])
            add("clock", form.sla)
    return MappingProxyType({kind: tuple(names) for kind, names in found.items()})


def names_beside(path: Path) -> Known:
    """The names that a file and those beside it declare, and the processes there; files with errors give none."""
    files = Folder(str(path.parent))
    forms = (gather(files, name).main for name in files.names())
    return {**names_of(form for form in forms if form is not None), "process": tuple(processes(files))}
