"""A file that is there whole or not at all: written beside its place under another name, then renamed."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from svcflow.errors import InputError
from svcflow.stores.sqlite_file import SqliteFile

_SQLITE = b"SQLite format 3\0"
_PARTS = ("", "-wal", "-shm", "-journal")
"""How the names of the files go on in which SQLite keeps a database."""


def no_store(path: Path) -> None:
    """
    Make sure that no store is written over.

    Raises:
        InputError: If the file is one, or belongs to one.
        StoreError: If it is a database that cannot be read.
    """
    for ending in _PARTS:
        database = path.parent / path.name.removesuffix(ending)
        if path.name.endswith(ending) and _is_sqlite(database) and SqliteFile(str(database)).in_use():
            raise InputError(f"{path}: cases are stored there; name another file for the log")


def _is_sqlite(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """
    The name to write under; when the context ends well the file has its own name, else it is gone.

    Whoever kills the program leaves at most a file `.NAME.NUMBER.part`, never half a file under the name itself.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    # A killed run of the same number may have left one.
    part.unlink(missing_ok=True)
    try:
        yield part
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A name beside a file for what is needed only while it is written."""
    spool = path.with_name(f"{path.name}.spool")
    try:
        yield spool
    finally:
        spool.unlink(missing_ok=True)


@contextmanager
def text(path: Path, *, packed: bool, mark: bool = False) -> Iterator[TextIO]:
    """A file of text in UTF-8, as `.gz` when it is to be packed; with a `mark` at its beginning for Excel."""
    with ExitStack() as stack:
        raw = stack.enter_context(path.open("wb"))
        # Without name and time, so that the same log is the same file.
        file = gzip.GzipFile("", "wb", 6, raw, mtime=0) if packed else raw
        stack.enter_context(file)
        yield stack.enter_context(TextIOWrapper(file, encoding="utf-8-sig" if mark else "utf-8", newline=""))
