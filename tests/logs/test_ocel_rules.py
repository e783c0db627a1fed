"""What the specification of OCEL 2.0 demands of a log, on a small house with persons, products, children; on a desk."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from logs.house import house
from logs.ocel import KINDS, RULES, broken_in, copied, wrong_in
from svcflow.demo import make_demo, url_of
from svcflow.engine import Engine
from svcflow.export import Scope, export

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


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cases of the processes of the catalog, as a desk has them in a few days."""
    made = tmp_path_factory.mktemp("desk")
    make_demo(made / "desk.db", seed=3, tickets=6, days=3, advance=lambda _hours: None)
    with Engine(url_of(made / "desk.db")) as engine:
        export(engine, "ocel", made / "log.json")
        export(engine, "ocel-sqlite", made / "log.sqlite")
    return made


def test_json_is_valid_by_the_schema(data: Any, folder: Path, desk: Path) -> None:  # noqa: ANN401 - JSON
    for file in (folder / "shops.json", desk / "log.json"):
        log = json.loads(file.read_text(encoding="utf-8"))
        assert len(log["events"]) > 5
        assert wrong_in(log) == []
        assert {
            part["type"] for one in (*log["eventTypes"], *log["objectTypes"]) for part in one["attributes"]
        } <= KINDS
    assert wrong_in(data) == []


LISTS = {
    "eventTypes": "name attributes", "objectTypes": "name attributes", "events": "id type time", "objects": "id type",
    "eventTypes.attributes": "name type", "objectTypes.attributes": "name type", "events.attributes": "name value",
    "objects.attributes": "name value time", "events.relationships": "objectId qualifier",
    "objects.relationships": "objectId qualifier",
}  # fmt: skip


@pytest.mark.parametrize(("lists", "name"), [(one, name) for one, names in LISTS.items() for name in names.split()])
def test_the_schema_misses_everything_that_must_be_there_and_wants_texts(data: Any, lists: str, name: str) -> None:  # noqa: ANN401 - JSON
    outer, _, inner = lists.partition(".")
    for broken, why in ((None, "required"), (1, "type")):
        log = copied(data)
        items = next(one[inner] for one in log[outer] if one[inner]) if inner else log[outer]
        del items[0][name]
        if broken is not None:
            items[0][name] = broken
        (told,) = wrong_in(log)
        assert told.startswith(f"$.{outer}[")
        assert told.endswith(f": {why}")


@pytest.mark.parametrize("name", ["eventTypes", "objectTypes", "events", "objects"])
def test_the_schema_wants_all_four_lists(data: Any, name: str) -> None:  # noqa: ANN401 - JSON
    assert wrong_in({key: value for key, value in data.items() if key != name}) == ["$: required"]
    assert wrong_in({**data, name: {}}) == [f"$.{name}: type"]


@pytest.mark.parametrize("time", ["soon", "2026-03-02", "2026-03-02T08:00:00", "2026-03-02 08:00:00+00:00"])
def test_the_schema_wants_instants(data: Any, time: str) -> None:  # noqa: ANN401 - JSON
    log = copied(data)
    log["events"][0]["time"] = time
    log["objects"][0]["attributes"][0]["time"] = time
    assert wrong_in(log) == ["$.events[0].time: format", "$.objects[0].attributes[0].time: format"]


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
    # What an object had from its beginning is of 1970: OCEL has no other time for it.
    assert states == [("00:00", "received"), ("08:10", "repair"), ("08:20", "asked"), ("08:30", "done")]
    assert [one["value"] for one in case["attributes"] if one["name"] == "status"] == ["open", "done"]


def test_what_lies_outside_the_log_is_not_spoken_of(folder: Path) -> None:
    data = json.loads((folder / "shops.json").read_text(encoding="utf-8"))
    ids = {one["id"] for one in data["objects"]}
    assert CHILD not in ids
    assert {link["objectId"] for one in (*data["objects"], *data["events"]) for link in one["relationships"]} <= ids


def test_a_database_keeps_every_rule(sql: sqlite3.Connection, desk: Path) -> None:
    assert broken_in(sql) == {}
    assert sql.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with closing(sqlite3.connect(desk / "log.sqlite")) as connection:
        assert len(connection.execute("SELECT * FROM object_object").fetchall()) > 5
        assert broken_in(connection) == {}


def test_a_database_has_no_other_tables(sql: sqlite3.Connection) -> None:
    tables = {name for (name,) in sql.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for of in ("event", "object"):
        names = [name for (name,) in sql.execute(f"SELECT ocel_type_map FROM {of}_map_type")]
        assert all(name.isidentifier() or name[0].isdigit() for name in names)
        tables -= {f"{of}_{name}" for name in names}
    assert tables == {"event", "object", "event_object", "object_object", "event_map_type", "object_map_type"}


def _again(table: str, columns: str) -> str:
    """The same table, told otherwise."""
    return f"""
        CREATE TABLE again AS SELECT * FROM {table}; DROP TABLE {table};
        CREATE TABLE {table} ({columns});
        INSERT INTO {table} SELECT * FROM again; DROP TABLE again;
    """


BREAKS = {
    "6.1 the type is the key of its map": _again("event_map_type", "ocel_type TEXT, ocel_type_map TEXT"),
    "6.1 no two types have one table": "INSERT INTO object_map_type VALUES ('store', 'Shop')",
    "6.2 the identifier is the key": _again(
        "event", "ocel_id TEXT, ocel_type TEXT REFERENCES event_map_type (ocel_type)"
    ),
    "6.2 the type is in the map": _again("object", "ocel_id TEXT PRIMARY KEY, ocel_type TEXT"),
    "6.3 and 6.4 every type has a table": "INSERT INTO event_map_type VALUES ('sing', 'sing')",
    "6.3 an event has a key and a time": "UPDATE event_take SET ocel_time = '08:00'",
    "6.4 an object has a time and what changed": "UPDATE object_person SET ocel_time = 'ever'",
    "6.4 initial values are of 1970, and only they": (
        "UPDATE object_shop SET ocel_time = '2026-03-02 08:00:00+00:00' WHERE ocel_changed_field IS NULL"
    ),
    "6.4 what changed is a column": "UPDATE object_shop SET ocel_changed_field = 'size' WHERE ocel_changed_field > ''",
    "6.5 event_object": _again("event_object", "ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT"),
    "6.6 object_object": _again("object_object", "ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT"),
    "6.7 tables of types refer to the general ones": (
        "CREATE TABLE again AS SELECT * FROM event_take; DROP TABLE event_take; CREATE TABLE event_take "
        "(ocel_id TEXT PRIMARY KEY, ocel_time TIMESTAMP); INSERT INTO event_take SELECT ocel_id, ocel_time FROM again"
    ),
    "6.7 each is in the table of its type": "DELETE FROM event_take",
    "6.7 foreign keys hold": "INSERT INTO object_object VALUES ('person:nobody', 'person:wang', 'knows')",
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_tells_of_a_database_that_breaks_it(sql: sqlite3.Connection, rule: str) -> None:
    with closing(sqlite3.connect(":memory:")) as broken:
        sql.backup(broken)
        broken.executescript(BREAKS[rule])
        assert list(RULES[rule](broken))


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
