"""`init`: a first process by question and answer, or from a shipped one; all of it passes the strict check."""

import io
import sys
from pathlib import Path

import pytest

import svcflow
from cli.shop import Command
from pages import ROOT, blocks
from svcflow import catalog
from svcflow.cli.failures import FINDINGS, WRONG_USE


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> "Answers":
    return Answers(monkeypatch)


class Answers:
    """What is typed, line by line."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch

    def are(self, *lines: str) -> None:
        self.monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def strict(cli: Command, *files: str) -> None:
    assert cli("check", "--strict", *files).status == 0
    assert cli("fmt", "--check", *files).status == 0


def test_without_any_answer_there_is_a_process_to_begin_with(cli: Command, answers: Answers, folder: Path) -> None:
    answers.are()
    done = cli("init", "--language", "en")
    assert (done.status, done.err) == (
        0,
        "repair.yaml is written; now `svcflow check`, `svcflow draw` or `svcflow try` it\n",
    )
    text = (folder / "repair.yaml").read_text(encoding="utf-8")
    assert "events: {done: check}" in text
    strict(cli, "repair.yaml")


def test_answers_become_states_people_times_and_a_form(cli: Command, answers: Answers, folder: Path) -> None:
    answers.are(
        "受理，维修中",
        "客服",
        "派工",
        "4 小时",
        "工程师",
        "修好",
        "-",
        "客户、故障",
        "否",
        "主管",
        "周一至周六 08：30～17:30",
        "",
    )
    done = cli("init", "维修.yaml", "--language", "zh")
    assert done.status == 0
    assert "在这里做什么？一个词 [完成] 派工" in done.out
    text = (folder / "维修.yaml").read_text(encoding="utf-8")
    for part in (
        "roles: [客服, 工程师, 主管]", "{timezone: Asia/Shanghai, hours: {mon-sat: [08:30-17:30]}}", "limit: 4h",
        "{100%: {notify: 主管}}", "ask: [客户, 故障]", "events: {派工: 维修中}", "events: {修好: 已完成}",
    ):  # fmt: skip
        assert part in text
    assert "取消" not in text
    strict(cli, "维修.yaml")


def test_the_reference_shows_what_is_asked_and_said(cli: Command, answers: Answers) -> None:
    (shown,) = [one for one in blocks(ROOT / "docs" / "reference" / "cli.md", "text") if "$ svcflow init" in one.text]
    command, *session, last = shown.text.splitlines()
    answers.are(*(line.partition("] ")[2] for line in session if "[" in line))
    done = cli(*command.split()[2:], "--language", "en")
    assert [line.rstrip() for line in done.out.splitlines()] == session
    assert done.err == f"{last}\n"
    strict(cli, "repair.yaml")


def test_what_cannot_be_used_is_asked_again(cli: Command, answers: Answers) -> None:
    answers.are(
        "a, finished", "here", "new, new", "new", "system", "boss", "", "a while", "2d", "me", "note", "maybe", "no",
        "", "mon-fry 9", "mon-fri 09:00-17:00", "Asia/Shnaghai", "Asia/Shanghai",
    )  # fmt: skip
    done = cli("init", "first.yaml", "--language", "en")
    assert done.status == 0
    told = [line for line in done.out.splitlines() if line.startswith(("  `", "  no "))]
    assert [line.split("`")[1] for line in told] == [
        "finished", "here", "new", "system", "a while", "me", "maybe", "fry", "Asia/Shnaghai"
    ]  # fmt: skip
    strict(cli, "first.yaml")


def test_answers_that_do_not_go_together_are_told_and_nothing_is_written(
    cli: Command, answers: Answers, folder: Path
) -> None:
    answers.are("new, other", "boss", "close", "-", "boss", "colse", "-", "-", "no")
    done = cli("init", "first.yaml", "--language", "en")
    assert done.status == FINDINGS
    assert "SF216" in done.err
    assert not (folder / "first.yaml").exists()


@pytest.mark.parametrize("file", ["shop.yaml", "my-first.yaml", "first.txt"])
def test_a_file_is_never_overwritten_and_has_the_name_of_a_process(cli: Command, folder: Path, file: str) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert cli("init", file).status == WRONG_USE
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_template_comes_with_all_that_it_needs(cli: Command, folder: Path) -> None:
    (folder / "desk").mkdir()
    done = cli("init", "--template", "complaint", "desk/complaint.yaml")
    assert done.status == 0
    written = sorted(path.name for path in (folder / "desk").iterdir())
    assert {"complaint.yaml", "common.yaml"} <= set(written)
    strict(cli, *(f"desk/{name}" for name in written))
    # What they share may be there from the one before.
    assert cli("init", "--template", "maintenance", "desk/maintenance.yaml").status == 0


def test_a_template_writes_nothing_where_something_else_would_be_lost(cli: Command, folder: Path) -> None:
    (folder / "common.yaml").write_text("shared: common\n", encoding="utf-8")
    assert cli("init", "--template", "complaint").status == WRONG_USE
    assert not (folder / "complaint.yaml").exists()


@pytest.mark.parametrize(("language", "title"), [("en", "Spare part request"), ("zh", "备件申请")])
def test_the_templates_are_listed_with_title_and_size(cli: Command, folder: Path, language: str, title: str) -> None:
    before = sorted(folder.iterdir())
    head, *rows = cli("init", "--template", "list", "--language", language).out.splitlines()
    assert head.split() == ["NAME", "TITLE", "STATES"]
    assert [row.split()[0] for row in rows] == list(catalog.NAMES)
    (row,) = [row for row in rows if row.startswith("spare_part ")]
    assert title in row
    assert row.endswith(f" {len(catalog.spare_part.states)}")
    assert sorted(folder.iterdir()) == before


def test_a_template_that_is_not_shipped_is_told_with_the_one_that_was_probably_meant(cli: Command) -> None:
    assert "did you mean complaint?" in cli("init", "--template", "complain").err


def test_a_template_under_a_name_of_ones_own_is_that_process(cli: Command, folder: Path) -> None:
    (folder / "desk").mkdir()
    done = cli("init", "desk/安装回访.yaml", "--template", "complaint")
    assert done.err.splitlines()[-1].startswith("desk/安装回访.yaml is written; now `svcflow check`")
    assert not (folder / "desk" / "complaint.yaml").exists()
    process = svcflow.load(folder / "desk" / "安装回访.yaml")
    assert process.name == "安装回访"
    assert process.paths == catalog.complaint.paths


@pytest.mark.parametrize("template", catalog.NAMES)
def test_every_template_says_its_name_where_a_copy_says_its_own(template: str) -> None:
    assert f"\nprocess: {template}\n" in f"\n{catalog.path(f'{template}.yaml').read_text(encoding='utf-8')}"


@pytest.mark.parametrize("template", ["spare_part", "risk_plan"])
def test_a_copy_says_nothing_of_the_requirements_that_the_shipped_process_meets(
    cli: Command, folder: Path, template: str
) -> None:
    (folder / "desk").mkdir()
    assert cli("init", "desk/ours.yaml", "--template", template).status == 0
    written = list((folder / "desk").iterdir())
    assert [path.name for path in written if "requirement:" in path.read_text(encoding="utf-8")] == []
    strict(cli, *(f"desk/{path.name}" for path in written))


def test_a_copy_passes_the_strict_check(cli: Command) -> None:
    assert cli("init", "ours.yaml", "--template", "callback").status == 0
    strict(cli, "ours.yaml", "common.yaml")


@pytest.mark.parametrize("file", ["common.yaml", "callback.yaml", "our-own.yaml"])
def test_a_copy_needs_a_name_that_is_one_and_is_free(cli: Command, folder: Path, file: str) -> None:
    (folder / "desk").mkdir()
    assert (
        cli("init", f"desk/{file}", "--template", "complaint" if file != "callback.yaml" else "service_ticket").status
        == WRONG_USE
    )
    assert list((folder / "desk").iterdir()) == []
