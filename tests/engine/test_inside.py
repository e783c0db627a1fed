"""Hooks inside: with the event or not at all, and what they write with it."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.desk import BO, KIM, LI, MONDAY, ORDER, desk_process
from engine.hosts import KINDS, SQLITE, Host, postgres_host, sqlite_host
from postgres import Schemas
from svcflow import HookCall, InsideCall, Terms
from svcflow.clocks import ManualClock
from svcflow.core.case import Case
from svcflow.core.decision import Refusal
from svcflow.core.event import Event
from svcflow.engine import Engine
from svcflow.errors import CaseNotFound, ConflictError, HookError, Refused, StoreError

PARTS = {"parts": ["panel"]}


def in_repair(engine: Engine) -> Case:
    case = engine.open("desk", ORDER, actor=LI)
    return engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)


def need(engine: Engine, case: Case, key: str | None = None) -> Case:
    return engine.send(case.id, "need", PARTS, actor=KIM, key=key)


def refusing(reason: str) -> Callable[[HookCall], None]:
    def hook(call: HookCall) -> None:
        raise ValueError(reason)

    return hook


# ── in every store ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_is_called_once_with_the_event_and_no_worker_hears_of_it(engine: Engine) -> None:
    case, calls = in_repair(engine), list[InsideCall]()
    engine.hook("order_parts", inside=True)(calls.append)
    after = need(engine, case, key="web-1")
    need(engine, case, key="web-1")
    engine.tick()
    assert [(call.hook, call.cause, call.case, dict(call.fields)["parts"]) for call in calls] == [
        ("order_parts", "need", case.id, ("panel",))
    ]
    assert engine.journal(case.id)[-1].calls == (calls[0].key,)
    assert calls[0].key not in {delivery.call.key for delivery in engine.outbox()}
    assert (engine.case(case.id), engine.verify().broken) == (after, ())


@pytest.mark.requirement("R068")
def test_what_it_raises_refuses_the_event_and_nothing_has_changed(engine: Engine) -> None:
    case = in_repair(engine)
    engine.hook("order_parts", inside=True)(refusing("no panel in stock"))
    before = (engine.case(case.id), engine.journal(case.id), engine.outbox(), engine.clocks(case.id))
    with pytest.raises(Refused) as info:
        need(engine, case, key="web-1")
    refusal = info.value.refusal
    assert (refusal.case, refusal.event, refusal.code) == (case.id, "need", "hook")
    assert refusal.parameters == {"hook": "order_parts", "reason": "no panel in stock"}
    assert refusal.possible == ("need", "done")
    assert isinstance(info.value.__cause__, ValueError)
    assert (engine.case(case.id), engine.journal(case.id), engine.outbox(), engine.clocks(case.id)) == before
    assert engine.send(case.id, "done", {"result": "x"}, actor=KIM, key="web-1").state == "confirm"


def test_a_case_that_it_refuses_is_not_opened(engine: Engine) -> None:
    engine.hook("notify", inside=True)(refusing(""))
    with pytest.raises(Refused, match="hook: notify; reason: ValueError"):
        engine.open("desk", ORDER, actor=LI, id="c1", key="web-1")
    with pytest.raises(CaseNotFound):
        engine.case("c1")


def test_a_preview_calls_nobody(engine: Engine) -> None:
    case = in_repair(engine)
    engine.hook("order_parts", inside=True)(refusing("never"))
    assert not isinstance(engine.preview(case.id, "need", PARTS, actor=KIM), Refusal)


def test_private_values_are_seen_and_told_only_by_whom_they_were_named_for(engine: Engine) -> None:
    seen = []

    @engine.hook("notify", inside=True, private=["phone"])
    def notify(call: InsideCall) -> None:
        seen.append(call.fields.get("phone"))
        raise ValueError(f"cannot reach {call.fields['phone']}")

    with pytest.raises(Refused, match=r"cannot reach \*\*\*"):
        engine.open("desk", ORDER, actor=LI)
    other = in_repair_without_notice(engine)
    engine.hook("order_parts", inside=True)(lambda call: seen.append(call.fields.get("phone", "unseen")))
    need(engine, other)
    assert seen == [ORDER["phone"], "unseen"]


def in_repair_without_notice(engine: Engine) -> Case:
    """Opened by another engine on the same store, so that this one's hooks have nothing to do with it."""
    return in_repair(Engine(engine.store, clock=engine.clock))


