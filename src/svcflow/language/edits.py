"""Changes to a text by place: what `fmt`, `check --fix` and `rename` do, so that all else in a file stays as it was."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from svcflow.language.findings import Fix, Span
from svcflow.language.nodes import LINE_BREAK


class Offsets:
    """Where the places of a text are, counted in characters from its start."""

    def __init__(self, text: str) -> None:
        self.starts = [0, *(found.end() for found in LINE_BREAK.finditer(text))]

    def of(self, line: int, column: int) -> int:
        """The offset of a place; lines and columns count from 1."""
        return self.starts[line - 1] + column - 1

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of a character."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def span(self, span: Span) -> tuple[int, int]:
        """The offsets of both ends of a span."""
        return self.of(span.line, span.column), self.of(span.end_line, span.end_column)


def apart(edits: Iterable[Fix]) -> tuple[Fix, ...]:
    """The edits of one file that can be made together, in order of place; of overlapping ones the first counts."""
    chosen: list[Fix] = []
    for edit in sorted(set(edits), key=_place):
        span = edit.span
        if not chosen or (chosen[-1].span.end_line, chosen[-1].span.end_column) <= (span.line, span.column):
            chosen.append(edit)
    return tuple(chosen)


def apply(text: str, edits: Iterable[Fix]) -> str:
    """The text with each edit made; they do not overlap (see `apart`)."""
    offsets = Offsets(text)
    parts, reached = [], 0
    for edit in sorted(edits, key=_place):
        start, end = offsets.span(edit.span)
        parts += [text[reached:start], edit.text]
        reached = end
    return "".join([*parts, text[reached:]])


def _place(edit: Fix) -> tuple[int, int, int, int]:
    span = edit.span
    return span.line, span.column, span.end_line, span.end_column
