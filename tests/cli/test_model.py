"""
`model`: what no case can do is told at its place, and a way into a trap step by step.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.shop import Command
from model.floor import DEAD_GUARD, HEAD, WAITING_REGIONS
from pages import ROOT
from svcflow.cli.failures import FINDINGS, WRONG_USE


@pytest.fixture(autouse=True)
def _files(folder: Path) -> None:
    head = f"{HEAD.lstrip()}open: {{by: clerk}}\n"
    (folder / "dead.yaml").write_text(head + DEAD_GUARD, encoding="utf-8")
    (folder / "waiting.yaml").write_text(head + WAITING_REGIONS, encoding="utf-8")


def test_a_process_in_which_everything_can_happen_has_no_finding(cli: Command) -> None:
    done = cli("model", "shop.yaml")
    assert done.status == 0
    assert "everything was tried: nothing else can happen to a case" in done.out
    assert "0 places found where a case is caught" in done.out


def test_a_way_into_a_state_is_shown_step_by_step(cli: Command) -> None:
    lines = cli("model", "shop.yaml", "--into", "returned").out.splitlines()
    assert lines[0] == "A shortest way into returned:"
    assert lines[2].split() == ["WHEN", "(Asia/Shanghai)", "WHO", "WHAT", "FIELDS", "STATE"]
    assert [line.split()[-1] for line in lines[3:7]] == ["received", "repairing", "check", "returned"]
    assert "customer=customer, fault=fault" in lines[3]


def test_what_no_case_ever_does_is_an_error_at_its_place(cli: Command) -> None:
    done = cli("model", "dead.yaml")
    assert done.status == FINDINGS
    assert "error[SF304]: no case ever takes `missed` to `lost`" in done.out
    assert "error[SF301]: no case ever comes to `lost`" in done.out
    assert cli("check", "dead.yaml").status == 0


def test_where_a_case_is_caught_is_told_with_the_way_to_it(cli: Command) -> None:
    done = cli("model", "waiting.yaml")
    assert done.status == FINDINGS
    assert "error[SF303]: a case can come to `both.billing.credit` and `both.sending.packed`" in done.out
    last = "clerk-2 (clerk) pay paid=no both.billing.credit, both.sending.packed"
    assert last in [" ".join(line.split()[3:]) for line in done.out.splitlines()]


def test_a_comment_takes_a_finding_back(cli: Command, folder: Path) -> None:
    file = folder / "dead.yaml"
    text = file.read_text(encoding="utf-8")
    text = text.replace("asking]}\n", "asking]}  # svcflow: ignore SF304 for later\n")
    file.write_text(text.replace("lost: {end: cancelled}", "lost: {end: cancelled}  # svcflow: ignore SF301 for later"),
                    encoding="utf-8")  # fmt: skip
    found = json.loads(cli("model", "dead.yaml", "--format", "json").out)["findings"]
    assert [finding["message"] for finding in found] == ["no case ever takes `call` to `lost`"]


def test_a_program_gets_ways_proofs_and_bounds(cli: Command) -> None:
    data = json.loads(cli("model", "waiting.yaml", "--format", "json").out)
    assert data["complete"]
    assert data["never"] == ["both.billing.credit/pay_later/both.billing.settled"]
    assert [step["name"] for step in data["traps"][0]] == ["desk", "pay"]
    assert {one["move"]: len(one["way"]) for one in data["ways"]}["both/done/finished"] == 3


def test_a_bound_that_was_hit_is_said(cli: Command) -> None:
    done = cli("model", "dead.yaml", "--most", "1")
    assert "not everything was tried: more than 1 situations" in done.out
    assert done.status == 0


def test_moves_that_are_neither_shown_nor_ruled_out_are_named(cli: Command, folder: Path) -> None:
    text = (
        (folder / "dead.yaml").read_text(encoding="utf-8").replace("{tries: number}", "{tries: number, price: money}")
    )
    text = text.replace("begin: calling}", "begin: {ask: price, to: [{to: lost, when: price * price == 7}, calling]}}")
    (folder / "odd.yaml").write_text(text, encoding="utf-8")
    assert "1 move left open, neither shown nor ruled out: `new/begin/lost`" in cli("model", "odd.yaml").out


def test_cases_of_earlier_versions_may_come_from_anywhere(cli: Command, folder: Path) -> None:
    text = (folder / "dead.yaml").read_text(encoding="utf-8").replace("version: 1", "version: 2")
    (folder / "newer.yaml").write_text(f"{text}migrate: {{1: {{states: {{refused: lost}}}}}}\n", encoding="utf-8")
    assert cli("model", "newer.yaml").status == 0


def test_a_file_with_errors_is_told_like_by_check(cli: Command, folder: Path) -> None:
    (folder / "wrong.yaml").write_text("process: wrong\n", encoding="utf-8")
    done = cli("model", "wrong.yaml")
    assert done.status == FINDINGS
    assert "error[SF102]" in done.err


def test_a_state_that_is_none_is_wrong_use(cli: Command) -> None:
    done = cli("model", "shop.yaml", "--into", "retruned")
    assert done.status == WRONG_USE
    assert "did you mean returned?" in done.err


def test_the_page_about_it_shows_what_it_prints(cli: Command, folder: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "model.md").read_text(encoding="utf-8")
    process, printed = (block.partition("\n```")[0] for block in page.split("```text\n")[1:3])
    (folder / "delivery.yaml").write_text(process, encoding="utf-8")
    assert cli("model", "delivery.yaml").out.strip() == printed.strip()
