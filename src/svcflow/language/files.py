"""Where the files of a project come from: a folder on a disk, or stored texts; nothing else reads anything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from attrs import field, frozen

from svcflow.core.spelling import nearest
from svcflow.language.findings import Finding, Span
from svcflow.language.lock import LARGEST_LOCK, LOCK
from svcflow.language.reader import LARGEST, decode

SUFFIXES = (".yaml", ".yml")
STORY = ".story.yaml"
"""The end of the name of a story: it tells of a process, and is none."""
SCENARIO = ".scenario.yaml"
"""The same of a scenario, which can only be read beside a process."""


class Files(Protocol):
    """Texts by file name, all side by side."""

    def text(self, name: str) -> str | Finding | None:
        """The text of a file; a finding if it cannot be read, None if it is not there."""
        ...

    def shown(self, name: str) -> str:
        """The name of a file in findings."""
        ...

    def names(self) -> tuple[str, ...]:
        """All YAML files, in order of their names."""
        ...


@frozen
class Texts:
    """Files that were read before: what a store keeps of a published process. `folder` is where they lay, if known."""

    sources: Mapping[str, str]
    folder: str = ""

    def text(self, name: str) -> str | Finding | None:
        """The stored text."""
        return self.sources.get(name)

    def shown(self, name: str) -> str:
        """The name itself, or the path it had."""
        return str(Path(self.folder) / name)

    def names(self) -> tuple[str, ...]:
        """The stored names."""
        return tuple(sorted(self.sources))


@frozen
class Folder:
    """
    The YAML files of one folder. `given` is the folder as the user wrote it, for findings; each file is read once.
    """

    given: str
    _texts: dict[str, str | Finding | None] = field(init=False, repr=False, eq=False, factory=dict)

    def text(self, name: str) -> str | Finding | None:
        """The text of a file directly in the folder."""
        if Path(name).name != name:
            return None
        if name not in self._texts:
            self._texts[name] = self._read(name)
        return self._texts[name]

    def _read(self, name: str) -> str | Finding | None:
        path = Path(self.given) / name
        largest = LARGEST_LOCK if name == LOCK else LARGEST
        try:
            with path.open("rb") as file:
                # One byte more than allowed tells a file that is too large from one that just fits.
                return decode(file.read(largest + 1), self.shown(name), largest)
        except FileNotFoundError:
            return None
        except OSError as error:
            message = f"this file cannot be read: {error.strerror or error}"
            span = Span(self.shown(name), 1, 1, 1, 1)
            return Finding.at(span, "SF010", "error", message, hint="name a YAML file that may be read")

    def shown(self, name: str) -> str:
        """The path as the user would write it."""
        return str(Path(self.given) / name)

    def names(self) -> tuple[str, ...]:
        """The YAML files in the folder that are no stories."""
        try:
            paths = [path for path in Path(self.given).iterdir() if path.suffix in SUFFIXES]
            return tuple(sorted(path.name for path in paths if not path.name.endswith(STORY)))
        except OSError:
            return ()


@frozen
class Drafts:
    """The files of a folder, some of them as they would be after a change; `texts` go by the names in findings."""

    folder: Files
    texts: Mapping[str, str]

    def text(self, name: str) -> str | Finding | None:
        """The changed text, else the one on the disk."""
        changed = self.texts.get(self.shown(name)) if Path(name).name == name else None
        return self.folder.text(name) if changed is None else changed

    def shown(self, name: str) -> str:
        """The path as the user would write it."""
        return self.folder.shown(name)

    def names(self) -> tuple[str, ...]:
        """The YAML files in the folder, new ones too."""
        drafts = {Path(text).name for text in self.texts if not text.endswith(STORY)}
        return tuple(sorted({*self.folder.names(), *(name for name in drafts if self.shown(name) in self.texts)}))


def similar(files: Files, name: str) -> str:
    """A help for a file that is not there."""
    near = nearest(name, files.names())
    return f"did you mean `{near}`?" if near else "only files in the same folder can be named"


def file_of(files: Files, process: str) -> str | None:
    """The file of a process beside this one: the one of its name, else any that says `process: NAME`."""
    says = re.compile(rf"^\ufeff?process:[ \t]+(['\"]?){re.escape(process)}\1[ \t\r]*(?:#|$)", re.MULTILINE)
    candidates = [f"{process}{suffix}" for suffix in SUFFIXES] if process.isidentifier() else []
    for name in (*candidates, *files.names()):
        text = files.text(name)
        if isinstance(text, str) and says.search(text):
            return name
    return None


def processes(files: Files) -> Iterator[str]:
    """The names of all processes here, for the help of a message."""
    for name in files.names():
        text = files.text(name)
        if isinstance(text, str) and (process := process_in(text)) is not None:
            yield process


def process_in(text: str) -> str | None:
    """The process that a text says it is, or tells of; None if it says none."""
    found = re.search(r"^\ufeff?process:[ \t]+['\"]?(\w+)", text, re.MULTILINE)
    return None if found is None else found[1]
