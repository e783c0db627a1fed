"""The journal of the store in memory as it is followed: in the order in which it was written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from attrs import evolve, frozen

from svcflow.core.case import Case
from svcflow.core.decision import JournalEntry
from svcflow.stores.base import StoredEntry
from svcflow.stores.followed import Followed, Stretch
from svcflow.stores.memory_journal import without_private
from svcflow.stores.memory_work import Key


@frozen
class _Follower:
    """How far one has come, and whose turn it is until when."""

    position: int
    claim: str = ""
    until: datetime | None = None


class Kept(Protocol):
    """What the store holds of a case."""

    @property
    def case(self) -> Case:
        """The case as it stands."""
        ...


class Feed:
    """
    Which entry was written when, by tenant, and how far its followers have come; a position is a number of entries.

    Entries of cases that are not among `cases` any more are passed over. `token` makes claims.
    """

    def __init__(self, cases: Mapping[Key, Kept], token: Callable[[], str]) -> None:
        self._cases = cases
        self._token = token
        self._written: dict[str, list[tuple[Key, JournalEntry]]] = {}
        self._followers: dict[tuple[str, str], _Follower] = {}

    def add(self, key: Key, entries: Iterable[StoredEntry]) -> None:
        """Note what was written."""
        self._written.setdefault(key[0], []).extend((key, without_private(stored).entry) for stored in entries)

    def follow_from(self, tenant: str, name: str, since: datetime | None) -> None:
        """Let a new follower begin."""
        written = self._written.get(tenant, [])
        found = (number for number, (_, entry) in enumerate(written) if since is not None and entry.at >= since)
        self._followers.setdefault((tenant, name), _Follower(next(found, len(written))))

    def followed(self, tenant: str, name: str) -> str | None:
        """How far it has come."""
        follower = self._followers.get((tenant, name))
        return None if follower is None else str(follower.position)

    def stretch(self, tenant: str, after: str, limit: int, process: str | None) -> Stretch:
        """The next entries."""
        first = int(after)
        written = self._written.get(tenant, [])[first : first + limit]
        found = []
        for number, (key, entry) in enumerate(written, start=first + 1):
            kept = self._cases.get(key)
            if kept is not None and process in {None, kept.case.process}:
                case = kept.case
                found.append(Followed(tenant, case.id, case.process, case.version, entry, str(number)))
        return Stretch(tuple(found), str(first + len(written)))

    def take_turn(self, tenant: str, name: str, now: datetime, lease: timedelta) -> tuple[str, str] | None:
        """Go on in this follower's name."""
        follower = self._followers.get((tenant, name))
        if follower is None or (follower.until is not None and follower.until > now):
            return None
        claim = self._token()
        self._followers[tenant, name] = evolve(follower, claim=claim, until=now + lease)
        return claim, str(follower.position)

    def keep_turn(self, tenant: str, name: str, claim: str, position: str, until: datetime | None) -> bool:
        """Note how far it has come."""
        follower = self._followers.get((tenant, name))
        if follower is None or follower.claim != claim:
            return False
        self._followers[tenant, name] = _Follower(int(position), claim, until)
        return True


class MemoryFeed(ABC):
    """The part of the store in memory that followers use."""

    _feed: Feed

    @abstractmethod
    def _open(self, connection: object | None = None) -> AbstractContextManager[bool]:
        """Keep other threads out."""

    def follow_from(self, tenant: str, name: str, since: datetime | None, *, connection: object | None = None) -> None:
        """Let a new follower begin with what happened since, or with what comes from now on."""
        with self._open(connection):
            self._feed.follow_from(tenant, name, since)

    def followed(self, tenant: str, name: str, *, connection: object | None = None) -> str | None:
        """How far a follower has come, None for one that has not begun."""
        with self._open(connection):
            return self._feed.followed(tenant, name)

    def stretch(
        self, tenant: str, after: str, limit: int, process: str | None = None, *, connection: object | None = None
    ) -> Stretch:
        """The entries behind a position, of the next `limit` those whose case is of this process."""
        with self._open(connection):
            return self._feed.stretch(tenant, after, limit, process)

    def take_turn(
        self, tenant: str, name: str, now: datetime, lease: timedelta, *, connection: object | None = None
    ) -> tuple[str, str] | None:
        """Go on in a follower's name for `lease`: a claim, and the position; None while it is another's turn."""
        with self._open(connection):
            return self._feed.take_turn(tenant, name, now, lease)

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
        """Note how far the follower has come, and go on until `until`; False when another has taken its turn since."""
        with self._open(connection):
            return self._feed.keep_turn(tenant, name, claim, position, until)
