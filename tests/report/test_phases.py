"""Figures reach from the first call to the follow-up."""

from datetime import UTC, datetime, timedelta

import pytest

from svcflow import catalog, eventlog
from svcflow.clocks import ManualClock
from svcflow.core.event import Actor
from svcflow.engine import Engine
from svcflow.report import report

MONDAY = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
DESK = Actor("li", roles={"agent", "dispatcher"})
ENGINEER = Actor("wang", roles={"engineer"})
ACCEPTED = {"product": "TV-55", "contract": "gold", "warranty": "in_warranty", "priority": "P3", "owner": "wang"}
VISIT = {"owner": "wang", "appointment": "2026-03-09T15:00:00+08:00"}
WAY: tuple[tuple[str, str, dict[str, str], Actor], ...] = (
    ("new", "accept", ACCEPTED, DESK),
    ("diagnose", "send_someone", {"diagnosis": "panel"}, ENGINEER),
    ("dispatch", "send_own", VISIT, DESK),
    ("repair.onsite", "done", {"work_done": "new panel"}, ENGINEER),
    ("verify", "confirmed", {}, Actor("acme")),
)


@pytest.mark.requirement("R157")
def test_every_phase_of_a_service_has_its_time() -> None:
    clock = ManualClock(MONDAY)
    engine = Engine(clock=clock)
    engine.publish(catalog.service_ticket)
    order = {"customer": "acme", "phone": "555-0100", "fault": "no picture"}
    case = engine.open("service_ticket", order, actor=DESK)
    spent = {}
    for minutes, (state, event, form, actor) in enumerate(WAY, start=5):
        assert case.state == state
        clock.advance(timedelta(minutes=minutes))
        spent[state] = 60 * minutes
        case = engine.send(case.id, event, form, actor=actor)
    called = case.children["callback"]
    clock.advance(timedelta(days=3))  # The window is open.
    caller = Actor("lin", roles={"caller"})
    engine.send(called, "start", {"contact_by": "phone_call"}, actor=caller)
    clock.advance(timedelta(minutes=2))
    engine.send(called, "reached", actor=caller)
    spent["reach.calling"] = 120
    made = report(eventlog.read(engine))
    measured = {dict(kpi.by)["state"]: kpi.value for kpi in made.kpis if kpi.name == "time_in_state"}
    assert {state: measured[state] for state in spent} == spent
