"""The check that a store still says what happened: whole chains, and snapshots that follow from their journals."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from svcflow.casebook import Casebook, missing
from svcflow.core import chain
from svcflow.core.case import Case
from svcflow.core.history import rebuild
from svcflow.errors import BrokenJournal, SvcflowError
from svcflow.stores.base import Query, StoredEntry


@frozen
class Audit:
    """What was looked at, and the first thing wrong with each case that is not as it was written."""

    cases: int
    entries: int
    broken: tuple[BrokenJournal, ...]


def audit(book: Casebook, tenant: str, case_id: str | None, connection: object | None) -> Audit:
    """
    Check one case or all of a tenant: the journal is a whole chain (R8), and it gives the snapshot (R7).

    Where private values were erased the case cannot be decided again, and only the chain is checked.

    Raises:
        CaseNotFound: If there is no such case.
    """
    cases = book.store.cases(Query(tenant), connection=connection)
    if case_id is not None:
        one = book.store.load(tenant, case_id, connection=connection)
        if one is None:
            raise missing(book.store, tenant, case_id, connection)
        cases = iter((one,))
    broken, looked_at, entries = [], 0, 0
    for case in cases:
        stored = book.store.journal(tenant, case.id, private=True, connection=connection)
        problem = _problem(book, case, stored, connection)
        looked_at, entries = looked_at + 1, entries + len(stored)
        if problem is not None:
            broken.append(problem)
    return Audit(looked_at, entries, tuple(broken))


def _problem(
    book: Casebook, case: Case, stored: Sequence[StoredEntry], connection: object | None
) -> BrokenJournal | None:
    found = chain.verify(stored)
    if found is not None:
        return BrokenJournal(case.id, *found)
    if len(stored) != case.seq:
        return BrokenJournal(case.id, len(stored) + 1, f"entries up to {case.seq} are missing at the end")
    if any(len(one.salts) < len(one.private) for one in stored):
        return None
    try:
        again = rebuild(book.published.within(connection), [one.entry for one in stored], machine=book.machine)
    except BrokenJournal as problem:
        return problem
    except (SvcflowError, LookupError, TypeError, ValueError) as problem:
        # The chain is whole, so this was written as it is: say so instead of ending the check of all the others.
        return BrokenJournal(case.id, case.seq, f"it cannot be decided again: {type(problem).__name__}: {problem}")
    return None if again == case else BrokenJournal(case.id, case.seq, "the case is not what its journal makes of it")
