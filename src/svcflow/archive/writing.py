"""Archive files written: a whole file or none, on the disk before anybody relies on it, private values apart."""

from __future__ import annotations

import gzip
import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from svcflow.archive.lines import FORMAT, LONGEST_LINE, lines, text_of
from svcflow.archive.reading import LARGEST_CASE, PathLike
from svcflow.core import chain
from svcflow.core.case import Case
from svcflow.core.plain import instant, plain
from svcflow.errors import InputError
from svcflow.stores.base import ProcessRecord, StoredEntry
from svcflow.stores.rows import snapshot

_LEVEL = 6
PART = ".part"


@frozen
class Filed:
    """
    A case to be written, with the names of its private fields, and everything that was stored of it.

    `processes` are the versions that it ever lived by; `days` are holidays, by their digest, that came after a version
    and that it counted on.
    """

    case: Case
    private: frozenset[str]
    processes: tuple[ProcessRecord, ...]
    days: Mapping[str, Mapping[str, Any]]
    owner: str
    entries: tuple[StoredEntry, ...]
    links: tuple[tuple[str, str, str], ...]

    def lines(self) -> list[bytes]:
        """
        The case and its journal without private values.

        Raises:
            InputError: It is too large for an archive.
        """
        head = {
            "snapshot": snapshot(self.case, self.private),
            "processes": [[record.version, record.digest] for record in self.processes],
            "days": list(self.days),
            "owner": self.owner,
            "entries": len(self.entries),
            "last": self.entries[-1].hash,
            "links": [list(link) for link in self.links],
        }
        texts = [chain.entry_text(stored.entry, stored.private) for stored in self.entries]
        found = [text_of("case", head)]
        found += [
            f'{{"entry":{text},"sha256":"{one.hash}"}}\n'.encode()
            for text, one in zip(texts, self.entries, strict=True)
        ]
        _check(found)
        return found

    def secrets(self) -> bytes:
        """Its private values with their salts, present and earlier ones; empty when there are none."""
        fields = {name: plain(value) for name, value in self.case.fields.items() if name in self.private}
        values = [
            [stored.entry.seq, part, field, salt, plain(getattr(stored.entry, part)[field])]
            for stored in self.entries
            for part, _, field, salt in ((*name.partition("."), salt) for name, salt in stored.salts.items())
        ]
        if not (fields or values):
            return b""
        line = text_of("values", {"case": self.case.id, "fields": fields, "values": values})
        _check([line])
        return line


def _check(found: Iterable[bytes]) -> None:
    sizes = [len(line) for line in found]
    if max(sizes) > LONGEST_LINE or sum(sizes) > LARGEST_CASE:
        raise InputError("it is too large for an archive")


def _process(record: ProcessRecord) -> dict[str, object]:
    found = asdict(record, recurse=False, filter=lambda attribute, _: attribute.name != "standing")
    return found | {
        "sources": dict(record.sources), "holidays": dict(record.holidays), "published_at": instant(record.published_at)
    }  # fmt: skip


class Bundle:
    """
    One archive file on its way: `.part` is behind its name until it is whole.

    `private` is the file of private values beside it, None when these are not kept.
    """

    def __init__(self, path: Path, tenant: str, at: datetime, *, private: bool) -> None:
        self.path = path
        self.private = private_of(path) if private else None
        self.cases = 0
        head = {"format": FORMAT, "tenant": tenant, "archived_at": instant(at)}
        self._files = [_File(path, text_of("archive", head))]
        if self.private is not None:
            self._files.append(_File(self.private, text_of("private", head)))
        self._known: set[object] = set()

    def add(self, filed: Filed, own: list[bytes], secrets: bytes) -> None:
        """Write a case, behind what it lived by when that is met for the first time."""
        for record in filed.processes:
            self._once((record.name, record.version, record.digest), "process", _process(record))
        for digest, tables in filed.days.items():
            self._once(digest, "days", {"digest": digest, "tables": dict(tables)})
        for line in own:
            self._files[0].write(line)
        if self.private is not None and secrets:
            self._files[1].write(secrets)
        self.cases += 1

    def _once(self, key: object, kind: str, data: dict[str, object]) -> None:
        if key not in self._known:
            self._known.add(key)
            self._files[0].write(text_of(kind, data))

    def finish(self) -> None:
        """Bring all of it onto the disk and give it its name."""
        for file in self._files:
            file.end()
        for file in reversed(self._files):  # The archive last: where it is, its private values are.
            file.rename()

    def abandon(self) -> None:
        """Leave nothing behind of what is not finished."""
        for file in self._files:
            file.close()
        discard(self.path)


def private_of(path: Path) -> Path:
    """The file of private values that stands beside an archive."""
    name, dot, kind = path.name.partition(".")
    return path.with_name(f"{name}.private{dot}{kind}")


def discard(path: Path) -> None:
    """Remove what an interrupted run left of an archive that never became whole."""
    for name in (path, private_of(path)):
        Path(f"{name}{PART}").unlink(missing_ok=True)
    if not path.exists():
        private_of(path).unlink(missing_ok=True)


class _File:
    """Lines on their way into a packed file that only its owner may read."""

    def __init__(self, path: Path, first: bytes) -> None:
        self._path, self._part = path, Path(f"{path}{PART}")
        self._total, self._lines = sha256(), 0
        self._file = os.fdopen(os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._packed = gzip.GzipFile("", "wb", _LEVEL, self._file, mtime=0)
        self.write(first)

    def write(self, line: bytes) -> None:
        """One line more."""
        self._packed.write(line)
        self._total.update(line)
        self._lines += 1

    def end(self) -> None:
        """Write the last line and wait for the disk."""
        self.write(text_of("end", {"lines": self._lines, "sha256": self._total.hexdigest()}))
        self._packed.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def rename(self) -> None:
        """Give the file its name, and wait until the folder knows it."""
        self._part.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def close(self) -> None:
        """Without an end, wherever it stands."""
        with suppress(OSError, ValueError):
            self._packed.close()
        with suppress(OSError):
            self._file.close()


def forget(path: PathLike, cases: Collection[str]) -> tuple[str, ...]:
    """
    Take the private values of these cases out of the file beside an archive; answers of which there were any.

    The file is written anew and takes the place of the old one, whose bytes the disk may keep for a while.

    Raises:
        InputError: The file cannot be opened, or is an archive itself: there are no private values in it.
        BrokenArchive: It is not as it was written; nothing was changed.
    """
    if isinstance(cases, str):
        raise InputError(f"`cases` must be ids, not the single text {cases!r}; write [{cases!r}]")
    path = Path(path)
    gone = []
    old = lines(path)
    first = next(old)
    if first.kind != "private":
        raise InputError(f"{path} is an archive, which holds no private values; they stand in {private_of(path).name}")
    Path(f"{path}{PART}").unlink(missing_ok=True)
    new = _File(path, text_of(first.kind, first.data))
    try:
        for line in old:
            if line.kind == "end":
                break
            case = line.data.get("case") if isinstance(line.data, dict) else None
            if isinstance(case, str) and case in cases:
                gone.append(case)
            else:
                new.write(text_of(line.kind, line.data))
        if gone:
            new.end()
            new.rename()
    finally:
        new.close()
        Path(f"{path}{PART}").unlink(missing_ok=True)
    return tuple(gone)
