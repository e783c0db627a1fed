"""Sessions that are cut, servers that restart, answers that are lost: one clear error each, and it goes on."""

from __future__ import annotations

import os
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from engine.desk import LI, ORDER, desk_process
from faults.wire import Wire
from postgres import OwnServer, Schemas
from stores.forking import check_forks
from svcflow import Engine
from svcflow.core import chain
from svcflow.errors import BrokenJournal, ConflictError, InputError, StoreError
from svcflow.stores.base import Query
from svcflow.stores.open import open_store
from svcflow.stores.postgres import PostgresStore
from svcflow.stores.postgres_prepared import OwnConnection
from svcflow.testing.store_samples import PHONE, event, full_case, opening, write

pytestmark = pytest.mark.chaos


@pytest.fixture
def url(postgres: Schemas) -> str:
    return f"{postgres.make()}&wait=0.3"


@pytest.fixture
def store(url: str) -> Iterator[PostgresStore]:
    with closing(opened(url)) as made:
        yield made


def opened(url: str) -> PostgresStore:
    made = open_store(url)
    assert isinstance(made, PostgresStore)
    return made


def run(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Do something to the database behind the store's back; the rows of the last statement."""
    with closing(psycopg.connect(url.replace("&wait=0.3", ""), autocommit=True)) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        return [] if cursor.description is None else cursor.fetchall()


def before_each_entry(url: str, action: str) -> None:
    """Something that happens in the server in the middle of writing an event."""
    run(
        url,
        f"CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {action}; RETURN new; END $$",
        "CREATE TRIGGER act BEFORE INSERT ON svcflow_journal FOR EACH ROW EXECUTE FUNCTION act()",
    )


def backends(store: PostgresStore) -> list[int]:
    """The server's processes behind the pool."""
    return [connection.info.backend_pid for connection, _ in store._sessions._of_process[os.getpid()]._idle]


def test_a_session_that_was_cut_while_idle_is_replaced_unnoticed(store: PostgresStore, url: str) -> None:
    case = write(store, opening("c1"))
    for pid in backends(store):
        assert run(url, f"SELECT pg_terminate_backend({pid}, 5000)") == [(True,)]
    write(store, event(case))
    assert len(store.journal("", "c1")) == 2


def test_a_session_cut_in_the_middle_of_a_write_leaves_nothing(store: PostgresStore, url: str) -> None:
    case = write(store, opening("c1"))
    before_each_entry(url, "PERFORM pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(StoreError, match=r"broke the connection.*send it again under its key"):
        write(store, event(case))
    run(url, "DROP TRIGGER act ON svcflow_journal")
    assert store.load("", "c1") == case
    write(store, event(case))


@pytest.fixture
def wire(url: str) -> Iterator[Wire]:
    with tempfile.TemporaryDirectory(prefix="wire") as folder, closing(Wire(url, Path(folder))) as made:
        yield made


def test_an_event_whose_answer_is_lost_has_happened_once_when_it_is_sent_again(wire: Wire) -> None:
    with Engine(wire.url) as engine:
        engine.publish(desk_process())
        case = engine.open("desk", ORDER, actor=LI, key="web-1")
        engine.send(case.id, "correct", {"fault": "no sound"}, actor=LI, key="web-2")
        read = engine.store.family

        def lose_the_answer(*asked: object, **more: object) -> object:
            found = read(*asked, **more)  # type: ignore[arg-type] # handed on as it is
            wire.fault.arm(1, afterwards=True)
            return found

        engine.store.family = lose_the_answer  # type: ignore[method-assign, assignment] # the write comes next
        with pytest.raises(StoreError, match="may be there or not: send it again under its key"):
            engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, key="web-3")
        del engine.store.family
        assert engine.case(case.id).state == "repair"
        assert engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, key="web-3").state == "repair"
        assert [one.key for one in engine.journal(case.id)] == ["web-1", "web-2", "web-3"]
        assert engine.verify().broken == ()


