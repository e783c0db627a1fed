"""
Several departments and several customers: each has a promise of its own.
"""

from datetime import timedelta

import pytest

from core.desk import BOSS, MONDAY, Desk, case_of, hours, process
from svcflow.core import clock as stopwatch
from svcflow.core.case import Case

SALES = """
fields: {customer: text, advice: text}
open: {ask: customer}
gives: advice
by: boss
sla: {inside: {from: asked, until: answered, target: 2h}}
states:
  asked: {events: {answer: {to: answered, ask: advice}}}
  answered: {end: done}
"""

DESK = """
fields: {customer: text, advice: text}
open: {ask: customer}
by: agent
sla: {promised: {from: asking, until: known, target: 8h}}
states:
  asking: {run: sales, events: {answered: known}}
  known: {end: done}
"""


def met(desk: Desk, case: Case, name: str) -> bool | None:
    return stopwatch.met(desk.clock(case, f"clock:{name}"), desk.newest_of[case.process].calendars, desk.now)


@pytest.mark.requirement("R060", "R182", "R216")
@pytest.mark.parametrize(("waited", "inside", "promised"), [(1, True, True), (3, False, True), (9, False, False)])
def test_a_department_that_is_asked_has_a_promise_of_its_own(waited: int, inside: bool, promised: bool) -> None:  # noqa: FBT001
    desk = Desk(process(DESK, sales=SALES), process(SALES, name="sales"))
    case = desk.open(customer="acme")
    asked = desk.child(case, "asking")
    assert desk.refused(asked, "answer", advice="yes").code == "forbidden", "the desk does not answer for sales"
    for _ in range(waited):
        desk.wait(hours(1) if desk.now.hour != 16 else timedelta(hours=17))
    desk.send(asked, "answer", BOSS, advice="ten per cent")
    case = desk.cases[case.id]
    assert (case.status, case.fields["advice"]) == ("done", "ten per cent")
    assert (met(desk, asked, "inside"), met(desk, case, "promised")) == (inside, promised)


@pytest.mark.requirement("R124", "R200")
@pytest.mark.parametrize(
    ("customer", "fixed", "visits"),
    [
        ("acme", MONDAY + hours(4), [31]),
        ("metro", MONDAY + timedelta(hours=24), [7, 14, 21, 28]),  # around the clock, and every week
        ("somebody", MONDAY + timedelta(days=1, hours=8), []),
    ],
)
def test_each_customer_has_times_calendar_and_visits_that_were_agreed_on(
    customer: str, fixed: object, visits: list[int]
) -> None:
    desk, case = case_of(
        """
        fields: {customer: text}
        targets:
          fixing: {per: customer, table: {acme: 4h, metro: 24h on always, default: 2d}}
          visiting: {per: customer, table: {acme: 1mo, metro: 1w on always}}
        by: agent
        sla: {fix: {from: one, until: two, target: fixing}}
        states:
          one: {events: {x: two}, after: {every visiting: {do: {notify: boss}}}}
          two: {end: done}
        """,
        customer=customer,
    )
    assert stopwatch.due(desk.clock(case, "clock:fix"), desk.newest_of["desk"].calendars) == fixed
    desk.wait(timedelta(days=31))
    visited = [entry.at for entry in desk.journal[case.id] if entry.kind == "timer"]
    assert [(at - MONDAY).days for at in visited] == visits
