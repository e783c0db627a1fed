"""
`incidents`: what failed for good is listed, tried again, or given up with a reason.
"""

from datetime import UTC, datetime, timedelta

import pytest

from cli.shop import AGENT, STORE, Command, told
from svcflow.cli.failures import WRONG_USE
from svcflow.clocks import ManualClock
from svcflow.core.decision import HookCall
from svcflow.engine import Engine
from svcflow.rounds import Terms

LATER = datetime(2999, 1, 1, tzinfo=UTC)


@pytest.fixture
def dead(shop: Command, case: str) -> str:
    """The key of a call that failed for good."""
    assert shop("send", case, "hand_over", "owner=kim", *AGENT).status == 0
    with Engine(STORE) as engine:

        @engine.hook("notify")
        def notify(call: HookCall) -> None:
            raise OSError("no line")

        engine.tick(terms=Terms(tries=1))
        (incident,) = engine.incidents()
    return incident.name


@pytest.fixture
def parked(shop: Command, case: str) -> str:
    """The name of a timer that failed for good."""
    with Engine(STORE) as engine:
        (due,) = engine.store.due(LATER, 1)
        engine.store.fail_timer(due, "ValueError: boom", retry_at=LATER, park=True)
    return due.timer


def test_nothing_failed(shop: Command, case: str) -> None:
    done = shop("incidents")
    assert (done.status, done.out, done.err) == (0, "", "no incidents\n")
    assert shop("incidents", "--format", "json").data == []


def test_a_dead_call_is_listed_with_its_hook_and_its_error(shop: Command, case: str, dead: str) -> None:
    head, line = shop("incidents").out.splitlines()
    assert head.split() == ["CASE", "WHAT", "NAME", "SINCE", "(UTC)", "TRIES", "BEHIND", "NOW", "ERROR"]
    assert line.startswith(case)
    assert line.split()[1:4] == ["hook", "notify", dead]
    assert line.endswith("OSError: no line")
    (one,) = shop("incidents", case[:20], dead, "--format", "json").data
    datetime.fromisoformat(one.pop("since"))
    assert one == {
        "kind": "hook", "case": case, "name": dead, "hook": "notify", "attempts": 1, "error": "OSError: no line",
        "outcome": "waits", "behind": 0,
    }  # fmt: skip
    assert shop("incidents", case, "another", "--format", "json").data == []


def test_how_many_calls_wait_behind_a_dead_one_is_told(shop: Command, case: str, dead: str) -> None:
    with Engine(STORE, clock=ManualClock(LATER)) as engine:
        engine.tick()
        assert [one.call.hook for one in engine.outbox(case)] == ["notify"] * 3
    (one,) = shop("incidents", "--format", "json").data
    assert one["behind"] == 2
    assert shop("incidents").out.splitlines()[1].split()[-6:-3] == ["1", "2", "waits"]
    said = shop("worker", "--once").err
    assert "note: 1 parked, and what comes later in its case waits; `svcflow incidents` lists what failed" in said


def test_a_dead_call_is_tried_again(shop: Command, case: str, dead: str) -> None:
    (one,) = shop("incidents", "--retry", "--format", "json").data
    assert one["outcome"] == "retried"
    assert shop("incidents", "--format", "json").data == []
    with Engine(STORE) as engine:
        seen: list[str] = []
        engine.hook("notify")(lambda call: seen.append(call.key))
        engine.tick()
    assert seen == [dead]


def test_a_dead_call_is_given_up_and_the_journal_says_who_and_why(shop: Command, case: str, dead: str) -> None:
    done = shop("incidents", case, "--skip", "--reason", "told by phone", "--actor", "lin", "--format", "json")
    assert [one["outcome"] for one in done.data] == ["skipped"]
    assert shop("incidents", "--format", "json").data == []
    last = shop("journal", case, "--format", "json").data[-1]
    assert (last["kind"], last["actor"]["id"]) == ("note", "lin")
    assert last["detail"]["text"] == f"hook call {dead} is given up: told by phone"


def test_a_parked_timer_is_listed_and_tried_again(shop: Command, case: str, parked: str) -> None:
    (one,) = shop("incidents", "--format", "json").data
    assert (one["kind"], one["name"], one["hook"], one["error"]) == ("timer", parked, None, "ValueError: boom")
    assert " timer " in shop("incidents").out
    assert shop("incidents", case, parked, "--retry").status == 0
    assert shop("incidents", "--format", "json").data == []
    with Engine(STORE) as engine:
        assert [due.timer for due in engine.store.due(LATER + timedelta(days=1), 1)] == [parked]


def test_a_timer_cannot_be_given_up(shop: Command, case: str, parked: str) -> None:
    (one,) = shop("incidents", case, "--skip", "--reason", "never mind", "--format", "json").data
    assert one["outcome"] == "waits"
    assert len(shop("incidents", "--format", "json").data) == 1
    assert len(shop("journal", case, "--format", "json").data) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--retry", "--skip"], "not both"),
        (["--skip", "--reason", "no case"], "needs a case and a reason"),
        (["CASE", "--skip"], "needs a case and a reason"),
        (["CASE", "--skip", "--reason", " "], "needs a case and a reason"),
    ],
)
def test_what_cannot_be_meant_is_wrong_use(
    shop: Command, case: str, dead: str, arguments: list[str], said: str
) -> None:
    done = shop("incidents", *(case if one == "CASE" else one for one in arguments))
    assert done.status == WRONG_USE
    assert said in told(done)[0]
    assert len(shop("incidents", "--format", "json").data) == 1


def test_what_changes_needs_the_whole_id(shop: Command, case: str, dead: str) -> None:
    assert shop("incidents", case[:20], "--retry").status == WRONG_USE
    assert shop("incidents", "nobody", "--retry").status == WRONG_USE
    assert len(shop("incidents", "--format", "json").data) == 1
