"""The logs of all cases of a store, many at a time, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import partial
from itertools import islice

from svcflow.clocks import utc
from svcflow.core.case import Case
from svcflow.engine import Engine
from svcflow.eventlog.log import CaseLog, case_log
from svcflow.stores.base import Query

_AT_ONCE = 500


def read(
    engine: Engine,
    *,
    tenant: str = "",
    process: str | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    shown: AbstractSet[str] = frozenset(),
) -> Iterator[CaseLog]:
    """
    The logs of a tenant's cases as of now, by the time of their opening: from `since` up to, but not at, `before`.

    Cases are as they were last written. Those that were archived are not among them. Private values are left out, also
    those of earlier versions of a case, except of the fields that are `shown`. Others may write meanwhile: of each case
    what is told fits together.

    Raises:
        StoreError: The database cannot be used.
        BrokenRecord, BrokenJournal: Somebody else has written into a row.
        InputError: A time is without a zone.
    """
    now = engine.clock.now()
    query = Query(
        tenant,
        process,
        since=None if since is None else utc(since),
        before=None if before is None else utc(before),
    )
    cases = engine.store.cases(query)
    while some := tuple(islice(cases, _AT_ONCE)):
        yield from _logs(engine, some, now, shown)


def _logs(engine: Engine, cases: Sequence[Case], now: datetime, shown: AbstractSet[str]) -> Iterator[CaseLog]:
    tenant = cases[0].tenant
    journals = engine.store.journals(tenant, [case.id for case in cases], private=bool(shown))
    for case, stored in zip(cases, journals, strict=True):
        # What was written since the case was read belongs to another state of it; what was archived since is gone.
        entries = [one.entry for one in stored[: case.seq]]
        if entries:
            versions = partial(engine.process, case.process, tenant=tenant)
            yield case_log(case, entries, engine.process_of(case), now, versions=versions, shown=shown)