def test_calls_come_in_the_order_of_the_decision_beside_those_of_the_outbox(engine: Engine) -> None:
    order: list[str] = []
    engine.hook("*", inside=True)(lambda call: order.append(f"{call.hook} for {call.cause}"))
    engine.hook("notify")(lambda call: order.append("notify, later"))
    case = engine.open("desk", ORDER, actor=LI)
    engine.send_many(
        [
            (case.id, Event("assign", {"owner": "kim"}, LI)),
            (case.id, Event("need", PARTS, KIM)),
            (case.id, Event("need", PARTS, KIM)),
        ]
    )
    assert order == ["order_parts for need", "order_parts for need"]
    engine.tick()
    assert order[2:] == ["notify, later"]


def test_of_many_events_it_refuses_one_and_holds_up_no_other(engine: Engine) -> None:
    cases = [in_repair(engine) for _ in range(5)]

    @engine.hook("order_parts", inside=True)
    def order_parts(call: InsideCall) -> None:
        if call.case == cases[2].id:
            raise ValueError("not this one")

    answers = engine.send_many([(case.id, Event("need", PARTS, KIM, key="k")) for case in cases])
    assert [answer.code if isinstance(answer, Refusal) else answer.seq for answer in answers] == [3, 3, "hook", 3, 3]
    assert [engine.case(case.id).seq for case in cases] == [3, 3, 2, 3, 3]


def test_a_timer_that_it_refuses_is_tried_again_and_then_parked(engine: Engine, clock: ManualClock) -> None:
    case = engine.send(in_repair(engine).id, "done", {"result": "x"}, actor=KIM)
    engine.hook("notify", inside=True)(refusing("no line to the customer"))
    clock.advance(timedelta(days=1))
    assert engine.tick(terms=Terms(tries=2)).failed == 1
    clock.advance(timedelta(minutes=1))
    assert engine.tick(terms=Terms(tries=2)).parked == 1
    (incident,) = engine.incidents()
    assert "no line to the customer" in incident.error
    assert engine.journal(case.id)[-1].name == "done"


def test_a_conflict_inside_is_tried_again(engine: Engine) -> None:
    case, calls = in_repair(engine), list[InsideCall]()

    @engine.hook("order_parts", inside=True)
    def order_parts(call: InsideCall) -> None:
        calls.append(call)
        if len(calls) < 3:
            raise RuntimeError("somebody was faster") from ConflictError()

    assert need(engine, case).seq == 3
    assert len(calls) == 3
    assert len({call.key for call in calls}) == 1


def test_a_write_beside_the_transaction_is_refused_instead_of_waiting_for_itself(engine: Engine) -> None:
    case = in_repair(engine)

    @engine.hook("order_parts", inside=True)
    def order_parts(call: InsideCall) -> None:
        assert engine.case(case.id).seq == 2
        engine.note(case.id, "ordered", actor=LI)

    with pytest.raises(Refused, match=r"pass `connection=call\.connection`"):
        need(engine, case)
    assert engine.note(case.id, "not ordered", actor=LI).seq == 3


def test_it_runs_in_the_thread_that_sent_the_event_and_harms_no_other(engine: Engine) -> None:
    cases, here = [in_repair(engine) for _ in range(24)], []

    @engine.hook("order_parts", inside=True)
    def order_parts(call: InsideCall) -> None:
        here.append((call.case, threading.get_ident()))
        if int(call.case, 16) % 3 == 0:
            raise ValueError("every third")

    def work(case: Case) -> tuple[tuple[str, int], int | str]:
        there = (case.id, threading.get_ident())
        try:
            seq = need(engine, case).seq
            engine.note(case.id, "ordered", actor=LI)
            return there, seq
        except Refused as refused:
            engine.note(case.id, "not ordered", actor=LI)
            return there, refused.refusal.code

    with ThreadPoolExecutor(8) as threads:
        found = dict(threads.map(work, cases))
    assert set(here) == set(found)
    for (case_id, _), outcome in found.items():
        assert outcome == ("hook" if int(case_id, 16) % 3 == 0 else 3)
        assert [entry.kind for entry in engine.journal(case_id)][2:] == ["event", "note"][outcome == "hook" :]


