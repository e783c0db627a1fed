"""The worker sleeps until something is due, makes calls side by side, and ends what it has begun when it is told to."""

import asyncio
import os
import signal
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random

import pytest

from engine.desk import KIM, LI, MONDAY, ORDER
from svcflow.clocks import ManualClock
from svcflow.core.decision import HookCall
from svcflow.engine import Engine
from svcflow.errors import InputError, StoreError
from svcflow.inquiry import Lags
from svcflow.rounds import Tally, Terms
from svcflow.shift import Duty, Pace, Progress, Shift
from svcflow.worker import Worker, stopped_by_signals

POLL = timedelta(milliseconds=10)
BRIEF = Terms(timeout=timedelta(milliseconds=100))
SOON = 300
"""Seconds after which a test gives up waiting; nothing takes that long."""


@contextmanager
def working(worker: Worker) -> Iterator[threading.Event]:
    """A worker in a thread beside the test, told to stop in the end."""
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join()


def opened(engine: Engine, number: int) -> list[str]:
    """So many cases, each with a call of `notify`."""
    return [engine.open("desk", ORDER, actor=LI).id for _ in range(number)]


# ── how long it sleeps ─────────────────────────────────────────────────────────────────────────────────────────────


def test_it_sleeps_until_the_next_is_due_but_no_longer_than_the_poll() -> None:
    pace = Pace(ManualClock(MONDAY), Random(7), timedelta(seconds=10))
    assert pace.idle(MONDAY + timedelta(seconds=3)) == timedelta(seconds=3)
    for due in (None, MONDAY + timedelta(hours=1)):
        assert timedelta(seconds=7.5) <= pace.idle(due) <= timedelta(seconds=10)


def test_it_does_not_spin_on_calls_that_nobody_takes() -> None:
    pace = Pace(ManualClock(MONDAY), Random(7), timedelta(seconds=10))
    assert all(pace.idle(MONDAY - timedelta(hours=1)) >= timedelta(seconds=7.5) for _ in range(9))


def test_while_the_store_is_away_it_sleeps_longer_and_longer() -> None:
    pace, away = Pace(ManualClock(MONDAY), Random(7), timedelta(seconds=10)), StoreError("away")
    assert [pace.after_outage(away).total_seconds() for _ in range(4)] == [10, 20, 30, 30]
    pace.idle(None)
    assert pace.after_outage(away).total_seconds() == 10


def test_lags_say_how_long_the_next_timer_and_the_next_call_have_waited(engine: Engine, clock: ManualClock) -> None:
    assert engine.lags() == Lags(timedelta(), timedelta())
    engine.open("desk", ORDER, actor=LI)  # Half of its limit of two hours is a step of the escalation.
    clock.advance(timedelta(minutes=70))
    assert engine.lags() == Lags(timedelta(minutes=10), timedelta(minutes=70))
    engine.hook("*")(lambda call: None)
    engine.tick()
    assert engine.lags() == Lags(timedelta(), timedelta())


# ── what it does ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_goes_on_without_a_pause_while_there_is_something_to_do(engine: Engine) -> None:
    case, done, seen = opened(engine, 1)[0], threading.Event(), list[str]()
    engine.send(case, "assign", {"owner": "kim"}, actor=LI)
    for part in ("panel", "cable", "screw"):
        engine.send(case, "need", {"parts": [part]}, actor=KIM)

    @engine.hook("*")
    def hook(call: HookCall) -> None:
        seen.append(call.cause)
        if len(seen) == 4:
            done.set()

    with working(Worker(engine, poll=timedelta(hours=1))):
        assert done.wait(SOON)
    assert seen == ["open", "need", "need", "need"]
    assert engine.outbox() == ()


def test_it_fires_what_is_due_and_says_what_it_did(engine: Engine, clock: ManualClock) -> None:
    done = threading.Event()
    engine.hook("notify")(lambda call: done.set() if call.step else None)
    opened(engine, 1)
    clock.advance(timedelta(minutes=61))
    worker = Worker(engine, poll=POLL)
    with working(worker):
        assert done.wait(SOON)
    assert worker.progress.tally == Tally(fired=1, delivered=2)
    assert worker.progress.turns > 0


class Watched:
    """A store that says what it was asked, each time."""

    def __init__(self, store: object) -> None:
        self._store, self.asked = store, defaultdict[str, threading.Semaphore](lambda: threading.Semaphore(0))

    def __getattr__(self, name: str) -> object:
        self.asked[name].release()
        return getattr(self._store, name)

    def wait(self, name: str, times: int) -> None:
        """Until it was asked this so many times, since it was made or forgot how often it was."""
        for _ in range(times):
            assert self.asked[name].acquire(timeout=SOON)


