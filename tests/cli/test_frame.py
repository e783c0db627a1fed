"""
The frame around all commands: help, wrong use, and output that nothing can make fail.
"""

import json
import os
import pty
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from cli.shop import AGENT, STORE, Command, told
from svcflow.cli.app import COMMANDS
from svcflow.cli.failures import FINDINGS, INTERRUPTED, OUTPUT_GONE, WRONG_USE, failure_of
from svcflow.errors import BrokenJournal, ConflictError, KeyConflict

PROGRAM = (sys.executable, "-m", "svcflow.cli")
FULL = Path("/dev/full")


def program(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    """
    The command line as a program of its own.
    """
    environment = {**os.environ, "PYTHONIOENCODING": str(more.pop("encoding", "utf-8"))}
    return subprocess.run(
        [*PROGRAM, *arguments], capture_output=True, encoding="utf-8", errors="strict", env=environment, check=False
    )


def test_the_version_is_that_of_the_package(cli: Command) -> None:
    assert cli("--version").out == f"svcflow {version('svcflow')}\n"


def test_without_a_command_the_help_is_shown_and_it_is_wrong_use(cli: Command) -> None:
    done = cli()
    assert (done.status, done.out) == (WRONG_USE, "")
    assert "svcflow demo" in done.err


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_shows_an_example_that_uses_it(cli: Command, command: str) -> None:
    done = cli(command, "--help")
    _, _, example = done.out.partition("\n  Example")
    assert done.status == 0
    assert f"\n    svcflow {command} " in example
    assert all(line.startswith("    ") and len(line) < 110 for line in example.partition("\n\n")[0].splitlines()[1:])


@pytest.mark.parametrize("command", COMMANDS)
def test_the_first_help_names_every_command_with_what_it_does(cli: Command, command: str) -> None:
    overview, _, listed = cli("--help").out.partition("\nCommands:\n")
    assert f"\n  {command} " in f"\n{listed}"
    _, _, overview = overview.partition("First look:")
    overview, _, _ = overview.partition("Commands that print data")
    assert command in overview.replace(",", " ").split()
    assert max(map(len, overview.splitlines())) <= 80


def test_a_misspelt_command_is_told_with_what_was_meant(cli: Command) -> None:
    done = cli("journl")
    assert done.status == WRONG_USE
    assert "did you mean 'journal'" in told(done)[0].casefold()


def test_an_unknown_option_leads_to_the_help_of_its_command(cli: Command) -> None:
    done = cli("cases", "--stroe", STORE)
    line, hint = told(done)
    assert done.status == WRONG_USE
    assert "--stroe" in line
    assert hint == "`svcflow cases --help` shows what there is"


def test_a_word_that_an_option_does_not_take_is_told_with_those_it_takes(cli: Command) -> None:
    line, _ = told(cli("cases", "--store", STORE, "--format", "xml"))
    assert "'xml' is not one of 'text', 'json'" in line


def test_a_fault_of_our_own_is_one_line_too() -> None:
    failure = failure_of(ZeroDivisionError("division by zero"))
    assert failure.status == FINDINGS
    assert failure.message == "a fault in svcflow itself: ZeroDivisionError: division by zero"
    assert "SVCFLOW_TRACEBACK=1" in failure.hint


@pytest.mark.parametrize("problem", [KeyConflict("k"), ConflictError("busy"), BrokenJournal("c", 3, "it was changed")])
def test_what_went_wrong_in_the_work_is_no_wrong_use(problem: Exception) -> None:
    assert failure_of(problem).status == FINDINGS


def test_a_traceback_is_shown_to_who_asks_for_it(cli: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVCFLOW_TRACEBACK", "1")
    assert "Traceback" in cli("cases", "--store", STORE).err


def test_json_is_all_that_stands_on_stdout(shop: Command, case: str) -> None:
    for command in (["cases"], ["show", case], ["journal", case], ["verify"], ["worker", "--once"]):
        done = shop(*command, "--format", "json")
        json.loads(done.out)
        assert (done.status, done.err.replace("note: calls of notify wait", "")) == (0, "")


def test_a_reader_that_goes_away_is_no_error(shop: Command, case: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*PROGRAM, "show", case], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (OUTPUT_GONE, "")


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_told_in_one_line(shop: Command, case: str) -> None:
    with FULL.open("w") as full:
        done = subprocess.run([*PROGRAM, "show", case], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == WRONG_USE
    assert done.stderr == "error: standard output: No space left on device\n"


def test_with_stderr_closed_nothing_strays_onto_stdout(cli: Command) -> None:
    command = f"{' '.join(PROGRAM)} cases 2>&-"
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S602 - the shell closes the stream
    assert (done.returncode, done.stdout) == (WRONG_USE, "")


def test_an_output_without_chinese_letters_gets_signs_in_their_place(shop: Command, case: str) -> None:
    done = program("show", case, "--language", "zh", encoding="ascii")
    assert done.returncode == 0
    assert "???" in done.stdout


def test_json_for_an_output_without_chinese_letters_still_holds_them(shop: Command) -> None:
    opened = program("open", "shop", "customer=acme", "fault=没有图像", *AGENT, "--format", "json", encoding="ascii")
    assert json.loads(opened.stdout)["fields"]["fault"] == "没有图像"


def test_ctrl_c_ends_in_one_line(cli: Command) -> None:
    command = [*PROGRAM, "demo", "--cases", "3000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as working:
        beginning = Path("svcflow-demo.db.unfinished")
        while not beginning.exists() and working.poll() is None:
            os.sched_yield()
        working.send_signal(signal.SIGINT)
        out, err = working.communicate()
    assert (working.returncode, out) == (INTERRUPTED, "")
    assert err == "interrupted; what was finished before is kept\n"
    assert not list(Path.cwd().glob("svcflow-demo.db*"))


def on_a_terminal(*arguments: str, **environment: str) -> bytes:
    """
    What a command shows on a terminal.
    """
    ours, theirs = pty.openpty()
    there = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    there |= {"TERM": "xterm-256color", "COLUMNS": "100", **environment}
    with subprocess.Popen([*PROGRAM, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=there) as working:
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65_536)
            except OSError:  # How Linux says that the other end was closed.
                break
            if not piece:
                break
            shown += piece
    os.close(ours)
    assert working.returncode == 0
    return shown


def test_a_terminal_shows_colours(shop: Command, case: str) -> None:
    assert b"\x1b[1m" in on_a_terminal("cases")


def test_a_terminal_shows_no_colours_when_nobody_wants_them(shop: Command, case: str) -> None:
    assert b"\x1b" not in on_a_terminal("cases", NO_COLOR="1")


def test_a_page_is_broken_as_wide_as_the_terminal(shop: Command) -> None:
    lines = on_a_terminal("explain", "SF307", COLUMNS="64", NO_COLOR="1").decode().splitlines()
    assert max(map(len, lines[: lines.index("Bad:")])) <= 64
    assert max(map(len, shop("explain", "SF307").out.splitlines())) > 64


def test_colours_stay_on_the_terminal_whatever_the_environment_says(
    shop: Command, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in program("cases").stdout
    assert "\x1b" not in program("--help").stdout


def test_long_work_shows_a_bar_on_a_terminal_only(shop: Command, case: str) -> None:
    assert b"checking" in on_a_terminal("verify")
    assert program("verify").stderr == ""
