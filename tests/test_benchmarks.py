"""
The benchmarks run and compare what they say they compare; how fast anything is, no test says.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
import pytest
from benchmarks.checking import long_process
from benchmarks.postgres import schemas

from svcflow import catalog
from svcflow.language import check_text

Data: TypeAlias = dict[str, Any]

ROOT = Path(__file__).parents[1]
RIVALS = {"transitions, flat", "transitions, hierarchical", "python-statemachine"}


@pytest.fixture(scope="module")
def run(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Data, Path]:
    """
    What one quick run of everything prints, its data, and the folder in which its databases were.

    It runs where no program is found, so that nothing is fetched from elsewhere.
    """
    kept, folder = tmp_path_factory.mktemp("kept") / "run.json", tmp_path_factory.mktemp("databases")
    command = [sys.executable, "-m", "benchmarks", "--quick", "--save", str(kept), "--folder", str(folder)]
    there = {**os.environ, "PATH": os.devnull}
    done = subprocess.run(
        [*command, "--postgres", postgres_server], cwd=ROOT, capture_output=True, text=True, check=True, env=there
    )
    return done.stdout, json.loads(kept.read_text(encoding="utf-8")), folder


@pytest.fixture
def said(run: tuple[str, Data, Path]) -> str:
    return run[0]


@pytest.fixture
def data(run: tuple[str, Data, Path]) -> Data:
    return run[1]


def test_only_what_is_asked_for_is_measured() -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick", "idle", "--format", "json"]
    found = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    assert [name for name, value in found.items() if value is None] == [
        "steps", "memory", "durable", "stores", "checks", "collecting", "simulating", "reporting",
    ]  # fmt: skip


@pytest.mark.requirement("R149")
def test_a_quick_run_gives_every_ratio_as_data(data: Data, run: tuple[str, Data, Path]) -> None:
    assert data["quick"]
    assert {"python", "processors", "sqlite", "svcflow", "transitions", "python-statemachine"} <= set(data["machine"])
    events = data["memory"]["events"]
    assert [event["name"] for event in events][:3] == ["accept", "send_someone", "send_own"]
    for event in events:
        assert set(event["seconds"]) == {"statechart step", "decide", *RIVALS}
        for spreads in event["faster"].values():
            assert set(spreads) == RIVALS
            assert all(0 < spread["low"] <= spread["middle"] <= spread["high"] for spread in spreads.values())
    assert [one["synchronous"] for one in data["durable"]] == ["FULL", "NORMAL"]
    assert all(one["statements"] > 3 and one["times"]["middle"] > 0 for one in data["durable"])
    assert sum("decide" in budget["name"] or "durable" in budget["name"] for budget in data["budgets"]) == 3
    assert all(isinstance(budget["kept"], bool) for budget in data["budgets"])
    assert list(run[2].iterdir()) == []


def test_a_simulation_is_measured_beside_its_own_decisions(data: Data) -> None:
    found = data["simulating"]
    assert found["steps"] > 1_000
    assert found["share"] > 0
    assert min(found["decided"], found["simulated"]) > 0


def test_a_report_is_measured_beside_the_reading_of_its_rows(data: Data) -> None:
    found = data["reporting"]
    assert found["cases"] >= 40  # Some have a callback.
    assert found["entries"] > found["cases"] * 4
    assert found["share"] > 0
    assert min(found["reported"], found["read"]) > 0


def test_a_quick_run_prints_its_tables_and_says_that_they_mean_nothing(said: str) -> None:
    assert "the numbers mean nothing" in said
    assert "xstate 5, pure: left out, there is no node here" in said
    for title in (
        "One step",
        "warm step: how many times faster",
        "A ticket at rest",
        "One event in memory",
        "decide: how many times faster",
        "One durable event on SQLite",
        "PostgreSQL, a second",
        "Among 20 open cases",
        "Budgets",
    ):
        assert title in said


def test_the_race_of_steps_has_the_same_contenders_on_every_shape_they_can_run(data: Data) -> None:
    ours = {"bare loop", "warm", "cold", "uncached"}
    for shape in data["steps"]["shapes"]:
        able = RIVALS - {"transitions, flat"} if shape["name"] == "parallel" else RIVALS
        assert ours | able <= set(shape["seconds"])
        for spreads in shape["faster"].values():
            assert able <= set(spreads) == set(shape["seconds"]) - ours
    assert data["steps"]["missing"]["xstate 5, pure"] == "there is no node here"


def test_the_races_on_postgresql_are_run_with_what_is_there(data: Data) -> None:
    """Of the others on PostgreSQL only pgbench comes with the tests."""
    found = data["stores"]
    sides = {(one["what"], one["first"], one["second"]) for one in found["matches"]}
    ours = {
        (order, "send_many", "one by one") for order in ("one event for many tickets", "an import, ticket by ticket")
    }
    others = {
        "pgbench": {
            (clients, first, "pgbench")
            for clients in ("one client", "16 clients")
            for first in ("engine.send", "its statements alone")
        },
        "APScheduler": {("due timers", "svcflow", "APScheduler")},
        "Procrastinate": {("due timers", "svcflow", "Procrastinate")},
        "DBOS": {
            ("one step after another", "svcflow", "DBOS"),
            ("steps, a hundred a commit", "svcflow", "DBOS"),
        },
    }
    assert set(found["missing"]) <= set(others)
    assert sides == ours.union(*(matches for name, matches in others.items() if name not in found["missing"]))
    assert all(min(one["first_rate"], one["second_rate"], one["times"]["low"]) > 0 for one in found["matches"])
    assert (found["crowd"]["cases"], found["crowd"]["timers"]) == (20, 200)
    assert min(found["crowd"]["event"], found["crowd"]["event_alone"], found["crowd"]["poll"]["low"]) > 0


def test_a_slower_disk_can_be_played(tmp_path: Path) -> None:
    with schemas(None, tmp_path, commit=2.5) as server:
        assert server is not None
        with psycopg.connect(server.url) as connection:
            settings = [connection.execute(f"SHOW {name}").fetchone() for name in ("commit_delay", "commit_siblings")]
    assert settings == [("2500",), ("0",)]


def test_a_server_that_was_given_is_not_made_slower() -> None:
    command = [
        sys.executable,
        "-m",
        "benchmarks",
        "--quick",
        "stores",
        "--commit",
        "1",
        "--postgres",
        "postgresql:///x",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--commit is for the server from the wheel" in done.stderr


def test_the_parts_of_a_case_at_rest_add_up(data: Data) -> None:
    idle = data["idle"]
    assert idle["cases"] == 20
    assert 0 < idle["configuration"] < sum(idle["parts"].values())
    assert set(idle["parts"]) == {"where it stands", "clocks", "timers", "fields", "identity and counters"}
    assert all(size > 0 for size in idle["parts"].values())


def test_checks_are_timed_over_files_lines_and_runs_without_a_finding_that_would_cut_them_short(data: Data) -> None:
    found = data["checks"]
    assert [f"{name}.yaml" for name in catalog.NAMES[:3]] == list(found["files"])
    assert list(found["runs"]) == ["2", "4"]
    assert min(*found["files"].values(), found["long"], *found["runs"].values()) > 0
    assert sum("check" in budget["name"] for budget in data["budgets"]) == 3
    text = long_process(60)
    assert len(text.splitlines()) > 2000
    assert {finding.severity for finding in check_text(text, "long.yaml")} <= {"note"}


def test_collections_of_pytest_are_timed_with_the_plugin_and_without(data: Data) -> None:
    found = data["collecting"]
    assert found["runs"] == 2
    assert min(found["without"], found["with_plugin"]) > 0
    assert sum("collect" in budget["name"] for budget in data["budgets"]) == 1
