"""
The lines of an archive file, each JSON with a digest: written, and read back without trusting them.

A line is `{KIND: DATA, "sha256": DIGEST}`. The digest is that of the data's canonical JSON; of a journal entry it is
the hash by which the entry stands in its chain. The last line counts the others and has the digest of all their bytes.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, cast

from attrs import frozen

from svcflow.core.plain import canonical, digest
from svcflow.errors import BrokenArchive, InputError

FORMAT = 1
LONGEST_LINE = 16 * 2**20
"""Bytes of a line; what is longer is neither written nor read."""

_GZIP = b"\x1f\x8b"
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)


@frozen
class Line:
    """A line as read: its number, what it is, its data, and the digest that it says it has."""

    number: int
    kind: str
    data: Any
    sha256: str
    size: int


def text_of(kind: str, data: object, own: str | None = None) -> bytes:
    """A line, with the digest of its data unless it has one of its `own`."""
    return canonical({kind: data, "sha256": digest(data) if own is None else own}).encode() + b"\n"


def lines(path: Path) -> Iterator[Line]:
    """
    The lines of a file; its last one says whether all are there, and comes only if they are.

    Raises:
        InputError: The file cannot be opened.
        BrokenArchive: Something in it is not as it was written; the lines before it have been answered.
    """
    total, number = sha256(), 0
    with _opened(path) as file:
        while raw := _next(path, number + 1, file):
            number += 1
            line = _read(path, number, raw)
            if number == 1:
                _check_first(path, line)
            elif line.kind == "end":
                if raw != text_of("end", {"lines": number - 1, "sha256": total.hexdigest()}):
                    raise BrokenArchive(path, number, "lines before it are missing, or are not those that were written")
                if _next(path, number + 1, file):
                    raise BrokenArchive(path, number + 1, "something was added behind the end")
                yield line
                return
            yield line
            total.update(raw)
    raise BrokenArchive(path, number + 1, "the end is missing" if number else "the file is empty")


def _check_first(path: Path, line: Line) -> None:
    if line.kind not in {"archive", "private"} or not isinstance(line.data, dict):
        raise BrokenArchive(path, 1, "this is no archive of svcflow")
    if line.data.get("format") != FORMAT:
        raise BrokenArchive(path, 1, f"it has the format {str(line.data.get('format'))[:20]}, not {FORMAT}")


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The file's content, unpacked if need be."""
    try:
        file = path.open("rb")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path}: the archive cannot be read: {why}") from error
    with file:
        packed = file.peek(len(_GZIP))[: len(_GZIP)] == _GZIP
        yield cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if packed else file


def _next(path: Path, number: int, file: IO[bytes]) -> bytes:
    try:
        raw = file.readline(LONGEST_LINE + 1)
    except _DAMAGED as error:
        raise BrokenArchive(path, number, f"the file is damaged or cut off ({error})") from error
    except OSError as error:
        raise InputError(f"{path}: the archive cannot be read: {error.strerror}") from error
    if len(raw) > LONGEST_LINE:
        raise BrokenArchive(path, number, f"the line has more than {LONGEST_LINE:,} bytes")
    return raw


def _read(path: Path, number: int, raw: bytes) -> Line:
    try:
        found = json.loads(raw)
        own = found.pop("sha256")
        ((kind, data),) = found.items()
        same = kind == "entry" or digest(data) == own
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BrokenArchive(path, number, "it is no line of an archive") from error
    if not same:
        raise BrokenArchive(path, number, "it was changed after it was written")
    return Line(number, kind, data, own, len(raw))
