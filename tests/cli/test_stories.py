"""
`svcflow test` runs the stories it is pointed at, and says of each what is not as it says.
"""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cli.shop import Command, told
from pages import ROOT, blocks
from svcflow import catalog
from svcflow.cli.failures import FINDINGS, WRONG_USE

TRUE = """story: 修好了
process: shop
start: 2026-03-09 09:00
people: {li: agent, wang: engineer}
steps:
- {by: li, open: {customer: acme, fault: no picture}, state: received}
- {after: 1h, by: li, send: hand_over, with: {owner: wang}, state: repairing}
- {after: 1h, by: wang, send: done, with: {result: fixed}, state: check}
"""
FALSE = TRUE.replace("修好了", "it is not checked").replace("state: check", "state: returned, clocks: {solved: met}")


@pytest.fixture
def told_folder(folder: Path) -> Path:
    (folder / "true.story.yaml").write_text(TRUE, encoding="utf-8")
    (folder / "more").mkdir()
    (folder / "more" / "false.story.yaml").write_text(FALSE, encoding="utf-8")
    return folder


def test_true_stories_pass(cli: Command, told_folder: Path) -> None:
    done = cli("test", "true.story.yaml")
    assert done.status == 0
    assert done.out.splitlines() == ["passed  true.story.yaml  修好了", "1 story: all passed"]


def test_a_false_one_is_shown_with_its_course_and_what_is_instead(cli: Command, told_folder: Path) -> None:
    done = cli("test")
    assert done.status == FINDINGS
    assert [" ".join(line.split()) for line in done.out.splitlines() if line] == [
        "FAILED more/false.story.yaml:8 it is not checked",
        "WHEN (Asia/Shanghai) WHO WHAT STATE",
        "Mon 2026-03-09 09:00 li (agent) opened received",
        "Mon 2026-03-09 10:00 li (agent) hand_over repairing",
        "Mon 2026-03-09 11:00 wang (engineer) done check",
        "WHAT EXPECTED IS",
        "line 8 state returned check",
        "line 8 solved met running",
        "passed true.story.yaml 修好了",
        "2 stories: 1 failed",
    ]


def test_the_stories_of_a_process_are_those_below_it_that_tell_of_it(cli: Command, told_folder: Path) -> None:
    (told_folder / "other.story.yaml").write_text(TRUE.replace("process: shop", "process: other"), encoding="utf-8")
    assert "2 stories" in cli("test", "shop.yaml", "--phase", "stories").out
    assert "1 story" in cli("test", "more").out
    assert "2 stories" in cli("test", "more", "true.story.yaml", "true.story.yaml").out


def test_a_story_with_errors_is_shown_as_a_check_shows_them(cli: Command, told_folder: Path) -> None:
    (told_folder / "true.story.yaml").write_text(TRUE.replace("send: done", "send: doen"), encoding="utf-8")
    done = cli("test", "true.story.yaml")
    assert done.status == FINDINGS
    assert "ERROR   true.story.yaml" in done.out
    assert "--> true.story.yaml:8:31" in done.out
    assert "did you mean `done`?" in done.out


def test_json_holds_every_story_with_its_course(cli: Command, told_folder: Path) -> None:
    (told_folder / "broken.story.yaml").write_text("story: x\n", encoding="utf-8")
    broken, false, true = cli("test", "--format", "json").data["stories"]
    assert [one["status"] for one in (broken, false, true)] == ["error", "failed", "passed"]
    assert [finding["code"] for finding in broken["findings"]] == ["SF102"]
    assert false["misses"][0] == {"line": 8, "what": "state", "expected": "returned", "actual": "check"}
    assert true["course"][1] == {
        "at": "2026-03-09T02:00:00+00:00", "case": "case", "process": "shop", "kind": "event", "name": "hand_over",
        "actor": "li", "states": ["repairing"],
    }  # fmt: skip