@pytest.mark.slow
def test_a_store_outlives_a_server_that_stops_at_once_and_comes_back() -> None:
    with tempfile.TemporaryDirectory(prefix="svcflow-restarts") as folder:
        server = OwnServer(Path(folder, "data"), careless=())
        with closing(opened(f"{server.url}&wait=20")) as store, closing(opened(f"{server.url}&wait=0.1")) as impatient:
            case = write(store, opening("c1"))
            server.stop_at_once()
            with pytest.raises(StoreError, match="cannot be reached"):
                impatient.load("", "c1")
            with pytest.raises(StoreError, match="cannot be reached"):
                opened(server.url)
            server.start()
            case = write(store, event(case))
            assert store.load("", "c1") == impatient.load("", "c1") == case
        server.delete()


@pytest.mark.parametrize(
    ("code", "error", "says"),
    [
        ("40001", ConflictError, "begin again"),
        ("40P01", ConflictError, "begin again"),
        ("53100", StoreError, "out of resources"),
        ("57014", StoreError, "took too long"),
        ("25006", StoreError, "read-only"),
        ("P0001", StoreError, "boom"),
        ("23514", StoreError, "boom"),
        ("23505", StoreError, "boom"),
    ],
)
def test_what_the_server_says_is_told_by_what_can_be_done_about_it(
    store: PostgresStore, url: str, code: str, error: type[Exception], says: str
) -> None:
    case = write(store, opening("c1"))
    before_each_entry(url, f"RAISE EXCEPTION 'boom' USING ERRCODE = '{code}'")
    with pytest.raises(error, match=says) as raised:
        write(store, event(case))
    assert type(raised.value) is error
    assert store.load("", "c1") == case


def test_what_the_server_quotes_is_not_repeated(store: PostgresStore, url: str) -> None:
    run(url, "ALTER TABLE svcflow_private ADD CHECK (salt = '')")
    with pytest.raises(StoreError, match="violates check constraint") as raised:
        write(store, opening("c1", fields={"phone": PHONE}), private=["phone"])
    assert PHONE not in "".join(traceback.format_exception(raised.value))


def test_a_deadlock_that_passes_is_not_noticed(store: PostgresStore, url: str) -> None:
    run(url, "CREATE SEQUENCE tries")
    before_each_entry(
        url, "IF nextval('tries') < 3 THEN RAISE EXCEPTION 'boom' USING ERRCODE = 'deadlock_detected'; END IF"
    )
    write(store, opening("c1"))
    assert run(url, "SELECT last_value FROM tries") == [(3,)]


def test_a_database_that_may_only_be_read_answers_but_does_not_change(store: PostgresStore, url: str) -> None:
    case = write(store, opening("c1"))
    with closing(opened(url.replace("-csearch", "-cdefault_transaction_read_only%3Don%20-csearch"))) as reader:
        with pytest.raises(StoreError, match="cannot be written to: it is read-only"):
            write(reader, event(case))
        assert reader.load("", "c1") == case


def test_a_pool_that_is_used_up_is_one_clear_error(url: str) -> None:
    with closing(opened(f"{url}&pool=1")) as store:
        with pytest.raises(StoreError, match=r"all 1 connections to .* were in use for 0\.3 seconds"):
            store._sessions.run(lambda _cursor: store.load("", "c1"))
        assert store.load("", "c1") is None


def test_a_store_closed_while_a_session_is_given_back_closes_it_too(store: PostgresStore) -> None:
    sessions = store._sessions
    pool = sessions._own()

    class Closing(list[tuple[OwnConnection, float]]):
        def append(self, idle: tuple[OwnConnection, float]) -> None:
            store.close()
            super().append(idle)

    taken = pool.getconn()
    pool._idle = Closing()
    pool.putconn(taken)
    assert taken.closed
    assert sessions._alone(lambda cursor: cursor.connection).closed  # By a thread that was let in just before.


