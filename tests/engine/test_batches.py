"""Many events, or many timers, in one transaction are what they would be one by one."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.desk import ACME, CALLER, FILES, KIM, LEAD, LI, MONDAY, ORDER, Contested
from postgres import Schemas
from svcflow import language
from svcflow.clocks import ManualClock
from svcflow.core.case import Case
from svcflow.core.chart import Chart, Configuration
from svcflow.core.decision import Refusal
from svcflow.core.event import Actor, Event
from svcflow.core.machine import Step
from svcflow.core.process import Process
from svcflow.core.statechart import statechart
from svcflow.engine import Engine
from svcflow.errors import SvcflowError
from svcflow.hooks import InsideCall
from svcflow.rounds import Tally, Terms
from svcflow.stores.base import Query

DESKS, VISITS = ("d1", "d2", "d3"), ("v1", "v2")
CHILD = "{}-2-0"  # The survey that a visit runs when it asks at once.
EVENTS: dict[str, tuple[Actor, dict[str, Any]]] = {
    "assign": (LI, {"owner": "kim"}),
    "correct": (LI, {"fault": "no sound", "phone": "555 0101"}),
    "done": (KIM, {"result": "new panel"}),
    "not_fine": (ACME, {}),
    "drop": (LI, {}),
    "ask": (LI, {}),
    "answer": (CALLER, {"score": 2}),
    "complain": (LI, {}),
    "stop": (LI, {}),
    "settle": (LEAD, {}),
}
Item = tuple[str, Event, datetime]


@cache
def processes() -> Sequence[Process]:
    """The small processes, compiled once."""
    return [language.compile_sources(FILES, name) for name in FILES]


@st.composite
def histories(draw: st.DrawFn) -> list[Item]:
    """Events to cases and their children, some impossible, some with a key that was used before, at growing times."""
    items, at = [], MONDAY
    for _ in range(draw(st.integers(2, 25))):
        name = draw(st.sampled_from(sorted(EVENTS)))
        case = draw(st.sampled_from([*DESKS, *VISITS, *VISITS, *map(CHILD.format, VISITS)]))
        key = draw(st.sampled_from([None, None, "k1", "k2"]))
        actor, fields = EVENTS[name]
        at += timedelta(hours=draw(st.sampled_from([0, 0, 0, 1, 3, 30])))
        items.append((case, Event(name, fields, actor, key), at))
    return items


def started(engine: Engine) -> None:
    engine.publish(*processes())
    for case in DESKS:
        engine.open("desk", ORDER, actor=LI, id=case, at=MONDAY)
    for case in VISITS:
        engine.open("visit", {"customer": "acme", "phone": "555"}, actor=LI, id=case, at=MONDAY)


def one_by_one(engine: Engine, items: Sequence[Item]) -> list[Case | Refusal]:
    return [engine.send_many([item])[0] for item in items]


def told(act: Callable[[], Sequence[Case | Refusal]]) -> object:
    """What came of it, or which error ended it."""
    try:
        return list(act())
    except SvcflowError as error:
        return type(error), str(error)


def look(engine: Engine) -> object:
    """All that is in the store and follows from what was sent; calls have an order within their case."""
    cases = list(engine.store.cases(Query()))
    return [(case, engine.journal(case.id), engine.outbox(case.id)) for case in cases]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(items=histories(), days=st.sampled_from([0, 1, 4]), batch=st.sampled_from([1, 100]))
def test_a_batch_is_what_its_events_are_one_by_one(postgres: Schemas, items: list[Item], days: int, batch: int) -> None:
    clock = ManualClock(MONDAY + timedelta(days=40))
    with ExitStack() as opened_here:
        folder = opened_here.enter_context(tempfile.TemporaryDirectory())
        urls = (":memory:", ":memory:", f"sqlite:///{folder}/cases.db?synchronous=NORMAL", postgres.make())
        oracle, *engines = [opened_here.enter_context(Engine(url, clock=clock)) for url in urls]
        for engine in (oracle, *engines):
            started(engine)
        wanted, story = told(lambda: one_by_one(oracle, items)), look(oracle)
        for engine in engines:
            assert told(lambda sender=engine: sender.send_many(items)) == wanted  # type: ignore[misc] # a default binds
            assert look(engine) == story
        until = items[-1][2] + timedelta(days=days)
        alone = oracle.tick(until, terms=Terms(batch=1))
        for engine in engines:
            assert engine.tick(until, terms=Terms(batch=batch, lanes=3)) == alone
            assert look(engine) == look(oracle)
            assert engine.verify().broken == ()


def desks(engine: Engine, number: int) -> list[str]:
    """Cases in which timers are due after a while."""
    return [engine.open("desk", ORDER, actor=LI).id for _ in range(number)]


def test_due_timers_of_many_cases_are_one_write(engine: Engine, clock: ManualClock) -> None:
    cases = desks(engine, 40)
    clock.advance(timedelta(hours=1, seconds=1))
    store = Contested(engine.store, 0)
    assert Engine(store, clock=clock).tick() == Tally(fired=40)  # type: ignore[arg-type]
    assert store.writes == 1
    assert all(engine.journal(case)[-1].kind == "timer" for case in cases)


def test_others_in_the_way_of_a_batch_harm_nobody(engine: Engine, clock: ManualClock) -> None:
    cases = desks(engine, 10)
    clock.advance(timedelta(hours=1, seconds=1))
    contested = Engine(Contested(engine.store, 6), clock=clock)  # type: ignore[arg-type]
    assert contested.tick() == Tally(fired=10)
    assert all(len(engine.journal(case)) == 2 for case in cases)


class Choosy:
    """A machine with a fault that only the charts of surveys meet."""

    name = "choosy"

    def start(self, chart: Chart) -> Step:
        return statechart.start(chart)

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Callable[[int], bool]) -> Step | None:
        if any(state.id == "silent" for state in chart.states) and event is not None and event.startswith("+after"):
            raise ZeroDivisionError("a fault in the kernel")
        return statechart.step(chart, at, event, allows)


def test_a_fault_of_the_kernel_in_one_case_leaves_the_others_fired(engine: Engine, clock: ManualClock) -> None:
    faulty = Engine(engine.store, clock=clock, machine=Choosy())
    before = desks(faulty, 5)
    visit = faulty.open("visit", {"customer": "acme"}, actor=LI)
    faulty.send(visit.id, "ask", actor=LI)
    after = desks(faulty, 5)
    clock.advance(timedelta(hours=2))
    assert faulty.tick(terms=Terms(tries=1)) == Tally(fired=10, parked=1)
    assert [incident.error for incident in faulty.incidents()] == ["ZeroDivisionError: a fault in the kernel"]
    assert all(faulty.journal(case)[-1].kind == "timer" for case in (*before, *after))


def test_a_hook_inside_that_refuses_one_case_leaves_the_others_fired(engine: Engine, clock: ManualClock) -> None:
    cases = desks(engine, 9)

    @engine.hook("record_breach", inside=True)
    def record(call: InsideCall) -> None:
        if call.case == cases[4]:
            raise ValueError("this one cannot be breached")

    clock.advance(timedelta(days=2))
    assert engine.tick(terms=Terms(tries=1)) == Tally(fired=8, parked=1)
    assert [incident.case for incident in engine.incidents()] == [cases[4]]
    assert [len(engine.journal(case)) for case in cases] == [5, 5, 5, 5, 1, 5, 5, 5, 5]


def test_what_slept_through_very_much_is_fired_in_several_transactions(engine: Engine, clock: ManualClock) -> None:
    cases = desks(engine, 3)
    for case in cases:
        engine.send(case, "assign", {"owner": "kim"}, actor=LI)
        engine.send(case, "done", {"result": "new panel"}, actor=KIM)
    clock.advance(timedelta(days=9))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("svcflow.door.MOST_FIRINGS", 5)
        store = Contested(engine.store, 0)
        assert Engine(store, clock=clock).tick() == Tally(fired=3)  # type: ignore[arg-type]
        assert store.writes >= 3
    assert {engine.case(case).state for case in cases} == {"closed"}
