"""
Connections to one SQLite file: a pool of readers, and one writer that commits for all threads at once.

Whoever wants to write while nobody does becomes the leader and commits for everybody who comes meanwhile, in one
transaction, each in a savepoint of its own. A lone writer waits for nobody; a hundred share one sync of the disk.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeAlias, TypeVar, cast

from svcflow.errors import InputError, StoreError, SvcflowError
from svcflow.stores.sqlite_file import SqliteFile

T = TypeVar("T")
Job: TypeAlias = Callable[[sqlite3.Cursor], T]

MOST_AT_ONCE = 128
IDLE_READERS = 8


class _Turn(Generic[T]):
    """One thread's write: its job, its gate while it waits, and how it went."""

    __slots__ = ("done", "error", "gate", "job", "leads", "result")

    def __init__(self, job: Job[T]) -> None:
        self.job = job
        self.gate: threading.Lock | None = None
        self.leads = False
        self.done = False
        self.result: T | None = None
        self.error: BaseException | None = None

    def attempt(self, cursor: sqlite3.Cursor) -> None:
        """Run the job, in the transaction that the leader began."""
        self.result, self.error = self.job(cursor), None

    def outcome(self) -> T:
        if self.error is not None:
            raise self.error
        return cast("T", self.result)


class Connections:
    """The connections of one process to one file."""

    def __init__(self, file: SqliteFile) -> None:
        self.file = file
        self.process = os.getpid()
        self._mutex = threading.Lock()
        self._queue: deque[_Turn[Any]] = deque()
        self._busy = False
        self._writer: sqlite3.Connection | None = None
        self._readers: list[sqlite3.Connection] = []
        self._reading = 0

    @property
    def idle(self) -> bool:
        """Whether no thread was in the middle of something."""
        return not self._busy and self._reading == 0

    def close(self) -> None:
        """Close every connection that no thread is using; readers that are in use close when they are done."""
        readers, self._readers = self._readers, []
        for connection in readers:
            connection.close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    # ── reading ────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def reader(self) -> Iterator[sqlite3.Cursor]:
        """A cursor on a connection that nobody else is using."""
        with self._mutex:
            connection = self._readers.pop() if self._readers else None
            self._reading += 1
        try:
            if connection is None:
                connection = self.file.connect()
            cursor = connection.cursor()
            try:
                yield cursor
            finally:
                cursor.close()  # An unfinished statement would keep the next reader in the past.
        except BaseException:
            if connection is not None:
                connection.close()
                connection = None
            raise
        finally:
            with self._mutex:
                self._reading -= 1
                if connection is not None and len(self._readers) < IDLE_READERS:
                    self._readers.append(connection)
                    connection = None
            if connection is not None:
                connection.close()

    # ── writing ────────────────────────────────────────────────────────────────────────────────────────────────

    def write(self, job: Job[T]) -> T:
        """
        Run a job in a transaction and commit it; on any error nothing of it is written.

        Raises:
            StoreError: The database cannot be used.
        """
        turn = _Turn(job)
        with self._mutex:
            self._queue.append(turn)
            turn.leads = not self._busy
            if turn.leads:
                self._busy = True
            else:
                turn.gate = threading.Lock()
                turn.gate.acquire()
        if not turn.leads:
            self._wait(turn)
        if turn.leads:
            self._lead(turn)
        return turn.outcome()

    def _wait(self, turn: _Turn[Any]) -> None:
        """Until another thread has committed for this one, or made it the leader."""
        gate = cast("threading.Lock", turn.gate)
        try:
            gate.acquire()
        except BaseException:
            with self._mutex:
                if turn.leads:
                    self._hand_over(turn)
                elif turn in self._queue:
                    self._queue.remove(turn)
            raise

    def _hand_over(self, turn: _Turn[Any]) -> None:
        """Make the first who waits the leader."""
        if turn in self._queue:
            self._queue.remove(turn)
        if not self._queue:
            self._busy = False
            return
        heir = self._queue[0]
        heir.leads = True
        cast("threading.Lock", heir.gate).release()

    def _lead(self, own: _Turn[Any]) -> None:
        with self._mutex:
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_AT_ONCE))]
        try:
            self._commit(batch)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread it belongs to
            for turn in batch:
                if not turn.done:
                    turn.error = error if turn is own else StoreError("the thread that was writing was interrupted")
        finally:
            with self._mutex:
                self._hand_over(own)
            for turn in batch:
                if turn is not own:
                    cast("threading.Lock", turn.gate).release()

    def _commit(self, batch: list[_Turn[Any]]) -> None:
        if len(batch) > 1 and self._together(batch):
            return
        for turn in batch:
            self._alone(turn)

    def _together(self, batch: list[_Turn[Any]]) -> bool:
        """All in one transaction; False, and nothing written, when the database itself got in the way."""
        try:
            cursor = self._begin()
            for turn in batch:
                cursor.execute("SAVEPOINT svcflow")
                try:
                    turn.attempt(cursor)
                except SvcflowError as error:
                    turn.error = error
                    cursor.execute("ROLLBACK TO svcflow")
                cursor.execute("RELEASE svcflow")
            cursor.execute("COMMIT")
        except BaseException as error:
            self._roll_back()
            if not isinstance(error, Exception):
                raise
            return False
        return True

    def _alone(self, turn: _Turn[Any]) -> None:
        try:
            cursor = self._begin()
            turn.attempt(cursor)
            cursor.execute("COMMIT")
        except BaseException as error:
            self._roll_back()
            if not isinstance(error, Exception):
                raise
            turn.error = explained(self.file, error)
        turn.done = True

    def _begin(self) -> sqlite3.Cursor:
        if self._writer is None:
            self._writer = self.file.connect()
        cursor = self._writer.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        return cursor

    def _roll_back(self) -> None:
        """Leave nothing behind; a connection that cannot even do that is given up."""
        writer = self._writer
        if writer is None:
            return
        try:
            if writer.in_transaction:
                writer.execute("ROLLBACK")
        except sqlite3.Error:
            writer.close()
            self._writer = None


def explained(file: SqliteFile, error: Exception) -> Exception:
    """An error of the driver as one of ours; others are what they are."""
    if isinstance(error, sqlite3.Error):
        said: Exception = file.explain(error)
    elif isinstance(error, UnicodeEncodeError):
        said = InputError("a text with half of a surrogate pair cannot be kept or looked for")
    elif isinstance(error, OverflowError):
        said = InputError("a whole number that does not fit into 64 bits cannot be kept or looked for")
    else:
        return error
    said.__cause__ = error
    return said
