"""
Decisions and refusals as values: what a refusal says in words, and which timers a store has to write and to delete.
"""

from __future__ import annotations

from core.desk import AGENT, BOSS, MONDAY, Desk, agreed, case_of, desk_of, hours, process
from svcflow.core.decide import decide, open_case
from svcflow.core.decision import Refusal
from svcflow.core.event import Event

VISIT = """
fields: {owner: person, visit: datetime, fault: text}
by: agent
states:
  new: {wait: 1h, events: {go: {to: work, ask: owner}}, after: {8h: closed}}
  work:
    by: [boss, owner]
    events: {done: closed, plan: {to: here, ask: visit}}
    after: {2h since visit: closed, 4h: {do: {notify: boss}}}
  closed: {end: done}
"""


def working() -> tuple[Desk, str]:
    desk = desk_of(VISIT)
    case = desk.open()
    desk.now += hours(1)
    return desk, desk.send(case, "go", owner="otto").id


def test_a_refusal_says_every_problem_of_a_form_in_one_line() -> None:
    desk, case = case_of(VISIT)
    desk.now += hours(1)
    assert str(desk.refused(case, "go", visit=MONDAY)) == (
        "go refused (form): problems: visit is not part of this form, owner must be filled in; possible now: go"
    )


def test_a_refusal_names_who_may_and_until_when_it_waits() -> None:
    desk, case = case_of(VISIT)
    assert str(desk.refused(case, "go")) == "go refused (waiting): state: new; until: 2026-05-04 10:00:00+00:00"
    desk, working_case = working()
    assert str(desk.refused(desk.cases[working_case], "done")) == "done refused (forbidden): by: boss, owner"


def test_a_refusal_without_details_is_short_and_sets_of_names_are_sorted() -> None:
    assert str(Refusal("c1", "go", "ended")) == "go refused (ended)"
    assert str(Refusal("c1", "go", "barred", {"by": frozenset({"b", "a"})})) == "go refused (barred): by: a, b"


def test_a_new_case_arms_all_its_timers() -> None:
    opened = agreed(open_case(process(VISIT), {}, AGENT, MONDAY, id="c1"))
    assert {timer.name for timer in opened.armed} == {"wait:new", "after:new:8h"}
    assert opened.disarmed == ()


def test_a_decision_arms_what_is_new_or_other_and_disarms_what_is_gone() -> None:
    desk, case_id = working()
    visit = process(VISIT)
    planned = agreed(decide(visit, desk.cases[case_id], Event("plan", {"visit": desk.now}, BOSS), desk.now))
    assert [timer.name for timer in planned.armed] == ["after:work:2h since visit"], "the other timer is as it was"
    assert planned.disarmed == ()
    again = agreed(decide(visit, planned.case, Event("plan", {"visit": desk.now + hours(1)}, BOSS), desk.now))
    assert [timer.due for timer in again.armed] == [desk.now + hours(3)]
    done = agreed(decide(visit, again.case, Event("done", {}, BOSS), desk.now))
    assert (done.armed, set(done.disarmed)) == ((), {"after:work:2h since visit", "after:work:4h"})
