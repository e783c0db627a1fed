"""Logs read by other means than svcflow's: what stands in them, as plain values to compare."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from svcflow.core.decision import JournalEntry

XES = "{http://www.xes-standard.org/}"
XES_KINDS = {"string", "date", "int", "float", "boolean"}
NCNAME = re.compile(r"[^\W\d][\w.-]*")
NAME = re.compile(r"[^\W\d][\w.:-]*")
"""What the schema of IEEE 1849 takes for names of extensions and classifiers, and for keys."""


class Told(NamedTuple):
    """An event as every format tells it; values are texts, empty where a field was emptied."""

    case: str
    seq: int
    name: str
    at: datetime
    person: str
    values: frozenset[tuple[str, str]]


def meant(case: str, entries: Iterable[JournalEntry], hidden: frozenset[str] = frozenset()) -> list[Told]:
    """What a log should tell of a journal."""
    return [
        Told(case, one.seq, one.name, one.at, one.actor.id, _values({**one.fields, **one.changes}, hidden))
        for one in entries
    ]


def _values(given: Mapping[str, Any], hidden: frozenset[str]) -> frozenset[tuple[str, str]]:
    return frozenset((name, as_text(value)) for name, value in given.items() if name not in hidden)


def as_text(value: Any) -> str:  # noqa: ANN401 - whatever a field holds
    """A value as the page says that it stands in a log."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)


def without_empty(events: Iterable[Told]) -> list[Told]:
    """The same where a format does not say that a field was emptied."""
    return [one._replace(values=frozenset(pair for pair in one.values if pair[1])) for one in events]


def _text(path: Path) -> io.StringIO:
    raw = path.read_bytes()
    return io.StringIO((gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8"), newline="")


def table(path: Path) -> list[dict[str, str]]:
    """The rows of a table."""
    return list(csv.DictReader(_text(path), strict=True))


def from_csv(path: Path) -> list[Told]:
    """The events of a table; it does not say which fields were emptied."""
    return [
        Told(
            row["case"], int(row["seq"]), row["activity"], datetime.fromisoformat(row["time"]), row["actor"],
            frozenset((name[6:], cell) for name, cell in row.items() if name.startswith("field.") and cell),
        )
        for row in table(path)
    ]  # fmt: skip


def traces(path: Path) -> Iterator[tuple[dict[str, str], list[dict[str, str]]]]:
    """Attributes of each trace and of its events, after a look at what XES demands."""
    root = ET.fromstring(_text(path).read())
    assert root.tag == f"{XES}log"
    _ordered(root, ("extension", "global", "classifier", "", "trace"))
    float(root.attrib["xes.version"])
    for one in (*root.iter(f"{XES}extension"), *root.iter(f"{XES}classifier")):
        assert NCNAME.fullmatch(one.attrib["name"])
    prefixes = {one.attrib["prefix"] for one in root.iter(f"{XES}extension")}
    always = {one.attrib["scope"]: {inner.attrib["key"] for inner in one} for one in root.iter(f"{XES}global")}
    for classifier in root.iter(f"{XES}classifier"):
        assert set(classifier.attrib["keys"].split()) <= always["event"]
    for trace in root.iter(f"{XES}trace"):
        _ordered(trace, ("", "event"))
        events = [_attributes(event) for event in trace.iter(f"{XES}event")]
        about = _attributes(one for one in trace if one.tag != f"{XES}event")
        assert always["trace"] <= about.keys()
        for event in events:
            assert always["event"] <= event.keys()
            assert {key.partition(":")[0] for key in event if ":" in key} <= prefixes
        yield about, events


def _ordered(element: ET.Element, names: Sequence[str]) -> None:
    """The parts of an element stand in this order; "" are its attributes."""
    places = [one.tag.removeprefix(XES) for one in element]
    assert places == sorted(places, key=lambda name: names.index("" if name in XES_KINDS else name))


def _attributes(elements: Iterable[ET.Element]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in elements:
        kind, key, value = one.tag.removeprefix(XES), one.attrib["key"], one.attrib["value"]
        assert kind in XES_KINDS
        assert NAME.fullmatch(key)
        assert key not in found
        if kind == "date":
            assert datetime.fromisoformat(value).tzinfo is not None
        if kind == "int":
            assert -(2**63) <= int(value) < 2**63
        if kind == "float":
            assert isfinite(float(value))
        if kind == "boolean":
            assert value in {"true", "false"}
        found[key] = value
    return found


def from_xes(path: Path) -> list[Told]:
    """The events of a log in XES."""
    return [
        Told(
            about["concept:name"], int(event["seq"]), event["concept:name"],
            datetime.fromisoformat(event["time:timestamp"]), event["org:resource"],
            frozenset((key[6:], value) for key, value in event.items() if key.startswith("field.")),
        )
        for about, events in traces(path)
        for event in events
    ]  # fmt: skip


def from_json(data: Mapping[str, Any]) -> list[Told]:
    """The events of an object-centric log in JSON."""
    found = []
    for event in data["events"]:
        known = {one["name"]: one["value"] for one in event["attributes"]}
        (case,) = (one["objectId"][5:] for one in event["relationships"] if one["qualifier"] == "case")
        persons = [one["objectId"][7:] for one in event["relationships"] if one["qualifier"] == "actor"]
        values = frozenset((_plain(name), value) for name, value in known.items() if name.startswith("field."))
        at = datetime.fromisoformat(event["time"])
        found.append(Told(case, int(known["seq"]), event["type"], at, (persons or ["system"])[0], values))
    return found


def from_sqlite(path: Path) -> list[Told]:
    """The events of an object-centric log in SQLite."""
    found = []
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        about = "SELECT ocel_object_id AS id FROM event_object WHERE ocel_event_id = ? AND ocel_qualifier = ?"
        asked = "SELECT * FROM event JOIN event_map_type USING (ocel_type) ORDER BY event.rowid"
        for event in connection.execute(asked):
            name = event["ocel_type_map"]
            row = connection.execute(f'SELECT * FROM "event_{name}" WHERE ocel_id = ?', (event["ocel_id"],)).fetchone()
            case = connection.execute(about, (event["ocel_id"], "case")).fetchone()["id"]
            person = connection.execute(about, (event["ocel_id"], "actor")).fetchone()
            known = dict(zip(row.keys(), row, strict=True))
            filled = ((key, value) for key, value in known.items() if key.startswith("field.") and value is not None)
            values = frozenset((_plain(key), str(value)) for key, value in filled)
            at = datetime.fromisoformat(row["ocel_time"])
            who = "system" if person is None else person["id"][7:]
            found.append(Told(case[5:], row["seq"], event["ocel_type"], at, who, values))
    return found


def _plain(name: str) -> str:
    return name[6:].partition(" (")[0]
