"""A store that an earlier version left opens, and everything in it goes on as if today's version had written it."""

from __future__ import annotations

from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from engine.desk import FILES, MONDAY
from stores import look, past
from stores.past import everything, go_on, play, started
from svcflow.clocks import ManualClock
from svcflow.stores.schema import migrations

SEEN = [(database, seen) for database in ("sqlite", "postgres") for seen in range(1, len(migrations(database)) + 1)]


@pytest.fixture
def processes(tmp_path: Path) -> Path:
    folder = tmp_path / "processes"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(params=SEEN, ids=lambda seen: f"{seen[0]}-{seen[1]}")
def old(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, int]:
    """The URL of a store with the tables of so many migrations, and rows from then or from so many before."""
    database, seen = request.param
    number, _ = past.kept(database, seen)
    if database == "postgres":
        url = str(request.getfixturevalue("postgres").make())
        past.build_postgres(url, seen)
        return url, number
    past.build_sqlite(tmp_path / "old.db", seen)
    return f"sqlite:///{tmp_path}/old.db", number


def test_everything_in_it_is_what_todays_version_makes_of_the_same_and_goes_on_alike(
    old: tuple[str, int], processes: Path, tmp_path: Path
) -> None:
    fresh, (given, number) = f"sqlite:///{tmp_path}/fresh.db", old
    play(fresh, processes, number)
    told = []
    for url in (given, fresh):
        clock = ManualClock(MONDAY + timedelta(hours=3))
        with started(url, clock) as engine:
            before = list(everything(engine))
            assert all(not engine.verify(tenant=tenant).broken for tenant in past.TENANTS)
            go_on(engine, clock)
            assert all(not engine.verify(tenant=tenant).broken for tenant in past.TENANTS)
            told.append((before, list(everything(engine))))
    assert told[0] == told[1]


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_migrations_are_numbered_without_gaps_or_doubles(database: str) -> None:
    folder = files("svcflow.stores") / "migrations" / database
    numbers = sorted(int(entry.name.split("_")[0]) for entry in folder.iterdir() if entry.name.endswith(".sql"))
    assert numbers == list(range(1, len(migrations(database)) + 1))


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_every_table_of_then_has_rows_to_lose(database: str, tmp_path: Path) -> None:
    number, rows = past.kept(database, len(migrations(database)))
    past.build_sqlite(tmp_path / "old.db", number)
    assert [table for table in look.rows(tmp_path / "old.db") if f'INSERT INTO "{table}"' not in rows] == []
