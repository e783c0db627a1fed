"""The names that files declare, as far as their nodes tell: what an editor offers, also in unfinished files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from svcflow.language.files import Files, Folder, processes
from svcflow.language.nodes import Document, MappingNode, ScalarNode, SequenceNode
from svcflow.language.reader import read
from svcflow.language.spaces import Kind
from svcflow.language.spots import Spot, spots
from svcflow.language.times import Misread
from svcflow.language.types import read_type

Known: TypeAlias = Mapping[Kind, tuple[str, ...]]
"""Names by kind, each once, in the order of the files."""


def names_of(documents: Iterable[Document]) -> Known:
    """The names that some files declare; a state by its name, and inside a group by its path as well."""
    found: dict[Kind, dict[str, None]] = defaultdict(dict)
    for document in documents:
        for spot in spots(document):
            for kind, name in _declared(spot):
                found[kind].setdefault(name)
    return MappingProxyType({kind: tuple(names) for kind, names in found.items()})


def _declared(spot: Spot) -> Iterator[tuple[Kind, str]]:
    declares, name = spot.declares, spot.node.text
    if declares is None or declares.kind == "process":
        return
    yield declares.kind, name
    if declares.kind == "state" and spot.state:
        yield "state", ".".join((*spot.state, name))
    if declares.kind == "field":
        role = role_of(type_of(spot))
        if role is not None:
            yield role, name


def role_of(type_: str) -> Kind | None:
    """What a field of this type can stand for beside values: a person, a moment, a promised time."""
    if type_ in {"date", "datetime"}:
        return "moment"
    try:
        kind, *_ = read_type(type_)
    except Misread:
        return None
    return "duration" if kind == "duration" else "person" if kind == "person" else None


def type_of(field: Spot) -> str:
    """The type of a declared field as it is written; empty if there is none."""
    node = field.around[field.node.text].value
    if isinstance(node, MappingNode) and "type" in node.entries:
        node = node.entries["type"].value
    return node.text if isinstance(node, ScalarNode) else ""


def gathered(files: Files, document: Document) -> Iterator[Document]:
    """A file and those that it brings in by `use:`, directly or by another, each once and as far as it can be read."""
    seen: set[str] = set()
    waiting = [document]
    while waiting:
        current = waiting.pop(0)
        yield current
        root = current.root
        use = root.entries.get("use") if isinstance(root, MappingNode) else None
        node = None if use is None else use.value
        for item in node.items if isinstance(node, SequenceNode) else (node,):
            text = files.text(item.text) if isinstance(item, ScalarNode) and item.text not in seen else None
            if isinstance(item, ScalarNode) and isinstance(text, str):
                seen.add(item.text)
                waiting.append(read(text, files.shown(item.text)))


def names_beside(path: Path) -> Known:
    """The names that a file and those beside it declare, and the processes there; what cannot be read gives none."""
    files = Folder(str(path.parent))
    texts = {name: files.text(name) for name in files.names()}
    documents = [read(text, name) for name, text in texts.items() if isinstance(text, str)]
    return MappingProxyType({**names_of(documents), "process": tuple(processes(files))})
