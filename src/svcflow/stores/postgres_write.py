"""How changes are written to PostgreSQL: one statement for one case with all that belongs to it, and one for many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice, pairwise
from typing import Any, TypeAlias

import psycopg
from attrs import asdict, frozen

from svcflow.core import chain
from svcflow.core.plain import plain
from svcflow.errors import ConflictError
from svcflow.stores import postgres_batch as batch
from svcflow.stores import postgres_sql as sql
from svcflow.stores.base import Change, Inside
from svcflow.stores.clock_texts import NO_PAST
from svcflow.stores.postgres_inside import call_inside
from svcflow.stores.postgres_prepared import Statement
from svcflow.stores.postgres_server import cause, undone
from svcflow.stores.postgres_sessions import Cursor
from svcflow.stores.row_text import dump
from svcflow.stores.rows import CaseRows, case_rows, settled
from svcflow.stores.snapshots import Snapshot, Snapshots

Row: TypeAlias = Mapping[str, Any]


@frozen
class Prepared:
    """A change and its rows, ready to be written, again if need be; `known` is what is remembered of the old row."""

    change: Change
    rows: CaseRows
    known: Snapshot | None
    token: Callable[[], str]

    @property
    def moves(self) -> bool:
        """Whether it does no more than to take a case that is there further."""
        return self.rows.read is not None and not self.change.erased

    def parameters(self, before: str, old: str | None) -> tuple[dict[str, Any], dict[str, Sequence[Row]]]:
        """
        The row of the case, and by the names of the statements' parameters the rows that go with it.

        `before` and `old` are the hash of the last entry and the places of private values, as they must still stand.
        """
        rows = self.rows
        key = {"tenant": rows.tenant, "case_id": rows.id}
        head, entries = before, []
        for entry in rows.entries:
            head = chain.link_text(head, entry.text)
            entries.append({
                **key, "seq": entry.seq, "key": entry.key, "content": entry.content, "hash": head, "entry": entry.text,
            })  # fmt: skip
        places, homeless = settled(rows, self.change, old, self.token)
        case = {
            "tenant": rows.tenant,
            "id": rows.id,
            "read": rows.read,
            "before": before,
            "head": head,
            "private": places,
            "body": rows.body,
            **dict(zip(_COLUMNS, rows.columns, strict=True)),
            **dict(zip(_OPENING, rows.opening or _NOT_NEW, strict=True)),
        }
        return case, {
            "entries": entries,
            "values": [{**key, **asdict(one)} for one in (*rows.private, *homeless)],
            "disarmed": [{**key, "name": name} for name in rows.disarmed],
            "armed": [{**key, "name": one[2], "generation": one[3], "due": one[4]} for one in rows.armed],
            "calls": rows.calls,
            "links": [{**key, "target": one[2], "kind": one[3]} for one in rows.links],
        }

    def snapshot(self, head: str, places: str | None, *, moved: bool) -> Snapshot:
        """What is known of the row once it is written; `moved` says that rows of private values were added."""
        case = self.change.decision.case
        same = not moved and not self.change.erased
        values = self.known.values if self.known is not None and same else None
        private = {name: plain(case.fields[name]) for name in self.rows.places}
        return Snapshot(case, self.rows.body, head, places, private, values, self.rows.past)

    def erase(self, cursor: Cursor) -> None:
        """Forget private values, and what may tell them in passing."""
        asked = {"tenant": self.rows.tenant, "id": self.rows.id, "fields": list(self.change.erased)}
        for statement in (sql.ERASE, sql.ERASE_TIMER_ERRORS, sql.ERASE_IN_CALLS):
            cursor.execute(statement, asked)


WRITE = Statement.of("write", sql.WRITE)
WRITE_MANY = Statement.of("write_many", batch.WRITE_MANY)

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
    for change in sorted(changes, key=place):
        before = change.decision.before
        known = None if before is None else snapshots.of(before)
        past = NO_PAST if known is None else known.past
        prepared.append(Prepared(change, case_rows(change, token, past), known, token))
    for one, other in pairwise(prepared):
        if place(one.change) == place(other.change):
            raise ConflictError(f"case {one.rows.id!r} was changed meanwhile")
    return prepared


def place(change: Change) -> tuple[str, str]:
    """Tenant and id of its case; so ordered, cases are locked."""
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


def write_together(cursor: Cursor, prepared: Sequence[Prepared]) -> list[Snapshot]:
    """
    The same for changes that have nothing to do with each other.

    Raises:
        ConflictError: One of them cannot be written, whatever the reason; nothing was written.
    """
    try:
        return _written(cursor, prepared)
    except psycopg.Error as error:
        if len(prepared) > 1 and undone(error):
            raise ConflictError("one of several changes cannot be written") from cause(error)
        raise


def _written(cursor: Cursor, prepared: Sequence[Prepared]) -> list[Snapshot]:
    if not prepared:
        return []
    standing = _standing(cursor, prepared)
    everything = [one.parameters(*at) for one, at in zip(prepared, standing, strict=True)]
    try:
        if len(everything) == 1:
            ((case, rows),) = everything
            disarmed = [row["name"] for row in rows["disarmed"]]
            done = WRITE.rows(cursor, {**case, **{name: _json(rows[name]) for name in rows}, "disarmed": disarmed})
        else:
            asked = {"cases": _json(case for case, _ in everything)}
            for name in everything[0][1]:
                asked[name] = _json(row for _, rows in everything for row in rows[name])
            done = WRITE_MANY.rows(cursor, asked)
    except psycopg.errors.UniqueViolation as error:
        if not str(error.diag.table_name).startswith("svcflow_"):
            raise
        raise ConflictError(f"an id or a key is taken already ({error.diag.constraint_name})") from error
    if not done:
        raise _moved(one.rows.id for one in prepared)
    return [
        one.snapshot(case["head"], case["private"], moved=bool(rows["values"]))
        for one, (case, rows) in zip(prepared, everything, strict=True)
    ]


def _standing(cursor: Cursor, prepared: Sequence[Prepared]) -> list[tuple[str, str | None]]:
    """For each the hash of the last entry and the places of private values, as they must still stand in the row."""
    unknown = [one.rows for one in prepared if one.known is None and one.rows.read is not None]
    found = {}
    if unknown:
        asked = _json({"tenant": rows.tenant, "id": rows.id, "seq": rows.read} for rows in unknown)
        found = {tuple(row[:2]): row[2:] for row in cursor.execute(batch.HEADS, {"asked": asked}).fetchall()}
        if len(found) < len(unknown):
            raise _moved(rows.id for rows in unknown if (rows.tenant, rows.id) not in found)
    standing: list[tuple[str, str | None]] = []
    for one in prepared:
        if one.rows.read is None:
            standing.append((chain.FIRST, None))
        elif one.known is not None:
            standing.append((one.known.head, one.known.places))
        else:
            standing.append(found[one.rows.tenant, one.rows.id])
    return standing


def _moved(case_ids: Iterable[str]) -> ConflictError:
    which = ", ".join(map(repr, islice(case_ids, 3)))
    return ConflictError(f"case {which} was changed meanwhile")


def _json(rows: Iterable[Mapping[str, Any]]) -> str:
    listed = list(rows)
    return dump(listed) if listed else "[]"  # As most are: an event seldom does everything at once.
