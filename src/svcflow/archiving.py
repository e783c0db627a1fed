"""Ended cases leave the database: written into archive files, found there whole, and only then taken out."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import count, groupby
from pathlib import Path
from typing import Any, TypeAlias

from attrs import field, frozen

from svcflow.archive.reading import ArchivedCase, Head, verify, walk
from svcflow.archive.writing import Bundle, Filed, discard, forget, private_of
from svcflow.casebook import Casebook, readable
from svcflow.core import chain
from svcflow.core.case import Case
from svcflow.core.decision import JournalEntry
from svcflow.core.plain import digest as digest_of
from svcflow.errors import BrokenJournal, BrokenRecord, ConflictError, InputError
from svcflow.stores.archived import Archived
from svcflow.stores.base import ProcessRecord, Query

MOST_IN_FILE = 10_000
"""Cases in one file, or a few more: a family is never parted."""

UNDER_WAY = "svcflow:archive"
"""Where a store remembers, by tenant, the file whose cases are being taken out."""

Watch: TypeAlias = Callable[[int, int], None]
Ready: TypeAlias = tuple[Filed, list[bytes], bytes]


@frozen
class Filing:
    """
    What to archive: families in which nothing has happened since `before`, of a process if one is named.

    `owner` is the person field that names who was responsible. `keep` leaves the cases in the store, `private` writes
    their private values into a file beside the archive.
    """

    tenant: str
    before: datetime
    folder: Path
    process: str | None = None
    owner: str = "owner"
    keep: bool = False
    private: bool = False
    dry_run: bool = False


@frozen
class ArchiveFile:
    """A file that was written: `sha256` is the digest of its lines, `private` the file of private values beside it."""

    path: str
    cases: int
    entries: int
    sha256: str
    private: str | None


@frozen
class Stayed:
    """A case that has ended long enough ago and is left in the store all the same, with its family."""

    case: str
    why: str


@frozen
class Archival:
    """What was archived, or would be: how many cases, into which files, and what stayed."""

    cases: int
    files: tuple[ArchiveFile, ...]
    stayed: tuple[Stayed, ...]


class _Stays(Exception):
    """A family is left where it is."""


@frozen(eq=False)
class Archivist:
    """One run. What an interrupted one has left undone is done first: its file is whole, or was never one."""

    book: Casebook
    filing: Filing
    now: datetime
    watch: Watch
    _files: list[ArchiveFile] = field(init=False, factory=list)
    _stayed: list[Stayed] = field(init=False, factory=list)
    _records: dict[tuple[str, int], ProcessRecord] = field(init=False, factory=dict)

    def run(self) -> Archival:
        """
        Archive what is to be archived.

        Raises:
            InputError: The folder is none, or another run is at work.
            BrokenArchive: A file is not on the disk as it was written; nothing of it was taken out.
        """
        filing = self.filing
        if not filing.folder.is_dir():
            raise InputError(f"{filing.folder} is no folder: archives are written into one that is there")
        if filing.dry_run:
            cases = sum(len(family) for family in self._families(list(self._roots())))
        else:
            with _alone(filing.folder):
                cases = self._write()
        return Archival(cases, tuple(self._files), tuple(self._stayed))

    def _write(self) -> int:
        cases = 0 if self.filing.keep else self._resume()
        families = self._families(list(self._roots()))
        for first in families:
            cases += self._fill(first, families)
        return cases

    # ── what is to go ──────────────────────────────────────────────────────────────────────────────────────────

    def _roots(self) -> Iterator[str]:
        """Ended cases without a parent in which nothing has happened for long enough."""
        filing = self.filing
        for status in ("done", "cancelled"):
            query = Query(filing.tenant, filing.process, status=status, order="moved")
            for case in readable(self.book.store, query):
                if isinstance(case, BrokenRecord):
                    self._stayed.append(Stayed(case.case_id, str(case)))
                    continue
                if case.moved_at >= filing.before:
                    break
                if case.parent is None:
                    yield case.id

    def _families(self, roots: list[str]) -> Iterator[list[Ready]]:
        """Each with all that is to be written, if all of it can go."""
        for done, root in enumerate(roots, start=1):
            try:
                family = list(self._members(root))
                rests = all(case.moved_at < self.filing.before for case, _ in family)
                ready = [self._ready(case, links) for case, links in family] if rests else []
            except (_Stays, BrokenRecord, BrokenJournal) as why:
                self._stayed.append(Stayed(root, str(why)))
            else:
                if ready:
                    yield ready
            self.watch(done, len(roots))

    def _members(self, root: str) -> Iterator[tuple[Case, tuple[tuple[str, str, str], ...]]]:
        """The case and all that it ever ran, ended ones too, with their links."""
        tenant, ids = self.filing.tenant, [root]
        for case_id in ids:
            case = self.book.store.load(tenant, case_id)
            if case is not None:
                links = self.book.store.links(tenant, case_id)
                ids += [to for origin, to, kind in links if (origin, kind) == (case_id, "run")]
                yield case, links

    def _ready(self, case: Case, links: tuple[tuple[str, str, str], ...]) -> Ready:
        """
        A case with its journal, if it may go.

        Raises:
            _Stays: It may not.
        """
        store, filing = self.book.store, self.filing
        if not case.ended:
            raise _Stays(f"case {case.id!r} is still open")
        if store.deliveries(case.tenant, case.id):
            raise _Stays(f"hook calls of case {case.id!r} are not delivered yet")
        entries = store.journal(case.tenant, case.id, private=filing.private)
        broken = chain.verify(entries)
        if broken is not None or len(entries) != case.seq:
            seq, why = broken or (case.seq, f"there are {len(entries)} entries")
            raise _Stays(f"the journal of case {case.id!r} is broken at entry {seq}: {why}")
        lived_by = [*_lived_by(stored.entry for stored in entries), (case.version, case.days)]
        records = {version: self._record(case, version) for version, _ in lived_by}
        days = {digest: self._days(case, version, digest) for version, digest in lived_by if digest}
        private = self.book.published.within(None).of(case).private
        private |= {name.partition(".")[2] for stored in entries for name in stored.private}
        owner = None if filing.owner in private else case.fields.get(filing.owner)
        filed = Filed(
            case, private, tuple(records.values()), days, owner if isinstance(owner, str) else "", entries, links
        )
        try:
            return filed, filed.lines(), filed.secrets() if filing.private else b""
        except InputError as problem:
            raise _Stays(f"case {case.id!r}: {problem}") from problem

    def _record(self, case: Case, version: int) -> ProcessRecord:
        record = self._records.get((case.process, version)) or self.book.store.process(
            case.tenant, case.process, version
        )
        if record is None or (version == case.version and record.digest != case.digest):
            raise _Stays(f"version {version} of {case.process}, by which case {case.id!r} lived, is not there")
        self._records[case.process, version] = record
        return record

    def _days(self, case: Case, version: int, digest: str) -> Mapping[str, Any]:
        tables = self.book.store.days(case.tenant, case.process, version, digest)
        if tables is None or digest_of(tables) != digest:
            raise _Stays(f"holidays that case {case.id!r} counted on are not there")
        return tables

    # ── writing, and taking out ────────────────────────────────────────────────────────────────────────────────

    def _fill(self, family: list[Ready] | None, families: Iterator[list[Ready]]) -> int:
        """Write one file with this family and those that follow; answers how many cases went into it for good."""
        filing, store = self.filing, self.book.store
        path = self._new_path()
        if not filing.keep:
            store.remember(UNDER_WAY, filing.tenant, str(path))
        bundle = Bundle(path, filing.tenant, self.now, private=filing.private)
        try:
            while family is not None:
                for one in family:
                    bundle.add(*one)
                family = next(families, None) if bundle.cases < MOST_IN_FILE else None
            bundle.finish()
        except BaseException:
            bundle.abandon()
            raise
        taken = self._take_out(path)
        if not filing.keep:
            store.remember(UNDER_WAY, filing.tenant, "")
        return taken

    def _new_path(self) -> Path:
        """A name that no file has; absolute, so that a later run finds it from wherever it is started."""
        folder = self.filing.folder.resolve()
        names = (f"svcflow-{self.now:%Y%m%dT%H%M%SZ}-{number}" for number in count(1))
        return next(folder / f"{name}.jsonl.gz" for name in names if not any(folder.glob(f"{name}.*")))

    def _resume(self) -> int:
        """Finish what an interrupted run began: take out the cases of its file, or remove what is none yet."""
        store, tenant = self.book.store, self.filing.tenant
        left = store.position(UNDER_WAY, tenant)
        if not left:
            return 0
        path, taken = Path(left), 0
        with ExitStack() as stack:
            if path.parent.is_dir() and not path.parent.samefile(self.filing.folder):
                stack.enter_context(_alone(path.parent))
            if path.exists():
                taken = self._take_out(path)
            else:
                discard(path)
            store.remember(UNDER_WAY, tenant, "")
        return taken

    def _take_out(self, path: Path) -> int:
        """
        Read a file back, and only if all of it is there take its cases out, family by family.

        Raises:
            BrokenArchive: It is not.
        """
        private = private_of(path) if private_of(path).exists() else None
        checked = verify(path, private=private)
        if checked.broken is not None:
            raise checked.broken
        name = None if private is None else str(private)
        self._files.append(ArchiveFile(str(path), checked.cases, checked.entries, checked.sha256, name))
        if self.filing.keep:
            return checked.cases
        heads = (found for found in walk(path) if isinstance(found, Head))
        taken, left = 0, []
        for _, family in groupby(heads, key=lambda head: head.case.root or head.case.id):
            cases = [trace(head, path.name) for head in family]
            try:
                self.book.store.remove(cases)
                taken += len(cases)
            except ConflictError:
                if self.book.store.removed(cases[0].tenant, cases[0].id) is None:
                    self._stayed.append(Stayed(cases[0].id, "it was changed while it was being archived"))
                    left += [case.id for case in cases]
        if private is not None and left:
            forget(private, left)
        return taken


def _lived_by(journal: Iterable[JournalEntry]) -> list[tuple[int, str]]:
    """The versions that a case lived by, each with the digest of its days, one after another."""
    found: dict[tuple[int, str], None] = {}
    version, days = 0, ""
    for entry in journal:
        detail = entry.detail
        if entry.kind == "recalendared":
            days = detail["to"]
        elif entry.kind in {"opened", "migrated"}:
            version, days = detail["version" if entry.kind == "opened" else "to"], detail.get("days", "")
        found[version, days] = None
    return list(found)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """
    Keep other runs on this machine out of a folder. The lock ends with the program, however that ends.

    Raises:
        InputError: Another run is at work there.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as taken:
        os.close(handle)
        raise InputError(f"another run is writing archives into {folder}: wait until it is done") from taken
    except OSError:  # A file system without locks: nothing is lost there either, one of two runs fails.
        pass
    try:
        yield
    finally:
        os.close(handle)


def trace(head: Head | ArchivedCase, bundle: str) -> Archived:
    """What a store remembers of a case in a file."""
    case = head.case
    return Archived(
        case.tenant, case.id, case.process, case.version, case.status, head.owner, case.opened_at,
        case.ended_at or case.moved_at, head.archived_at, case.seq, bundle, head.digest,
    )  # fmt: skip
