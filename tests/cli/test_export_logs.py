"""`export` of a log: what the command says, what it refuses, and that it takes private values only by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.shop import STORE, Command
from logs.readers import table


def test_the_command_writes_a_log_and_says_how_much(shop: Command, case: str) -> None:
    done = shop("export", "--to", "csv", "log.csv")
    assert (done.status, done.out) == (0, "")
    rows = table(Path("log.csv"))
    assert {row["case"] for row in rows} == {case}
    assert f"1 case with {len(rows)} event" in done.err
    assert "555-0199" not in Path("log.csv").read_text(encoding="utf-8")


def test_the_command_says_in_json_that_private_values_were_taken(shop: Command, case: str) -> None:
    done = shop("export", "--to", "csv", "log.csv", "--private", "phone", "--actor", "bo", "--format", "json")
    assert done.data == {"to": "csv", "output": "log.csv", "cases": 1, "events": 1, "noted": 1}
    assert "555-0199" in Path("log.csv").read_text(encoding="utf-8")
    assert "with private values: phone" in shop("journal", case).out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--to", "xes"], "a log is written into a file"),
        (["--to", "xes", "shop.yaml"], "shop.yaml looks like a process, and would be written over"),
        (["--to", "xes", "nowhere/log.xes"], "FILE: nowhere/log.xes cannot be written"),
        (["--to", "xes", "./shop.db"], "shop.db: cases are stored there; name another file for the log"),
        (["--to", "xes", "log.xes", "--since", "2026-01-01"], "--since: '2026-01-01' does not say its time zone"),
        (["--to", "xes", "log.xes", "--process", "shpo"], "shpo"),
        (["--to", "mermaid"], "there is no process to export"),
        (["shop.yaml"], "--to is missing"),
        (["--to", "cvs", "log.csv"], "--to: 'cvs' is no format; did you mean 'csv'?"),
        (["shop.yaml"], "a log: xes, ocel, ocel-sqlite, csv, csv-cases"),
        (["shop.yaml", "--to", "mermaid", "--since", "2026-01-01T00:00Z"], "--since says nothing about mermaid"),
        (["shop.yaml", "--to", "mermaid", "--spreadsheet"], "--spreadsheet says nothing about mermaid"),
        (["shop.yaml", "--to", "mermaid", "--process", "shop"], "--process says nothing about mermaid"),
        (["--to", "xes", "log.xes", "--language", "zh"], "--language says nothing about xes"),
        (["--to", "xes", "log.xes", "--output", "other.xes"], "--output beside FILE says nothing about xes"),
        (["--to", "xes", "log.xes", "--object", "phone"], "--object says nothing about xes"),
        (
            ["--to", "ocel", "log.json", "--object", "phon"],
            "no published process has a field `phon`; did you mean `phone`",
        ),
        (["--to", "ocel", "log.json", "--spreadsheet"], "ocel is not for spreadsheets; csv and csv-cases are"),
    ],
)
def test_wrong_use_is_told_and_nothing_is_written(shop: Command, arguments: list[str], told: str) -> None:
    before = sorted(Path().iterdir())
    done = shop("export", *arguments)
    assert done.status == 2 or "shpo" in arguments
    assert told in done.err
    assert sorted(Path().iterdir()) == before


def test_a_log_needs_a_store(cli: Command) -> None:
    done = cli("export", "--to", "xes", "log.xes")
    assert (done.status, done.out) == (2, "")
    assert "a log is read from a store" in done.err
    assert cli("export", "--to", "xes", "log.xes", "--store", STORE).status == 2
