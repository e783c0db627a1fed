"""What a store remembers of cases that were taken out of it, and what is asked about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal, Protocol

from attrs import frozen


@frozen
class Archived:
    """
    What a store remembers of a case that was taken out of it, and by what it is found again.

    `owner` is the person who was responsible, empty when nobody was; `seq` says how many entries its journal had.
    `bundle` is the name of the file that the case stands in now, `digest` the SHA-256 of the case in that file.
    """

    tenant: str
    id: str
    process: str
    version: int
    status: Literal["open", "done", "cancelled"]
    owner: str
    opened_at: datetime
    ended_at: datetime
    archived_at: datetime
    seq: int
    bundle: str
    digest: str


@frozen
class ArchiveQuery:
    """
    Which archived cases: all conditions hold together; the times are those of their opening.

    They come by `order` (the time, the process, or the person responsible) and then by the time. `after` is the id of
    the last case of the page before.
    """

    tenant: str = ""
    process: str | None = None
    owner: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    order: Literal["opened", "process", "owner"] = "opened"
    after: str | None = None
    limit: int | None = None


class ArchivedStore(Protocol):
    """The part of `Store` that archives use."""

    def remove(self, cases: Sequence[Archived]) -> None:
        """
        Take ended cases out, with all that belongs to them, and remember this of each: all of them or none.

        Their ids and opening keys stay taken, and `known` still answers for the keys. A link to a case that is still
        there stays.

        Raises:
            ConflictError: One is not there, has not ended, has another number of entries, or has timers or calls.
        """

    def removed(self, tenant: str, case_id: str, *, connection: object | None = None) -> Archived | None:
        """What is remembered of a case that was taken out."""

    def archived(self, query: ArchiveQuery) -> Iterator[Archived]:
        """The same of all that match, in order."""
