"""
The pytest plugin, as pytest loads it: fixtures, tests out of files, coverage, with and without workers of xdist.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pages import ROOT, blocks
from svcflow.testing.session import Covering
from testing.kit import WORKSHOP

CONFTEST = """
from hypothesis import settings

settings.register_profile("few", max_examples=3, stateful_step_count=5, database=None)
settings.load_profile("few")
"""
TESTS = """
from svcflow.testing import CaseMachine, check

PLAIN = {"again": 0, "erase": 0}
test_workshop = check("workshop.yaml", faults=False, weights=PLAIN, most=6)


class Workshop(CaseMachine):
    process = "workshop.yaml"
    faults = False
    weights = PLAIN


TestWorkshop = Workshop.TestCase


def test_fixtures(svcflow_engine, svcflow_clock, svcflow_fakes):
    from datetime import timedelta
    from svcflow import Actor

    svcflow_engine.publish("workshop.yaml")
    case = svcflow_engine.open("workshop", {}, actor=Actor("ann", roles={"agent"}))
    svcflow_clock.advance(timedelta(hours=5))
    svcflow_engine.tick()
    assert [called.call.hook for called in svcflow_fakes.calls] == ["warn", "shout"]
    assert case.state == "waiting"
"""
STORY = """
story: a quote
process: workshop
start: 2026-03-02 09:00
people: {ann: agent}
steps:
  - {by: ann, open: {owner: ann}}
  - {by: ann, send: quote, with: {price: 9}, state: STATE}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "workshop.yaml").write_text(WORKSHOP, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    return tmp_path


def _pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--assert=plain", "-q", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_what_tests_cover_in_several_workers_is_told_together(project: Path) -> None:
    (project / "test_workshop.py").write_text(TESTS, encoding="utf-8")
    report = project / "out" / "coverage.json"
    wanted = "--svcflow-coverage=states=10,hooks=100"
    run = _pytest(project, "-n", "2", wanted, "--svcflow-coverage-report", str(report))
    assert "3 passed" in run.stdout, run.stdout + run.stderr
    assert run.returncode == 1
    assert "Coverage of workshop, " in run.stdout
    assert "FAILED workshop: " in run.stdout
    assert "% of hooks, wanted are 100 %" in run.stdout
    data = json.loads(report.read_text(encoding="utf-8"))
    assert data["runs"] >= 6
    assert [process["process"] for process in data["processes"]] == ["workshop"]


def test_process_files_and_stories_that_are_named_are_tests(project: Path) -> None:
    (project / "pytest.ini").write_text(
        "[pytest]\nsvcflow_processes = work*.yaml\nsvcflow_stories = *.story.yaml\n", encoding="utf-8"
    )
    (project / "good.story.yaml").write_text(STORY.replace("STATE", "asked"), encoding="utf-8")
    (project / "wrong.story.yaml").write_text(STORY.replace("STATE", "bench"), encoding="utf-8")
    (project / "unread.story.yaml").write_text("story: nothing", encoding="utf-8")
    (project / "other.yaml").write_text("process: broken", encoding="utf-8")
    (project / "workshared.yaml").write_text("shared: words", encoding="utf-8")
    run = _pytest(project, "--svcflow-coverage", "-rA", "--tb=short")
    assert "2 failed, 2 passed" in run.stdout, run.stdout + run.stderr
    assert "PASSED workshop.yaml::workshop" in run.stdout
    assert "Coverage of workshop, 3 runs" in run.stdout
    assert "PASSED good.story.yaml::story" in run.stdout
    assert "  line 8  state  bench     asked" in run.stdout
    assert "error SF102" in run.stdout
    assert "Traceback" not in run.stdout


def test_a_threshold_that_makes_no_sense_is_wrong_use() -> None:
    with pytest.raises(pytest.UsageError, match="did you mean states"):
        Covering("state=100", [])


def test_nothing_of_svcflow_is_imported_where_nothing_is_wanted(project: Path) -> None:
    (project / "conftest.py").unlink()
    (project / "test_other.py").write_text(
        "import sys\n\n\ndef test_other():\n    assert 'svcflow' not in sys.modules\n", encoding="utf-8"
    )
    run = _pytest(project)
    assert run.returncode == 0, run.stdout


def test_the_five_lines_of_the_documentation_work_as_printed_in_an_empty_folder(tmp_path: Path) -> None:
    page = ROOT / "docs" / "how-to" / "testing.md"
    for block in (*blocks(page, "yaml"), *blocks(page, "python")):
        if block.title in {"ticket.yaml", "test_ticket.py"}:
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
    run = _pytest(tmp_path, "--svcflow-coverage=transitions=90")
    assert "1 passed" in run.stdout, run.stdout + run.stderr
    assert run.returncode == 0, run.stdout
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix) == ["test_ticket.py", "ticket.yaml"]
