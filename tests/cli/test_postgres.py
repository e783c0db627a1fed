"""
Every command that takes a store takes PostgreSQL, and none of them repeats a password.
"""

from __future__ import annotations

import pytest

from cli.shop import AGENT, Command, told
from cli.test_store import READING
from postgres import Schemas
from svcflow.cli.failures import WRONG_USE

SECRET = "se5ret"  # noqa: S105 - nobody's


@pytest.fixture
def store(postgres: Schemas) -> str:
    return postgres.make()


def test_a_case_lives_there_from_its_opening_to_its_verification(cli: Command, store: str) -> None:
    there = ("--store", store)
    assert cli("publish", "shop.yaml", *there).status == 0
    form = ("customer=acme", "fault=no picture", "phone=555-0199")
    done = cli("open", "shop", *form, *AGENT, "--format", "json", *there)
    case = str(done.data["id"])
    assert cli("send", case, "hand_over", "owner=kim", *AGENT, *there).status == 0
    assert [one["states"] for one in cli("cases", "--format", "json", *there).data] == [["repairing"]]
    assert "repairing" in cli("show", case[:12], *there).out
    assert len(cli("journal", case, "--format", "json", *there).data) == 2
    assert cli("worker", "--once", *there).status == 0
    assert cli("verify", *there).out == "1 case, 2 journal entries: all whole\n"


@pytest.mark.parametrize("command", READING)
def test_a_database_without_a_store_is_not_made_one_by_looking(cli: Command, store: str, command: str) -> None:
    done = cli(*command.split(), "--store", store)
    line, hint = told(done)
    assert done.status == WRONG_USE
    assert line.endswith("is a database without svcflow in it")
    assert "svcflow publish" in hint


@pytest.mark.parametrize("command", [*READING, "publish shop.yaml"])
@pytest.mark.parametrize("address", ["127.0.0.1:1/db", "127.0.0.1:1/db?wait=long", "127.0.0.1:1/db?nonsense=1"])
def test_a_server_that_is_not_there_is_one_line_without_the_password(cli: Command, command: str, address: str) -> None:
    done = cli(*command.split(), "--store", f"postgresql://me:{SECRET}@{address}")
    told(done)
    assert done.status == WRONG_USE
    assert SECRET not in done.out + done.err
