"""What stands on one line: short events, alternatives, lists of names, titles; and the one order of a `do`."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from svcflow.core.rule import Place
from svcflow.language.edits import Offsets
from svcflow.language.findings import Fix, Span
from svcflow.language.nodes import Document, Entry, MappingNode, Node, ScalarNode, SequenceNode
from svcflow.language.render import width

SHORT = 80
"""Columns of a line that something is folded into; a longer one is left as its author wrote it."""

ORDER = ("set", "send", "start", "hook", "notify")
"""The order in which a `do` is done, and so the order in which it reads best."""

_LISTED = frozenset({
    "states", "events", "after", "anywhere", "sla", "calendars", "hours", "except", "escalations", "targets", "table",
    "fields", "labels", "migrate",
})  # fmt: skip
"""Words whose names stand one below the other."""

_TALL = frozenset({"states", "calendars", "escalations", "targets", "labels", "migrate"})
"""Words whose things are too much for one line each."""


def folds(document: Document, commented: AbstractSet[int]) -> Iterator[Fix]:
    """Edits that put what is short on one line; nothing moves where one of the lines ends in a comment."""
    if document.root is not None:
        yield from _Folding(document, commented).entries(document.root, (), 0)


def is_do(place: Place) -> bool:
    """Whether a place holds a `do`: the word itself, or a step of an escalation."""
    return place[-1:] == ("do",) or (len(place) >= 3 and place[-3] == "escalations")  # noqa: PLR2004 - name and step


class _Folding:
    def __init__(self, document: Document, commented: AbstractSet[int]) -> None:
        self.text = document.text
        self.offsets = Offsets(document.text)
        self.commented = commented

    def entries(self, node: Node, place: Place, column: int) -> Iterator[Fix]:
        """The edits inside a mapping or list whose names will begin at `column`."""
        if isinstance(node, MappingNode):
            for name, entry in node.entries.items():
                start = column + width(self.raw(entry.key)) + 2
                yield from self.value(entry.value, (*place, name), start, column + 2, entry.key)
        elif isinstance(node, SequenceNode):
            for number, item in enumerate(node.items):
                yield from self.value(item, (*place, number), column + 2, column + 2, None)

    def value(self, node: Node, place: Place, start: int, column: int, key: ScalarNode | None) -> Iterator[Fix]:
        if isinstance(node, ScalarNode):
            return
        begin, end = self.bounds(node)
        first = key.span.line if key is not None else begin[0]
        if not _tall(place) and self.commented.isdisjoint(range(first, end[0])):
            line = self.on_one_line(node, place)
            short = line is not None and start + width(line) <= SHORT
            if line is not None and (short or (self.bracketed(node) and first == end[0])):
                yield from self.edit(key, begin, end, line)
                return
        yield from self.entries(node, place, column)

    def edit(self, key: ScalarNode | None, begin: tuple[int, int], end: tuple[int, int], line: str) -> Iterator[Fix]:
        where = begin if key is None else (key.span.end_line, key.span.end_column)
        text = line if key is None else f": {line}"
        yield Fix("write it on one line", Span("", *where, *end), text)

    def bounds(self, node: Node) -> tuple[tuple[int, int], tuple[int, int]]:
        """Where a node begins and ends; YAML lets one without brackets end at the next one."""
        span = node.span
        last = node
        while not isinstance(last, ScalarNode) and not self.bracketed(last):
            parts = _parts(last)
            last = parts[-1]
        return (span.line, span.column), (last.span.end_line, last.span.end_column)

    def bracketed(self, node: Node) -> bool:
        return self.text[self.offsets.of(node.span.line, node.span.column)] in "{["

    def raw(self, node: ScalarNode) -> str:
        start, end = self.offsets.span(node.span)
        return self.text[start:end]

    def on_one_line(self, node: Node, place: Place) -> str | None:
        """A node in brackets; None where a text in it cannot stand there."""
        match node:
            case ScalarNode():
                raw = self.raw(node)
                free = node.plain and any(character in raw for character in ",[]{}")
                return None if free or node.span.line != node.span.end_line or raw[:1] in {"|", ">"} else raw
            case SequenceNode():
                items = [self.on_one_line(item, (*place, number)) for number, item in enumerate(node.items)]
                return None if None in items else f"[{', '.join(item or '' for item in items)}]"
            case MappingNode():
                pairs = [self.pair(entry, (*place, name)) for name, entry in _ordered(node, place)]
                return None if None in pairs else f"{{{', '.join(pair or '' for pair in pairs)}}}"

    def pair(self, entry: Entry, place: Place) -> str | None:
        key, value = self.on_one_line(entry.key, place), self.on_one_line(entry.value, place)
        return None if key is None or value is None else f"{key}: {value}"


def _parts(node: Node) -> tuple[Node, ...]:
    match node:
        case SequenceNode():
            return node.items
        case MappingNode():
            return tuple(entry.value for entry in node.entries.values())
        case ScalarNode():
            return ()


def _ordered(node: MappingNode, place: Place) -> list[tuple[str, Entry]]:
    entries = list(node.entries.items())
    if is_do(place) and node.entries.keys() <= set(ORDER):
        entries.sort(key=lambda entry: ORDER.index(entry[0]))
    return entries


def _tall(place: Place) -> bool:
    return place[-1] in _LISTED or (len(place) > 1 and place[-2] in _TALL)
