"""Followed on SQLite: entries are numbered as they are written, whoever writes them, and found by their number."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from stores import look, past
from svcflow.stores import sqlite_feed
from svcflow.stores.archived import Archived
from svcflow.stores.followed import BEGINNING
from svcflow.stores.open import open_store
from svcflow.stores.sqlite import SqliteStore
from svcflow.testing.store_samples import NOON, at, event, opening, write

BEFORE = 2  # So many migrations there were before journals could be followed.


def said(store: SqliteStore, position: str) -> list[tuple[str, int]]:
    return [(one.case, one.entry.seq) for one in store.stretch("", position, 100).entries]


def test_an_entry_that_an_earlier_version_writes_is_followed_too(store: SqliteStore, path: Path) -> None:
    store.follow_from("", "crm", BEGINNING)
    write(store, opening("c1"))
    look.run(
        path,
        "INSERT INTO svcflow_journal (tenant, case_id, seq, key, content, hash, entry) "
        """SELECT tenant, case_id, 2, NULL, NULL, 'x', replace(entry, '"seq":1', '"seq":2') FROM svcflow_journal""",
    )
    assert said(store, "0") == [("c1", 1), ("c1", 2)]


def test_a_new_entry_comes_behind_all_that_was_handed_out_though_the_newest_were_archived(store: SqliteStore) -> None:
    write(store, opening("c1"))
    case = write(store, event(write(store, opening("c2")), status="done", ended_at=at(1)))
    store.follow_from("", "crm", BEGINNING)
    claim, position = store.take_turn("", "crm", NOON, timedelta(minutes=1)) or ("", "")
    reached = store.stretch("", position, 100).reached
    assert store.keep_turn("", "crm", claim, reached, None)
    store.remove(
        [
            Archived(
                "",
                case.id,
                case.process,
                case.version,
                case.status,
                "",
                case.opened_at,
                at(1),
                at(2),
                case.seq,
                "f",
                "d",
            )
        ]
    )
    assert said(store, position) == [("c1", 1)]
    write(store, opening("c3"))
    assert said(store, reached) == [("c3", 1)]


def test_what_an_earlier_version_wrote_is_followed_in_the_order_of_its_times(path: Path) -> None:
    past.build_sqlite(path, BEFORE)
    written = [json.loads(row["entry"]) for row in look.rows(path)["svcflow_journal"] if row["tenant"] == ""]
    in_order = sorted((entry["at"], entry["case"], entry["seq"]) for entry in written)
    with closing(open_store(f"sqlite:///{path}")) as store:
        assert isinstance(store, SqliteStore)
        assert said(store, "0") == [(case, seq) for _, case, seq in in_order]


def test_followers_go_by_an_index(store: SqliteStore, path: Path) -> None:
    write(store, opening("c1"))
    wanted = {"tenant": "", "after": "0", "limit": 1, "process": None, "since": "2026"}
    with closing(sqlite3.connect(path)) as connection:
        for statement, index in ((sqlite_feed.STRETCH, "svcflow_journal_order"), (sqlite_feed.PLACE, "case_moved")):
            plan = [str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", wanted)]
            assert any(index in step for step in plan), plan
            assert not any(step.startswith("SCAN svcflow") for step in plan), plan
