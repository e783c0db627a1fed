"""How changes are written to PostgreSQL: one statement for each case with all that belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from json import JSONEncoder
from typing import Any

import psycopg
from attrs import asdict, frozen

from svcflow.core import chain
from svcflow.core.plain import plain
from svcflow.errors import ConflictError
from svcflow.stores import postgres_sql as sql
from svcflow.stores.base import Change, Inside
from svcflow.stores.postgres_inside import call_inside
from svcflow.stores.postgres_prepared import Statement
from svcflow.stores.postgres_sessions import Cursor
from svcflow.stores.rows import NO_PAST, CaseRows, case_rows, settled
from svcflow.stores.snapshots import Snapshot, Snapshots


@frozen
class Prepared:
    """A change and its rows, ready to be written, again if need be; `known` is what is remembered of the old row."""

    change: Change
    rows: CaseRows
    known: Snapshot | None
    token: Callable[[], str]

    def parameters(self, cursor: Cursor) -> dict[str, Any]:
        """
        What the statement asks for.

        Raises:
            ConflictError: The case is no longer what the change was decided from.
        """
        rows = self.rows
        before, old = self._standing(cursor)
        head, hashes = before, []
        for entry in rows.entries:
            head = chain.link_text(head, entry.text)
            hashes.append(head)
        places, homeless = settled(rows, self.change, old, self.token)
        return {
            "tenant": rows.tenant,
            "id": rows.id,
            "read": rows.read,
            "before": before,
            "head": head,
            "private": places,
            "body": rows.body,
            **dict(zip(_COLUMNS, rows.columns, strict=True)),
            **dict(zip(_OPENING, rows.opening or _NOT_NEW, strict=True)),
            "entries": _json(
                {"seq": one.seq, "key": one.key, "content": one.content, "hash": own, "entry": one.text}
                for one, own in zip(rows.entries, hashes, strict=True)
            ),
            "values": _json(map(asdict, (*rows.private, *homeless))),
            "disarmed": list(rows.disarmed),
            "armed": _json({"name": one[2], "generation": one[3], "due": one[4]} for one in rows.armed),
            "calls": _json(rows.calls),
            "links": _json({"target": one[2], "kind": one[3]} for one in rows.links),
        }

    def snapshot(self, written: dict[str, Any]) -> Snapshot:
        """What is known of the row after these parameters were written."""
        case = self.change.decision.case
        same = written["values"] == NOTHING and not self.change.erased
        values = self.known.values if self.known is not None and same else None
        private = {name: plain(case.fields[name]) for name in self.rows.places}
        return Snapshot(case, self.rows.body, written["head"], written["private"], private, values, self.rows.past)

    def erase(self, cursor: Cursor) -> None:
        """Forget private values, and what may tell them in passing."""
        asked = {"tenant": self.rows.tenant, "id": self.rows.id, "fields": list(self.change.erased)}
        for statement in (sql.ERASE, sql.ERASE_TIMER_ERRORS, sql.ERASE_IN_CALLS):
            cursor.execute(statement, asked)

    def moved(self) -> ConflictError:
        """What to say when the statement has written nothing."""
        return ConflictError(f"case {self.rows.id!r} was changed meanwhile")

    def _standing(self, cursor: Cursor) -> tuple[str, str | None]:
        """The hash of the last entry and the places of private values, as they must still stand in the row."""
        rows = self.rows
        if rows.read is None:
            return chain.FIRST, None
        if self.known is not None:
            return self.known.head, self.known.places
        row = cursor.execute(sql.HEAD, (rows.tenant, rows.id, rows.read)).fetchone()
        if row is None:
            raise self.moved()
        head, places = row
        return head, places


NOTHING = "[]"
WRITE = Statement.of("write", sql.WRITE)

_ENCODER = JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"), default=dict)
_COLUMNS = ("process", "version", "status", "state", "seq", "moved_at", "due")
_OPENING = ("opened_at", "root", "opening_key", "opening_seq", "opening_content")
_NOT_NEW = (None,) * len(_OPENING)


def prepare(changes: Sequence[Change], snapshots: Snapshots, token: Callable[[], str]) -> Sequence[Prepared]:
    """
    Changes as rows, in the order in which every writer of several cases locks them; `token` makes salts.

    Raises:
        InputError: One holds a value that cannot be kept.
        ConflictError: A case is in it twice.
    """
    prepared = []
    for change in sorted(changes, key=_place):
        before = change.decision.before
        known = None if before is None else snapshots.of(before)
        past = NO_PAST if known is None else known.past
        prepared.append(Prepared(change, case_rows(change, token, past), known, token))
    for one, other in pairwise(prepared):
        if _place(one.change) == _place(other.change):
            raise ConflictError(f"case {one.rows.id!r} was changed meanwhile")
    return prepared


def _place(change: Change) -> tuple[str, str]:
    return change.decision.case.tenant, change.decision.case.id


def write_all(cursor: Cursor, prepared: Sequence[Prepared], inside: Inside | None = None) -> list[Snapshot]:
    """
    Write everything, with what the host does `inside`; what is then known of the rows.

    Raises:
        ConflictError: A case is no longer what it was decided from, or an id or key is taken; nothing was written.
        StoreError: What the host did has ended the transaction, or hurt it so that nothing can be written.
    """
    erasing = [one for one in prepared if one.change.erased]
    if inside is None and not erasing:
        return _written(cursor, prepared)
    connection = cursor.connection
    with connection.transaction():
        snapshots = _written(cursor, prepared)
        for one in erasing:
            one.erase(cursor)
        if inside is not None:
            call_inside(cursor, inside)
    return snapshots


def _written(cursor: Cursor, prepared: Sequence[Prepared]) -> list[Snapshot]:
    everything = [one.parameters(cursor) for one in prepared]
    try:
        if len(everything) == 1:
            if not WRITE.rows(cursor, everything[0]):
                raise prepared[0].moved()
        elif everything:
            with cursor.connection.transaction():
                cursor.executemany(sql.WRITE, everything, returning=True)
                for one in prepared:
                    if cursor.rowcount != 1:
                        raise one.moved()
                    cursor.nextset()
    except psycopg.errors.UniqueViolation as error:
        if not str(error.diag.table_name).startswith("svcflow_"):
            raise
        raise ConflictError(f"an id or a key is taken already ({error.diag.constraint_name})") from error
    return [one.snapshot(asked) for one, asked in zip(prepared, everything, strict=True)]


def _json(rows: Iterable[Mapping[str, Any]]) -> str:
    return _ENCODER.encode(list(rows))
