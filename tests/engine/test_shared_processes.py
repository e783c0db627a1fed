"""The shared example processes, driven from first to last state through the engine."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from svcflow.clocks import ManualClock
from svcflow.core.case import Case
from svcflow.core.event import SYSTEM, Actor
from svcflow.engine import Engine
from svcflow.errors import Refused

# A Monday morning in Shanghai, an hour and a half after the office opens.
MORNING = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)

AGENT = Actor("ann", roles={"agent"})
DISPATCHER = Actor("dai", roles={"dispatcher"})
ENGINEER = Actor("eng", roles={"engineer"})
CALLER = Actor("cai", roles={"caller"})
MANAGER = Actor("mei", roles={"manager"})
OFFICER = Actor("zhou", roles={"complaints"})
ACME = Actor("acme")
OUTLET = Actor("tom", groups={"outlet-7"})

ORDER = {"customer": "acme", "phone": "139 5550 0100", "fault": "no picture"}
ACCEPTED = {"product": "X1", "contract": "gold", "warranty": "in_warranty", "priority": "P3", "owner": "eng"}
RATING = {
    "purpose_told": True, "product_quality": 5, "attitude": 5, "efficiency": 4, "satisfaction": 5, "working": True,
    "problem": "no_problem",
}  # fmt: skip


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MORNING)


@pytest.fixture
def desk(shared: Path, clock: ManualClock) -> Engine:
    engine = Engine(clock=clock)
    engine.publish(*(shared / "definitions" / f"{name}.yaml" for name in ("service_ticket", "maintenance_plan")))
    return engine


def in_verify(desk: Engine, clock: ManualClock) -> Case:
    case = desk.open("service_ticket", ORDER, actor=AGENT)
    desk.send(case.id, "accept", ACCEPTED, actor=AGENT)
    desk.send(case.id, "send_someone", {"diagnosis": "panel"}, actor=ENGINEER)
    desk.send(case.id, "send_own", {"owner": "eng", "appointment": "2026-03-03T10:00:00+08:00"}, actor=DISPATCHER)
    clock.set(datetime(2026, 3, 3, 3, 0, tzinfo=UTC))
    return desk.send(case.id, "done", {"work_done": "new panel"}, actor=ENGINEER)


@pytest.mark.requirement("R131", "R243")
def test_a_ticket_goes_through_repair_and_callback_to_the_archive(desk: Engine, clock: ManualClock) -> None:
    case = in_verify(desk, clock)
    assert (case.state, case.fields["served_by"], case.fields["accepted"]) == ("verify", "eng", False)
    with pytest.raises(Refused) as info:
        desk.send(case.id, "confirmed", actor=Actor("eng", roles={"agent"}))
    assert info.value.refusal.code == "barred"
    waiting = desk.send(case.id, "confirmed", actor=ACME)
    child = desk.case(waiting.children["callback"])
    assert (child.process, child.fields["served_by"], "phone" in child.fields) == ("callback", "eng", True)
    assert desk.worklist(CALLER) == ()
    clock.advance(3 * DAY)
    assert [one.id for one in desk.worklist(CALLER)] == [child.id]
    with pytest.raises(Refused) as info:
        desk.send(child.id, "start", {"contact_by": "phone_call"}, actor=Actor("eng", roles={"caller"}))
    assert info.value.refusal.code == "barred"
    desk.send(child.id, "start", {"contact_by": "phone_call"}, actor=CALLER)
    desk.send(child.id, "reached", actor=CALLER)
    desk.send(child.id, "save", RATING, actor=CALLER)
    assert (desk.case(case.id).state, desk.case(case.id).fields["satisfaction"]) == ("wrap_up", 5)
    closed = desk.send(case.id, "close", {"cause": "wear", "kb_summary": "panel wears out"}, actor=ENGINEER)
    assert closed.state == "closed"
    clock.advance(8 * DAY)
    desk.tick()
    (archived,) = desk.cases(process="service_ticket")
    assert (archived.state, archived.ended_at) == ("archived", closed.moved_at + 7 * DAY)
    met = {view.name: view.met for view in desk.clocks(case.id) if view.kind == "clock"}
    assert met == {"first_response": True, "resolution": True}
    assert "publish_kb" in {delivery.call.hook for delivery in desk.outbox(case.id)}
    assert desk.verify().broken == ()


@pytest.mark.requirement("R046", "R054")
def test_a_partner_takes_what_was_offered_to_it_and_nobody_else_does(desk: Engine, clock: ManualClock) -> None:
    case = desk.open("service_ticket", ORDER, actor=AGENT)
    desk.send(case.id, "accept", ACCEPTED, actor=AGENT)
    desk.send(case.id, "send_someone", {"diagnosis": "panel"}, actor=AGENT)
    desk.send(case.id, "send_partner", {"partner": "outlet-7"}, actor=DISPATCHER)
    assert [one.id for one in desk.worklist(OUTLET)] == [case.id]
    visit = {"owner": "tom", "appointment": "2026-03-03T10:00:00+08:00"}
    with pytest.raises(Refused) as info:
        desk.send(case.id, "take_it", visit, actor=Actor("eve", groups={"outlet-8"}))
    assert info.value.refusal.code == "forbidden"
    assert desk.send(case.id, "take_it", visit, actor=OUTLET).state == "repair.onsite"


@pytest.mark.requirement("R046")
def test_a_partner_who_does_not_answer_loses_the_ticket_whenever_a_worker_looks(
    desk: Engine, clock: ManualClock
) -> None:
    case = desk.open("service_ticket", ORDER, actor=AGENT)
    desk.send(case.id, "accept", ACCEPTED, actor=AGENT)
    desk.send(case.id, "send_someone", {"diagnosis": "panel"}, actor=AGENT)
    desk.send(case.id, "send_partner", {"partner": "outlet-7"}, actor=DISPATCHER)
    clock.advance(9 * DAY)
    assert desk.case(case.id).state == "dispatch"
    desk.send(case.id, "send_partner", {"partner": "outlet-8"}, actor=DISPATCHER)
    # Four hours of the office, of which it had two and a half before lunch.
    assert [entry.at for entry in desk.journal(case.id) if entry.name.startswith("after:partner_offer")] == [
        datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
    ]


@pytest.mark.requirement("R105")
def test_a_complaint_needs_four_eyes_and_waits_before_the_follow_up(desk: Engine, clock: ManualClock) -> None:
    case = desk.open("complaint", {"customer": "acme", "phone": "1"}, actor=ACME)
    registered = {"subject": "rude", "demand": "apology", "severity": "major", "owner": "zhou"}
    desk.send(case.id, "register", registered, actor=OFFICER)
    desk.send(case.id, "report", {"findings": "true", "justified": True}, actor=OFFICER)
    desk.send(case.id, "offer", {"proposal": "voucher", "compensation": "2000.50"}, actor=OFFICER)
    with pytest.raises(Refused) as info:
        desk.send(case.id, "agree", actor=Actor("zhou", roles={"manager"}))
    assert info.value.refusal.code == "barred"
    desk.send(case.id, "agree", actor=MANAGER)
    desk.send(case.id, "agreed", actor=OFFICER)
    desk.send(case.id, "done", {"result": "paid"}, actor=OFFICER)
    assert (desk.case(case.id).state, desk.worklist(CALLER)) == ("follow_up", ())
    with pytest.raises(Refused) as info:
        desk.send(case.id, "content", {"satisfaction": 4}, actor=CALLER)
    assert (info.value.refusal.code, info.value.refusal.parameters["until"]) == ("waiting", MORNING + 2 * DAY)
    clock.advance(2 * DAY)
    assert [one.id for one in desk.worklist(CALLER)] == [case.id]
    assert desk.send(case.id, "content", {"satisfaction": 4}, actor=CALLER).state == "root_cause"
    assert desk.verify().broken == ()


@pytest.mark.requirement("R191", "R204")
def test_a_plan_starts_its_visits_on_their_dates_until_it_expires(desk: Engine, clock: ManualClock) -> None:
    plan = {
        "customer": "acme", "phone": "1", "product": "X1", "serial": "7", "contract": "gold",
        "contract_from": "2026-01-31", "contract_until": "2026-06-30",
    }  # fmt: skip
    case = desk.open("maintenance_plan", plan, actor=SYSTEM)
    for _ in range(40):
        clock.advance(5 * DAY)
        desk.tick()
    ended = desk.case(case.id)
    assert (ended.state, ended.status) == ("expired", "done")
    visits = desk.cases(process="maintenance", order="opened")
    shanghai = [(one.opened_at + timedelta(hours=8)).date().isoformat() for one in visits]
    assert shanghai == ["2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]
    assert {one.fields["contract"] for one in visits} == {"gold"}
    assert desk.verify().broken == ()
