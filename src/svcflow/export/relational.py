"""OCEL 2.0 as an SQLite database: a table of events, one of objects, and one for each type of either."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Container, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain, count
from pathlib import Path
from typing import Any, Literal, TypeAlias

from attrs import define, field

from svcflow.errors import StoreError
from svcflow.eventlog import CaseLog
from svcflow.export.happenings import text_of
from svcflow.export.objects import portrait

Of: TypeAlias = Literal["event", "object"]
Kind: TypeAlias = Literal["string", "time", "integer", "float", "boolean"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of the values that an object had from its beginning, as the specification has it."""

_SQL_TYPES: Mapping[Kind, str] = {
    "string": "TEXT",
    "time": "TIMESTAMP",
    "integer": "INTEGER",
    "float": "REAL",
    "boolean": "BOOLEAN",
}

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE event (
    ocel_id TEXT PRIMARY KEY, ocel_type TEXT,
    FOREIGN KEY (ocel_type) REFERENCES event_map_type (ocel_type));
CREATE TABLE object (
    ocel_id TEXT PRIMARY KEY, ocel_type TEXT,
    FOREIGN KEY (ocel_type) REFERENCES object_map_type (ocel_type));
CREATE TABLE event_object (
    ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT,
    PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier),
    FOREIGN KEY (ocel_event_id) REFERENCES event (ocel_id),
    FOREIGN KEY (ocel_object_id) REFERENCES object (ocel_id));
CREATE TABLE object_object (
    ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT,
    PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier),
    FOREIGN KEY (ocel_source_id) REFERENCES object (ocel_id),
    FOREIGN KEY (ocel_target_id) REFERENCES object (ocel_id));
