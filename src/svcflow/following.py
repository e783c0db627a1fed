"""
Following the journal: batches of entries in the order of the journal, each kept as read when it has been dealt with.

One follower of a name goes on at a time. It takes its turn for a while, and renews it with each batch; when it dies,
another goes on from the last batch that was dealt with.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from attrs import frozen

from svcflow.casebook import Casebook
from svcflow.clocks import Clock, utc
from svcflow.errors import ConflictError, InputError, StoreError
from svcflow.inquiry import short
from svcflow.stores.base import Store
from svcflow.stores.followed import BEGINNING, Followed, Stretch

LOG = logging.getLogger("svcflow")
LONGEST_PAUSE = timedelta(seconds=30)
MOST = 10_000

Since: TypeAlias = datetime | Literal["beginning", "now"]
Batch: TypeAlias = tuple[Followed, ...]


@frozen
class Wanted:
    """
    What a follower asks for, see `Follows.follow`.

    Raises:
        InputError: If it does not make sense.
    """

    name: str
    tenant: str
    process: str | None
    since: Since
    limit: int
    lease: timedelta
    poll: timedelta | None
    connection: object | None

    def __attrs_post_init__(self) -> None:
        for text, what in ((self.name, "a follower's name"), (self.tenant, "`tenant`"), (self.process, "`process`")):
            short(text, what)
        if not self.name:
            raise InputError("a follower needs a name: under it is kept how far it has come")
        if isinstance(self.since, datetime):
            utc(self.since)
        elif self.since not in {"beginning", "now"}:
            raise InputError(f"`since` must be 'beginning', 'now' or a time, not {self.since!r}")
        if not 1 <= self.limit <= MOST:
            raise InputError(f"`limit` must be a number of entries from 1 to {MOST:,}, not {self.limit!r}")
        if self.lease <= timedelta() or (self.poll is not None and self.poll <= timedelta()):
            raise InputError("`lease` and `poll` must be longer than nothing")
        if self.poll is not None and self.connection is not None:
            raise InputError("a transaction must not wait for others: give `poll` or `connection`, not both")

    @property
    def start(self) -> datetime | None:
        """When the first entry happened that a new follower gets; None: it begins now."""
        if isinstance(self.since, datetime):
            return utc(self.since)
        return None if self.since == "now" else BEGINNING


class Following:
    """One follower at work: `advance` is called until it is over, and `close` at the end, whatever happened."""

    def __init__(self, store: Store, clock: Clock, asked: Wanted) -> None:
        self._store = store
        self._clock = clock
        self._asked = asked
        self._whose = (asked.tenant, asked.name)
        # A host's transaction keeps others out until it is over: there is no turn to be ended afterwards.
        self._lease = asked.lease if asked.connection is None else timedelta()
        self._claim: str | None = None
        self._kept = self._reached = ""
        self._given = False
        self._pause = asked.poll

    def advance(self, *, stopping: bool = False) -> tuple[Batch, timedelta | None]:
        """
        Keep the last batch as dealt with and, if it is not `stopping`, read the next: that, and how long to wait.

        Without a batch and without a time to wait it is over.

        Raises (without `poll`, which tries again):
            ConflictError: Another follower of this name has gone on meanwhile.
            StoreError: The database cannot be used.
        """
        try:
            batch = self._step(stopping=stopping)
        except (ConflictError, StoreError) as problem:
            if self._pause is None:
                raise
            LOG.warning("follower %s: next try in %s: %s", self._asked.name, self._pause, problem)
            pause, self._pause = self._pause, min(self._pause * 2, max(self._pause, LONGEST_PAUSE))
            return (), pause
        self._pause = self._asked.poll
        return batch, self._pause

    def close(self) -> None:
        """End the turn; a batch that was not dealt with comes again."""
        claim, self._claim = self._claim, None
        if claim is None or self._asked.connection is not None:
            return
        try:
            self._note(claim, self._kept, None)
        except (ConflictError, StoreError) as problem:
            LOG.info("follower %s: its turn could not be ended and will run out: %s", self._asked.name, problem)

    def _step(self, *, stopping: bool) -> Batch:
        self._keep()
        done = stopping or (self._given and self._asked.connection is not None)
        while not done and (self._claim is not None or self._take_turn()):
            stretch = self._stretch(self._reached, self._asked.limit)
            done = stretch.reached == self._reached
            self._reached = stretch.reached
            if stretch.entries:
                self._given = True
                return stretch.entries
            self._keep()
        self.close()
        return ()

    def _keep(self) -> None:
        """Note how far everything was dealt with."""
        if self._claim is None or self._reached == self._kept:
            return
        if not self._note(self._claim, self._reached, self._clock.now() + self._lease):
            self._claim = None
            raise ConflictError(
                f"another follower named {self._asked.name!r} has gone on: "
                f"this one took longer than its lease of {self._asked.lease} for a batch, which comes again"
            )
        self._kept = self._reached

    def _take_turn(self) -> bool:
        """Whether there is something new, and nobody else is at it."""
        position = self._position()
        if position is None:
            self._store.follow_from(*self._whose, self._asked.start, connection=self._asked.connection)
            position = self._position()
        if position is None or self._stretch(position, 1).reached == position:
            return False
        now, connection = self._clock.now(), self._asked.connection
        taken = self._store.take_turn(*self._whose, now, self._lease, connection=connection)
        if taken is None:
            return False
        self._claim, self._kept = taken
        self._reached = self._kept
        return True

    def _position(self) -> str | None:
        return self._store.followed(*self._whose, connection=self._asked.connection)

    def _stretch(self, after: str, limit: int) -> Stretch:
        asked = self._asked
        return self._store.stretch(asked.tenant, after, limit, asked.process, connection=asked.connection)

    def _note(self, claim: str, position: str, until: datetime | None) -> bool:
        return self._store.keep_turn(*self._whose, claim, position, until, connection=self._asked.connection)


class Follows:
    """The part of the engine that hands out what happened, to those who ask for it."""

    _book: Casebook

    def follow(  # noqa: PLR0913 - a subscription has many terms, all but its name keywords
        self,
        name: str,
        *,
        process: str | None = None,
        since: Since = "beginning",
        limit: int = 100,
        lease: timedelta = timedelta(minutes=1),
        poll: timedelta | None = None,
        stop: threading.Event | None = None,
        tenant: str = "",
        connection: object | None = None,
    ) -> Generator[Batch]:
        """
        Journal entries in batches of up to `limit`, behind what this follower has dealt with: nothing is left out.

        A batch counts as dealt with when the next one is asked for: whoever leaves the loop in the middle of one gets
        it again. Private values are never in it. `since` says where a follower begins whose name is new. Of several
        with one name one goes on, for `lease` after each batch; the others get nothing meanwhile.

        It ends when there is nothing new. With `poll` it waits that long and looks again, outlives a database that
        cannot be reached, and ends when `stop` is set. With `connection` it is one batch, read in that transaction:
        that it was dealt with is committed together with what the host writes.

        Raises:
            InputError: The arguments do not make sense.
            ConflictError: Another follower of this name has gone on, since this one needed longer than its `lease`.
        """
        asked = Wanted(name, tenant, process, since, limit, lease, poll, connection)
        return _batches(Following(self._book.store, self._book.clock, asked), stop or threading.Event())


def _batches(following: Following, stop: threading.Event) -> Generator[Batch]:
    try:
        while True:
            batch, pause = following.advance(stopping=stop.is_set())
            if batch:
                yield batch
            elif pause is None or stop.is_set():
                return
            else:
                stop.wait(pause.total_seconds())
    finally:
        following.close()
