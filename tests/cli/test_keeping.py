"""
`verify` and `worker`: a store that was tampered with, and time that moves on.
"""

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from cli.shop import AGENT, STORE, Command, told
from svcflow.cli.failures import FINDINGS, WRONG_USE

APP = """
from svcflow import Engine
engine = Engine("sqlite:///shop.db")
heard = []

@engine.hook("notify")
def notify(call):
    with open("heard.txt", "a") as file:
        print(call.message or call.cause, [to.name for to in call.to], file=file)
"""


def tamper(statement: str) -> None:
    with sqlite3.connect("shop.db") as connection:
        assert connection.execute(statement).rowcount == 1


def test_a_store_that_nobody_touched_is_whole(shop: Command, case: str) -> None:
    done = shop("verify")
    assert (done.status, done.out) == (0, "1 case, 1 journal entry: all whole\n")


def test_a_changed_journal_is_told_at_its_first_broken_link(shop: Command, case: str) -> None:
    shop("send", case, "hand_over", "owner=kim", *AGENT)
    tamper("UPDATE svcflow_journal SET entry = replace(entry, 'kim', 'tim') WHERE seq = 2")
    done = shop("verify")
    assert done.status == FINDINGS
    assert done.out.startswith(f"case {case}, entry 2: ")
    assert done.out.endswith("1 case, 2 journal entries: 1 broken\n")
    (broken,) = shop("verify", case[:20], "--format", "json").data["broken"]
    assert (broken["case"], broken["seq"]) == (case, 2)


def test_one_case_is_verified_alone(shop: Command, case: str) -> None:
    shop("open", "shop", "customer=acme", "fault=loud", *AGENT)
    assert shop("verify", case, "--format", "json").data == {"cases": 1, "entries": 1, "broken": []}


def test_one_round_of_a_worker_says_what_it_did(shop: Command, case: str) -> None:
    done = shop("worker", "--once", "--format", "json")
    assert done.data == {"fired": 0, "delivered": 0, "failed": 0, "parked": 0}


def test_a_worker_without_the_application_says_which_calls_wait(shop: Command, case: str) -> None:
    shop("send", case, "hand_over", "owner=kim", *AGENT)
    assert "calls of notify wait" in shop("worker", "--once").err


def test_a_worker_with_the_application_calls_its_hooks(shop: Command, case: str, folder: Path) -> None:
    shop("send", case, "hand_over", "owner=kim", *AGENT)
    (folder / "shopfront.py").write_text(APP, encoding="utf-8")
    command = [sys.executable, "-m", "svcflow.cli", "worker", "--app", "shopfront:engine", "--once"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "0 timers fired, 1 call delivered, 0 to be tried again, 0 parked\n"
    assert (folder / "heard.txt").read_text(encoding="utf-8") == "hand_over ['kim']\n"


@pytest.mark.parametrize(
    ("app", "said"),
    [
        ("shopfront", "is no MODULE:NAME"),
        ("nowhere_to_be_found:engine", "cannot be imported: ModuleNotFoundError"),
        ("json:loads", "is a function, not an svcflow.Engine"),
        ("json:nothing", "is nothing, not an svcflow.Engine"),
        ("broken_shopfront:engine", "cannot be imported: ZeroDivisionError: division by zero"),
    ],
)
def test_an_application_that_is_none_is_wrong_use(
    cli: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, app: str, said: str
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (folder / "broken_shopfront.py").write_text("1 / 0", encoding="utf-8")
    done = cli("worker", "--app", app)
    assert done.status == WRONG_USE
    assert said in told(done)[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_stops_gracefully(shop: Command, case: str, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "svcflow.cli", "worker", "--store", STORE]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as working:
        assert working.stderr is not None
        assert working.stderr.readline().startswith("working; ")
        working.send_signal(number)
        rest = working.stderr.read()
    assert (working.returncode, rest) == (0, "stopped\n")
    assert shop("verify").status == 0
