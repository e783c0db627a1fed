"""The check that a store still says what happened: whole chains, and snapshots that follow from their journals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from attrs import frozen

from svcflow.casebook import Casebook, missing, readable
from svcflow.core import chain
from svcflow.core.case import Case
from svcflow.core.history import rebuild
from svcflow.errors import BrokenJournal, BrokenRecord, SvcflowError, out_of_use
from svcflow.stores.base import Query, StoredEntry

Row: TypeAlias = Case | BrokenRecord
"""A case as its row says, or what is wrong with the row."""


@frozen
class Audit:
    """What was looked at, and the first thing wrong with each case that is not as it was written."""

    cases: int
    entries: int
    broken: tuple[BrokenJournal, ...]


def audit(book: Casebook, tenant: str, case_id: str | None, connection: object | None) -> Audit:
    """
    Check one case or all of a tenant: the journal is a whole chain (R8), and it gives the snapshot (R7).

    Where private values were erased the case cannot be decided again, and only the chain is checked. Others may go on
    writing meanwhile.

    Raises:
        CaseNotFound: If there is no such case.
    """
    auditor = _Auditor(book, tenant, connection)
    if case_id is None:
        rows = readable(book.store, Query(tenant), connection)
    else:
        row = auditor.row(case_id)
        if row is None:
            raise missing(book.store, tenant, case_id, connection)
        rows = iter((row,))
    broken, looked_at, entries = [], 0, 0
    for row in rows:
        seen, problem = auditor.look(row)
        looked_at, entries = looked_at + 1, entries + seen
        if problem is not None:
            broken.append(problem)
    return Audit(looked_at, entries, tuple(broken))


@frozen
class _Auditor:
    book: Casebook
    tenant: str
    connection: object | None

    def row(self, case_id: str) -> Row | None:
        """A case as it is now."""
        try:
            return self.book.store.load(self.tenant, case_id, connection=self.connection)
        except BrokenRecord as broken:
            return broken

    def look(self, row: Row) -> tuple[int, BrokenJournal | None]:
        """How many entries a case has, and the first thing wrong with it."""
        case_id = row.case_id if isinstance(row, BrokenRecord) else row.id
        while True:
            seen, problem = self._compare(case_id, row)
            if problem is None:
                return seen, None
            # Somebody may have written to it, or archived it, between the readings: then it is looked at again.
            now = self.row(case_id)
            if now is None and self.book.store.removed(self.tenant, case_id, connection=self.connection) is not None:
                return 0, None
            if now is None or now == row or isinstance(now, BrokenRecord):
                return seen, problem
            row = now

    def _compare(self, case_id: str, row: Row) -> tuple[int, BrokenJournal | None]:
        try:
            stored = self.book.store.journal(self.tenant, case_id, private=True, connection=self.connection)
        except BrokenJournal as unreadable:
            return 0, unreadable
        found = chain.verify(stored)
        if found is not None:
            return len(stored), BrokenJournal(case_id, *found)
        if isinstance(row, BrokenRecord):
            return len(stored), BrokenJournal(case_id, len(stored), str(row))
        return len(stored), self._decided_again(row, stored)

    def _decided_again(self, case: Case, stored: Sequence[StoredEntry]) -> BrokenJournal | None:
        if len(stored) != case.seq:
            return BrokenJournal(case.id, len(stored) + 1, f"entries up to {case.seq} are missing at the end")
        if any(len(one.salts) < len(one.private) for one in stored):
            return None
        try:
            editions = self.book.published.within(self.connection)
            again = rebuild(editions, [one.entry for one in stored], machine=self.book.machine)
        except BrokenJournal as problem:
            return problem
        except (SvcflowError, LookupError, TypeError, ValueError) as problem:
            if out_of_use(problem):
                raise
            # The chain is whole, so this was written as it is: say so instead of ending the check of all the others.
            why = f"it cannot be decided again: {type(problem).__name__}: {problem}"
            return BrokenJournal(case.id, case.seq, why)
        if again == case:
            return None
        return BrokenJournal(case.id, case.seq, "the case is not what its journal makes of it")
