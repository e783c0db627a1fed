"""`svcflow.aio`: the same engine with `await`; a call is whole, whatever becomes of the task that made it."""

import asyncio
import inspect
import sqlite3
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, closing
from contextvars import ContextVar
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

import svcflow
from engine.desk import KIM, LI, MONDAY, ORDER, desk_process
from svcflow import HookCall, InsideCall, Terms, aio
from svcflow.clocks import ManualClock
from svcflow.core.event import Event
from svcflow.errors import Refused, StoreError
from svcflow.rounds import Tally
from svcflow.stores.base import Change, Delivery, Inside, Store
from svcflow.stores.memory import MemoryStore

T = TypeVar("T")
SOON = 120
"""Seconds after which a scene has failed; none takes that long."""

WHO: ContextVar[str] = ContextVar("WHO", default="nobody")


def run(scene: Callable[[aio.Engine], Coroutine[Any, Any, T]], url: str | Store = ":memory:", threads: int = 8) -> T:
    """Play a scene on an engine with the desk published."""

    async def play() -> T:
        async with aio.Engine(url, clock=ManualClock(MONDAY), threads=threads) as engine:
            await engine.publish(desk_process())
            try:
                return await asyncio.wait_for(scene(engine), SOON)
            finally:
                if isinstance(url, Gate):
                    url.let.set()  # A scene that fails must not wait for ever for what it holds back.

    return asyncio.run(play())


async def in_repair(engine: aio.Engine) -> str:
    case = await engine.open("desk", ORDER, actor=LI)
    return (await engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)).id


async def need(engine: aio.Engine, case_id: str, key: str | None = None) -> svcflow.Case:
    return await engine.send(case_id, "need", {"parts": ["panel"]}, actor=KIM, key=key)


async def turns(number: int) -> None:
    """Let the other tasks have so many turns."""
    for _ in range(number):
        await asyncio.sleep(0)


