"""
`svcflow try` walks a case line by line, says what was wrong with a line, and saves a story that passes.
"""

import io
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from cli.shop import Command, Done, told
from pages import ROOT, blocks, commands
from svcflow import catalog
from svcflow.cli.failures import FINDINGS, WRONG_USE

START = ("--at", "2026-03-09T09:00+08:00")
OPENED = ("as li agent", "open customer=acme 'fault=no picture'")
HANDED_OVER = (*OPENED, "hand_over owner=wang")
Try: TypeAlias = Callable[..., str]


@pytest.fixture
def session(cli: Command, monkeypatch: pytest.MonkeyPatch) -> Try:
    """What a session prints in which these lines are typed."""

    def run(*lines: str, options: tuple[str, ...] = ()) -> str:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        done: Done = cli("try", "shop.yaml", *START, *options)
        assert done.status == 0, done.err
        return done.out

    return run


def after(out: str, prompt: str) -> list[str]:
    """The lines behind the last prompt that shows this line, up to the next."""
    _, _, rest = out.rpartition(f"> {prompt}\n")
    return [" ".join(line.split()) for line in rest.partition("\n\nli (agent)> ")[0].splitlines() if line.strip()]


def test_a_session_reads_like_one_and_its_story_passes(folder: Path) -> None:
    lines = [
        *OPENED, "1", "wang", "price=120", "as wang engineer", "wait 90min", "done", "new fuse", "undo", "done",
        "new belt", "save walked A new belt", "quit",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    run = [sys.executable, "-m", "svcflow.cli"]
    text = "".join(f"{line}\n" for line in lines)
    done = subprocess.run(
        [*run, "try", "shop.yaml", *START],
        input=text,
        capture_output=True,
        encoding="utf-8",
        env=environment,
        check=True,
    )
    assert done.stderr == ""
    assert "wang (engineer)> done\n  result (text): new belt\n" in done.stdout
    story = (folder / "walked.story.yaml").read_text(encoding="utf-8")
    assert "new fuse" not in story
    assert story.startswith("story: A new belt\nprocess: shop\nstart: 2026-03-09 09:00\n")
    assert (
        "  - at: 2026-03-09 10:30\n    by: wang\n    send: done\n    with: {result: new belt}\n    state: check\n"
        in story
    )
    tested = subprocess.run([*run, "test"], capture_output=True, encoding="utf-8", env=environment, check=True)
    assert "1 story: all passed" in tested.stdout


def test_a_person_at_a_terminal_walks_the_same_way(folder: Path) -> None:
    ours, theirs = pty.openpty()
    run = [sys.executable, "-m", "svcflow.cli", "try", "shop.yaml", *START]
    environment = {**os.environ, "TERM": "dumb"}
    with subprocess.Popen(
        run, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        os.write(ours, b"as li agent\nopen customer=acme fault=smoke\nsave typed\n\x04")
        out, _ = process.communicate(timeout=120)
    os.close(theirs)
    os.close(ours)
    assert process.returncode == 0
    assert b"received" in out
    assert (folder / "typed.story.yaml").exists()


def test_the_screen_says_where_the_case_stands_what_comes_next_and_who_can_do_what(session: Try) -> None:
    assert after(session(*OPENED), OPENED[1]) == [
        "Mon 2026-03-09 09:00 +08:00 opened -> received",
        "Mon 2026-03-09 09:00 +08:00 shop: received",
        "Clocks",
        "CLOCK STANDS USED OF LEFT DUE",
        "limit of received running 0 min 2 h 2 h Mon 2026-03-09 11:00 +08:00",
        "solved running 0 min 8 h 8 h Mon 2026-03-09 17:00 +08:00",
        "Next, if nobody does anything",
        "Mon 2026-03-09 10:00 +08:00 limit of received at 50%: notify responsible",
        "Mon 2026-03-09 13:00 +08:00 solved at 50%: notify responsible",
        "What li (agent) can do",
        "1 hand_over asks for owner; takes price, parts and photos too",
        "2 refuse",
    ]


def test_the_screen_speaks_the_language_that_is_asked_for(session: Try) -> None:
    out = session(*OPENED, "course", options=("--language", "zh"))
    assert "维修店: 已受理" in out
    assert " 1  hand_over (转修)" in out
    assert "发起 已受理" in after(out, "course")[1]


def test_time_passes_as_far_as_is_said(session: Try) -> None:
    out = session(*OPENED, "wait 4h on office", "next", "wait until tue 09:00", "wait 1d", "course")
    assert after(out, "wait 4h on office")[:4] == [
        "Mon 2026-03-09 10:00 +08:00 limit of received at 50% -> stays",
        "tells agent",
        "Mon 2026-03-09 11:00 +08:00 limit of received at 100% -> stays",
        "tells lead",
    ]
    assert after(out, "next")[2].startswith("Mon 2026-03-09 13:01 +08:00")
    assert "Wed 2026-03-11 09:00 +08:00 shop: received" in after(out, "wait 1d")
    assert len(after(out, "course")) == 6


def test_an_answer_that_does_not_fit_is_asked_for_again(session: Try) -> None:
    out = session(*OPENED, "hand_over", "", "wang", "price", "price=much", "1", ".", "1", "wang", "price=120 parts=fan")
    assert "  owner must be filled in; `.` gives up\n  owner (person): wang\n" in out
    assert "error: 'price' is no FIELD=VALUE" in out
    assert "refused: the form of `hand_over` does not fit: `price` must be a number, not 'much'" in out
    assert "\n  owner (person): .\ngiven up\n" in out
    assert "hand_over -> repairing" in out


def test_what_is_there_already_is_proposed_and_lists_are_typed_with_commas(session: Try) -> None:
    assert "refused: the form of `hand_over` does not fit" not in session(
        *OPENED, "1", "wang", "parts='a, b' photos=a.jpg"
    )
    out = session("as li agent", "1", "acme", "no picture", "", "fields")
    assert after(out, "fields")[:2] == ["customer acme", "fault no picture"]


def test_a_refusal_says_who_may(session: Try) -> None:
    out = session(*OPENED, "as wang engineer", "refuse", "hand_over owner=wang")
    assert "refused: `refuse` is for agent, and this actor is none of these; try `as agent`" in out
    assert "What wang (engineer) can do\n   1  hand_over  for agent\n" in out


def test_somebody_may_be_anybody_of_a_role_or_stand_for_another(session: Try) -> None:
    out = session("as agent", *OPENED[1:], "as mei agent for=li group=north", "as", "as agent")
    assert "agent> open" in out
    assert "\n  system\n  agent\n  mei (agent) for li\n  roles: agent, engineer, lead\n" in out


def test_everything_can_be_taken_back(session: Try) -> None:
    out = session(*HANDED_OVER, "undo", "undo", "undo", "next")
    assert "there is nothing to take back" in out
    assert after(out, "next") == ["nothing happens by itself any more"]


def test_other_cases_of_the_family_are_shown_and_can_be_gone_into(
    cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "roles: [agent]\nby: agent\nstates: {asked: {events: {answer: told}}, told: {end: done}}\n"
    Path("child.yaml").write_text(f"process: child\nversion: 1\n{asked}", encoding="utf-8")
    Path("parent.yaml").write_text(
        "process: parent\nversion: 1\nstates: {asking: {run: child, events: {told: over}}, over: {end: done}}\n",
        encoding="utf-8",
    )
    lines = "as agent\nopen\nin chidl\nin child\nanswer\nin\nundo\nundo\nundo\nsave x\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    done = cli("try", "parent.yaml", *START)
    assert "Other cases\n  asked  child: `in child`\n" in done.out
    assert "error: no case of chidl was opened\n" in done.out
    assert "Other cases\n  asking  parent: `in`\n" in done.out
    assert "+00:00  told -> over\n" in done.out
    assert "parent: over (done)\n" in done.out
    assert "error: the case is not open yet (type `open`)" in done.out


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("hand_ovr", "error: there is no 'hand_ovr' (did you mean 'hand_over'?)"),
        ("99", "error: there is no '99' (see `help`)"),
        ("kim engineer", "error: there is no 'kim' (did you mean 'as kim engineer'?)"),
        ("engineer", "error: there is no 'engineer' (did you mean 'as engineer'?)"),
        ("undu", "error: there is no 'undu' (did you mean 'undo'?)"),
        ('hand_over "owner=wang', "error: this line cannot be read: No closing quotation (close the quotes, as in "),
        (
            "hand_over owner",
            "error: 'owner' is no FIELD=VALUE (write it like product=X1, with quotes around a text with",
        ),
        ("wait", "error: nobody says how long (type `wait 2h`, or `wait until 10:30`)"),
        ("wait 30 min", "error: `30 min` is no time"),
        ("wait 2h on offise", "error: no calendar is called 'offise' (there are always, office)"),
        ("wait until soon", "error: `soon` is no moment (write it as in `2026-03-09 10:30`, `10:30` or `mon 09:00`)"),
        ("wait until 2026-03-01 09:00", "error: this time has passed already"),
        ("as wang enginer", "error: no role is called 'enginer' (did you mean 'engineer'?)"),
        ("as wang of=li", "error: 'of=li' is no role, group=GROUP, for=NAME or qualified=NAME:LEVEL"),
        ("as wang qualified=x:0", "error: `x:0` is no qualification"),
        ("in other", "error: no case of other was opened"),
        ("save", "error: a story needs a file (type `save NAME.story.yaml`)"),
        ("save gone/x", "error: gone"),
        ("save shop.yaml/x", "error: shop.yaml"),
    ],
)
def test_a_line_that_cannot_be_done_is_told_and_changes_nothing(session: Try, line: str, answer: str) -> None:
    out = session(*OPENED, "course", line, "course")
    assert after(out, line)[0].startswith(answer)
    _, _, rest = out.partition("> course\n")
    assert rest.partition("\n\n")[0] == rest.rpartition("> course\n")[2].partition("\n\n")[0]


def test_before_the_case_is_open_only_that_can_be_done(session: Try) -> None:
    for line in ("wait 1h", "fields", "course", "save x"):
        assert "error: the case is not open yet (type `open`)" in session(line)
    assert "refused: `open` is for agent or customer" in session("open customer=acme fault=x")


def test_what_is_not_saved_is_said_and_nothing_is_written_over(cli: Command, session: Try, folder: Path) -> None:
    assert "is there already" in session(*OPENED, "save a", "save a")
    assert [path.name for path in folder.iterdir()] == ["shop.yaml", "a.story.yaml"]


def test_help_names_every_command(session: Try) -> None:
    out = session("help")
    for command in ("as", "wait", "next", "undo", "in", "fields", "course", "save", "help", "quit"):
        assert f" {command} " in out.replace("\n", " ")


def test_a_process_with_errors_is_shown_with_its_places(cli: Command, folder: Path) -> None:
    (folder / "shop.yaml").write_text("process: shop\nversion: 1\nstates: {a: {events: {go: b}}}\n", encoding="utf-8")
    done = cli("try", "shop.yaml")
    assert done.status == FINDINGS
    assert "shop.yaml:3" in done.err


def test_a_wrong_language_or_time_is_wrong_use(cli: Command, folder: Path) -> None:
    assert cli("try", "shop.yaml", "--language", "fr").status == WRONG_USE
    assert told(cli("try", "shop.yaml", "--at", "monday"))[0] == "--at: 'monday' is not a time"
    assert cli("try", "gone.yaml").status == WRONG_USE


@pytest.mark.parametrize("number", [0, 1])
def test_the_sessions_in_the_documentation_go_as_shown(
    cli: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    page = ROOT / "docs" / "how-to" / "try.md"
    command = [one for one in commands(page) if one.words[1] == "try"][number]
    shown = blocks(page, "text")[number].text
    lines = re.findall(r"^(?:[^ \n].*?>|  .*[)\]]:) ?(.*)$", shown, re.MULTILINE)
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
    for file in catalog.FOLDER.glob("*.yaml"):
        (folder / file.name).write_bytes(file.read_bytes())
    printed = iter([line.rstrip() for line in cli(*command.words[1:]).out.splitlines()])
    assert len(lines) > 3
    assert [line for line in shown.splitlines() if line != "..." and line not in printed] == []


def test_who_acts_sees_the_fields_that_are_for_them(session: Try, folder: Path) -> None:
    text = (
        "process: shop\nversion: 1\nroles: [clerk, boss]\nfields: {cost: {type: money, seen_by: boss}, fault: text}\n"
        "open: {by: clerk, ask: [cost, fault]}\n"
        "states: {new: {by: [clerk, boss], events: {change: {to: here, may: cost}, go: gone}}, gone: {end: done}}\n"
    )
    (folder / "shop.yaml").write_text(text, encoding="utf-8")
    out = session("as li clerk", "open cost=7351 fault=smell", "fields", "as bo boss", "fields", "quit")
    clerk, _, boss = out.partition("> as bo boss")
    assert "not shown" in clerk.rpartition("> fields")[2]
    assert "7351" not in clerk.rpartition("> fields")[2]
    assert "7351" in boss.rpartition("> fields")[2]
