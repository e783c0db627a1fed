"""Archived cases in memory, looked for as a database would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from svcflow.stores.archived import Archived, ArchiveQuery


def found(cases: Iterable[Archived], query: ArchiveQuery) -> Iterator[Archived]:
    """Those that match, in order."""
    own = {case.id: case for case in cases if case.tenant == query.tenant}
    after = None if query.after is None else own.get(query.after)
    if query.after is not None and after is None:
        return iter(())
    chosen = sorted((case for case in own.values() if _matches(case, query)), key=lambda case: _place(case, query))
    behind = (case for case in chosen if after is None or _place(case, query) > _place(after, query))
    return islice(behind, query.limit)


def _matches(case: Archived, query: ArchiveQuery) -> bool:
    return (
        query.process in {None, case.process}
        and query.owner in {None, case.owner}
        and (query.since is None or case.opened_at >= query.since)
        and (query.before is None or case.opened_at < query.before)
    )


def _place(case: Archived, query: ArchiveQuery) -> tuple[str, datetime, str]:
    first = {"opened": "", "process": case.process, "owner": case.owner}[query.order]
    return first, case.opened_at, case.id
