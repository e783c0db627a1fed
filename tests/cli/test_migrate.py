"""
`migrate`: running cases come over to a new version, each for itself, and again where it was interrupted.
"""

import json
import signal
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from cli.shop import AGENT, SHOP, STORE, Command
from svcflow.cli import output
from svcflow.cli.app import INTERRUPTED_LINE
from svcflow.cli.bulk import GO_ON, resumable
from svcflow.cli.failures import FINDINGS, INTERRUPTED, WRONG_USE
from svcflow.clocks import ManualClock, SystemClock
from svcflow.core.event import Actor
from svcflow.engine import Engine
from svcflow.language import compile_sources

MIGRATE = "migrate: {1: {states: {repairing: check}}}\n"


def publish(shop: Command, migrate: str = MIGRATE, *, version: int = 2) -> None:
    Path("shop.yaml").write_text(SHOP.replace("version: 1", f"version: {version}") + migrate, encoding="utf-8")
    done = shop("publish", "shop.yaml")
    assert done.status == 0, done.err


@pytest.fixture
def cases(shop: Command, case: str) -> tuple[str, str]:
    """One case that is received and one in repair, beside one that has ended."""
    other, ended = (
        shop("open", "shop", "customer=acme", "fault=loud", *AGENT, "--format", "json").data["id"] for _ in range(2)
    )
    shop("send", other, "hand_over", "owner=kim", *AGENT)
    shop("send", ended, "refuse", *AGENT)
    return case, other


def test_a_dry_run_says_what_would_become_of_each_and_changes_nothing(shop: Command, cases: tuple[str, str]) -> None:
    publish(shop)
    done = shop("migrate", "shop", "--dry-run", "--format", "json")
    every = {"process": "shop", "to": 2, "dry_run": True, "from": 1, "refusal": None, "error": None}
    assert (done.status, done.lines) == (0, [
        {**every, "case": cases[0], "before": "received", "after": "received"},
        {**every, "case": cases[1], "before": "repairing", "after": "check"},
    ])  # fmt: skip
    shown = shop("migrate", "shop", "--dry-run").out
    assert shown.endswith("2 would come over to version 2, 0 cannot\n")
    assert [one in shown for one in cases] == [True, True]
    assert {one["version"] for one in shop("cases", "--format", "json").data} == {1}


def test_cases_come_over_to_no_version_that_is_to_come_where_none_is_in_force(
    shop: Command, cases: tuple[str, str]
) -> None:
    Path("shop.yaml").write_text(SHOP.replace("version: 1", "version: 2") + MIGRATE, encoding="utf-8")
    shop("publish", "shop.yaml", "--from", "2999-01-01T00:00+00:00")
    shop("retire", "shop", "1", "--reason", "old")
    done = shop("migrate", "shop")
    assert (done.status, done.out) == (WRONG_USE, "")
    assert "no version of process 'shop' is in force" in done.err
    assert {one["version"] for one in shop("cases", "--format", "json").data} == {1}
    assert shop("show", cases[1], "--format", "json").data["states"] == ["repairing"]


def test_cases_come_over_once(shop: Command, cases: tuple[str, str]) -> None:
    publish(shop)
    done = shop("migrate", "shop", "--actor", "lin")
    assert done.status == 0
    assert done.out.endswith("2 came over to version 2, 0 cannot\n")
    assert shop("show", cases[1], "--format", "json").data["states"] == ["check"]
    last = shop("journal", cases[1], "--format", "json").data[-1]
    assert (last["kind"], last["actor"]["id"]) == ("migrated", "lin")
    assert shop("migrate", "shop").out == "0 came over to version 2, 0 cannot\n"
    assert shop("verify").status == 0


def test_cases_that_only_time_has_opened_come_over_as_well(shop: Command) -> None:
    plan = """
process: plan
version: 1
roles: [agent]
calendar: always
states:
  on: {by: agent, events: {stop: off}, after: {1h: {to: going, do: {start: plan}}}}
  going: {by: agent, events: {stop: off}}
  off: {end: done}
"""
    clock = ManualClock(SystemClock().now() - timedelta(hours=4, minutes=30))
    with Engine(STORE, clock=clock) as engine:
        engine.publish(compile_sources({"plan.yaml": plan}, "plan.yaml"))
        engine.open("plan", actor=Actor("lin", roles={"agent"}))
        clock.advance(timedelta(hours=2, minutes=30))
        newer = plan.replace("version: 1", "version: 2") + "migrate: {1: {}}\n"
        engine.publish(compile_sources({"plan.yaml": newer}, "plan.yaml"))
    assert len(shop("migrate", "plan", "--dry-run", "--format", "json").lines) == 1
    done = shop("migrate", "plan", "--format", "json")
    assert (done.status, [one["after"] for one in done.lines]) == (0, ["going"] * 3)
    assert len(shop("cases", "--format", "json").data) == 5


