"""Ended cases leave the database: written into archive files, found there whole, and only then taken out."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from itertools import count, groupby
from pathlib import Path
from typing import Literal, TypeAlias

from attrs import evolve, field, frozen

from svcflow.archive.reading import ArchivedCase, Head, verify, walk
from svcflow.archive.writing import Bundle, Filed, discard, forget, private_of
from svcflow.casebook import Casebook
from svcflow.clocks import utc
from svcflow.core import chain
from svcflow.core.case import Case
from svcflow.errors import ConflictError, InputError
from svcflow.inquiry import Inquiry
from svcflow.stores.base import Archived, ArchiveQuery, ProcessRecord, Query

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


def _unwatched(done: int, families: int) -> None:
    """Nobody looks how far it is."""


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
    _records: dict[tuple[str, int, str], ProcessRecord] = field(init=False, factory=dict)

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
            for case in self.book.store.cases(query):
                if case.moved_at >= filing.before:
                    break
                if case.parent is None:
                    yield case.id

    def _families(self, roots: list[str]) -> Iterator[list[Ready]]:
        """Each with all that is to be written, if all of it can go."""
        for done, root in enumerate(roots, start=1):
            family = list(self._members(root))
            if all(case.moved_at < self.filing.before for case, _ in family):
                try:
                    ready = [self._ready(case, links) for case, links in family]
                except _Stays as why:
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
        record = self._record(case)
        private = self.book.published.within(None).of(case).private
        private |= {name.partition(".")[2] for stored in entries for name in stored.private}
        owner = None if filing.owner in private else case.fields.get(filing.owner)
        filed = Filed(case, private, record, owner if isinstance(owner, str) else "", entries, links)
        try:
            return filed, filed.lines(), filed.secrets() if filing.private else b""
        except InputError as problem:
            raise _Stays(f"case {case.id!r}: {problem}") from problem

    def _record(self, case: Case) -> ProcessRecord:
        version = (case.process, case.version)
        record = self._records.get((*version, case.days)) or self.book.store.process(case.tenant, *version)
        if record is None or record.digest != case.digest:
            raise _Stays(f"version {case.version} of {case.process}, by which case {case.id!r} lived, is not there")
        tables = self.book.published.within(None).tables(record, case.tenant, case.days)
        self._records[(*version, case.days)] = record = evolve(record, holidays={**record.holidays, **tables})
        return record

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


class Archives(Inquiry):
    """What an engine does with cases that have ended long ago: writes them into files, and knows where they are."""

    def archive(  # noqa: PLR0913 - all of them keywords
        self,
        folder: str | os.PathLike[str],
        *,
        older_than: timedelta,
        process: str | None = None,
        owner: str = "owner",
        private: bool = False,
        keep: bool = False,
        dry_run: bool = False,
        watch: Watch = _unwatched,
        tenant: str = "",
    ) -> Archival:
        """
        Write cases that ended longer ago than `older_than` into files in a folder, and take them out of the store.

        A case goes together with all that it ran, when nothing has happened in any of them for so long. What waits for
        hook calls, or is not whole, stays. `owner` is the person field that they are found by later. Private values
        are not written, and so forgotten, unless `private` puts them into a file beside each archive. With `keep` the
        cases stay in the store, with `dry_run` nothing is written. `watch` is told how many families of how many were
        looked at. An interrupted run is finished by the next one.

        Raises:
            InputError: If the folder is none, another run is at work, or the time is negative.
            BrokenArchive: If a file is not on the disk as it was written; nothing of it was taken out.
            OSError: If a file cannot be written, for example to a full disk; nothing of it was taken out.
        """
        if older_than < timedelta(0):
            raise InputError("`older_than` is a length of time, which is not negative")
        now = self._book.clock.now()
        filing = Filing(tenant, now - older_than, Path(folder), process, owner, keep, private, dry_run)
        return Archivist(self._book, filing, now, watch).run()

    def archived(
        self,
        *,
        process: str | None = None,
        owner: str | None = None,
        since: datetime | None = None,
        before: datetime | None = None,
        order: Literal["opened", "process", "owner"] = "opened",
        after: str | None = None,
        limit: int | None = None,
        tenant: str = "",
    ) -> tuple[Archived, ...]:
        """
        The archived cases that match all that is asked: which file each is in, and under which digest.

        `since` and `before` are times at which the case was opened. `after` is the id of the last case of the page
        before.
        """
        since, before = (None if one is None else utc(one) for one in (since, before))
        query = ArchiveQuery(tenant, process, owner, since, before, order, after, limit)
        return tuple(self._book.store.archived(query))


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
