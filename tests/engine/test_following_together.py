"""What a host makes of the journal in its own transaction is there once, with the position, or not at all."""

from __future__ import annotations

import gc
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from engine.follower import open_, ready, told
from svcflow.engine import Engine


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new store of each kind that a host shares."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres").make())
    return f"sqlite:///{tmp_path}/cases.db"


def host_of(url: str) -> Any:  # noqa: ANN401 - either driver's connection
    if url.startswith("sqlite"):
        return sqlite3.connect(url.removeprefix("sqlite:///"))
    return psycopg.connect(url)


def test_with_connection_the_position_is_committed_with_the_hosts_rows_or_not_at_all(engine: Engine, url: str) -> None:
    for number in range(3):
        open_(engine, f"c{number}")
    ready(engine, 3)
    with closing(host_of(url)) as host:
        host.execute("CREATE TABLE model (told text)")
        host.commit()

        def take(limit: int) -> list[str]:
            found: list[str] = []
            for batch in engine.follow("model", limit=limit, connection=host):
                for one in told(batch):
                    host.execute(f"INSERT INTO model VALUES ('{one}')")
                    found.append(one)
            return found

        assert take(2) == ["c0/1", "c1/1"]
        host.rollback()
        assert take(2) == ["c0/1", "c1/1"]
        host.commit()
        assert take(2) == ["c2/1"]
        host.commit()
        assert take(2) == []
        host.commit()
        assert sorted(host.execute("SELECT told FROM model").fetchall()) == [("c0/1",), ("c1/1",), ("c2/1",)]


def test_with_connection_another_follower_waits_for_the_transaction_and_not_for_a_lease(
    engine: Engine, url: str
) -> None:
    open_(engine, "a")
    ready(engine, 1)
    with closing(host_of(url)) as host:
        (batch,) = engine.follow("model", connection=host)
        host.rollback()
        assert [told(one) for one in engine.follow("model")] == [told(batch)]


def test_a_loop_left_behind_touches_the_hosts_connection_no_more(engine: Engine, url: str) -> None:
    open_(engine, "a")
    ready(engine, 1)
    with closing(host_of(url)) as host:
        left = engine.follow("model", connection=host)
        next(left)
        host.commit()
        del left
        gc.collect()
        at_rest = psycopg.pq.TransactionStatus.IDLE
        assert not host.in_transaction if url.startswith("sqlite") else host.info.transaction_status == at_rest
