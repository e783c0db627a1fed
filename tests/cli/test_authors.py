"""
`check` and `draw`: what an author sees of a process file.
"""

from pathlib import Path

import pytest

from cli.shop import SHOP, STORE, Command, told
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


def test_strict_makes_warnings_fail_and_leaves_clean_files(cli: Command, folder: Path) -> None:
    (folder / "clean.yaml").write_text(SHOP.replace(", when: price > 100", ""), encoding="utf-8")
    assert cli("check", "--strict", "shop.yaml").status == FINDINGS
    assert cli("check", "--strict", "clean.yaml").status == 0


def test_findings_for_code_reviews_are_the_same_in_their_formats(cli: Command) -> None:
    (run,) = cli("check", "shop.yaml", "--format", "sarif").data["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["SF305"]
    assert cli("check", "shop.yaml", "--format", "github").out.startswith("::warning file=shop.yaml,line=")


PARALLEL = """process: visit
version: 1
roles: [agent]
by: agent
states:
  work:
    parallel: true
    events: {done: closed}
    states:
      site: {states: {open: {limit: 2d, events: {leave: left}}, left: {end: done}}}
      parts: {states: {used: {limit: 2d, events: {count: counted}}, counted: {end: done}}}
  closed: {end: done}
"""


def test_what_a_machine_cannot_run_is_told_when_the_machine_is_named(cli: Command, folder: Path) -> None:
    (folder / "visit.yaml").write_text(PARALLEL, encoding="utf-8")
    assert cli("check", "visit.yaml", "--machine", "statechart").status == 0
    done = cli("check", "visit.yaml", "--machine", "transitions", "--format", "json")
    assert done.status == FINDINGS
    (told,) = [finding for finding in done.data if finding["severity"] == "error"]
    assert (told["code"], told["line"], told["column"]) == ("SF316", PARALLEL.splitlines().index("  work:") + 1, 3)
    assert "machine `transitions` cannot run `work`" in told["message"]


def test_nothing_is_published_that_the_machine_of_the_application_cannot_run(cli: Command, folder: Path) -> None:
    (folder / "visit.yaml").write_text(PARALLEL, encoding="utf-8")
    done = cli("publish", "visit.yaml", "--store", "sqlite:///service.db", "--machine", "transitions")
    assert (done.status, (folder / "service.db").exists()) == (FINDINGS, False)
    assert "error[SF316]" in done.err
    assert "6 |   work:" in done.err


def test_a_misspelt_machine_is_wrong_use(cli: Command) -> None:
    done = cli("check", "shop.yaml", "--machine", "transition")
    assert done.status == WRONG_USE
    assert "did you mean 'transitions'" in done.err


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


def test_a_picture_is_written_to_a_file_but_never_over_the_process(cli: Command, folder: Path) -> None:
    assert cli("draw", "shop.yaml", "--format", "svg", "-o", "shop.svg").out == ""
    assert (folder / "shop.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert told(cli("draw", "shop.yaml", "-o", "shop.yaml"))[0] == "--output: shop.yaml is read by this very command"


def test_a_language_that_the_process_has_not_is_wrong_use(cli: Command) -> None:
    done = cli("draw", "shop.yaml", "--language", "fr")
    assert done.status == WRONG_USE
    assert told(done)[0] == "'fr' is not one of the languages en, zh"


def test_a_file_with_errors_is_not_drawn_but_told(cli: Command, folder: Path) -> None:
    (folder / "wrong.yaml").write_text(WRONG, encoding="utf-8")
    done = cli("draw", "wrong.yaml")
    assert (done.status, done.out) == (FINDINGS, "")
    assert "error[SF201]" in done.err


def test_check_says_beside_its_findings_that_times_come_to_years_not_announced(cli: Command, folder: Path) -> None:
    calendar = "calendars: {office: {timezone: Asia/Shanghai, hours: {mon-fri: [09:00-17:00]}"
    long = SHOP.replace(calendar, f"{calendar}, holidays: CN").replace(", when: price > 100", "")
    (folder / "long.yaml").write_text(long.replace("target: 8h", "target: 90y"), encoding="utf-8")
    done = cli("check", "long.yaml")
    assert (done.status, done.out) == (0, "1 file checked: nothing wrong\n")
    assert done.err.startswith("note: the holidays CN are announced or certain through ")
    assert cli("publish", "long.yaml", "--store", STORE, "--no-lock").err == done.err
    assert cli("worker", "--once", "--store", STORE).err == done.err
