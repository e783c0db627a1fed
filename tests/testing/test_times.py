"""
The oracles of time: silent on random runs of every process, and each says what is wrong where something is.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from svcflow import catalog
from svcflow.core import arming, sla, timing
from svcflow.core.event import Actor
from svcflow.testing.drawing import Drawing, random_traces
from svcflow.testing.properties.split import WaitsMayBeCut
from svcflow.testing.properties.times import TimesKept
from svcflow.testing.running import run
from svcflow.testing.stage import Stage
from svcflow.testing.trace import Command, Open, Recalendar, Send, Skew, Trace, Wait, Work
from svcflow.testing.violations import EscalationSkipped, SlaClockDrift, SlaSplit, TimerOrder
from svcflow.testing.world import World

WORKSHOP = str(Path(__file__).parent / "workshop.yaml")
OF_TIME = (TimesKept, WaitsMayBeCut)
START = datetime(2026, 3, 9, 1, tzinfo=UTC)
LI = Actor("li", roles={"agent"})
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

OPENED = Open("service_ticket", {"customer": "acme", "phone": "555-0199", "fault": "no picture"}, LI)
ACCEPTED = Send(
    "accept",
    {"product": "X1", "contract": "gold", "warranty": "in_warranty", "priority": "P2", "owner": "li"},
    LI,
)


def ticket(*commands: Command) -> Trace:
    return Trace("service_ticket", START, (OPENED, *commands))


@pytest.mark.parametrize(
    "name", ["service_ticket", "complaint", "callback", "maintenance", "maintenance_plan", WORKSHOP]
)  # fmt: skip
def test_they_are_silent_where_all_is_well(name: str) -> None:
    drawing = Drawing.of(name if name == WORKSHOP else getattr(catalog, name))
    for trace in islice(random_traces(drawing, seed=7), 5):
        run(drawing.stage, trace, properties=OF_TIME)


def test_a_child_that_a_late_worker_opened_can_be_acted_in() -> None:
    repaired = (
        Send("fix_remotely", {"diagnosis": "loose cable", "owner": "li"}, LI),
        Send("done", {"work_done": "plugged in"}, Actor("kim", roles={"team_lead"})),
    )
    helped = Send("ask_for_help", {"reason": "no answer"}, Actor("ann", roles={"caller"}), "case-6-0")
    late = ticket(ACCEPTED, *repaired, Wait(START + 5 * DAY, prompt=False), Work(), helped)
    course = run(catalog.service_ticket, late, properties=OF_TIME)
    assert [entry.name for entry in course.steps[-1].entries] == ["ask_for_help"]


def test_a_wait_of_two_microseconds_has_an_end_as_well() -> None:
    instant = timedelta(microseconds=1)
    short = ticket(Wait(START + HOUR - instant), Wait(START + HOUR + instant), Skew(-instant))
    course = run(catalog.service_ticket, short, properties=OF_TIME)
    assert [entry.name for entry in course.steps[2].entries] == ["clock:first_response"]


def test_a_clock_may_be_set_back_behind_what_a_worker_did() -> None:
    instant = timedelta(microseconds=1)
    late = ticket(Wait(START + HOUR + instant, prompt=False), Work(), Skew(-instant))
    course = run(catalog.service_ticket, late, properties=OF_TIME)
    assert [entry.name for entry in course.steps[2].entries] == ["clock:first_response"]


def test_a_ticket_accepted_and_left_alone_is_as_reckoned_on_other_days_too() -> None:
    turned = Recalendar(tuple(START.date() + n * DAY for n in (1, 2)))
    course = run(
        catalog.service_ticket,
        ticket(ACCEPTED, Wait(START + HOUR), turned, Wait(START + 40 * DAY, prompt=False), Wait(START + 41 * DAY)),
        properties=OF_TIME,
    )
    assert [entry.kind for entry in course.steps[3].entries] == ["recalendared"]
    assert len(course.steps[-1].entries) > 3


def test_a_clock_that_forgets_to_stand_still_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sla, "pause", lambda draft: None)
    quote = Send("quote", {"diagnosis": "dead", "price": 10}, LI)
    with pytest.raises((SlaClockDrift, EscalationSkipped), match=r"clock:resolution|clock resolution"):
        run(Stage.of(catalog.service_ticket), ticket(ACCEPTED, quote), properties=OF_TIME)


def test_a_timer_that_is_armed_an_hour_late_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = arming.arm
    monkeypatch.setattr(timing, "arm", lambda draft, name, due, *rest: right(draft, name, due + HOUR, *rest))
    quote = Send("quote", {"diagnosis": "dead", "price": 10}, LI)
    with pytest.raises(TimerOrder, match="after:quoted:10d is armed for"):
        run(Stage.of(catalog.service_ticket), ticket(ACCEPTED, quote), properties=OF_TIME)


def test_a_case_that_depends_on_who_looks_is_found() -> None:
    stage = Stage.of(catalog.service_ticket)
    with stage.database() as opener:
        world = World(stage, opener, START)
        watching = WaitsMayBeCut(world)
        for command in (OPENED, ACCEPTED, Wait(START + DAY)):
            watching.after(world.do(command), world)
        del world.steps[1]  # as if accepting had been nothing
        with pytest.raises(SlaSplit, match="with waits in parts"):
            watching.end(world)
        world.close()
