"""A story as a value, and how one is read: strictly, with everything that is wrong told at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from types import MappingProxyType

from attrs import field, frozen

from svcflow import catalog, language
from svcflow.core.event import SYSTEM, Actor, Qualification
from svcflow.core.process import Process
from svcflow.core.rule import Place
from svcflow.core.spelling import nearest
from svcflow.errors import CalendarError, DefinitionError
from svcflow.language import reader
from svcflow.language.files import SUFFIXES, Folder, file_of, processes
from svcflow.language.findings import Finding, Fix, Span
from svcflow.language.nodes import Document
from svcflow.language.shape import fit
from svcflow.stories.moments import dated
from svcflow.stories.names import unknown_names
from svcflow.stories.schema import StoryFile


@frozen(eq=False)
class Story:
    """
    A story that is fit to be run: its form, the processes it needs by name, and who acts in it.

    `processes` begin with the story's own.
    """

    form: StoryFile
    document: Document
    processes: Mapping[str, Process]
    people: Mapping[str, Actor]
    start: datetime

    @property
    def file(self) -> str:
        """The name of its file, as it was given."""
        return self.document.file

    @property
    def process(self) -> Process:
        """The process that it tells of."""
        return self.processes[self.form.process]

    @property
    def zone(self) -> tzinfo:
        """The zone in which its times are written."""
        return self.process.calendars[self.process.calendar].zone

    def line(self, place: Place) -> int:
        """The line on which something stands, from 1."""
        return self.document.span(place, key=True).line


@frozen(eq=False)
class Library:
    """Where the processes of stories come from: beside a story, a folder up, or shipped; each is read once."""

    _read: dict[Path, tuple[Process, ...]] = field(init=False, factory=dict, repr=False)

    def family(self, name: str, folder: Path) -> tuple[Process, ...]:
        """
        A process and all that it runs or starts; nothing if there is none of this name.

        Raises:
            DefinitionError: If one of them has errors.
        """
        path = _find(name, folder)
        if path is None:
            return ()
        if path not in self._read:
            self._read[path] = language.project(path)
        return self._read[path]


def _find(name: str, folder: Path) -> Path | None:
    beside = file_of(Folder(str(folder)), name)
    if beside is not None:
        return folder / beside
    files = [f"{name}{suffix}" for suffix in SUFFIXES] if name.isidentifier() else []
    # The name of a folder is left out rather than followed by `..`, so that a file has one name in findings.
    outer = folder.parent if folder.name not in {"", ".."} else folder / ".."
    above = (outer / file for file in files)
    shipped = (catalog.FOLDER / file for file in files)
    return next((path for path in (*above, *shipped) if path.is_file()), None)


def read(path: str | os.PathLike[str], library: Library | None = None) -> Story:
    """
    Read a story and the process it tells of.

    Raises:
        DefinitionError: If the file is not there, is no story or has errors, or the process has; `findings` are all.
    """
    library = Library() if library is None else library
    folder, name = Path(path).parent, Path(path).name
    files = Folder(str(folder))
    text = files.text(name)
    if not isinstance(text, str):
        missing = Finding.at(Span(str(path), 1, 1, 1, 1), "SF010", "error", f"there is no file `{path}`")
        raise DefinitionError([text or missing])
    return read_text(text, files.shown(name), library)


def read_text(text: str, file: str, library: Library) -> Story:
    """
    Read the text of a story; `file` is what findings call it, and its folder is where processes are looked for.

    Raises:
        DefinitionError: As `read`.
    """
    document = reader.read(text, file)
    if document.findings:
        raise DefinitionError(document.findings)
    form, found = fit(document, StoryFile)
    if form is None:
        raise DefinitionError(found)
    family = library.family(form.process, Path(file).parent)
    if not family:
        raise DefinitionError([_no_process(document, form.process)])
    known = MappingProxyType({process.name: process for process in family})
    wrong = tuple(unknown_names(form, document, known))
    if wrong:
        raise DefinitionError(wrong)
    return Story(form, document, known, _people(form, document, family[0]),
                 _instant(form.start, document, ("start",), family[0]))  # fmt: skip


def findings(text: str, file: str, library: Library) -> tuple[Finding, ...]:
    """What is wrong in the text of a story; errors of its process are told where they are, and not here."""
    try:
        read_text(text, file, library)
    except DefinitionError as problem:
        return tuple(one for one in problem.findings if isinstance(one, Finding) and one.file == file)
    return ()


def _no_process(document: Document, name: str) -> Finding:
    names = tuple(processes(Folder(str(Path(document.file).parent))))
    near = nearest(name, (*names, *catalog.NAMES))
    span = document.span(("process",))
    hint = f"did you mean `{near}`?" if near else "its file lies beside the story, or a folder up under its own name"
    fix = None if near is None else Fix(f"write `{near}`", span, near)
    return Finding.at(span, "SF207", "error", f"no process is called `{name}`", hint=hint, fix=fix)


def _people(form: StoryFile, document: Document, process: Process) -> Mapping[str, Actor]:
    people = {}
    for name, one in form.people.items():
        place = ("people", name, "qualifications")
        held = {
            what: Qualification(
                has.level,
                None if has.until is None else _instant(has.until, document, (*place, what, "until"), process),
            )
            for what, has in one.qualifications.items()
        }
        people[name] = Actor(name, frozenset(one.roles), frozenset(one.groups), one.stands_for, held or None)
    return MappingProxyType({SYSTEM.id: SYSTEM, **people})


def _instant(text: str, document: Document, place: Place, process: Process) -> datetime:
    try:
        return dated(text, process.calendars[process.calendar].zone)
    except CalendarError:
        span = document.span(place)
        raise DefinitionError([Finding.at(span, "SF103", "error", f"`{text}` lies beyond all calendars")]) from None