def test_where_it_is_not_registered_its_calls_wait_in_the_outbox(engine: Engine) -> None:
    case = in_repair(engine)
    other = Engine(engine.store, clock=engine.clock)
    other.hook("order_parts", inside=True)(refusing("never"))
    need(engine, case)
    other.tick()
    assert "order_parts" in other.unheard()
    assert {delivery.attempts for delivery in other.outbox()} == {0}
    other.hook("*")(lambda call: None)
    other.tick()
    assert other.outbox() == ()


def test_a_transaction_waits_for_no_coroutine(engine: Engine) -> None:
    async def notify(call: HookCall) -> None: ...

    with pytest.raises(HookError, match=r"notify` is async, and a transaction waits for nobody"):
        engine.hook("notify", inside=True)(notify)


# ── with rows of the host's ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with a table of the host's."""
    return with_stock("sqlite3" if request.param == "sqlite" else "psycopg", request, tmp_path)


def with_stock(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    made = f"sqlite:///{tmp_path}/cases.db" if kind in SQLITE else str(request.getfixturevalue("postgres").make())
    with closing(sqlite3.connect(tmp_path / "cases.db") if kind in SQLITE else psycopg.connect(made)) as connection:
        connection.execute("CREATE TABLE stock (part TEXT UNIQUE)")
        connection.commit()
    return made


def rows(place: str) -> list[str]:
    """What others see."""
    path = place.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path) if path != place else psycopg.connect(place)) as other:
        return sorted(str(part) for (part,) in other.execute("SELECT part FROM stock").fetchall())


@pytest.fixture
def shop(place: str, clock: ManualClock) -> Iterator[Engine]:
    with Engine(place, clock=clock) as engine:
        engine.publish(desk_process())
        yield engine


def book(call: InsideCall) -> None:
    call.connection.execute(f"INSERT INTO stock VALUES ('{call.key}')")


def test_its_rows_come_with_the_event(shop: Engine, place: str) -> None:
    case = in_repair(shop)
    shop.hook("order_parts", inside=True)(book)
    need(shop, case, key="web-1")
    need(shop, case, key="web-1")
    need(shop, case)
    assert rows(place) == [entry.calls[0] for entry in shop.journal(case.id)[2:]]


def test_its_rows_go_with_the_refusal(shop: Engine, place: str) -> None:
    case, fail = in_repair(shop), [True]

    @shop.hook("order_parts", inside=True)
    def order_parts(call: InsideCall) -> None:
        book(call)
        if fail.pop():
            raise ValueError("no")
        fail.append(False)

    with pytest.raises(Refused):
        need(shop, case)
    assert (rows(place), shop.case(case.id)) == ([], case)
    fail.append(False)
    assert [need(shop, case).seq, len(rows(place))] == [3, 1]


def test_after_a_conflict_only_the_rows_of_the_last_try_are_there(shop: Engine, place: str) -> None:
    case, tries = in_repair(shop), []

    @shop.hook("order_parts", inside=True)
    def order_parts(call: InsideCall) -> None:
        book(call)
        tries.append(call.key)
        if len(tries) < 4:
            raise ConflictError("deadlock, say")

    need(shop, case)
    assert rows(place) == [tries[0]]


def test_of_many_events_the_rows_of_those_that_were_not_refused_are_there_once(shop: Engine, place: str) -> None:
    cases = [in_repair(shop) for _ in range(4)]

    @shop.hook("order_parts", inside=True)
    def order_parts(call: InsideCall) -> None:
        book(call)
        if call.case == cases[1].id:
            raise ValueError("not this one")

    shop.send_many([(case.id, Event("need", PARTS, KIM)) for case in cases])
    assert rows(place) == sorted(f"{case.id}:3:0" for case in cases if case != cases[1])


def test_through_its_connection_it_moves_another_case_too(shop: Engine, place: str) -> None:
    case, other = in_repair(shop), shop.open("desk", ORDER, actor=BO)

    @shop.hook("order_parts", inside=True)
    def order_parts(call: InsideCall) -> None:
        moved = shop.send(other.id, "assign", {"owner": call.fields["owner"]}, actor=BO, connection=call.connection)
        assert shop.case(other.id, connection=call.connection) == moved
        if shop.case(case.id, connection=call.connection).seq == 4:
            raise ValueError("once is enough")

    need(shop, case)
    assert shop.case(other.id).state == "repair"
    with pytest.raises(Refused, match="assign refused"):
        need(shop, case)
    assert shop.verify().broken == ()


