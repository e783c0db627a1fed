"""The symbols of a file: what an editor lists to jump to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from attrs import frozen

from svcflow.language.findings import Span
from svcflow.language.nodes import Document, Entry, MappingNode, Node, ScalarNode, SequenceNode

SymbolKind: TypeAlias = Literal[
    "file", "state", "event", "field", "role", "hook", "clock", "calendar", "escalation", "table"
]

_THINGS: dict[str, SymbolKind] = {
    "fields": "field", "sla": "clock", "anywhere": "event", "calendars": "calendar", "escalations": "escalation",
    "targets": "table",
}  # fmt: skip
_LISTS: dict[str, SymbolKind] = {"roles": "role", "hooks": "hook"}


@frozen
class Symbol:
    """A thing of the file: its name, where the name is, where the whole is, and the things inside it."""

    name: str
    kind: SymbolKind
    about: str
    at: Span
    whole: Span
    inner: tuple[Symbol, ...] = ()


def outline(document: Document) -> tuple[Symbol, ...]:
    """The things of a file in its order."""
    return tuple(_inside(document.root))


def _inside(node: Node | None) -> Iterator[Symbol]:
    for word, entry in _entries(node).items():
        if word in {"process", "shared"} and isinstance(entry.value, ScalarNode):
            yield Symbol(entry.value.text, "file", word, entry.value.span, _joined(entry))
        elif word == "states":
            yield from _states(entry.value)
        elif word == "events":
            yield from (_symbol(one, "event") for one in _entries(entry.value).values())
        elif word in _THINGS:
            yield from (_symbol(one, _THINGS[word]) for one in _entries(entry.value).values())
        elif word in _LISTS:
            items = entry.value.items if isinstance(entry.value, SequenceNode) else (entry.value,)
            names = [item for item in items if isinstance(item, ScalarNode)]
            yield from (Symbol(item.text, _LISTS[word], "", item.span, item.span) for item in names)


def _states(node: Node) -> Iterator[Symbol]:
    for entry in _entries(node).values():
        end = _entries(entry.value).get("end")
        about = f"end: {end.value.text}" if end is not None and isinstance(end.value, ScalarNode) else ""
        yield Symbol(entry.key.text, "state", about, entry.key.span, _joined(entry), tuple(_inside(entry.value)))


def _symbol(entry: Entry, kind: SymbolKind) -> Symbol:
    about = entry.value.text if isinstance(entry.value, ScalarNode) else ""
    return Symbol(entry.key.text, kind, about, entry.key.span, _joined(entry))


def _joined(entry: Entry) -> Span:
    """From the key to the end of its value."""
    start, end = entry.key.span, entry.value.span
    return Span(start.file, start.line, start.column, end.end_line, end.end_column)


def _entries(node: Node | None) -> dict[str, Entry]:
    return dict(node.entries) if isinstance(node, MappingNode) else {}
