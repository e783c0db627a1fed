"""What every event asks for is found by a key, also by a plan that was made while there was next to nothing to find."""

from __future__ import annotations

import re
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
    "LOAD": {"svcflow_case_pkey": 2, "svcflow_private_pkey": 2},
    "HEADS": {"svcflow_case_pkey": 2},
    "FAMILIES": {"svcflow_case_pkey": 2, "svcflow_case_root": 2, "svcflow_journal_key": 3, "svcflow_private_pkey": 2},
    "KNOWN": {"svcflow_journal_key": 3},
    "KNOWN_OPENING": {"svcflow_case_opening": 2, "svcflow_archived_opening": 2},
    "DELIVERED": {"svcflow_outbox_pkey": 2},
    "FAILED": {"svcflow_outbox_pkey": 2},
}
MANY = frozenset({"HEADS", "FAMILIES"})


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
