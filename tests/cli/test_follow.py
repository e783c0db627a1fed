"""
`follow`: every entry on a line, again if need be, never a private value.
"""

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from cli.shop import AGENT, STORE, Command, told
from svcflow.cli.failures import OUTPUT_GONE, WRONG_USE

FOLLOW = (sys.executable, "-m", "svcflow.cli", "follow", "--store", STORE, "--name", "crm")


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_what_happened_is_printed_once_line_by_line(shop: Command, case: str) -> None:
    shop("send", case, "hand_over", "owner=kim", *AGENT)
    done = shop("follow", "--name", "crm", "--once")
    opened, handed = lines(done.out)
    assert done.err == ""
    assert (opened["case"], opened["seq"], opened["kind"]) == (case, 1, "opened")
    assert (handed["process"], handed["version"], handed["tenant"]) == ("shop", 1, "")
    assert handed["fields"] == {"owner": "kim"}
    assert opened["position"] != handed["position"]
    assert "555-0199" not in done.out
    assert shop("follow", "--name", "crm", "--once").out == ""
    shop("send", case, "done", "result=works", "--actor", "kim")
    assert [one["name"] for one in lines(shop("follow", "--name", "crm", "--once").out)] == ["done"]
    assert [one["seq"] for one in lines(shop("follow", "--name", "other", "--once").out)] == [1, 2, 3]


def test_a_new_name_begins_where_it_is_told(shop: Command, case: str) -> None:
    assert shop("follow", "--name", "now", "--since", "now", "--once").out == ""
    assert shop("follow", "--name", "late", "--since", "2999-01-01T00:00Z", "--once").out == ""
    assert len(lines(shop("follow", "--name", "early", "--since", "2020-01-01T00:00Z", "--once").out)) == 1
    assert shop("follow", "--name", "callbacks", "--process", "callback", "--once").out == ""
    assert shop("follow", "--name", "acme", "--tenant", "acme", "--once").out == ""
    shop("send", case, "hand_over", "owner=kim", *AGENT)
    assert [one["seq"] for one in lines(shop("follow", "--name", "now", "--once").out)] == [2]


@pytest.mark.parametrize("when", ["yesterday", "2026-01-01T00:00"])
def test_a_time_that_is_none_is_wrong_use(shop: Command, when: str) -> None:
    done = shop("follow", "--name", "crm", "--since", when)
    assert done.status == WRONG_USE
    assert told(done)[1].startswith("write `beginning`, `now` or a time like")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_goes_on_until_it_is_stopped_and_later_behind_the_last_line(
    shop: Command, case: str, number: signal.Signals
) -> None:
    with subprocess.Popen(FOLLOW, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        assert following.stderr is not None
        assert json.loads(following.stdout.readline())["seq"] == 1
        shop("send", case, "hand_over", "owner=kim", *AGENT)
        assert json.loads(following.stdout.readline())["seq"] == 2
        following.send_signal(number)
        assert (following.stdout.read(), following.stderr.read()) == ("", "")
    assert following.returncode == 0
    assert shop("follow", "--name", "crm", "--once").out == ""


def test_what_nobody_read_comes_again(shop: Command, case: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([*FOLLOW, "--once"], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (OUTPUT_GONE, "")
    assert [one["seq"] for one in lines(shop("follow", "--name", "crm", "--once").out)] == [1]
