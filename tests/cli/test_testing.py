"""
`svcflow test PROCESS` goes through its phases, shows what breaks, keeps it, and repeats it first.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cli.shop import Command, told
from pages import ROOT, blocks
from postgres import Schemas
from svcflow.cli.failures import FINDINGS, INTERRUPTED, WRONG_USE
from svcflow.core.event import Actor
from svcflow.engine import Engine
from svcflow.testing.saved import Failure, save
from svcflow.testing.trace import Note, Open, Trace

FEW = ("--max-examples", "3")
EXPLORE = ("--phase", "explore", "--max-examples", "25")
START = datetime(2026, 3, 9, 1, tzinfo=UTC)
LI = Actor("li", roles={"agent"})
NOTED = Trace("shop", START, (Open("shop", {"customer": "acme", "fault": "x"}, LI), Note("he rang", LI)))


@contextmanager
def lost_notes() -> Iterator[None]:
    """
    A planted bug: an engine that says it has taken a note, and has not.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "note", lambda engine, case, *_rest, **_more: engine.case(case))
        yield


@pytest.fixture
def kept(folder: Path) -> Path:
    return folder / ".svcflow" / "failures"


def test_a_process_goes_through_all_phases_one_line_each(cli: Command) -> None:
    done = cli("test", "shop.yaml", *FEW)
    assert done.status == 0
    assert [line.split()[:2] for line in done.out.splitlines()[1:-1]] == [
        ["check", "passed"],
        ["replay", "skipped"],
        ["model", "passed"],
        ["stories", "skipped"],
        ["paths", "passed"],
        ["explore", "passed"],
        ["faults", "passed"],
        ["machines", "passed"],
    ]
    assert (done.out.splitlines()[0], done.out.splitlines()[-1]) == ("shop.yaml", "1 process: all passed")


def test_a_seed_makes_the_same_runs(cli: Command) -> None:
    def steps(seed: str) -> list[tuple[int, int]]:
        (process,) = cli("test", "shop.yaml", "--phase", "explore", *FEW, "--seed", seed, "--format", "json").data[
            "processes"
        ]
        return [(phase["runs"], phase["steps"]) for phase in process["phases"]]

    assert steps("1") == steps("1") != steps("2")


def test_what_breaks_is_shown_by_the_shortest_run_and_kept(cli: Command, kept: Path) -> None:
    with lost_notes():
        done = cli("test", "shop.yaml", *EXPLORE)
    assert done.status == FINDINGS
    (file,) = kept.glob("*.json")
    failure = json.loads(file.read_text(encoding="utf-8"))
    assert [command["do"] for command in failure["trace"]["commands"]] == ["open", "note"]
    assert "notes 'x'" in done.out
    assert f"kept in {file.relative_to(kept.parent.parent)}; `svcflow test` repeats it first" in done.out


def test_a_kept_failure_is_repeated_first_until_it_is_fixed(cli: Command, kept: Path) -> None:
    with lost_notes():
        cli("test", "shop.yaml", *EXPLORE)
        again = cli("test", "shop.yaml", "--phase", "replay")
    assert again.status == FINDINGS
    assert "replay    FAILED   1 run, 1 FAILED" in again.out
    mended = cli("test", "shop.yaml", "--phase", "replay")
    assert mended.status == 0
    assert "replay    passed   1 run, 1 FIXED" in mended.out
    assert len(list(kept.iterdir())) == 1


def test_a_trace_that_is_given_is_run(cli: Command, folder: Path) -> None:
    file = folder / "noted.json"
    file.write_text(json.dumps(NOTED.to_json()), encoding="utf-8")
    assert "replay    passed   1 run" in cli("test", "shop.yaml", "--phase", "replay", "--replay", "noted.json").out
    with lost_notes():
        done = cli("test", "shop.yaml", "--phase", "replay", "--replay", "noted.json", "--format", "json")
    ((phase,),) = (process["phases"] for process in done.data["processes"])
    assert (done.status, phase["status"]) == (FINDINGS, "failed")
    (failure,) = phase["failures"]
    assert (failure["broken"], failure["file"]) == ("LostAfterCrash", "noted.json")
    assert Trace.from_json(failure["trace"]) == NOTED