"""
ADD_EVENT = "INSERT INTO event VALUES (?, ?)"
ADD_OBJECT = "INSERT OR IGNORE INTO object VALUES (?, ?)"
ADD_ABOUT = "INSERT OR IGNORE INTO event_object VALUES (?, ?, ?)"
ADD_LINK = "INSERT OR IGNORE INTO object_object VALUES (?, ?, ?)"
_NO_WORD = re.compile(r"\W")
FORGET_ABOUT = "DELETE FROM event_object WHERE ocel_object_id NOT IN (SELECT ocel_id FROM object)"
FORGET_LINKS = """
DELETE FROM object_object
WHERE ocel_source_id NOT IN (SELECT ocel_id FROM object) OR ocel_target_id NOT IN (SELECT ocel_id FROM object)
"""


@define
class Table:
    """The table of a type; `columns` says in which columns each attribute stands, and of which kind these are."""

    type: str
    name: str
    columns: dict[str, dict[str, Kind]] = field(factory=dict)
    taken: set[str] = field(factory=lambda: {"ocel_id", "ocel_time", "ocel_changed_field"})


class OcelDatabase:
    """
    An object-centric log that grows case by case.

    Types and their attributes come up as cases have them. An attribute that has values of another kind, because two
    versions of a process say so, is there twice: `field.size`, and `field.size (float)`.
    """

    def __init__(self, connection: sqlite3.Connection, naming: Mapping[str, Mapping[str, str]]) -> None:
        self._connection, self._naming = connection, naming
        self.tables: dict[Of, dict[str, Table]] = {"event": {}, "object": {}}
        connection.executescript(SCHEMA)
        connection.execute("BEGIN")

    def add(self, log: CaseLog) -> None:
        """Write a case, its events, and what they speak of."""
        seen = portrait(log, self._naming.get(log.process, {}))
        me = seen.objects[0]
        for one in seen.objects:
            if self._connection.execute(ADD_OBJECT, (one.id, one.type)).rowcount:
                known = seen.opening if one is me else {}
                self._insert("object", one.type, {"ocel_id": one.id, "ocel_time": stamp(EPOCH)}, known)
        for at, name, value in seen.changes:
            head = {"ocel_id": me.id, "ocel_time": stamp(at), "ocel_changed_field": name}
            self._insert("object", me.type, head, {name: value})
        self._connection.executemany(ADD_LINK, seen.links)
        for event in seen.events:
            self._connection.execute(ADD_EVENT, (event.id, event.type))
            self._insert("event", event.type, {"ocel_id": event.id, "ocel_time": stamp(event.at)}, event.attributes)
            self._connection.executemany(ADD_ABOUT, [(event.id, *about) for about in event.about])

    def finish(self) -> None:
        """Take out what speaks of objects that the log does not have, and make it last."""
        self._connection.execute(FORGET_ABOUT)
        self._connection.execute(FORGET_LINKS)
        self._connection.execute("COMMIT")

    def _insert(self, of: Of, type_: str, head: Mapping[str, str], known: Mapping[str, Any]) -> None:
        table = self._table(of, type_)
        row: dict[str, Any] = dict(head)
        for name, value in known.items():
            kind, stored = _stored(value)
            column = self._column(table, name, kind)
            if "ocel_changed_field" in row:
                row["ocel_changed_field"] = column
            row[column] = stored
        columns = ", ".join(map(quoted, row))
        marks = ", ".join("?" * len(row))
        self._connection.execute(f"INSERT INTO {quoted(table.name)} ({columns}) VALUES ({marks})", tuple(row.values()))  # noqa: S608 - quoted

    # ── tables and columns ─────────────────────────────────────────────────────────────────────────────────────

    def _table(self, of: Of, type_: str) -> Table:
        tables = self.tables[of]
        if type_ not in tables:
            taken = {table.name.casefold() for table in tables.values()}
            # Short words only: other programs put the name into SQL as it is.
            suffix = _unlike(taken, f"{of}_{_NO_WORD.sub('_', type_)}").removeprefix(f"{of}_")
            tables[type_] = Table(type_, f"{of}_{suffix}")
            key = "ocel_id TEXT PRIMARY KEY, ocel_time TIMESTAMP"
            if of == "object":
                key = "ocel_id TEXT, ocel_time TIMESTAMP, ocel_changed_field TEXT"
            reference = f"FOREIGN KEY (ocel_id) REFERENCES {of} (ocel_id)"
            self._connection.execute(f"CREATE TABLE {quoted(tables[type_].name)} ({key}, {reference})")
            if of == "object":
                name = quoted(tables[type_].name)
                self._connection.execute(f"CREATE INDEX {quoted(f'{of}_{suffix}_id')} ON {name} (ocel_id)")
            self._connection.execute(f"INSERT INTO {of}_map_type VALUES (?, ?)", (type_, suffix))  # noqa: S608 - fixed
        return tables[type_]

    def _column(self, table: Table, name: str, kind: Kind | None) -> str:
        """Where an attribute's values of this kind stand; an empty value is of whatever kind there is."""
        for column, there in table.columns.get(name, {}).items():
            if kind in {None, there}:
                return column
        known = table.columns.setdefault(name, {})
        kind = kind or "string"
        column = _unlike(table.taken, f"{name} ({kind})" if known else name)
        known[column] = kind
        table.taken.add(column.casefold())
        self._connection.execute(f"ALTER TABLE {quoted(table.name)} ADD COLUMN {quoted(column)} {_SQL_TYPES[kind]}")
        return column


@contextmanager
def database(path: Path) -> Iterator[sqlite3.Connection]:
    """
    A new database in a file.

    Raises:
        StoreError: If it cannot be written.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            yield connection
    except sqlite3.Error as problem:
        raise StoreError(f"the log cannot be written: {problem}") from problem


def stamp(at: datetime) -> str:
    """An instant as it stands in the log, in UTC."""
    return at.isoformat(sep=" ", timespec="microseconds")


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def _unlike(taken: Container[str], name: str) -> str:
    """The name, or with a number behind it: SQLite does not tell capitals from small letters."""
    names = chain((name,), (f"{name}_{number}" for number in count(2)))
    return next(one for one in names if one.casefold() not in taken)


def _stored(value: object) -> tuple[Kind | None, str | int | float | None]:
    match value:
        case None:
            return None, None
        case bool():
            return "boolean", int(value)
        case int():
            return "integer", value
        case Decimal() | float():
            return "float", float(value)
        case datetime():
            return "time", stamp(value)
        case _:
            return "string", text_of(value)
