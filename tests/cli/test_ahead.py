"""
What happens by itself, and cases around a case: shown with the processes of the catalog.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from cli.shop import Command
from svcflow import Actor, Engine, FileRef, ManualClock, catalog
from svcflow.cli.refusals import reason
from svcflow.cli.words import called, shown
from svcflow.core.decision import Refusal

STORE = "sqlite:///desk.db"
MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)
LI, KIM, ACME = Actor("li", {"agent"}), Actor("kim", {"engineer"}), Actor("acme")


@pytest.fixture
def desk(cli: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """
    One ticket that waits for an answer to its quotation, one whose callback has begun.
    """
    monkeypatch.setenv("SVCFLOW_STORE", STORE)
    clock = ManualClock(MONDAY)
    accepted = {"product": "X1", "contract": "gold", "warranty": "in_warranty", "priority": "P3", "owner": "kim"}
    with Engine(STORE, clock=clock, random=Random(1)) as engine:
        engine.publish(catalog.path("service_ticket.yaml"))
        for id_ in ("quoted", "called"):
            engine.open("service_ticket", {"customer": "acme", "phone": "1", "fault": "loud"}, actor=LI, id=id_)
            engine.send(id_, "accept", accepted, actor=LI)
        engine.send("quoted", "quote", {"diagnosis": "fan", "price": "90"}, actor=LI)
        engine.send("called", "fix_remotely", {"diagnosis": "firmware", "owner": "kim"}, actor=LI)
        clock.advance(timedelta(hours=1))
        engine.send("called", "done", {"work_done": "updated"}, actor=KIM)
        engine.send("called", "confirmed", actor=ACME)
    return cli


def coming(desk: Command, case: str, *more: str) -> dict[str, str]:
    found = desk("show", case, "--at", "2026-03-02T10:30+08:00", "--format", "json", *more).data["next"]
    return {one["timer"]: one["does"] for one in found}


def test_a_timer_that_moves_says_where_to_and_whom_it_tells(desk: Command) -> None:
    assert coming(desk, "quoted") == {
        "after:quoted:every 2d": "notify customer (quotation)",
        "after:quoted:10d": "to cancelled; notify customer, notify owner",
    }


def test_a_case_that_waits_says_when_it_opens(desk: Command) -> None:
    (child,) = desk("show", "called", "--format", "json").data["children"].values()
    assert coming(desk, child)["wait:reach"] == "reach opens for work"
    assert coming(desk, child, "--language", "en")["wait:reach"] == "Reach the customer opens for work"


def test_a_waiting_case_refuses_until_its_window_opens(desk: Command) -> None:
    (child,) = desk("show", "called", "--format", "json").data["children"].values()
    shown_ = desk("show", child, "--at", "2026-03-02T10:30+08:00").out
    assert "no: `start` is not possible yet: the case waits until 2026-03-03 16:00 UTC" in shown_


def test_cases_around_a_case_are_named(desk: Command) -> None:
    (child,) = desk("show", "called", "--format", "json").data["children"].values()
    assert ["runs", child] in [line.split() for line in desk("show", "called").out.splitlines()]
    assert ["runs", "in", "called"] in [line.split() for line in desk("show", child).out.splitlines()]
    assert desk("show", child, "--format", "json").data["links"] == [{"from": "called", "to": child, "kind": "run"}]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "yes"),
        (False, "no"),
        (Decimal("4.50"), "4.50"),
        (date(2026, 3, 2), "2026-03-02"),
        (MONDAY, "Mon 2026-03-02 01:00 +00:00"),
        (("fan", "lamp"), "fan, lamp"),
        ((FileRef("1", "front.jpg", 48_000, "ab"),), "front.jpg (48,000 bytes)"),
    ],
)
def test_values_read_as_people_write_them(value: object, words: str) -> None:
    assert shown(value) == words


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        (LI, "li (agent)"),
        (ACME, "acme"),
        (Actor("system", {"system"}), "system"),
        (Actor("li", {"lead", "agent"}, on_behalf_of="zhao"), "li (agent, lead) for zhao"),
    ],
)
def test_an_actor_is_called_by_id_and_roles(actor: Actor, words: str) -> None:
    assert called(actor) == words


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (
            Refusal("c", "good", "barred", {"by": ("repair", "parent")}),
            "this actor may not `good`, having acted or being named in `repair` or a state of the parent case",
        ),
        (
            Refusal("c", "good", "earlier", {"moved_at": MONDAY}),
            "the given time lies before the last entry of the case, 2026-03-02T01:00:00+00:00",
        ),
        (
            Refusal("c", "migrate", "migration", {"why": "cases of version 1 finish under it"}),
            "it cannot come over: cases of version 1 finish under it",
        ),
    ],
)
def test_rare_refusals_have_words_too(refusal: Refusal, words: str) -> None:
    assert reason(refusal) == words
