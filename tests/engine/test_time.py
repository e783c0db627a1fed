"""Time is the engine's: it never goes back within a case, and how late a worker runs is not in the history."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.desk import ACME, KIM, LI, MONDAY, ORDER, desk_process
from svcflow.clocks import ManualClock
from svcflow.core.event import Actor, Event
from svcflow.engine import Engine
from svcflow.errors import FarBehind, InputError, Refused
from svcflow.language import compile_sources

HOUR = timedelta(hours=1)


def test_entries_carry_the_time_of_the_clock(engine: Engine, clock: ManualClock) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    clock.advance(timedelta(minutes=10))
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    assert [entry.at for entry in engine.journal(case.id)] == [MONDAY, MONDAY + timedelta(minutes=10)]


@pytest.mark.requirement("R063")
def test_a_clock_that_was_set_back_does_not_set_a_case_back(engine: Engine, clock: ManualClock) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    clock.set(MONDAY - HOUR)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    engine.note(case.id, "the server's clock is wrong", actor=LI)
    assert [entry.at for entry in engine.journal(case.id)] == [MONDAY] * 3
    assert engine.case(case.id).moved_at == MONDAY


@pytest.mark.requirement("R222")
def test_an_import_gives_its_times_in_any_zone(engine: Engine) -> None:
    then = datetime(2025, 12, 1, 17, 30, tzinfo=timezone(timedelta(hours=8)))
    case = engine.open("desk", ORDER, actor=LI, at=then)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, at=then + HOUR)
    assert case.opened_at == datetime(2025, 12, 1, 9, 30, tzinfo=UTC)
    assert [entry.at for entry in engine.journal(case.id)] == [then, then + HOUR]
    with pytest.raises(InputError, match="no time zone"):
        engine.send(case.id, "done", {"result": "x"}, actor=KIM, at=datetime(2025, 12, 2))  # noqa: DTZ001 - the mistake


def test_a_given_time_before_the_last_entry_is_refused(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI, at=MONDAY)
    with pytest.raises(Refused) as info:
        engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, at=MONDAY - timedelta(microseconds=1))
    refusal = info.value.refusal
    assert (refusal.code, refusal.event, refusal.parameters["moved_at"]) == ("earlier", "assign", MONDAY)
    assert "assign" in refusal.possible
    assert engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, at=MONDAY).state == "repair"


def test_questions_are_answered_as_of_now_before_any_worker_ran(engine: Engine, clock: ManualClock) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    engine.send(case.id, "done", {"result": "new panel"}, actor=KIM)
    clock.advance(timedelta(days=5))
    assert (engine.case(case.id).state, engine.case(case.id).status) == ("closed", "done")
    assert engine.menu(case.id, actor=ACME) == ()
    assert [case.state for case in engine.cases()] == ["confirm"]
    assert len(engine.journal(case.id)) == 3
    engine.tick()
    assert [case.state for case in engine.cases()] == ["closed"]


def test_overdue_timers_fire_before_the_event_and_at_their_own_time(engine: Engine, clock: ManualClock) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    engine.send(case.id, "done", {"result": "new panel"}, actor=KIM)
    clock.advance(timedelta(days=1, hours=3))
    engine.send(case.id, "fine", actor=ACME)
    assert [(entry.kind, entry.at - MONDAY) for entry in engine.journal(case.id)][3:] == [
        ("timer", timedelta(days=1)),
        ("event", timedelta(days=1, hours=3)),
    ]


# Hours until a worker runs, and again; between them stands what people do and when.
LAGS = st.lists(st.integers(1, 40), max_size=8)
DOINGS: dict[datetime, tuple[Actor, str, dict[str, Any]]] = {
    MONDAY + 3 * HOUR: (LI, "assign", {"owner": "kim"}),
    MONDAY + 5 * HOUR: (KIM, "need", {"parts": ["panel"]}),
    MONDAY + 20 * HOUR: (KIM, "done", {"result": "new panel"}),
}


@given(lags=LAGS, other=LAGS)
def test_the_history_does_not_depend_on_when_workers_run(lags: list[int], other: list[int]) -> None:
    assert history(lags) == history(other)


def history(lags: list[int]) -> tuple[object, ...]:
    """One case's life among workers that run so many hours apart."""
    clock = ManualClock(MONDAY)
    engine = Engine(clock=clock)
    engine.publish(desk_process())
    case = engine.open("desk", ORDER, actor=LI, id="T-1")
    rounds = [MONDAY + timedelta(hours=sum(lags[: n + 1])) for n in range(len(lags))]
    for at in sorted({*rounds, *DOINGS}):
        clock.set(at)
        if at in rounds:
            engine.tick()
        if at in DOINGS:
            actor, event, fields = DOINGS[at]
            engine.send(case.id, event, fields, actor=actor)
    clock.set(MONDAY + timedelta(days=30))
    engine.tick()
    assert engine.verify().broken == ()
    calls = [(one.call.key, one.call.hook, one.call.at, one.call.step, one.call.to) for one in engine.outbox()]
    return engine.journal(case.id), calls, engine.clocks(case.id)


SLEEPER = """
process: sleeper
version: 1
roles: [agent]
states:
  one: {by: agent, events: {x: two}, after: {every 1min: {do: {notify: agent}}}}
  two: {end: done}
"""


def test_whoever_slept_through_thousands_of_timers_catches_up_before_an_event(
    engine: Engine, clock: ManualClock
) -> None:
    (sleeper,) = engine.publish(compile_sources({"sleeper.yaml": SLEEPER}, "sleeper.yaml"))
    case = engine.open(sleeper.name, actor=LI)
    clock.advance(timedelta(minutes=2500))
    with pytest.raises(FarBehind):
        engine.preview(case.id, "x", actor=LI)
    assert engine.send_many([(case.id, Event("x", {}, LI))]) == (engine.case(case.id),)
    entries = engine.journal(case.id)
    assert [entry.at for entry in entries[1:-1]] == [MONDAY + timedelta(minutes=n) for n in range(1, 2501)]
    assert (entries[-1].name, engine.verify(case.id).broken) == ("x", ())


def test_one_round_of_a_worker_catches_up_with_thousands_of_timers(engine: Engine, clock: ManualClock) -> None:
    engine.publish(compile_sources({"sleeper.yaml": SLEEPER}, "sleeper.yaml"))
    case = engine.open("sleeper", actor=LI)
    clock.advance(timedelta(minutes=2500))
    engine.tick()
    assert len(engine.journal(case.id)) == 2501
