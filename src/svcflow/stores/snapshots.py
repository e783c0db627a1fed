"""The snapshots read or written last: a row whose text is known already need not be taken apart again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from attrs import frozen

from svcflow.core.case import Case
from svcflow.stores.clock_texts import NO_PAST, Past
from svcflow.stores.rows import private_data, read_case

Row: TypeAlias = Sequence[Any]
"""id, body, head, the places of the private values, and their rows as one text."""


@frozen(eq=False)
class Snapshot:
    """
    A case beside what its row says, and the data of its private values.

    `values` is the text that these were read from, None when they have only been written yet.
    `past` holds the finished cycles that were written with it.
    """

    case: Case
    body: str
    head: str
    places: str | None
    private: Mapping[str, Any]
    values: str | None = None
    past: Past = NO_PAST


class Snapshots:
    """
    Cases by tenant and id, for all threads; never more than `most`.

    Nothing here can go stale: what is remembered counts only for a row with the very same texts, and only with the
    private values that are in the database at this moment.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[tuple[str, str], Snapshot] = {}

    def read(self, tenant: str, row: Row) -> Case:
        """
        The case in a row.

        Raises:
            BrokenRecord: Somebody else has written into the rows.
        """
        case_id, body, head, places, values = row
        known = self._known.get((tenant, case_id))
        same = known is not None and (known.body, known.head, known.places) == (body, head, places)
        if known is not None and same and known.values == values:
            return known.case
        private = private_data(case_id, places, values)
        case = known.case if known is not None and same and known.private == private else None
        if case is None:
            case = read_case(case_id, body, private)
        past = NO_PAST if known is None else known.past
        self.keep(tenant, Snapshot(case, body, head, places, private, values, past))
        return case

    def last(self, tenant: str, case_id: str) -> Case | None:
        """The case as it was read or written last, however it may stand by now."""
        known = self._known.get((tenant, case_id))
        return None if known is None else known.case

    def of(self, case: Case) -> Snapshot | None:
        """What is known of the row that this very case was read from or written to."""
        known = self._known.get((case.tenant, case.id))
        return known if known is not None and known.case is case else None

    def keep(self, tenant: str, snapshot: Snapshot) -> None:
        """Remember a case that was just read or written."""
        if len(self._known) >= self._most:
            self._known.clear()
        if self._most:
            self._known[tenant, snapshot.case.id] = snapshot
