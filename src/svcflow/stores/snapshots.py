"""The snapshots read or written last: a row whose text is known already need not be taken apart again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from svcflow.core.case import Case
from svcflow.core.plain import plain
from svcflow.stores.rows import private_data, read_case


@frozen
class Snapshot:
    """A case beside the text of its row, and the data of its private values, which stand in rows of their own."""

    case: Case
    body: str
    private: Mapping[str, Any]


class Snapshots:
    """
    Cases by tenant and id, for all threads; never more than `most`.

    Nothing here can go stale: what is remembered counts only for a row with the very same text, and only with the
    private values that are in the database at this moment.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[tuple[str, str], Snapshot] = {}

    def read(
        self, tenant: str, case_id: str, body: str, places: str | None, private: Sequence[Sequence[Any]] = ()
    ) -> Case:
        """
        The case in a row; `private` are rows (seq, part, field, salt, value).

        Raises:
            StoreError: Somebody else has written into the rows.
        """
        values = private_data(case_id, places, private)
        known = self._known.get((tenant, case_id))
        if known is not None and known.body == body and known.private == values:
            return known.case
        case = read_case(case_id, body, values)
        self._keep(tenant, Snapshot(case, body, values))
        return case

    def keep(self, tenant: str, body: str, case: Case, private: Iterable[str]) -> None:
        """Remember a case that was just written, with the names of its private fields."""
        self._keep(tenant, Snapshot(case, body, {name: plain(case.fields[name]) for name in private}))

    def _keep(self, tenant: str, snapshot: Snapshot) -> None:
        if len(self._known) >= self._most:
            self._known.clear()
        if self._most:
            self._known[tenant, snapshot.case.id] = snapshot
