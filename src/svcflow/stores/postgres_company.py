"""
Threads of one process that write at the same time share a statement: one round trip and one commit for all of them.

Whoever finds nobody writing writes at once. Those who come meanwhile wait for that one; then the first of them writes
for all who are there. What is written for several never waits for a row that somebody else holds. What is written for
one alone may: so whoever has waited behind it for long enough steps in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeAlias

from svcflow.errors import ConflictError, StoreError
from svcflow.stores.postgres_write import Prepared, place
from svcflow.stores.snapshots import Snapshot

Write: TypeAlias = Callable[[Sequence[Prepared]], Sequence[Snapshot]]

MOST_AT_ONCE = 64

PATIENCE = 0.05
"""Seconds: many commits, and not long for whoever is not even meant by the lock that another waits for."""

_INTERRUPTED = (
    "the thread that wrote for others was interrupted; what it wrote may be there: send it again under its key"
)


class _Turn:
    """One thread's change, the gate where it waits, and how it went; no outcome when it is to be written alone."""

    __slots__ = ("done", "gate", "outcome", "prepared")

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self.gate = threading.Lock()
        self.gate.acquire()
        self.done = False
        self.outcome: Snapshot | StoreError | None = None

    def wake(self) -> None:
        if self.gate.locked():
            self.gate.release()


class Company:
    """
    The writers of one process.

    `write` writes changes in one transaction, all of them or none. Where it is sure that it has written none of
    several, it raises a ConflictError.
    """

    def __init__(self, write: Write, patience: float = PATIENCE) -> None:
        self._write = write
        self._patience = patience
        self._mutex = threading.Lock()
        self._leader: _Turn | None = None
        self._queue: list[_Turn] = []

    def write(self, prepared: Prepared) -> Snapshot:
        """
        Write the change of a case that is there, alone or with those of others; what is then known of its row.

        Raises:
            ConflictError: The case is no longer what the change was decided from.
            StoreError: The database cannot be used, or the thread that wrote for this one was interrupted.
        """
        turn = _Turn(prepared)
        try:
            self._join(turn)
            if self._waited(turn):
                batch = self._take(turn)
                if len(batch) == 1:
                    return self._write([prepared])[0]
                self._write_for_all(batch)
        finally:
            self._leave(turn)
        if isinstance(turn.outcome, StoreError):
            raise turn.outcome
        return self._write([prepared])[0] if turn.outcome is None else turn.outcome

    def _join(self, turn: _Turn) -> None:
        with self._mutex:
            self._queue.append(turn)
            if self._leader is None:
                self._leader = turn
                turn.wake()

    def _waited(self, turn: _Turn) -> bool:
        """Until it has the lead, or another has written for it; whether it has the lead: it takes it after long."""
        patience = self._patience
        while True:
            turn.gate.acquire(timeout=patience)
            with self._mutex:
                if turn in self._queue:
                    self._leader = turn
                    return True
            if turn.done:
                return False
            patience = -1  # Somebody is writing for it.

    def _take(self, leader: _Turn) -> list[_Turn]:
        """The leader and those who wait, one for each case, in the order in which cases are locked."""
        with self._mutex:
            self._queue.remove(leader)
            found = {place(leader.prepared.change): leader}
            for turn in self._queue:
                if len(found) < MOST_AT_ONCE:
                    found.setdefault(place(turn.prepared.change), turn)
            self._queue = [turn for turn in self._queue if found.get(place(turn.prepared.change)) is not turn]
        return [found[at] for at in sorted(found)]

    def _write_for_all(self, batch: Sequence[_Turn]) -> None:
        outcomes: Sequence[Snapshot | StoreError | None] = [StoreError(_INTERRUPTED)] * len(batch)
        try:
            outcomes = self._write([turn.prepared for turn in batch])
        except ConflictError:
            outcomes = [None] * len(batch)  # Nothing was written: each alone hears what is in its way.
        except StoreError as error:
            outcomes = [StoreError(str(error)) for _ in batch]
        finally:
            with self._mutex:
                for turn, outcome in zip(batch, outcomes, strict=True):
                    turn.outcome, turn.done = outcome, True
                    turn.wake()

    def _leave(self, turn: _Turn) -> None:
        """Leave the lead, if it is still this one's, to the first who waits."""
        with self._mutex:
            if turn in self._queue:
                self._queue.remove(turn)
            if self._leader is turn:
                self._leader = self._queue[0] if self._queue else None
                if self._leader is not None:
                    self._leader.wake()
