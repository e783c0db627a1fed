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
from collections.abc import Callable
from typing import Any, Generic, TypeAlias, TypeVar, cast

from svcflow.errors import InputError, StoreError, SvcflowError
from svcflow.stores.sqlite_file import SqliteFile

T = TypeVar("T")
Job: TypeAlias = Callable[[sqlite3.Cursor], T]

MOST_AT_ONCE = 128
IDLE_READERS = 8


class _Turn(Generic[T]):
    """One thread's write: its job, its gate while it waits, and how it went."""

    __slots__ = ("alone", "done", "error", "gate", "job", "leads", "result")

    def __init__(self, job: Job[T], *, alone: bool) -> None:
        self.job = job
        self.alone = alone
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
        self._writer: sqlite3.Cursor | None = None
        self._readers: list[sqlite3.Cursor] = []
        self._opened = 0
        self._closed = False
        self._alone_in: int | None = None  # The thread of a job that runs alone: a hook is in there.

    @property
    def idle(self) -> bool:
        """Whether no thread was in the middle of something."""
        return not self._busy and self._opened == len(self._readers)

    def close(self) -> None:
        """Close every connection that no thread is using; the others close when they are done."""
        self._closed = True
        self._close_readers()
        with self._mutex:
            if not self._busy:
                self._close_writer()

    def _close_readers(self) -> None:
        while True:
            try:
                cursor = self._readers.pop()
            except IndexError:
                return
            self.drop_reader(cursor)

    def _close_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            connection = writer.connection
            writer.close()  # Before the connection: a statement that is still known would keep its locks.
            connection.close()

    # ── reading ────────────────────────────────────────────────────────────────────────────────────────────────

    def read(self, job: Job[T]) -> T:
        """
        Run a job that reads everything it asks for, on a connection that no other thread is using.

        That is the writer's while nobody writes: it alone need not look again for what it has written itself.
        """
        with self._mutex:
            there = not self._busy and self._writer is not None
            self._busy |= there
        if there:
            return self._read_there(job)
        cursor = self.take_reader()
        try:
            result = job(cursor)
        except BaseException:
            self.drop_reader(cursor)
            raise
        self.return_reader(cursor)
        return result

    def _read_there(self, job: Job[T]) -> T:
        try:
            return job(cast("sqlite3.Cursor", self._writer))
        except BaseException:
            self._close_writer()
            raise
        finally:
            with self._mutex:
                self._hand_over()

    def take_reader(self) -> sqlite3.Cursor:
        """A cursor of its own for as long as the caller wants; it ends with `return_reader` or `drop_reader`."""
        try:
            return self._readers.pop()
        except IndexError:
            cursor = self.file.connect().cursor()
        with self._mutex:
            self._opened += 1
        return cursor

    def return_reader(self, cursor: sqlite3.Cursor) -> None:
        """Give back a cursor whose rows were all fetched: an unfinished statement would keep it in the past."""
        if len(self._readers) >= IDLE_READERS:
            self.drop_reader(cursor)
            return
        self._readers.append(cursor)
        if self._closed:
            self._close_readers()

    def drop_reader(self, cursor: sqlite3.Cursor) -> None:
        """Close a reader's connection, for example because a statement failed or was not finished."""
        cursor.connection.close()
        with self._mutex:
            self._opened -= 1

    # ── writing ────────────────────────────────────────────────────────────────────────────────────────────────

    def write(self, job: Job[T], *, alone: bool = False) -> T:
        """
        Run a job in a transaction and commit it; on any error nothing of it is written.

        One that is to be `alone` runs in this thread, and shares its transaction with nobody.

        Raises:
            StoreError: The database cannot be used, or this thread is in the middle of such a job.
        """
        turn = _Turn(job, alone=alone)
        with self._mutex:
            if self._alone_in == threading.get_ident():
                raise StoreError("a hook inside cannot write beside its transaction: pass connection=call.connection")
            turn.leads = not self._busy
            if turn.leads:
                self._busy = True
            else:
                turn.gate = threading.Lock()
                turn.gate.acquire()
                self._queue.append(turn)
        if turn.leads:
            self._lead(turn, [turn])
            return turn.outcome()
        if self._wait(turn):
            self._lead(turn, self._take_batch())
        return turn.outcome()

    def _take_batch(self) -> list[_Turn[Any]]:
        """The first who waits, and all behind it who can be committed together with it."""
        with self._mutex:
            batch = [self._queue.popleft()]
            while self._queue and len(batch) < MOST_AT_ONCE and not (batch[0].alone or self._queue[0].alone):
                batch.append(self._queue.popleft())
        return batch

    def _wait(self, turn: _Turn[Any]) -> bool:
        """Until another thread has committed for this one, or made it the leader; whether it is."""
        gate = cast("threading.Lock", turn.gate)
        try:
            gate.acquire()
        except BaseException:
            with self._mutex:
                if turn in self._queue:
                    self._queue.remove(turn)
                if turn.leads:
                    self._hand_over()
            raise
        return turn.leads

    def _hand_over(self) -> None:
        """Make the first who waits the leader."""
        if not self._queue:
            self._busy = False
            if self._closed:
                self._close_writer()
            return
        heir = self._queue[0]
        heir.leads = True
        cast("threading.Lock", heir.gate).release()

    def _lead(self, own: _Turn[Any], batch: list[_Turn[Any]]) -> None:
        try:
            self._commit(batch)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread it belongs to
            for turn in batch:
                if not turn.done:
                    turn.error = error if turn is own else StoreError("the thread that was writing was interrupted")
        finally:
            with self._mutex:
                self._hand_over()
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
            self._alone_in = threading.get_ident() if turn.alone else None
            turn.attempt(cursor)
            cursor.execute("COMMIT")
        except BaseException as error:
            self._roll_back()
            if not isinstance(error, Exception):
                raise
            turn.error = explained(self.file, error)
        finally:
            self._alone_in = None
        turn.done = True

    def _begin(self) -> sqlite3.Cursor:
        if self._closed:
            raise StoreError("this store is closed")
        if self._writer is None:
            self._writer = self.file.connect().cursor()
        return self._writer.execute("BEGIN IMMEDIATE")

    def _roll_back(self) -> None:
        """Leave nothing behind; a connection that cannot even do that is given up."""
        try:
            if self._writer is not None and self._writer.connection.in_transaction:
                self._writer.execute("ROLLBACK")
        except sqlite3.Error:
            self._close_writer()


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
