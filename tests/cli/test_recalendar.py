"""
`recalendar`: running cases count on holidays that came after they began, and somebody is told what moves.
"""

import json
import sqlite3
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from cli.shop import SHOP, STORE, Command, told
from minutes import Listed
from svcflow import language
from svcflow.cli.failures import FINDINGS, WRONG_USE
from svcflow.clocks import SystemClock
from svcflow.core.event import Actor
from svcflow.engine import Engine

TEXT = SHOP.replace("version: 1", "version: 2").replace("target: 8h", "target: 20h")
TEXT = TEXT.replace("[09:00-17:00]}}}", "[09:00-17:00]}, holidays: DE}}", 1)
IDS = ["c1", "c2"]


@pytest.fixture
def cases(shop: Command) -> list[str]:
    """
    Two cases of a process that was published when the next two weeks were thought to be off.
    """
    today = SystemClock().now().date()
    off = frozenset(today + timedelta(days=day) for day in range(2, 16))
    process = language.compile_sources({"shop.yaml": TEXT}, "shop.yaml", holidays=lambda code: Listed(off, name=code))
    with Engine(STORE) as engine:
        engine.publish(process)
        agent, form = Actor("li", roles={"agent"}), {"customer": "acme", "fault": "loud"}
        return [engine.open("shop", form, actor=agent, id=case).id for case in IDS]


def test_without_new_days_there_is_nothing_to_do(shop: Command) -> None:
    done = shop("recalendar", "--dry-run")
    assert (done.status, done.out) == (0, "0 would come onto other days, 0 due times would move, 0 cannot\n")
    assert shop("recalendar", "--format", "json").out == ""


def test_a_dry_run_says_what_would_move_and_changes_nothing(shop: Command, cases: list[str]) -> None:
    done = shop("recalendar", "--dry-run", "--format", "json")
    assert done.status == 0
    assert [one["case"] for one in done.lines] == IDS
    for one in done.lines:
        solved = next(time for time in one.pop("moved") if time["name"] == "clock:solved")
        before, after = (datetime.fromisoformat(solved[name]) for name in ("before", "after"))
        assert solved["by_s"] == (after - before).total_seconds() < 0
        assert one == {"case": one["case"], "process": "shop", "version": 2, "dry_run": True, "error": None}
    shown = shop("recalendar", "--dry-run").out.splitlines()
    assert shown[0].split() == ["CASE", "WHAT", "DUE", "DUE", "THEN", "BY"]
    assert shown[-1].startswith("2 would come onto other days, ")
    assert len(shop("recalendar", "--dry-run", "--format", "json").lines) == 2


def test_for_real_it_is_journalled_and_done_once(shop: Command, cases: list[str]) -> None:
    done = shop("recalendar", "--process", "shop", "--calendar", "office", "--actor", "lin")
    assert done.status == 0
    assert "clock:solved" in done.out
    assert " -" in done.out, "it is due earlier"
    entry = shop("journal", "c1", "--format", "json").data[-1]
    assert (entry["kind"], entry["actor"]["id"]) == ("recalendared", "lin")
    line = shop("journal", "c1").out.splitlines()[-1]
    assert "counts on other days" in line
    assert "clock:solved due " in line
    assert shop("recalendar", "--format", "json").lines == []
    assert shop("verify").status == 0


def test_a_case_that_fails_is_told_and_holds_up_no_other(shop: Command, cases: list[str]) -> None:
    with sqlite3.connect("shop.db") as database:
        body = "replace(body, '\"version\":2', '\"version\":7')"
        database.execute(f"UPDATE svcflow_case SET version = 7, body = {body} WHERE id = 'c1'")
    done = shop("recalendar")
    assert done.status == FINDINGS
    assert "no process 'shop' version 7 is published" in done.out
    assert "1 came onto other days, " in done.out
    assert done.out.endswith("1 cannot\n")
    assert [one["error"][:17] for one in shop("recalendar", "--format", "json").lines] == ["no process 'shop'"]


def test_a_case_whose_row_cannot_be_read_is_told_and_holds_up_no_other(shop: Command, cases: list[str]) -> None:
    with sqlite3.connect("shop.db") as database:
        database.execute("UPDATE svcflow_case SET body = '{}' WHERE id = 'c1'")
    done = shop("recalendar")
    assert done.status == FINDINGS
    assert "the row of case 'c1' cannot be read" in done.out
    assert "1 came onto other days, " in done.out


def test_killed_in_the_middle_and_run_again_every_case_is_brought_over_once(shop: Command, cases: list[str]) -> None:
    with Engine(STORE) as engine:
        agent, form = Actor("li", roles={"agent"}), {"customer": "acme", "fault": "loud"}
        many = [*cases, *(engine.open("shop", form, actor=agent).id for _ in range(100))]
        fresh = engine.case(many[0]).days
    command = [sys.executable, "-m", "svcflow.cli", "recalendar", "--store", STORE, "--format", "json"]
    working = subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0, pipesize=4096)
    assert working.stdout is not None
    told_so_far = {json.loads(working.stdout.readline())["case"] for _ in range(3)}
    working.kill()
    working.communicate()
    with Engine(STORE) as engine:
        came = {case for case in many if engine.case(case).days != fresh}
        assert came >= told_so_far
        assert len(came) < len(many), "it was in the middle"
    again = {one["case"] for one in shop("recalendar", "--format", "json").lines}
    assert again == set(many) - came
    with Engine(STORE) as engine:
        assert {tuple(entry.kind for entry in engine.journal(case)) for case in many} == {("opened", "recalendared")}
        assert engine.verify().broken == ()


def test_wrong_names_are_told(shop: Command, cases: list[str]) -> None:
    done = shop("recalendar", "--process", "nothing")
    assert done.status == WRONG_USE
    assert "'nothing'" in told(done)[0]
    done = shop("recalendar", "--calendar", "depot")
    assert done.status == WRONG_USE
    assert told(done)[0] == "nothing that is published counts on a calendar 'depot' with holidays"
