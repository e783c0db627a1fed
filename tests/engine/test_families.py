"""Children and linked cases are written in their parent's transaction."""

from datetime import timedelta

import pytest

from engine.desk import CALLER, LEAD, LI, MONDAY
from svcflow.clocks import ManualClock
from svcflow.engine import Engine
from svcflow.errors import Refused


@pytest.mark.requirement("R061")
def test_a_child_opens_with_its_parents_state_and_its_end_moves_the_parent(engine: Engine) -> None:
    case = engine.open("visit", {"customer": "acme"}, actor=LI)
    asking = engine.send(case.id, "ask", actor=LI)
    child = engine.case(asking.children["asking"])
    assert (child.process, child.state, child.parent and child.parent.case) == ("survey", "calling", case.id)
    engine.send(child.id, "answer", {"score": 5}, actor=CALLER)
    parent = engine.case(case.id)
    assert (parent.state, parent.status, parent.fields["score"]) == ("happy", "done", 5)
    assert engine.verify().broken == ()


def test_a_parent_that_leaves_cancels_its_child(engine: Engine) -> None:
    case = engine.open("visit", {"customer": "acme"}, actor=LI)
    child = engine.send(case.id, "ask", actor=LI).children["asking"]
    engine.send(case.id, "stop", actor=LI)
    assert engine.case(child).status == "cancelled"
    with pytest.raises(Refused) as info:
        engine.send(child, "answer", {"score": 5}, actor=CALLER)
    assert info.value.refusal.code == "ended"


def test_a_childs_overdue_timer_moves_the_parent_before_the_parents_event(engine: Engine, clock: ManualClock) -> None:
    case = engine.open("visit", {"customer": "acme"}, actor=LI)
    engine.send(case.id, "ask", actor=LI)
    clock.advance(timedelta(hours=3))
    assert engine.case(case.id).state == "unhappy"
    engine.send(case.id, "forget", actor=LI)
    assert [(entry.kind, entry.at - MONDAY) for entry in engine.journal(case.id)][2:] == [
        ("child", timedelta(hours=2)),
        ("event", timedelta(hours=3)),
    ]


def test_a_started_case_is_linked_and_lives_by_itself(engine: Engine) -> None:
    case = engine.open("visit", {"customer": "acme"}, actor=LI)
    child = engine.send(case.id, "ask", actor=LI).children["asking"]
    engine.send(child, "answer", {"score": 1}, actor=CALLER)
    over = engine.send(case.id, "complain", actor=LI)
    (complaint,) = engine.cases(process="desk_of_complaints")
    assert (over.status, complaint.status, complaint.fields["customer"]) == ("done", "open", "acme")
    assert engine.journal(case.id)[-1].starts == (complaint.id,)
    assert {(case.id, complaint.id, "start"), (case.id, child, "run")} <= set(engine.store.links("", case.id))
    assert engine.send(complaint.id, "settle", actor=LEAD).status == "done"


def test_a_conflict_in_the_child_leaves_the_parent_alone(engine: Engine) -> None:
    case = engine.open("visit", {"customer": "acme"}, actor=LI)
    child = engine.send(case.id, "ask", actor=LI).children["asking"]
    with pytest.raises(Refused):
        engine.send(child, "answer", {"score": 9}, actor=CALLER)
    assert (engine.case(case.id).state, engine.case(child).state) == ("asking", "calling")
