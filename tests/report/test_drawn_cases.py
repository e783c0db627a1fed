"""Every figure of a report is what another program makes of the rows of the journals."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from statistics import mean
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from report.by_hand import HOUR
from svcflow import catalog
from svcflow.core import chain
from svcflow.core.decision import JournalEntry
from svcflow.eventlog import case_log
from svcflow.report import report
from svcflow.testing import histories
from svcflow.testing.strategies import History

DRAWN = histories(catalog.service_ticket, most=16).filter(lambda one: one.process.name == "service_ticket")

ENDS = {"archived": "done", "cancelled": "cancelled"}

GROUPS = ("repair",)

REWORK = {"not_fixed", "rework", "dissatisfied"}


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


@pytest.mark.requirement("R020", "R022")
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
    found_ways = Counter[tuple[str, ...]]()
    for variant in made.variants:  # One way may end in several states.
        found_ways[variant.way] += variant.cases
    assert found_ways == ways
