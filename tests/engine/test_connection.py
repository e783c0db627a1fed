"""connection=: the case moves exactly when the host's own rows do."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from engine.desk import KIM, LI, ORDER, Contested
from engine.hosts import KINDS, SQLITE, Host, postgres_host, sqlite_host
from svcflow.clocks import ManualClock
from svcflow.core.event import Event
from svcflow.engine import Engine
from svcflow.errors import CaseNotFound, ConflictError, KeyConflict, Refused, StoreError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "service.db"


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(request: pytest.FixtureRequest, kind: str, path: Path) -> str:
    """A database of the host's, with a table of its own."""
    if kind in SQLITE:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE stock (part TEXT)")
        return f"sqlite:///{path}"
    made = str(request.getfixturevalue("postgres").make())
    with psycopg.connect(made) as connection:
        connection.execute("CREATE TABLE stock (part TEXT)")
    return made


@pytest.fixture
def stock(kind: str, url: str, path: Path) -> Callable[[], int]:
    """How many parts are booked, as others see it."""
    count = "SELECT count(*) FROM stock"

    def look() -> int:
        with closing(sqlite3.connect(path) if kind in SQLITE else psycopg.connect(url)) as other:
            return sum(int(number) for (number,) in other.execute(count))

    return look


@pytest.fixture
def engine(url: str, clock: ManualClock, files: Path) -> Iterator[Engine]:
    with Engine(url, clock=clock) as made:
        made.publish(files / "desk.yaml", files / "visit.yaml")
        yield made


@pytest.fixture
def host(kind: str, url: str, path: Path) -> Iterator[Host]:
    with sqlite_host(kind, path) if kind in SQLITE else postgres_host(kind, url) as made:
        yield made


def test_a_commit_keeps_both(engine: Engine, host: Host, stock: Callable[[], int]) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    host.book()
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, connection=host.connection)
    assert (engine.case(case.id).state, engine.case(case.id, connection=host.connection).state) == (
        "received",
        "repair",
    )
    host.commit()
    assert (engine.case(case.id).state, stock()) == ("repair", 1)
    assert engine.verify().broken == ()


@pytest.mark.requirement("R018")
def test_a_rollback_takes_both_away_and_calls_no_hook(engine: Engine, host: Host, stock: Callable[[], int]) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    engine.hook("*")(lambda call: None)
    engine.tick()
    host.book()
    opened = engine.open("desk", ORDER, actor=LI, key="web-1", connection=host.connection)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, key="web-2", connection=host.connection)
    engine.send(case.id, "need", {"parts": ["panel"]}, actor=KIM, connection=host.connection)
    engine.note(case.id, "rang", actor=LI, connection=host.connection)
    host.rollback()
    assert (engine.case(case.id).state, stock(), engine.outbox()) == ("received", 0, ())
    with pytest.raises(CaseNotFound):
        engine.case(opened.id)
    assert engine.send(case.id, "drop", actor=LI, key="web-2").state == "dropped"
    assert engine.open("desk", ORDER | {"fault": "x"}, actor=LI, key="web-1").state == "received"


def test_a_host_that_has_written_nothing_itself_commits_the_case_all_the_same(engine: Engine, host: Host) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    if host.begin is not None:
        host.run(host.begin)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, connection=host.connection)
    assert engine.case(case.id).state == "received"
    host.commit()
    assert engine.case(case.id).state == "repair"


