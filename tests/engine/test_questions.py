"""Menus, worklists, lists, clocks, journals."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from engine.desk import ACME, BO, CALLER, DESK, KIM, LEAD, LI, MONDAY, ORDER
from svcflow import language
from svcflow.clocks import ManualClock
from svcflow.core.event import Actor, Event
from svcflow.engine import Engine
from svcflow.errors import InputError

HOUR = timedelta(hours=1)


def test_a_menu_has_forms_for_what_is_possible_and_reasons_for_what_is_not(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    offers = {offer.event: offer for offer in engine.menu(case.id, actor=LI)}
    assert (offers["assign"].ask, offers["assign"].refusal) == (("owner",), None)
    assert offers["correct"].present == {"phone": ORDER["phone"], "fault": "no picture"}
    refusals = {offer.event: offer.refusal and offer.refusal.code for offer in engine.menu(case.id, actor=ACME)}
    assert refusals == {"assign": "forbidden", "correct": "forbidden", "drop": None}


@pytest.mark.requirement("R118", "R189")
def test_a_worklist_holds_what_the_actor_may_do_now_most_urgent_first(engine: Engine, clock: ManualClock) -> None:
    early = engine.open("desk", ORDER, actor=LI)
    clock.advance(HOUR)
    late = engine.open("desk", ORDER, actor=LI)
    mine = engine.open("desk", ORDER, actor=LI)
    engine.send(mine.id, "assign", {"owner": "kim"}, actor=LI)
    assert [case.id for case in engine.worklist(LI)] == [early.id, late.id, mine.id]
    assert [case.id for case in engine.worklist(KIM)] == [mine.id]
    assert [case.id for case in engine.worklist(LI, limit=1)] == [early.id]
    assert engine.worklist(LI, process="visit") == engine.worklist(Actor("zoe")) == ()
    assert {case.id for case in engine.worklist(ACME)} == {early.id, late.id, mine.id}


def test_a_worklist_is_as_of_now(engine: Engine, clock: ManualClock) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    engine.send(case.id, "done", {"result": "x"}, actor=KIM)
    assert [one.id for one in engine.worklist(BO)] == [case.id]
    clock.advance(timedelta(days=4))
    assert engine.worklist(BO) == ()


def test_a_child_and_its_parent_are_on_the_lists_of_their_own_people(engine: Engine, clock: ManualClock) -> None:
    case = engine.open("visit", {"customer": "acme"}, actor=LI)
    child = engine.send(case.id, "ask", actor=LI).children["asking"]
    assert [one.id for one in engine.worklist(CALLER)] == [child]
    assert [one.id for one in engine.worklist(LI)] == [case.id]
    clock.advance(timedelta(hours=3))
    assert [one.state for one in engine.worklist(LI)] == ["unhappy"]
    assert engine.worklist(CALLER) == ()


def test_what_has_nothing_due_comes_last_however_old_it_is(engine: Engine, clock: ManualClock) -> None:
    old = engine.open("visit", {"customer": "acme"}, actor=LI)
    clock.advance(HOUR)
    urgent = engine.open("desk", ORDER, actor=LI)
    assert [case.id for case in engine.worklist(LI)] == [urgent.id, old.id]
    assert [case.id for case in engine.worklist(LI, limit=1)] == [urgent.id]


@pytest.mark.requirement("R018", "R120")
def test_cases_are_found_by_what_they_are(engine: Engine, clock: ManualClock) -> None:
    one = engine.open("desk", ORDER, actor=LI)
    two = engine.open("desk", ORDER | {"customer": "bolt"}, actor=LI)
    visit = engine.open("visit", {"customer": "acme"}, actor=LI)
    engine.send(two.id, "drop", actor=LI)

    def found(**what: object) -> set[str]:
        return {case.id for case in engine.cases(**what)}  # type: ignore[arg-type]

    assert found() == {one.id, two.id, visit.id}
    assert found(process="desk") == {one.id, two.id}
    assert found(state="received") == {one.id}
    assert found(status="cancelled") == {two.id}
    assert found(where={"customer": "acme"}) == {one.id, visit.id}
    assert found(where={"phone": ORDER["phone"]}) == set()


def test_cases_come_in_pages(engine: Engine, clock: ManualClock) -> None:
    ids = []
    for _ in range(5):
        ids.append(engine.open("desk", ORDER, actor=LI).id)
        clock.advance(HOUR)
    seen: list[str] = []
    while page := engine.cases(order="opened", limit=2, after=seen[-1] if seen else None):
        seen += [case.id for case in page]
    assert seen == ids


@pytest.mark.parametrize("limit", [-1, 1.5, "3"])
def test_a_page_holds_a_number_of_cases_whoever_asks(engine: Engine, limit: int) -> None:
    for ask in (engine.cases, partial(engine.cases, viewer=LI), partial(engine.worklist, LI)):
        with pytest.raises(InputError, match="`limit` counts cases: a whole number from 0"):
            ask(limit=limit)
        assert ask(limit=0) == ()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"order": "priority"}, "`order` is one of 'opened', 'moved', 'due', not 'priority'"),
        ({"status": "closed"}, "`status` is one of 'open', 'done', 'cancelled', None, not 'closed'"),
    ],
)
def test_a_word_that_a_question_does_not_know_is_told(engine: Engine, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        engine.cases(**wrong)


def test_late_is_what_runs_on_after_its_due_instant(engine: Engine, clock: ManualClock) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    engine.open("visit", {"customer": "acme"}, actor=LI)
    clock.set(MONDAY + 2 * HOUR)
    assert engine.cases(late=True) == ()
    clock.advance(timedelta(microseconds=1))
    assert [one.id for one in engine.cases(late=True)] == [case.id]
    engine.tick()
    assert [one.id for one in engine.cases(late=True)] == [case.id]
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    assert engine.cases(late=True) == ()


def test_idle_is_where_nothing_happened_since(engine: Engine, clock: ManualClock) -> None:
    first, second = (engine.open("desk", ORDER, actor=LI).id for _ in range(2))
    clock.advance(timedelta(minutes=10))
    engine.send(first, "assign", {"owner": "kim"}, actor=LI)
    assert {case.id for case in engine.cases(idle_since=MONDAY)} == {second}
    assert {case.id for case in engine.cases(idle_since=clock.now())} == {first, second}
    with pytest.raises(InputError, match="time zone"):
        engine.cases(idle_since=MONDAY.replace(tzinfo=None))


def test_cases_that_wait_for_somebody_are_those_of_the_worklist_in_any_order_and_page(
    engine: Engine, clock: ManualClock
) -> None:
    opened = [engine.open("desk", ORDER, actor=LI).id for _ in range(5)]
    for case in opened[1:4]:
        clock.advance(timedelta(minutes=10))
        engine.send(case, "assign", {"owner": "kim"}, actor=LI)
    engine.send(opened[3], "done", {"result": "new panel"}, actor=KIM)
    for actor in (LI, KIM, ACME):
        mine = {case.id for case in engine.worklist(actor)}
        for order in ("opened", "moved", "due"):
            wanted = [case for case in engine.cases(order=order) if case.id in mine]
            assert list(engine.cases(waiting_for=actor, order=order)) == wanted
            assert list(engine.cases(waiting_for=actor, order=order, limit=1)) == wanted[:1]
    assert engine.cases(waiting_for=KIM, state="repair", idle_since=MONDAY + timedelta(minutes=10)) == (
        engine.case(opened[1]),
    )
    assert engine.cases(waiting_for=KIM, status="done") == ()


@pytest.mark.requirement("R018", "R087")
def test_clocks_show_the_present_and_the_past(engine: Engine, clock: ManualClock) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    clock.advance(HOUR)
    solved, limit = sorted(engine.clocks(case.id), key=lambda view: view.kind)
    assert (solved.name, solved.kind, solved.cycle, solved.state) == ("solved", "clock", 1, "running")
    assert (solved.elapsed, solved.target, solved.remaining) == (HOUR, 8 * HOUR, 7 * HOUR)
    assert (solved.due, solved.late, solved.met) == (MONDAY + 8 * HOUR, False, None)
    assert (limit.name, limit.kind, limit.due) == ("received", "limit", MONDAY + 2 * HOUR)
    clock.advance(2 * HOUR)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    past = next(view for view in engine.clocks(case.id) if view.kind == "limit")
    assert (past.state, past.elapsed, past.late, past.met, past.due) == ("stopped", 3 * HOUR, True, False, None)
    clock.advance(100 * HOUR)
    assert next(view for view in engine.clocks(case.id) if view.kind == "limit").elapsed == 3 * HOUR


def test_a_clock_and_a_limit_of_one_name_are_told_apart_by_their_kind(engine: Engine) -> None:
    text = DESK.replace("version: 1", "version: 2").replace("solved: {", "received: {")
    engine.publish(language.compile_sources({"desk.yaml": text}, "desk.yaml"))
    case = engine.open("desk", ORDER, actor=LI)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    shown = {(view.name, view.kind): (view.cycle, view.target, view.state) for view in engine.clocks(case.id)}
    assert shown == {
        ("received", "clock"): (1, 8 * HOUR, "running"),
        ("received", "limit"): (1, 2 * HOUR, "stopped"),
    }


@pytest.mark.requirement("R096")
def test_a_customer_does_not_see_notes_and_the_desk_does(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    engine.note(case.id, "difficult customer", actor=LI)
    for viewer, kinds in ((None, 2), (LI, 2), (LEAD, 2), (ACME, 1), (Actor("eve", roles={"other"}), 1)):
        assert len(engine.journal(case.id, viewer=viewer)) == kinds


def test_a_question_about_many_reads_what_was_written(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    engine.send_many([(case.id, Event("assign", {"owner": "kim"}, LI))])
    assert engine.cases(where={"owner": "kim"})[0].id == case.id


@pytest.mark.parametrize("order", ["opened", "moved", "due"])
def test_every_order_lists_every_case(engine: Engine, clock: ManualClock, order: str) -> None:
    ids = {engine.open(process, {"customer": "acme", "fault": "x"} if process == "desk" else {"customer": "acme"},
                       actor=LI).id for process in ("desk", "visit", "desk")}  # fmt: skip
    assert {case.id for case in engine.cases(order=order)} == ids  # type: ignore[arg-type]
