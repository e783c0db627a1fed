"""
Places as editors count them: lines from 0, and in a line UTF-16 units, bytes or characters, as was agreed on.

The language counts lines and characters from 1.

They differ in more than the numbers: for YAML some rare characters end a line that go on with it for an editor.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from svcflow.language.edits import Offsets
from svcflow.language.findings import Span

_BREAK = re.compile("\r\n|\r|\n")
_BASIC = 0xFFFF


class Position(NamedTuple):
    """A place in a text as an editor counts it."""

    line: int
    character: int


class Range(NamedTuple):
    """A stretch of a text as an editor counts it; the end is the place behind it."""

    start: Position
    end: Position


class Positions:
    """The places of one text, for both ways of counting; `encoding` is the one of the protocol."""

    def __init__(self, text: str, encoding: str = "utf-16") -> None:
        self.text = text
        self._units = {"utf-8": _bytes, "utf-32": _characters}.get(encoding, _utf_16)
        self._starts = [0, *(found.end() for found in _BREAK.finditer(text))]
        self._ends = [*(found.start() for found in _BREAK.finditer(text)), len(text)]
        self._offsets = Offsets(text)

    def offset(self, place: Position) -> int:
        """The number of characters before a place; what lies behind the end of its line or of the text is that end."""
        if place.line >= len(self._starts):
            return len(self.text)
        start, end = self._starts[place.line], self._ends[place.line]
        units = 0
        for number in range(start, end):
            if units >= place.character:
                return number
            units += self._units(self.text[number])
        return end

    def position(self, offset: int) -> Position:
        """Where a character stands."""
        line = bisect_right(self._starts, offset) - 1
        return Position(line, sum(self._units(letter) for letter in self.text[self._starts[line] : offset]))

    def range(self, span: Span) -> Range:
        """A span of the language; what lies behind the text is its end, as in a file that cannot be read."""
        start = self._of(span.line, span.column)
        return Range(self.position(start), self.position(max(start, self._of(span.end_line, span.end_column))))

    def _of(self, line: int, column: int) -> int:
        known = line <= len(self._offsets.starts)
        return min(self._offsets.of(line, column), len(self.text)) if known else len(self.text)

    def spot(self, place: Position) -> tuple[int, int]:
        """Line and column of a place as the language counts them."""
        return self._offsets.place(self.offset(place))


def _utf_16(letter: str) -> int:
    """What lies beyond the basic plane needs two units."""
    return 2 if ord(letter) > _BASIC else 1


def _bytes(letter: str) -> int:
    return len(letter.encode("utf-8", "surrogatepass"))


def _characters(letter: str) -> int:  # noqa: ARG001 - it stands in for those that look at it
    return 1
