"""
`archive` and `archived`: cases that ended long ago leave the database for files, and are found again.
"""

import gzip
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.shop import Command, told
from engine.desk import FILES, LI, MONDAY, ORDER
from svcflow.cli.failures import FINDINGS, WRONG_USE
from svcflow.clocks import ManualClock
from svcflow.engine import Engine

URL = "sqlite:///desk.db"
OLD = ("--older-than", "365d", "--to", "archives")


@pytest.fixture
def desk(cli: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Two cases that ended long ago, one with an owner, and one whose hooks were not called."""
    (folder / "desk.yaml").write_text(FILES["desk.yaml"], encoding="utf-8")
    (folder / "archives").mkdir()
    clock = ManualClock(MONDAY - timedelta(days=3650))
    with Engine(URL, clock=clock) as engine:
        engine.publish("desk.yaml")
        engine.hook("*")(lambda call: None)
        for id_, owner in (("one", "kim"), ("two", None), ("waiting", "kim")):
            engine.open("desk", ORDER, actor=LI, id=id_)
            if owner is not None:
                engine.send(id_, "assign", {"owner": owner}, actor=LI)
            while engine.outbox() and id_ != "waiting":
                engine.tick()
            engine.send(id_, "drop", actor=LI)
            clock.advance(timedelta(days=1))
    monkeypatch.setenv("SVCFLOW_STORE", URL)
    return cli


@pytest.fixture
def filed(desk: Command) -> str:
    """The file in which both cases are, with private values beside it."""
    done = desk("archive", *OLD, "--private", "--format", "json")
    assert done.status == FINDINGS
    return str(done.data["files"][0]["path"])


def test_cases_go_into_a_file_and_what_stays_is_named(desk: Command) -> None:
    done = desk("archive", *OLD)
    assert done.status == FINDINGS
    waits, file, counted = done.out.splitlines()
    assert waits == "case waiting stays: hook calls of case 'waiting' are not delivered yet"
    assert file.startswith(str(Path("archives").resolve()))
    assert ("  2 cases  sha256 " in file, counted) == (True, "2 were archived, 1 stay")
    assert [one["id"] for one in desk("cases", "--format", "json").data] == ["waiting"]
    again = desk("archive", *OLD, "--format", "json")
    assert (again.data["cases"], again.data["files"]) == (0, [])
    assert ORDER["phone"] not in gzip.decompress(next(Path("archives").iterdir()).read_bytes()).decode()


def test_a_dry_run_only_counts(desk: Command) -> None:
    done = desk("archive", *OLD, "--dry-run", "--format", "json")
    assert (done.data["dry_run"], done.data["cases"], done.data["files"]) == (True, 2, [])
    assert [one["case"] for one in done.data["stayed"]] == ["waiting"]
    assert list(Path("archives").iterdir()) == []


def test_archived_cases_are_found_in_the_database(desk: Command, filed: str) -> None:
    def ids(*asked: str) -> list[str]:
        return [one["id"] for one in desk("archived", *asked, "--format", "json").data]

    assert ids() == ["one", "two"]
    assert ids("--owner", "kim") == ["one"]
    assert ids("--process", "shop") == []
    assert ids("--since", "2016-03-05T00:00Z") == ["two"]
    assert ids("--before", "2016-03-05T00:00Z") == ["one"]
    assert ids("--order", "owner") == ["two", "one"]
    assert ids("two") == ["two"]
    first = desk("archived", "--limit", "1")
    assert first.out.splitlines()[1].split()[0] == "one"
    assert Path(filed).name in first.out
    assert first.err == "there are more: `--after one` goes on, `--limit 0` shows all\n"
    assert ids("--after", "one", "--limit", "0") == ["two"]
    assert desk("archived", "--owner", "nobody").err == "no such case\n"


@pytest.mark.parametrize("command", [["show"], ["journal"], ["erase", "--reason", "asked"], ["verify"]])
def test_a_command_about_an_archived_case_says_where_it_is(desk: Command, filed: str, command: list[str]) -> None:
    done = desk(command[0], "one", *command[1:])
    line, hint = told(done)
    assert line == f"case 'one' was archived: it stands in {Path(filed).name}"
    assert hint == "`svcflow archived one --file FILE` shows it, from that file"


def test_a_case_is_shown_from_its_file_without_a_database(
    desk: Command, filed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SVCFLOW_STORE")
    Path("desk.db").unlink()
    shown = desk("archived", "one", "--file", filed).out
    assert "dropped (cancelled)" in shown
    assert "assign -> repair" in shown
    assert ORDER["phone"] not in shown
    assert ORDER["phone"] in desk("archived", "one", "--file", filed, "--private").out
    data: dict[str, Any] = desk("archived", "one", "--file", filed, "--format", "json").data
    assert (data["id"], data["owner"], [entry["name"] for entry in data["journal"]]) == (
        "one", "kim", ["desk", "assign", "drop"]
    )  # fmt: skip
    assert [one["id"] for one in desk("archived", "--file", filed, "--format", "json").data] == ["one", "two"]
    assert "no case with id 'three'" in told(desk("archived", "three", "--file", filed))[0]


def test_a_file_is_checked_without_a_database(desk: Command, filed: str) -> None:
    done = desk("archived", "--verify", "--file", filed)
    assert done.out.splitlines()[0] == "2 cases, 5 journal entries: all whole"
    lines = gzip.decompress(Path(filed).read_bytes()).replace(b"kim", b"tim")
    Path("changed.jsonl").write_bytes(lines)
    done = desk("archived", "--verify", "--file", "changed.jsonl")
    assert (done.status, told(done)[0]) == (
        FINDINGS, "changed.jsonl, line 3: it was changed after it was written"
    )  # fmt: skip
    done = desk("archived", "--verify", "--file", "changed.jsonl", "--format", "json")
    assert (done.status, done.data["broken"]["line"], done.data["sha256"]) == (FINDINGS, 3, None)
    assert desk("archived", "--file", "changed.jsonl").status == FINDINGS


def test_private_values_are_forgotten_case_by_case(desk: Command, filed: str) -> None:
    ask = ("archived", "one", "--file", filed)
    assert desk(*ask, "--forget").out == "forgotten\n"
    assert desk(*ask, "--forget").out == "nothing is left to forget\n"
    assert desk(*ask, "--forget", "--format", "json").data == {"case": "one", "forgotten": False}
    assert ORDER["phone"] not in desk(*ask, "--private").out
    assert ORDER["phone"] in desk("archived", "two", "--file", filed, "--private").out
    assert desk("archived", "--verify", "--file", filed).status == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["archive", "--older-than", "1y", "--to", "archives"], "--older-than: '1y' is no number of days"),
        (["archive", "--older-than", "1d", "--to", "nowhere"], "nowhere is no folder"),
        (["archived", "--verify"], "which archive file?"),
        (["archived", "--file", "nowhere"], "nowhere: the archive cannot be read: No such file"),
        (["archived", "--file", "archives", "--forget"], "whose private values?"),
        (["archived", "nobody"], "no case with id 'nobody'"),
        (["archived", "--since", "monday"], "--since: 'monday' is not a time"),
    ],
)
def test_what_cannot_be_done_is_told(desk: Command, arguments: list[str], said: str) -> None:
    done = desk(*arguments)
    assert done.status == WRONG_USE
    assert said in told(done)[0]


def test_without_a_database_or_a_file_it_says_so(cli: Command) -> None:
    assert told(cli("archived"))[1] == "give `--store URL` or `--file FILE`"
