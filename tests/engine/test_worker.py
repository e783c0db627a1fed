"""The worker sleeps until something is due, outlives its database's restarts and stops when it is told."""

import os
import signal
import threading
from datetime import timedelta
from random import Random

import pytest

from engine.desk import KIM, LI, ORDER
from svcflow.clocks import ManualClock
from svcflow.engine import Engine
from svcflow.errors import StoreError
from svcflow.inquiry import Lags
from svcflow.rounds import Tally
from svcflow.worker import Worker, stopped_by_signals

POLL = timedelta(seconds=10)


class Naps(threading.Event):
    """Notes how long the worker would sleep, and stops it after so many naps."""

    def __init__(self, naps: int) -> None:
        super().__init__()
        self.left, self.lengths = naps, list[float]()

    def wait(self, timeout: float | None = None) -> bool:
        self.lengths.append(timeout or 0.0)
        self.left -= 1
        if not self.left:
            self.set()
        return self.is_set()


def test_it_sleeps_until_the_next_timer_but_no_longer_than_the_poll(engine: Engine, clock: ManualClock) -> None:
    engine.hook("*")(lambda call: None)
    naps = Naps(1)
    Worker(engine, poll=POLL).run(naps)
    engine.open("desk", ORDER, actor=LI)
    engine.tick()
    clock.advance(timedelta(minutes=59, seconds=57))
    soon = Naps(1)
    Worker(engine, poll=POLL).run(soon)
    assert 7.5 <= naps.lengths[0] <= 10
    assert soon.lengths == [3]


def test_it_does_not_spin_on_calls_that_nobody_takes(engine: Engine) -> None:
    engine.open("desk", ORDER, actor=LI)
    naps = Naps(3)
    Worker(engine, poll=POLL).run(naps)
    assert min(naps.lengths) >= 7.5


def test_it_goes_on_at_once_while_there_is_something_to_do(engine: Engine) -> None:
    engine.hook("notify")(lambda call: None)
    engine.open("desk", ORDER, actor=LI)
    case = engine.open("desk", ORDER, actor=LI)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    engine.send(case.id, "need", {"parts": ["panel"]}, actor=KIM)
    naps = Naps(1)
    Worker(engine, poll=POLL).run(naps)
    assert naps.lengths == [0]


def test_lags_say_how_long_the_next_timer_and_the_next_call_have_waited(engine: Engine, clock: ManualClock) -> None:
    assert engine.lags() == Lags(timedelta(), timedelta())
    engine.open("desk", ORDER, actor=LI)  # Half of its limit of two hours is a step of the escalation.
    clock.advance(timedelta(minutes=70))
    assert engine.lags() == Lags(timedelta(minutes=10), timedelta(minutes=70))
    engine.hook("*")(lambda call: None)
    engine.tick()
    assert engine.lags() == Lags(timedelta(), timedelta())


class Restarting:
    """A store whose database is away for a while."""

    def __init__(self, store: object, away: int) -> None:
        self._store, self.away = store, away

    def __getattr__(self, name: str) -> object:
        if name == "due" and self.away:
            self.away -= 1
            raise StoreError("the server is starting up")
        return getattr(self._store, name)


def test_it_outlives_a_database_that_is_away(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    engine.open("desk", ORDER, actor=LI)
    store = Restarting(engine.store, 4)
    restarted = Engine(store, clock=engine.clock, random=Random(7))  # type: ignore[arg-type]
    seen: list[str] = []
    restarted.hook("notify")(lambda call: seen.append(call.case))
    naps = Naps(5)
    Worker(restarted, poll=POLL).run(naps)
    assert naps.lengths[:4] == [10, 20, 30, 30]
    assert len(seen) == 1
    assert caplog.text.count("the server is starting up") == 4


def test_a_worker_makes_the_rounds_of_its_engine(engine: Engine) -> None:
    engine.hook("notify")(lambda call: None)
    engine.open("desk", ORDER, actor=LI)
    assert Worker(engine).tick() == Tally(delivered=1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_and_the_next_one_acts_as_usual(number: signal.Signals) -> None:
    usual = signal.getsignal(number)
    with stopped_by_signals() as stop:
        assert signal.getsignal(number) is not usual
        os.kill(os.getpid(), number)
        assert stop.wait(5)
        assert signal.getsignal(number) is usual
    assert signal.getsignal(number) is usual
