"""
The language server as a program, and an editor that talks with it over stdin and stdout.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from lsp.session import Editor, editor
from svcflow.cli.app import main
from svcflow.cli.failures import WRONG_USE

WORDS = "shared: words\nroles: [clerk, boss]\nfields: {owner: person, 客户: text}\n"
DESK = """\
process: desk
version: 1
title: 前台🛎受理
use: [words.yaml]
calendar: always
states:
  待受理: {by: clerk, limit: 4h, events: {受理: {to: repair, ask: 客户}, refuse: gone}}
  repair:
    by: boss
    limit: 1d
    events: {finish: done}
  done: {end: done}
  gone: {end: cancelled}
"""


def talk(
    folder: Path,
    conversation: Callable[[Editor], Awaitable[None]],
    encoding: lsp.PositionEncodingKind = lsp.PositionEncodingKind.Utf16,
) -> None:
    """
    One session about files of a folder.
    """
    (folder / "words.yaml").write_text(WORDS, encoding="utf-8")
    (folder / "desk.yaml").write_text(DESK, encoding="utf-8")

    async def run() -> None:
        async with editor(
            sys.executable, "-m", "svcflow.cli", "lsp", "--stdio", folder=folder, encoding=encoding
        ) as one:
            await conversation(one)

    asyncio.run(run())


def place(text: str, part: str, inside: str = "") -> lsp.Position:
    """
    Where a part of a text begins, or something inside it, in UTF-16.
    """
    before = text[: text.index(part) + part.index(inside)]
    line = before.rpartition("\n")[2]
    return lsp.Position(before.count("\n"), len(line.encode("utf-16-le")) // 2)


def told(found: list[lsp.Diagnostic]) -> list[tuple[object, int, int, int]]:
    return [(one.code, one.range.start.line, one.range.start.character, one.range.end.character) for one in found]


def test_findings_are_told_as_the_author_types_and_go_when_they_are_mended(tmp_path: Path) -> None:
    async def conversation(opened: Editor) -> None:
        uri = opened.open(tmp_path / "desk.yaml")
        assert "SF201" not in {one.code for one in await opened.problems(uri, 1)}
        wrong = DESK.replace("to: repair, ask", "to: repiar, ask")
        version = opened.type(uri, wrong)
        problems = await opened.problems(uri, version)
        start = place(wrong, "to: repiar", "repiar")
        assert ("SF201", start.line, start.character, start.character + 6) in told(list(problems))
        assert any("did you mean `repair`?" in one.message for one in problems)
        version = opened.type(uri, DESK)
        assert "SF201" not in {one.code for one in await opened.problems(uri, version)}
        version = opened.type(uri, wrong)
        assert await opened.problems(uri, version)
        opened.client.text_document_did_close(lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(uri)))
        await opened.told_so(uri, lambda told: not told.diagnostics)

    talk(tmp_path, conversation)


def test_only_the_newest_of_many_texts_is_told_of(tmp_path: Path) -> None:
    async def conversation(opened: Editor) -> None:
        uri = opened.open(tmp_path / "desk.yaml")
        for number in range(40):
            version = opened.type(uri, DESK.replace("finish: done", f"finish: nowhere_{number}"))
        problems = await opened.problems(uri, version)
        assert any("nowhere_39" in one.message for one in problems)
        versions = [one.version for one in opened.told[uri]]
        assert versions == sorted(versions, key=lambda number: number or 0)

    talk(tmp_path, conversation)


def test_places_are_counted_as_was_agreed_on(tmp_path: Path) -> None:
    text = DESK.replace("待受理: {by: clerk,", "待受理: {title: 前台🛎, by: clrek,")
    column = len(text[text.index("  待受理") : text.index("clrek")].encode())

    async def conversation(opened: Editor) -> None:
        uri = opened.open(tmp_path / "desk.yaml", text)
        assert ("SF202", 6, column, column + 5) in told(list(await opened.problems(uri, 1)))

    talk(tmp_path, conversation, lsp.PositionEncodingKind.Utf8)


def test_a_file_keeps_the_name_that_the_editor_gives_it(tmp_path: Path) -> None:
    folder = tmp_path / "流 程"
    folder.mkdir()

    async def conversation(opened: Editor) -> None:
        spelt = (folder / "desk.yaml").as_uri().lower().replace(str(tmp_path).lower(), str(tmp_path))
        opened.versions[spelt] = 1
        item = lsp.TextDocumentItem(spelt, "yaml", 1, DESK.replace("by: boss", "by: bsos"))
        opened.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        assert "SF202" in {one.code for one in await opened.problems(spelt, 1)}

    talk(folder, conversation)


def test_a_change_in_a_shared_file_is_told_in_the_files_that_use_it(tmp_path: Path) -> None:
    async def conversation(opened: Editor) -> None:
        uri = opened.open(tmp_path / "desk.yaml")
        words = opened.open(tmp_path / "words.yaml")
        assert "SF202" not in {one.code for one in await opened.problems(uri, 1)}
        opened.type(words, WORDS.replace("boss", "chief"))
        await opened.told_so(uri, lambda told: "SF202" in {one.code for one in told.diagnostics})

    talk(tmp_path, conversation)


def test_words_and_names_are_completed_and_told(tmp_path: Path) -> None:
    async def conversation(opened: Editor) -> None:
        uri = opened.open(tmp_path / "desk.yaml")
        text = DESK.replace("limit: 1d", "li").replace("by: boss", "by: ")
        opened.type(uri, text)
        here = place(text, "    by: \n", "\n")
        assert await opened.completed(uri, here.line, here.character) == ["clerk", "boss", "owner", "system"]
        here = place(text, "    li\n", "\n")
        assert "limit" in await opened.completed(uri, here.line, here.character)
        opened.type(uri, DESK)
        here = place(DESK, "limit: 1d")
        assert "How long a case should stay" in await opened.hovered(uri, here.line, here.character + 1)
        here = place(DESK, "to: repair", "repair")
        about = await opened.hovered(uri, here.line, here.character + 1)
        assert "reached from `待受理` (受理)" in about
        assert "leads to `done` (finish)" in about
        # Other YAML is left alone.
        other = opened.open(tmp_path / "compose.yaml", "services: {web: {image: nginx}}\n")
        assert await opened.completed(other, 0, 11) == []
        assert await opened.hovered(other, 0, 3) == ""
        await opened.problems(uri, opened.type(uri, DESK))
        assert opened.told[other] == []

    talk(tmp_path, conversation)


def test_things_are_found_and_given_another_name_in_all_files(tmp_path: Path) -> None:
    async def conversation(opened: Editor) -> None:
        uri = opened.open(tmp_path / "desk.yaml")
        document = lsp.TextDocumentIdentifier(uri)
        here = place(DESK, "by: clerk", "clerk")
        found = await opened.client.text_document_definition_async(lsp.DefinitionParams(document, here))
        assert isinstance(found, list)
        (declared,) = found
        assert isinstance(declared, lsp.Location)
        assert (declared.uri, declared.range.start) == ((tmp_path / "words.yaml").as_uri(), place(WORDS, "clerk"))
        here = place(DESK, "to: repair", "repair")
        params = lsp.ReferenceParams(lsp.ReferenceContext(include_declaration=True), document, here)
        places = await opened.client.text_document_references_async(params) or []
        assert [one.range.start for one in places] == [here, place(DESK, "  repair:", "repair")]
        symbols = await opened.client.text_document_document_symbol_async(lsp.DocumentSymbolParams(document)) or []
        assert [one.name for one in symbols] == ["desk", "待受理", "repair", "done", "gone"]
        here = place(DESK, "by: boss", "boss")
        ready = await opened.client.text_document_prepare_rename_async(lsp.PrepareRenameParams(document, here))
        assert ready == lsp.Range(here, lsp.Position(here.line, here.character + 4))
        edit = await opened.client.text_document_rename_async(lsp.RenameParams(document, here, "chief"))
        assert edit is not None
        assert set(edit.changes or {}) == {uri, (tmp_path / "words.yaml").as_uri()}
        assert "chief" in (edit.changes or {})[uri][0].new_text
        with pytest.raises(JsonRpcException, match="is taken"):
            await opened.client.text_document_rename_async(lsp.RenameParams(document, here, "clerk"))

    talk(tmp_path, conversation)


def test_what_another_program_wrote_counts_when_a_file_is_saved(tmp_path: Path) -> None:
    async def conversation(opened: Editor) -> None:
        uri = opened.open(tmp_path / "desk.yaml")
        assert "SF202" not in {one.code for one in await opened.problems(uri, 1)}
        (tmp_path / "words.yaml").write_text(WORDS.replace("boss", "chief"), encoding="utf-8")
        opened.client.text_document_did_save(lsp.DidSaveTextDocumentParams(lsp.TextDocumentIdentifier(uri)))
        await opened.told_so(uri, lambda told: "SF202" in {one.code for one in told.diagnostics})
        # One that cannot be read is told, too, where it lies.
        (tmp_path / "words.yaml").write_bytes(b"shared: words\n\n\xff\n")
        opened.client.text_document_did_save(lsp.DidSaveTextDocumentParams(lsp.TextDocumentIdentifier(uri)))
        words = (tmp_path / "words.yaml").as_uri()
        await opened.told_so(words, lambda told: "SF001" in {one.code for one in told.diagnostics})

    talk(tmp_path, conversation)


def test_a_finding_is_repaired_and_a_file_is_laid_out(tmp_path: Path) -> None:
    async def conversation(opened: Editor) -> None:
        wrong = DESK.replace("to: repair, ask", "to: repiar, ask")
        uri = opened.open(tmp_path / "desk.yaml", wrong)
        document = lsp.TextDocumentIdentifier(uri)
        problems = [one for one in await opened.problems(uri, 1) if one.code == "SF201"]
        params = lsp.CodeActionParams(document, problems[0].range, lsp.CodeActionContext(problems))
        actions = await opened.client.text_document_code_action_async(params) or []
        (repair,) = [one for one in actions if isinstance(one, lsp.CodeAction)]
        assert (repair.title, repair.is_preferred) == ("SF201: write `repair`", True)
        assert repair.edit is not None
        assert repair.edit.changes == {uri: (lsp.TextEdit(problems[0].range, "repair"),)}
        opened.type(uri, DESK.replace("    by: boss", "    by:    boss"))
        options = lsp.FormattingOptions(tab_size=2, insert_spaces=True)
        edits = (
            await opened.client.text_document_formatting_async(lsp.DocumentFormattingParams(document, options)) or []
        )
        assert [one.new_text for one in edits] == ["    by: boss\n"]

    talk(tmp_path, conversation)


def test_without_its_package_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pygls.lsp.server", None)
    monkeypatch.delitem(sys.modules, "svcflow.lsp.server", raising=False)
    assert main(["lsp"]) == WRONG_USE
    assert "pip install 'svcflow[lsp]'" in capsys.readouterr().err
