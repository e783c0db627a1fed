"""`versions` and `retire`, and what `publish` says of a version beyond its text."""

from pathlib import Path

import pytest

from cli.shop import AGENT, SHOP, STORE, Command
from svcflow.cli.failures import FINDINGS, WRONG_USE

ISSUE = (
    "--from",
    "2099-04-01T00:00+08:00",
    "--owner",
    "service department",
    "--reviewed-by",
    "wang",
    "--note",
    "slower",
)


@pytest.fixture
def issued(shop: Command, folder: Path) -> Command:
    """Version 1 is in force, version 2 far in the future."""
    newer = SHOP.replace("version: 1", "version: 2").replace("limit: 2h", "limit: 3h")
    (folder / "shop.yaml").write_text(newer, encoding="utf-8")
    done = shop("publish", "shop.yaml", *ISSUE, "--actor", "li")
    assert (done.status, done.out) == (0, "published shop version 2, in force from 2099-03-31 16:00Z\n")
    return shop


@pytest.mark.requirement("R218", "R239")
def test_what_holds_for_each_version_is_listed(issued: Command) -> None:
    first, second = issued("versions", "shop", "--format", "json").data
    assert (first["version"], first["standing"], first["effective_from"]) == (1, "in force", None)
    told = {"standing": "to come", "effective_from": "2099-03-31T16:00:00+00:00", "published_by": "li", "retired": None}
    assert told.items() <= second.items()
    assert (second["owner"], second["reviewed_by"], second["note"]) == ("service department", "wang", "slower")
    assert "to come   2099-03-31 16:00Z" in issued("versions").out
    assert issued("versions", "nothing").status == WRONG_USE


@pytest.mark.requirement("R218")
def test_a_version_is_retired_with_a_reason(issued: Command) -> None:
    done = issued("retire", "shop", "1", "--reason", "too slow", "--actor", "lin")
    assert (done.status, done.out) == (0, "retired shop version 1; no new case can be opened\n")
    refused = issued("open", "shop", "customer=acme", "fault=no picture", *AGENT)
    assert refused.status != 0
    assert "error: no version of process 'shop' is in force at" in refused.err
    assert "hint: `svcflow versions` says from when to when" in refused.err
    (kept, _) = issued("versions", "--format", "json").data
    assert (kept["standing"], kept["retired"]["by"], kept["retired"]["reason"]) == ("retired", "lin", "too slow")
    assert "by lin: too slow" in " ".join(issued("versions").out.split())
    assert issued("retire", "shop", "1", "--reason", "again").status == WRONG_USE
    assert issued("retire", "shop", "2").status == WRONG_USE


def test_new_cases_open_on_the_newest_version_that_is_left(shop: Command, folder: Path) -> None:
    (folder / "shop.yaml").write_text(SHOP.replace("version: 1", "version: 2"), encoding="utf-8")
    assert shop("publish", "shop.yaml").out == "published shop version 2\n"
    assert [one["standing"] for one in shop("versions", "--format", "json").data] == ["replaced", "in force"]
    assert shop("retire", "shop", "2", "--reason", "x").out == "retired shop version 2; new cases open on version 1\n"
    case = shop("open", "shop", "customer=acme", "fault=no picture", *AGENT, "--format", "json").data
    assert case["version"] == 1


CHILD = """
process: child
version: 1
roles: [agent]
states: {asked: {by: agent, events: {say: told, hush: over}}, told: {end: done}, over: {end: done}}
"""
PARENT = """
process: parent
version: 1
states: {asking: {run: child, events: {told: over}}, over: {end: done}}
"""


def test_what_does_not_fit_what_runs_it_does_not_come_back(cli: Command, folder: Path) -> None:
    (folder / "child.yaml").write_text(CHILD, encoding="utf-8")
    assert cli("publish", "child.yaml", "--store", STORE, "--no-lock").status == 0
    newer = CHILD.replace("version: 1", "version: 2").replace(", hush: over", "").replace(", over: {end: done}", "")
    (folder / "child.yaml").write_text(newer, encoding="utf-8")
    (folder / "parent.yaml").write_text(PARENT, encoding="utf-8")
    assert cli("publish", "parent.yaml", "--store", STORE, "--no-lock").status == 0
    done = cli("retire", "child", "2", "--reason", "a mistake", "--store", STORE)
    assert done.status == FINDINGS
    said = " ".join(done.err.split())
    assert "SF312]: `child` version 1 can end as `over`, and `parent` version 1 says nothing about it" in said
    assert "help: `child` version 1 would be in force again: retire it first, or publish `parent` with `over`" in said
    known = cli("versions", "child", "--store", STORE, "--format", "json").data
    assert [one["standing"] for one in known] == ["replaced", "in force"]


def test_what_comes_along_with_a_file_keeps_its_date_and_what_is_named_does_not(cli: Command, folder: Path) -> None:
    child = CHILD.replace(", hush: over", "").replace(", over: {end: done}", "")
    (folder / "child.yaml").write_text(child, encoding="utf-8")
    (folder / "parent.yaml").write_text(PARENT, encoding="utf-8")
    assert cli("publish", "child.yaml", "--store", STORE, "--no-lock").status == 0
    later = ("--store", STORE, "--no-lock", "--from", "2099-04-01T00:00Z")
    refused = cli("publish", "parent.yaml", "child.yaml", *later)
    assert refused.status == WRONG_USE
    assert "'child' was published before, to be in force at once; another date needs a new version" in refused.err
    done = cli("publish", "parent.yaml", *later)
    assert done.out == "published parent version 1, in force from 2099-04-01 00:00Z\npublished child version 1\n"


def test_a_time_without_its_zone_publishes_nothing(cli: Command) -> None:
    done = cli("publish", "shop.yaml", "--store", STORE, "--from", "2026-04-01")
    assert done.status in {FINDINGS, WRONG_USE}
    assert "does not say its time zone" in done.err
    assert not Path("shop.db").exists()
