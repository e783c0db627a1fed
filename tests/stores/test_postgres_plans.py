"""What every event asks for is found by a key, also by a plan that was made while there was next to nothing to find."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import pairwise

import psycopg
import pytest

from postgres import Schemas
from svcflow.stores import postgres_batch, postgres_sql
from svcflow.stores.open import open_store
from svcflow.stores.postgres_server import SETTINGS
from svcflow.testing.store_samples import event, opening, write

EVERY_EVENT = {
    "FAMILY": {"svcflow_case_pkey": 2, "svcflow_case_root": 2, "svcflow_journal_key": 3, "svcflow_private_pkey": 2},
    "WRITE": {
        "svcflow_case_pkey": 2,
        "svcflow_journal_pkey": 3,
        "svcflow_timer_pkey": 2,
        "svcflow_archived_pkey": 2,
        "svcflow_archived_opening": 2,
    },
    "WRITE_MANY": {
        "svcflow_case_pkey": 2,
        "svcflow_journal_pkey": 3,
        "svcflow_timer_pkey": 3,
        "svcflow_archived_pkey": 2,
        "svcflow_archived_opening": 2,
    },
    "LOAD": {"svcflow_case_pkey": 2, "svcflow_private_pkey": 2},
    "HEADS": {"svcflow_case_pkey": 2},
    "FAMILIES": {"svcflow_case_pkey": 2, "svcflow_case_root": 2, "svcflow_journal_key": 3, "svcflow_private_pkey": 2},
    "KNOWN": {"svcflow_journal_key": 3},
    "KNOWN_OPENING": {"svcflow_case_opening": 2, "svcflow_archived_opening": 2},
    "DELIVERED": {"svcflow_outbox_pkey": 2},
    "FAILED": {"svcflow_outbox_pkey": 2},
}
MANY = frozenset({"HEADS", "FAMILIES", "WRITE_MANY"})


@pytest.mark.parametrize("rows", [0, 3, 300])
def test_a_plan_that_is_kept_goes_by_keys_however_few_rows_there_were_when_it_was_made(
    postgres: Schemas, rows: int
) -> None:
    url = postgres.make()
    with closing(open_store(url)) as store:
        for number in range(rows):
            write(store, event(write(store, opening(f"c{number}", key="k")), hooks=["notify"]))
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        if rows:
            connection.execute("ANALYZE")
        connection.execute(SETTINGS, ("1000",))
        connection.execute("SET plan_cache_mode = force_generic_plan")
        for name, indexes in EVERY_EVENT.items():
            found = plan(connection, name)
            assert found.keys() == indexes.keys(), name
            assert all(found[index] >= columns for index, columns in indexes.items()), name


def plan(connection: psycopg.Connection, name: str) -> dict[str, int]:
    """Which indexes the kept plan of a statement goes by, and how many columns of each it compares."""
    statement = getattr(postgres_batch if name in MANY else postgres_sql, name)
    parameters = list(dict.fromkeys(re.findall(r"%\(\w+\)s", statement))) or ["%s"] * statement.count("%s")
    for number, parameter in enumerate(parameters, start=1):
        statement = statement.replace(parameter, f"${number}", 1 if parameter == "%s" else -1)
    connection.execute(f"PREPARE {name} AS {statement}".encode())
    asked = f"EXPLAIN EXECUTE {name} ({', '.join(['NULL'] * len(parameters))})"
    lines = [str(line) for (line,) in connection.execute(asked.encode())]
    assert not [line for line in lines if "Seq Scan" in line]
    found = {}
    for line, following in pairwise(lines):
        if index := re.search(r"Scan using (\w+)", line):
            found[index[1]] = following.count(" = ")
    return found


LOADED = """
INSERT INTO svcflow_case (tenant, id, process, version, status, state, seq, opened_at, moved_at, due, root, head, body)
SELECT '', 'c' || n, 'repair', 1, 'open', 'new', 1, now(), now(), now(), 'c' || n, 'h', '{}'
FROM generate_series(1, 2000) AS n
"""
ARMED = """
INSERT INTO svcflow_timer (tenant, case_id, name, generation, due, next_at)
SELECT '', 'c' || n, 't' || m, 1, now() + make_interval(secs => n * m), now() + make_interval(secs => n * m)
FROM generate_series(1, 2000) AS n, generate_series(1, 5) AS m
"""
CALLED = """
INSERT INTO svcflow_outbox (tenant, case_id, key, hook, next_at, body)
SELECT '', 'c' || n, 'k' || n, 'notify', now() + make_interval(secs => n), '{}' FROM generate_series(1, 2000) AS n
"""
EVERY_ROUND: Mapping[str, tuple[set[str], Sequence[object] | Mapping[str, object]]] = {
    "DUE_TIMERS": ({"svcflow_timer_next", "svcflow_timer_pkey", "svcflow_case_pkey"}, ("2020-01-01", 100)),
    "NEXT_TIMER": ({"svcflow_timer_next", "svcflow_timer_parked"}, ()),
    "NEXT_CALL": ({"svcflow_outbox_next", "svcflow_outbox_pkey"}, ()),
    "CLAIM": (
        {"svcflow_outbox_next", "svcflow_outbox_pkey"},
        {"now": "2020-01-01", "until": "2020-01-02", "any_hook": True, "hooks": ["*"], "limit": 100, "claim": "x"},
    ),
}


def test_an_idle_round_looks_at_the_first_of_many_timers_and_calls(postgres: Schemas) -> None:
    url = postgres.make()
    open_store(url).close()
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        for statement in (LOADED, ARMED, CALLED, "ANALYZE"):
            connection.execute(statement.encode())
        connection.execute(SETTINGS, ("1000",))
        for name, (indexes, asked) in EVERY_ROUND.items():
            text = f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {getattr(postgres_sql, name)}"
            lines = [str(line) for (line,) in connection.execute(text.encode(), asked, prepare=False)]
            first = next(line for line in lines if re.search(r"Scan using svcflow_(timer|outbox)_next", line))
            read = re.search(r"rows=(\d+)", first)
            assert {found[1] for line in lines if (found := re.search(r"Scan using (\w+)", line))} == indexes, name
            assert read is not None, name
            assert int(read[1]) <= 1, name
