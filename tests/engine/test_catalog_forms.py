"""
What the shipped processes ask for before they go on, and what customers may send them.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from svcflow import HookCall, catalog
from svcflow.clocks import ManualClock
from svcflow.core.decision import Decision, Refusal
from svcflow.core.event import SYSTEM, Actor
from svcflow.engine import Engine
from svcflow.errors import Refused

MONDAY = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
HOUR = timedelta(hours=1)
DESK = Actor("li", roles={"agent", "complaints", "caller", "dispatcher"})
ENGINEER = Actor("wang", roles={"engineer"})
QUALITY = Actor("song", roles={"quality"})
CALLER = Actor("lin", roles={"caller"})
LEAD = Actor("zhao", roles={"team_lead"})

WHO = {"customer": "acme", "phone": "555-0100"}
FAULT = WHO | {"fault": "dead"}
QUOTE = {"diagnosis": "power", "price": "80"}
COMPLAINT = {"subject": "broken", "demand": "a new one", "severity": "minor", "owner": "wang"}
CAUSE = {"root_cause": "wrong parts", "improvement": "one list of parts", "improver": "ma"}
SERVED = WHO | {"product": "TV-55", "served_at": "2026-03-07T10:00:00+08:00"}
ANSWERS = {
    "product_quality": 4,
    "attitude": 5,
    "efficiency": 3,
    "satisfaction": 5,
    "working": True,
    "problem": "no_problem",
}
ACCEPTED = {"product": "TV-55", "contract": "gold", "warranty": "in_warranty", "priority": "P3", "owner": "wang"}
VISIT = {"owner": "wang", "appointment": "2026-03-09T11:00:00+08:00"}
CALLS = {
    "customers": ["acme"], "from_day": "2026-03-16", "until_day": "2026-03-31", "by_what": "telephone",
    "callers": ["lin"], "script": "third edition", "budget": 500,
}  # fmt: skip
GOAL = {
    "kpi": "first_response_time", "better": "lower", "baseline": 48, "goal": 24, "deadline": "2026-03-31",
    "remeasure": "month", "steps": "another shift", "resources": "two agents", "budget": 800, "risks": "nights",
}  # fmt: skip
QUESTIONS = {
    "manner": "interview", "process_score": 4, "result_score": 5, "attitude": 5, "satisfaction": 4, "recommend": 9,
}  # fmt: skip
RATED = {
    "process_name": "service_ticket", "stage": "new", "kind": "late_response", "effect": "failure", "severity": 8,
    "occurrence": 3, "detection": 4,
}  # fmt: skip
STRATEGY = {"strategy": "mitigate", "measure": "a second line", "owner": "song", "review_at": "2026-09-01"}
EMERGENCY = {
    "plan_response": "an hour", "plan_steps": "forward", "plan_responsible": "wang", "plan_channel": "text message",
}  # fmt: skip
REPORTED = {
    "customer": "acme", "customer_name": "Acme", "phone": "555-0100", "address": "1 Long Street", "owner": "wang",
    "request": "it stops", "request_reason": "it is used", "received_at": "2026-03-09T08:00:00+08:00",
}  # fmt: skip
DONE = {
    "place": "1 Long Street", "served_at": "2026-03-09T09:00:00+08:00", "work_done": "brake", "cause": "wear",
    "solved": True, "labour_cost": 300, "travel_cost": 40,
}  # fmt: skip
OFFER = {
    "scope": "two lifts", "contract": "silver", "frequency": "monthly", "promised_answer": "2h on hotline",
    "promised_restore": "24h on always", "goal": "no stop over a day", "checklist": "LIFT-2", "price": 3000,
}  # fmt: skip


@pytest.fixture(scope="module")
def shipped() -> Engine:
    """An engine with the processes; each test opens cases of its own."""
    engine = Engine(clock=ManualClock(MONDAY))
    engine.publish(
        catalog.service_ticket, catalog.complaint, catalog.problem, catalog.callback_month, catalog.improvement,
        catalog.survey, catalog.risk_plan, catalog.service_report, catalog.contract_setup, catalog.corrective,
    )  # fmt: skip
    return engine


def case_in(engine: Engine, process: str, opening: Mapping[str, object], *sent: tuple[str, object, Actor]) -> str:
    case = engine.open(process, opening, actor=SYSTEM).id
    for event, form, actor in sent:
        engine.send(case, event, form, actor=actor)  # type: ignore[arg-type]
    return case


REGISTERED = ("register", COMPLAINT, DESK)
CALLED = ("start", {"contact_by": "phone_call"}, CALLER)
SETTLED: tuple[tuple[str, object, Actor], ...] = (
    REGISTERED,
    ("report", {"findings": "it is", "justified": True}, DESK),
    ("offer", {"proposal": "repair", "compensation": "10"}, DESK),
    ("agreed", {}, DESK),
    ("done", {"result": "repaired"}, Actor("wang")),
)
TICKET = ("accept", ACCEPTED, DESK)


@pytest.mark.parametrize(
    ("process", "opening", "sent", "event", "form", "actor"),
    [
        pytest.param(
            "complaint", WHO, (), "register", COMPLAINT, DESK,
            marks=pytest.mark.requirement("R030", "R034", "R040"), id="a complaint is taken on",
        ),
        pytest.param(
            "callback", SERVED, (), "start", {"contact_by": "visit"}, CALLER,
            marks=pytest.mark.requirement("R071", "R078"), id="a callback begins",
        ),
        pytest.param(
            "callback", SERVED, (CALLED, ("reached", {}, CALLER)), "save", ANSWERS | {"purpose_told": True}, CALLER,
            marks=pytest.mark.requirement("R077", "R079", "R094", "R100"), id="a customer was called",
        ),
        pytest.param(
            "callback", SERVED, (("start", {"contact_by": "questionnaire"}, CALLER),), "submit", ANSWERS, Actor("acme"),
            marks=pytest.mark.requirement("R077", "R100"), id="a questionnaire",
        ),
        pytest.param(
            "service_ticket", FAULT, (TICKET,), "send_someone", {"diagnosis": "power"}, ENGINEER,
            marks=pytest.mark.requirement("R209"), id="a fault is found",
        ),
        pytest.param(
            "service_ticket", FAULT,
            (TICKET, ("send_someone", {"diagnosis": "power"}, ENGINEER), ("send_own", VISIT, DESK)),
            "done", {"work_done": "fuse"}, ENGINEER,
            marks=pytest.mark.requirement("R210", "R242"), id="a repair ends",
        ),
        pytest.param(
            "problem", WHO | {"product": "TV-55", "opinion": "it flickers"}, (), "assign",
            {"problem": "product_fault", "owner": "zhou", "due": "2026-03-20"}, CALLER,
            marks=pytest.mark.requirement("R086"), id="a problem gets a department",
        ),
        pytest.param(
            "callback_month", {}, (), "propose", CALLS, LEAD,
            marks=pytest.mark.requirement("R071", "R076"), id="the callbacks of a month are planned",
        ),
        pytest.param(
            "corrective", {"finding": "it leaks"}, (("contained", {"containment": "closed"}, QUALITY),), "found",
            {"root_cause": "wrong seal", "staff_cause": False}, QUALITY,
            marks=pytest.mark.requirement("R064"), id="the cause of a fault is found",
        ),
        pytest.param(
            "improvement", {"finding": "slow"}, (("take_up", {"owner": "wang"}, QUALITY),), "submit", GOAL, QUALITY,
            marks=pytest.mark.requirement("R142", "R143", "R167"), id="an improvement is planned",
        ),
        pytest.param(
            "survey", WHO | {"product": "TV-55"}, (("tell", {"notice": "3"}, CALLER),), "answer", QUESTIONS, CALLER,
            marks=pytest.mark.requirement("R163"), id="a customer is asked",
        ),
        pytest.param(
            "risk_plan", {"risk": "no line"}, (), "rated", RATED, QUALITY,
            marks=pytest.mark.requirement("R171"), id="a risk is rated",
        ),
        pytest.param(
            "risk_plan", {"risk": "no line"}, (("rated", RATED, QUALITY), ("choose", STRATEGY, QUALITY)), "plan_it",
            EMERGENCY, QUALITY,
            marks=pytest.mark.requirement("R174"), id="an emergency is planned for",
        ),
        pytest.param(
            "service_report", REPORTED, (), "diagnosed", {"cause": "wear", "location": "motor", "method": "gap"},
            ENGINEER,
            marks=pytest.mark.requirement("R209"), id="a diagnosis is written down",
        ),
        pytest.param(
            "service_report", REPORTED, (), "done_on_site", DONE, ENGINEER,
            marks=pytest.mark.requirement("R210", "R242"), id="a service is written down",
        ),
        pytest.param(
            "contract_setup", WHO | {"product": "LIFT-2"},
            (
                ("surveyed", {"needs": "no stop", "equipment": ["lift"], "owner": "zhao"}, LEAD),
                ("assessed", {"risk_grade": "low", "risks": "none"}, ENGINEER),
            ),
            "drafted", OFFER, LEAD,
            marks=pytest.mark.requirement("R202"), id="a contract is drafted",
        ),
    ],
)  # fmt: skip
def test_nothing_of_a_form_can_be_left_out(
    shipped: Engine,
    process: str,
    opening: Mapping[str, object],
    sent: tuple[tuple[str, object, Actor], ...],
    event: str,
    form: Mapping[str, object],
    actor: Actor,
) -> None:
    case = case_in(shipped, process, opening, *sent)
    for left_out in form:
        answer = shipped.preview(case, event, {name: form[name] for name in form if name != left_out}, actor=actor)
        assert isinstance(answer, Refusal)
        assert dict(answer.parameters["problems"]) == {left_out: "must be filled in"}
    assert shipped.send(case, event, form, actor=actor).moved_at == MONDAY


@pytest.mark.requirement("R037", "R137")
def test_a_complaint_is_closed_with_its_root_and_an_improvement() -> None:
    clock = ManualClock(MONDAY)
    engine = Engine(clock=clock)
    engine.publish(catalog.complaint)
    case = case_in(engine, "complaint", WHO, *SETTLED)
    clock.advance(timedelta(days=2))
    engine.send(case, "content", {"satisfaction": 4}, actor=CALLER)
    for left_out in CAUSE:
        answer = engine.preview(case, "conclude", {n: v for n, v in CAUSE.items() if n != left_out}, actor=QUALITY)
        assert isinstance(answer, Refusal)
        assert dict(answer.parameters["problems"]) == {left_out: "must be filled in"}
    closed = engine.send(case, "conclude", CAUSE, actor=QUALITY)
    assert closed.state == "closed"
    # Problem, handling, answer, improvement.
    assert {"subject", "findings", "proposal", "result", "satisfaction", "root_cause", "improvement"} <= set(
        closed.fields
    )


def problems_of_opening(engine: Engine, process: str, form: Mapping[str, object]) -> Mapping[str, str]:
    with pytest.raises(Refused) as info:
        engine.open(process, form, actor=SYSTEM)
    found: Mapping[str, str] = info.value.refusal.parameters["problems"]
    return found


@pytest.mark.requirement("R058", "R059", "R071")
@pytest.mark.parametrize("left_out", ["customer", "phone", "product"])
def test_nobody_is_called_back_of_whom_too_little_is_known(shipped: Engine, left_out: str) -> None:
    known = {name: value for name, value in SERVED.items() if name != left_out}
    assert dict(problems_of_opening(shipped, "callback", known)) == {left_out: "must be filled in"}


@pytest.mark.requirement("R169", "R253")
def test_every_kind_of_risk_is_rated_and_every_strategy_chosen(shipped: Engine) -> None:
    kinds = [
        RATED | {"kind": kind, "effect": effect}
        for kind in ("late_response", "poor_quality", "complaint_handling", "unsolved_problem")
        for effect in ("interruption", "failure")
    ]
    for form in kinds:
        case = case_in(shipped, "risk_plan", {"risk": "x"}, ("rated", form, QUALITY))
        assert (shipped.case(case).state, shipped.case(case).fields["risk_number"]) == ("treat", 8 * 3 * 4)
        for strategy in ("prevent", "mitigate", "transfer", "accept"):
            answer = shipped.preview(case, "choose", STRATEGY | {"strategy": strategy}, actor=QUALITY)
            assert isinstance(answer, Decision)
            assert answer.case.state == ("approve" if strategy == "accept" else "prepare")
        refused = shipped.preview(case, "choose", STRATEGY | {"strategy": "hope"}, actor=QUALITY)
        assert isinstance(refused, Refusal)
        assert refused.parameters["problems"].keys() == {"strategy"}


@pytest.mark.requirement("R084", "R085")
@pytest.mark.parametrize(
    ("kind", "state", "department", "told"),
    [
        ("product_fault", "product", "rnd", {"rnd", "production", "zhou"}),
        ("service_fault", "service", "team_lead", {"team_lead", "zhou"}),
        ("no_problem", "inform", "caller", {"caller"}),
    ],
)
def test_every_kind_of_problem_has_a_department_that_answers_for_it_and_hears_of_it(
    kind: str, state: str, department: str, told: set[str]
) -> None:
    engine = Engine(clock=ManualClock(MONDAY))
    engine.publish(catalog.problem)
    heard: list[HookCall] = []
    engine.hook("notify")(heard.append)
    engine.hook("*")(lambda call: None)
    opened = WHO | {"product": "TV-55", "opinion": "it flickers"}
    assigned = ("assign", {"problem": kind, "owner": "zhou", "due": "2026-03-20"}, CALLER)
    case = case_in(engine, "problem", opened, assigned)
    assert engine.case(case).state == state
    engine.tick()
    assert told <= {one.name for call in heard for one in call.to}
    answering = Actor("somebody", roles={department})
    possible = {offer.event for offer in engine.menu(case, actor=answering) if offer.refusal is None}
    assert possible & {"solve", "content"}


@pytest.mark.requirement("R028", "R139", "R195", "R226")
def test_every_channel_leads_the_same_way(shipped: Engine) -> None:
    taken = [
        shipped.send(
            case_in(shipped, "service_ticket", FAULT | {"channel": one}, TICKET), "quote", QUOTE, actor=ENGINEER
        )
        for one in ("hotline", "website", "app", "email", "social", "outlet")
    ]
    assert {case.state for case in taken} == {"quoted"}
    assert len({tuple((view.name, view.due, view.target) for view in shipped.clocks(case.id)) for case in taken}) == 1
    assert len({case.fields["channel"] for case in taken}) == 6
    assert problems_of_opening(shipped, "service_ticket", FAULT | {"channel": "pigeon"}).keys() == {"channel"}


@pytest.mark.requirement("R117", "R133")
def test_nobody_waits_for_a_first_answer_as_long_as_a_day() -> None:
    engine = Engine(clock=(clock := ManualClock(MONDAY)))
    engine.publish(catalog.service_ticket)
    for _ in range(0, 7 * 24, 5):  # at all hours of a week
        for contract in ({}, {"contract": "gold"}, {"contract": "silver"}, {"contract": "basic"}):
            case = engine.open("service_ticket", FAULT | contract, actor=SYSTEM)
            (first,) = (view for view in engine.clocks(case.id) if view.name == "first_response")
            assert first.due is not None
            assert first.due - case.opened_at < 24 * HOUR
        clock.advance(5 * HOUR)
