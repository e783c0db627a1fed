"""Cases are remembered with the texts of their rows, and count for nothing but these very texts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

import pytest
from attrs import evolve

from stores import look
from svcflow.core.case import Case
from svcflow.errors import StoreError
from svcflow.stores.sqlite import SqliteStore
from svcflow.stores.sqlite_file import SqliteFile
from svcflow.testing.store_samples import PHONE, event, full_case, full_clock, opening, write

PRIVATE = ("phone",)


def test_what_was_written_is_not_taken_apart_to_be_read(store: SqliteStore) -> None:
    case = write(store, full_case(), private=PRIVATE)
    assert store.load("", case.id) is case
    assert store.family("", case.id)[0][0] is case


def test_what_was_read_is_not_taken_apart_twice(store: SqliteStore, path: Path) -> None:
    written = write(store, full_case(), private=PRIVATE)
    with closing(SqliteStore(SqliteFile(str(path), "NORMAL"))) as other:
        first = other.load("", written.id)
        assert first == written
        assert first is not written
        assert other.load("", written.id) is first


def test_what_another_process_writes_is_seen(store: SqliteStore, path: Path) -> None:
    case = write(store, opening("c1", fields={"phone": PHONE}), private=PRIVATE)
    with closing(SqliteStore(SqliteFile(str(path), "NORMAL"))) as other:
        case = write(other, event(case, sent={"phone": "110"}), private=PRIVATE)
    assert store.load("", "c1") == case


@pytest.mark.parametrize(
    ("statement", "phone"),
    [
        ("UPDATE svcflow_private SET value = '\"110\"'", "110"),
        ("DELETE FROM svcflow_private", None),
    ],
)
def test_a_private_value_is_what_the_database_has_now(
    store: SqliteStore, path: Path, statement: str, phone: str | None
) -> None:
    write(store, opening("c1", fields={"phone": PHONE}), private=PRIVATE)
    look.run(path, statement)
    found = store.load("", "c1")
    assert found is not None
    assert found.fields.get("phone") == phone


@pytest.mark.parametrize("table", ["svcflow_case SET body", "svcflow_case SET private", "svcflow_private SET value"])
def test_a_row_that_somebody_else_has_written_is_one_clear_error(store: SqliteStore, path: Path, table: str) -> None:
    write(store, opening("c1", fields={"phone": PHONE}), private=PRIVATE)
    look.run(path, f"UPDATE {table} = '[nonsense'")
    with pytest.raises(StoreError, match="'c1' cannot be read"):
        store.load("", "c1")


def test_finished_cycles_are_read_as_they_were_however_they_came(store: SqliteStore, path: Path) -> None:
    one, two, three = (evolve(full_clock(), cycle=number) for number in (1, 2, 3))
    case = write(store, opening("c1"))
    for cycles in ((one,), (one, two), (one, two), (three,), (three, two, one), ()):
        case = write(store, event(case, cycles=cycles))
        with closing(SqliteStore(SqliteFile(str(path), "NORMAL"))) as other:
            assert other.load("", "c1") == case


def test_clocks_are_read_as_they_were_whichever_of_them_an_event_changed(store: SqliteStore, path: Path) -> None:
    one, two = full_clock(), evolve(full_clock(), cycle=2)
    case = write(store, opening("c"))
    for clocks in ({"a": one}, {"a": one, "b": one}, {"a": two, "b": one}, {'"': one, "a": two}, {"b": two}, {}):
        case = write(store, event(case, clocks=MappingProxyType(clocks)))
        with closing(SqliteStore(SqliteFile(str(path), "NORMAL"))) as other:
            assert other.load("", "c") == case


def test_a_call_keeps_its_own_values_and_names(store: SqliteStore) -> None:
    """Its text is mostly that of the case's fields, and must not be where names or values differ."""
    case = write(store, opening("c1", fields={"owner": "li", "fault": "noise"}))
    noted: list[dict[str, object]] = [
        {"owner": "li", "fault": "noise"},
        {"fault": "noise", "owner": "li"},
        {"helper": "li", "fault": "noise"},
        {"owner": "wu", "fault": "noise"},
        {"owner": "li"},
    ]
    decision = event(case, hooks=["notify"] * len(noted))
    calls = tuple(evolve(call, fields=fields) for call, fields in zip(decision.calls, noted, strict=True))
    write(store, evolve(decision, calls=calls))
    assert [dict(one.call.fields) for one in store.deliveries("")] == noted


def test_no_more_are_remembered_than_was_said(path: Path) -> None:
    with closing(SqliteStore(SqliteFile(str(path), "NORMAL"), remembered=3)) as store:
        cases = [write(store, opening(f"c{number}")) for number in range(8)]
        kept: Callable[[Case], bool] = lambda case: store.load("", case.id) is case  # noqa: E731 - one line
        assert 1 <= sum(kept(case) for case in cases[-3:]) <= 3
        assert [store.load("", case.id) for case in cases] == cases
        assert len(store._snapshots._known) <= 3
