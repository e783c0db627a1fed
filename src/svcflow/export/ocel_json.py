"""OCEL 2.0 as JSON, told from the same log as a database, row by row."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from svcflow.export.relational import Kind, OcelDatabase, Of, Table, quoted

_ABOUT = "SELECT ocel_object_id, ocel_qualifier FROM event_object WHERE ocel_event_id = ? ORDER BY rowid"
_LINKS = "SELECT ocel_target_id, ocel_qualifier FROM object_object WHERE ocel_source_id = ? ORDER BY rowid"


def write(file: TextIO, connection: sqlite3.Connection, log: OcelDatabase) -> None:
    """Write a finished log. Every value is a text, as the schema of OCEL 2.0 wants it; its type says how to read it."""
    file.write("{")
    _array(file, "objectTypes", (_type(table) for table in log.tables["object"].values()))
    file.write(",\n")
    _array(file, "eventTypes", (_type(table) for table in log.tables["event"].values()))
    file.write(",\n")
    _array(file, "objects", _objects(connection, log))
    file.write(",\n")
    _array(file, "events", _events(connection, log))
    file.write("}\n")


def _array(file: TextIO, name: str, items: Iterable[object]) -> None:
    file.write(f'"{name}": [')
    between = "\n"
    for item in items:
        file.write(f"{between}{json.dumps(item, ensure_ascii=False)}")
        between = ",\n"
    file.write("]")


def _type(table: Table) -> dict[str, Any]:
    return {"name": table.type, "attributes": [{"name": name, "type": kind} for name, kind in _columns(table)]}


def _columns(table: Table) -> list[tuple[str, Kind]]:
    return [(column, kind) for columns in table.columns.values() for column, kind in columns.items()]


def _objects(connection: sqlite3.Connection, log: OcelDatabase) -> Iterator[dict[str, Any]]:
    for found, type_ in connection.execute("SELECT ocel_id, ocel_type FROM object ORDER BY rowid"):
        table = log.tables["object"][type_]
        attributes = [
            {"name": name, "time": _iso(at), "value": text}
            for at, rows in _rows(connection, "object", table, found)
            for name, text in rows
        ]
        yield {
            "id": found,
            "type": type_,
            "attributes": attributes,
            "relationships": _related(connection, _LINKS, found),
        }


def _events(connection: sqlite3.Connection, log: OcelDatabase) -> Iterator[dict[str, Any]]:
    for found, type_ in connection.execute("SELECT ocel_id, ocel_type FROM event ORDER BY rowid"):
        ((at, row),) = _rows(connection, "event", log.tables["event"][type_], found)
        attributes = [{"name": name, "value": text} for name, text in row]
        related = _related(connection, _ABOUT, found)
        yield {"id": found, "type": type_, "time": _iso(at), "attributes": attributes, "relationships": related}


def _rows(
    connection: sqlite3.Connection, of: Of, table: Table, found: str
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The rows of an event or object in the table of its type: the time, and what is filled in."""
    columns = _columns(table)
    names = "".join(f", {quoted(name)}" for name, _ in columns)
    order = " ORDER BY rowid" if of == "object" else ""
    asked = f"SELECT ocel_time{names} FROM {quoted(table.name)} WHERE ocel_id = ?{order}"  # noqa: S608 - quoted
    for at, *values in connection.execute(asked, (found,)):
        filled = zip(columns, values, strict=True)
        yield at, [(name, _text(kind, value)) for (name, kind), value in filled if value is not None]


def _related(connection: sqlite3.Connection, asked: str, found: str) -> list[dict[str, str]]:
    return [{"objectId": other, "qualifier": qualifier} for other, qualifier in connection.execute(asked, (found,))]


def _text(kind: Kind, value: object) -> str:
    if kind == "boolean":
        return "true" if value else "false"
    return _iso(str(value)) if kind == "time" else str(value)


def _iso(stamp: str) -> str:
    return stamp.replace(" ", "T")
