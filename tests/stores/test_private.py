"""Private values stand in one table of the file, and erasing them there erases them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from stores import look
from svcflow.core import chain
from svcflow.stores.base import Change
from svcflow.stores.sqlite import SqliteStore
from svcflow.testing.store_samples import PHONE, at, event, full_case, opening, timer, write

PRIVATE = ("phone",)


def busy(store: SqliteStore) -> None:
    """A case whose private field is sent, written, called with, failed with, carried to another version."""
    case = write(store, opening("c1", fields={"phone": PHONE, "owner": "li"}), private=PRIVATE, opening_key="k")
    case = write(store, event(case, sent={"phone": PHONE + "1"}, written={"phone": PHONE + "2"}), private=PRIVATE)
    write(store, event(case, hooks=["notify", "order"], timers={"t": timer("t", due=0)}), private=PRIVATE)
    (call,) = store.claim(at(60), timedelta(minutes=1), 9, ["*"])
    store.failed(call, "boom", retry_at=call.call.at, dead=True)
    store.fail_timer(store.due(call.call.at, 1)[0], "boom", retry_at=call.call.at, park=True)
    write(store, full_case(), private=PRIVATE)


@pytest.mark.requirement("R240")
def test_a_private_value_stands_in_no_other_table(store: SqliteStore, path: Path) -> None:
    busy(store)
    tables = look.rows(path)
    private = tables.pop("svcflow_private")
    assert len(private) == 5
    assert [row["value"] for row in private if PHONE not in row["value"]] == ['"0"']
    assert len({row["salt"] for row in private}) == 5
    assert PHONE not in repr(tables)
    assert len(tables["svcflow_outbox"]) == 3


def test_an_erased_value_is_in_no_byte_of_the_file(store: SqliteStore, path: Path) -> None:
    busy(store)
    store.close()
    assert PHONE.encode() in path.read_bytes()
    look.run(path, "DELETE FROM svcflow_private")
    look.run(path, "VACUUM")
    assert PHONE.encode() not in path.read_bytes()
    assert [entry.name for entry in path.parent.iterdir()] == ["cases.db"]


def test_an_erased_value_is_absent_and_the_chain_stays_whole(store: SqliteStore, path: Path) -> None:
    busy(store)
    look.run(path, "DELETE FROM svcflow_private WHERE case_id = 'c1' AND field = 'phone'")
    case = store.load("", "c1")
    assert case is not None
    assert dict(case.fields) == {"owner": "li"}
    entries = store.journal("", "c1", private=True)
    assert entries[0].private.keys() == {"fields.phone"}
    assert chain.verify(entries) is None
    case = write(store, event(case, sent={"phone": "new"}), private=PRIVATE)
    assert store.load("", "c1") == case
    assert chain.verify(store.journal("", "c1", private=True)) is None


def test_a_private_value_that_was_changed_is_found(store: SqliteStore, path: Path) -> None:
    write(store, opening("c1", fields={"phone": PHONE}), private=PRIVATE)
    look.run(path, "UPDATE svcflow_private SET value = '\"110\"'")
    found = chain.verify(store.journal("", "c1", private=True))
    assert found == (1, "the private value of phone was changed after it was written")


def test_an_entry_that_was_changed_is_found(store: SqliteStore, path: Path) -> None:
    case = write(store, opening("c1", fields={"owner": "li"}))
    write(store, event(case))
    look.run(path, 'UPDATE svcflow_journal SET entry = replace(entry, \'"owner":"li"\', \'"owner":"wu"\')')
    assert chain.verify(store.journal("", "c1")) == (1, "it was changed after it was written")


def test_the_case_keeps_the_hash_of_its_last_entry(store: SqliteStore, path: Path) -> None:
    store.apply([Change(event(write(store, opening("c1"))))])
    tables = look.rows(path)
    last = tables["svcflow_journal"][-1]
    assert tables["svcflow_case"][0]["head"] == last["hash"] == store.journal("", "c1")[-1].hash
    assert json.loads(last["entry"])["seq"] == last["seq"] == 2