def test_a_pool_of_the_hosts_that_is_used_up_is_one_clear_error(url: str) -> None:
    with ConnectionPool(url.replace("&wait=0.3", ""), min_size=1, max_size=1, timeout=0.1, open=True) as pool:
        store = PostgresStore(pool)
        with pool.connection(), pytest.raises(StoreError, match="the pool has no connection to give"):
            store.load("", "c1")
        assert store.load("", "c1") is None


def test_behind_a_pooler_nothing_is_prepared_and_no_session_changed(url: str) -> None:
    with closing(opened(f"{url}&pgbouncer=true")) as store:
        write(store, event(write(store, opening("c1"))))
        asked = "SELECT count(*)::text, current_setting('enable_seqscan') FROM pg_prepared_statements"
        assert store._sessions.run(lambda cursor: cursor.execute(asked).fetchall()) == [("0", "on")]


def test_a_long_list_is_one_reading_and_holds_nobody_up(url: str) -> None:
    with closing(opened(f"{url}&pool=1")) as store:
        cases = {f"c{number:03}" for number in range(450)}
        write(store, *(opening(case) for case in sorted(cases)))
        seen = []
        for case in store.cases(Query(order="moved")):
            seen.append(case.id)
            write(store, event(case, minutes=5))
        assert seen == sorted(cases)
        left = store.cases(Query())
        assert next(left).id == "c000"
        left.close()  # type: ignore[attr-defined] # a generator
        assert len(list(store.cases(Query(limit=300)))) == 300


def test_a_bug_in_the_middle_leaves_the_session_as_it_was(store: PostgresStore) -> None:
    with pytest.raises(ZeroDivisionError):
        store._sessions.run(lambda cursor: [cursor.execute("BEGIN"), 1 // 0])
    write(store, opening("c1"))


def test_what_no_database_can_look_for_is_one_clear_error(store: PostgresStore) -> None:
    for strange in ("\ud800", "a\0b"):
        with pytest.raises(InputError):
            store.load("", strange)
    with pytest.raises(InputError):
        store.process("", "repair", 2**70)


def test_rows_that_somebody_else_has_written_are_one_clear_error(store: PostgresStore, url: str) -> None:
    write(store, full_case())
    for body in ("7", "[]", "{}", '{"id": "full", "unknown": 1}'):
        run(url, f"UPDATE svcflow_case SET body = '{body}'")
        with pytest.raises(StoreError, match="the row of case 'full' cannot be read"):
            store.load("", "full")
    for text in ("7", "{}", '{"seq": 1}'):
        run(url, f"UPDATE svcflow_journal SET entry = '{text}'")
        with pytest.raises(BrokenJournal, match="entry 1: it cannot be read"):
            store.journal("", "full")


def test_an_entry_is_kept_to_the_last_byte(store: PostgresStore, url: str) -> None:
    write(store, opening("c1", fields={"fault": 'he said "no" \\ \n\t 不 \u2028', "spaces": "  a  b  "}))
    ((entry, own),) = run(url, "SELECT entry::text, hash FROM svcflow_journal")
    assert chain.link_text(chain.FIRST, str(entry)) == own


def test_private_values_stand_in_one_table(store: PostgresStore, url: str) -> None:
    case = write(store, opening("c1", fields={"phone": PHONE, "owner": "li"}), private=["phone"])
    write(store, event(case, sent={"phone": f"{PHONE}1"}, hooks=["notify"]), private=["phone"])
    tables = [str(name) for (name,) in run(url, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")]
    holding = [name for name in tables if PHONE in repr(run(url, f"SELECT one::text FROM {name} AS one"))]
    assert holding == ["svcflow_private"]
    run(url, "DELETE FROM svcflow_private WHERE case_id = 'c1' AND field = 'phone'")
    erased = store.load("", "c1")
    assert erased is not None
    assert dict(erased.fields) == {"owner": "li"}
    assert chain.verify(store.journal("", "c1", private=True)) is None


def test_processes_and_their_forks_share_a_database(store: PostgresStore, url: str) -> None:
    write(store, opening("c1"))
    check_forks(store, url.replace("&wait=0.3", ""))  # Both may hold a row as long as a busy machine lets them.
