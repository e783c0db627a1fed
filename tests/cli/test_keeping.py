"""
`verify`: a store that was tampered with.
"""

import sqlite3

from cli.shop import AGENT, Command
from svcflow.cli.failures import FINDINGS


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
