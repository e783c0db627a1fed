"""
YAML as nodes with positions: every scalar is text, typed later by the place it stands in.

YAML's own typing would read `on` as true and `18:00` as 1080.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from attrs import field, frozen

from svcflow.core.rule import Place
from svcflow.language.findings import Finding, Span

LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""What YAML counts as the end of a line; positions count the same way."""


@frozen(eq=False)
class ScalarNode:
    """A text. `plain` says that it stands without quotes, in one of YAML's two plain forms."""

    text: str
    span: Span
    plain: bool


@frozen(eq=False)
class Entry:
    """One key of a mapping with its value."""

    key: ScalarNode
    value: Node


@frozen(eq=False)
class MappingNode:
    """Keys and values in the order of the file, no key twice."""

    entries: Mapping[str, Entry]
    span: Span


@frozen(eq=False)
class SequenceNode:
    """A list."""

    items: tuple[Node, ...]
    span: Span


Node: TypeAlias = ScalarNode | MappingNode | SequenceNode


@frozen(eq=False)
class Document:
    """One file: its text, its nodes (None when it is empty or cannot be read at all), what is wrong with its YAML."""

    file: str
    text: str
    root: Node | None
    findings: tuple[Finding, ...] = ()
    lines: tuple[str, ...] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "lines", tuple(LINE_BREAK.split(self.text)))

    def find(self, place: Place) -> tuple[Entry | None, Node | None]:
        """
        The node of a place and the entry whose value it is, else those of the nearest place around it.

        A short form has fewer nodes than its long form: `accept: diagnose` answers for `accept, to, 0, to`.
        """
        entry: Entry | None = None
        node = self.root
        for step in place:
            match node:
                case MappingNode() if str(step) in node.entries:
                    entry = node.entries[str(step)]
                    node = entry.value
                case SequenceNode() if isinstance(step, int) and 0 <= step < len(node.items):
                    entry, node = None, node.items[step]
                case SequenceNode() if (item := _item(node, step)) is not None:
                    entry, node = None, item
                case _:
                    break
        return entry, node

    def span(self, place: Place, *, key: bool = False) -> Span:
        """Where the value (or with `key` the key) of a place stands; the first character of an empty file."""
        entry, node = self.find(place)
        if key and entry is not None:
            return entry.key.span
        return Span(self.file, 1, 1, 1, 1) if node is None else node.span


def _item(node: SequenceNode, step: str | int) -> Node | None:
    """The item of a list of names that is the short form of a key."""
    return next((item for item in node.items if isinstance(item, ScalarNode) and item.text == step), None)


def plain(node: Node) -> object:
    """The node as dict, list and str, as pydantic reads it."""
    match node:
        case ScalarNode():
            return node.text
        case SequenceNode():
            return [plain(item) for item in node.items]
        case MappingNode():
            return {key: plain(entry.value) for key, entry in node.entries.items()}
