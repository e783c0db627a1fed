"""What the specification of OCEL 2.0 demands of a log, checked on one with cases, persons, products and children."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from logs.house import house
from svcflow.export import Scope, export

NAMED = {"type": "object", "required": ["name", "attributes"], "properties": {
    "name": {"type": "string"},
    "attributes": {"type": "array", "items": {
        "type": "object", "required": ["name", "type"], "properties": {
            "name": {"type": "string"}, "type": {"enum": ["string", "time", "integer", "float", "boolean"]}}}},
}}  # fmt: skip
RELATED = {"type": "array", "items": {"type": "object", "required": ["objectId", "qualifier"], "properties": {
    "objectId": {"type": "string"}, "qualifier": {"type": "string"}}}}  # fmt: skip
VALUE = {"type": "object", "required": ["name", "value"], "properties": {
    "name": {"type": "string"}, "value": {"type": "string"}, "time": {"type": "string"}}}  # fmt: skip
THING = {"type": "object", "required": ["id", "type"], "properties": {
    "id": {"type": "string"}, "type": {"type": "string"}, "time": {"type": "string"},
    "attributes": {"type": "array", "items": VALUE}, "relationships": RELATED}}  # fmt: skip
SHAPE = {"type": "object", "required": ["eventTypes", "objectTypes", "events", "objects"], "properties": {
    "eventTypes": {"type": "array", "items": NAMED}, "objectTypes": {"type": "array", "items": NAMED},
    "events": {"type": "array", "items": THING}, "objects": {"type": "array", "items": THING}}}  # fmt: skip


CHILD = "case:s-1-3-0"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("ocel")
    with house() as engine:
        export(engine, "ocel", made / "log.json")
        export(engine, "ocel-sqlite", made / "log.sqlite")
        export(engine, "ocel", made / "shops.json", Scope(process="shop", naming=["product"]))
    return made


@pytest.fixture(scope="module")
def data(folder: Path) -> Any:  # noqa: ANN401 - JSON
    return json.loads((folder / "log.json").read_text(encoding="utf-8"))


@pytest.fixture
def sql(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / "log.sqlite")) as connection:
        yield connection


def test_json_has_the_shape_of_the_schema(data: Any) -> None:  # noqa: ANN401 - JSON
    jsonschema.Draft202012Validator(SHAPE).validate(data)


def test_every_type_attribute_and_object_that_json_speaks_of_is_declared(data: Any) -> None:  # noqa: ANN401 - JSON
    for kind, types in (("events", "eventTypes"), ("objects", "objectTypes")):
        declared = {one["name"]: {part["name"]: part["type"] for part in one["attributes"]} for one in data[types]}
        assert len(declared) == len(data[types])
        for one in data[kind]:
            for part in one["attributes"]:
                check_value(declared[one["type"]][part["name"]], part["value"])
    ids = [one["id"] for one in data["objects"]]
    assert len(set(ids)) == len(ids)
    assert len({one["id"] for one in data["events"]}) == len(data["events"])
    for one in (*data["events"], *data["objects"]):
        assert {link["objectId"] for link in one["relationships"]} <= set(ids)


def check_value(kind: str, value: str) -> None:
    if kind in {"integer", "float"}:
        float(value)
    if kind == "boolean":
        assert value in {"true", "false"}
    if kind == "time":
        assert datetime.fromisoformat(value).tzinfo is not None


def test_cases_persons_and_products_are_objects_that_hang_together(data: Any) -> None:  # noqa: ANN401 - JSON
    objects = {one["id"]: one for one in data["objects"]}
    types = {name: one["type"] for name, one in objects.items()}
    assert types == {
        "case:s-1": "shop", "case:s-2": "shop", CHILD: "survey", "person:李雷": "person", "role:agent": "role",
        "group:outlet-7": "group", "product:投影仪 X1": "product", "product:K7": "product", "person:wang": "person",
    }  # fmt: skip
    links = {
        (name, link["objectId"], link["qualifier"]) for name, one in objects.items() for link in one["relationships"]
    }
    assert links == {
        ("case:s-1", "product:投影仪 X1", "product"), ("case:s-2", "product:K7", "product"),
        ("case:s-1", "person:wang", "owner"), ("case:s-1", CHILD, "run"), (CHILD, "product:投影仪 X1", "product"),
        ("person:李雷", "role:agent", "role"), ("person:李雷", "group:outlet-7", "group"),
    }  # fmt: skip
    taken = next(one for one in data["events"] if one["type"] == "take")
    assert {(link["objectId"], link["qualifier"]) for link in taken["relationships"]} == {
        ("case:s-1", "case"), ("person:李雷", "actor"), ("role:agent", "role"), ("group:outlet-7", "group"),
        ("person:wang", "owner"),
    }  # fmt: skip


def test_what_changed_in_a_case_has_the_time_of_the_change(data: Any) -> None:  # noqa: ANN401 - JSON
    (case,) = (one for one in data["objects"] if one["id"] == "case:s-1")
    states = [(one["time"][11:16], one["value"]) for one in case["attributes"] if one["name"] == "state"]
    assert states == [("08:00", "received"), ("08:10", "repair"), ("08:20", "asked"), ("08:30", "done")]
    assert [one["value"] for one in case["attributes"] if one["name"] == "status"] == ["open", "done"]


def test_what_lies_outside_the_log_is_not_spoken_of(folder: Path) -> None:
    data = json.loads((folder / "shops.json").read_text(encoding="utf-8"))
    ids = {one["id"] for one in data["objects"]}
    assert CHILD not in ids
    assert {link["objectId"] for one in (*data["objects"], *data["events"]) for link in one["relationships"]} <= ids


def test_sqlite_has_the_tables_of_the_specification_and_its_keys_hold(sql: sqlite3.Connection) -> None:
    assert sql.execute("PRAGMA foreign_key_check").fetchall() == []
    assert sql.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    tables = {name for (name,) in sql.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for of in ("event", "object"):
        types = dict(sql.execute(f"SELECT ocel_type, ocel_type_map FROM {of}_map_type").fetchall())
        assert {name for (name,) in sql.execute(f"SELECT DISTINCT ocel_type FROM {of}")} == set(types)
        for type_, name in types.items():
            assert name.isidentifier() or name[0].isdigit()
            ids = sql.execute(f"SELECT ocel_id FROM {of} WHERE ocel_type = ?", (type_,)).fetchall()
            first = "" if of == "event" else " WHERE ocel_changed_field IS NULL"
            assert sorted(sql.execute(f'SELECT ocel_id FROM "{of}_{name}"{first}').fetchall()) == sorted(ids)
            tables.remove(f"{of}_{name}")
    assert tables == {"event", "object", "event_object", "object_object", "event_map_type", "object_map_type"}


def test_a_change_in_sqlite_names_the_column_that_changed(sql: sqlite3.Connection) -> None:
    columns = {name for _, name, *_ in sql.execute("PRAGMA table_info(object_shop)")}
    changed = sql.execute("SELECT DISTINCT ocel_changed_field FROM object_shop WHERE ocel_changed_field IS NOT NULL")
    assert {name for (name,) in changed} == {"state", "status", "field.owner", "field.remark"} <= columns


def test_both_forms_tell_the_same(data: Any, sql: sqlite3.Connection) -> None:  # noqa: ANN401 - JSON
    about = {
        (one["id"], link["objectId"], link["qualifier"]) for one in data["events"] for link in one["relationships"]
    }
    assert set(sql.execute("SELECT * FROM event_object")) == about
    links = {
        (one["id"], link["objectId"], link["qualifier"]) for one in data["objects"] for link in one["relationships"]
    }
    assert set(sql.execute("SELECT * FROM object_object")) == links
