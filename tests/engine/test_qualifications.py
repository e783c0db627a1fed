"""Who is qualified, as the host answers it: asked when somebody acts, kept in the journal, told in refusals."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from svcflow import aio
from svcflow.clocks import ManualClock
from svcflow.core.decision import Refusal
from svcflow.core.event import SYSTEM, Actor, Event, Qualification
from svcflow.core.process import Process
from svcflow.engine import Engine
from svcflow.errors import InputError, Refused
from svcflow.language import compile_sources

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LIFT = """
process: lift
version: 1
roles: [engineer, desk]
qualifications: [electrician]
open: {by: desk}
states:
  repair: {by: [engineer, system], qualified: {electrician: 2}, events: {look: here, repaired: closed}}
  closed: {end: done}
"""
PLAIN = LIFT.replace("lift", "plain").replace("qualified: {electrician: 2}, ", "").replace(
    "qualifications: [electrician]\n", ""
)  # fmt: skip
DESK = Actor("zhao", roles={"desk"})
LI = Actor("li", roles={"engineer"})


def process(name: str, text: str) -> Process:
    return compile_sources({f"{name}.yaml": text}, f"{name}.yaml")


class Certificates:
    """
    A host's table of certificates that counts how often it was asked about whom.
    """

    def __init__(self) -> None:
        self.held = {"li": {"electrician": Qualification(2, MONDAY), "first_aid": Qualification()}}
        self.asked: list[str] = []

    def __call__(self, person: str) -> dict[str, Qualification]:
        self.asked.append(person)
        return self.held.get(person, {})


@pytest.fixture
def certificates() -> Certificates:
    return Certificates()


@pytest.fixture
def desk(url: str, clock: ManualClock, certificates: Certificates) -> Iterator[Engine]:
    with Engine(url, clock=clock, qualifications=certificates) as made:
        made.publish(process("lift", LIFT), process("plain", PLAIN))
        yield made


def code(engine: Engine, case: str, actor: Actor) -> str:
    with pytest.raises(Refused) as info:
        engine.send(case, "repaired", actor=actor)
    answer = info.value.refusal
    assert isinstance(answer, Refusal)
    return f"{answer.code} {', '.join(sorted(answer.parameters.keys() - {'needs', 'by', 'state'}))}".strip()


@pytest.mark.requirement("R006", "R048", "R251")
def test_the_host_is_asked_and_the_journal_keeps_what_it_said(desk: Engine, certificates: Certificates) -> None:
    case = desk.open("lift", actor=DESK).id
    desk.send(case, "repaired", actor=LI)
    assert certificates.asked == ["li"]
    acted = desk.journal(case)[-1].actor
    assert acted == Actor("li", roles={"engineer"}, qualifications={"electrician": Qualification(2, MONDAY)})
    certificates.held.clear()
    assert not desk.verify(case).broken


@pytest.mark.requirement("R007", "R193")
def test_a_refusal_names_what_is_missing_too_low_or_over(
    desk: Engine, certificates: Certificates, clock: ManualClock
) -> None:
    case = desk.open("lift", actor=DESK).id
    assert code(desk, case, Actor("wu", roles={"engineer"})) == "unqualified missing"
    certificates.held["wu"] = {"electrician": Qualification(1)}
    assert code(desk, case, Actor("wu", roles={"engineer"})) == "unqualified low"
    clock.advance(timedelta(microseconds=1))
    assert code(desk, case, LI) == "unqualified expired"
    assert code(desk, case, DESK) == "forbidden"
    desk.send(case, "repaired", actor=SYSTEM)


@pytest.mark.requirement("R254")
def test_an_expiry_that_the_host_is_told_opens_one_task_however_often_somebody_tries(
    desk: Engine, clock: ManualClock
) -> None:
    case = desk.open("lift", actor=DESK).id
    clock.advance(timedelta(days=1))
    for _ in range(2):
        with pytest.raises(Refused) as info:
            desk.send(case, "repaired", actor=LI)
        answer = info.value.refusal
        assert isinstance(answer, Refusal)
        for name, until in answer.parameters["expired"].items():
            desk.open("plain", actor=DESK, key=f"retrain/li/{name}/{until:%Y-%m-%d}")
    (task,) = desk.cases(process="plain")
    assert desk.journal(task.id)[0].key == "retrain/li/electrician/2026-03-02"


def test_what_an_actor_brings_along_is_taken(desk: Engine, certificates: Certificates) -> None:
    case = desk.open("lift", actor=DESK).id
    assert code(desk, case, Actor("li", roles={"engineer"}, qualifications={})) == "unqualified missing"
    desk.send(case, "repaired", actor=Actor("wu", roles={"engineer"}, qualifications={"electrician": Qualification(3)}))
    assert certificates.asked == []


def test_whoever_stands_in_for_another_must_be_qualified_in_person(desk: Engine, certificates: Certificates) -> None:
    case = desk.open("lift", actor=DESK).id
    assert code(desk, case, Actor("wu", roles={"engineer"}, on_behalf_of="li")) == "unqualified missing"
    assert certificates.asked == ["wu"]
    desk.send(case, "repaired", actor=Actor("li", roles={"engineer"}, on_behalf_of="wu"))


def test_menus_previews_worklists_and_batches_ask_too(desk: Engine, certificates: Certificates) -> None:
    first, second, third = (desk.open("lift", actor=DESK).id for _ in range(3))
    look, _ = desk.menu(first, actor=LI)
    assert look.refusal is None
    look, _ = desk.menu(first, actor=Actor("wu", roles={"engineer"}))
    assert look.refusal is not None
    assert look.refusal.code == "unqualified"
    assert not isinstance(desk.preview(first, "repaired", actor=LI), Refusal)
    certificates.asked.clear()
    assert len(desk.worklist(LI)) == 3
    assert desk.cases(waiting_for=Actor("wu", roles={"engineer"})) == ()
    assert certificates.asked == ["li", "wu"]
    answers = desk.send_many([(second, Event("repaired", actor=LI)), (third, Event("look", actor=LI))])
    assert [isinstance(answer, Refusal) for answer in answers] == [False, False]


def test_a_process_that_wants_to_know_nothing_asks_nothing(desk: Engine, certificates: Certificates) -> None:
    case = desk.open("plain", actor=DESK).id
    desk.menu(case, actor=LI)
    desk.send(case, "repaired", actor=LI)
    assert certificates.asked == []
    assert desk.journal(case)[-1].actor.qualifications is None


def test_the_same_key_is_the_same_request_with_a_renewed_certificate(desk: Engine, certificates: Certificates) -> None:
    case = desk.open("lift", actor=DESK).id
    desk.send(case, "look", actor=LI, key="once")
    certificates.held["li"] = {}
    desk.send(case, "look", actor=LI, key="once")
    assert desk.case(case).seq == 2


def test_names_of_qualifications_are_as_long_as_other_names(desk: Engine) -> None:
    case = desk.open("lift", actor=DESK).id
    with pytest.raises(InputError, match="a name of `actor`"):
        desk.send(case, "look", actor=Actor("li", roles={"engineer"}, qualifications={"x" * 1001: Qualification()}))


def test_the_engine_with_await_asks_as_well(certificates: Certificates) -> None:
    async def play() -> str:
        async with aio.Engine(clock=ManualClock(MONDAY), qualifications=certificates) as engine:
            await engine.publish(process("lift", LIFT))
            case = await engine.open("lift", actor=DESK)
            return (await engine.send(case.id, "repaired", actor=LI)).state

    assert asyncio.run(play()) == "closed"
