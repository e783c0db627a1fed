"""
Which store a command works on, and what it does not touch.
"""

import sqlite3
from pathlib import Path

import pytest

from cli.shop import STORE, Command, told
from svcflow.cli.failures import WRONG_USE

READING = ("cases", "verify", "show 0192", "journal 0192", "worker --once", "send 0192 done", "open shop customer=a")


@pytest.mark.parametrize("command", READING)
def test_without_a_store_a_command_says_how_to_name_one(cli: Command, command: str) -> None:
    done = cli(*command.split())
    _, hint = told(done)
    assert done.status == WRONG_USE
    assert "--store" in hint


@pytest.mark.parametrize("command", READING)
def test_a_store_that_is_not_there_is_not_made_by_looking_for_it(cli: Command, command: str) -> None:
    done = cli(*command.split(), "--store", STORE)
    line, hint = told(done)
    assert done.status == WRONG_USE
    assert line == "there is no file shop.db"
    assert "svcflow publish" in hint
    assert not Path("shop.db").exists()


@pytest.mark.parametrize("command", READING)
def test_a_database_of_somebody_else_is_left_as_it_is(cli: Command, command: str) -> None:
    connection = sqlite3.connect("theirs.db")
    connection.execute("CREATE TABLE stock (part TEXT)")
    connection.close()
    before = Path("theirs.db").read_bytes()
    done = cli(*command.split(), "--store", "sqlite:///theirs.db")
    assert done.status == WRONG_USE
    assert told(done)[0] == "theirs.db is a database without svcflow in it"
    assert Path("theirs.db").read_bytes() == before


@pytest.mark.parametrize("command", [*READING, "publish shop.yaml"])
def test_a_picture_is_no_store(cli: Command, command: str) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
    Path("cat.png").write_bytes(picture)
    done = cli(*command.split(), "--store", "sqlite:///cat.png")
    assert done.status == WRONG_USE
    assert "is not an SQLite database" in told(done)[0]
    assert Path("cat.png").read_bytes() == picture


def test_a_plain_path_is_told_as_the_url_it_could_be(cli: Command) -> None:
    assert told(cli("cases", "--store", "shop.db"))[1] == "did you mean `--store sqlite:///shop.db`?"


def test_a_store_in_memory_is_of_no_use_here(cli: Command) -> None:
    assert told(cli("publish", "shop.yaml", "--store", ":memory:"))[0] == "a store in memory ends with the command"


def test_a_folder_that_is_not_there_is_named(cli: Command) -> None:
    assert "there is no folder 'nowhere'" in told(cli("publish", "shop.yaml", "--store", "sqlite:///nowhere/s.db"))[0]


def test_the_environment_names_the_store(shop: Command, case: str) -> None:
    assert [one["id"] for one in shop("cases", "--format", "json").data] == [case]


def test_an_option_beats_the_environment(shop: Command, case: str) -> None:
    assert shop("publish", "shop.yaml", "--store", "sqlite:///other.db").status == 0
    assert shop("cases", "--store", "sqlite:///other.db", "--format", "json").data == []


def test_the_cases_of_one_tenant_are_not_those_of_another(shop: Command) -> None:
    shop("publish", "shop.yaml", "--tenant", "north")
    shop("open", "shop", "customer=acme", "fault=x", "--actor", "li", "--role", "agent", "--tenant", "north")
    assert len(shop("cases", "--tenant", "north", "--format", "json").data) == 1
    assert shop("cases", "--format", "json").data == []