def test_those_that_are_left_come_over_after_an_interruption(shop: Command, cases: tuple[str, str]) -> None:
    publish(shop)
    with Engine(STORE) as engine:
        assert [one.case for one in engine.migrate("shop", from_version=1, cases=[cases[0]])] == [cases[0]]
        assert engine.migrate("shop", from_version=1, cases=[cases[0], "nobody"]) == ()
    assert [one["case"] for one in shop("migrate", "shop", "--format", "json").lines] == [cases[1]]


def test_those_that_cannot_come_over_are_told_with_the_reason(shop: Command, cases: tuple[str, str]) -> None:
    publish(shop, "migrate: {1: finish}\n")
    done = shop("migrate", "shop")
    assert done.status == FINDINGS
    assert "cases of version 1 finish under it" in done.out
    assert done.out.endswith("0 came over to version 2, 2 cannot\n")
    refused = shop("migrate", "shop", "--from", "1", "--format", "json").lines
    assert [one["refusal"]["code"] for one in refused] == ["migration", "migration"]
    assert shop("migrate", "shop", "--from", "7", "--format", "json").lines == []


def test_a_case_that_fails_holds_up_no_other(shop: Command, cases: tuple[str, str]) -> None:
    publish(shop)
    with Engine(STORE) as engine:
        engine.migrate("shop", from_version=1, cases=[cases[1]])
    publish(shop, "migrate: {1: {}, 2: {}}\n", version=3)
    with sqlite3.connect("shop.db") as database:
        database.execute("DELETE FROM svcflow_process WHERE version = 1")
    done = shop("migrate", "shop", "--format", "json")
    assert done.status == FINDINGS
    failed, came = done.lines
    assert (failed["case"], came["case"], came["error"]) == (*cases, None)
    assert "no process 'shop' version 1" in failed["error"]


def test_a_case_whose_row_cannot_be_read_is_told_and_holds_up_no_other(shop: Command, cases: tuple[str, str]) -> None:
    publish(shop)
    with sqlite3.connect("shop.db") as database:
        database.execute("UPDATE svcflow_case SET body = '{}' WHERE id = ?", cases[:1])
    done = shop("migrate", "shop", "--from", "1", "--format", "json")
    assert done.status == FINDINGS
    failed, came = sorted(done.lines, key=lambda one: cases.index(one["case"]))
    assert (came["case"], came["error"]) == (cases[1], None)
    assert "the row of case" in failed["error"]


def test_an_unknown_process_is_wrong_use(shop: Command) -> None:
    assert shop("migrate", "nothing").status == WRONG_USE


@pytest.fixture
def many(shop: Command) -> list[str]:
    """More cases than a pipe holds lines of."""
    with Engine(STORE) as engine:
        agent = Actor("li", roles={"agent"})
        made = [engine.open("shop", {"customer": "acme", "fault": "loud"}, actor=agent).id for _ in range(150)]
    publish(shop)
    return made


def begun(*, lines: int) -> tuple[subprocess.Popen[bytes], list[str]]:
    """The command at work, with so many cases told; it waits until somebody reads on."""
    command = [sys.executable, "-m", "svcflow.cli", "migrate", "shop", "--store", STORE, "--format", "json"]
    working = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, pipesize=4096)
    assert working.stdout is not None
    return working, [json.loads(working.stdout.readline())["case"] for _ in range(lines)]


def test_killed_in_the_middle_and_run_again_every_case_comes_over_once(shop: Command, many: list[str]) -> None:
    working, told = begun(lines=5)
    working.kill()
    working.communicate()
    versions = {one["id"]: one["version"] for one in shop("cases", "--limit", "0", "--format", "json").data}
    came = {case for case, version in versions.items() if version == 2}
    assert came >= set(told)
    assert 5 <= len(came) < 150, "it was in the middle"
    again = [one["case"] for one in shop("migrate", "shop", "--format", "json").lines]
    assert sorted(again) == sorted(set(many) - came)
    with Engine(STORE) as engine:
        kinds = {case: tuple(entry.kind for entry in engine.journal(case)) for case in many}
        assert set(kinds.values()) == {("opened", "migrated")}
        assert engine.verify().broken == ()
    assert shop("migrate", "shop", "--format", "json").lines == []


def test_ctrl_c_says_how_to_go_on(shop: Command, many: list[str]) -> None:
    working, told = begun(lines=3)
    working.send_signal(signal.SIGINT)
    out, err = working.communicate(timeout=300)
    assert working.returncode == INTERRUPTED
    assert err.decode().splitlines() == [GO_ON, INTERRUPTED_LINE]
    told += [json.loads(line)["case"] for line in out.splitlines() if line.endswith(b"}")]
    with Engine(STORE) as engine:
        came = {case.id for case in engine.cases(process="shop") if case.version == 2}
    assert set(told) <= came
    assert len(came) < 150


def test_ctrl_c_tells_people_what_was_done_so_far(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), resumable(lambda: output.write("2 came over")):
        raise KeyboardInterrupt
    assert capsys.readouterr() == ("2 came over\n", f"{GO_ON}\n")
