"""
What a store does for those who follow its journal, and what the stores in SQL databases do alike for it.

A position is a text that only its store understands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from attrs import frozen

from svcflow.core import chain
from svcflow.core.decision import JournalEntry
from svcflow.errors import BrokenJournal
from svcflow.stores.row_text import load

BEGINNING = datetime.min.replace(tzinfo=UTC)
"""Before anything happened."""


@frozen
class Followed:
    """
    A journal entry as a follower gets it: whose it is and where it stands, private values left out.

    `process` and `version` are what the case lives by when it is read; an entry `migrated` says in its `detail` from
    which version to which. `position` is where the entry stands in the order of the journal: a text to be kept, not to
    be understood.
    """

    tenant: str
    case: str
    process: str
    version: int
    entry: JournalEntry
    position: str


@frozen
class Stretch:
    """Some entries of the journal in the order in which it is followed; `reached` is how far was looked for them."""

    entries: tuple[Followed, ...]
    reached: str


class FollowedStore(Protocol):
    """The part of `Store` that followers use."""

    def follow_from(self, tenant: str, name: str, since: datetime | None, *, connection: object | None = None) -> None:
        """
        Let a new follower begin with the first entry whose `at` is not before `since`; None: with what comes from now.

        One that is there already stays where it is.
        """

    def followed(self, tenant: str, name: str, *, connection: object | None = None) -> str | None:
        """How far a follower has come, None for one that has not begun."""

    def stretch(
        self, tenant: str, after: str, limit: int, process: str | None = None, *, connection: object | None = None
    ) -> Stretch:
        """
        The entries behind a position, of the next `limit` those whose case is of this process.

        What was once handed out as `reached` can be relied on: no entry turns up before it any more, however late its
        transaction commits. The entries of a case come in the order of `seq`; a case that was taken out is passed over.
        """

    def take_turn(
        self, tenant: str, name: str, now: datetime, lease: timedelta, *, connection: object | None = None
    ) -> tuple[str, str] | None:
        """
        Go on in a follower's name for `lease`: a claim, and the position; None while it is another's turn.

        With `connection` the turn lasts until that transaction is over.
        """

    def keep_turn(
        self,
        tenant: str,
        name: str,
        claim: str,
        position: str,
        until: datetime | None,
        *,
        connection: object | None = None,
    ) -> bool:
        """
        Note how far the follower has come, and go on until `until`; None ends the turn.

        False, and nothing is noted, when another has taken its turn since.
        """


class Feed(Protocol):
    """A module of whole statements; both dialects give them the same names and parameters."""

    BEGINNING: str
    FOLLOWED: str
    PLACE: str
    FOLLOW_FROM: str
    STRETCH: str
    TAKE_TURN: str
    KEEP_TURN: str

    def read_position(self, row: Sequence[Any], /) -> str:
        """How far a follower has come, from a row of `FOLLOWED`."""
        ...


def read_stretch(tenant: str, after: str, rows: Sequence[Sequence[Any]]) -> Stretch:
    """
    Entries from rows (position, case, seq, process, version, text); those without a text are passed over.

    Raises:
        BrokenJournal: A text is no journal entry any more.
    """
    found = [_followed(tenant, *row) for row in rows if row[-1] is not None]
    return Stretch(tuple(found), rows[-1][0] if rows else after)


def _followed(tenant: str, position: str, case_id: str, seq: int, process: str, version: int, text: str) -> Followed:
    try:
        entry, _ = chain.read_entry(load(text))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BrokenJournal(case_id, seq, "it cannot be read") from error
    return Followed(tenant, case_id, process, version, entry, position)
