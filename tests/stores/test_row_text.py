"""Rows are the same data whoever writes their JSON, and what is hashed is the same text."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcflow.core.json_text import Write
from svcflow.stores.row_text import by_orjson, by_python

orjson = pytest.importorskip("orjson")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(texts, inner, max_size=3),
        st.dictionaries(texts, inner, max_size=3).map(MappingProxyType),
    ),
    max_leaves=12,
)


def data(value: object) -> object:
    """What JSON can say of it."""
    if isinstance(value, (list, tuple)):
        return [data(item) for item in value]
    if isinstance(value, (dict, MappingProxyType)):
        return {key: data(item) for key, item in value.items()}
    return value


@given(values)
def test_what_one_of_them_writes_every_reader_reads(value: object) -> None:
    write, read = by_orjson()
    for text in (write(value), by_python(value)):
        assert read(text) == json.loads(text) == data(value)


def outcome(write: Write, value: object) -> str | type[Exception]:
    try:
        return write(value)
    except (TypeError, ValueError) as error:
        return type(error)


@pytest.mark.parametrize("value", [2**80, {"half": "\ud800"}, Decimal("1.5"), {1, 2}, b"raw"], ids=repr)
def test_what_orjson_does_not_write_is_written_or_refused_as_by_python(value: object) -> None:
    asked = [value, {"inside": value}]
    assert [outcome(by_orjson()[0], one) for one in asked] == [outcome(by_python, one) for one in asked]


WITHOUT = "import sys; sys.modules['orjson'] = None"
PROGRAM = """
from datetime import UTC, datetime
from svcflow import Actor, Engine, catalog
from svcflow.stores import row_text
import json, sys

path, *events = sys.argv[1:]
at = datetime(2026, 3, 2, 2, tzinfo=UTC)
ann, kim = Actor("ann", roles={"agent"}), Actor("kim", roles={"engineer"})
known = {"product": "X1", "contract": "gold", "warranty": "in_warranty", "priority": "P3", "owner": "kim"}
with Engine(f"sqlite:///{path}") as engine:
    for event in events:
        if event == "open":
            engine.publish(catalog.path("service_ticket.yaml"))
            order = {"customer": "acme", "phone": "+86 139 5550 0100", "fault": "\\u6ca1\\u6709\\u753b\\u9762"}
            engine.open("service_ticket", order, actor=ann, id="one", at=at)
        elif event == "accept":
            engine.send("one", event, known, actor=ann, key=event, at=at)
        else:
            engine.send("one", event, {"diagnosis": "power supply"}, actor=kim, key=event, at=at)
    assert not engine.verify().broken
    entries = engine.store.journal("", "one")
    told = [row_text.dump is row_text.by_python, engine.case("one").state, [entry.hash for entry in entries]]
print(json.dumps(told))
"""


def run(path: Path, *events: str, orjson_there: bool) -> tuple[bool, str, list[str]]:
    """Whether Python's own encoder wrote, where the case stands, and the hashes of its entries."""
    program = PROGRAM if orjson_there else f"{WITHOUT}\n{PROGRAM}"
    done = subprocess.run(
        [sys.executable, "-c", program, str(path), *events], capture_output=True, text=True, check=True, env=os.environ
    )
    by_python_alone, state, hashes = json.loads(done.stdout)
    return by_python_alone, state, hashes


@pytest.mark.parametrize("first", [True, False], ids=["written by orjson", "written by Python"])
def test_a_case_goes_on_where_the_other_one_is_installed(tmp_path: Path, *, first: bool) -> None:
    before = run(tmp_path / "cases.db", "open", "accept", orjson_there=first)
    after = run(tmp_path / "cases.db", "send_someone", orjson_there=not first)
    assert (before[0], after[0]) == (not first, first)
    assert after[1] != before[1]
    assert after[2][: len(before[2])] == before[2]
