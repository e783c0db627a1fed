"""R4: a refusal is an answer; it changes nothing and binds no key."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.desk import ACME, KIM, LI, MONDAY, ORDER
from svcflow.clocks import ManualClock
from svcflow.core.case import Case
from svcflow.core.decision import Refusal
from svcflow.core.event import Actor, Event
from svcflow.engine import Engine
from svcflow.errors import KeyConflict, Refused

STRANGER = Actor("zoe", roles={"engineer"})


def refused(engine: Engine, case: Case, event: str, fields: dict[str, str], actor: Actor) -> Refusal:
    """The refusal of an event, after a look that nothing at all has changed."""
    before = (engine.case(case.id), engine.journal(case.id), engine.outbox(), engine.clocks(case.id))
    with pytest.raises(Refused) as info:
        engine.send(case.id, event, fields, actor=actor, key="once")
    assert (engine.case(case.id), engine.journal(case.id), engine.outbox(), engine.clocks(case.id)) == before
    assert engine.preview(case.id, event, fields, actor=actor) == info.value.refusal
    return info.value.refusal


def test_each_reason_has_its_code_and_says_what_is_possible_instead(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    assert refused(engine, case, "assign", {"owner": "kim"}, STRANGER).code == "forbidden"
    assert refused(engine, case, "done", {"result": "x"}, KIM).code == "not_here"
    assert refused(engine, case, "dnoe", {}, KIM).code == "unknown_event"
    form = refused(engine, case, "assign", {"colour": "red"}, LI)
    assert (form.code, set(form.parameters["problems"])) == ("form", {"owner", "colour"})
    assert set(form.possible) == {"assign", "correct", "drop"}
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    engine.send(case.id, "done", {"result": "new panel"}, actor=KIM)
    assert refused(engine, case, "fine", {}, Actor("kim", roles={"agent"})).code == "barred"
    engine.send(case.id, "fine", actor=ACME)
    ended = refused(engine, case, "fine", {}, ACME)
    assert (ended.code, ended.possible) == ("ended", ())


@pytest.mark.requirement("R012", "R231")
def test_no_door_lets_a_stranger_in(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    form = {"owner": "zoe"}
    doors: tuple[Callable[[], object], ...] = (
        lambda: engine.send(case.id, "assign", form, actor=STRANGER),
        lambda: engine.send(case.id, "assign", form, actor=STRANGER, at=MONDAY),
        lambda: engine.send(case.id, "assign", form, actor=Actor("zoe", on_behalf_of="li")),
        lambda: engine.send(case.id, "assign", form, actor=Actor("agent", groups={"agent", "li"})),
        lambda: engine.open("desk", ORDER, actor=STRANGER),
        lambda: engine.open("survey", {"customer": "zoe"}, actor=STRANGER),
    )
    for door in doors:
        with pytest.raises(Refused) as info:
            door()
        assert info.value.refusal.code == "forbidden"
    (answer,) = engine.send_many([(case.id, Event("assign", form, STRANGER))])
    assert isinstance(answer, Refusal)
    assert [one.state for one in engine.cases()] == ["received"]


def test_a_known_key_lets_nobody_in_who_did_not_use_it(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI, key="web-1")
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, key="web-2")
    with pytest.raises(KeyConflict):
        engine.send(case.id, "assign", {"owner": "kim"}, actor=STRANGER, key="web-2")
    with pytest.raises(KeyConflict):
        engine.open("desk", ORDER, actor=STRANGER, key="web-1")


def test_a_refused_key_is_free_for_the_event_that_is_possible(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    with pytest.raises(Refused):
        engine.send(case.id, "assign", {}, actor=LI, key="web-7")
    assert engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, key="web-7").state == "repair"


def test_a_refused_opening_leaves_no_case(engine: Engine) -> None:
    with pytest.raises(Refused) as info:
        engine.open("desk", {"fault": "no picture"}, actor=LI, key="web-1")
    assert info.value.refusal.code == "form"
    with pytest.raises(Refused):
        engine.open("desk", ORDER, actor=STRANGER, key="web-1")
    assert engine.cases() == ()
    assert engine.open("desk", ORDER, actor=LI, key="web-1").state == "received"


def test_overdue_timers_stay_due_when_the_event_is_refused(engine: Engine, clock: ManualClock) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    clock.advance(timedelta(hours=1, minutes=30))
    with pytest.raises(Refused):
        engine.send(case.id, "done", {"result": "x"}, actor=KIM)
    assert [entry.kind for entry in engine.journal(case.id)] == ["opened"]
    assert engine.tick().fired == 1
    assert [(entry.kind, entry.at) for entry in engine.journal(case.id)][1:] == [("timer", MONDAY + timedelta(hours=1))]


@pytest.mark.requirement("R244")
def test_a_person_whom_the_host_does_not_know_is_a_problem_of_the_form(engine: Engine) -> None:
    known = {"acme", "kim"}
    strict = Engine(engine.store, clock=engine.clock, people=known.__contains__)
    with pytest.raises(Refused) as info:
        strict.open("desk", ORDER | {"customer": "acmee"}, actor=LI)
    assert info.value.refusal.parameters["problems"] == {"customer": "is nobody known: 'acmee'"}
    case = strict.open("desk", ORDER, actor=LI)
    with pytest.raises(Refused) as info:
        strict.send(case.id, "assign", {"owner": "kin"}, actor=LI, key="web-1")
    assert info.value.refusal.code == "form"
    assert "assign" in info.value.refusal.possible
    assert strict.send(case.id, "assign", {"owner": "kim"}, actor=LI, key="web-1").fields["owner"] == "kim"
