"""R7 and R8: what a store says can be checked."""

import sqlite3
from pathlib import Path

import pytest

from engine.desk import KIM, LI, ORDER
from svcflow.clocks import ManualClock
from svcflow.engine import Engine
from svcflow.errors import StoreError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "service.db"


def filled(path: Path, clock: ManualClock, files: Path) -> tuple[Engine, str]:
    engine = Engine(f"sqlite:///{path}", clock=clock)
    engine.publish(files / "desk.yaml")
    case = engine.open("desk", ORDER, actor=LI)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    engine.send(case.id, "need", {"parts": ["panel"]}, actor=KIM)
    engine.open("desk", ORDER, actor=LI)
    return engine, case.id


def test_a_store_that_nobody_touched_is_whole(path: Path, clock: ManualClock, files: Path) -> None:
    engine, case = filled(path, clock, files)
    assert (engine.verify().cases, engine.verify().entries, engine.verify().broken) == (2, 4, ())
    assert (engine.verify(case).cases, engine.verify(case).entries) == (1, 3)


@pytest.mark.requirement("R101", "R107", "R197")
@pytest.mark.parametrize(
    ("statement", "seq", "why"),
    [
        ("UPDATE svcflow_journal SET entry = replace(entry, 'kim', 'tom') WHERE seq = 2", 2, "was changed"),
        ("UPDATE svcflow_journal SET entry = '{' WHERE seq = 2", 2, "cannot be read"),
        ("DELETE FROM svcflow_journal WHERE seq = 2", 2, "missing"),
        ("DELETE FROM svcflow_journal WHERE seq = 3", 3, "missing at the end"),
        ("UPDATE svcflow_case SET body = replace(body, 'kim', 'tom')", 3, "not what its journal makes of it"),
    ],
    ids=["an entry", "an entry unreadable", "an entry gone", "the last entry gone", "the case"],
)
def test_what_somebody_changed_by_hand_is_found(
    path: Path, clock: ManualClock, files: Path, statement: str, seq: int, why: str
) -> None:
    engine, case = filled(path, clock, files)
    with sqlite3.connect(path) as database:
        database.execute(statement)
    (broken,) = engine.verify().broken
    assert (broken.case_id, broken.seq) == (case, seq)
    assert why in broken.why


def test_erased_private_values_leave_the_chain_whole(path: Path, clock: ManualClock, files: Path) -> None:
    engine, case = filled(path, clock, files)
    with sqlite3.connect(path) as database:
        database.execute("DELETE FROM svcflow_private")
    assert engine.verify().broken == ()
    assert "phone" not in engine.case(case).fields
    assert engine.send(case, "done", {"result": "new panel"}, actor=KIM).state == "confirm"
    assert engine.verify().broken == ()


@pytest.mark.requirement("R215")
def test_a_process_whose_stored_text_was_changed_is_not_run(path: Path, clock: ManualClock, files: Path) -> None:
    engine, case = filled(path, clock, files)
    engine.close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE svcflow_process SET sources = replace(sources, 'limit: 2h', 'limit: 9h')")
    with Engine(f"sqlite:///{path}", clock=clock) as again, pytest.raises(StoreError, match="not what was published"):
        again.send(case, "done", {"result": "x"}, actor=KIM)
