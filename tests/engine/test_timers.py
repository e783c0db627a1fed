"""R2: timers fire once, in rounds of any size; what cannot fire is retried, then waits for an operator."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.desk import KIM, LI, MONDAY, ORDER
from svcflow.clocks import ManualClock
from svcflow.core.chart import Chart, Configuration
from svcflow.core.machine import Step
from svcflow.core.statechart import statechart
from svcflow.engine import Engine
from svcflow.errors import MicrostepLimit
from svcflow.rounds import Tally, Terms
from svcflow.worker import Worker

HOUR = timedelta(hours=1)


class Broken:
    """A machine that fails where it is told to, as a fault in the kernel would."""

    name = "broken"

    def __init__(self) -> None:
        self.fails = False

    def start(self, chart: Chart) -> Step:
        return statechart.start(chart)

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Callable[[int], bool]) -> Step | None:
        if self.fails and event is not None and event.startswith("+after"):
            raise ZeroDivisionError("a fault in the kernel")
        return statechart.step(chart, at, event, allows)


def confirming(engine: Engine, id_: str | None = None) -> str:
    """A case in which timers move things."""
    case = engine.open("desk", ORDER, actor=LI, id=id_)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    engine.send(case.id, "done", {"result": "new panel"}, actor=KIM)
    return case.id


def test_every_due_case_is_fired_however_small_the_batches_are(engine: Engine, clock: ManualClock) -> None:
    cases = [confirming(engine) for _ in range(7)]
    clock.advance(timedelta(days=4))
    assert engine.tick(terms=Terms(batch=2)).fired == 7
    assert {engine.case(case).state for case in cases} == {"closed"}
    assert engine.tick().fired == 0


def test_a_move_fires_at_its_instant_and_an_escalation_step_only_after_it(engine: Engine, clock: ManualClock) -> None:
    case = confirming(engine)
    opened = engine.open("desk", ORDER, actor=LI)
    clock.set(MONDAY + HOUR)
    assert engine.tick().fired == 0
    clock.advance(timedelta(microseconds=1))
    assert engine.tick().fired == 1
    assert [entry.at for entry in engine.journal(opened.id) if entry.kind == "timer"] == [MONDAY + HOUR]
    clock.set(MONDAY + timedelta(days=3))
    engine.tick()
    assert engine.case(case).state == "closed"


def test_steps_that_wait_for_their_instant_to_pass_do_not_hide_a_move(engine: Engine, clock: ManualClock) -> None:
    clock.set(MONDAY + 3 * HOUR)
    moving = confirming(engine, "zzz")
    clock.set(MONDAY + 26 * HOUR)
    for _ in range(5):
        engine.open("desk", ORDER, actor=LI)
    clock.set(MONDAY + 27 * HOUR)
    assert engine.tick(terms=Terms(batch=2)) == Tally(fired=1)
    assert engine.journal(moving)[-1].at == clock.now()


def test_a_time_to_come_can_be_tried_out(engine: Engine) -> None:
    case = confirming(engine)
    engine.tick(MONDAY + timedelta(days=3))
    assert engine.case(case).state == "closed"
    assert engine.journal(case)[-1].at == MONDAY + timedelta(days=3)


def test_a_timer_that_cannot_fire_is_retried_then_parked_and_holds_up_no_other(engine: Engine) -> None:
    clock, machine = ManualClock(MONDAY), Broken()
    broken = Engine(engine.store, clock=clock, machine=machine)
    case = confirming(broken)
    machine.fails = True
    clock.advance(timedelta(days=1))
    tallies = []
    for _ in range(4):
        tallies.append(broken.tick(terms=Terms(tries=3)))
        clock.advance(timedelta(hours=1))
    assert tallies == [Tally(failed=1), Tally(failed=1), Tally(parked=1), Tally()]
    (incident,) = broken.incidents()
    assert (incident.kind, incident.case, incident.attempts) == ("timer", case, 3)
    assert incident.error == "ZeroDivisionError: a fault in the kernel"
    machine.fails = False
    assert broken.retry(case, incident.name)
    assert broken.tick().fired == 1
    assert broken.incidents() == ()
    assert broken.journal(case)[-1].at == MONDAY + timedelta(days=1)
    assert broken.verify().broken == ()


class Circling(Broken):
    """A machine that does not come to rest when a timer fires."""

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Callable[[int], bool]) -> Step | None:
        if event is not None and event.startswith("+after"):
            raise MicrostepLimit(1000, ["confirm"])
        return statechart.step(chart, at, event, allows)


def test_a_case_that_cannot_be_brought_up_to_date_is_shown_as_it_was_written(engine: Engine) -> None:
    clock = ManualClock(MONDAY)
    broken = Engine(engine.store, clock=clock, machine=Circling())
    case, other = confirming(broken), broken.open("desk", ORDER, actor=LI)
    clock.advance(timedelta(days=4))
    assert broken.case(case).state == "confirm"
    assert {one.id for one in broken.worklist(LI)} == {case, other.id}


@pytest.mark.requirement("R069", "R148")
def test_several_workers_fire_each_timer_once(engine: Engine, clock: ManualClock) -> None:
    cases = [confirming(engine) for _ in range(10)]
    clock.advance(timedelta(days=4))
    threads = [threading.Thread(target=engine.tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for case in cases:
        assert [entry.kind for entry in engine.journal(case)].count("timer") == 4
    assert engine.verify().broken == ()


def test_a_worker_runs_until_it_is_told_to_stop(engine: Engine, clock: ManualClock) -> None:
    case = confirming(engine)
    clock.advance(timedelta(days=4))
    stop = threading.Event()
    engine.hook("*")(lambda call: stop.set() if call.case == case else None)
    worker = threading.Thread(target=Worker(engine, poll=timedelta(milliseconds=5)).run, args=(stop,))
    worker.start()
    worker.join(60)
    assert not worker.is_alive()
    assert engine.case(case).state == "closed"
