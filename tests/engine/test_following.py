"""Who follows the journal gets everything that happened, in order, again if need be; one at a time goes on."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.desk import LI, MONDAY, ORDER, desk_process
from engine.follower import assign, follow, open_, ready, told
from svcflow import aio
from svcflow.clocks import ManualClock
from svcflow.engine import Engine
from svcflow.errors import ConflictError, InputError, StoreError
from svcflow.following import Following, Wanted
from svcflow.stores.memory import MemoryStore

MINUTE = timedelta(minutes=1)
BLINK = timedelta(milliseconds=1)


@pytest.mark.requirement("R159")
def test_a_follower_gets_everything_once_in_order_and_then_what_is_new(engine: Engine) -> None:
    open_(engine, "a")
    open_(engine, "b")
    assign(engine, "a")
    assert follow(engine, 3) == ["a/1", "b/1", "a/2"]
    assert follow(engine, 0) == []
    assign(engine, "b")
    assert follow(engine, 1) == ["b/2"]
    assert follow(engine, 4, name="another") == ["a/1", "b/1", "a/2", "b/2"]


@pytest.mark.requirement("R120", "R159")
def test_what_it_gets_says_what_happened_to_whom(engine: Engine) -> None:
    open_(engine, "a")
    ready(engine, 1)
    ((opened,),) = engine.follow("crm")
    assert (opened.tenant, opened.case, opened.process, opened.version) == ("", "a", "desk", 1)
    assert (opened.entry,) == engine.journal("a")
    assert ORDER["phone"] not in repr(opened)


def test_batches_hold_as_many_entries_as_wanted(engine: Engine) -> None:
    for number in range(5):
        open_(engine, f"c{number}")
    ready(engine, 5)
    assert [len(batch) for batch in engine.follow("crm", limit=2)] == [2, 2, 1]


def test_a_batch_that_was_not_dealt_with_comes_again(engine: Engine) -> None:
    open_(engine, "a")
    open_(engine, "b")
    ready(engine, 2)
    for batch in engine.follow("crm", limit=1):
        assert told(batch) == ["a/1"]
        break
    with suppress(OSError):
        for batch in engine.follow("crm", limit=1):
            if told(batch) == ["b/1"]:
                raise OSError("no way to the receiver")
    assert follow(engine, 1) == ["b/1"]


def test_a_follower_may_begin_at_a_time_or_now(engine: Engine, clock: ManualClock) -> None:
    open_(engine, "a")
    clock.advance(timedelta(minutes=10))
    open_(engine, "b")
    ready(engine, 2)
    assert follow(engine, 1, name="since", since=MONDAY + MINUTE) == ["b/1"]
    assert follow(engine, 0, name="now", since="now") == []
    assign(engine, "a")
    assert follow(engine, 1, name="now", since="beginning") == ["a/2"]


def test_a_follower_may_want_one_process_or_another_tenant(engine: Engine, files: Path) -> None:
    engine.publish(files / "desk.yaml", tenant="acme")
    open_(engine, "a")
    engine.open("visit", {"customer": "acme"}, actor=LI, id="v")
    open_(engine, "n", tenant="acme")
    assert follow(engine, 1, process="visit") == ["v/1"]
    assert follow(engine, 1, tenant="acme") == ["n/1"]
    assert follow(engine, 2, name="all") == ["a/1", "v/1"]


def test_erasing_is_followed_and_tells_nothing(engine: Engine) -> None:
    open_(engine, "a")
    engine.erase("a", reason="asked for", actor=LI)
    ready(engine, 2)
    (batch,) = engine.follow("crm")
    assert [one.entry.kind for one in batch] == ["opened", "erased"]
    assert ORDER["phone"] not in repr(batch)


def test_one_follower_of_a_name_goes_on_and_another_takes_over_when_it_dies(engine: Engine, clock: ManualClock) -> None:
    open_(engine, "a")
    open_(engine, "b")
    ready(engine, 2)
    first = engine.follow("crm", limit=1)
    assert told(next(first)) == ["a/1"]
    assert list(engine.follow("crm")) == []
    assert told(next(first)) == ["b/1"]
    clock.advance(timedelta(seconds=59))
    assert list(engine.follow("crm")) == []
    clock.advance(timedelta(seconds=1))
    second = engine.follow("crm", limit=1)
    assert told(next(second)) == ["b/1"]
    with pytest.raises(ConflictError, match=r"another follower named 'crm' has gone on: .* lease of 0:01:00"):
        next(first)
    assert list(second) == []


def test_a_follower_that_is_slower_than_its_lease_goes_on_while_nobody_else_does(
    engine: Engine, clock: ManualClock
) -> None:
    open_(engine, "a")
    open_(engine, "b")
    ready(engine, 2)
    for _ in engine.follow("crm", limit=1):
        clock.advance(timedelta(hours=1))
    assert follow(engine, 0) == []


def test_a_turn_ends_with_the_loop(engine: Engine) -> None:
    open_(engine, "a")
    ready(engine, 1)
    for _ in engine.follow("crm"):
        break
    assert [told(batch) for batch in engine.follow("crm")] == [["a/1"]]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"name": ""}, "a follower needs a name"),
        ({"name": "x" * 2000}, "a follower's name has 2,000 characters"),
        ({"since": "yesterday"}, "`since` must be 'beginning', 'now' or a time, not 'yesterday'"),
        ({"since": datetime(2026, 3, 2)}, "zone"),  # noqa: DTZ001 - that is the mistake
        ({"limit": 0}, "`limit` must be a number of entries from 1 to 10,000, not 0"),
        ({"limit": 10_001}, "not 10001"),
        ({"lease": timedelta()}, "`lease` and `poll` must be longer than nothing"),
        ({"poll": timedelta(seconds=-1)}, "longer than nothing"),
        ({"poll": MINUTE, "connection": object()}, "give `poll` or `connection`, not both"),
        ({"process": "x" * 2000}, "`process` has 2,000 characters"),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(asked: dict[str, Any], says: str) -> None:
    with Engine() as engine, pytest.raises(InputError, match=says):
        engine.follow(**({"name": "crm"} | asked))


# ── without an end ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_with_poll_it_goes_on_until_it_is_stopped_and_keeps_what_was_dealt_with(engine: Engine) -> None:
    stop, found, heard = threading.Event(), [], threading.Semaphore(0)

    def listen() -> None:
        for batch in engine.follow("crm", poll=BLINK, stop=stop):
            found.extend(told(batch))
            heard.release()
            if found[-1] == "a/2":
                stop.set()

    thread = threading.Thread(target=listen)
    thread.start()
    open_(engine, "a")
    assert heard.acquire(timeout=300)
    assign(engine, "a")
    thread.join(60)
    assert found == ["a/1", "a/2"]
    assert list(engine.follow("crm")) == []


class Fragile:
    """A store whose database is away for a while, at the calls named."""

    def __init__(self, store: MemoryStore, *away: str) -> None:
        self._store, self.away = store, list(away)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the store has
        if self.away and self.away[0] == name:
            self.away.pop(0)
            raise StoreError("the database is away")
        return getattr(self._store, name)


CALLS = ["followed", "follow_from", "stretch", "take_turn", "keep_turn"]


@given(st.lists(st.sampled_from(CALLS), max_size=6))
def test_with_poll_it_outlives_an_outage_and_hands_nothing_out_twice(away: list[str]) -> None:
    store, stop = Fragile(MemoryStore()), threading.Event()
    found: list[str] = []
    logging.getLogger("svcflow").setLevel(logging.CRITICAL)
    with Engine(store, clock=ManualClock(MONDAY)) as engine:
        engine.publish(desk_process())
        for number in range(3):
            open_(engine, f"c{number}")
        store.away = list(away)
        for batch in engine.follow("crm", poll=BLINK, stop=stop, limit=1):
            found += told(batch)
            if len(found) == 3:
                stop.set()
                store.away = []
        logging.getLogger("svcflow").setLevel(logging.NOTSET)
        assert found == ["c0/1", "c1/1", "c2/1"]
        assert list(engine.follow("crm")) == []


def test_while_the_database_is_away_a_follower_waits_longer_and_longer() -> None:
    second = timedelta(seconds=1)
    with closing(MemoryStore()) as store:
        asked = Wanted("crm", "", None, "beginning", 100, MINUTE, second, None)
        following = Following(Fragile(store, *["followed"] * 7), ManualClock(MONDAY), asked)
        waits = [following.advance()[1] for _ in range(7)]
        assert waits == [second * times for times in (1, 2, 4, 8, 16, 30, 30)]
        assert following.advance() == ((), second)


def test_without_poll_an_outage_is_the_callers_and_the_batch_comes_again() -> None:
    store = Fragile(MemoryStore())
    with Engine(store, clock=ManualClock(MONDAY)) as engine:
        engine.publish(desk_process())
        open_(engine, "a")
        batches = engine.follow("crm")
        assert told(next(batches)) == ["a/1"]
        store.away = ["keep_turn"]
        with pytest.raises(StoreError, match="away"):
            next(batches)
        assert follow(engine, 1) == ["a/1"]


def test_a_turn_that_cannot_be_ended_runs_out(caplog: pytest.LogCaptureFixture) -> None:
    store, clock = Fragile(MemoryStore()), ManualClock(MONDAY)
    caplog.set_level(logging.INFO, "svcflow")
    with Engine(store, clock=clock) as engine:
        engine.publish(desk_process())
        open_(engine, "a")
        batches = engine.follow("crm")
        next(batches)
        store.away = ["keep_turn"]
        batches.close()
        assert "its turn could not be ended" in caplog.text
        assert list(engine.follow("crm")) == []
        clock.advance(MINUTE)
        assert follow(engine, 1) == ["a/1"]


# ── with await ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def _desk(engine: aio.Engine) -> None:
    await engine.publish(desk_process())
    await engine.open("desk", ORDER, actor=LI, id="a")


def test_the_engine_with_await_follows_alike(url: str) -> None:
    async def play() -> list[str]:
        found: list[str] = []
        stop = asyncio.Event()
        async with aio.Engine(url, clock=ManualClock(MONDAY)) as engine:
            await _desk(engine)
            async for batch in engine.follow("crm", poll=BLINK, stop=stop):
                found += told(batch)
                if len(found) == 1:
                    await engine.send("a", "assign", {"owner": "kim"}, actor=LI)
                else:
                    stop.set()
            found += [one async for batch in engine.follow("crm") for one in told(batch)]
            with pytest.raises(InputError):
                engine.follow("")
        return found

    assert asyncio.run(play()) == ["a/1", "a/2"]


@pytest.mark.parametrize("held", [False, True])
def test_an_engine_that_is_closed_behind_a_loop_that_was_left_ends_its_turn(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, *, held: bool
) -> None:
    async def play(*, kept: list[object]) -> list[str]:
        async with aio.Engine(f"sqlite:///{tmp_path}/cases.db", clock=ManualClock(MONDAY)) as engine:
            await engine.publish(desk_process())
            await engine.open("desk", ORDER, actor=LI, id="a", key="a")
            batches = engine.follow("crm")
            kept += [batches] if held else []
            async for batch in batches:
                del batches
                return told(batch)
        return []

    for _ in range(2):
        assert asyncio.run(play(kept=[])) == ["a/1"]
    assert caplog.text == ""


def test_a_task_that_is_cancelled_gets_its_batch_again_and_holds_nobody_up() -> None:
    async def play() -> list[str]:
        async with aio.Engine(clock=ManualClock(MONDAY)) as engine:
            await _desk(engine)
            begun = asyncio.Event()

            async def work() -> None:
                async for _ in engine.follow("crm"):
                    begun.set()
                    await asyncio.Event().wait()

            task = asyncio.create_task(work())
            await begun.wait()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            del task, work
            gc.collect()
            return [one async for batch in engine.follow("crm") for one in told(batch)]

    assert asyncio.run(play()) == ["a/1"]
