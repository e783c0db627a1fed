"""What a report says of a process that has none of the names of the catalog: nothing that nobody could know."""

from __future__ import annotations

from collections.abc import Iterable

from report.by_hand import MONDAY, figure
from svcflow import Actor, Engine, language
from svcflow.clocks import ManualClock
from svcflow.eventlog import read
from svcflow.report import Measures, Report, report

COFFEE = """
process: coffee
version: 1
roles: [agent]
fields: {customer: person, bar: number, working: flag}
open: {by: agent, may: customer}
states:
  received: {by: agent, events: {hand_in: repaired}}
  repaired:
    by: agent
    events: {fixed: tested, hopeless: scrapped, sold: {ask: bar, to: [{to: returned, when: bar >= 9}, scrapped]}}
  tested:
    by: [agent, customer]
    events:
      brewed: {ask: [bar, working], to: [{to: returned, when: bar >= 9}, repaired]}
      tried: {ask: working, to: returned}
  returned: {end: done}
  scrapped: {end: cancelled}
"""
CLERK = Actor("ann", roles={"agent"})
CUSTOMER = Actor("acme")
BARS = ((9,), (5, 9), (5, 6, 9), (10,))
"""What the tests of each machine gave."""


def house() -> Engine:
    engine = Engine(clock=ManualClock(MONDAY))
    engine.publish(language.compile_sources({"coffee.yaml": COFFEE}, "coffee.yaml"))
    return engine


def coffee(measures: Measures | None = None) -> Report:
    engine = house()
    for bars in BARS:
        case = engine.open("coffee", {}, actor=CLERK).id
        engine.send(case, "hand_in", actor=CLERK)
        for bar in bars:
            engine.send(case, "fixed", actor=CLERK)
            engine.send(case, "brewed", {"bar": bar, "working": True}, actor=CLERK)
    return report(read(engine), measures)


def test_only_a_customer_says_that_the_fault_is_gone() -> None:
    """A flag of the workshop may have the name of the one that callbacks ask for."""
    assert "fault_repaired" not in names(coffee())
    assert figure(coffee(Measures(working=("working",))), "fault_repaired").count == len(BARS)
    assert figure(coffee(Measures(callbacks={"coffee": "tested"})), "fault_repaired").count == len(BARS)
    engine = house()
    for working in (True, False):
        case = engine.open("coffee", {"customer": "acme"}, actor=CLERK).id
        engine.send(case, "hand_in", actor=CLERK)
        engine.send(case, "fixed", actor=CLERK)
        engine.send(case, "tried", {"working": working}, actor=CUSTOMER)
    made = figure(report(read(engine)), "fault_repaired")
    assert (made.total, made.count) == (1, 2)


def test_a_way_ends_where_its_cases_ended() -> None:
    """The same event ends well or not."""
    engine = house()
    for bar in (9, 0, 10, 9):
        case = engine.open("coffee", {}, actor=CLERK).id
        engine.send(case, "hand_in", actor=CLERK)
        engine.send(case, "sold", {"bar": bar}, actor=CLERK)
    made = report(read(engine))
    way = ("hand_in", "sold")
    assert [(one.way, one.end, one.cases) for one in made.variants] == [(way, "returned", 3), (way, "scrapped", 1)]
    assert made.deviations == ()


def names(made: Report) -> Iterable[str]:
    return {kpi.name for kpi in made.kpis}


def test_what_a_process_has_no_word_for_is_not_reported_as_if_it_never_happened() -> None:
    made = coffee()
    assert ("tested", "repaired", 3) in {(one.left, one.entered, one.count) for one in made.passages}
    assert not {"rework", "first_time_fix", "reopened"} & {*names(made)}


def test_work_done_again_is_told_by_a_way_from_state_to_state() -> None:
    for way in ("tested -> repaired", "tested->repaired"):
        made = coffee(Measures(rework=("not_fixed", way), reopen=("returned -> received",)))
        again = [len(bars) > 1 for bars in BARS]
        assert (figure(made, "rework").total, figure(made, "rework").count) == (sum(again), len(again))
        assert figure(made, "first_time_fix").total == len(again) - sum(again)
        assert figure(made, "reopened").value == 0


def test_a_state_is_no_event_and_a_way_to_nowhere_is_none() -> None:
    for words in (("tested",), ("tested -> repared",), ("tested -> ",)):
        assert "rework" not in names(coffee(Measures(rework=words)))


def test_first_answers_by_events_that_a_process_has_not_are_neither_late_nor_early() -> None:
    engine = house()
    engine.open("coffee", {}, actor=CLERK)
    engine.clock.advance(Measures().response_limit * 2)  # type: ignore[attr-defined]  # a clock by hand
    assert figure(report(read(engine)), "late_response").value == 1
    assert figure(report(read(engine), Measures(response=("hand_in",))), "late_response").value == 1
    assert "late_response" not in names(report(read(engine), Measures(response=("accept",))))


def test_what_is_passed_through_at_once_is_passed_step_by_step() -> None:
    """Automatic states are entered and left within one event; nobody goes round them, or from one to itself."""
    judged = COFFEE.replace(
        "sold: {ask: bar, to: [{to: returned, when: bar >= 9}, scrapped]}", "sold: {ask: bar, to: judged}"
    ).replace("  returned:", "  judged: {auto: {to: [{to: praised, when: bar >= 9}, scrapped]}}\n"
                             "  praised: {auto: returned}\n  returned:")  # fmt: skip
    engine = Engine(clock=ManualClock(MONDAY))
    engine.publish(language.compile_sources({"coffee.yaml": judged}, "coffee.yaml"))
    for bar in (9, 0, 10):
        case = engine.open("coffee", {}, actor=CLERK).id
        engine.send(case, "hand_in", actor=CLERK)
        engine.send(case, "sold", {"bar": bar}, actor=CLERK)
    made = report(read(engine))
    assert {(one.left, one.entered): one.count for one in made.passages} == {
        ("received", "repaired"): 3, ("repaired", "judged"): 3, ("judged", "praised"): 2, ("praised", "returned"): 2,
        ("judged", "scrapped"): 1,
    }  # fmt: skip
    for way, cases in (("judged -> praised", 2), ("repaired -> praised", 0)):
        assert figure(report(read(engine), Measures(rework=(way,))), "rework").total == cases
