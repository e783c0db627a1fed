"""
`check` and `draw`: what an author sees of a process file.
"""

from pathlib import Path

import pytest

from cli.shop import SHOP, Command, told
from svcflow.cli.failures import FINDINGS, WRONG_USE

WRONG = SHOP.replace("refuse: refused", "refuse: refusde").replace("by: owner", "by: onwer")


def test_warnings_are_shown_and_are_no_failure(cli: Command) -> None:
    done = cli("check", "shop.yaml")
    assert done.status == 0
    assert "warning[SF305]" in done.out
    assert done.out.endswith("1 file checked: 1 warning\n")


def test_every_error_is_shown_at_once_and_fails(cli: Command, folder: Path) -> None:
    (folder / "wrong.yaml").write_text(WRONG, encoding="utf-8")
    done = cli("check", "shop.yaml", "wrong.yaml")
    assert done.status == FINDINGS
    assert "did you mean `refused`" in done.out
    assert "did you mean `owner`" in done.out
    assert "2 files checked: 2 errors" in done.out


def test_a_clean_file_is_said_to_be_clean(cli: Command, folder: Path) -> None:
    (folder / "clean.yaml").write_text(SHOP.replace(", when: price > 100", ""), encoding="utf-8")
    assert cli("check", "clean.yaml").out == "1 file checked: nothing wrong\n"


def test_findings_for_programs_say_code_and_place(cli: Command, folder: Path) -> None:
    (folder / "wrong.yaml").write_text(WRONG, encoding="utf-8")
    done = cli("check", "wrong.yaml", "--format", "json")
    lines = WRONG.splitlines()
    assert done.status == FINDINGS
    assert [(one["code"], one["file"], one["severity"]) for one in done.data] == [
        ("SF201", "wrong.yaml", "error"),
        ("SF202", "wrong.yaml", "error"),
    ]
    for one, word in zip(done.data, ("refusde", "onwer"), strict=True):
        assert lines[one["line"] - 1][one["column"] - 1 :].startswith(word)


def test_no_finding_is_an_empty_list(cli: Command, folder: Path) -> None:
    (folder / "clean.yaml").write_text(SHOP.replace(", when: price > 100", ""), encoding="utf-8")
    assert cli("check", "clean.yaml", "--format", "json").data == []


@pytest.mark.parametrize("command", ["check", "draw"])
def test_a_file_that_is_not_there_is_wrong_use(cli: Command, command: str) -> None:
    done = cli(command, "shpo.yaml")
    assert done.status == WRONG_USE
    assert told(done) == ("there is no file shpo.yaml", "did you mean shop.yaml?")


@pytest.mark.parametrize("command", ["check", "draw"])
def test_a_folder_is_wrong_use(cli: Command, folder: Path, command: str) -> None:
    (folder / "processes").mkdir()
    assert told(cli(command, "processes"))[0] == "processes is a folder"


def test_nothing_is_checked_when_one_file_is_missing(cli: Command) -> None:
    assert cli("check", "shop.yaml", "missing.yaml").out == ""


def test_an_outline_is_drawn_in_the_first_language_or_in_another(cli: Command) -> None:
    assert "Repair shop" in cli("draw", "shop.yaml").out
    assert "维修店" in cli("draw", "shop.yaml", "--language", "zh").out


def test_a_picture_is_drawn_for_mermaid(cli: Command) -> None:
    assert "stateDiagram-v2" in cli("draw", "shop.yaml", "--format", "mermaid").out


def test_a_language_that_the_process_has_not_is_wrong_use(cli: Command) -> None:
    done = cli("draw", "shop.yaml", "--language", "fr")
    assert done.status == WRONG_USE
    assert told(done)[0] == "'fr' is not one of the languages en, zh"


def test_a_file_with_errors_is_not_drawn_but_told(cli: Command, folder: Path) -> None:
    (folder / "wrong.yaml").write_text(WRONG, encoding="utf-8")
    done = cli("draw", "wrong.yaml")
    assert (done.status, done.out) == (FINDINGS, "")
    assert "error[SF201]" in done.err
