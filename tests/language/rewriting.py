"""
A process file written anew in another hand: other indentation, quotes, brackets and line breaks, and comments anywhere.

It writes YAML by itself, from the nodes, and shares nothing with the layout that it is there to test.
"""

from __future__ import annotations

import random

from svcflow.language.nodes import Document, Entry, MappingNode, Node, ScalarNode, SequenceNode


class Hand:
    """One way of writing; `comments` are those it left, in order."""

    def __init__(self, choose: random.Random) -> None:
        self.choose = choose
        self.comments: list[str] = []

    def write(self, document: Document) -> str:
        assert isinstance(document.root, MappingNode)
        return "\n".join(self.mapping(document.root, 0, ())) + self.choose.choice(["", "\n", "\n\n\n"])

    def comment(self) -> str:
        """A comment for the end of a line, or nothing."""
        if self.choose.random() < 0.8:
            return self.choose.choice(["", "", " ", "   "])
        self.comments.append(f"# {len(self.comments)} 备注: {{a, 'b\": #c")
        return " " * self.choose.randint(1, 9) + self.comments[-1]

    def between(self) -> list[str]:
        """Lines of their own."""
        if self.choose.random() < 0.85:
            return []
        if self.choose.random() < 0.5:
            return [""] * self.choose.randint(1, 3)
        self.comments.append(f"# {len(self.comments)} alone: [")
        return [" " * self.choose.randint(0, 12) + self.comments[-1]]

    def mapping(self, node: MappingNode, column: int, place: tuple[str, ...]) -> list[str]:
        written: list[str] = []
        for name, entry in node.entries.items():
            written += self.between()
            written += self.entry(entry, column, (*place, name))
        return written

    def entry(self, entry: Entry, column: int, place: tuple[str, ...]) -> list[str]:
        head = " " * column + self.text(entry.key, place, flow=False, key=True)
        return self.value(f"{head}:", entry.value, column, place)

    def value(self, head: str, node: Node, column: int, place: tuple[str, ...]) -> list[str]:
        space = " " * self.choose.choice([1, 1, 1, 2, 5])
        inner = column + self.choose.randint(1, 6)
        if isinstance(node, ScalarNode):
            return [head + space + self.text(node, place, flow=False) + self.comment()]
        empty = not (node.items if isinstance(node, SequenceNode) else node.entries)
        if empty or (self.choose.random() < 0.4 and len(place) > 1):
            return self.flow(head + space, node, inner, place)
        if isinstance(node, MappingNode):
            return [head + self.comment(), *self.mapping(node, inner, place)]
        inner = column + self.choose.randint(0, 4)
        items = [line for item in node.items for line in [*self.between(), *self.item(item, inner, place)]]
        return [head + self.comment(), *items]

    def item(self, node: Node, column: int, place: tuple[str, ...]) -> list[str]:
        dash = " " * column + "-"
        if isinstance(node, MappingNode) and self.choose.random() < 0.5:
            inner = column + 1 + self.choose.randint(1, 3)
            first, *rest = node.entries.values()
            lines = self.entry(first, inner, (*place, first.key.text))
            lines[0] = dash + lines[0][column + 1 :]
            return lines + [line for entry in rest for line in self.entry(entry, inner, (*place, entry.key.text))]
        if isinstance(node, ScalarNode):
            return [f"{dash} {self.text(node, place, flow=False)}{self.comment()}"]
        return self.flow(f"{dash} ", node, column + 1, place)

    def flow(self, head: str, node: Node, column: int, place: tuple[str, ...]) -> list[str]:
        """In brackets, broken at any comma, each line deeper than what is around it."""
        lines = [head]
        self.pieces(lines, node, column, place)
        lines[-1] += self.comment()
        return lines

    def pieces(self, lines: list[str], node: Node, column: int, place: tuple[str, ...]) -> None:
        if isinstance(node, ScalarNode):
            lines[-1] += self.text(node, place, flow=True)
            return
        mapping = isinstance(node, MappingNode)
        lines[-1] += "{" if mapping else "["
        parts = list(node.entries.values() if isinstance(node, MappingNode) else node.items)
        for number, part in enumerate(parts):
            self.gap(lines, column)
            if isinstance(part, Entry):
                inner = (*place, part.key.text)
                lines[-1] += self.text(part.key, inner, flow=True, key=True) + ":" + self.choose.choice([" ", "   "])
                self.pieces(lines, part.value, column, inner)
            else:
                self.pieces(lines, part, column, place)
            lines[-1] += "," if number < len(parts) - 1 or self.choose.random() < 0.1 else ""
        self.gap(lines, column)
        lines[-1] += "}" if mapping else "]"

    def gap(self, lines: list[str], column: int) -> None:
        if self.choose.random() < 0.1:
            lines[-1] += self.comment()
            lines.append(" " * (column + self.choose.randint(1, 9)))
        else:
            lines[-1] += self.choose.choice(["", " ", " ", "  "])
        if not lines[-1].rstrip() or lines[-1].endswith(","):
            lines[-1] += " "

    def text(self, node: ScalarNode, place: tuple[str, ...], *, flow: bool, key: bool = False) -> str:
        """A text as it was, or in quotes where quotes mean nothing."""
        means = len(place) > 1 and "set" in place[-2:]
        special = any(sign in node.text for sign in ",[]{}'\"\\#") or ": " in node.text
        quoted = not node.plain or (flow and special)
        if means and node.plain and not special:
            return node.text
        if quoted or (self.choose.random() < 0.15 and not (key and node.text == "when")):
            return "'" + node.text.replace("'", "''") + "'"
        return node.text
