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


def render(findings: Iterable[Finding], sources: Mapping[str, str], *, color: bool) -> str:
    """
    Findings in rustc's manner, one block each; `sources` are the texts of the files, by the names in the findings.

    A file that is not among the sources is named without its line.
    """
    pages = {file: LINE_BREAK.split(text) for file, text in sources.items()}
    printer = _Printer(pages, color)
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


@frozen
class _Printer:
    pages: Mapping[str, Sequence[str]]
    color: bool

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
            lines += self.excerpt(note.file, note.line, note.column, note.end_column, margin, "frame", note.message)
        if finding.help:
            bar = self.paint(f"{' ' * margin} =", "frame")
            lines.append(f"{bar} {self.paint('help', 'bold')}: {_shown(finding.help)}")
        return "\n".join(lines)

    def head(self, severity: Severity, code: str, message: str) -> str:
        return f"{self.paint(severity + code, severity)}{self.paint(': ' + _shown(message), 'bold')}"

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
        text, column, end = _cut(page[line - 1], column, end)
        before, marked = text[: column - 1], text[column - 1 : end - 1]
        underline = ("^" if colour != "frame" else "-") * max(1, width(_shown(marked)))
        said = f"{underline} {label}".rstrip()
        bar = self.paint("|", "frame")
        number = self.paint(str(line).rjust(margin), "frame")
        pad = " " * width(_shown(before))
        return [f"{number} {bar} {_shown(text).rstrip()}", f"{' ' * margin} {bar} {pad}{self.paint(said, colour)}"]


def _cut(text: str, column: int, end: int | None) -> tuple[str, int, int]:
    """The part of a long line around the place, and where the place is in it."""
    end = len(text.rstrip()) + 1 if end is None else end
    if len(text) <= _WIDEST:
        return text, column, end
    start = max(0, min(column - _WIDEST // 3, len(text) - _WIDEST))
    shift = start - 1 if start else 0
    part = ("…" if start else "") + text[start : start + _WIDEST] + ("…" if start + _WIDEST < len(text) else "")
    return part, column - shift, min(end - shift, len(part) + 1)


def _shown(text: str) -> str:
    """Nothing in a file can move the cursor, turn a line or hide: tabs become spaces, what has no shape a sign."""
    return "".join(
        "  " if character == "\t" else character if _has_shape(character) else "\ufffd" for character in text
    )


def _has_shape(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"
