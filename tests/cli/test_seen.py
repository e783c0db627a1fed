"""
`show` and `journal` as somebody sees them.
"""

from pathlib import Path

import pytest

from cli.shop import STORE, Command
from svcflow.core.event import Actor
from svcflow.engine import Engine

OFFER = """
process: offer
version: 1
roles: [clerk, boss]
seen_by: [clerk, boss]
fields:
  customer: {type: person, seen_by: [clerk, boss, customer]}
  cost: {type: money, seen_by: boss}
  level: {type: gold | silver, seen_by: boss}
open: {by: boss, ask: customer, may: [cost, level]}
states:
  new:
    by: [clerk, boss]
    limit: {per: level, table: {gold: 13h, default: 1d}}
    events: {change: {to: here, may: cost}, go: gone}
  gone: {end: done}
"""


@pytest.fixture
def offer(cli: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (folder / "offer.yaml").write_text(OFFER, encoding="utf-8")
    monkeypatch.setenv("SVCFLOW_STORE", STORE)
    assert cli("publish", "offer.yaml").status == 0
    case = cli(
        "open",
        "offer",
        "customer=acme",
        "cost=7351",
        "level=gold",
        "--actor",
        "bo",
        "--role",
        "boss",
        "--format",
        "json",
    ).data["id"]
    with Engine(STORE) as engine:
        engine.note(case, "mind the discount", actor=Actor("bo", roles={"boss"}))
    return str(case)


def test_show_is_what_its_actor_sees(cli: Command, offer: str) -> None:
    clerk = cli("show", offer, "--actor", "li", "--role", "clerk")
    assert "7351" not in clerk.out
    assert clerk.out.count("not shown") == 3
    assert "7351" in cli("show", offer).out
    data = cli("show", offer, "--actor", "li", "--role", "clerk", "--format", "json").data
    assert (data["fields"]["cost"], data["fields"]["customer"]) == ({"unseen": True}, "acme")
    assert [one["present"] for one in data["menu"]] == [{}, {}]


def test_show_leaves_out_how_much_time_was_promised_by_what_its_actor_may_not_see(cli: Command, offer: str) -> None:
    (row,) = [
        line for line in cli("show", offer, "--actor", "li", "--role", "clerk").out.splitlines() if "limit" in line
    ]
    assert "not shown" in row
    whole, told = (
        cli("show", offer, "--actor", who, "--role", role, "--format", "json").data
        for who, role in (("bo", "boss"), ("li", "clerk"))
    )
    assert (whole["clocks"][0]["target_s"], whole["next"]) == (13 * 3600, told["next"])
    mark = {"unseen": True}
    elapsed = told["clocks"][0]["elapsed_s"]
    assert told["clocks"] == [{**whole["clocks"][0], "target_s": mark, "remaining_s": mark, "elapsed_s": elapsed}]


def test_a_journal_is_what_its_viewer_sees(cli: Command, offer: str) -> None:
    mine = cli("journal", offer, "--viewer", "mei", "--group", "acme")
    assert "acme" in mine.out
    assert "not shown" in mine.out
    assert "7351" not in mine.out
    assert "discount" not in mine.out
    whole = cli("journal", offer)
    assert "7351" in whole.out
    assert "discount" in whole.out
    (opened,) = cli("journal", offer, "--viewer", "mei", "--group", "acme", "--format", "json").data
    assert opened["fields"] == {"customer": "acme", "cost": {"unseen": True}, "level": {"unseen": True}}
