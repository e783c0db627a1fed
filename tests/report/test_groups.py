"""The same figures for each product, person, month: whatever is asked for."""

from __future__ import annotations

import pytest
from attrs import evolve

from report.by_hand import done, entry, figure, log
from svcflow.errors import InputError
from svcflow.eventlog import CaseLog
from svcflow.report import Measures, report
from svcflow.report.reporting import as_json


@pytest.mark.requirement("R045", "R114", "R154", "R187", "R234", "R235", "R236")
def test_groups_are_made_of_every_dimension_that_is_asked_for() -> None:
    one = done(fields={"served_by": "kim", "owner": "li", "partner": "north"}, entries=(entry(1, "event", "do"),))
    two = evolve(log("b", fields={"owner": "li"}, entries=(entry(1, "event", "do", actor="li"),)), version=2)
    made = report([one, two], by=["person", "partner+version", "month"])
    assert figure(made, "completed", person="kim").value == 1
    assert figure(made, "completed", person="li").value == 0
    assert figure(made, "cases", partner="north", version="1").value == 1
    assert figure(made, "cases", partner="", version="2").value == 1
    assert figure(made, "cases", month="2026-03").value == 2
    assert figure(made, "handled", person="kim").value == 1
    assert figure(made, "handled", month="2026-03", person="li").value == 1
    for by, hint in (("persn", "did you mean `person`"), ("nothing+month", "there are process")):
        with pytest.raises(InputError, match=hint):
            report([], by=[by])
    with pytest.raises(InputError, match="did you mean `rework`"):
        report([], Measures(limits={"rewrk": 1}))


def test_a_dimension_that_is_asked_for_twice_counts_once() -> None:
    made = report([done(fields={"product": "X1"})], by=["product", "product", "product+month", "month+product"])
    told = [dict(kpi.by) for kpi in made.kpis if kpi.name == "cases"]
    assert told == [{}, {"product": "X1"}, {"month": "2026-03", "product": "X1"}]
    assert {kpi.value for kpi in made.kpis if kpi.name == "cases"} == {1}


@pytest.mark.parametrize("name", ["process", "version", "status", "month"])
def test_measures_cannot_take_the_name_of_a_dimension_that_every_case_has(name: str) -> None:
    with pytest.raises(InputError, match=f"has the dimension '{name}' already"):
        report([], Measures(dimensions={name: ("state",)}))


@pytest.mark.requirement("R056", "R081", "R082", "R091", "R164", "R217")
def test_trends_and_frequent_problems_are_groups_by_month_and_by_what_they_are_about() -> None:
    def called(hours: float, score: int, **fields: str) -> CaseLog:
        rated = entry(1, "event", "save", hours, fields={"satisfaction": score})
        return done(process="callback", hours=hours, fields=fields, entries=(rated,))

    cases = [called(0, 5, product="X1", problem="no_problem"), called(1, 2, product="X1", problem="product_fault")]
    cases += [called(24 * 31, 1, product="X2", problem="product_fault")]
    made = report(cases, by=["month", "product+kind", "kind"])
    assert [figure(made, "satisfaction", month=month).value for month in ("2026-03", "2026-04")] == [3.5, 1]
    assert figure(made, "cases", kind="product_fault").value == 2
    assert figure(made, "cases", product="X1", kind="product_fault").value == 1


@pytest.mark.requirement("R092", "R198")
def test_surveys_complaints_and_records_stand_in_one_report_and_by_person() -> None:
    rated = entry(1, "event", "save", fields={"satisfaction": 2})
    cases = [
        done("a", fields={"product": "X1", "served_by": "kim"}),
        done("b", "callback", fields={"served_by": "kim"}, entries=(rated,)),
        done("d", "complaint", fields={"served_by": "kim"}),
    ]
    data = as_json(report(cases, by=["person"]))["kpis"]
    card = {one["name"]: one["value"] for one in data if one["by"] == {"person": "kim"}}
    assert (card["satisfaction"], card["complaint_rate"], card["completeness"]) == (2, 1, 2 / 20)


def test_complaints_per_service_need_all_processes() -> None:
    cases = [done("a"), done("b", "complaint")]
    told = [dict(kpi.by) for kpi in report(cases, by=["process", "month"]).kpis if kpi.name == "complaint_rate"]
    assert told == [{}, {"month": "2026-03"}]
    assert "complaint_rate" not in {kpi.name for kpi in report(cases[:1], one_process=True).kpis}
