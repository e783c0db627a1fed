"""`lock`: what is published, kept in a file beside the processes; `publish` writes the same one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from attrs import frozen

from svcflow import language
from svcflow.cli import output
from svcflow.cli.authors import FilesArgument, there, told
from svcflow.cli.files import write_whole
from svcflow.core.process import Process
from svcflow.errors import DefinitionError
from svcflow.language.lock import LARGEST_LOCK, LOCK
from svcflow.language.reader import decode

LockOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--lock", metavar="FILE", show_default=False,
                 help=f"The lock; by default the `{LOCK}` beside each file."),
]  # fmt: skip


def lock(
    files: FilesArgument,
    lock_: LockOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take what is locked under the same numbers for never published.")
    ] = False,
) -> None:
    """
    Note in a lock what is published, so that `check` tells when a published version changes.

    `svcflow publish` does so by itself; this is for processes that an application publishes. What the files run or
    start is noted with them. The lock belongs into version control.

    Example:
      svcflow lock service_ticket.yaml
    """
    there(files)
    try:
        locks = Locks.of(files, lock_)
        if not locks.write(_family(files, locks, replace=replace), replace=replace):
            output.say("nothing new to lock")
    except DefinitionError as problem:
        raise told(problem, files) from problem


def _family(files: Sequence[Path], locks: Locks, *, replace: bool) -> list[Process]:
    """The processes of some files, each checked against what is locked; with `replace` against its other versions."""
    found: dict[Process, None] = {}
    for file in files:
        lock = locks.of_folder(file.parent)
        if replace:
            again = {(one.name, one.version) for one in language.project(file, against=language.Lock())}
            lock = language.Lock.of(one for key, one in lock.editions.items() if key not in again)
        found.update(dict.fromkeys(language.project(file, against=lock)))
    return list(found)


@frozen
class Locks:
    """The locks of some files by their paths: `one` for all, or that of each folder; one that is not there is empty."""

    one: Path | None
    known: Mapping[Path, language.Lock]

    @classmethod
    def of(cls, files: Iterable[Path], one: Path | None) -> Locks:
        """
        Read the locks.

        Raises:
            DefinitionError: If one cannot be read.
        """
        paths = [one] if one is not None else [file.parent / LOCK for file in files]
        return cls(one, {path: read(path) if path.exists() else language.Lock() for path in dict.fromkeys(paths)})

    def path(self, folder: Path) -> Path:
        """Which lock is that of a folder."""
        return self.one or folder / LOCK

    def of_folder(self, folder: Path) -> language.Lock:
        """What is locked of the processes in a folder."""
        return self.known[self.path(folder)]

    def write(self, processes: Iterable[Process], *, replace: bool = False) -> bool:
        """
        Add the versions that are new; whether there were any. What is locked stays as it is, unless `replace` says not.

        Raises:
            OSError: If a lock cannot be written.
        """
        news: dict[Path, list[language.Edition]] = {}
        for process in processes:
            path = self.path(Path(process.folder))
            there_ = self.known[path].editions.get((process.name, process.version))
            if there_ is None or (replace and there_.digest != process.digest):
                news.setdefault(path, []).append(language.Edition.of(process))
        for path, editions in news.items():
            write_whole(path, language.Lock.of((*self.known[path].editions.values(), *editions)).text())
            output.say(f"locked in {path}: {', '.join(f'{one.process} version {one.version}' for one in editions)}")
        return bool(news)


def read(path: Path) -> language.Lock:
    """
    The lock in a file.

    Raises:
        DefinitionError: If it is none.
        OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        text = decode(file.read(LARGEST_LOCK + 1), str(path), LARGEST_LOCK)
    if isinstance(text, language.Finding):
        raise DefinitionError([text])
    return language.read_lock(text, str(path))
