"""What the desk answers, in the words of the Language Server Protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from lsprotocol import types as lsp

from svcflow.language.findings import Finding, Secondary, Span
from svcflow.lsp.offers import Offers
from svcflow.lsp.outline import Symbol
from svcflow.lsp.positions import Positions

_SEVERITY = {
    "error": lsp.DiagnosticSeverity.Error, "warning": lsp.DiagnosticSeverity.Warning,
    "note": lsp.DiagnosticSeverity.Information,
}  # fmt: skip
_OFFERED = {
    "word": lsp.CompletionItemKind.Keyword, "value": lsp.CompletionItemKind.Value,
    "state": lsp.CompletionItemKind.EnumMember, "event": lsp.CompletionItemKind.Event,
    "role": lsp.CompletionItemKind.Class, "hook": lsp.CompletionItemKind.Function,
    "process": lsp.CompletionItemKind.Module, "file": lsp.CompletionItemKind.File,
}  # fmt: skip
_SYMBOLS = {
    "file": lsp.SymbolKind.Module, "state": lsp.SymbolKind.EnumMember, "event": lsp.SymbolKind.Event,
    "field": lsp.SymbolKind.Field, "role": lsp.SymbolKind.Class, "hook": lsp.SymbolKind.Function,
}  # fmt: skip


class Texts:
    """
    The texts that answers are about, by path, for their places.

    `uris` are the names of files as the editor spells them: there is more than one way.
    """

    def __init__(self, texts: Mapping[str, str], encoding: str, uris: Mapping[str, str]) -> None:
        self.texts = texts
        self.encoding = encoding
        self.uris = uris
        self._known: dict[str, Positions] = {}

    def positions(self, path: str) -> Positions:
        """The places of one text; a file that is not open is read for them."""
        if path not in self._known:
            text = self.texts[path] if path in self.texts else Path(path).read_text(encoding="utf-8-sig")
            self._known[path] = Positions(text, self.encoding)
        return self._known[path]

    def range(self, span: Span) -> lsp.Range:
        """A span in its text."""
        start, end = self.positions(span.file).range(span)
        return lsp.Range(lsp.Position(*start), lsp.Position(*end))

    def location(self, span: Span) -> lsp.Location:
        """A span with its file."""
        return lsp.Location(self.uri(span.file), self.range(span))

    def uri(self, path: str) -> str:
        """The name of a file in the protocol."""
        return self.uris.get(path) or Path(path).as_uri()


def diagnostic(finding: Finding, texts: Texts) -> lsp.Diagnostic:
    """A finding with its help and its other places."""
    return lsp.Diagnostic(
        range=texts.range(finding.span),
        message=finding.message + (f"\nhelp: {finding.help}" if finding.help else ""),
        severity=_SEVERITY[finding.severity],
        code=finding.code,
        source="svcflow",
        related_information=[_related(note, texts) for note in finding.notes] or None,
    )


def _related(note: Secondary, texts: Texts) -> lsp.DiagnosticRelatedInformation:
    span = Span(note.file, note.line, note.column, note.line, note.end_column)
    return lsp.DiagnosticRelatedInformation(texts.location(span), note.message)


def action(finding: Finding, texts: Texts) -> lsp.CodeAction | None:
    """The edit that repairs a finding, if there is one."""
    fix = finding.fix
    if fix is None:
        return None
    edit = lsp.TextEdit(texts.range(fix.span), fix.text)
    return lsp.CodeAction(
        title=f"{finding.code}: {fix.title}",
        kind=lsp.CodeActionKind.QuickFix,
        diagnostics=[diagnostic(finding, texts)],
        is_preferred=fix.sure,
        edit=lsp.WorkspaceEdit(changes={texts.uri(fix.span.file): [edit]}),
    )


def completions(offers: Offers, positions: Positions) -> lsp.CompletionList:
    """What can be written, in the order in which it is offered."""
    start, end = positions.position(offers.start), positions.position(offers.end)
    place = lsp.Range(lsp.Position(*start), lsp.Position(*end))
    items = [
        lsp.CompletionItem(
            label=offer.label,
            kind=_OFFERED.get(offer.kind, lsp.CompletionItemKind.Field),
            detail=None if offer.kind in {"word", "value"} else offer.about or None,
            documentation=lsp.MarkupContent(lsp.MarkupKind.Markdown, offer.about) if offer.kind == "word" else None,
            sort_text=f"{number:05}",
            text_edit=lsp.TextEdit(place, offer.text),
        )
        for number, offer in enumerate(offers.offers)
    ]
    return lsp.CompletionList(is_incomplete=False, items=items)


def symbols(found: Iterable[Symbol], texts: Texts) -> list[lsp.DocumentSymbol]:
    """The outline of a file."""
    return [
        lsp.DocumentSymbol(
            name=symbol.name or "?",
            detail=symbol.about or None,
            kind=_SYMBOLS.get(symbol.kind, lsp.SymbolKind.Object),
            range=texts.range(symbol.whole),
            selection_range=texts.range(symbol.at),
            children=symbols(symbol.inner, texts) or None,
        )
        for symbol in found
    ]