def test_it_cannot_end_the_transaction(shop: Engine, place: str) -> None:
    case = in_repair(shop)

    @shop.hook("order_parts", inside=True)
    def order_parts(call: InsideCall) -> None:
        book(call)
        call.connection.commit()

    with pytest.raises(Refused) as info:
        need(shop, case)
    assert info.value.refusal.code == "hook"
    assert (rows(place), shop.case(case.id)) == ([], case)


ENDS = (
    ("COMMIT",),
    ("COMMIT", "BEGIN"),
    ("ROLLBACK",),
    ("ROLLBACK", "BEGIN"),
    ("ROLLBACK", "BEGIN", "INSERT INTO stock VALUES ('later')"),
)


@pytest.mark.parametrize("swallows", [False, True])
@pytest.mark.parametrize("statements", ENDS, ids=" ".join)
def test_ending_it_behind_our_back_leaves_nothing_behind_whatever_is_done_about_the_error(
    shop: Engine, place: str, statements: tuple[str, ...], *, swallows: bool
) -> None:
    case = in_repair(shop)

    @shop.hook("order_parts", inside=True)
    def order_parts(call: InsideCall) -> None:
        book(call)
        for statement in statements:
            try:
                call.connection.execute(statement)
            except (sqlite3.Error, psycopg.Error):
                if not swallows:
                    raise

    if swallows and place.startswith("sqlite"):
        need(shop, case)  # Every attempt was turned away, and all is as if there had been none.
        assert shop.case(case.id).seq == case.seq + 1
        return
    with pytest.raises((Refused, StoreError), match=r"not authorized|has ended|leave_the_transaction_open"):
        need(shop, case)
    assert (rows(place), shop.case(case.id)) == ([], case)
    assert shop.verify().broken == ()


def test_ending_the_hosts_transaction_is_told(clock: ManualClock, tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    with Engine(f"sqlite:///{path}", clock=clock) as shop, closing(sqlite3.connect(path)) as host:
        shop.publish(desk_process())
        case = in_repair(shop)
        shop.hook("order_parts", inside=True)(lambda call: call.connection.rollback())
        with pytest.raises(StoreError, match="ended the transaction"):
            shop.send(case.id, "need", PARTS, actor=KIM, connection=host)
        assert shop.case(case.id) == case


@pytest.mark.parametrize("statements", ENDS, ids=" ".join)
def test_nor_can_it_end_the_hosts_transaction_on_a_server(
    statements: tuple[str, ...], postgres: Schemas, clock: ManualClock
) -> None:
    url = postgres.make()
    with Engine(url, clock=clock) as shop, psycopg.connect(url) as host:
        host.execute("CREATE TABLE stock (part text)")
        host.commit()
        shop.publish(desk_process())
        case = in_repair(shop)

        @shop.hook("order_parts", inside=True)
        def order_parts(call: InsideCall) -> None:
            for statement in statements:
                call.connection.execute(statement)

        host.execute("INSERT INTO stock VALUES ('panel')")
        with pytest.raises((Refused, StoreError), match=r"has ended|leave_the_transaction_open"):
            shop.send(case.id, "need", PARTS, actor=KIM, connection=host)
        host.rollback()
        assert (rows(url), shop.case(case.id)) == ([], case)


def test_in_a_file_nothing_else_is_written_beside_the_transaction(clock: ManualClock, tmp_path: Path) -> None:
    with Engine(f"sqlite:///{tmp_path}/cases.db", clock=clock) as shop:
        shop.publish(desk_process())
        case = in_repair(shop)
        shop.hook("order_parts", inside=True)(lambda call: shop.publish(desk_process()))
        with pytest.raises(StoreError, match=r"pass connection=call\.connection"):
            need(shop, case)
        assert shop.case(case.id) == case


def test_an_error_of_the_database_that_it_swallows_does_not_half_write_the_event(shop: Engine, place: str) -> None:
    case = in_repair(shop)

    @shop.hook("order_parts", inside=True)
    def order_parts(call: InsideCall) -> None:
        call.connection.execute("INSERT INTO stock VALUES ('panel')")
        with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
            call.connection.execute("INSERT INTO stock VALUES ('panel')")

    try:
        need(shop, case)
    except StoreError:
        assert (rows(place), shop.case(case.id).seq) == ([], 2)
    else:
        assert (rows(place), shop.case(case.id).seq) == (["panel"], 3)


@pytest.mark.parametrize("problem", ["serialization_failure", "deadlock_detected"])
def test_what_the_server_undid_because_of_others_is_tried_again(
    problem: str, request: pytest.FixtureRequest, clock: ManualClock, tmp_path: Path
) -> None:
    url = with_stock("psycopg", request, tmp_path)
    with Engine(url, clock=clock) as shop:
        shop.publish(desk_process())
        case, tries = in_repair(shop), []

        @shop.hook("order_parts", inside=True)
        def order_parts(call: InsideCall) -> None:
            book(call)
            tries.append(call.key)
            if len(tries) == 1:
                call.connection.execute(f"DO $$ BEGIN RAISE {problem}; END $$")

        assert need(shop, case).seq == 3
        assert (len(tries), rows(url)) == (2, [tries[1]])


def test_a_lost_connection_is_an_error_of_the_store(
    request: pytest.FixtureRequest, clock: ManualClock, tmp_path: Path
) -> None:
    with Engine(with_stock("psycopg", request, tmp_path), clock=clock) as shop:
        shop.publish(desk_process())
        case = in_repair(shop)

        @shop.hook("order_parts", inside=True)
        def order_parts(call: InsideCall) -> None:
            call.connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

        with pytest.raises(StoreError):
            need(shop, case)
        assert shop.case(case.id) == case


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("end", [Host.commit, Host.rollback])
def test_in_the_hosts_transaction_it_is_given_the_hosts_own_connection(
    kind: str, end: Callable[[Host], None], request: pytest.FixtureRequest, clock: ManualClock, tmp_path: Path
) -> None:
    url = with_stock(kind, request, tmp_path)
    with (
        Engine(url, clock=clock) as shop,
        sqlite_host(kind, tmp_path / "cases.db") if kind in SQLITE else postgres_host(kind, url) as host,
    ):
        shop.publish(desk_process())
        case, other = in_repair(shop), in_repair(shop)

        @shop.hook("order_parts", inside=True)
        def order_parts(call: InsideCall) -> None:
            assert call.connection is host.connection
            host.run(f"INSERT INTO stock VALUES ('{call.key if call.case == case.id else 'panel'}')")

        host.book()
        shop.send(case.id, "need", PARTS, actor=KIM, connection=host.connection)
        with pytest.raises(Refused):
            shop.send(other.id, "need", PARTS, actor=KIM, connection=host.connection)
        end(host)
        commit = end is Host.commit
        assert rows(url) == ([f"{case.id}:3:0", "panel"] if commit else [])
        assert (shop.case(case.id).seq, shop.case(other.id)) == (3 if commit else 2, other)


Step = tuple[list[tuple[int, bool]], str]
steps = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=4),
        st.sampled_from(["together", "one by one", "joined and kept", "joined and taken back"]),
    ),
    max_size=3,
)


