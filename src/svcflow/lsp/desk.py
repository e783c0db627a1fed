"""
What an editor has open, and everything it asks about it: the questions of the protocol, without the protocol.

Files that are open count as they are on the screen, all others as they are on the disk. A text that cannot be read for
the moment keeps the names it had when it could.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import get_args

from attrs import frozen

from svcflow import language, stories
from svcflow.errors import InputError
from svcflow.holidays import PublicHolidays
from svcflow.language.checked import Checked
from svcflow.language.checks import Project, remembered
from svcflow.language.files import STORY, Drafts, Files, Folder
from svcflow.language.findings import Finding, Span
from svcflow.language.nodes import LINE_BREAK
from svcflow.language.reader import read
from svcflow.language.rename import Renamed
from svcflow.language.rules.catalogue import RULES
from svcflow.lsp.hover import Hover, hover
from svcflow.lsp.offers import Offers, offers
from svcflow.lsp.outline import Symbol, outline
from svcflow.lsp.things import Mention, declarations, mention_at, spoken_of
from svcflow.lsp.view import View

_OURS = re.compile(r"^(process|shared)\s*:", re.MULTILINE)
_SUFFIXES = (".svcflow.yaml", ".svcflow.yml")


@frozen
class Told:
    """What a check found, by path, and the texts it was found in. A file that was looked at and is fine has nothing."""

    findings: Mapping[str, tuple[Finding, ...]]
    texts: Mapping[str, str]


@frozen
class Edit:
    """A text in place of another."""

    span: Span
    text: str


class Desk:
    """The open files, by path, with their texts and those in which they could last be read."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.readable: dict[str, str] = {}
        self._holidays = remembered(PublicHolidays)
        self._view: tuple[str, View] | None = None

    def put(self, path: str, text: str) -> None:
        """A file is open and has this text."""
        self.texts[path] = text.removeprefix("\ufeff")
        if read(self.texts[path], path).root is not None:
            self.readable[path] = self.texts[path]
        self._view = None

    def close(self, path: str) -> None:
        """A file is as it is on the disk."""
        self.texts.pop(path, None)
        self.readable.pop(path, None)
        self._view = None

    def refresh(self) -> None:
        """Files on the disk may have changed."""
        self._view = None

    def ours(self, path: str) -> bool:
        """Whether an open file is, or begins to be, one of this language: there are many other YAML files."""
        text = self.texts.get(path)
        if text is None or path.endswith(STORY):
            return False
        return path.endswith(_SUFFIXES) or not text.strip() or _OURS.search(text) is not None

    def check(self, folder: str) -> Callable[[], Told]:
        """
        The check of the open files of one folder as they are now, to be made when there is time for it.

        What is wrong in files beside them is told, too, where they need those.
        """
        texts = MappingProxyType(dict(self.texts))
        opened = [
            path for path in texts if str(Path(path).parent) == folder and texts[path].strip() and self.ours(path)
        ]

        tales = [path for path in texts if str(Path(path).parent) == folder and path.endswith(STORY)]

        def look() -> Told:
            report = language.check(
                opened, holidays=self._holidays, rules=language.house_rules(),
                files=lambda place: Drafts(Folder(place), texts),
            )  # fmt: skip
            found: dict[str, tuple[Finding, ...]] = dict.fromkeys((*opened, *report.sources), ())
            library = stories.Library()
            found |= {path: stories.findings(texts[path], path, library) for path in tales}
            for finding in report.findings:
                found[finding.file] = (*found.get(finding.file, ()), finding)
            return Told(MappingProxyType(found), MappingProxyType({**texts, **report.sources}))

        return look

    def offers(self, path: str, offset: int) -> Offers:
        """What can be written at an offset."""
        if not self.ours(path):
            return Offers(offset, offset, ())
        return offers(self._seen(path), Path(path).name, self.texts[path], offset)

    def hover(self, path: str, line: int, column: int) -> Hover | None:
        """What is told about a place."""
        if not self.ours(path):
            return None
        return hover(self._seen(path), Path(path).name, line, column, self._checked(path))

    def mention(self, path: str, line: int, column: int) -> Mention | None:
        """The name at a place that means something."""
        return mention_at(self._seen(path), Path(path).name, line, column) if self.ours(path) else None

    def definition(self, path: str, line: int, column: int) -> tuple[Span, ...]:
        """Where the thing is declared that a place speaks of."""
        found = self.mention(path, line, column)
        if found is None:
            return ()
        view = self._seen(path)
        if found.thing.kind == "file":
            return (Span(view.files.shown(found.thing.file), 1, 1, 1, 1),)
        return tuple(one.span for one in declarations(view, found.thing))

    def references(self, path: str, line: int, column: int, *, declared: bool) -> tuple[Span, ...]:
        """All places that speak of the same thing; its declarations only if asked for."""
        found = self.mention(path, line, column)
        if found is None:
            return ()
        return tuple(one.span for one in spoken_of(self._seen(path), found.thing) if declared or not one.declares)

    def rename(self, path: str, line: int, column: int, new: str) -> Mapping[str, tuple[Edit, ...]]:
        """
        The edits, by file, that give the thing at a place another name.

        Raises:
            InputError: If there is no such thing here, or the new name cannot be.
            DefinitionError: If a file has errors, or would have new ones.
        """
        found = self.mention(path, line, column)
        if found is None or found.thing.kind not in get_args(Renamed):
            raise InputError("here stands no state, event, field, role, qualification, hook or clock")
        thing = found.thing
        renamed = language.rename(
            thing.kind, thing.name, new, Path(path).parent / thing.file, files=lambda _: self._now(path)  # type: ignore[arg-type] # looked up above
        )  # fmt: skip
        return {file: tuple(_changes(file, renamed.before[file], text)) for file, text in renamed.after.items()}

    def outline(self, path: str) -> tuple[Symbol, ...]:
        """The things of a file."""
        return outline(self._seen(path).document(Path(path).name)) if self.ours(path) else ()

    def formatted(self, path: str) -> tuple[Edit, ...]:
        """The edits that give a file its one layout; none where it has errors."""
        text = self.texts[path]
        after = language.formatted(text, path) if self.ours(path) else text
        return tuple(_changes(path, text, after)) if isinstance(after, str) else ()

    def _now(self, path: str) -> Files:
        return Drafts(Folder(str(Path(path).parent)), MappingProxyType(dict(self.texts)))

    def _seen(self, path: str) -> View:
        """The folder of a file as it could last be read."""
        folder = str(Path(path).parent)
        if self._view is None or self._view[0] != folder:
            files = Drafts(Folder(folder), MappingProxyType({**self.texts, **self.readable}))
            self._view = folder, View(files)
        return self._view[1]

    def _checked(self, path: str) -> Checked:
        project = Project(self._seen(path).files, RULES, self._holidays)
        checked = project.compiled(Path(path).name)
        project.family(checked)
        return checked


def _changes(file: str, before: str, after: str) -> Iterator[Edit]:
    """The lines that differ: an editor keeps its place in all others."""
    old, new = _lines(before), _lines(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind != "equal":
            yield Edit(_span(file, old, start, end), "".join(new[first:last]))


def _lines(text: str) -> list[str]:
    ends = [*(found.end() for found in LINE_BREAK.finditer(text)), len(text)]
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _span(file: str, lines: list[str], start: int, end: int) -> Span:
    """Whole lines; the last one ends with the text."""
    if end < len(lines):
        return Span(file, start + 1, 1, end + 1, 1)
    return Span(file, start + 1, 1, len(lines), len(lines[-1]) + 1)
