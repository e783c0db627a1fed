"""What a worker asks of SQLite in every round is found by an index, in order, without sorting."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from svcflow.stores import sqlite_batch, sqlite_sql
from svcflow.stores.sqlite import SqliteStore

ROUND = {
    "DUE_TIMERS": "svcflow_timer_next",
    "NEXT_TIMER": "svcflow_timer_next",
    "FREE_CALLS": "svcflow_outbox_next",
    "NEXT_CALL": "svcflow_outbox_next",
}


def plan(path: Path, statement: str) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        asked: object = dict.fromkeys(re.findall(r":(\w+)", statement)) or (None,) * statement.count("?")
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", asked)]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ROUND)
def test_a_round_reads_timers_and_calls_in_the_order_of_an_index(store: SqliteStore, path: Path, name: str) -> None:
    lines = plan(path, getattr(sqlite_sql, name))
    assert f"USING INDEX {ROUND[name]}" in lines[0].replace("COVERING INDEX", "INDEX")
    assert not [line for line in lines if "TEMP B-TREE" in line]


@pytest.mark.usefixtures("store")
def test_many_families_are_found_by_keys(path: Path) -> None:
    lines = plan(path, sqlite_batch.FAMILIES)
    assert not [line for line in lines if re.match(r"SCAN (one|known|kept)\b", line)]
