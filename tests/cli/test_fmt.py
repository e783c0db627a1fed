"""
`fmt` at the command line: what it changes, what it only shows, what it leaves alone.
"""

import io
from pathlib import Path

import pytest

from cli.shop import SHOP, Command, told
from svcflow.cli.failures import FINDINGS, WRONG_USE

UGLY = SHOP.replace("  received:\n", "\n\n  received:   # first\n").replace("refuse: refused", "refuse:    refused")
PRETTY = SHOP.lstrip("\n").replace("  received:\n", "\n  received:" + " " * 25 + "# first\n")


def test_a_file_is_laid_out_once(cli: Command, folder: Path) -> None:
    (folder / "ugly.yaml").write_text(UGLY, encoding="utf-8")
    assert cli("fmt", "ugly.yaml").err == "1 file, 1 changed\n"
    assert (folder / "ugly.yaml").read_text(encoding="utf-8") == PRETTY
    assert cli("fmt", "ugly.yaml").err == "1 file, 0 changed\n"


@pytest.mark.parametrize(("option", "status"), [("--check", FINDINGS), ("--diff", 0)])
def test_what_would_change_is_told_and_nothing_changes(cli: Command, folder: Path, option: str, status: int) -> None:
    (folder / "ugly.yaml").write_text(UGLY, encoding="utf-8")
    done = cli("fmt", option, "ugly.yaml")
    assert (done.status, done.err) == (status, "1 file, 1 would change\n")
    assert ("-      refuse:    refused\n+      refuse: refused\n" in done.out) == (option == "--diff")
    assert (folder / "ugly.yaml").read_text(encoding="utf-8") == UGLY


def test_a_laid_out_file_passes_the_check(cli: Command, folder: Path) -> None:
    (folder / "pretty.yaml").write_text(PRETTY, encoding="utf-8")
    assert cli("fmt", "--check", "pretty.yaml").status == 0


def test_stories_and_scenarios_are_passed_over(cli: Command, folder: Path) -> None:
    for name in ("silence.story.yaml", "week.scenario.yaml"):
        (folder / name).write_text("a:    b\n", encoding="utf-8")
    (folder / "pretty.yaml").write_text(PRETTY, encoding="utf-8")
    done = cli("fmt", "silence.story.yaml", "week.scenario.yaml", "pretty.yaml")
    assert done.status == 0
    assert done.err.splitlines() == [
        "note: silence.story.yaml is no process file, and left as it is",
        "note: week.scenario.yaml is no process file, and left as it is",
        "1 file, 0 changed",
    ]
    assert (folder / "week.scenario.yaml").read_text(encoding="utf-8") == "a:    b\n"


def test_stdin_goes_to_stdout(cli: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(UGLY.encode())))
    done = cli("fmt", "-")
    assert (done.status, done.out, done.err) == (0, PRETTY, "")


def test_a_file_with_errors_is_left_alone_and_the_others_are_not(cli: Command, folder: Path) -> None:
    (folder / "ugly.yaml").write_text(UGLY, encoding="utf-8")
    (folder / "wrong.yaml").write_text("process:   x\nversion: 1\nstats: {}\n", encoding="utf-8")
    done = cli("fmt", "wrong.yaml", "ugly.yaml")
    assert done.status == FINDINGS
    assert "error[SF101]" in done.err
    assert "3 | stats: {}" in done.err
    assert (folder / "wrong.yaml").read_text(encoding="utf-8").startswith("process:   x\n")
    assert (folder / "ugly.yaml").read_text(encoding="utf-8") == PRETTY


def test_a_file_that_is_not_there_is_wrong_use(cli: Command) -> None:
    done = cli("fmt", "shpo.yaml")
    assert (done.status, told(done)) == (WRONG_USE, ("there is no file shpo.yaml", "did you mean shop.yaml?"))
