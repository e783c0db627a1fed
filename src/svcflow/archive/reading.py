"""Cases out of archive files, checked as they come: digests, chains, and that nothing is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from attrs import frozen

from svcflow.archive.lines import Line, lines
from svcflow.core import chain
from svcflow.core.case import Case
from svcflow.core.decision import JournalEntry
from svcflow.core.plain import canonical, digest
from svcflow.errors import BrokenArchive, SvcflowError
from svcflow.inquiry import LONGEST_NAME
from svcflow.stores.base import ProcessRecord, StoredEntry
from svcflow.stores.rows import read_case, read_entries

LARGEST_CASE = 256 * 2**20
"""Bytes of a case with its journal, and of all processes of a file."""

PathLike: TypeAlias = str | os.PathLike[str]
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, SvcflowError)


@frozen
class Head:
    """What the line of a case says: all but its journal. `snapshot` are the data of the case."""

    case: Case
    processes: tuple[ProcessRecord, ...]
    days: Mapping[str, Mapping[str, Any]]
    owner: str
    links: tuple[tuple[str, str, str], ...]
    entries: int
    last: str
    digest: str
    archived_at: datetime
    snapshot: Mapping[str, Any]


@frozen
class ArchivedCase:
    """
    A case as it was when it was archived, with its whole journal.

    `processes` are the versions of the process that it lived by, one after another, `days` the holidays, by their
    digest, that it counted on and that came after a version: all that it takes to decide its journal again.
    Private values are in `case` and `entries` only when they were read too; their digests are always there. `links` are
    (from, to, kind) for each `run` and `start` it stood in. `digest` is the SHA-256 that the store remembers.
    """

    case: Case
    processes: tuple[ProcessRecord, ...]
    days: Mapping[str, Mapping[str, Any]]
    owner: str
    entries: tuple[StoredEntry, ...]
    links: tuple[tuple[str, str, str], ...]
    digest: str
    archived_at: datetime

    @property
    def journal(self) -> tuple[JournalEntry, ...]:
        """What happened to it, in order."""
        return tuple(stored.entry for stored in self.entries)


@frozen
class Checked:
    """
    How much of a file was found to be as it was written, and the first thing in it that is not.

    `sha256` is the digest of all its lines but the last, which says the same; empty when something is broken.
    """

    cases: int
    entries: int
    sha256: str
    broken: BrokenArchive | None


def read(path: PathLike, *, private: PathLike | None = None) -> Iterator[ArchivedCase]:
    """
    The cases of an archive file, one after another, with the private values of the file `private`.

    Raises:
        InputError: A file cannot be opened.
        BrokenArchive: Something is not as it was written; the cases before it have been answered.
    """
    path = Path(path)
    secrets = _Secrets(None if private is None else Path(private))
    head: Head | None = None
    rows: list[tuple[int, str, str]] = []
    for found in walk(path):
        if isinstance(found, Head):
            head, rows = found, []
        elif found.kind == "end":
            secrets.check_end()
        elif head is not None:
            rows.append((len(rows) + 1, found.sha256, canonical(found.data)))
            if len(rows) == head.entries:
                yield _whole(path, found.number, head, rows, secrets)


def verify(path: PathLike, *, private: PathLike | None = None) -> Checked:
    """
    Check a file, and the private values beside it if they are given, without any store.

    Raises:
        InputError: A file cannot be opened.
    """
    cases, entries, sha256 = 0, 0, ""
    try:
        for found in walk(Path(path)):
            if isinstance(found, Head):
                cases += 1
            elif found.kind == "entry":
                entries += 1
            else:
                sha256 = found.data["sha256"]
        for _ in () if private is None else read(path, private=private):
            pass
    except BrokenArchive as broken:
        return Checked(cases, entries, "", broken)
    return Checked(cases, entries, sha256, None)


def walk(path: Path) -> Iterator[Head | Line]:
    """
    The heads of the cases, each before the lines of its journal, and the last line; all is checked, nothing is kept.

    Raises:
        InputError: The file cannot be opened.
        BrokenArchive: Something is not as it was written; what is before it has been answered.
    """
    walker = _Walker(path)
    for line in lines(path):
        try:
            found = walker.follow(line)
        except BrokenArchive:
            raise
        except _UNREADABLE as error:
            raise BrokenArchive(path, line.number, f"what it says cannot be read ({type(error).__name__})") from error
        if found is not None:
            yield found


class _Walker:
    """Where in a file we are: the processes met so far, the present case and how far its chain goes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._processes: dict[tuple[str, int, str], ProcessRecord] = {}
        self._days: dict[str, Mapping[str, Any]] = {}
        self._room = self._room_of_processes = LARGEST_CASE
        self._head: Head | None = None
        self._seq, self._hash = 0, chain.FIRST
        self._archived_at: datetime | None = None

    def follow(self, line: Line) -> Head | Line | None:
        """Take one line more; what is to be told of it."""
        if line.kind == "entry":
            self._link(line)
            return line
        self._rest(line.number)
        if line.number == 1:
            if line.kind != "archive":
                raise self._broken(1, "these are private values, which stand beside an archive")
            self._archived_at = datetime.fromisoformat(line.data["archived_at"])
        elif line.kind == "process":
            self._room_of_processes = self._less(self._room_of_processes, line)
            record = _process(line.data)
            self._processes[record.name, record.version, record.digest] = record
        elif line.kind == "days":
            self._room_of_processes = self._less(self._room_of_processes, line)
            self._days[line.data["digest"]] = _tables(line.data)
        elif line.kind == "case":
            self._head = self._read_head(line)
            self._seq, self._hash, self._room = 0, chain.FIRST, LARGEST_CASE
            return self._head
        elif line.kind == "end":
            return line
        else:
            raise self._broken(line.number, "it is no line of an archive")
        return None

    def _rest(self, number: int) -> None:
        """Make sure that the journal of the case is there to its end."""
        head = self._head
        if head is not None and (self._seq, self._hash) != (head.entries, head.last):
            raise self._broken(number, f"the journal of case {head.case.id!r} should go on here")
        self._head = None

    def _link(self, line: Line) -> None:
        head = self._head
        if head is None or self._seq == head.entries:
            raise self._broken(line.number, "this entry belongs to no case")
        entry, _ = chain.read_entry(line.data)
        self._room = self._less(self._room, line)
        self._seq += 1
        if (entry.case, entry.seq) != (head.case.id, self._seq):
            raise self._broken(line.number, f"an entry of case {head.case.id!r} is missing or not in its place")
        if chain.link_text(self._hash, canonical(line.data)) != line.sha256:
            raise self._broken(line.number, "it was changed after it was written, or does not follow the entry before")
        self._hash = line.sha256

    def _read_head(self, line: Line) -> Head:
        data = line.data
        case = read_case("", canonical(data["snapshot"]), {})
        processes = tuple(self._processes[case.process, version, own] for version, own in data["processes"])
        days = {own: self._days[own] for own in data["days"]}
        links = tuple((str(origin), str(to), str(kind)) for origin, to, kind in data["links"])
        ended = case.ended_at is not None and data["entries"] == case.seq > 0
        last = (processes[-1].version, processes[-1].digest) == (case.version, case.digest)
        lived = last and (not case.days or case.days in days)
        if self._archived_at is None or not (ended and lived) or len(case.id) > LONGEST_NAME:
            raise ValueError("a case that was not archived by svcflow")
        return Head(
            case, processes, days, str(data["owner"]), links, case.seq, str(data["last"]), line.sha256,
            self._archived_at, data["snapshot"],
        )  # fmt: skip

    def _less(self, room: int, line: Line) -> int:
        if room < line.size:
            raise self._broken(line.number, f"more than {LARGEST_CASE:,} bytes belong together here")
        return room - line.size

    def _broken(self, number: int, why: str) -> BrokenArchive:
        return BrokenArchive(self._path, number, why)


