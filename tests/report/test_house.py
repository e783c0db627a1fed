"""
Score cards and standards of a small house are what one counts by hand in the list of what it did.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import mean

import pytest

import shelf
from report.house import ASKED, EVERY, HOUR, INSPECTED, JOBS, REPORTS, built
from svcflow import catalog
from svcflow.core.event import Actor
from svcflow.diagram import mermaid
from svcflow.engine import Engine
from svcflow.errors import Refused
from svcflow.eventlog import read
from svcflow.report import Measures, Report, report
from svcflow.report.measures import DIMENSIONS
from svcflow.report.reporting import as_json
from svcflow.report.roads import traffic


@pytest.fixture(scope="module")
def house() -> Engine:
    return built()


def made_of(house: Engine, by: Iterable[str] = (), measures: Measures = EVERY, *, process: str | None = None) -> Report:
    """The report on the house, or on one process of it."""
    return report(read(house, process=process), measures, by=list(by), one_process=process is not None)


def values(made: Report, name: str, *, over: str = "person", **of: str) -> dict[str, float]:
    """The values of one figure by a dimension, of those cases that are `of` this."""
    found = {
        dict(kpi.by).get(over): kpi.value for kpi in made.kpis if kpi.name == name and _fits(dict(kpi.by), over, of)
    }
    return {group: round(value, 6) for group, value in found.items() if group and value is not None}


def _fits(by: Mapping[str, str], over: str, of: Mapping[str, str]) -> bool:
    return by == {**of, over: by.get(over)}


def means(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The mean of what stands beside each name."""
    found = defaultdict[str, list[float]](list)
    for name, value in pairs:
        if name:
            found[name].append(value)
    return {name: round(mean(some), 6) for name, some in found.items()}


TOLD = [job for job in JOBS if job.problem]
DONE = [job for job in JOBS if job.working]  # The other one was called off.
REWORKED = {job: bool(job.returned) or job.score < 4 for job in DONE}


@pytest.mark.requirement("R042", "R066", "R111", "R113", "R187", "R234", "R235", "R236")
def test_people_are_judged_by_what_they_did_and_what_customers_said_of_it(house: Engine) -> None:
    made = made_of(house, ["person"])
    scores = [(job.by, job.score) for job in JOBS] + [(job.by, 4) for job in TOLD if job.solved]
    assert values(made, "satisfaction") == means(scores)
    assert values(made, "satisfied") == means((by, score >= 4) for by, score in scores)
    assert values(made, "problem_solved") == means((job.by, job.solved) for job in TOLD)
    assert values(made, "callback_in_time") == means((job.by, not job.called_late) for job in JOBS)
    assert values(made, "cost") == means((by, costs) for by, costs, _, _ in REPORTS)
    manner = made_of(house, ["person"], Measures(satisfaction=("attitude",)), process="callback")
    assert values(manner, "satisfaction") == means((job.by, job.attitude) for job in JOBS)
    tickets = made_of(house, ["person"], process="service_ticket")
    assert values(tickets, "first_time_fix") == means((job.by, not REWORKED[job]) for job in DONE)
    assert values(tickets, "completed") == means((job.by, job.working) for job in JOBS)
    assert values(tickets, "cases") == {by: [job.by for job in JOBS].count(by) for by in ("kim", "tom", "eve", "wu")}
    again = [
        (job.by, any(job.serial == other.serial for other in JOBS[:n])) for n, job in enumerate(JOBS) if job.serial
    ]
    assert values(tickets, "recurrence") == means(again)
    handled = values(tickets, "handled")
    assert {by: handled[by] for by in ("kim", "tom", "eve", "wu")} == values(tickets, "cases")


@pytest.mark.requirement("R045", "R054")
def test_partners_are_judged_beside_our_own_people(house: Engine) -> None:
    made = made_of(house, ["partner"], process="service_ticket")
    assert values(made, "clock_met", over="partner", clock="first_response") == means(
        (job.partner, job.answered_in_time) for job in JOBS
    )
    assert values(made, "rework", over="partner") == means((job.partner, REWORKED[job]) for job in DONE if job.partner)
    theirs = made_of(house, ["person"])
    assert values(theirs, "satisfaction")["eve"] == 4