class Gate(MemoryStore):
    """A store that writes only when it is let, and says when somebody wants to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.let = threading.Event(), threading.Event()
        self.let.set()

    def apply(
        self, changes: Sequence[Change], *, inside: Inside | None = None, connection: object | None = None
    ) -> None:
        self.asked.set()
        self.let.wait()
        super().apply(changes, inside=inside, connection=connection)

    def shut(self) -> None:
        self.asked.clear()
        self.let.clear()


# ── the same names ─────────────────────────────────────────────────────────────────────────────────────────────────


def public(kind: type) -> dict[str, Any]:
    return {name: getattr(kind, name) for name in dir(kind) if not name.startswith("_")}


@pytest.mark.parametrize(("plain", "waiting"), [(svcflow.Engine, aio.Engine), (svcflow.Worker, aio.Worker)])
def test_names_arguments_and_answers_are_those_of_the_plain_one(plain: type, waiting: type) -> None:
    assert public(plain).keys() == public(waiting).keys()
    for name, method in public(plain).items():
        there = public(waiting)[name]
        assert inspect.iscoroutinefunction(there) == (name not in {"hook", "follow"}), name
        if name in {"run", "follow"}:  # What stops them is an event of their own kind.
            assert inspect.signature(there).parameters.keys() == inspect.signature(method).parameters.keys(), name
        else:
            assert inspect.signature(there) == inspect.signature(method), name


def test_it_is_made_as_the_plain_one_is() -> None:
    plain = inspect.signature(svcflow.Engine).parameters
    waiting = dict(inspect.signature(aio.Engine).parameters)
    assert waiting.pop("threads").default == 8
    assert waiting == dict(plain)


def test_every_call_answers_what_the_plain_engine_answers(url: str) -> None:
    async def scene(engine: aio.Engine) -> None:
        sync = engine.sync
        case = await engine.open("desk", ORDER, actor=LI, key="web-1")
        assert await engine.case(case.id) == case == sync.case(case.id)
        assert await engine.cases() == await engine.worklist(LI) == (case,)
        assert await engine.menu(case.id, actor=LI) == sync.menu(case.id, actor=LI)
        assert await engine.clocks(case.id) == sync.clocks(case.id)
        preview = await engine.preview(case.id, "assign", {"owner": "kim"}, actor=LI)
        assert preview == sync.preview(case.id, "assign", {"owner": "kim"}, actor=LI)
        with pytest.raises(Refused):
            await engine.send(case.id, "assign", actor=LI)
        (moved,) = await engine.send_many([(case.id, Event("assign", {"owner": "kim"}, LI))])
        noted = await engine.note(case.id, "rang", actor=LI)
        assert (noted.state, await engine.process("desk")) == ("repair", desk_process())
        assert isinstance(moved, svcflow.Case)
        assert [entry.seq for entry in await engine.journal(case.id)] == [1, 2, 3]
        assert await engine.outbox() == sync.outbox() != ()
        assert await engine.unheard() == ("notify",)
        assert await engine.lags() == sync.lags()
        assert (await engine.verify()).broken == ()
        assert await engine.incidents() == ()
        assert not await engine.retry(case.id, "none")
        assert not await engine.skip(case.id, "none", reason="x", actor=LI)

    run(scene, url)


# ── many tasks ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_eight_tasks_at_three_cases_lose_nothing_and_do_nothing_twice(url: str) -> None:
    async def scene(engine: aio.Engine) -> None:
        cases = [await in_repair(engine) for _ in range(3)]
        keys = [f"k{number}" for number in range(60)]

        async def task(number: int) -> None:
            for at, key in enumerate(keys[number * 5 :] + keys[: number * 5]):
                await need(engine, cases[int(key[1:]) % 3], key)
                if at % 10 == 0:
                    await engine.menu(cases[at % 3], actor=KIM)

        await asyncio.gather(*map(task, range(8)))
        for number, case in enumerate(cases):
            sent = [entry.key for entry in (await engine.journal(case))[2:]]
            assert sorted(map(str, sent)) == sorted(keys[number::3])
        assert (await engine.verify()).broken == ()

    run(scene, url)


# ── cancelled ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_under_way_is_finished_before_its_cancellation_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    store = Gate()

    async def scene(engine: aio.Engine) -> None:
        case = await in_repair(engine)
        store.shut()
        task = asyncio.create_task(need(engine, case, "web-1"))
        await asyncio.to_thread(store.asked.wait)
        for _ in range(3):
            task.cancel()
            await turns(5)
            assert not task.done()
        store.let.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await engine.case(case)).seq == 3
        assert (await need(engine, case, "web-1")).seq == 3

    run(scene, store)
    assert caplog.text == ""


def test_a_call_under_way_is_finished_before_the_engine_is_closed() -> None:
    store = Gate()

    async def scene() -> None:
        engine = aio.Engine(store, clock=ManualClock(MONDAY))
        await engine.publish(desk_process())
        case = await in_repair(engine)
        store.shut()
        call = asyncio.create_task(need(engine, case))
        await asyncio.to_thread(store.asked.wait)
        closing = asyncio.create_task(engine.close())
        await turns(100)
        store.let.set()
        assert (await call).seq == 3
        await closing

    asyncio.run(scene())


def test_a_call_that_fails_after_it_was_cancelled_is_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    store = Gate()

    async def scene(engine: aio.Engine) -> None:
        case = await in_repair(engine)

        @engine.hook("order_parts", inside=True)
        def order_parts(call: InsideCall) -> None:
            raise ValueError("no")

        store.shut()
        task = asyncio.create_task(need(engine, case))
        await asyncio.to_thread(store.asked.wait)
        task.cancel()
        await turns(1)
        store.let.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await engine.case(case)).seq == 2

    run(scene, store)
    assert caplog.text == ""


def test_a_call_that_is_cancelled_before_its_turn_never_happens() -> None:
    store = Gate()

    async def scene(engine: aio.Engine) -> None:
        case = await in_repair(engine)
        store.shut()
        first = asyncio.create_task(need(engine, case, "first"))
        await asyncio.to_thread(store.asked.wait)
        second = asyncio.create_task(need(engine, case, "second"))
        await turns(2)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        store.let.set()
        await first
        assert [entry.key for entry in (await engine.journal(case))[2:]] == ["first"]

    run(scene, store, threads=1)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 12), st.integers(0, 12)), max_size=30),
    st.sampled_from([1, 3]),
)
def test_after_a_storm_of_cancellations_each_key_stands_for_one_event(
    storm: list[tuple[int, int, int]], threads: int
) -> None:
    """Calls are begun and cancelled after so many turns each; whoever repeats with the same key has it once."""

    async def scene(engine: aio.Engine) -> None:
        cases = [await in_repair(engine) for _ in range(3)]

        async def call(number: int, case: int, begin: int) -> None:
            await turns(begin)
            await need(engine, cases[case], f"k{number}")

        async def cancelled(number: int, case: int, begin: int, end: int) -> bool:
            task = asyncio.create_task(call(number, case, begin))
            await turns(end)
            task.cancel()
            return (await asyncio.gather(task, return_exceptions=True))[0] is not None

        lost = await asyncio.gather(*(cancelled(number, *one) for number, one in enumerate(storm)))
        before = [await engine.journal(case) for case in cases]
        happened = {entry.key for entries in before for entry in entries[2:]}
        assert {f"k{number}" for number, gone in enumerate(lost) if not gone} <= happened
        for number, (case, _, _) in enumerate(storm):
            await need(engine, cases[case], f"k{number}")
        for number, case_id in enumerate(cases):
            entries = await engine.journal(case_id)
            assert entries[: len(before[number])] == before[number]
            wanted = Counter(f"k{at}" for at, one in enumerate(storm) if one[0] == number)
            assert Counter(entry.key for entry in entries[2:]) == wanted
        assert (await engine.verify()).broken == ()

    run(scene, threads=threads)


# ── hooks and rounds ───────────────────────────────────────────────────────────────────────────────────────────────


def test_async_hooks_run_on_the_callers_loop_and_may_use_the_engine_even_with_one_thread(url: str) -> None:
    async def scene(engine: aio.Engine) -> None:
        here, loops = asyncio.get_running_loop(), list[object]()
        case = await in_repair(engine)
        plain: list[int] = []

        @engine.hook("order_parts")
        async def order_parts(call: HookCall) -> None:
            loops.append(asyncio.get_running_loop())
            await engine.note(call.case, "ordered", actor=svcflow.SYSTEM, key=call.key)

        engine.hook("notify")(lambda call: plain.append(threading.get_ident()))
        await need(engine, case)
        assert await engine.tick() == Tally(delivered=2)
        assert loops == [here]
        assert plain != [threading.get_ident()]
        assert (await engine.journal(case))[-1].kind == "note"

    run(scene, url, threads=1)


def test_async_hooks_run_side_by_side_and_are_given_up_after_a_while() -> None:
    async def scene(engine: aio.Engine) -> None:
        together, seen = asyncio.Barrier(2), list[str]()
        cases = [await engine.open("desk", ORDER, actor=LI) for _ in range(3)]

        @engine.hook("notify")
        async def notify(call: HookCall) -> None:
            if call.case == cases[2].id:
                await asyncio.Event().wait()
            await together.wait()
            seen.append(call.case)

        tally = await engine.tick(terms=Terms(timeout=timedelta(seconds=2)))
        assert (tally.delivered, tally.failed) == (2, 1)
        assert set(seen) == {cases[0].id, cases[1].id}
        assert [delivery.error for delivery in await engine.outbox()] == ["TimeoutError"]

    run(scene)


def test_a_round_that_is_cancelled_cancels_its_hooks_and_their_calls_are_made_again() -> None:
    async def scene(engine: aio.Engine) -> None:
        await engine.open("desk", ORDER, actor=LI)
        began, ended = asyncio.Event(), list[str]()

        @engine.hook("notify")
        async def notify(call: HookCall) -> None:
            if call.attempt == 1:
                began.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    ended.append(call.key)

        round_ = asyncio.create_task(engine.tick())
        await began.wait()
        round_.cancel()
        with pytest.raises(asyncio.CancelledError):
            await round_
        (claimed,) = await engine.outbox()
        assert ended == [claimed.call.key]
        later = MONDAY + Terms().lease
        assert (await engine.tick(later)).delivered == 1

    run(scene)


def test_a_hook_inside_sees_the_context_of_the_task_and_sends_through_the_plain_engine(tmp_path: Path) -> None:
    async def scene(engine: aio.Engine) -> None:
        case, other, seen = await in_repair(engine), await in_repair(engine), list[str]()

        @engine.hook("order_parts", inside=True)
        def order_parts(call: InsideCall) -> None:
            seen.append(WHO.get())
            engine.sync.note(other, f"for {call.case}", actor=LI, connection=call.connection)

        WHO.set("kim")
        await need(engine, case)
        assert seen == ["kim"]
        assert (await engine.case(other)).seq == 3

    run(scene, f"sqlite:///{tmp_path}/cases.db")


def test_a_worker_is_a_task_that_stops_when_it_is_told() -> None:
    async def scene(engine: aio.Engine) -> None:
        stop, seen = asyncio.Event(), list[str]()

        @engine.hook("notify")
        async def notify(call: HookCall) -> None:
            seen.append(call.case)
            if len(seen) == 2:
                stop.set()

        worker = asyncio.create_task(aio.Worker(engine, poll=timedelta(milliseconds=1)).run(stop))
        cases = [await engine.open("desk", ORDER, actor=LI) for _ in range(2)]
        await worker
        assert seen == [case.id for case in cases]
        assert await engine.outbox() == ()

    run(scene)


def test_a_worker_that_is_cancelled_cancels_its_hooks_and_leaves_their_calls_to_the_lease() -> None:
    async def scene(engine: aio.Engine) -> None:
        await engine.open("desk", ORDER, actor=LI)
        began, ended = asyncio.Event(), list[str]()

        @engine.hook("notify")
        async def notify(call: HookCall) -> None:
            began.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(call.key)

        worker = asyncio.create_task(aio.Worker(engine).run())
        await began.wait()
        worker.cancel()
        with pytest.raises(asyncio.CancelledError):
            await worker
        (claimed,) = await engine.outbox()
        assert (ended, claimed.state) == ([claimed.call.key], "claimed")

    run(scene)


class Away(MemoryStore):
    """A store whose database is away twice."""

    away = 2

    def claim(self, now: datetime, lease: timedelta, limit: int, hooks: Sequence[str]) -> tuple[Delivery, ...]:
        if self.away:
            self.away -= 1
            raise StoreError("the server is starting up")
        return super().claim(now, lease, limit, hooks)


def test_a_worker_outlives_a_database_that_is_away(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(engine: aio.Engine) -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        engine.hook("notify")(lambda call: loop.call_soon_threadsafe(stop.set))
        await engine.open("desk", ORDER, actor=LI)
        await aio.Worker(engine, poll=timedelta(milliseconds=1)).run(stop)

    run(scene, Away())
    assert caplog.text.count("the server is starting up") == 2


def test_it_joins_a_transaction_of_the_hosts(tmp_path: Path) -> None:
    async def scene(engine: aio.Engine) -> None:
        case = await in_repair(engine)
        with closing(sqlite3.connect(tmp_path / "cases.db", check_same_thread=False)) as host:
            moved = await engine.send(case, "need", {"parts": ["panel"]}, actor=KIM, connection=host)
            assert await engine.case(case, connection=host) == moved
            assert (await engine.case(case)).seq == 2
            host.commit()
        assert await engine.case(case) == moved

    run(scene, f"sqlite:///{tmp_path}/cases.db")


# ── in FastAPI ─────────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, aio.Engine]]:
    stop = asyncio.Event()
    async with aio.Engine() as engine:
        await engine.publish(desk_process())

        @engine.hook("notify")
        async def notify(call: HookCall) -> None:
            await engine.note(call.case, f"told of {call.cause}", actor=svcflow.SYSTEM, key=call.key)
            stop.set()

        worker = asyncio.create_task(aio.Worker(engine, poll=timedelta(milliseconds=1)).run(stop))
        yield {"engine": engine}
        await worker


app = FastAPI(lifespan=lifespan)


@app.post("/cases")
async def open_case(request: Request, fields: dict[str, str]) -> str:
    engine: aio.Engine = request.state.engine
    return (await engine.open("desk", fields, actor=LI)).id


@app.post("/cases/{case}/{event}")
async def send(request: Request, case: str, event: str, fields: dict[str, str]) -> str:
    engine: aio.Engine = request.state.engine
    try:
        return (await engine.send(case, event, fields, actor=LI, key=request.headers["Idempotency-Key"])).state
    except Refused as refused:
        raise HTTPException(409, refused.refusal.code) from refused


def test_it_serves_requests_and_works_beside_them() -> None:
    with TestClient(app) as client:
        case = client.post("/cases", json=ORDER).json()
        key = {"Idempotency-Key": "web-1"}
        for _ in range(2):
            assert client.post(f"/cases/{case}/assign", json={"owner": "kim"}, headers=key).json() == "repair"
        refused = client.post(f"/cases/{case}/done", json={}, headers={"Idempotency-Key": "web-2"})
        assert (refused.status_code, refused.json()) == (409, {"detail": "forbidden"})


def test_a_closed_engine_says_so() -> None:
    async def scene() -> None:
        engine = aio.Engine()
        await engine.close()
        with pytest.raises(StoreError, match="this engine is closed"):
            await engine.cases()

    asyncio.run(scene())
