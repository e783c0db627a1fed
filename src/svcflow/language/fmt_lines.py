"""
How the lines of a file are set: two columns a level, single spaces, rows and comments below one another.

No token of YAML moves to another line here, so a comment stays beside what it speaks of.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from attrs import define, field, frozen

from svcflow.core.rule import Place
from svcflow.language.edits import Offsets
from svcflow.language.nodes import LINE_BREAK, Document, MappingNode, Node, ScalarNode, SequenceNode
from svcflow.language.render import width

COMMENT = 36
"""Columns before a comment at the end of a line, where the line is shorter."""


@define
class Line:
    """One line: `body` are texts and what stands between them, by turns; `level` is the column of a block line."""

    body: list[tuple[str, bool]] = field(factory=list)
    """Pieces; True marks a text, which is never changed."""
    comment: str = ""
    column: int = 0
    inside: ScalarNode | None = None
    """The text over several lines that this line goes on with."""

    @property
    def blank(self) -> bool:
        """Whether nothing stands here."""
        return not self.comment and self.inside is None and not any(text.strip() for text, _ in self.body)


def lines(document: Document) -> list[Line]:
    """The lines of a file, taken apart."""
    offsets = Offsets(document.text)
    raw = list(document.lines)
    found = [Line(column=len(line) - len(line.lstrip())) for line in raw]
    reached = [0] * len(raw)

    def between(number: int, until: int) -> None:
        gap = raw[number][reached[number] : until]
        if gap:
            found[number].body.append((gap, False))

    for node in scalars(document.root):
        first, last = node.span.line - 1, node.span.end_line - 1
        between(first, node.span.column - 1)
        start, end = offsets.span(node.span)
        parts = LINE_BREAK.split(document.text[start:end])
        found[first].body.append((parts[0], True))
        reached[first] = len(raw[first]) if last > first else node.span.end_column - 1
        for number, part in enumerate(parts[1:], start=first + 1):
            found[number].inside = node
            if part:
                found[number].body.append((part, True))
            reached[number] = node.span.end_column - 1 if number == last else len(raw[number])
    for number, line in enumerate(raw):
        mark = line.find("#", reached[number])
        between(number, len(line) if mark < 0 else mark)
        found[number].comment = "" if mark < 0 else line[mark:].rstrip()
    return found


def scalars(node: Node | None) -> Iterator[ScalarNode]:
    """All texts in order of the file, keys included."""
    match node:
        case ScalarNode():
            yield node
        case SequenceNode():
            for item in node.items:
                yield from scalars(item)
        case MappingNode():
            for entry in node.entries.values():
                yield entry.key
                yield from scalars(entry.value)


def lay_out(document: Document) -> str:
    """The text of a file in its one layout."""
    return _Layout(document).text()


@frozen
class _Bracket:
    """An open bracket: the column that lines inside begin at, and the one its closing bracket may begin a line at."""

    inner: int
    outer: int


class _Layout:
    """One run over the lines, top to bottom; `open` are the brackets that are open where it is."""

    def __init__(self, document: Document) -> None:
        self.source = document.text
        self.lines = lines(document)
        self.offsets = Offsets(document.text)
        self.columns: dict[int, int] = {}
        self.padding: dict[int, int] = {}
        self.open: list[_Bracket] = []
        self.levels: list[tuple[int, int]] = []
        if document.root is not None:
            self.place(document.root, 0, ())

    def bracketed(self, node: Node) -> bool:
        return self.source[self.offsets.of(node.span.line, node.span.column)] in "{["

    def place(self, node: Node, column: int, place: Place) -> None:
        """Note the columns of all lines that a node without brackets begins."""
        if isinstance(node, ScalarNode) or self.bracketed(node):
            self.columns.setdefault(node.span.line, column)
        elif isinstance(node, SequenceNode):
            for number, item in enumerate(node.items):
                self.columns.setdefault(item.span.line, column)
                self.place(item, column + 2, (*place, number))
        else:
            self.align(node, place)
            for name, entry in node.entries.items():
                self.columns.setdefault(entry.key.span.line, column)
                listed = isinstance(entry.value, ScalarNode) or self.bracketed(entry.value)
                inner = column + 2 if listed or entry.value.span.line > entry.key.span.line else column
                self.place(entry.value, inner, (*place, name))

    def align(self, node: MappingNode, place: Place) -> None:
        """The rows of a table and the steps of an escalation begin their values in one column."""
        rows = [entry for entry in node.entries.values() if entry.key.span.line == entry.value.span.line]
        steps = len(place) > 1 and place[-2] == "escalations"
        if (place[-1:] == ("table",) or steps) and len(rows) == len(node.entries):
            widths = {entry.key.span.line: width(self.raw(entry.key)) for entry in rows}
            for line, taken in widths.items():
                self.padding[line] = max(widths.values()) - taken

    def raw(self, node: ScalarNode) -> str:
        start, end = self.offsets.span(node.span)
        return self.source[start:end]

    def text(self) -> str:
        written: list[tuple[str, str]] = []
        for number, line in enumerate(self.lines, start=1):
            if not line.blank or (written and any(written[-1])):
                written.append(("", "") if line.blank else self.line(number, line))
        while written and not any(written[-1]):
            written.pop()
        return "".join(f"{line}\n" for line in _beside(written))

    def line(self, number: int, line: Line) -> tuple[str, str]:
        """The code of a line and its comment."""
        if line.inside is not None:
            return self.going_on(number, line)
        if not any(text.strip() for text, _ in line.body):
            return " " * self.comment_column(number, line) + line.comment, ""
        indent = self.indent(number, line)
        return self.code(line, indent, self.padding.get(number, 0)), line.comment

    def indent(self, number: int, line: Line) -> int:
        if self.open:
            first = "".join(text for text, _ in line.body).lstrip()[:1]
            return self.open[-1].outer if first in {"]", "}"} else self.open[-1].inner
        column = self.columns.get(number, line.column)
        while self.levels and self.levels[-1][0] >= line.column:
            self.levels.pop()
        self.levels.append((line.column, column))
        return column

    def going_on(self, number: int, line: Line) -> tuple[str, str]:
        """A further line of a text: its first characters mean nothing, unless it is a block of lines."""
        node = line.inside
        first = 0 if node is None else node.span.line
        begun = self.lines[first - 1].column
        shift = self.columns.get(first, begun) - begun
        body = self.source[self.offsets.starts[number - 1] :].split("\n", 1)[0].rstrip("\r")
        if node is not None and self.raw(node)[:1] in {"|", ">"}:
            return body if not body.strip() else " " * max(0, line.column + shift) + body.lstrip(" "), ""
        indent = self.open[-1].inner if self.open else self.columns.get(first, begun) + 2
        if not line.body:
            return "", ""
        head, _ = line.body[0]
        return self.code(Line([(head.lstrip(), True), *line.body[1:]]), indent, 0), line.comment

    def comment_column(self, number: int, line: Line) -> int:
        """A comment on a line of its own stands at the level of the lines around it that it stood at."""
        if self.open:
            return self.open[-1].inner
        after = next(
            ((later.column, self.columns.get(place, later.column))
             for place, later in enumerate(self.lines[number:], start=number + 1)
             if any(text.strip() for text, _ in later.body)),
            (0, 0),
        )  # fmt: skip
        known = [level for level in (*self.levels, after) if after[0] <= level[0] <= line.column]
        return max(known, default=after)[1]

    def code(self, line: Line, indent: int, padding: int) -> str:
        """The code of a line with single spaces; keeps account of the brackets."""
        code = " " * indent
        for text, is_text in line.body:
            code += text if is_text else self.gap(text, code, indent, padding)
            padding = 0 if ":" in text and not is_text else padding
        return code if line.body[-1][1] else code.rstrip()

    def gap(self, text: str, before: str, indent: int, padding: int) -> str:
        gap = ""
        signs = "".join(text.split())
        for place, sign in enumerate(signs):
            if sign == "," and signs[place + 1 : place + 2] in {"]", "}"}:
                continue
            gap += sign
            if sign in "[{":
                column = width(before) + width(gap)
                self.open.append(_Bracket(column, indent))
            elif sign in "]}" and self.open:
                self.open.pop()
            elif sign in ",:-?":
                gap += " " * (1 + padding) if sign == ":" else " "
                padding = 0
        return gap


def _beside(written: list[tuple[str, str]]) -> Iterator[str]:
    """The comments of lines that follow each other stand in one column."""
    for commented, group in groupby(written, key=lambda line: bool(line[1])):
        block = list(group)
        column = max(COMMENT, *(width(code) + 2 for code, _ in block)) if commented else 0
        for code, comment in block:
            yield code + " " * (column - width(code)) + comment if comment else code