def test_a_trace_that_is_given_and_is_well_was_not_mended(cli: Command, folder: Path, kept: Path) -> None:
    save(Failure(NOTED, "LostAfterCrash", "x"), kept)
    (folder / "noted.json").write_text(json.dumps(NOTED.to_json()), encoding="utf-8")
    (folder / "other.json").write_text(json.dumps(Trace("other", START).to_json()), encoding="utf-8")
    given = ("--replay", "noted.json", "--replay", "other.json")
    done = cli("test", "shop.yaml", "--phase", "replay", *given)
    assert "replay    passed   2 runs, 1 FIXED, other.json is about other" in done.out


def test_a_file_that_is_no_failure_is_named(cli: Command, kept: Path) -> None:
    kept.mkdir(parents=True)
    (kept / "shop-x.json").write_text("{", encoding="utf-8")
    done = cli("test", "shop.yaml", "--phase", "replay")
    assert done.status == WRONG_USE
    (line,) = done.err.splitlines()
    assert line.startswith("error: .svcflow/failures/shop-x.json: ")
    assert line.endswith("delete it if it is of no more use")


def test_a_file_with_errors_is_tried_no_further(cli: Command, folder: Path) -> None:
    text = (folder / "shop.yaml").read_text(encoding="utf-8").replace("refuse: refused", "refuse: refusde")
    (folder / "shop.yaml").write_text(text, encoding="utf-8")
    done = cli("test", "shop.yaml")
    assert done.status == FINDINGS
    assert "check     FAILED" in done.out
    assert "SF201" in done.out
    assert "explore" not in done.out


def test_stories_of_a_process_that_fail_are_shown_in_their_phase(cli: Command, folder: Path) -> None:
    story = "story: x\nprocess: shop\nstart: 2026-03-09 09:00\npeople: {li: agent}\nsteps:\n"
    story += "- {by: li, open: {customer: acme, fault: x}, state: check}\n"
    (folder / "false.story.yaml").write_text(story, encoding="utf-8")
    done = cli("test", "shop.yaml", "--phase", "stories")
    assert done.status == FINDINGS
    assert "stories   FAILED   1 story, 1 failed" in done.out
    assert "FAILED  false.story.yaml:6" in done.out


def test_stories_and_processes_may_be_given_together(cli: Command, folder: Path) -> None:
    story = "story: x\nprocess: shop\nstart: 2026-03-09 09:00\npeople: {li: agent}\nsteps:\n"
    story += "- {by: li, open: {customer: acme, fault: x}, state: received}\n"
    (folder / "true.story.yaml").write_text(story, encoding="utf-8")
    done = cli("test", "true.story.yaml", "shop.yaml", "--phase", "check")
    assert done.out.splitlines()[1] == "1 story: all passed"
    assert done.out.splitlines()[-1] == "1 process: all passed"
    suites = ET.fromstring(cli("test", "true.story.yaml", "shop.yaml", "--phase", "check", "--format", "junit").out)
    assert [(suite.get("name"), suite.get("tests")) for suite in suites] == [("stories", "1"), ("shop.yaml", "1")]
    assert suites.attrib == {"tests": "2", "failures": "0", "errors": "0"}


def test_junit_tells_a_failure_with_its_run(cli: Command) -> None:
    with lost_notes():
        ((case,),) = ET.fromstring(cli("test", "shop.yaml", *EXPLORE, "--format", "junit").out)
    (failure,) = case
    assert (case.get("name"), case.get("classname")) == ("explore", "shop")
    assert str(failure.text).startswith("LostAfterCrash: ")
    assert "notes 'x'" in str(failure.text)


