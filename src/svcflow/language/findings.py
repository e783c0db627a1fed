"""What a check says about a file: a code, a message, the exact place and how to help; why this is data and no text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from attrs import frozen

from svcflow.core.spelling import nearest

Severity: TypeAlias = Literal["error", "warning", "note"]


@frozen
class Span:
    """
    A stretch of a file. Lines and columns count from 1, columns in characters; the end is the place just behind it.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


@frozen
class Secondary:
    """Another place that belongs to a finding, with what it has to do with it."""

    message: str
    file: str
    line: int
    column: int
    end_column: int

    @classmethod
    def at(cls, span: Span, message: str) -> Secondary:
        """The first line of `span`, with a message."""
        end = span.end_column if span.end_line == span.line else span.column + 1
        return cls(message, span.file, span.line, span.column, end)


@frozen
class Fix:
    """
    An edit that repairs the finding: put `text` in place of the span.

    `sure` says that nothing else can have been meant, as far as a program can tell.
    """

    title: str
    span: Span
    text: str
    sure: bool = True

    @classmethod
    def word(cls, span: Span, better: str, wrong: str, among: Iterable[str]) -> Fix:
        """Write another word; it is not sure when one of the others looks just as much like the wrong one."""
        others = [word for word in among if word != better]
        return cls(f"write `{better}`", span, better, sure=nearest(wrong, [*others, better]) in {better, None})


_LONGEST = 500


def _bounded(text: str) -> str:
    """What a file says is quoted in messages, and a file may say very much."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


@frozen
class Finding:
    """
    One thing a check found, placed to the character.

    `help` says what to do about it; `notes` are the other places that matter; `fix` is an edit that repairs it.
    """

    code: str
    severity: Severity
    message: str
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    help: str = ""
    notes: tuple[Secondary, ...] = ()
    fix: Fix | None = None

    @classmethod
    def at(
        cls,
        span: Span,
        code: str,
        severity: Severity,
        message: str,
        *,
        hint: str = "",
        notes: tuple[Secondary, ...] = (),
        fix: Fix | None = None,
    ) -> Finding:
        """A finding at `span`; `hint` becomes its `help`."""
        place = (span.file, span.line, span.column, span.end_line, span.end_column)
        return cls(code, severity, _bounded(message), *place, help=_bounded(hint), notes=notes, fix=fix)

    @property
    def span(self) -> Span:
        """Where it is."""
        return Span(self.file, self.line, self.column, self.end_line, self.end_column)

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column}: {self.severity} {self.code}: {self.message}"
        return f"{text} ({self.help})" if self.help else text