class Restarting:
    """A store whose database is away for a while."""

    def __init__(self, store: object, away: int) -> None:
        self._store, self.away = store, away

    def __getattr__(self, name: str) -> object:
        if name == "taking" and self.away:
            self.away -= 1
            raise StoreError("the server is starting up")
        return getattr(self._store, name)


def test_it_outlives_a_database_that_is_away(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    opened(engine, 1)
    store = Restarting(engine.store, 4)
    restarted = Engine(store, clock=engine.clock, random=Random(7))  # type: ignore[arg-type]
    restarted.clock.advance(timedelta(minutes=61))  # type: ignore[attr-defined]
    done = threading.Event()
    restarted.hook("notify")(lambda call: done.set() if call.step else None)
    with working(Worker(restarted, poll=POLL)):
        assert done.wait(SOON)
    assert caplog.text.count("the server is starting up") == 4


def test_a_worker_makes_the_rounds_of_its_engine(engine: Engine) -> None:
    engine.hook("notify")(lambda call: None)
    opened(engine, 1)
    assert Worker(engine).tick() == Tally(delivered=1)


def test_it_works_within_an_event_loop_too(engine: Engine) -> None:
    stop = threading.Event()
    engine.hook("notify")(lambda call: stop.set())
    opened(engine, 1)

    async def host() -> None:
        Worker(engine, poll=POLL).run(stop)

    asyncio.run(host())
    assert engine.outbox() == ()


@pytest.mark.parametrize("wrong", [{"threads": 0}, {"poll": timedelta()}, {"grace": timedelta(seconds=-1)}])
def test_a_worker_that_could_not_work_is_refused(engine: Engine, wrong: dict[str, int | timedelta]) -> None:
    with pytest.raises(InputError):
        Worker(engine, **wrong)  # type: ignore[arg-type]


# ── side by side ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_slow_hook_holds_up_neither_other_cases_nor_timers(engine: Engine, clock: ManualClock) -> None:
    slow, *others = opened(engine, 20)
    clock.advance(timedelta(minutes=61))
    let, done, seen = threading.Event(), threading.Event(), list[str]()

    @engine.hook("notify")
    def notify(call: HookCall) -> None:
        if call.case == slow:
            let.wait()
            return
        seen.append(call.case)
        if len(seen) == 2 * len(others):  # What was opened, and the step of the escalation.
            done.set()

    with working(Worker(engine, poll=POLL, threads=2)):
        assert done.wait(SOON)
        let.set()
    assert sorted(seen) == sorted(others * 2)
    assert {delivery.call.case for delivery in engine.outbox()} <= {slow}


def test_as_many_plain_hooks_run_at_once_as_there_are_threads(engine: Engine) -> None:
    opened(engine, 9)
    together, done, lock, here, most = (
        threading.Barrier(3),
        threading.Event(),
        threading.Lock(),
        list[str](),
        list[int](),
    )

    @engine.hook("notify")
    def notify(call: HookCall) -> None:
        with lock:
            here.append(call.case)
            most.append(len(here))
        together.wait()
        with lock:
            here.remove(call.case)
        if len(most) == 9:
            done.set()

    with working(Worker(engine, poll=POLL, threads=3)):
        assert done.wait(SOON)
    assert max(most) == 3


def test_async_hooks_run_side_by_side_on_one_loop_while_all_threads_are_busy(engine: Engine) -> None:
    case = opened(engine, 5)[0]
    engine.send(case, "assign", {"owner": "kim"}, actor=LI)
    let, done, loops = threading.Event(), threading.Event(), list[asyncio.AbstractEventLoop]()
    together: list[asyncio.Barrier] = []

    @engine.hook("order_parts")
    def order_parts(call: HookCall) -> None:
        let.wait()

    @engine.hook("notify")
    async def notify(call: HookCall) -> None:
        if not together:
            together.append(asyncio.Barrier(5))
        loops.append(asyncio.get_running_loop())
        await together[0].wait()
        if len(loops) == 5:
            done.set()

    with working(Worker(engine, poll=POLL, threads=1)):
        assert done.wait(SOON)
        let.set()
    assert len(set(loops)) == 1


def test_one_hook_for_everything_beside_others_of_the_other_kind_is_called_too(engine: Engine) -> None:
    case = opened(engine, 1)[0]
    engine.send(case, "assign", {"owner": "kim"}, actor=LI)
    engine.send(case, "need", {"parts": ["panel"]}, actor=KIM)
    done, seen = threading.Event(), list[str]()

    @engine.hook("*")
    async def anything(call: HookCall) -> None:
        seen.append(call.hook)

    @engine.hook("order_parts")
    def order_parts(call: HookCall) -> None:
        seen.append("parts")
        done.set()

    with working(Worker(engine, poll=POLL, threads=1)):
        assert done.wait(SOON)
    assert seen == ["notify", "parts"]


def test_a_lease_that_runs_out_while_a_call_is_made_is_renewed(engine: Engine, clock: ManualClock) -> None:
    case = opened(engine, 1)[0]
    engine.send(case, "assign", {"owner": "kim"}, actor=LI)
    engine.send(case, "need", {"parts": ["panel"]}, actor=KIM)
    began, let, done, seen = threading.Event(), threading.Event(), threading.Event(), list[str]()
    store = Watched(engine.store)
    watched = Engine(store, clock=clock)  # type: ignore[arg-type]

    @watched.hook("*")
    def hook(call: HookCall) -> None:
        if call.hook == "notify":
            clock.advance(timedelta(minutes=6))
            began.set()
            let.wait()
        seen.append(call.hook)
        if call.hook == "order_parts":
            done.set()

    with working(Worker(watched, poll=POLL, threads=4)):
        assert began.wait(SOON)
        store.asked.clear()
        store.wait("claim", 3)  # One may be under way, one surely comes after that, and is over when the third comes.
        assert [delivery.attempts for delivery in engine.outbox()] == [2, 0]
        let.set()
        assert done.wait(SOON)
    assert seen == ["notify", "order_parts"]
    assert engine.outbox() == ()


class Ticking(ManualClock):
    """A clock that moves on a little each time somebody looks at it."""

    def now(self) -> datetime:
        return self.advance(timedelta(milliseconds=1))


# ── given up ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["plain", "async", "deaf"])
def test_a_hook_that_takes_too_long_is_given_up_and_its_call_made_again(engine: Engine, kind: str) -> None:
    case, let, store = opened(engine, 1)[0], threading.Event(), Watched(engine.store)

    def plain(call: HookCall) -> None:
        if call.attempt == 1:
            let.wait()

    async def awaited(call: HookCall) -> None:
        while call.attempt == 1 and not let.is_set():
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if kind == "async":
                    raise
                await asyncio.to_thread(let.wait)

    ticking = Engine(store, clock=Ticking(MONDAY))  # type: ignore[arg-type]
    ticking.hook("notify")(plain if kind == "plain" else awaited)
    terms = Terms(timeout=timedelta(milliseconds=100), first=timedelta(milliseconds=1))
    with working(Worker(ticking, terms=terms, poll=POLL)):
        store.wait("delivered", 1)  # By the second try, or a later one on a machine that is busy.
        let.set()
    assert engine.outbox(case) == ()


def test_threads_that_hang_are_replaced_up_to_as_many_again(engine: Engine) -> None:
    opened(engine, 6)
    let, hung = threading.Event(), threading.Semaphore(0)
    store = Watched(engine.store)
    watched = Engine(store, clock=engine.clock)  # type: ignore[arg-type]

    @watched.hook("notify")
    def notify(call: HookCall) -> None:
        hung.release()
        let.wait()

    worker = Worker(watched, terms=BRIEF, poll=POLL, threads=2)
    with working(worker):
        store.wait("failed", 4)
        store.asked.clear()
        store.wait("next_dues", 20)
        assert worker.progress.hanging == 4
        for _ in range(4):
            assert hung.acquire(timeout=SOON)
        assert not hung.acquire(blocking=False)
        let.set()
        for _ in range(2):
            assert hung.acquire(timeout=SOON)


class Slow(Watched):
    """A store that notes the end of a call only when its worker has looked around twice more."""

    def __init__(self, store: object) -> None:
        super().__init__(store)
        self.worker: Worker | None = None
        self.hanging: list[int] = []

    def __getattr__(self, name: str) -> object:
        if name == "delivered" and self.worker is not None:
            turns = self.worker.progress.turns + 2
            while self.worker.progress.turns < turns:
                self.wait("next_dues", 1)
            self.hanging.append(self.worker.progress.hanging)
        return super().__getattr__(name)


def test_a_call_whose_end_is_being_written_down_counts_as_no_thread_that_hangs(engine: Engine) -> None:
    opened(engine, 1)
    store = Slow(engine.store)
    slow = Engine(store, clock=engine.clock)  # type: ignore[arg-type]
    slow.hook("notify")(lambda call: None)
    store.worker = Worker(slow, poll=POLL)
    with working(store.worker):
        store.wait("delivered", 1)
    assert store.hanging == [0]


class GivenUp(BaseException):
    """What some libraries raise when a time runs out, so that nobody takes it for an ordinary error."""


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_a_hook_that_wants_to_end_the_program_or_itself_has_failed(engine: Engine, kind: str) -> None:
    first, second, third = opened(engine, 3)
    done = threading.Semaphore(0)

    def plain(call: HookCall) -> None:
        done.release()
        if call.case == first:
            raise SystemExit(3)
        if call.case == second:
            raise asyncio.CancelledError
        raise GivenUp

    async def awaited(call: HookCall) -> None:
        plain(call)

    engine.hook("*")(plain if kind == "plain" else awaited)
    with working(Worker(engine, poll=POLL)):
        for _ in range(3):
            assert done.acquire(timeout=SOON)
    errors = {delivery.call.case: delivery.error for delivery in engine.outbox()}
    cancelled = "CancelledError: the hook cancelled itself"
    assert errors == {first: "SystemExit: 3", second: cancelled, third: "GivenUp"}


# ── stopped ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_has_begun_is_finished_and_nothing_else_is_begun(engine: Engine) -> None:
    opened(engine, 5)
    progress = Progress()

    async def scene() -> None:
        both, stop, let = asyncio.Barrier(3), asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        @engine.hook("notify")
        def notify(call: HookCall) -> None:
            asyncio.run_coroutine_threadsafe(both.wait(), loop).result()
            let.wait()

        work = asyncio.create_task(Shift(engine.rounds, Duty(threads=2), progress, asyncio.to_thread).work(stop))
        await both.wait()
        stop.set()
        let.set()
        await work

    asyncio.run(scene())
    assert progress.tally == Tally(delivered=2)
    assert [(delivery.state, delivery.attempts) for delivery in engine.outbox()] == [("waiting", 0)] * 3


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_what_is_not_done_within_the_grace_is_left_to_others_at_once(engine: Engine, kind: str) -> None:
    opened(engine, 1)
    began, let, cancelled = threading.Event(), threading.Event(), list[bool]()

    def plain(call: HookCall) -> None:
        began.set()
        let.wait()

    async def awaited(call: HookCall) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(True)

    engine.hook("notify")(plain if kind == "plain" else awaited)
    with working(Worker(engine, terms=Terms(tries=1), poll=POLL, grace=timedelta())):
        assert began.wait(SOON)
    let.set()
    (delivery,) = engine.outbox()
    assert (delivery.state, delivery.attempts, delivery.next_at) == ("waiting", 1, engine.clock.now())
    assert delivery.error == "Stopped: the worker ended before the hook was done"
    assert cancelled == ([True] if kind == "async" else [])
    assert engine.incidents() == ()


class Stopping:
    """A store with which the worker is told to stop while it claims."""

    def __init__(self, store: object, stop: Callable[[], object]) -> None:
        self._store, self._stop = store, stop

    def __getattr__(self, name: str) -> object:
        if name == "claim":
            self._stop()
        return getattr(self._store, name)


def test_calls_that_were_claimed_but_not_begun_are_given_back(engine: Engine) -> None:
    opened(engine, 3)
    seen: list[HookCall] = []

    async def scene() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        store = Stopping(engine.store, lambda: loop.call_soon_threadsafe(stop.set))
        stopping = Engine(store, clock=engine.clock)  # type: ignore[arg-type]
        stopping.hook("notify")(seen.append)
        await Shift(stopping.rounds, Duty(), Progress(), asyncio.to_thread).work(stop)

    asyncio.run(scene())
    assert seen == []
    assert [(delivery.state, delivery.attempts) for delivery in engine.outbox()] == [("waiting", 0)] * 3


def test_firing_stops_between_two_batches(engine: Engine, clock: ManualClock) -> None:
    opened(engine, 5)
    clock.advance(timedelta(minutes=61))
    told = iter([False, True])
    assert engine.rounds.fire_due(clock.now(), Terms(batch=2, lanes=1), lambda: next(told)) == Tally(fired=2)
    assert engine.rounds.fire_due(clock.now(), Terms(), lambda: False) == Tally(fired=3)


def test_a_batch_that_was_not_full_is_the_last_of_its_round(engine: Engine, clock: ManualClock) -> None:
    opened(engine, 3)
    clock.advance(timedelta(minutes=61))
    asked_once = iter([False])
    assert engine.rounds.fire_due(clock.now(), Terms(batch=4), lambda: next(asked_once)) == Tally(fired=3)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_and_the_next_one_acts_as_usual(number: signal.Signals) -> None:
    usual = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    with stopped_by_signals() as stop:
        assert signal.getsignal(number) is not usual[number]
        os.kill(os.getpid(), number)
        assert stop.wait(SOON)
        assert {
            one: signal.getsignal(one) for one in usual
        } == usual  # Whichever comes next: Ctrl-C after SIGTERM, too.
    assert {one: signal.getsignal(one) for one in usual} == usual