def _process(data: Mapping[str, Any]) -> ProcessRecord:
    """The version of a process; its texts are by file, its holidays by code."""
    record = ProcessRecord(**{**data, "published_at": datetime.fromisoformat(data["published_at"])})
    if not (isinstance(record.sources, dict) and isinstance(record.holidays, dict)):
        raise TypeError("texts and holidays have names")
    return record


def _tables(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Holidays by their codes, which have the digest that they are known by."""
    tables = data["tables"]
    if not isinstance(tables, dict) or digest(tables) != data["digest"]:
        raise ValueError("holidays have codes and a digest")
    return tables


class _Secrets:
    """The private values beside an archive, in the order of its cases; some cases may have been forgotten."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lines = iter(()) if path is None else lines(path)
        self._ahead = next(self._lines, None)
        if path is not None and self._ahead is not None and self._ahead.kind != "private":
            raise BrokenArchive(path, 1, "this is no file of private values")
        self._ahead = next(self._lines, None)

    def of(self, case_id: str) -> tuple[Mapping[str, Any], list[tuple[int, str, str, str, str]]]:
        """The data of the case's private fields, and the values in its journal as rows."""
        line = self._ahead
        if line is None or self._path is None or line.data.get("case") != case_id:
            return {}, []
        self._ahead = next(self._lines, None)
        values = [(seq, part, field, salt, canonical(value)) for seq, part, field, salt, value in line.data["values"]]
        return line.data["fields"], values

    def check_end(self) -> None:
        """
        Make sure that all of it was of the archive's cases.

        Raises:
            BrokenArchive: A line is not.
        """
        if self._path is not None and self._ahead is not None and self._ahead.kind != "end":
            raise BrokenArchive(self._path, self._ahead.number, "it is of no case of this archive, or not in its place")


def _whole(path: Path, number: int, head: Head, rows: list[tuple[int, str, str]], secrets: _Secrets) -> ArchivedCase:
    case = head.case
    try:
        fields, values = secrets.of(case.id)
        entries = read_entries(case.id, rows, values)
        if fields:
            case = read_case(case.id, canonical(dict(head.snapshot)), fields)
    except BrokenArchive:
        raise
    except _UNREADABLE as error:
        raise BrokenArchive(path, number, f"case {case.id!r} cannot be read ({type(error).__name__})") from error
    wrong = chain.verify(entries) if values else None
    if wrong is not None:
        raise BrokenArchive(path, number, f"case {case.id!r}, entry {wrong[0]}: {wrong[1]}")
    return ArchivedCase(
        case, head.processes, head.days, head.owner, entries, head.links, head.digest, head.archived_at
    )  # fmt: skip
