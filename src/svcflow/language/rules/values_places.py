"""Where a condition stands in the file, and where a part of it does."""

from __future__ import annotations

from svcflow.core.process import Alternative, Place, Rule
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Span
from svcflow.language.nodes import ScalarNode


def place_of(compiled: Compiled, owner: Rule, alternative: Alternative) -> Place:
    """The place of an alternative's `when`: its own, or that of the event when the alternative is written short."""
    text = None if alternative.when is None else alternative.when.text
    for place in (alternative.place, owner.place):
        node = compiled.node((*place, "when"))
        if isinstance(node, ScalarNode) and node.text == text:
            return (*place, "when")
    return alternative.place


def part(compiled: Compiled, place: Place, start: int, end: int) -> Span:
    """Some characters of a text; the whole of it when it runs over several lines."""
    node = compiled.node(place)
    span = compiled.span(place)
    if not isinstance(node, ScalarNode) or span.end_line != span.line:
        return span
    column = span.column + start + (0 if node.plain else 1)
    return Span(span.file, span.line, column, span.line, max(column + 1, column + end - start))
