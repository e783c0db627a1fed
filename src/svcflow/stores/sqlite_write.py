"""How one change is written to SQLite: as few statements as there are rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import frozen

from svcflow.core import chain
from svcflow.core.plain import plain
from svcflow.errors import ConflictError, StoreError
from svcflow.stores import sqlite_sql as sql
from svcflow.stores.base import Change, Inside
from svcflow.stores.clock_texts import NO_PAST
from svcflow.stores.rows import CaseRows, case_rows, settled
from svcflow.stores.snapshots import Snapshot

_TAKEN = frozenset({sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE})


def prepare(change: Change, known: Snapshot | None, token: Callable[[], str]) -> Prepared:
    """
    Everything that needs no database; `known` is what is remembered of the row that the change was decided from.

    Raises:
        InputError: The change holds a value that cannot be kept.
    """
    return Prepared(change, case_rows(change, token, NO_PAST if known is None else known.past), known, token)


def call_inside(host: sqlite3.Connection, inside: Inside, *, ours: bool) -> None:
    """
    Let the host use the connection within the transaction; one of `ours` it is kept from ending.

    Raises:
        StoreError: It has ended its own.
    """
    if ours:
        host.set_authorizer(_ends_nothing)
    try:
        inside(host)
    finally:
        if ours:
            host.set_authorizer(None)
    if not host.in_transaction:
        raise StoreError("a hook inside has ended the transaction that it was called in")


def _ends_nothing(action: int, *_what: str | None) -> int:
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_TRANSACTION else sqlite3.SQLITE_OK


@contextmanager
def overwriting(cursor: sqlite3.Cursor) -> Iterator[None]:
    """Meanwhile what is deleted is overwritten in the file."""
    (secure,) = cursor.execute(sql.SECURE).fetchone()
    cursor.execute(sql.SECURE_ON)
    try:
        yield
    finally:
        if not secure:
            cursor.execute(sql.SECURE_OFF)


@frozen
class Prepared:
    """A change and its rows, ready to be written, again if need be."""

    change: Change
    rows: CaseRows
    known: Snapshot | None
    token: Callable[[], str]

    def write(self, cursor: sqlite3.Cursor) -> Snapshot:
        """
        Write it, in the order in which every writer locks: case, journal, timers, outbox.

        Raises:
            ConflictError: The case is no longer what the change was decided from, or an id or key is taken.
        """
        if not self.change.erased:
            return self._write(cursor)
        with overwriting(cursor):
            snapshot = self._write(cursor)
            self._erase(cursor)
        return snapshot

    def _erase(self, cursor: sqlite3.Cursor) -> None:
        """Forget private values, and what may tell them in passing."""
        key = {"tenant": self.rows.tenant, "case_id": self.rows.id}
        for field in self.change.erased:
            cursor.execute(sql.ERASE, {**key, "field": field})
        cursor.execute(sql.ERASE_TIMER_ERRORS, key)
        for field in self.change.erased:
            cursor.execute(sql.ERASE_IN_CALLS, {**key, "path": f'$.fields."{field}"'})
        cursor.execute(sql.ERASE_CALL_ERRORS, key)

    def _write(self, cursor: sqlite3.Cursor) -> Snapshot:
        rows = self.rows
        try:
            snapshot = self._write_case(cursor)
            for timer in rows.disarmed:
                cursor.execute(sql.DISARM, (rows.tenant, rows.id, timer))
            for armed in rows.armed:
                cursor.execute(sql.ARM, armed)
            for call in rows.calls:
                cursor.execute(sql.INSERT_CALL, call)
            for link in rows.links:
                cursor.execute(sql.INSERT_LINK, link)
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode not in _TAKEN:
                raise
            raise ConflictError(f"case {rows.id!r}: its id or a key is taken already ({error})") from error
        return snapshot

    def _write_case(self, cursor: sqlite3.Cursor) -> Snapshot:
        rows, case = self.rows, self.change.decision.case
        key = (rows.tenant, rows.id)
        before, old = self._standing(cursor)
        head, entries = before, []
        for entry in rows.entries:
            head = chain.link_text(head, entry.text)
            entries.append((*key, entry.seq, entry.key, entry.content, head, entry.text))
        places, homeless = settled(rows, self.change, old, self.token)
        columns = (*rows.columns, rows.body, head, places, *key)
        if rows.read is None:
            if cursor.execute(sql.TAKEN, (*key, rows.opening[2])).fetchone() is not None:
                raise ConflictError(f"case {rows.id!r}: its id or its key is an archived case's")
            cursor.execute(sql.INSERT_CASE, (*columns, *rows.opening))
        elif cursor.execute(sql.UPDATE_CASE, (*columns, rows.read, before)).rowcount == 0:
            raise self._conflict()
        for row in entries:
            cursor.execute(sql.INSERT_ENTRY, row)
        private = (*rows.private, *homeless)
        for one in private:
            cursor.execute(sql.INSERT_PRIVATE, (*key, one.seq, one.part, one.field, one.salt, one.value))
        same = self.known is not None and not private and not self.change.erased
        values = self.known.values if self.known is not None and same else None
        return Snapshot(
            case, rows.body, head, places, {name: plain(case.fields[name]) for name in rows.places}, values, rows.past
        )

    def _standing(self, cursor: sqlite3.Cursor) -> tuple[str, str | None]:
        """The hash of the last entry and the places of private values, as they must still stand in the row."""
        rows = self.rows
        if rows.read is None:
            return chain.FIRST, None
        if self.known is not None:
            return self.known.head, self.known.places
        row = cursor.execute(sql.HEAD, (rows.tenant, rows.id, rows.read)).fetchone()
        if row is None:
            raise self._conflict()
        head, places = row
        return head, places

    def _conflict(self) -> ConflictError:
        return ConflictError(f"case {self.rows.id!r} was changed meanwhile")
