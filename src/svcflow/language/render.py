"""How findings look: as a compiler would show them, underlined by display width, and as plain values for JSON."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from svcflow.language.findings import Finding, Fix, Secondary, Severity
from svcflow.language.nodes import LINE_BREAK

_COLOURS: Mapping[str, str] = {"error": "31;1", "warning": "33;1", "note": "36;1", "frame": "34;1", "bold": "1"}
_WIDEST = 160
"""Columns of a source line that are shown; a longer line is cut around the place."""

_NARROWEST = 40


def render(findings: Iterable[Finding], sources: Mapping[str, str], *, color: bool, columns: int | None = None) -> str:
    """
    Findings in rustc's manner, one block each; `sources` are the texts of the files, by the names in the findings.

    A file that is not among the sources is named without its line. `columns` is the width of the screen, where there
    is one: sentences are broken there, and longer lines of a file are cut around the place.
    """
    pages = {file: LINE_BREAK.split(text) for file, text in sources.items()}
    printer = _Printer(pages, color, None if columns is None else max(_NARROWEST, columns))
    return "\n\n".join(printer.block(finding) for finding in findings)


def summary(findings: Sequence[Finding]) -> str:
    """`2 errors, 1 warning`; nothing when there is nothing."""
    words = []
    for severity in ("error", "warning", "note"):
        count = sum(1 for finding in findings if finding.severity == severity)
        if count:
            words.append(f"{count} {severity}{'s' if count > 1 else ''}")
    return ", ".join(words)


def as_json(finding: Finding) -> dict[str, Any]:
    """A finding as plain values; lines and columns count from 1, the end is the place just behind."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
        "help": finding.help,
        "notes": [_secondary(note) for note in finding.notes],
        "fix": None if finding.fix is None else _fix(finding.fix),
    }


def _secondary(note: Secondary) -> dict[str, Any]:
    return {
        "message": note.message,
        "file": note.file,
        "line": note.line,
        "column": note.column,
        "end_column": note.end_column,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    span = fix.span
    return {
        "title": fix.title,
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "text": fix.text,
        "sure": fix.sure,
    }


def width(text: str) -> int:
    """Columns on a terminal: wide characters take two, combining and invisible ones none."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def folded(text: str, columns: int | None, hang: int = 0) -> list[str]:
    """A sentence in lines of at most so many columns, broken at blanks; those behind the first begin at `hang`."""
    first, *words = text.split(" ")
    lines = [first]
    for word in words:
        if columns is not None and lines[-1].strip() and width(lines[-1]) + 1 + width(word) > columns:
            lines.append(" " * hang + word)
        else:
            lines[-1] += f" {word}"
    return lines


@frozen
class _Printer:
    pages: Mapping[str, Sequence[str]]
    color: bool
    columns: int | None

    def paint(self, text: str, colour: str) -> str:
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self.color and text else text

    def block(self, finding: Finding) -> str:
        """One finding with its line, its other places and its help."""
        lines = [self.head(finding.severity, f"[{finding.code}]", finding.message)]
        margin = len(str(max([finding.line, *(note.line for note in finding.notes)])))
        end = finding.end_column if finding.end_line == finding.line else None
        lines += self.place(finding.file, finding.line, finding.column, margin)
        lines += self.excerpt(finding.file, finding.line, finding.column, end, margin, finding.severity, "")
        at = finding.file
        for note in finding.notes:
            if note.file != at:
                lines += self.place(note.file, note.line, note.column, margin, arrow=":::")
                at = note.file
            shown = self.excerpt(note.file, note.line, note.column, note.end_column, margin, "frame", note.message)
            # The same line is not shown again, unless it had to be cut elsewhere.
            lines += shown[1:] if shown and shown[0] in lines else shown
        if finding.help:
            bar = self.paint(f"{' ' * margin} =", "frame")
            inset = " " * (margin + 3)
            first, *rest = folded(f"help: {_shown(finding.help)}", self.columns and self.columns - len(inset) - 6)
            lines += [f"{bar} {self.paint('help', 'bold')}{first[len('help') :]}"]
            lines += [f"{inset}{' ' * len('help: ')}{line}" for line in rest]
        return "\n".join(lines)

    def head(self, severity: Severity, code: str, message: str) -> str:
        mark = severity + code
        first, *rest = folded(f"{mark}: {_shown(message)}", self.columns, 4)
        told = self.paint(severity + code, severity) + self.paint(first[len(mark) :], "bold")
        return "\n".join((told, *(self.paint(line, "bold") for line in rest)))

    def place(self, file: str, line: int, column: int, margin: int, *, arrow: str = "-->") -> list[str]:
        shown = f"{_shown(file)}:{line}:{column}"
        return [f"{' ' * margin}{self.paint(arrow, 'frame')} {shown}", f"{' ' * margin} {self.paint('|', 'frame')}"]

    def excerpt(
        self, file: str, line: int, column: int, end: int | None, margin: int, colour: str, label: str
    ) -> list[str]:
        """The source line and a line that underlines the place."""
        page = self.pages.get(file)
        if page is None or not 1 <= line <= len(page):
            return []
        room = _WIDEST if self.columns is None else self.columns - margin - 3
        text, column, end = _cut(page[line - 1], column, end, room)
        before, marked = text[: column - 1], text[column - 1 : end - 1]
        underline = ("^" if colour != "frame" else "-") * max(1, width(_shown(marked)))
        bar = self.paint("|", "frame")
        number = self.paint(str(line).rjust(margin), "frame")
        pad = " " * width(_shown(before))
        below = f"{' ' * margin} {bar} "
        told = [f"{underline} {_shown(label)}".rstrip()]
        if self.columns is not None and width(pad + told[0]) > room:
            told = [underline, *folded(_shown(label), room)]
        marks = [pad + self.paint(told[0], colour), *(self.paint(line, colour) for line in told[1:])]
        return [f"{number} {bar} {_shown(text).rstrip()}", *(below + line for line in marks)]


def _cut(text: str, column: int, end: int | None, room: int) -> tuple[str, int, int]:
    """The part of a long line around the place that fits into so many columns, and where the place is in it."""
    text = text.rstrip()
    end = len(text) + 1 if end is None else end
    if _fits(text, room) == len(text):
        return text, column, end
    # What stands before the place gets a third of the room, and more only near the end of the line.
    before, behind = text[: column - 1], text[column - 1 :]
    start = len(before) - _fits(before[::-1], max(room // 3, room - 1 - width(_shown(behind[:room]))))
    start = start if start > 1 else 0
    stop = start + _fits(text[start:], room - (start > 0))
    if stop < len(text):
        stop = start + _fits(text[start:], room - (start > 0) - 1)
    part = ("…" if start else "") + text[start:stop] + ("…" if stop < len(text) else "")
    shift = max(0, start - 1)
    return part, column - shift, min(end - shift, len(part) + 1)


def _fits(text: str, room: int) -> int:
    """How many letters of a text fit into so many columns."""
    taken = 0
    for number, letter in enumerate(text):
        taken += width(_shown(letter))
        if taken > room:
            return number
    return len(text)


def _shown(text: str) -> str:
    """Nothing in a file can move the cursor, turn a line or hide: tabs become spaces, what has no shape a sign."""
    return "".join(
        "  " if character == "\t" else character if _has_shape(character) else "\ufffd" for character in text
    )


def _has_shape(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"