def test_junit_is_read_by_build_servers(cli: Command, told_folder: Path) -> None:
    (told_folder / "broken.story.yaml").write_text("story: x\n", encoding="utf-8")
    suites = ET.fromstring(cli("test", "--format", "junit").out)
    (suite,) = suites
    assert suite.attrib == {"name": "stories", "tests": "3", "failures": "1", "errors": "1"}
    assert [[part.tag for part in case] for case in suite] == [["error"], ["failure"], []]
    assert suite[1][0].text == "line 8: state: expected returned, is check\nline 8: solved: expected met, is running"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("gone.yaml",), "there is no file gone.yaml"),
        ((".",), "there are no stories here"),
    ],
)
def test_where_there_is_nothing_to_run_it_is_wrong_use(cli: Command, arguments: tuple[str, ...], error: str) -> None:
    done = cli("test", *arguments)
    assert done.status == WRONG_USE
    assert told(done) == (error, "a story is a file NAME.story.yaml")


def test_a_story_cannot_steer_the_terminal(cli: Command, told_folder: Path) -> None:
    text = json.dumps("\x1b[31mred\x1b[0m")
    (told_folder / "true.story.yaml").write_text(TRUE.replace("story: 修好了", f"story: {text}"), encoding="utf-8")
    assert "\x1b" not in cli("test", "true.story.yaml").out


def test_a_failing_story_looks_as_the_documentation_shows(cli: Command, folder: Path) -> None:
    page = ROOT / "docs" / "reference" / "stories.md"
    (story,), (shown,) = blocks(page, "yaml"), blocks(page, "text")
    false = story.text.replace("state: diagnose", "state: dispatch")
    (folder / "quoted.story.yaml").write_text(false, encoding="utf-8")
    printed = cli("test").out.splitlines()
    assert [line for line in shown.text.splitlines() if line not in printed] == []


def test_a_check_of_a_folder_takes_stories_for_what_they_are(cli: Command, told_folder: Path) -> None:
    done = cli("check", "shop.yaml", "true.story.yaml", "more/false.story.yaml")
    assert (done.status, done.out.splitlines()[-1]) == (0, "3 files checked: 1 warning")
    (told_folder / "true.story.yaml").write_text(TRUE.replace("send: done", "send: doen"), encoding="utf-8")
    done = cli("check", "true.story.yaml", "shop.yaml")
    assert (done.status, done.out.splitlines()[-1]) == (FINDINGS, "2 files checked: 1 error, 1 warning")
    assert "--> true.story.yaml:8:31" in done.out
    assert [one["code"] for one in cli("check", "true.story.yaml", "--format", "json").data] == ["SF215"]
    assert "SF100" not in cli("check", "--fix", "true.story.yaml").out


def test_a_process_that_two_stories_tell_of_is_told_once(cli: Command, told_folder: Path) -> None:
    shop = (told_folder / "shop.yaml").read_text(encoding="utf-8")
    (told_folder / "shop.yaml").write_text(shop.replace("refuse: refused", "refuse: refusde"), encoding="utf-8")
    done = cli("check", "true.story.yaml", "more/false.story.yaml", "--format", "json")
    assert [(one["file"], one["code"]) for one in done.data if one["severity"] == "error"] == [("shop.yaml", "SF201")]


def test_a_course_says_which_process_each_case_is_of(cli: Command, tmp_path: Path) -> None:
    story = (catalog.FOLDER / "stories" / "service_ticket-reopened.story.yaml").read_text(encoding="utf-8")
    for file in Path(catalog.__file__).parent.glob("*.yaml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "false.story.yaml").write_text(
        story.replace("state: satisfied", "state: dissatisfied"), encoding="utf-8"
    )
    lines = [line.split() for line in cli("test", str(tmp_path)).out.splitlines()]
    assert {line[3] for line in lines if "reach.choose" in line} == {"callback"}
    assert {line[3] for line in lines if "diagnose" in line and "accept" in line} == {"service_ticket"}