@pytest.mark.requirement("R092", "R115")
def test_departments_are_judged_by_the_problems_they_had_to_settle(house: Engine) -> None:
    made = made_of(house, ["kind+month", "kind"], process="problem")
    in_time = {"product_fault": 1, "service_fault": 0}
    assert values(made, "clock_met", over="kind", clock="settle") == in_time
    assert values(made, "clock_met", over="kind", clock="settle", month="2026-03") == in_time
    solved = means((job.problem, job.solved) for job in TOLD)
    assert values(made, "problem_solved", over="kind") == solved
    assert values(made, "problem_solved", over="kind", month="2026-03") == solved


@pytest.mark.requirement("R056", "R066", "R160")
def test_a_product_whose_faults_come_again_is_beyond_its_limit(house: Engine) -> None:
    made = made_of(house, ["product"], Measures(limits={"recurrence": 0.4}))
    assert values(made, "recurrence", over="product") == {"X1": 0.5}
    assert [(kpi.name, dict(kpi.by)) for kpi in made.breaches] == [
        ("recurrence", {}),
        ("recurrence", {"product": "X1"}),
    ]
    called = made_of(house, ["product"], process="callback")
    assert values(called, "satisfaction", over="product") == means((job.product, job.score) for job in JOBS)


@pytest.mark.requirement("R156")
def test_how_often_staff_answer_in_time_is_what_the_waiting_was(house: Engine) -> None:
    made = made_of(house, ["product"], Measures(response_limit=HOUR), process="service_ticket")
    assert values(made, "late_response", over="product") == means((job.product, job.waited > 60) for job in JOBS)


@pytest.mark.requirement("R114")
def test_callers_are_judged_by_what_inspections_found_of_them(house: Engine) -> None:
    caller = {**DIMENSIONS, "caller": ("called_by",)}
    measures = Measures(dimensions=caller, satisfaction=("attitude",), working=("records_complete",))
    made = made_of(house, ["caller"], measures, process="inspection")
    assert values(made, "satisfaction", over="caller") == means((who, manner) for who, manner, _ in INSPECTED)
    assert values(made, "fault_repaired", over="caller") == means((who, whole) for who, _, whole in INSPECTED)
    assert values(made_of(house, ["person"], process="callback"), "handled")["lin"] == len(JOBS)


@pytest.mark.requirement("R183")
def test_praise_is_counted(house: Engine) -> None:
    praised = {**DIMENSIONS, "praised": ("praised",)}
    made = made_of(house, ["kind", "kind+praised"], Measures(dimensions=praised))
    assert values(made, "cases", over="kind")["praise"] == 3
    assert values(made, "cases", over="praised", kind="praise") == {"kim": 2, "wu": 1}


STANDARDS = {
    ("service_ticket", "clock", "first_response"): mean(job.answered_in_time for job in JOBS),
    ("service_ticket", "clock", "resolution"): 1,
    ("consultation", "clock", "first_answer"): 0.5,
    ("complaint", "clock", "settlement"): 1,
    ("callback", "field", "working"): mean(job.working for job in JOBS),
    ("callback", "field", "attitude"): mean(job.attitude for job in JOBS),
    ("callback", "limit", "reach"): mean(not job.called_late for job in JOBS),
    ("service_report", "field", "solved"): mean(solved for _, _, solved, _ in REPORTS),
    ("service_report", "clock", "recorded"): mean(days < 1 for _, _, _, days in REPORTS),
    ("survey", "field", "attitude"): mean(attitude for _, attitude, _ in ASKED),
    ("survey", "field", "satisfaction"): mean(satisfaction for satisfaction, _, _ in ASKED),
    ("survey", "field", "recommend"): mean(100 if score >= 9 else -100 if score <= 6 else 0 for _, _, score in ASKED),
}


NAMED = {"recommend": "nps", "working": "fault_repaired", "solved": "fault_repaired"}