@given(steps)
def test_rows_and_journals_always_tell_the_same(steps: list[Step]) -> None:
    """Any mixture of batches, single events and transactions of the host's, some of them refused from inside."""
    with (
        TemporaryDirectory() as folder,
        Engine(f"sqlite:///{folder}/cases.db?synchronous=NORMAL", clock=ManualClock(MONDAY)) as shop,
        closing(sqlite3.connect(f"{folder}/cases.db")) as host,
    ):
        host.execute("CREATE TABLE stock (part TEXT UNIQUE)")
        shop.publish(desk_process())
        cases = [in_repair(shop) for _ in range(3)]

        @shop.hook("order_parts", inside=True)
        def order_parts(call: InsideCall) -> None:
            book(call)
            if call.fields["parts"] == ("none",):
                raise ValueError("none")

        accepted = [0, 0, 0]
        for events, how in steps:
            sent = [(cases[at].id, Event("need", {"parts": ["panel" if good else "none"]}, KIM)) for at, good in events]
            batches = [sent] if how == "together" else [[one] for one in sent]
            joined = host if how.startswith("joined") else None
            answers = [answer for batch in batches for answer in shop.send_many(batch, connection=joined)]
            assert [isinstance(answer, Case) for answer in answers] == [good for _, good in events]
            host.rollback() if how == "joined and taken back" else host.commit()
            for at, good in events:
                accepted[at] += good and how != "joined and taken back"
        calls = [call for case in cases for entry in shop.journal(case.id)[2:] for call in entry.calls]
        assert rows(f"sqlite:///{folder}/cases.db") == sorted(calls)
        assert [shop.case(case.id).seq - 2 for case in cases] == accepted
        assert shop.verify().broken == ()
