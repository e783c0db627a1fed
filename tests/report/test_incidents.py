"""The report on real incidents agrees with what another program counts in the log itself."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import ceil
from pathlib import Path
from statistics import mean

import pytest

from svcflow import Engine, language
from svcflow.clocks import ManualClock
from svcflow.eventlog import read
from svcflow.replay import read_log, read_map, replay
from svcflow.report import Report, report
from svcflow.stores.memory import MemoryStore

HERE = Path(__file__).parents[2]
EXAMPLE = HERE / "examples" / "incidents"
LOG = HERE / ".." / "shared" / "data" / "incidents.sample.csv"
AFTER = datetime(2018, 1, 1, tzinfo=UTC)
STATES = {
    "New": "new", "Active": "active", "Awaiting User Info": "awaiting.user", "Awaiting Vendor": "awaiting.vendor",
    "Awaiting Problem": "awaiting.problem", "Resolved": "resolved", "Closed": "closed",
}  # fmt: skip
EVENTS = {
    "New": "log", "Active": "work", "Awaiting User Info": "ask_user", "Awaiting Vendor": "ask_vendor",
    "Awaiting Problem": "ask_problem", "Resolved": "resolve", "Closed": "close",
}  # fmt: skip
PROMISED = {"1": 0, "2": 0, "3": 62, "4": 132}

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def both() -> tuple[dict[str, Rows], Report]:
    """The rows of the incidents that fit, and the report on the same."""
    if not LOG.exists():
        pytest.skip("the cut of the incident log is not there (../shared/data/incidents.sample.csv)")
    log_map = read_map((EXAMPLE / "map.yaml").read_bytes(), "map.yaml")
    store = MemoryStore()
    answer = replay(language.project(EXAMPLE / "incident.yaml"), read_log(LOG, log_map), log_map, store=store)
    unfit = {one.case for one in answer.refused}
    with LOG.open(encoding="utf-8", newline="") as file:
        rows: dict[str, Rows] = defaultdict(list)
        for row in csv.DictReader(file):
            rows[row["case_id"]].append(row)
    with Engine(store, clock=ManualClock(AFTER)) as engine:
        made = report((log for log in read(engine) if log.id not in unfit), by=["priority"])
    return {name: some for name, some in rows.items() if name not in unfit}, made


def stays(rows: Rows) -> Iterator[tuple[str, float]]:
    """Each state that an incident left, with the seconds in it: it was opened as new."""
    state, since = "new", datetime.fromisoformat(rows[0]["opened_at"])
    for row in rows:
        at = datetime.fromisoformat(row["timestamp"])
        if STATES[row["state"]] != state:
            yield state, (at - since).total_seconds()
            state, since = STATES[row["state"]], at


@pytest.mark.requirement("R020", "R022", "R042", "R152", "R156")
def test_times_in_states_are_those_of_the_log(both: tuple[dict[str, Rows], Report]) -> None:
    log, made = both
    wanted: dict[str, list[float]] = defaultdict(list)
    for rows in log.values():
        for state, seconds in stays(rows):
            wanted[state].append(seconds)
    kpis = {kpi.by["state"]: kpi for kpi in made.kpis if kpi.name == "time_in_state" and len(kpi.by) == 1}
    assert kpis.keys() == wanted.keys()
    for state, some in wanted.items():
        kpi, ranked = kpis[state], sorted(some)
        assert (kpi.count, kpi.total) == (len(some), sum(some))
        assert kpi.median == pytest.approx(ranked[ceil(0.5 * len(ranked)) - 1], rel=0.0101)
        assert kpi.p90 == pytest.approx(ranked[ceil(0.9 * len(ranked)) - 1], rel=0.0101)
    whole = sum(sum(seconds) for seconds in wanted.values())
    shares = {step.state: step.share for step in made.steps}
    assert shares == {state: pytest.approx(sum(seconds) / whole) for state, seconds in wanted.items()}
    assert made.steps[0].state == max(shares, key=lambda state: shares[state])


@pytest.mark.requirement("R020", "R127")
def test_ways_and_passages_are_those_of_the_log(both: tuple[dict[str, Rows], Report]) -> None:
    log, made = both
    ways = Counter(tuple(EVENTS[row["state"]] for row in rows) for rows in log.values())
    assert {one.way: one.cases for one in made.variants} == ways
    assert made.variants[0].cases == max(ways.values())
    passages: Counter[tuple[str, str]] = Counter()
    for rows in log.values():
        states = ["new", *(STATES[row["state"]] for row in rows)]
        passages.update((one, other) for one, other in pairwise(states) if one != other)
    assert {(one.left, one.entered): one.count for one in made.passages} == passages


@pytest.mark.requirement("R020", "R022", "R042")
def test_clocks_and_lead_times_are_those_of_the_log(both: tuple[dict[str, Rows], Report]) -> None:
    log, made = both
    late: dict[str, list[bool]] = defaultdict(list)
    for rows in log.values():
        opened, closed = (datetime.fromisoformat(rows[0][name]) for name in ("opened_at", "closed_at"))
        promised = timedelta(hours=PROMISED[rows[-1]["priority"]])
        worked = desk_time(opened, closed)
        late[f"P{rows[-1]['priority']}"].append(worked > promised or (not promised and closed > opened))
    kpis = [kpi for kpi in made.kpis if kpi.name == "clock_met"]
    late["all"] = [one for some in late.values() for one in some]
    found = {kpi.by.get("priority", "all"): (kpi.count, kpi.count - kpi.total) for kpi in kpis}
    assert found == {priority: (len(some), sum(some)) for priority, some in late.items()}
    assert found["all"][0] == len(log)
    (whole,) = (kpi for kpi in made.kpis if kpi.name == "resolution" and not kpi.by)
    took = [
        datetime.fromisoformat(rows[0]["closed_at"]) - datetime.fromisoformat(rows[0]["opened_at"])
        for rows in log.values()
    ]
    assert whole.value == pytest.approx(mean(one.total_seconds() for one in took))


def desk_time(start: datetime, end: datetime) -> timedelta:
    """Time between 14:00 and 23:00 on weekdays, counted date by date."""
    total, day = timedelta(), start.replace(hour=0, minute=0)
    while day <= end:
        opens, closes = day + timedelta(hours=14), day + timedelta(hours=23)
        if day.weekday() < 5:
            total += max(timedelta(), min(end, closes) - max(start, opens))
        day += timedelta(days=1)
    return total
