"""Every figure of a report is what another program makes of the rows of the journals."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import ceil, isclose
from statistics import mean, pvariance
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from svcflow import catalog
from svcflow.core import chain
from svcflow.core.decision import JournalEntry
from svcflow.core.event import EMPTY, Actor
from svcflow.errors import InputError
from svcflow.eventlog import CaseLog, Cycle, Visit, case_log
from svcflow.report import KPIS, Kpi, Measures, Report, report
from svcflow.report.flow import Flow, critical_path
from svcflow.report.reporting import as_json
from svcflow.report.tally import Tally
from svcflow.testing import histories
from svcflow.testing.strategies import History

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DRAWN = histories(catalog.service_ticket, most=16).filter(lambda one: one.process.name == "service_ticket")
ENDS = {"archived": "done", "cancelled": "cancelled"}
GROUPS = ("repair",)
REWORK = {"not_fixed", "rework", "dissatisfied"}


def figure(made: Report, name: str, **by: str) -> Kpi:
    (found,) = (kpi for kpi in made.kpis if kpi.name == name and dict(kpi.by) == by)
    return found


# ── the other program: it knows rows alone ─────────────────────────────────────────────────────────────────────────


def rows_of(journal: Sequence[JournalEntry]) -> list[dict[str, Any]]:
    return [json.loads(chain.entry_text(entry)) for entry in journal]


def told(rows: list[dict[str, Any]], now: datetime) -> dict[str, list[float]]:
    """The observations of one service ticket, by the figure and, behind a slash, its state or person."""
    found: dict[str, list[float]] = defaultdict(list)
    at = [datetime.fromisoformat(row["at"]) for row in rows]
    here: dict[str, datetime] = {}
    status, ended = "open", None
    for row, moment in zip(rows, at, strict=True):
        for _, _, left, entered in row.get("moves", []):
            for state in left:
                if state not in GROUPS:
                    found[f"time_in_state/{state}"].append((moment - here[state]).total_seconds())
                here.pop(state)
            here |= dict.fromkeys(entered, moment)
            if ENDS.keys() & set(entered):
                status, ended = ENDS[(ENDS.keys() & set(entered)).pop()], moment
    for state in here:
        if status == "open" and state not in GROUPS:
            found[f"queue/{state}"].append(1)
    customer = rows[0]["fields"]["customer"]
    sent = [row for row in rows if row["kind"] == "event" and row["actor"][0] != "system"]
    theirs = [row for row in sent if customer not in _persons(row) and "customer" not in _roles(row)]
    if theirs:
        found["first_response"].append((at[rows.index(theirs[0])] - at[0]).total_seconds())
    for person in {row["actor"][0] for row in theirs}:
        found[f"handled/{person}"].append(1)
    names = {row["name"] for row in rows if row["kind"] in {"event", "child"}}
    if status == "done":
        found["rework"].append(bool(names & REWORK))
        found["reopened"].append("reopen" in names)
        found["first_time_fix"].append(not names & REWORK and "reopen" not in names)
    steps = [row for row in rows if row["kind"] == "timer" and "step" in row.get("detail", {})]
    found["escalations"].append(len(steps))
    found["escalated"].append(bool(steps))
    owners = [row["fields"]["owner"] for row in rows if row.get("fields", {}).get("owner") is not None]
    found["hand_overs"].append(sum(one != other for one, other in pairwise(owners)))
    found["cases"].append(1)
    found["completed"].append(status == "done")
    found["cancelled"].append(status == "cancelled")
    if ended is None:
        found["open_cases"].append(1)
    return found


def _persons(row: dict[str, Any]) -> set[str]:
    actor = [*row["actor"], [], [], None][:4] if len(row["actor"]) < 4 else row["actor"]
    return {actor[0], *(actor[2] or []), *([actor[3]] if actor[3] else [])}


def _roles(row: dict[str, Any]) -> list[str]:
    return row["actor"][1] if len(row["actor"]) > 1 else []


@given(st.lists(DRAWN, min_size=1, max_size=3))
@settings(deadline=None, max_examples=20)
def test_figures_of_drawn_cases_are_those_of_another_program(drawn: list[History]) -> None:
    cases = [evolve(one.case, id=f"c{number}") for number, one in enumerate(drawn)]
    now = max(case.moved_at for case in cases) + HOUR
    logs = [case_log(case, one.journal, one.process, now) for case, one in zip(cases, drawn, strict=True)]
    made = report(logs)
    wanted: dict[str, list[float]] = defaultdict(list)
    for one in drawn:
        for name, values in told(rows_of(one.journal), now).items():
            wanted[name] += values
    found = {"/".join((kpi.name, *kpi.by.values())): kpi for kpi in made.kpis}
    for name, values in wanted.items():
        kpi = found.pop(name)
        assert kpi.count == len(values), name
        assert (kpi.total, kpi.squares) == pytest.approx((sum(values), sum(one * one for one in values))), name
        assert kpi.value == (sum(values) if kpi.unit == "cases" else pytest.approx(mean(values)))
    assert {name.partition("/")[0] for name in found} <= {
        "late_response", "resolution", "clock_met", "clock_time", "work_in_state", "complaint_rate", "completeness",
        "recurrence", "recording_delay", "cost",
    }  # fmt: skip
    ways = Counter(
        tuple(
            row["name"]
            for row in rows
            if row["kind"] == "event"
            or (row["kind"] == "child" and "persons" not in row.get("detail", {}))
            or (row["kind"] == "timer" and "moves" in row)
        )
        for rows, case in ((rows_of(one.journal), one.case) for one in drawn)
        if case.ended
    )
    assert {variant.way: variant.cases for variant in made.variants} == ways


@given(st.lists(st.floats(0, 1e7), min_size=1, max_size=60), st.sampled_from([0.1, 0.5, 0.9, 1.0]))
def test_middle_values_are_within_a_hundredth_and_sums_are_sums(values: list[float], share: float) -> None:
    tally = Tally(spread=True)
    for value in values:
        tally.add(value)
    found, exact = tally.quantile(share), sorted(values)[ceil(share * len(values)) - 1]
    assert found is not None
    assert isclose(found, exact, rel_tol=0.0101, abs_tol=1e-300)
    assert tally.mean == pytest.approx(mean(values))
    spread = tally.squares / tally.count - (tally.total / tally.count) ** 2
    assert spread == pytest.approx(pvariance(values), rel=1e-6, abs=max(values) ** 2 * 1e-9 + 1e-300)


def test_the_middle_is_the_nearest_rank() -> None:
    tally = Tally(spread=True)
    for value in (1, 100):
        tally.add(value)
    assert [tally.quantile(share) for share in (0.5, 0.9)] == pytest.approx([1, 100], rel=0.01)


def test_nothing_observed_has_no_mean_and_no_middle() -> None:
    assert (Tally().mean, Tally(spread=True).quantile(0.5)) == (None, None)


# ── figures by hand ────────────────────────────────────────────────────────────────────────────────────────────────


def entry(seq: int, kind: Any, name: str, hours: float = 0, actor: str = "kim", **rest: Any) -> JournalEntry:  # noqa: ANN401
    return JournalEntry("c", seq, MONDAY + hours * HOUR, kind, name, Actor(actor), **rest)


def log(case: str = "c", process: str = "service_ticket", *, hours: float = 0, **rest: Any) -> CaseLog:  # noqa: ANN401
    """A case opened so many hours after Monday at nine; a day after it opened it is looked at."""
    opened = MONDAY + hours * HOUR
    blank = CaseLog(case, "", process, 1, "open", opened, None, opened + 24 * HOUR, EMPTY, (), (), ())
    return evolve(blank, **rest)


def done(case: str = "c", process: str = "service_ticket", *, hours: float = 0, **rest: Any) -> CaseLog:  # noqa: ANN401
    """The same, done after five hours."""
    return log(case, process, hours=hours, status="done", ended_at=MONDAY + (hours + 5) * HOUR, **rest)


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


def test_complaints_per_service_need_all_processes() -> None:
    cases = [done("a"), done("b", "complaint")]
    told = [dict(kpi.by) for kpi in report(cases, by=["process", "month"]).kpis if kpi.name == "complaint_rate"]
    assert told == [{}, {"month": "2026-03"}]
    assert "complaint_rate" not in {kpi.name for kpi in report(cases[:1], one_process=True).kpis}


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
    for by, hint in (("persn", "did you mean 'person'"), ("nothing+month", "there are process")):
        with pytest.raises(InputError, match=hint):
            report([], by=[by])
    with pytest.raises(InputError, match="did you mean 'rework'"):
        report([], Measures(limits={"rewrk": 1}))


@pytest.mark.requirement("R127", "R017", "R129", "R166", "R188")
def test_the_critical_path_goes_through_what_was_over_last() -> None:
    """Parts come while somebody is on site: the longer of the two holds the case up."""
    came, parts, there, over = (
        entry(n, "event", name, h) for n, name, h in ((1, "go", 1), (2, "in", 2), (3, "on", 4), (4, "end", 5))
    )

    def stay(path: str, since: JournalEntry, until: JournalEntry | None) -> Visit:
        return Visit(
            path, leaf=True, since=since.at, until=(until or over).at, came=since, went=until, worked=timedelta()
        )

    first = entry(0, "opened", "x")
    visits = (
        stay("new", first, came),
        stay("parts", came, parts),
        stay("site", came, there),
        stay("check", there, over),
    )
    cases = [done(visits=(*visits, stay("end", over, None)), entries=(first, came, parts, there, over))]
    cases += [done(name, entries=(first, came, there, over)) for name in "ab"]
    made = report(cases)
    assert {(one.state, round(one.share, 3)) for one in made.steps} == {
        ("new", 0.2), ("site", 0.6), ("check", 0.2), ("parts", 0),
    }  # fmt: skip
    assert made.steps[0].state == "site"
    assert {(one.left, one.entered, one.mean) for one in made.passages} == {
        ("new", "parts", 3600), ("new", "site", 3600), ("site", "check", 3 * 3600), ("check", "end", 3600),
    }  # fmt: skip
    assert [(one.way, one.cases) for one in made.variants] == [(("go", "on", "end"), 2), (("go", "in", "on", "end"), 1)]
    assert [(one.kind, one.event, one.cases) for one in made.deviations] == [("extra", "in", 1)]


def stays_one_after_the_other(path: Sequence[str], kind: type[Visit] = Visit) -> tuple[Visit, ...]:
    """A case that goes through these states, an hour in each; it is in the last one still."""
    entries = [entry(seq, "event", f"to_{state}", seq) for seq, state in enumerate(path)]
    return tuple([
        kind(state, leaf=True, since=came.at, until=went.at if went else None, came=came, went=went, worked=HOUR)
        for state, came, went in zip(path, entries, [*entries[1:], None], strict=True)
    ])  # fmt: skip


def test_a_long_case_is_looked_at_once() -> None:
    reads = 0

    class Counted(Visit):
        def __getattribute__(self, name: str) -> object:
            nonlocal reads
            reads += 1
            return super().__getattribute__(name)

    flow, rounds = Flow(), 300
    flow.add(done(visits=stays_one_after_the_other(["s", "t"] * rounds, Counted)))
    assert {(one.left, one.entered, one.count) for one in flow.between()} == {
        ("s", "t", rounds),
        ("t", "s", rounds - 1),
    }
    assert reads < 100 * rounds


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4), st.booleans()), max_size=9))
def test_the_critical_path_is_the_stay_over_last_each_time(drawn: list[tuple[int, int, bool]]) -> None:
    (plain,) = stays_one_after_the_other(["s"])
    stays = [
        evolve(
            plain, path=str(number), since=MONDAY + begin * HOUR, until=MONDAY + (begin + long) * HOUR if over else None
        )
        for number, (begin, long, over) in enumerate(drawn)
    ]
    wanted, left = [], [stay for stay in stays if stay.until]
    while left:
        last = max(left, key=lambda stay: (stay.until or MONDAY, stay.since))
        wanted.append(last.path)
        left = [stay for stay in left if stay is not last and stay.until and stay.until <= last.since]
    assert [stay.path for stay in critical_path(stays)] == wanted


def test_ways_beyond_the_most_are_counted_together_and_are_nobodys_usual_way() -> None:
    flow = Flow(most=2)
    for process, way in (
        ("p", "a"),
        ("p", "b"),
        ("p", "c"),
        ("p", "d"),
        ("p", "e"),
        ("p", "a"),
        ("q", "a"),
        ("q", "b"),
    ):
        flow.add(done(process=process, entries=(entry(1, "event", way),)))
    found = [(one.process, one.way, one.cases) for one in flow.variants()]
    assert found == [("p", ("...",), 3), ("p", ("a",), 2), ("p", ("b",), 1), ("q", ("a",), 1), ("q", ("b",), 1)]
    assert [(one.kind, one.event, one.cases, one.share) for one in flow.deviations() if one.process == "p"] == [
        ("extra", "b", 1, 1 / 3), ("left out", "a", 1, 1 / 3),
    ]  # fmt: skip


def test_what_somebody_did_in_a_child_is_no_step_of_its_parent() -> None:
    acted = entry(1, "child", "acted", detail={"child": "k", "state": "s", "persons": ("li",)})
    made = report([done(entries=(acted, entry(2, "child", "done", detail={"child": "k"}), entry(3, "event", "sign")))])
    assert [one.way for one in made.variants] == [("done", "sign")]


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


def test_a_dimension_that_is_asked_for_twice_counts_once() -> None:
    made = report([done(fields={"product": "X1"})], by=["product", "product", "product+month", "month+product"])
    told = [dict(kpi.by) for kpi in made.kpis if kpi.name == "cases"]
    assert told == [{}, {"product": "X1"}, {"month": "2026-03", "product": "X1"}]
    assert {kpi.value for kpi in made.kpis if kpi.name == "cases"} == {1}


@pytest.mark.parametrize("name", ["process", "version", "status", "month"])
def test_measures_cannot_take_the_name_of_a_dimension_that_every_case_has(name: str) -> None:
    with pytest.raises(InputError, match=f"has the dimension '{name}' already"):
        report([], Measures(dimensions={name: ("state",)}))


@pytest.mark.requirement("R181", "R155", "R140")
def test_every_figure_takes_one_of_three_views_and_says_what_it_is_about() -> None:
    assert {one.perspective for one in KPIS.values()} == {"customer", "staff", "company"}
    assert {one.kind for one in KPIS.values()} == {"kpi", "kri"}
    data = as_json(report([done(entries=(entry(1, "event", "do"),))], by=["person"]))
    assert json.loads(json.dumps(data)) == data
    assert {kpi["perspective"] for kpi in data["kpis"]} == {"customer", "staff", "company"}


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