def test_every_call_sees_what_the_host_has_not_committed(engine: Engine, host: Host) -> None:
    host.book()
    connection = host.connection
    case = engine.open("desk", ORDER, actor=LI, key="web-1", connection=connection)
    assert engine.open("desk", ORDER, actor=LI, key="web-1", connection=connection) == case
    with pytest.raises(KeyConflict):
        engine.open("desk", ORDER | {"fault": "x"}, actor=LI, key="web-1", connection=connection)
    assert engine.case(case.id, connection=connection) == case
    assert engine.menu(case.id, actor=LI, connection=connection) != ()
    assert len(engine.journal(case.id, connection=connection)) == 1
    assert len(engine.clocks(case.id, connection=connection)) == 2
    assert engine.cases(connection=connection) == engine.worklist(LI, connection=connection) == (case,)
    assert engine.verify(connection=connection).cases == 1
    moved = engine.send_many([(case.id, Event("assign", {"owner": "kim"}, LI))], connection=connection)
    assert engine.case(case.id, connection=connection) == moved[0]
    assert not hasattr(engine.preview(case.id, "done", {"result": "x"}, actor=KIM, connection=connection), "code")
    assert engine.cases() == ()
    host.rollback()


def test_a_refusal_leaves_the_hosts_transaction_as_it_is(engine: Engine, host: Host, stock: Callable[[], int]) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    host.book()
    with pytest.raises(Refused):
        engine.send(case.id, "assign", {}, actor=LI, connection=host.connection)
    host.commit()
    assert (stock(), engine.case(case.id).state) == (1, "received")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "session" in kind], indirect=True)
def test_a_savepoint_of_the_hosts_takes_back_what_was_sent_within_it(
    engine: Engine, host: Host, stock: Callable[[], int]
) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    host.book()
    with host.connection.begin_nested() as savepoint:
        engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, connection=host.connection)
        savepoint.rollback()
    host.commit()
    assert (stock(), engine.case(case.id).state) == (1, "received")


def test_nothing_is_tried_twice_in_the_hosts_transaction(engine: Engine, host: Host) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    store = Contested(engine.store, 1)
    host.book()
    with pytest.raises(ConflictError):
        Engine(store, clock=engine.clock).send(  # type: ignore[arg-type]
            case.id, "assign", {"owner": "kim"}, actor=LI, connection=host.connection
        )
    host.rollback()
    assert engine.case(case.id) == case


def test_publishing_joins_too_and_leaves_nothing_behind(engine: Engine, host: Host, files: Path) -> None:
    text = (files / "desk.yaml").read_text(encoding="utf-8")
    (files / "desk.yaml").write_text(text.replace("version: 1", "version: 2"), encoding="utf-8")
    host.book()
    engine.publish(files / "desk.yaml", connection=host.connection)
    assert engine.open("desk", ORDER, actor=LI, connection=host.connection).version == 2
    host.rollback()
    assert engine.open("desk", ORDER, actor=LI).version == 1
    (files / "desk.yaml").write_text(text.replace("version: 1", "version: 2").replace("2h", "3h"), encoding="utf-8")
    engine.publish(files / "desk.yaml")
    assert engine.open("desk", ORDER, actor=LI).version == 2


@pytest.mark.parametrize("kind", ["sqlite3"], indirect=True)
def test_a_conflict_is_told_to_the_host_at_once(engine: Engine, path: Path) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    assert engine.case(case.id, connection=reader).state == "received"
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    with pytest.raises(ConflictError, match="begin again"):
        engine.send(case.id, "drop", actor=LI, connection=reader)
    reader.rollback()
    reader.close()
    assert engine.case(case.id).state == "repair"


@pytest.mark.parametrize("kind", ["sqlite3 in autocommit"], indirect=True)
def test_so_is_a_conflict_with_somebody_who_is_writing(engine: Engine, host: Host, path: Path) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        host.book()
        with pytest.raises(ConflictError, match="begin again"):
            engine.send(case.id, "drop", actor=LI, connection=reader)
        host.commit()
        reader.rollback()
        engine.send(case.id, "drop", actor=LI, connection=reader)
        reader.commit()
    assert engine.case(case.id).state == "dropped"


@pytest.mark.parametrize("kind", ["sqlite3"], indirect=True)
def test_a_store_in_memory_has_no_transaction_to_join(clock: ManualClock, host: Host) -> None:
    with pytest.raises(StoreError, match="connection"):
        Engine(clock=clock).cases(connection=host.connection)
