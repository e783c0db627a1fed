"""
`migrate`: running cases come over to a new version, each for itself, and again where it was interrupted.
"""

import sqlite3
from pathlib import Path

import pytest

from cli.shop import AGENT, SHOP, STORE, Command
from svcflow.cli.failures import FINDINGS, WRONG_USE
from svcflow.engine import Engine

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
    assert (done.status, done.data) == (0, {
        "process": "shop", "to": 2, "dry_run": True,
        "cases": [
            {"case": cases[0], "from": 1, "before": "received", "after": "received", "refusal": None, "error": None},
            {"case": cases[1], "from": 1, "before": "repairing", "after": "check", "refusal": None, "error": None},
        ],
    })  # fmt: skip
    shown = shop("migrate", "shop", "--dry-run").out
    assert shown.endswith("2 would come over to version 2, 0 cannot\n")
    assert [one in shown for one in cases] == [True, True]
    assert {one["version"] for one in shop("cases", "--format", "json").data} == {1}


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


def test_those_that_are_left_come_over_after_an_interruption(shop: Command, cases: tuple[str, str]) -> None:
    publish(shop)
    with Engine(STORE) as engine:
        assert [one.case for one in engine.migrate("shop", from_version=1, cases=[cases[0]])] == [cases[0]]
        assert engine.migrate("shop", from_version=1, cases=[cases[0], "nobody"]) == ()
    assert [one["case"] for one in shop("migrate", "shop", "--format", "json").data["cases"]] == [cases[1]]


def test_those_that_cannot_come_over_are_told_with_the_reason(shop: Command, cases: tuple[str, str]) -> None:
    publish(shop, "migrate: {1: finish}\n")
    done = shop("migrate", "shop")
    assert done.status == FINDINGS
    assert "cases of version 1 finish under it" in done.out
    assert done.out.endswith("0 came over to version 2, 2 cannot\n")
    refused = shop("migrate", "shop", "--from", "1", "--format", "json").data["cases"]
    assert [one["refusal"]["code"] for one in refused] == ["migration", "migration"]
    assert shop("migrate", "shop", "--from", "7", "--format", "json").data["cases"] == []


def test_a_case_that_fails_holds_up_no_other(shop: Command, cases: tuple[str, str]) -> None:
    publish(shop)
    with Engine(STORE) as engine:
        engine.migrate("shop", from_version=1, cases=[cases[1]])
    publish(shop, "migrate: {1: {}, 2: {}}\n", version=3)
    with sqlite3.connect("shop.db") as database:
        database.execute("DELETE FROM svcflow_process WHERE version = 1")
    done = shop("migrate", "shop", "--format", "json")
    assert done.status == FINDINGS
    failed, came = done.data["cases"]
    assert (failed["case"], came["case"], came["error"]) == (*cases, None)
    assert "no process 'shop' version 1" in failed["error"]


def test_an_unknown_process_is_wrong_use(shop: Command) -> None:
    assert shop("migrate", "nothing").status == WRONG_USE
