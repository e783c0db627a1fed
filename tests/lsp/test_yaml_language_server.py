"""
The schema in the server for YAML that most editors use: nothing is wrong with right files, and words are explained.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from lsp.session import Editor, editor
from svcflow.language import json_schema, names_beside
from svcflow.language.patterns import TIME

ROOT = Path(__file__).parents[2]
RIGHT = [
    *sorted((ROOT / "src" / "svcflow" / "catalog").glob("*.yaml")),
    *sorted((ROOT / "tests" / "language" / "good").glob("*.yaml")),
    *sorted((ROOT.parent / "shared" / "definitions").glob("*.yaml")),
]
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
SERVER = shutil.which("yaml-language-server", path=PATH)
SETTINGS = {"yaml": {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}}
MODELINE = "# yaml-language-server: $schema=./svcflow.schema.json\n"

pytestmark = pytest.mark.skipif(
    SERVER is None or shutil.which("node") is None, reason="needs node and `npm install -g yaml-language-server`"
)


def session(folder: Path, talk: Callable[[Editor], Awaitable[None]], project: Path | None = None) -> None:
    """
    Talk with the server about files of a folder that has the schema.
    """
    known = None if project is None else names_beside(project)
    (folder / "svcflow.schema.json").write_text(json.dumps(json_schema(known)), encoding="utf-8")

    async def run() -> None:
        async with editor(str(SERVER), "--stdio", folder=folder, settings=SETTINGS) as opened:
            await talk(opened)

    asyncio.run(run())


def test_no_problem_is_shown_in_right_files(tmp_path: Path) -> None:
    async def talk(opened: Editor) -> None:
        for path in RIGHT:
            uri = opened.open(tmp_path / path.name, MODELINE + path.read_text(encoding="utf-8"))
            assert [(problem.range.start, problem.message) for problem in await opened.problems(uri)] == []

    session(tmp_path, talk)


def test_a_slip_is_shown_where_it_is_in_words(tmp_path: Path) -> None:
    async def talk(opened: Editor) -> None:
        text = f"{MODELINE}process: p\nversion: one\nstates: {{a: {{transitions: {{}}, title: 客户, limit: 30 min}}}}\n"
        problems = await opened.problems(opened.open(tmp_path / "p.yaml", text))
        lines = text.splitlines()
        found = {lines[one.range.start.line][one.range.start.character :][:6]: one.message for one in problems}
        assert found == {
            "one": "a whole number from 1",
            "transi": "Property transitions is not allowed.",
            "30 min": TIME.told,
        }

    session(tmp_path, talk)


def test_words_are_completed_and_explained(tmp_path: Path) -> None:
    text = f"{MODELINE}process: p\nversion: 1\nstates:\n  a:\n    by: clerk\n    \n  b: {{end: }}\n"

    async def talk(opened: Editor) -> None:
        uri = opened.open(tmp_path / "p.yaml", text)
        await opened.problems(uri)
        assert {"events", "limit", "not_by", "run", "title"} <= set(await opened.completed(uri, 6, 4))
        assert await opened.completed(uri, 7, 11) == ["done", "cancelled"]
        assert "Roles and person fields that may act here." in await opened.hovered(uri, 5, 5)
        assert "agent" in await opened.hovered(uri, 5, 5)

    session(tmp_path, talk)


def test_the_first_words_of_both_kinds_of_files_are_completed(tmp_path: Path) -> None:
    async def talk(opened: Editor) -> None:
        uri = opened.open(tmp_path / "p.yaml", f"{MODELINE}\n")
        await opened.problems(uri)
        assert {"process", "shared"} <= set(await opened.completed(uri, 1, 0))

    session(tmp_path, talk)


def test_the_names_of_a_project_are_completed(tmp_path: Path) -> None:
    text = (
        f"{MODELINE}process: desk\nversion: 1\nroles: [clerk]\nfields: {{owner: person}}\n"
        "states:\n  新:\n    by: \n    events: {go: old}\n  old: {end: done}\n"
    )
    path = tmp_path / "desk.yaml"
    path.write_text(text.replace("by: ", "by: clerk"), encoding="utf-8")

    async def talk(opened: Editor) -> None:
        uri = opened.open(path, text)
        await opened.problems(uri)
        assert {"clerk", "owner", "system"} <= set(await opened.completed(uri, 7, 8))

    session(tmp_path, talk, project=path)
