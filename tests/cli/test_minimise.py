"""
`svcflow minimise` makes a run short, whether it comes from a file or from a case in a store.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.shop import STORE, Command, told
from cli.test_testing import lost_notes
from svcflow import Actor, Engine
from svcflow.cli.failures import FINDINGS, WRONG_USE
from svcflow.clocks import ManualClock
from svcflow.testing.saved import read
from svcflow.testing.trace import Note, Open, Send, Trace, Wait

START = datetime(2026, 3, 9, 1, tzinfo=UTC)
LI = Actor("li", roles={"agent"})
WANG = Actor("wang", roles={"engineer"})
LONG = Trace("shop", START, (
    Open("shop", {"customer": "acme", "fault": "no picture", "phone": "555"}, LI), Note("he rang", LI),
    Wait(START + timedelta(hours=1)), Send("hand_over", {"owner": "wang", "price": 7}, LI),
    Wait(START + timedelta(days=2)), Send("done", {"result": "fixed"}, WANG), Note("he rang again", LI),
))  # fmt: skip


@pytest.fixture
def long(folder: Path) -> Path:
    file = folder / "long.json"
    file.write_text(json.dumps(LONG.to_json()), encoding="utf-8")
    return file


def test_a_run_that_breaks_a_promise_is_shown_by_its_shortest_form(cli: Command, long: Path, folder: Path) -> None:
    with lost_notes():
        done = cli("minimise", "long.json", "shop.yaml", "-o", "short.json")
    assert done.status == FINDINGS
    assert done.out.startswith("LostAfterCrash: ")
    assert done.out.splitlines()[-1] == "2 commands instead of 7"
    short = read(folder / "short.json")
    assert isinstance(short, Trace)
    assert [type(command) for command in short.commands] == [Open, Note]


def test_a_run_that_keeps_every_promise_is_shown_as_it_is(cli: Command, long: Path) -> None:
    done = cli("minimise", "long.json", "shop.yaml")
    assert (done.status, done.out.splitlines()[-1]) == (0, "7 commands, and every promise is kept")
    assert "hand_over: owner=wang, price=7" in done.out


def test_the_shortest_way_into_a_state_is_found_in_a_run(cli: Command, long: Path) -> None:
    done = cli("minimise", "long.json", "shop.yaml", "--into", "check", "--format", "json")
    assert done.status == 0
    found = Trace.from_json(done.data["trace"])
    assert found.commands == (
        Open("shop", {"customer": "x", "fault": "x"}, LI),
        Send("hand_over", {"owner": "wang"}, LI),
        Send("done", {"result": "x"}, Actor("wang")),
    )
    assert done.data["commands"] == 7


def test_a_case_of_a_store_becomes_a_run_without_what_is_private(cli: Command, folder: Path) -> None:
    assert cli("publish", "shop.yaml", "--store", STORE).status == 0
    clock = ManualClock(START)
    with Engine(STORE, clock=clock) as engine:
        case = engine.open("shop", {"customer": "acme", "fault": "x", "phone": "555-0199"}, actor=LI).id
        clock.set(START + timedelta(hours=3))
        engine.note(case, "he rang", actor=LI)
        engine.send(case, "hand_over", {"owner": "wang"}, actor=LI)
    with lost_notes():
        done = cli("minimise", case[:8], "shop.yaml", "--store", STORE, "--format", "json", "-o", "case.json")
    assert (done.status, done.data["broken"], done.data["commands"]) == (FINDINGS, "LostAfterCrash", 6)
    assert "555-0199" not in (folder / "case.json").read_text(encoding="utf-8")
    again = cli("test", "shop.yaml", "--phase", "replay", "--replay", "case.json")
    assert again.status == 0


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (("long.json", "shop.yaml", "--into", "chek"), "--into: no state is called chek", "did you mean check?"),
        (("long.json", "shop.yaml", "--into", "refused"), "--into: this run never gets into refused", ""),
        (("gone.json", "shop.yaml"), "gone.json: No such file or directory", ""),
        (("long.json", "other.yaml"), "the run is about shop, and other.yaml about other", ""),
        (("long.json", "shop.yaml", "-o", "long.json"), "--output: long.json is read by this very command",
         "name another file"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told(
    cli: Command, folder: Path, long: Path, arguments: tuple[str, ...], error: str, hint: str
) -> None:
    text = (folder / "shop.yaml").read_text(encoding="utf-8").replace("process: shop", "process: other")
    (folder / "other.yaml").write_text(text, encoding="utf-8")
    done = cli("minimise", *arguments)
    assert done.status == WRONG_USE
    assert told(done) == (error, hint)
