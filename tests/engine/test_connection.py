"""connection=: the case moves exactly when the host's own rows do."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.desk import KIM, LI, ORDER, Contested
from svcflow.clocks import ManualClock
from svcflow.core.event import Event
from svcflow.engine import Engine
from svcflow.errors import CaseNotFound, ConflictError, KeyConflict, Refused, StoreError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "service.db"


@pytest.fixture
def engine(path: Path, clock: ManualClock, files: Path) -> Iterator[Engine]:
    with Engine(f"sqlite:///{path}", clock=clock) as made:
        made.publish(files / "desk.yaml", files / "visit.yaml")
        yield made


@pytest.fixture(params=["autocommit", "default"])
def host(request: pytest.FixtureRequest, engine: Engine, path: Path) -> Iterator[sqlite3.Connection]:
    """The host's own connection to the same database, with a table of its own."""
    connection = sqlite3.connect(path)
    if request.param == "autocommit":
        connection.isolation_level = None
    connection.row_factory = sqlite3.Row
    connection.execute("CREATE TABLE stock (part TEXT)")
    connection.commit()
    yield connection
    connection.close()


def begin(host: sqlite3.Connection) -> None:
    host.execute("BEGIN IMMEDIATE")
    host.execute("INSERT INTO stock VALUES ('panel')")


def stock(path: Path) -> int:
    with sqlite3.connect(path) as other:
        return int(other.execute("SELECT count(*) FROM stock").fetchone()[0])


def test_a_commit_keeps_both(engine: Engine, host: sqlite3.Connection, path: Path) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    begin(host)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, connection=host)
    assert (engine.case(case.id).state, engine.case(case.id, connection=host).state) == ("received", "repair")
    host.commit()
    assert (engine.case(case.id).state, stock(path)) == ("repair", 1)
    assert engine.verify().broken == ()


def test_a_rollback_takes_both_away_and_calls_no_hook(engine: Engine, host: sqlite3.Connection, path: Path) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    engine.hook("*")(lambda call: None)
    engine.tick()
    begin(host)
    opened = engine.open("desk", ORDER, actor=LI, key="web-1", connection=host)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, key="web-2", connection=host)
    engine.send(case.id, "need", {"parts": ["panel"]}, actor=KIM, connection=host)
    engine.note(case.id, "rang", actor=LI, connection=host)
    host.rollback()
    assert (engine.case(case.id).state, stock(path), engine.outbox()) == ("received", 0, ())
    with pytest.raises(CaseNotFound):
        engine.case(opened.id)
    assert engine.send(case.id, "drop", actor=LI, key="web-2").state == "dropped"
    assert engine.open("desk", ORDER | {"fault": "x"}, actor=LI, key="web-1").state == "received"


def test_every_call_sees_what_the_host_has_not_committed(engine: Engine, host: sqlite3.Connection) -> None:
    begin(host)
    case = engine.open("desk", ORDER, actor=LI, key="web-1", connection=host)
    assert engine.open("desk", ORDER, actor=LI, key="web-1", connection=host) == case
    with pytest.raises(KeyConflict):
        engine.open("desk", ORDER | {"fault": "x"}, actor=LI, key="web-1", connection=host)
    assert engine.case(case.id, connection=host) == case
    assert engine.menu(case.id, actor=LI, connection=host) != ()
    assert len(engine.journal(case.id, connection=host)) == 1
    assert len(engine.clocks(case.id, connection=host)) == 2
    assert engine.cases(connection=host) == engine.worklist(LI, connection=host) == (case,)
    assert engine.verify(connection=host).cases == 1
    moved = engine.send_many([(case.id, Event("assign", {"owner": "kim"}, LI))], connection=host)
    assert engine.case(case.id, connection=host) == moved[0]
    assert not hasattr(engine.preview(case.id, "done", {"result": "x"}, actor=KIM, connection=host), "code")
    assert engine.cases() == ()
    host.rollback()


def test_a_refusal_leaves_the_hosts_transaction_as_it_is(engine: Engine, host: sqlite3.Connection, path: Path) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    begin(host)
    with pytest.raises(Refused):
        engine.send(case.id, "assign", {}, actor=LI, connection=host)
    host.commit()
    assert (stock(path), engine.case(case.id).state) == (1, "received")


def test_a_conflict_is_told_to_the_host_at_once(engine: Engine, path: Path) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    assert engine.case(case.id, connection=reader).state == "received"
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    with pytest.raises((ConflictError, StoreError)):
        engine.send(case.id, "drop", actor=LI, connection=reader)
    reader.rollback()
    reader.close()
    assert engine.case(case.id).state == "repair"


def test_nothing_is_tried_twice_in_the_hosts_transaction(engine: Engine, host: sqlite3.Connection) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    store = Contested(engine.store, 1)
    begin(host)
    with pytest.raises(ConflictError):
        Engine(store, clock=engine.clock).send(  # type: ignore[arg-type]
            case.id, "assign", {"owner": "kim"}, actor=LI, connection=host
        )
    host.rollback()
    assert engine.case(case.id) == case


def test_publishing_joins_too_and_leaves_nothing_behind(engine: Engine, host: sqlite3.Connection, files: Path) -> None:
    text = (files / "desk.yaml").read_text(encoding="utf-8")
    (files / "desk.yaml").write_text(text.replace("version: 1", "version: 2"), encoding="utf-8")
    begin(host)
    engine.publish(files / "desk.yaml", connection=host)
    assert engine.open("desk", ORDER, actor=LI, connection=host).version == 2
    host.rollback()
    assert engine.open("desk", ORDER, actor=LI).version == 1
    (files / "desk.yaml").write_text(text.replace("version: 1", "version: 2").replace("2h", "3h"), encoding="utf-8")
    engine.publish(files / "desk.yaml")
    assert engine.open("desk", ORDER, actor=LI).version == 2


def test_a_store_in_memory_has_no_transaction_to_join(clock: ManualClock, host: sqlite3.Connection) -> None:
    with pytest.raises(StoreError, match="connection"):
        Engine(clock=clock).cases(connection=host)
