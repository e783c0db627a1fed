"""A store's cases written as a log: all of them, without private values, and a whole file or none."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from logs.house import LI, PHONE, SHOP, START, SURVEY, house
from logs.readers import from_csv, from_xes, meant, table, traces, without_empty
from svcflow import language
from svcflow.clocks import ManualClock
from svcflow.core.event import Actor
from svcflow.engine import Engine
from svcflow.errors import InputError, ProcessNotFound
from svcflow.export import FORMATS, Format, Scope, export

BO = Actor("bo", {"auditor"})


def test_every_format_has_a_name() -> None:
    assert get_args(Format) == FORMATS


@pytest.mark.requirement("R041", "R043", "R123")
def test_all_that_happened_is_in_the_log_in_order(tmp_path: Path) -> None:
    with house() as engine:
        done = export(engine, "csv", tmp_path / "log.csv")
        export(engine, "xes", tmp_path / "log.xes")
        journals = {case: engine.journal(case, viewer=None) for case in ("s-1", "s-1-3-0", "s-2")}
    entries = [one for case, journal in journals.items() for one in meant(case, journal, frozenset({"phone"}))]
    assert sorted(from_csv(tmp_path / "log.csv")) == sorted(without_empty(entries))
    assert sorted(from_xes(tmp_path / "log.xes")) == sorted(entries)
    assert (done.cases, done.events, done.noted) == (3, len(entries), 0)


def test_a_table_of_cases_says_how_each_stands_and_what_its_clocks_have_measured(tmp_path: Path) -> None:
    with house() as engine:
        export(engine, "csv-cases", tmp_path / "cases.csv")
    rows = {row["case"]: row for row in table(tmp_path / "cases.csv")}
    first = rows["s-1"]
    assert (first["status"], first["state"], first["ended_at"]) == ("done", "done", "2026-03-02T08:30:00.000000+00:00")
    assert (first["clock.solved.verdict"], first["clock.solved.elapsed_s"], first["clock.solved.late"]) == (
        "met", "1800.0", "0",
    )  # fmt: skip
    assert (first["field.product"], first["field.size"], first["field.owner"]) == ("投影仪 X1", "2.50", "wang")
    assert (rows["s-2"]["state"], rows["s-2"]["ended_at"]) == ("received", "")
    assert (rows["s-1-3-0"]["process"], rows["s-1-3-0"]["parent"]) == ("survey", "s-1")


def test_a_log_can_be_of_one_process_and_of_cases_opened_within_some_time(tmp_path: Path) -> None:
    path = tmp_path / "log.xes"
    with house() as engine:
        export(engine, "xes", path, Scope(process="survey"))
        assert [about["process"] for about, _ in traces(path)] == ["survey"]
        export(engine, "xes", path, Scope(process="shop", since=START, before=START + timedelta(minutes=1)))
        assert [about["concept:name"] for about, _ in traces(path)] == ["s-1"]
        export(engine, "xes", path, Scope(tenant="else"))
        assert list(traces(path)) == []
        with pytest.raises(ProcessNotFound):
            export(engine, "xes", path, Scope(process="shpo"))


@pytest.mark.requirement("R102", "R233")
@pytest.mark.parametrize("to", FORMATS)
def test_private_values_are_left_out_unless_somebody_takes_them_by_name(tmp_path: Path, to: Format) -> None:
    path, secret = tmp_path / "log", PHONE.encode()
    with house() as engine:
        export(engine, to, path)
        assert secret not in path.read_bytes()
        assert "exported" not in str(engine.journal("s-1", viewer=None))
        done = export(engine, to, path, Scope(private=frozenset({"phone"})), actor=BO)
        assert secret in path.read_bytes()
        assert done.noted == 1
        note = engine.journal("s-1", viewer=None)[-1]
        assert (note.kind, note.actor) == ("note", BO)
        assert f"exported to log ({to}), with private values: phone" in str(note)
        assert PHONE not in str(note)
        assert "exported" not in str(engine.journal("s-2", viewer=None))


def test_the_texts_of_notes_stay_where_they_are(tmp_path: Path) -> None:
    with house() as engine:
        for to in FORMATS:
            export(engine, to, tmp_path / "log")
            assert b"nobody was there" not in (tmp_path / "log").read_bytes()


def test_private_values_are_for_somebody_and_are_fields(tmp_path: Path) -> None:
    with house() as engine:
        with pytest.raises(InputError, match="only exported for somebody"):
            export(engine, "csv", tmp_path / "log", Scope(private=frozenset({"phone"})))
        with pytest.raises(InputError, match="no published process has a private field `phon`; did you mean `phone`"):
            export(engine, "csv", tmp_path / "log", Scope(private=frozenset({"phon"})), actor=BO)
        with pytest.raises(InputError, match="a database is not packed"):
            export(engine, "ocel-sqlite", tmp_path / "log.gz")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("to", FORMATS)
def test_what_is_interrupted_leaves_the_file_that_was_there_and_nothing_else(tmp_path: Path, to: Format) -> None:
    path = tmp_path / "log"
    path.write_text("as before", encoding="utf-8")

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    with house() as engine, pytest.raises(KeyboardInterrupt):
        export(engine, to, path, progress=interrupted)
    assert [(one.name, one.read_text(encoding="utf-8")) for one in tmp_path.iterdir()] == [("log", "as before")]


@pytest.mark.parametrize("to", ["xes", "csv", "csv-cases", "ocel"])
def test_a_name_that_ends_in_gz_packs_and_the_same_log_is_the_same_file(tmp_path: Path, to: Format) -> None:
    with house() as engine:
        for name in ("log", "one.gz", "two.gz"):
            export(engine, to, tmp_path / name)
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()
    assert (tmp_path / "one.gz").stat().st_size < (tmp_path / "log").stat().st_size


def test_what_xml_cannot_hold_is_replaced_and_what_it_can_is_kept(tmp_path: Path) -> None:
    text = "a\x01b\ufffe\x0b <&>\"' \n\r\t 二"
    with house() as engine:
        engine.open("shop", {"product": "x", "remark": text}, actor=LI, id="odd")
        export(engine, "xes", tmp_path / "log.xes")
        export(engine, "csv", tmp_path / "log.csv")
    (value,) = (about["field.remark"] for about, _ in traces(tmp_path / "log.xes") if about["concept:name"] == "odd")
    assert value == text.replace("\x01", "\ufffd").replace("\ufffe", "\ufffd").replace("\x0b", "\ufffd")
    (cell,) = (row["field.remark"] for row in table(tmp_path / "log.csv") if row["case"] == "odd")
    assert cell == text


def test_a_table_for_spreadsheets_runs_no_text_as_a_formula(tmp_path: Path) -> None:
    with house() as engine:
        export(engine, "csv", tmp_path / "plain.csv")
        export(engine, "csv", tmp_path / "sheet.csv", Scope(for_sheets=True))
    assert "=1+1" in {row["field.remark"] for row in table(tmp_path / "plain.csv")}
    raw = (tmp_path / "sheet.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert "'=1+1" in {row["field.remark"] for row in table(tmp_path / "sheet.csv")}


@pytest.mark.parametrize("to", FORMATS)
def test_what_was_private_in_an_earlier_version_stays_so(tmp_path: Path, to: Format) -> None:
    later = SHOP.replace("version: 1", "version: 2").replace("phone", "mail")
    later = later.replace("states:", "migrate: {1: {}}\nstates:", 1)
    with house() as engine:
        engine.open("shop", {"product": "x", "phone": PHONE}, actor=LI, id="old")
        engine.publish(language.compile_sources({"shop.yaml": later, "survey.yaml": SURVEY}, "shop.yaml"))
        assert [one.case for one in engine.migrate("shop", from_version=1, actor=BO)]
        export(engine, to, tmp_path / "log")
        assert PHONE.encode() not in (tmp_path / "log").read_bytes()
        export(engine, to, tmp_path / "log", Scope(private=frozenset({"mail"})), actor=BO)
        assert PHONE.encode() not in (tmp_path / "log").read_bytes()


STRICT = SHOP.replace("product: text", "product: {type: text, private: true}")


@pytest.mark.parametrize("to", FORMATS)
def test_what_a_later_version_makes_public_is_there_and_what_was_written_before_is_not(
    tmp_path: Path, to: Format
) -> None:
    later = SHOP.replace("version: 1", "version: 2").replace("states:", "migrate: {1: {}}\nstates:", 1)
    with Engine(clock=ManualClock(START)) as engine:
        engine.publish(language.compile_sources({"survey.yaml": SURVEY}, "survey.yaml"))
        engine.publish(language.compile_sources({"shop.yaml": STRICT, "survey.yaml": SURVEY}, "shop.yaml"))
        engine.open("shop", {"product": "the old one"}, actor=LI, id="old")
        engine.publish(language.compile_sources({"shop.yaml": later, "survey.yaml": SURVEY}, "shop.yaml"))
        engine.migrate("shop", from_version=1, actor=BO)
        engine.open("shop", {"product": "the new one"}, actor=LI, id="new")
        export(engine, to, tmp_path / "log")
        export(engine, to, tmp_path / "taken", Scope(private=frozenset({"product"})), actor=BO)
    assert b"the old one" not in (tmp_path / "log").read_bytes()
    assert b"the new one" in (tmp_path / "log").read_bytes()
    assert b"the old one" in (tmp_path / "taken").read_bytes()


@pytest.mark.parametrize("name", ["cases.db", "cases.db-wal", "cases.db-shm", "cases.db-journal", "linked.db"])
@pytest.mark.parametrize("open_one", ["sqlite:///{}/cases.db", ":memory:"])
def test_a_store_is_never_written_over(tmp_path: Path, name: str, open_one: str) -> None:
    url = f"sqlite:///{tmp_path}/cases.db"
    with Engine(url) as engine:
        engine.publish(language.compile_sources({"survey.yaml": SURVEY}, "survey.yaml"))
    (tmp_path / "linked.db").symlink_to(tmp_path / "cases.db")
    with Engine(open_one.format(tmp_path)) as engine, pytest.raises(InputError, match=f"{name}: cases are stored"):
        export(engine, "csv", tmp_path / name)
    with Engine(url) as engine:
        assert engine.process("survey").version == 1


@pytest.mark.parametrize("before", ["a table of before", "ocel-sqlite"])
def test_other_files_are_written_over_also_databases_without_cases(tmp_path: Path, before: str) -> None:
    path = tmp_path / "log"
    with house() as engine:
        path.write_text(before, encoding="utf-8")
        if before in FORMATS:
            export(engine, "ocel-sqlite", path)
        assert export(engine, "csv", path).cases == len({row["case"] for row in table(path)}) == 3


def test_what_a_killed_run_left_is_not_in_the_way(tmp_path: Path) -> None:
    (tmp_path / f".log.{os.getpid()}.part").write_text("half a file", encoding="utf-8")
    with house() as engine:
        export(engine, "ocel-sqlite", tmp_path / "log")
    assert [one.name for one in tmp_path.iterdir()] == ["log"]
