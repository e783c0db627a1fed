"""Measures as a YAML file, read as strictly as a process, with everything that is wrong told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from math import isfinite
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs

from svcflow.errors import InputError
from svcflow.language import reader
from svcflow.language.findings import Span
from svcflow.language.nodes import MappingNode, Node, ScalarNode, SequenceNode
from svcflow.report.doubts import doubts, hint
from svcflow.report.kpi import KPIS
from svcflow.report.measures import BUILT_IN, Measures, Watch

Places: TypeAlias = Mapping[tuple[str, str], Span]
"""Where a name stands, by the word of the measures above it and the name."""

_LENGTH = re.compile(r"([0-9]{1,6})(min|h|d)")
_UNITS = MappingProxyType({"min": "minutes", "h": "hours", "d": "days"})
_MOST_DIGITS = 15
_WANTED = "measures are a mapping, such as `complaints: [complaint]`"
_WATCHED = ("open", "by", "least", "fields")


def read_measures(raw: bytes, file: str) -> Measures:
    """
    Read measures; `file` is what messages call it. What it does not say is as in `Measures()`.

    Raises:
        InputError: If they are none; the text has one line for each thing that is wrong.
    """
    root = reader.mapping(raw, file, _WANTED)
    return _Reading(file).measures(root)


def places(raw: bytes, file: str) -> Places:
    """
    Where measures name what stands in their lists.

    Raises:
        InputError: If they are no mapping.
    """
    root = reader.mapping(raw, file, _WANTED)
    return MappingProxyType(
        {
            (word, item.text): item.span
            for word, entry in root.entries.items()
            for item in _items(entry.value)
            if isinstance(item, ScalarNode)
        }
    )


def _items(node: Node) -> tuple[Node, ...]:
    """A name, or those of a list."""
    return node.items if isinstance(node, SequenceNode) else (node,)


class _Reading:
    """Reads nodes and collects what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[str] = []
        self.watched: dict[str, Node] = {}

    def measures(self, root: MappingNode) -> Measures:
        words = {one.name: one for one in attrs.fields(Measures)}
        given: dict[str, Any] = {}
        for key, entry in root.entries.items():
            if key not in words:
                self.tell(entry.key, f"measures have no `{key}`{hint(key, words)}")
                continue
            given[key] = self._kind(words[key].default)(key, entry.value)
        if not self.problems:
            made = Measures(**given)
            for figure, what in doubts(made):
                self.tell(self.watched[figure], f"`watch`: {figure}: {what}")
        if self.problems:
            raise InputError("\n".join(self.problems))
        return made

    def _kind(self, default: object) -> Callable[[str, Node], Any]:
        """How a word is read, by the kind of its default."""
        if isinstance(default, tuple):
            return self.names
        if isinstance(default, timedelta):
            return self.length
        if isinstance(default, int):
            return self.score
        return self.table

    def names(self, what: str, node: Node) -> tuple[str, ...]:
        """A name, or a list of names."""
        return tuple([self.name(what, item) for item in _items(node)])

    def name(self, what: str, node: Node) -> str:
        """A text that is not empty."""
        if isinstance(node, ScalarNode) and node.text.strip():
            return node.text
        self.tell(node, f"`{what}` takes names, such as `{what}: [one, another]`")
        return ""

    def length(self, what: str, node: Node) -> timedelta:
        """A length by the clock on the wall."""
        found = _LENGTH.fullmatch(node.text) if isinstance(node, ScalarNode) else None
        if found is None:
            self.tell(node, f"`{what}` is a length, such as 30min, 48h or 90d")
            return timedelta()
        return timedelta(**{_UNITS[found[2]]: int(found[1])})

    def score(self, what: str, node: Node) -> int:
        """A whole number."""
        number = self.number(what, node)
        if number % 1:
            self.tell(node, f"`{what}` is a whole number")
        return int(number)

    def number(self, what: str, node: Node) -> float:
        """A number."""
        try:
            number = float(node.text) if isinstance(node, ScalarNode) and len(node.text) <= _MOST_DIGITS else None
        except ValueError:
            number = None
        if number is None or not isfinite(number):
            self.tell(node, f"`{what}` is a number")
            return 0
        return number

    def table(self, what: str, node: Node) -> Mapping[str, Any]:
        """Names, or numbers, by name; dimensions and records beside those that there are."""
        if not isinstance(node, MappingNode):
            self.tell(node, f"`{what}` is a mapping from names")
            return {}
        if what == "limits":
            for key, entry in node.entries.items():
                if key not in KPIS:
                    self.tell(entry.key, f"there is no figure `{key}`{hint(key, KPIS)}")
            return MappingProxyType({key: self.number(key, entry.value) for key, entry in node.entries.items()})
        if what == "callbacks":
            return self.texts(what, node)
        for key, entry in node.entries.items() if what == "dimensions" else ():
            if key in BUILT_IN:
                self.tell(entry.key, f"every case has the dimension `{key}` already: give yours another name")
        if what == "watch":
            self.watched = {key: entry.key for key, entry in node.entries.items()}
            return MappingProxyType({key: self.watch(key, entry.value) for key, entry in node.entries.items()})
        known: Mapping[str, tuple[str, ...]] = getattr(Measures(), what)
        return MappingProxyType({**known, **{key: self.names(key, one.value) for key, one in node.entries.items()}})

    def watch(self, figure: str, node: Node) -> Watch:
        """The case that is opened when a figure is beyond its limit."""
        given: dict[str, Any] = {}
        if not isinstance(node, MappingNode) or "open" not in node.entries:
            self.tell(node, f"`{figure}` says which process is opened, such as `{figure}: {{open: corrective}}`")
            return Watch("")
        for key, entry in node.entries.items():
            match key:
                case "open":
                    given["process"] = self.name(key, entry.value)
                case "by":
                    given["by"] = tuple(self.name(key, entry.value).split("+"))
                case "least":
                    given["least"] = self.score(key, entry.value)
                case "fields":
                    given["fields"] = self.texts(key, entry.value)
                case _:
                    self.tell(entry.key, f"a figure that is watched has no `{key}`{hint(key, _WATCHED)}")
        return Watch(**given)

    def texts(self, what: str, node: Node) -> Mapping[str, str]:
        """Texts by name."""
        if not isinstance(node, MappingNode):
            self.tell(node, f"`{what}` is a mapping from names")
            return {}
        return MappingProxyType({key: self.name(key, entry.value) for key, entry in node.entries.items()})

    def tell(self, node: Node, what: str) -> None:
        """Note what is wrong, and where."""
        self.problems.append(f"{self.file}:{node.span.line}:{node.span.column}: {what}")
