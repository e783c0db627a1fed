"""
An editor as far as a language server sees one: it starts the server, opens files, types, asks, and listens.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

PATIENCE = 120
"""
Seconds after which a silent server has surely failed: no test waits so long, however loaded the machine is.
"""


class Editor:
    """
    One session. `told` holds what the server published about each file, oldest first.
    """

    def __init__(self, client: LanguageClient, settings: Mapping[str, object]) -> None:
        self.client = client
        self.told: dict[str, list[lsp.PublishDiagnosticsParams]] = defaultdict(list)
        self.news = asyncio.Condition()
        self.versions: dict[str, int] = {}

        async def publish(params: lsp.PublishDiagnosticsParams) -> None:
            async with self.news:
                self.told[params.uri].append(params)
                self.news.notify_all()

        def configuration(params: lsp.ConfigurationParams) -> list[object]:
            return [settings.get(item.section or "", {}) for item in params.items]

        client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(publish)
        client.feature(lsp.WORKSPACE_CONFIGURATION)(configuration)

    def open(self, path: Path, text: str | None = None) -> str:
        """
        Open a file, by default with the text that it has on the disk; answers its URI.
        """
        uri = path.as_uri()
        self.versions[uri] = 1
        content = path.read_text(encoding="utf-8") if text is None else text
        item = lsp.TextDocumentItem(uri, "yaml", 1, content)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return uri

    def type(self, uri: str, text: str) -> int:
        """
        Let a file have another text; answers its version.
        """
        self.versions[uri] += 1
        whole = lsp.TextDocumentContentChangeWholeDocument(text)
        document = lsp.VersionedTextDocumentIdentifier(version=self.versions[uri], uri=uri)
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(document, [whole]))
        return self.versions[uri]

    async def problems(self, uri: str, version: int | None = None) -> Sequence[lsp.Diagnostic]:
        """
        What is wrong with a file, once the server has said it (of this version, if there is one).
        """
        return await self.told_so(uri, lambda told: version is None or told.version == version)

    async def told_so(
        self, uri: str, wanted: Callable[[lsp.PublishDiagnosticsParams], bool]
    ) -> Sequence[lsp.Diagnostic]:
        """
        What is wrong with a file, once what the server said last is what is waited for.
        """
        async with asyncio.timeout(PATIENCE), self.news:
            await self.news.wait_for(lambda: bool(self.told[uri]) and wanted(self.told[uri][-1]))
        return self.told[uri][-1].diagnostics

    async def completed(self, uri: str, line: int, character: int) -> list[str]:
        """
        The labels that are offered at a place.
        """
        place = lsp.CompletionParams(lsp.TextDocumentIdentifier(uri), lsp.Position(line, character))
        answer = await self.client.text_document_completion_async(place)
        items = answer.items if isinstance(answer, lsp.CompletionList) else answer or []
        return [item.label for item in items]

    async def hovered(self, uri: str, line: int, character: int) -> str:
        """
        What is told about a place; an empty text if nothing is.
        """
        place = lsp.HoverParams(lsp.TextDocumentIdentifier(uri), lsp.Position(line, character))
        answer = await self.client.text_document_hover_async(place)
        return answer.contents.value if answer is not None and isinstance(answer.contents, lsp.MarkupContent) else ""


@asynccontextmanager
async def editor(
    *command: str,
    folder: Path,
    settings: Mapping[str, object] | None = None,
    encoding: lsp.PositionEncodingKind = lsp.PositionEncodingKind.Utf16,
) -> AsyncIterator[Editor]:
    """
    A session with a server that is a program, from its start to its end.
    """
    client = LanguageClient("tests", "1")
    session = Editor(client, settings or {})
    async with asyncio.timeout(PATIENCE):
        await client.start_io(*command)
        capabilities = lsp.ClientCapabilities(
            workspace=lsp.WorkspaceClientCapabilities(configuration=True),
            text_document=lsp.TextDocumentClientCapabilities(
                publish_diagnostics=lsp.PublishDiagnosticsClientCapabilities(version_support=True),
            ),
            general=lsp.GeneralClientCapabilities(position_encodings=[encoding]),
        )
        await client.initialize_async(lsp.InitializeParams(capabilities, root_uri=folder.as_uri()))
        client.initialized(lsp.InitializedParams())
    try:
        yield session
    finally:
        async with asyncio.timeout(PATIENCE):
            await client.shutdown_async(None)
            client.exit(None)
            await client.stop()  # type: ignore[no-untyped-call] # as pygls has it
