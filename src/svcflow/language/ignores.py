"""
`# svcflow: ignore SF308 reason` at the end of a line takes a finding back; a reason is needed, and a finding too.

Several findings of one line are taken back together: `# svcflow: ignore SF305, SF308 reason`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from attrs import evolve, frozen

from svcflow.language.findings import Finding, Fix, Span
from svcflow.language.nodes import Document, MappingNode, Node, ScalarNode, SequenceNode

_COMMENT = re.compile(r"(?:^|\s)#\s*svcflow:\s*ignore\b\s*(?P<codes>SF[0-9]{3}(?:,\s*SF[0-9]{3})*)?(?P<reason>.*)$")
_KEPT = ("SF0", "SF1", "SF2", "SF4")
"""Families whose errors leave no complete process: they cannot be taken back."""


@frozen
class _Ignore:
    """One code of a comment; `whole` is the comment with the blanks before it, `beside` are its other codes."""

    span: Span
    code: str
    reason: str
    whole: Span
    beside: tuple[str, ...]


def without_ignored(
    documents: Iterable[Document], findings: Iterable[Finding], *, complete: bool
) -> tuple[Finding, ...]:
    """
    The findings that nobody took back, and those about comments: SF008 without a reason, SF009 for nothing.

    Whether a comment was needed is only known after a `complete` check.
    """
    ignores = [ignore for document in documents for ignore in _ignores(document)]
    kept: list[Finding] = []
    useful: set[_Ignore] = set()
    for finding in findings:
        matching = [ignore for ignore in ignores if _takes_back(ignore, finding)]
        useful.update(matching)
        if not matching:
            kept.append(finding)
    for ignore in ignores:
        if not ignore.code or not ignore.reason:
            what = "which finding" if not ignore.code else "why"
            kept.append(Finding.at(ignore.span, "SF008", "error", f"this comment does not say {what}",
                                   hint="write `# svcflow: ignore SF308 the reason`"))  # fmt: skip
        elif complete and ignore not in useful:
            kept.append(Finding.at(ignore.span, "SF009", "warning", f"there is no {ignore.code} on this line to ignore",
                                   hint="remove it", fix=_removed(ignore)))  # fmt: skip
    return tuple(kept)


def _removed(ignore: _Ignore) -> Fix:
    """Take one code out of its comment; with the last one the comment goes."""
    if ignore.beside:
        return Fix(
            f"take {ignore.code} out", ignore.span, f"# svcflow: ignore {', '.join(ignore.beside)} {ignore.reason}"
        )
    return Fix("remove the comment", ignore.whole, "")


def _takes_back(ignore: _Ignore, finding: Finding) -> bool:
    if finding.severity == "error" and finding.code.startswith(_KEPT) and finding.code != "SF405":
        return False
    place = (finding.file, finding.line) == (ignore.span.file, ignore.span.line)
    return place and finding.code == ignore.code and bool(ignore.reason)


def _ignores(document: Document) -> Iterator[_Ignore]:
    for number, line in enumerate(document.lines, start=1):
        found = _COMMENT.search(line) if "svcflow:" in line else None
        if found is not None and not _in_text(document.root, number, line.index("#", found.start()) + 1):
            start = line.index("#", found.start()) + 1
            span = Span(document.file, number, start, number, len(line.rstrip()) + 1)
            codes = tuple(code.strip() for code in (found["codes"] or "").split(","))
            blanks = evolve(span, column=len(line[: start - 1].rstrip()) + 1)
            for code in codes:
                yield _Ignore(span, code, found["reason"].strip(), blanks, tuple(one for one in codes if one != code))


def _in_text(node: Node | None, line: int, column: int) -> bool:
    """Whether a place lies inside a text, where `#` begins no comment."""
    if node is None or not node.span.line <= line <= node.span.end_line:
        return False
    match node:
        case ScalarNode():
            span = node.span
            return (span.line, span.column) <= (line, column) < (span.end_line, span.end_column)
        case SequenceNode():
            return any(_in_text(item, line, column) for item in node.items)
        case MappingNode():
            entries = node.entries.values()
            return any(_in_text(part, line, column) for entry in entries for part in (entry.key, entry.value))
