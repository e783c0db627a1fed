"""`svcflow replay` as typed: data on stdout, words on stderr, and the exit status that a script can trust."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from attrs import frozen

from logdesk import DESK, HEAD, MAP
from pages import PAGES, blocks
from svcflow.cli import main

MONDAY = "2026-03-02T"
ROWS = f"a,{MONDAY}09:00,Taken,li,P1,\na,{MONDAY}09:30,Answered,li,,\nb,{MONDAY}12:00,Seen,li,,\n"


@frozen
class Ran:
    """What came of a command."""

    status: int
    out: str
    err: str

    def json(self) -> Any:  # noqa: ANN401 - JSON data
        return json.loads(self.out)


Run: TypeAlias = Callable[..., Ran]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "desk.yaml").write_text(DESK, encoding="utf-8")
    (tmp_path / "map.yaml").write_text(MAP, encoding="utf-8")
    (tmp_path / "log.csv").write_text(f"{HEAD}\n{ROWS}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def replay(*more: str, process: str = "desk.yaml", log: str = "log.csv", log_map: str = "map.yaml") -> Ran:
        status = main(["replay", process, "--log", log, "--map", log_map, *more])
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return replay


def test_a_person_reads_what_fits_and_why_not(run: Run) -> None:
    ran = run()
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == (
        "desk version 1, up to 2026-03-02 12:00 UTC\n"
        "  cases    2  0 ended\n"
        "  fitting  1  50.0 %\n"
        "  rows     3  1 accepted, 1 refused, 1 skipped\n"
        "\n"
        "Refused\n"
        "  ROWS  EVENT     WHY                      FIRST\n"
        "     1  answered  not_here: state: repair  case a, row 2\n"
        "\n"
        "States at the end\n"
        "  CASES  STATE\n"
        "      1  received\n"
        "      1  repair\n"
        "\n"
        "Clocks\n"
        "  MET  LATE  RUNNING  CLOCK\n"
        "    0     1        1  solved\n"
    )


def test_a_program_reads_json_and_nothing_else_on_stdout(run: Run) -> None:
    ran = run("--format", "json")
    assert (ran.status, ran.err) == (0, "")
    assert ran.json() == {
        "cases": 2,
        "rows": 3,
        "accepted": 1,
        "refused": [
            {
                "case": "a",
                "row": 2,
                "event": "answered",
                "reason": "not_here: state: repair; possible now: take, finish",
            }
        ],
        "fitting": 1,
        "ended": 0,
        "states": {"received": 1, "repair": 1},
        "clocks": {"solved": {"met": 0, "late": 1, "running": 1}},
    }


def test_the_page_about_replay_shows_what_is_printed(run: Run, folder: Path) -> None:
    page = next(page for page in PAGES if page.name == "replay.md")
    for block in blocks(page, "yaml"):
        (folder / str(block.title)).write_text(block.text, encoding="utf-8")
    printed, log = (block.text for block in blocks(page, "text"))
    (folder / "log.csv").write_text(log, encoding="utf-8")
    assert run(process="incident.yaml") == Ran(0, printed, "")


def test_a_line_per_case_goes_into_a_file(run: Run, folder: Path) -> None:
    assert run("--cases", "cases.csv").status == 0
    assert (folder / "cases.csv").read_text(encoding="utf-8") == (
        "id,state,ended_at,solved_elapsed_s,solved_due,solved_late\n"
        "a,repair,,10800,2026-03-02T11:00:00+00:00,true\n"
        "b,received,,0,2026-03-03T12:00:00+00:00,false\n"
    )


def test_a_store_keeps_the_cases_and_a_second_run_says_the_same(run: Run, folder: Path) -> None:
    plain = run("--format", "json")
    first = run("--format", "json", "--store", "sqlite:///history.db")
    assert (first.status, first.out) == (0, plain.out)
    assert run("--format", "json", "--store", "sqlite:///history.db") == first
    assert main(["verify", "--store", "sqlite:///history.db"]) == 0


def test_the_store_of_every_day_is_not_filled_with_history_unasked(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SVCFLOW_STORE", "sqlite:///service.db")
    assert run().status == 0
    assert not (folder / "service.db").exists()


def test_words_that_the_process_does_not_know_are_warned_of(run: Run, folder: Path) -> None:
    (folder / "map.yaml").write_text(MAP.replace("Taken: take", "Taken: tkae"), encoding="utf-8")
    ran = run("--format", "json")
    assert ran.status == 0
    assert ran.err == "warning: map.yaml:4:39: desk has no event `tkae`; did you mean `take`?\n"
    assert [one["reason"].partition(":")[0] for one in ran.json()["refused"]] == ["unknown_event", "not_here"]


def test_many_kinds_of_refusal_are_cut_for_a_person(run: Run, folder: Path) -> None:
    rows = "".join(f"c,{MONDAY}09:00,Odd {number},li,,\n" for number in range(20))
    (folder / "log.csv").write_text(f"{HEAD}\n{rows}{ROWS}", encoding="utf-8")
    ran = run()
    assert "for 6 more reasons; `--format json` lists every row" in ran.out
    assert ran.out.count("unmapped") == 15


def test_a_log_without_rows_is_told(run: Run, folder: Path) -> None:
    (folder / "log.csv").write_text(f"{HEAD}\n", encoding="utf-8")
    assert run() == Ran(0, "the log has no rows\n", "")


def test_a_case_that_cannot_run_on_is_a_failure(run: Run, folder: Path) -> None:
    text = DESK.replace("after: {1d: done}", "after: {1h: {to: done, do: {start: twin}}}")
    (folder / "desk.yaml").write_text(text, encoding="utf-8")
    twin = (
        "process: twin\nversion: 1\nstates:\n"
        "  a: {by: system, events: {go: b}, after: {0min on always: {do: {start: twin}}}}\n  b: {end: done}\n"
    )
    (folder / "twin.yaml").write_text(twin, encoding="utf-8")
    (folder / "log.csv").write_text(
        f"{HEAD}\na,{MONDAY}09:00,Taken,li,P1,\na,{MONDAY}09:30,Finished,li,,\nb,{MONDAY}12:00,Seen,li,,\n"
    )
    ran = run("--format", "json")
    assert (ran.status, ran.json()["states"]) == (1, {"finished": 1, "received": 1})
    assert ran.err.startswith("error: time could not run on: case a: 'twin' would open more than 100 cases")


# ── what cannot be used ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_broken_process_shows_its_findings(run: Run, folder: Path) -> None:
    (folder / "desk.yaml").write_text(DESK.replace("to: repair", "to: repiar"), encoding="utf-8")
    ran = run("--format", "json")
    assert (ran.status, ran.out) == (1, "")
    assert "SF201" in ran.err
    assert "repair" in ran.err


def test_a_broken_map_is_wrong_use(run: Run, folder: Path) -> None:
    (folder / "map.yaml").write_text(MAP.replace("column: at", "colum: at"), encoding="utf-8")
    assert run() == Ran(
        2,
        "",
        "error: map.yaml:3:8: `time` has no `colum`; did you mean `column`?\nmap.yaml:3:7: `time` lacks `column`\n",
    )


@pytest.mark.parametrize("what", ["process", "log", "log_map"])
def test_a_missing_file_is_wrong_use(run: Run, what: str) -> None:
    ran = run(**{what: "nowhere.txt"})
    assert (ran.status, ran.out) == (2, "")
    assert "nowhere.txt" in ran.err
    assert len(ran.err.splitlines()) <= 2


def test_a_log_that_is_none_is_wrong_use(run: Run, folder: Path) -> None:
    (folder / "log.csv").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    assert run() == Ran(2, "", "error: log.csv:1: not UTF-8 text (byte 1 of the line is 0x89); save the log as UTF-8\n")


def test_a_file_that_is_no_store_is_wrong_use_and_left_alone(run: Run, folder: Path) -> None:
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" * 1000)
    ran = run("--store", "sqlite:///picture.png")
    assert (ran.status, ran.out) == (2, "")
    assert len(ran.err.splitlines()) <= 2
    assert (folder / "picture.png").read_bytes() == b"\x89PNG\r\n\x1a\n" * 1000


def test_a_store_with_other_rows_is_wrong_use(run: Run, folder: Path) -> None:
    assert run("--store", "sqlite:///history.db").status == 0
    (folder / "log.csv").write_text(f"{HEAD}\n{ROWS.replace('P1', 'P2')}", encoding="utf-8")
    ran = run("--store", "sqlite:///history.db")
    assert (ran.status, ran.out) == (2, "")
    assert "case 'a' was replayed into this store before from other rows" in ran.err


@pytest.mark.parametrize("cases", ["log.csv", "desk.yaml", "./map.yaml", "nowhere/cases.csv", "."])
def test_cases_are_never_written_over_what_is_read(run: Run, folder: Path, cases: str) -> None:
    before = (folder / "log.csv").read_bytes()
    ran = run("--cases", cases)
    assert (ran.status, ran.out) == (2, "")
    assert "--cases" in ran.err
    assert (folder / "log.csv").read_bytes() == before


def _size(path: Path) -> int:
    """Bytes of a file that comes and goes."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def test_ctrl_c_leaves_the_store_whole_and_says_how_to_go_on(folder: Path) -> None:
    rows = "".join(f"{number}-{row}\n" for number in range(3_000) for row in ROWS.splitlines())
    (folder / "log.csv").write_text(f"{HEAD}\n{rows}", encoding="utf-8")
    command = [sys.executable, "-m", "svcflow.cli", "replay", "desk.yaml", "--log", "log.csv", "--map", "map.yaml",
               "--store", "sqlite:///history.db"]  # fmt: skip
    begun = folder / "history.db-wal"
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        while _size(begun) < 200_000:
            assert running.poll() is None
            os.sched_yield()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate()
    assert (running.returncode, out) == (130, "")
    assert "the same command goes on from there" in err
    assert "Traceback" not in err
    assert main(["verify", "--store", "sqlite:///history.db"]) == 0
