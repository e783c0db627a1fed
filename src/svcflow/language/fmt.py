"""One layout for process files, so that nobody has to think or argue about it, and a change shows what changed."""

from __future__ import annotations

from svcflow.core.rule import Place
from svcflow.language.edits import apart, apply
from svcflow.language.findings import Finding
from svcflow.language.fmt_fold import folds, is_do
from svcflow.language.fmt_lines import lay_out, lines
from svcflow.language.nodes import Document, MappingNode, Node, ScalarNode, SequenceNode
from svcflow.language.reader import read
from svcflow.language.shape import shape

_ROUNDS = 4
"""Times that a layout is laid out again until it stays."""


def formatted(text: str, file: str) -> str | tuple[Finding, ...]:
    """
    A file in its one layout, comments kept; or the errors for which it is left alone.

    What would mean something else in the new layout, if only a comment more or less, is answered as it was.
    """
    document = read(text, file)
    found = document.findings or ()
    errors = tuple(finding for finding in found if finding.severity == "error")
    errors = errors or shape(document).findings
    if errors:
        return errors
    written = _once(document)
    for _ in range(_ROUNDS):
        again = read(written, file)
        if _meaning(again) != _meaning(document):
            return text
        settled = _once(again)
        if settled == written:
            return written
        written = settled
    return text


def _once(document: Document) -> str:
    commented = {number for number, line in enumerate(lines(document), start=1) if line.comment}
    folded = apply(document.text, apart(folds(document, commented)))
    return lay_out(read(folded, document.file))


def _meaning(document: Document) -> tuple[object, list[str]]:
    comments = sorted(line.comment for line in lines(document) if line.comment)
    return None if document.root is None else _content(document.root, ()), comments


def _content(node: Node, place: Place) -> object:
    """All keys and texts in their order; the order within a `do` means nothing."""
    match node:
        case ScalarNode():
            return (node.text, node.plain)
        case SequenceNode():
            return [_content(item, (*place, number)) for number, item in enumerate(node.items)]
        case MappingNode():
            pairs = [(key, _content(entry.value, (*place, key))) for key, entry in node.entries.items()]
            return ("mapping", sorted(pairs, key=lambda pair: pair[0]) if is_do(place) else pairs)
