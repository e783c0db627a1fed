"""A disk that fills up while cases are opened, and a file of which a part is gone: one clear error, nothing halved."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from engine.desk import LI, MONDAY, ORDER, desk_process
from faults.fragile import rows
from svcflow import Engine, ManualClock
from svcflow.errors import StoreError
from svcflow.stores.sqlite import SqliteStore
from svcflow.stores.sqlite_file import SqliteFile

pytestmark = pytest.mark.chaos


class SmallDisk(SqliteFile):
    """A file on a disk that is full as long as a file `.full` stands beside it."""

    def connect(self) -> sqlite3.Connection:
        connection = super().connect()
        if Path(self.path).with_suffix(".full").exists():
            connection.execute("PRAGMA max_page_count = 1")  # Which SQLite takes as: no more than there are.
        return connection


def test_what_was_acknowledged_before_the_disk_was_full_is_there_and_nothing_else(tmp_path: Path) -> None:
    path, full = tmp_path / "cases.db", tmp_path / "cases.full"
    with Engine(SqliteStore(SmallDisk(str(path))), clock=ManualClock(MONDAY)) as engine:
        engine.publish(desk_process())
    full.touch()
    opened: list[str] = []
    with Engine(SqliteStore(SmallDisk(str(path))), clock=ManualClock(MONDAY)) as engine:
        with pytest.raises(StoreError, match="cannot grow: the disk is full"):
            open_many(engine, opened)
        assert opened
        assert [case.id for case in engine.cases()] == opened
        assert engine.verify().broken == ()
    full.unlink()
    with Engine(SqliteStore(SmallDisk(str(path))), clock=ManualClock(MONDAY)) as engine:
        number = len(opened)
        assert engine.open("desk", ORDER, actor=LI, id=f"T-{number:03}", key=f"{number}").seq == 1
        assert len(engine.cases()) == number + 1
        assert engine.verify().broken == ()


def open_many(engine: Engine, opened: list[str]) -> None:
    """Open cases until something gives way, and note each that was acknowledged."""
    for number in range(1000):
        case = engine.open("desk", ORDER, actor=LI, id=f"T-{number:03}", key=f"{number}")
        opened.append(case.id)


@pytest.mark.parametrize("part", [0.01, 0.3, 0.5, 0.9])
def test_a_file_of_which_a_part_is_gone_is_one_clear_error(tmp_path: Path, part: float) -> None:
    path = tmp_path / "cases.db"
    with Engine(f"sqlite:///{path}?synchronous=NORMAL", clock=ManualClock(MONDAY)) as engine:
        engine.publish(desk_process())
        for number in range(50):
            engine.open("desk", ORDER, actor=LI, id=f"T-{number}")
    before = rows(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(StoreError, match=r"is damaged|is not an SQLite database") as info:
        use(f"sqlite:///{path}?synchronous=NORMAL")
    assert str(path) in str(info.value)
    path.write_bytes(content)
    assert rows(path) == before


def use(url: str) -> None:
    """Look at everything and change every case."""
    with Engine(url, clock=ManualClock(MONDAY)) as engine:
        engine.verify()
        for number in range(50):
            engine.send(f"T-{number}", "assign", {"owner": "kim"}, actor=LI)
