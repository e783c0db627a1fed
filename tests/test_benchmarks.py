"""
The benchmarks run and compare what they say they compare; how fast anything is, no test says.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def _quick(*arguments: str) -> str:
    command = [sys.executable, "-m", "benchmarks", "--quick", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_a_quick_run_gives_every_ratio_as_data(tmp_path: Path) -> None:
    data = json.loads(_quick("--format", "json", "--folder", str(tmp_path)))
    assert data["quick"]
    assert {"python", "processors", "sqlite", "svcflow", "transitions", "python-statemachine"} <= set(data["machine"])
    rivals = {"transitions, flat", "transitions, hierarchical", "python-statemachine"}
    events = data["memory"]["events"]
    assert [event["name"] for event in events][:3] == ["accept", "send_someone", "send_own"]
    for event in events:
        assert set(event["seconds"]) == {"statechart step", "decide", *rivals}
        for spreads in event["faster"].values():
            assert set(spreads) == rivals
            assert all(0 < spread["low"] <= spread["middle"] <= spread["high"] for spread in spreads.values())
    assert [one["synchronous"] for one in data["durable"]] == ["FULL", "NORMAL"]
    assert all(one["statements"] > 3 and one["times"]["middle"] > 0 for one in data["durable"])
    assert len(data["budgets"]) == 4
    assert all(isinstance(budget["kept"], bool) for budget in data["budgets"])
    assert list(tmp_path.iterdir()) == []


def test_a_quick_run_prints_its_tables_and_says_that_they_mean_nothing() -> None:
    said = _quick()
    assert "the numbers mean nothing" in said
    for title in ("One event in memory", "decide: how many times faster", "One durable event on SQLite", "Budgets"):
        assert title in said