def test_ctrl_c_keeps_what_was_finished_before(cli: Command) -> None:
    def interrupt(*_arguments: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "note", interrupt)
        done = cli("test", "shop.yaml", "--phase", "check", *EXPLORE)
    assert done.status == INTERRUPTED
    assert "check     passed" in done.out
    assert "explore   passed" in done.out
    assert done.out.splitlines()[-1] == "1 process: all passed until it was interrupted"
    assert done.err.splitlines() == ["interrupted; what was finished before is kept"]


def test_coverage_is_told_and_may_be_required(cli: Command) -> None:
    done = cli("test", "shop.yaml", "--phase", "paths", "--coverage")
    assert done.status == 0
    assert "Coverage of shop, " in done.out
    short = cli("test", "shop.yaml", "--phase", "paths", "--require", "transitions=1,hooks=100")
    assert short.status == FINDINGS
    assert "coverage  FAILED   shop: " in short.out
    assert "% of hooks, wanted are 100 %" in short.out


def test_coverage_is_written_to_a_file(cli: Command, folder: Path) -> None:
    assert cli("test", "shop.yaml", "--phase", "paths", "--coverage-to", "coverage.html").status == 0
    assert "<!doctype html>" in (folder / "coverage.html").read_text(encoding="utf-8")


def test_runs_may_live_on_a_server(cli: Command, postgres: Schemas) -> None:
    done = cli("test", "shop.yaml", "--phase", "faults", "--max-examples", "3", "--store", postgres.server)
    assert (done.status, done.out.splitlines()[1].split()[:3]) == (0, ["faults", "passed", "3"])
    gone = cli("test", "shop.yaml", "--phase", "explore", "--store", "postgresql://nobody@localhost:1/nothing")
    assert (gone.status, gone.err) == (WRONG_USE, "error: the server of the runs: OperationalError\n")


def test_the_time_ends_a_search_and_runs_may_live_in_files(cli: Command) -> None:
    done = cli("test", "shop.yaml", "--phase", "explore", "--max-time", "0.2s", "--store", "sqlite", "--format", "json")
    ((phase,),) = (process["phases"] for process in done.data["processes"])
    assert (done.status, phase["status"]) == (0, "passed")


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (("--phase", "exlore"), "--phase: no phase is called 'exlore'", "did you mean explore?"),
        (("--max-time", "soon"), "--max-time: 'soon' is no length of time", "write it like 30s, 10m or 1h"),
        (
            ("--store", "disk"),
            "--store: runs cannot live in 'disk'",
            "write memory, sqlite or postgresql://HOST/DATABASE",
        ),
        (
            ("--coverage-to", "c.pdf"),
            "--coverage-to: c.pdf is none of .html, .svg, .xml, .json, .txt",
            "name it coverage.html",
        ),
        (
            ("shop.yaml", "other.yaml", "--coverage-to", "c.html"),
            "--coverage-to: one file is about one process",
            "name one process file",
        ),
        (("--replay", "gone.json"), "gone.json: No such file or directory", ""),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_runs(
    cli: Command, folder: Path, arguments: tuple[str, ...], error: str, hint: str
) -> None:
    (folder / "other.yaml").touch()
    done = cli("test", "shop.yaml", *arguments)
    assert done.status == WRONG_USE
    assert told(done) == (error, hint)


def test_a_failure_looks_as_the_documentation_shows(cli: Command, kept: Path) -> None:
    texts = [block.text for block in blocks(ROOT / "docs" / "how-to" / "testing.md", "text")]
    shown = next(text for text in texts if text.startswith("shop.yaml"))
    file = save(Failure(NOTED, "LostAfterCrash", "x"), kept)
    with lost_notes():
        printed = cli("test", "shop.yaml", "--phase", "replay").out
    assert printed.replace(file.stem, "shop-LostAfterCrash-NUMBER").splitlines() == shown.splitlines()
