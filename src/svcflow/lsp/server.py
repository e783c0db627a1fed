"""
The language server: messages in, questions to the desk, answers out. Checks are made aside, of the newest text only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from svcflow.errors import DefinitionError, InputError
from svcflow.language import Finding
from svcflow.lsp import answers
from svcflow.lsp.desk import Desk, Told
from svcflow.lsp.positions import Position, Positions

QUIET = 0.15
"""Seconds without a keystroke before a check: a check in the middle of a word is for nothing."""

OPTIONS: Mapping[str, object] = MappingProxyType({
    lsp.TEXT_DOCUMENT_COMPLETION: lsp.CompletionOptions(trigger_characters=[" ", "[", "{", ",", "."]),
    lsp.TEXT_DOCUMENT_CODE_ACTION: lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix]),
    lsp.TEXT_DOCUMENT_RENAME: lsp.RenameOptions(prepare_provider=True),
})  # fmt: skip

log = logging.getLogger("svcflow.lsp")


class Server:
    """One session. `found` is what the last checks told of each file."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.found: dict[str, tuple[Finding, ...]] = {}
        self.uris: dict[str, str] = {}
        self.protocol = LanguageServer("svcflow", version("svcflow"))
        self._wanted: dict[str, int] = {}
        self._done: dict[str, int] = {}
        self._one_at_a_time = asyncio.Lock()
        self._running: set[asyncio.Task[None]] = set()
        for name, answer in self._features().items():
            # Its name is written on what is registered, which a method would not let happen.
            self.protocol.feature(name, OPTIONS.get(name))(partial(answer))

    def _features(self) -> dict[str, Callable[..., object]]:
        return {
            lsp.TEXT_DOCUMENT_COMPLETION: self.complete,
            lsp.TEXT_DOCUMENT_CODE_ACTION: self.actions,
            lsp.TEXT_DOCUMENT_RENAME: self.rename,
            lsp.TEXT_DOCUMENT_DID_OPEN: self.changed,
            lsp.TEXT_DOCUMENT_DID_CHANGE: self.changed,
            lsp.TEXT_DOCUMENT_DID_SAVE: self.saved,
            lsp.TEXT_DOCUMENT_DID_CLOSE: self.closed,
            lsp.TEXT_DOCUMENT_HOVER: self.hover,
            lsp.TEXT_DOCUMENT_DEFINITION: self.definition,
            lsp.TEXT_DOCUMENT_REFERENCES: self.references,
            lsp.TEXT_DOCUMENT_PREPARE_RENAME: self.renamable,
            lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL: self.symbols,
            lsp.TEXT_DOCUMENT_FORMATTING: self.formatting,
        }

    # ── texts and checks ───────────────────────────────────────────────────────────────────────────────────────────

    def changed(self, params: lsp.DidOpenTextDocumentParams | lsp.DidChangeTextDocumentParams) -> None:
        """A file was opened or has another text."""
        path = _path(params.text_document.uri)
        if path is not None:
            self.uris[path] = params.text_document.uri
            self.desk.put(path, self.protocol.workspace.get_text_document(params.text_document.uri).source)
            self._check(str(Path(path).parent))

    def saved(self, params: lsp.DidSaveTextDocumentParams) -> None:
        """A file is on the disk: others may be, too."""
        path = _path(params.text_document.uri)
        self.desk.refresh()
        if path is not None:
            self._check(str(Path(path).parent))

    def closed(self, params: lsp.DidCloseTextDocumentParams) -> None:
        """A file is shown no more."""
        path = _path(params.text_document.uri)
        if path is not None:
            self.desk.close(path)
            self._check(str(Path(path).parent))

    def _check(self, folder: str) -> None:
        """Check a folder soon; what was to be told of an older text is not told any more."""
        self._wanted[folder] = self._wanted.get(folder, 0) + 1
        task = asyncio.get_running_loop().create_task(self._checked(folder, self._wanted[folder]))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _checked(self, folder: str, number: int) -> None:
        await asyncio.sleep(QUIET)
        async with self._one_at_a_time:
            if self._wanted[folder] != number:
                return
            versions = {path: self._version(path) for path in self.desk.texts}
            try:
                told = await asyncio.to_thread(self.desk.check(folder))
                if self._wanted[folder] == number:
                    self._done[folder] = number
                    self._tell(folder, told, versions)
            except Exception:
                log.exception("the check of %s failed", folder)

    def _current(self, folder: str) -> bool:
        """Whether what was told of a folder is about its texts as they are."""
        return self._wanted.get(folder) == self._done.get(folder)

    def _version(self, path: str) -> int | None:
        return self.protocol.workspace.get_text_document(self.uris[path]).version

    def _tell(self, folder: str, told: Told, versions: dict[str, int | None]) -> None:
        """Publish the findings of each file; those that had some before and have none now are told so."""
        texts = answers.Texts(told.texts, self._encoding, self.uris)
        before = {path for path in self.found if str(Path(path).parent) == folder}
        for path in dict.fromkeys((*told.findings, *before)):
            findings = told.findings.get(path, ())
            if findings or path in before or path in versions:
                self.protocol.text_document_publish_diagnostics(
                    lsp.PublishDiagnosticsParams(
                        uri=texts.uri(path),
                        diagnostics=[answers.diagnostic(finding, texts) for finding in findings],
                        version=versions.get(path),
                    )
                )
            self.found.pop(path, None)
            if findings:
                self.found[path] = findings

    # ── questions ──────────────────────────────────────────────────────────────────────────────────────────────────

    def complete(self, params: lsp.CompletionParams) -> lsp.CompletionList | None:
        """What can be written here."""
        path = self._open(params)
        if path is None:
            return None
        positions = self._positions(path)
        offset = positions.offset(Position(params.position.line, params.position.character))
        return answers.completions(self.desk.offers(path, offset), positions)

    def hover(self, params: lsp.HoverParams) -> lsp.Hover | None:
        """What is known of the word here."""
        path = self._open(params)
        found = None if path is None else self.desk.hover(path, *self._spot(path, params.position))
        if found is None:
            return None
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, found.text), self._readable().range(found.span))

    def definition(self, params: lsp.DefinitionParams) -> list[lsp.Location]:
        """Where the thing here is declared."""
        path = self._open(params)
        spans = () if path is None else self.desk.definition(path, *self._spot(path, params.position))
        texts = self._readable()
        return [texts.location(span) for span in spans]

    def references(self, params: lsp.ReferenceParams) -> list[lsp.Location]:
        """Where the thing here is spoken of."""
        path = self._open(params)
        if path is None:
            return []
        declared = params.context.include_declaration
        spans = self.desk.references(path, *self._spot(path, params.position), declared=declared)
        texts = self._readable()
        return [texts.location(span) for span in spans]

    def renamable(self, params: lsp.PrepareRenameParams) -> lsp.Range | None:
        """The name that would be changed here."""
        path = self._open(params)
        found = None if path is None else self.desk.mention(path, *self._spot(path, params.position))
        return None if found is None else self._readable().range(found.span)

    def rename(self, params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
        """The edits that give the thing here another name."""
        path = self._open(params)
        if path is None:
            return None
        try:
            edits = self.desk.rename(path, *self._spot(path, params.position), params.new_name)
        except (InputError, DefinitionError) as problem:
            raise JsonRpcException(str(problem), lsp.LSPErrorCodes.RequestFailed.value) from problem
        texts = self._texts()
        return lsp.WorkspaceEdit(
            changes={
                texts.uri(file): [lsp.TextEdit(texts.range(edit.span), edit.text) for edit in changes]
                for file, changes in edits.items()
            }
        )

    def symbols(self, params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
        """The things of a file; its last readable text tells, so places may be a little off while it cannot be read."""
        path = self._open(params)
        if path is None:
            return []
        return answers.symbols(self.desk.outline(path), self._readable())

    def formatting(self, params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
        """The edits that lay a file out."""
        path = self._open(params)
        texts = self._texts()
        edits = () if path is None else self.desk.formatted(path)
        return [lsp.TextEdit(texts.range(edit.span), edit.text) for edit in edits]

    def actions(self, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        """The repairs of what was found here; none while the text has changed since."""
        path = self._open(params)
        if path is None or not self._current(str(Path(path).parent)):
            return []
        asked = {_place(told) for told in params.context.diagnostics}
        made = [answers.action(finding, self._texts()) for finding in self.found.get(path, ())]
        return [one for one in made if one is not None and {_place(told) for told in one.diagnostics or ()} & asked]

    # ── places ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _open(self, params: object) -> str | None:
        """The path of the file that is asked about, if it is open."""
        document = getattr(params, "text_document", None)
        path = None if document is None else _path(document.uri)
        return path if path in self.desk.texts else None

    @property
    def _encoding(self) -> str:
        agreed = self.protocol.workspace.position_encoding
        return lsp.PositionEncodingKind(agreed or lsp.PositionEncodingKind.Utf16).value

    def _texts(self) -> answers.Texts:
        return answers.Texts(self.desk.texts, self._encoding, self.uris)

    def _readable(self) -> answers.Texts:
        """The texts that names are looked up in."""
        return answers.Texts({**self.desk.texts, **self.desk.readable}, self._encoding, self.uris)

    def _positions(self, path: str) -> Positions:
        return Positions(self.desk.texts[path], self._encoding)

    def _spot(self, path: str, place: lsp.Position) -> tuple[int, int]:
        """Line and column of a question, as the language counts them."""
        return self._positions(path).spot(Position(place.line, place.character))


def _path(uri: str) -> str | None:
    """The path of a file; a text that is no file has none."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return None if path is None else str(Path(path))


def _place(told: lsp.Diagnostic) -> tuple[str, int, int]:
    return str(told.code), told.range.start.line, told.range.start.character


def serve() -> None:
    """Talk with an editor over stdin and stdout until it is done."""
    Server().protocol.start_io()