def test_every_standard_of_the_page_is_measured_below() -> None:
    told = re.findall(r"`(\w+)` (clock|limit|field) `(\w+)`", shelf.PAGE.read_text(encoding="utf-8"))
    assert set(told) == STANDARDS.keys()


@pytest.mark.requirement("R023", "R024")
@pytest.mark.parametrize(("process", "kind", "thing"), STANDARDS)
def test_a_standard_of_quality_is_a_number_made_of_what_happened(
    house: Engine, process: str, kind: str, thing: str
) -> None:
    name = NAMED.get(thing, "satisfaction") if kind == "field" else "clock_met"
    measures = {
        "nps": Measures(recommend=(thing,)),
        "fault_repaired": Measures(working=(thing,)),
        "satisfaction": Measures(satisfaction=(thing,)),
    }.get(name, EVERY)
    by = {} if kind == "field" else {"clock": thing if kind == "clock" else f"limit:{thing}"}
    found = [kpi for kpi in made_of(house, (), measures, process=process).kpis if kpi.name == name and kpi.by == by]
    assert [kpi.value for kpi in found] == [pytest.approx(STANDARDS[process, kind, thing])]


@pytest.mark.requirement("R180")
def test_a_third_party_reads_all_figures_and_journals_and_can_change_nothing(house: Engine) -> None:
    auditor = Actor("an agency", roles={"auditor"})
    before = [(case, house.journal(case.id, viewer=auditor)) for case in house.cases(limit=1000)]
    for case, journal in before:
        assert journal
        for event in {rule.name for rule in house.process(case.process).rules() if rule.sent}:
            with pytest.raises(Refused):
                house.send(case.id, event, actor=auditor)
    assert house.worklist(auditor) == ()
    assert [(case, house.journal(case.id, viewer=auditor)) for case in house.cases(limit=1000)] == before
    told = json.loads(json.dumps(as_json(made_of(house))))["kpis"]
    figures = {one["name"]: one["value"] for one in told if not one["by"]}
    scores = [*(job.score for job in JOBS), *(4 for job in TOLD if job.solved), *(score for score, _, _ in ASKED)]
    assert figures["satisfaction"] == pytest.approx(mean(scores))
    assert figures["complaint_rate"] > 0
    assert figures["first_response"] > 0


@pytest.mark.requirement("R120", "R121")
def test_the_history_of_one_thing_is_found_by_its_number_over_all_that_was_done_to_it(house: Engine) -> None:
    served = [job for job in JOBS if job.serial == "7"]
    tickets = house.cases(where={"serial": "7"}, order="opened")
    assert [ticket.process for ticket in tickets] == ["service_ticket"] * len(served)
    for ticket, job in zip(tickets, served, strict=True):
        told = [entry.name for entry in house.journal(ticket.id)]
        assert (told.count("done"), told.count("not_fixed")) == (job.returned + 1, job.returned)
        family = [case for case in house.cases(where={"customer": job.customer}) if case.root == ticket.id]
        assert sorted(case.process for case in family) == ["callback", "service_ticket"]
        (called,) = (case for case in family if case.process == "callback")
        assert called.fields["satisfaction"] == job.score


@pytest.mark.requirement("R017", "R129")
def test_steps_that_nobody_ever_took_are_told_on_the_drawing(house: Engine) -> None:
    through = traffic(read(house, process="service_ticket"))["service_ticket", 1]
    drawn = mermaid(catalog.service_ticket, "en", traffic=through)
    arrows = re.findall(r"^ +s_(\w+) --> s_(\w+): .* / (\d+)x$", drawn, re.MULTILINE)
    tickets = house.cases(process="service_ticket")
    moves = [move for ticket in tickets for entry in house.journal(ticket.id) for move in entry.moves if move.left]
    went = {tuple(max(some, key=len).replace(".", "__") for some in (move.left, move.entered)) for move in moves}
    assert {(left, entered) for left, entered, times in arrows if int(times)} == went
    never = {(left, entered) for left, entered, times in arrows if not int(times)}
    assert {("diagnose", "quoted"), ("repair__onsite", "repair__parts"), ("review", "dispatch")} <= never
