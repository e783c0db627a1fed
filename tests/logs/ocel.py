"""
What the specification of OCEL 2.0 (Berti and others, version 2.0 of 16 October 2023) demands of a log in its two forms.

`SCHEMA` says what section 8.2 says of the JSON form, `RULES` by name what sections 6.1 to 6.7 say of the database.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

import jsonschema

_TEXT = {"type": "string"}
_INSTANT = {"type": "string", "format": "date-time"}


def _many(required: str, **properties: object) -> dict[str, object]:
    """A list of objects, some of whose properties must be there."""
    return {
        "type": "array",
        "items": {"type": "object", "properties": properties, "required": required.split()},
    }


_TYPES = _many("name attributes", name=_TEXT, attributes=_many("name type", name=_TEXT, type=_TEXT))
_RELATED = _many("objectId qualifier", objectId=_TEXT, qualifier=_TEXT)
_KNOWN = _many("name value", name=_TEXT, value=_TEXT)
_LASTING = _many("name value time", name=_TEXT, value=_TEXT, time=_INSTANT)

SCHEMA: Mapping[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "eventTypes": _TYPES,
        "objectTypes": _TYPES,
        "events": _many("id type time", id=_TEXT, type=_TEXT, time=_INSTANT, attributes=_KNOWN, relationships=_RELATED),
        "objects": _many("id type", id=_TEXT, type=_TEXT, attributes=_LASTING, relationships=_RELATED),
    },
    "required": ["eventTypes", "objectTypes", "events", "objects"],
}

KINDS = frozenset({"string", "time", "integer", "float", "boolean"})
"""The types of attributes that the specification names."""

FORMATS = jsonschema.FormatChecker(())


@FORMATS.checks("date-time", raises=ValueError)
def is_instant(value: object) -> bool:
    """RFC 3339: a date, a time, and how far it is from UTC."""
    return not isinstance(value, str) or ("T" in value and datetime.fromisoformat(value).tzinfo is not None)


def wrong_in(data: object) -> list[str]:
    """What the schema says against a log, as the place of each."""
    found = jsonschema.Draft7Validator(SCHEMA, format_checker=FORMATS).iter_errors(data)
    return sorted(f"{error.json_path}: {error.validator}" for error in found)


# ── the database ───────────────────────────────────────────────────────────────────────────────────────────────

Sql: TypeAlias = sqlite3.Connection
Check: TypeAlias = Callable[[Sql], Iterator[str]]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OF = ("event", "object")


def _keys(sql: Sql, table: str) -> set[str]:
    return {name for _, name, _, _, _, key in sql.execute(f'PRAGMA table_info("{table}")') if key}


def _columns(sql: Sql, table: str) -> set[str]:
    return {name for _, name, *_ in sql.execute(f'PRAGMA table_info("{table}")')}


def _references(sql: Sql, table: str) -> set[tuple[str, str, str]]:
    """The foreign keys of a table, as (column, other table, its column)."""
    return {(mine, other, its) for _, _, other, mine, its, *_ in sql.execute(f'PRAGMA foreign_key_list("{table}")')}


def _maps(sql: Sql, of: str) -> dict[str, str]:
    return dict(sql.execute(f"SELECT ocel_type, ocel_type_map FROM {of}_map_type").fetchall())


def _typed(sql: Sql, of: str) -> Iterator[tuple[str, str]]:
    """Each type, with the name of its table, as far as there is one."""
    there = {name for (name,) in sql.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    yield from ((kind, f"{of}_{name}") for kind, name in _maps(sql, of).items() if f"{of}_{name}" in there)


def _type_is_key_of_its_map(sql: Sql) -> Iterator[str]:
    yield from (of for of in OF if _keys(sql, f"{of}_map_type") != {"ocel_type"})


def _map_is_injective(sql: Sql) -> Iterator[str]:
    for of in OF:
        names = [name.casefold() for name in _maps(sql, of).values()]  # SQLite does not tell letters apart by case.
        yield from (f"{of}_{name}" for name in sorted({one for one in names if names.count(one) > 1}))


def _id_is_key(sql: Sql) -> Iterator[str]:
    yield from (of for of in OF if _keys(sql, of) != {"ocel_id"})


def _type_is_mapped(sql: Sql) -> Iterator[str]:
    for of in OF:
        if ("ocel_type", f"{of}_map_type", "ocel_type") not in _references(sql, of):
            yield of


def _every_type_has_a_table(sql: Sql) -> Iterator[str]:
    for of in OF:
        yield from sorted(_maps(sql, of).keys() - {kind for kind, _ in _typed(sql, of)})


def _event_has_id_and_time(sql: Sql) -> Iterator[str]:
    for _, table in _typed(sql, "event"):
        if _keys(sql, table) != {"ocel_id"} or "ocel_time" not in _columns(sql, table):
            yield table
        yield from (one for one, at in sql.execute(f'SELECT ocel_id, ocel_time FROM "{table}"') if not _instant(at))


def _object_has_id_time_and_change(sql: Sql) -> Iterator[str]:
    for _, table in _typed(sql, "object"):
        if _keys(sql, table) or not {"ocel_id", "ocel_time", "ocel_changed_field"} <= _columns(sql, table):
            yield table
        yield from (one for one, at in sql.execute(f'SELECT ocel_id, ocel_time FROM "{table}"') if not _instant(at))


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _typed_tables_refer(sql: Sql) -> Iterator[str]:
    for of in OF:
        yield from (table for _, table in _typed(sql, of) if ("ocel_id", of, "ocel_id") not in _references(sql, table))


def _each_is_in_the_table_of_its_type(sql: Sql) -> Iterator[str]:
    for of in OF:
        for kind, table in _typed(sql, of):
            ids = {one for (one,) in sql.execute(f"SELECT ocel_id FROM {of} WHERE ocel_type = ?", (kind,))}
            yield from sorted(ids ^ {one for (one,) in sql.execute(f'SELECT ocel_id FROM "{table}"')})


def _initial_values_are_of_the_epoch(sql: Sql) -> Iterator[str]:
    for _, table in _typed(sql, "object"):
        for one, at, changed in sql.execute(f'SELECT ocel_id, ocel_time, ocel_changed_field FROM "{table}"'):
            if (_instant(at) == EPOCH) != (changed is None):
                yield one


def _a_change_is_of_a_column(sql: Sql) -> Iterator[str]:
    for _, table in _typed(sql, "object"):
        for (name,) in sql.execute(f'SELECT DISTINCT ocel_changed_field FROM "{table}"'):
            if name is not None and name not in _columns(sql, table) - {"ocel_id", "ocel_time", "ocel_changed_field"}:
                yield f"{table}: {name}"


def _links(table: str, one: str, other: str) -> Check:
    def check(sql: Sql) -> Iterator[str]:
        wanted = {(f"ocel_{one}_id", "event" if one == "event" else "object", "ocel_id"),
                  (f"ocel_{other}_id", "object", "ocel_id")}  # fmt: skip
        if _keys(sql, table) != {f"ocel_{one}_id", f"ocel_{other}_id", "ocel_qualifier"}:
            yield f"{table}: key"
        if not wanted <= _references(sql, table):
            yield f"{table}: foreign keys"

    return check


def _references_hold(sql: Sql) -> Iterator[str]:
    yield from sorted({table for table, *_ in sql.execute("PRAGMA foreign_key_check")})


RULES: Mapping[str, Check] = {
    "6.1 the type is the key of its map": _type_is_key_of_its_map,
    "6.1 no two types have one table": _map_is_injective,
    "6.2 the identifier is the key": _id_is_key,
    "6.2 the type is in the map": _type_is_mapped,
    "6.3 and 6.4 every type has a table": _every_type_has_a_table,
    "6.3 an event has a key and a time": _event_has_id_and_time,
    "6.4 an object has a time and what changed": _object_has_id_time_and_change,
    "6.4 initial values are of 1970, and only they": _initial_values_are_of_the_epoch,
    "6.4 what changed is a column": _a_change_is_of_a_column,
    "6.5 event_object": _links("event_object", "event", "object"),
    "6.6 object_object": _links("object_object", "source", "target"),
    "6.7 tables of types refer to the general ones": _typed_tables_refer,
    "6.7 each is in the table of its type": _each_is_in_the_table_of_its_type,
    "6.7 foreign keys hold": _references_hold,
}


def broken_in(sql: Sql) -> dict[str, list[str]]:
    """The rules that a database breaks, with what breaks them."""
    found = {name: list(check(sql)) for name, check in RULES.items()}
    return {name: wrong for name, wrong in found.items() if wrong}


def copied(data: object) -> Any:  # noqa: ANN401 - JSON
    """JSON of one's own, to break."""
    return json.loads(json.dumps(data))
