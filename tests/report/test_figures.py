"""Figures of a few cases, counted by hand."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from attrs import evolve

from report.by_hand import HOUR, MONDAY, done, entry, figure, log
from svcflow import catalog
from svcflow.eventlog import CaseLog, Cycle, Visit
from svcflow.report import KPIS, Measures, report
from svcflow.report.reporting import as_json


@pytest.mark.requirement("R112", "R152", "R162", "R183", "R020")
def test_what_customers_say_counts_where_they_said_it() -> None:
    """The parent of a callback got the score from it: one customer, one opinion."""
    fields = {"satisfaction": 4, "recommend": 10, "working": True}
    called = done("a-1", "callback", entries=(entry(1, "event", "save", fields=fields),), origin="a", parent="a")
    parent = done("a", fields=fields, entries=(entry(1, "child", "satisfied", fields=fields),))
    second = done("b", entries=(entry(1, "event", "rate", fields={"satisfaction": 1, "recommend": 6}),))
    third = done("d", entries=(entry(1, "opened", "rate", fields={"recommend": 8}),))
    made = report([called, parent, second, third])
    assert (figure(made, "satisfaction").value, figure(made, "satisfaction").count) == (2.5, 2)
    assert (figure(made, "satisfied").value, figure(made, "nps").value) == (0.5, 0)
    assert (figure(made, "nps").count, figure(made, "fault_repaired").value) == (3, 1)


@pytest.mark.requirement("R113", "R111", "R115")
def test_callbacks_keep_their_window_and_problems_are_solved() -> None:
    def called(verdict: Any) -> CaseLog:  # noqa: ANN401
        limit = Cycle("reach", "limit", 1, MONDAY, MONDAY, HOUR, HOUR, timedelta(), verdict)
        return done(process="callback", cycles=(limit, evolve(limit, name="rating", verdict="late")))

    def settled(state: str, status: Any = "done") -> CaseLog:  # noqa: ANN401
        came = entry(1, "event", "content")
        stay = Visit(state, leaf=True, since=MONDAY, until=MONDAY, came=came, went=None, worked=timedelta())
        return evolve(done(process="problem", visits=(stay,)), status=status)

    raised = [settled("solved"), settled("unsolved"), settled("solved"), settled("inform", "cancelled")]
    made = report([called("met"), called("met"), called("late"), called("running"), called("neither"), *raised])
    assert (figure(made, "callback_in_time").total, figure(made, "callback_in_time").count) == (2, 3)
    assert figure(made, "problem_solved").value == 0.5
    assert figure(made, "clock_met", clock="limit:rating").total == 0


@pytest.mark.requirement("R038", "R066", "R156", "R180", "R155")
def test_complaints_are_counted_per_service_and_again() -> None:
    cases = [
        done("a", fields={"product": "X1", "serial": "7"}),
        done("b", "complaint", hours=1, fields={"product": "X1", "customer": "acme"}),
        done("d", hours=2, fields={"product": "X1", "serial": "7"}),
        done("e", "complaint", hours=3, fields={"product": "X2", "customer": "acme"}),
        done("f", hours=24 * 100, fields={"product": "X2", "serial": "7"}),
        done("g", "complaint", hours=24 * 200, fields={"customer": "acme"}),
    ]
    made = report(cases, Measures(limits={"complaint_rate": 0.75}), by=["product"])
    rate = figure(made, "complaint_rate")
    assert (rate.value, rate.total, rate.count, rate.kind, rate.breached) == (1, 3, 3, "kri", True)
    assert figure(made, "complaint_rate", product="X1").value == 0.5
    assert figure(made, "complaint_rate", product="").value is None
    assert [kpi.by.get("product") for kpi in made.breaches] == [None, "X2"]
    assert (figure(made, "repeat_complaint").total, figure(made, "repeat_complaint").count) == (1, 3)
    assert (figure(made, "recurrence").total, figure(made, "recurrence").count) == (1, 3)


def test_earlier_cases_are_remembered_and_counted_nowhere() -> None:
    cases = [
        done("a", "complaint", fields={"customer": "acme"}),
        done("b", fields={"serial": "7"}),
        done("d", "complaint", hours=24, fields={"customer": "acme"}),
        done("e", hours=25, fields={"serial": "7"}),
    ]
    made = report(cases, since=MONDAY + 24 * HOUR)
    assert (made.cases, figure(made, "cases").value, made.variants[0].cases) == (2, 2, 1)
    for name in ("repeat_complaint", "recurrence"):
        assert (figure(made, name).total, figure(made, name).count) == (1, 1)


@pytest.mark.requirement("R170")
def test_a_late_answer_is_a_risk_also_while_nobody_has_answered() -> None:
    answered = done("a", entries=(entry(1, "opened", "x"), entry(2, "event", "accept", 1)))
    by_customer = log("b", fields={"customer": "acme"}, entries=(entry(1, "event", "chase", 1, actor="acme"),))
    measures = Measures(response_limit=20 * HOUR)
    made = report([answered, by_customer, log("d", now=MONDAY + 20 * HOUR)], measures)
    assert (figure(made, "first_response").value, figure(made, "first_response").count) == (3600, 1)
    assert (figure(made, "late_response").total, figure(made, "late_response").count) == (1, 2)
    assert "first_response" not in {kpi.name for kpi in report([answered], Measures(response=("call",))).kpis}


@pytest.mark.requirement("R003", "R040", "R059", "R222")
def test_records_delays_and_costs_are_looked_up_in_fields() -> None:
    fields = {
        "customer": "acme", "product": "X1", "fault": "dark", "received_at": MONDAY - HOUR, "labour_cost": 10,
        "parts_cost": Decimal("2.5"), "served_at": MONDAY, "bought": date(2026, 1, 1),
    }  # fmt: skip
    made = report([done(fields=fields), done("b", fields={}), log("d", fields=fields)])
    assert (figure(made, "completeness").total, figure(made, "completeness").count) == (4, 14)
    assert (figure(made, "recording_delay").value, figure(made, "cost").value) == (3600, 12.5)


def test_a_clock_and_a_limit_of_one_name_are_two_figures() -> None:
    clock = Cycle("s", "clock", 1, MONDAY, MONDAY + HOUR, HOUR, HOUR, timedelta(), "met")
    made = report([done(cycles=(clock, evolve(clock, kind="limit", verdict="late")))])
    assert (figure(made, "clock_met", clock="s").value, figure(made, "clock_met", clock="limit:s").value) == (1, 0)
    assert figure(made, "clock_time", clock="limit:s").count == 1


def test_a_case_is_solved_when_the_last_clock_of_the_solution_stopped() -> None:
    def cycle(begin: int, stop: int | None) -> Cycle:
        over = None if stop is None else MONDAY + stop * HOUR
        return Cycle("resolution", "clock", 1, MONDAY + begin * HOUR, over, HOUR, None, timedelta(), "neither")

    assert figure(report([done(cycles=(cycle(0, 4), cycle(1, 2)))]), "resolution").value == 4 * 3600
    assert "resolution" not in {kpi.name for kpi in report([log(cycles=(cycle(0, None), cycle(1, 2)))]).kpis}


SERVED: tuple[tuple[str, int, int, int], ...] = (("kim", 5, 2, 100), ("kim", 2, 4, 60), ("li", 3, 1, 20))
"""Who served, the score that the customer gave later, after how many hours somebody answered, and what it cost."""


def services() -> Iterator[CaseLog]:
    for number, (person, score, hours, cost) in enumerate(SERVED):
        fields = {"served_by": person, "labour_cost": cost, "customer": "acme"}
        served = (entry(1, "event", "accept", hours, actor=person),)
        yield done(f"s{number}", fields=fields, entries=served, definition=catalog.service_ticket)
        rated = entry(1, "event", "save", fields={"satisfaction": score})
        yield done(f"c{number}", "callback", fields={"served_by": person}, entries=(rated,))


@pytest.mark.requirement("R181")
def test_one_service_is_seen_by_customer_staff_and_company() -> None:
    made = json.loads(json.dumps(as_json(report(services()))))
    seen: dict[str, dict[str, float]] = defaultdict(dict)
    for kpi in made["kpis"]:
        if not kpi["by"] or kpi["by"] == {"person": "kim"}:
            seen[kpi["perspective"]][kpi["name"]] = kpi["value"]
    scores, hours, costs = [one[1] for one in SERVED], [one[2] for one in SERVED], [one[3] for one in SERVED]
    assert seen["customer"]["satisfaction"] == pytest.approx(sum(scores) / 3)
    assert seen["customer"]["satisfied"] == pytest.approx(sum(score >= 4 for score in scores) / 3)
    # A callback has an answer of its own, by the one who called: at once.
    assert seen["customer"]["first_response"] == pytest.approx(3600 * sum(hours) / 6)
    # The one who called is kim as well, in each of the three.
    assert seen["staff"]["handled"] == sum(one[0] == "kim" for one in SERVED) + 3
    assert seen["staff"]["first_time_fix"] == 1
    assert seen["company"]["cost"] == pytest.approx(sum(costs) / 3)
    assert seen["company"]["cases"] == 6
    assert not seen.keys() - {"customer", "staff", "company"}


@pytest.mark.requirement("R140")
def test_what_customers_say_of_somebodys_work_is_among_his_figures() -> None:
    data = json.loads(json.dumps(as_json(report(services(), by=["person"]))))["kpis"]
    card = {one["by"]["person"]: one for one in data if one["name"] == "satisfaction" and one["by"]}
    given: dict[str, list[int]] = defaultdict(list)
    for person, score, *_ in SERVED:
        given[person].append(score)
    assert {who: (one["value"], one["count"], one["squares"]) for who, one in card.items()} == {
        who: (mean(scores), len(scores), sum(score**2 for score in scores)) for who, scores in given.items()
    }


@pytest.mark.requirement("R155", "R181")
def test_the_page_names_every_figure_under_its_view_and_says_which_are_risks() -> None:
    """Whoever reads it must find what the report tells: the page is written by hand."""
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "report.md").read_text(encoding="utf-8")
    view = ""
    listed: dict[str, tuple[str, str]] = {}
    table = page.split("## What is reported")[1].split("Below the")[0]
    for row in re.findall(r"^\| (.+?) \| (.*?) \|", table, re.MULTILINE):
        heading = re.fullmatch(r"\*\*for the (\w+)\*\*", row[0])
        view = heading[1] if heading else view
        listed |= dict.fromkeys(re.findall(r"`(\w+)`", row[0]), (view, "kri" if "risk" in row[1] else "kpi"))
    made = report([log("a", "complaint", now=MONDAY + 99 * HOUR), *services()], Measures(limits={"cost": 50}))
    kinds = {kpi.name: (kpi.perspective, kpi.kind) for kpi in made.kpis}
    assert kinds.pop("cost") == ("company", "kri")  # A limit makes any figure a risk that is watched.
    assert {name: listed[name] for name in kinds} == kinds
    assert listed == {name: (one.perspective, one.kind) for name, one in KPIS.items()}
    assert [(kpi.name, kpi.value) for kpi in made.breaches] == [("cost", 60)]
