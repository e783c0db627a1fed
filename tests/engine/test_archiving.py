"""Cases that ended long ago leave the database for a file, and are found again."""

import gzip
import json
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from engine.desk import ACME, CALLER, KIM, LEAD, LI, MONDAY, ORDER, desk_process
from svcflow import archive, archiving
from svcflow.archive import reading
from svcflow.clocks import ManualClock
from svcflow.core.case import Case
from svcflow.core.event import Actor
from svcflow.engine import Engine
from svcflow.errors import CaseArchived, CaseNotFound, InputError

YEAR = timedelta(days=365)
DAY = timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "archives"
    made.mkdir()
    return made


def repaired(engine: Engine, *, key: str | None = None, owner: str = "kim", tenant: str = "") -> Case:
    """A case from the first call to its end, all of its hooks called."""
    if engine.hooks.after("notify") is None:
        engine.hook("*")(lambda call: None)
    case = engine.open("desk", ORDER, actor=LI, key=key, tenant=tenant)
    engine.send(case.id, "assign", {"owner": owner}, actor=LI, tenant=tenant)
    engine.send(case.id, "done", {"result": "new fan"}, actor=Actor(owner), key="done", tenant=tenant)
    ended = engine.send(case.id, "fine", actor=ACME, tenant=tenant)
    while engine.outbox(tenant=tenant):
        engine.tick()
    return ended


def visited(engine: Engine) -> tuple[Case, Case]:
    """A visit with the survey that it ran, both ended."""
    case = engine.open("visit", {"customer": "acme", "phone": "555 0100"}, actor=LI)
    child = engine.send(case.id, "ask", actor=LI).children["asking"]
    engine.send(child, "answer", {"score": 5}, actor=CALLER)
    return engine.case(case.id), engine.case(child)


def everything(engine: Engine, case: Case) -> tuple[Case, object, object]:
    """What a store has of a case, private values included."""
    return case, engine.store.journal(case.tenant, case.id, private=True), engine.store.links(case.tenant, case.id)


@pytest.mark.requirement("R121", "R248")
def test_an_archived_case_can_be_read_as_it_was(engine: Engine, clock: ManualClock, folder: Path) -> None:
    case = repaired(engine)
    parent, child = visited(engine)
    there = [everything(engine, one) for one in (case, parent, child)]
    process = engine.store.process("", "desk", 1)
    clock.advance(YEAR + DAY)
    done = engine.archive(folder, older_than=YEAR, private=True)
    assert (done.cases, done.stayed) == (3, ())
    (file,) = done.files
    assert (file.cases, file.entries) == (3, sum(one.seq for one in (case, parent, child)))
    found = list(archive.read(file.path, private=file.private))
    by_id = sorted(((one.case, one.entries, one.links) for one in found), key=lambda one: one[0].id)
    assert by_id == sorted(there, key=lambda one: one[0].id)
    assert [one.processes for one in found if one.case.process == "desk"] == [(process,)]
    assert found[0].archived_at == clock.now()
    assert archive.verify(file.path, private=file.private) == archive.Checked(3, file.entries, file.sha256, None)
    assert engine.cases() == ()
    assert engine.verify() == type(engine.verify())(0, 0, ())


def test_every_question_about_an_archived_case_says_where_it_is(
    engine: Engine, clock: ManualClock, folder: Path
) -> None:
    case = repaired(engine, key="web-1")
    clock.advance(YEAR + DAY)
    (file,) = engine.archive(folder, older_than=YEAR).files
    for ask in (
        lambda: engine.case(case.id),
        lambda: engine.journal(case.id),
        lambda: engine.menu(case.id, actor=LI),
        lambda: engine.send(case.id, "done", {"result": "new fan"}, actor=KIM, key="done"),
        lambda: engine.note(case.id, "rang", actor=LI),
        lambda: engine.erase(case.id, reason="asked", actor=LI),
        lambda: engine.verify(case.id),
        lambda: engine.open("desk", ORDER, actor=LI, key="web-1"),
    ):
        with pytest.raises(CaseArchived, match=f"{case.id}.*stands in {Path(file.path).name}") as info:
            ask()
        assert info.value.bundle == Path(file.path).name
    with pytest.raises(InputError, match="there is a case with id"):
        engine.open("desk", ORDER, actor=LI, id=case.id)
    with pytest.raises(CaseNotFound, match="no case with id 'nobody'"):
        engine.case("nobody")


@pytest.mark.requirement("R245", "R246", "R247", "R248")
def test_archived_cases_are_found_by_time_process_and_owner(engine: Engine, clock: ManualClock, folder: Path) -> None:
    first = repaired(engine, owner="wu")
    clock.advance(DAY)
    visit, survey = visited(engine)
    clock.advance(DAY)
    last = repaired(engine)
    clock.advance(YEAR + DAY)
    (file,) = engine.archive(folder, older_than=YEAR).files

    def ids(**asked: object) -> list[str]:
        return [one.id for one in engine.archived(**asked)]  # type: ignore[arg-type]

    assert ids() == [first.id, *sorted((visit.id, survey.id)), last.id]
    assert ids(owner="wu") == [first.id]
    assert ids(process="desk") == [first.id, last.id]
    assert ids(since=MONDAY + DAY, before=MONDAY + 2 * DAY) == sorted((visit.id, survey.id))
    assert ids(order="owner")[2:] == [last.id, first.id]
    assert ids(order="process", limit=1) == [first.id]
    (one,) = engine.archived(owner="wu")
    assert (one.process, one.version, one.status, one.opened_at, one.ended_at, one.seq) == (
        "desk", 1, "done", first.opened_at, first.ended_at, first.seq
    )  # fmt: skip
    assert (one.bundle, one.archived_at) == (Path(file.path).name, clock.now())
    assert one.digest in {found.digest for found in archive.read(file.path)}


def test_only_what_has_ended_long_enough_ago_goes(engine: Engine, clock: ManualClock, folder: Path) -> None:
    old, noted = repaired(engine), repaired(engine)
    running = engine.open("visit", {"customer": "acme"}, actor=LI)
    clock.advance(2 * DAY)
    young = repaired(engine)
    engine.note(noted.id, "the customer rang again", actor=LI)
    clock.advance(YEAR - DAY)
    assert engine.archive(folder, older_than=YEAR).cases == 1
    assert [one.id for one in engine.archived()] == [old.id]
    assert {case.id for case in engine.cases()} == {noted.id, running.id, young.id}


def test_a_family_goes_together_when_all_of_it_is_old_enough(engine: Engine, clock: ManualClock, folder: Path) -> None:
    parent, child = visited(engine)
    clock.advance(2 * DAY)
    engine.note(child.id, "the customer rang again", actor=LI)
    clock.advance(YEAR - DAY)
    assert engine.archive(folder, older_than=YEAR).cases == 0
    clock.advance(DAY)
    clock.advance(DAY)
    done = engine.archive(folder, older_than=YEAR, process="visit")
    assert [found.case.id for found in archive.read(done.files[0].path)] == [parent.id, child.id]


def test_a_case_that_one_started_goes_by_itself(engine: Engine, clock: ManualClock, folder: Path) -> None:
    visit = engine.open("visit", {"customer": "acme"}, actor=LI)
    engine.send(engine.send(visit.id, "ask", actor=LI).children["asking"], "answer", {"score": 1}, actor=CALLER)
    engine.send(visit.id, "complain", actor=LI)
    ((_, complaint, _),) = [link for link in engine.store.links("", visit.id) if link[2] == "start"]
    clock.advance(YEAR + DAY)
    engine.archive(folder, older_than=YEAR)
    assert [case.id for case in engine.cases()] == [complaint]
    assert engine.store.links("", complaint) == ((visit.id, complaint, "start"),)
    engine.send(complaint, "settle", actor=LEAD)


def test_what_waits_for_a_hook_stays_and_is_named(engine: Engine, clock: ManualClock, folder: Path) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    engine.send(case.id, "drop", actor=ACME)
    clock.advance(YEAR + DAY)
    done = engine.archive(folder, older_than=YEAR)
    assert (done.cases, done.files, list(folder.iterdir())) == (0, (), [])
    assert [(one.case, one.why) for one in done.stayed] == [
        (case.id, f"hook calls of case '{case.id}' are not delivered yet")
    ]
    engine.hook("*")(lambda call: None)
    engine.tick()
    assert engine.archive(folder, older_than=YEAR).cases == 1


def test_what_is_not_whole_stays_and_is_named(clock: ManualClock, files: Path, folder: Path, tmp_path: Path) -> None:
    with Engine(f"sqlite:///{tmp_path}/cases.db", clock=clock) as engine:
        engine.publish(files / "desk.yaml", files / "visit.yaml")
        changed, short, lost, good = (repaired(engine).id for _ in range(4))
        parent, child = visited(engine)
        with closing(sqlite3.connect(tmp_path / "cases.db")) as database, database:
            for statement in (
                f"UPDATE svcflow_journal SET entry = replace(entry, 'kim', 'tim') WHERE case_id = '{changed}'",
                f"DELETE FROM svcflow_journal WHERE case_id = '{short}' AND seq = 4",
                f"DELETE FROM svcflow_journal WHERE case_id = '{child.id}' AND seq = 2",
                f"UPDATE svcflow_case SET body = replace(body, '\"version\":1', '\"version\":7') WHERE id = '{lost}'",
            ):
                database.execute(statement)
        clock.advance(YEAR + DAY)
        done = engine.archive(folder, older_than=YEAR)
        assert [found.case.id for found in archive.read(done.files[0].path)] == [good]
        assert {one.case: one.why for one in done.stayed} == {
            changed: f"the journal of case '{changed}' is broken at entry 2: it was changed after it was written",
            short: f"the journal of case '{short}' is broken at entry 4: there are 3 entries",
            parent.id: f"the journal of case '{child.id}' is broken at entry 2: there are 1 entries",
            lost: f"version 7 of desk, by which case '{lost}' lived, is not there",
        }


def test_a_case_that_is_too_large_stays_and_is_named(clock: ManualClock, folder: Path) -> None:
    engine = Engine(clock=clock)
    engine.publish(desk_process())
    case = repaired(engine)
    large = engine.open("desk", ORDER, actor=LI)
    engine.send(large.id, "assign", {"owner": "kim"}, actor=LI)
    engine.send(large.id, "need", {"parts": ["x" * 90_000] * 200}, actor=KIM)
    engine.send(large.id, "drop", actor=LI)
    while engine.outbox():
        engine.tick()
    clock.advance(YEAR + DAY)
    done = engine.archive(folder, older_than=YEAR)
    assert [found.case.id for found in archive.read(done.files[0].path)] == [case.id]
    assert [(one.case, one.why) for one in done.stayed] == [
        (large.id, f"case '{large.id}': it is too large for an archive")
    ]


@pytest.mark.parametrize("into", ["archives", "others"])
def test_a_second_run_beside_one_that_is_at_work_is_turned_away(
    engine: Engine, clock: ManualClock, folder: Path, into: str
) -> None:
    repaired(engine)
    clock.advance(YEAR + DAY)
    second, said = folder.with_name(into), []
    second.mkdir(exist_ok=True)

    def watch(_: int, __: int) -> None:
        with pytest.raises(InputError, match=f"another run is writing archives into {folder}") as info:
            engine.archive(second, older_than=YEAR)
        said.append(info.value)

    assert engine.archive(folder, older_than=YEAR, watch=watch).cases == 1
    assert len(said) == 1


def test_many_cases_go_into_several_files(
    engine: Engine, clock: ManualClock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "MOST_IN_FILE", 2)
    cases = [repaired(engine).id for _ in range(3)]
    clock.advance(YEAR + DAY)
    done = engine.archive(folder, older_than=YEAR)
    assert (done.cases, [file.cases for file in done.files]) == (3, [2, 1])
    assert sorted(one.case.id for file in done.files for one in archive.read(file.path)) == sorted(cases)


def test_a_case_larger_than_any_that_is_written_is_not_read(
    engine: Engine, clock: ManualClock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repaired(engine)
    clock.advance(YEAR + DAY)
    (file,) = engine.archive(folder, older_than=YEAR).files
    size = len(gzip.decompress(Path(file.path).read_bytes()))
    monkeypatch.setattr(reading, "LARGEST_CASE", size // 4)
    broken = archive.verify(file.path).broken
    assert broken is not None
    assert broken.why == f"more than {size // 4:,} bytes belong together here"


def test_a_folder_that_goes_away_takes_no_case_with_it(engine: Engine, clock: ManualClock, folder: Path) -> None:
    case = repaired(engine)
    clock.advance(YEAR + DAY)
    with pytest.raises(FileNotFoundError):
        engine.archive(folder, older_than=YEAR, watch=lambda _, __: shutil.rmtree(folder))
    assert engine.case(case.id).fields["phone"] == ORDER["phone"]
    folder.mkdir()
    assert engine.archive(folder, older_than=YEAR).cases == 1
    assert len(list(folder.iterdir())) == 1


def test_private_values_are_in_no_file_unless_asked_for(engine: Engine, clock: ManualClock, folder: Path) -> None:
    case = repaired(engine)
    clock.advance(YEAR + DAY)
    (file,) = engine.archive(folder, older_than=YEAR).files
    assert file.private is None
    text = gzip.decompress(Path(file.path).read_bytes()).decode()
    assert ORDER["phone"] not in text
    assert engine.store.kept("", case.id) == frozenset()
    (found,) = archive.read(file.path)
    assert "phone" not in found.case.fields
    assert found.entries[0].private.keys() == {"fields.phone"}


def test_what_was_private_once_is_in_no_file_either(
    engine: Engine, clock: ManualClock, folder: Path, files: Path
) -> None:
    engine.hook("*")(lambda call: None)
    case = engine.open("desk", ORDER, actor=LI)
    newer = (files / "desk.yaml").read_text(encoding="utf-8").replace("version: 1", "version: 2\nmigrate: {1: {}}")
    (files / "desk.yaml").write_text(newer.replace("{type: text, private: true}", "text"), encoding="utf-8")
    engine.publish(files / "desk.yaml")
    engine.migrate("desk", from_version=1)
    engine.send(case.id, "drop", actor=ACME)
    engine.tick()
    clock.advance(YEAR + DAY)
    (file,) = engine.archive(folder, older_than=YEAR).files
    assert ORDER["phone"] not in gzip.decompress(Path(file.path).read_bytes()).decode()


def test_private_values_beside_an_archive_can_be_forgotten_case_by_case(
    engine: Engine, clock: ManualClock, folder: Path
) -> None:
    one, other = repaired(engine), repaired(engine)
    clock.advance(YEAR + DAY)
    (file,) = engine.archive(folder, older_than=YEAR, private=True).files
    assert file.private is not None
    assert archive.forget(file.private, [one.id, "nobody"]) == (one.id,)
    assert archive.forget(file.private, [one.id]) == ()
    fields = {found.case.id: found.case.fields.get("phone") for found in archive.read(file.path, private=file.private)}
    assert fields == {one.id: None, other.id: ORDER["phone"]}
    assert archive.verify(file.path, private=file.private).broken is None
    with pytest.raises(InputError, match="is an archive, which holds no private values"):
        archive.forget(file.path, [one.id])
    with pytest.raises(InputError, match="must be ids"):
        archive.forget(file.private, one.id)
    Path(file.private).unlink()
    assert archive.verify(file.path).broken is None
    assert {path.suffix for path in folder.iterdir()} == {".gz"}


def test_an_owner_who_is_private_is_not_written_down(url: str, tmp_path: Path, folder: Path) -> None:
    clock = ManualClock(MONDAY)
    text = """
process: call
version: 1
roles: [agent]
fields: {owner: {type: person, private: true}, 负责人: person}
open: {by: agent, ask: [owner, 负责人]}
states: {new: {by: agent, events: {close: closed}}, closed: {end: done}}
"""
    (tmp_path / "call.yaml").write_text(text, encoding="utf-8")
    with Engine(url, clock=clock) as engine:
        engine.publish(tmp_path / "call.yaml")
        for _ in range(2):
            engine.send(engine.open("call", {"owner": "kim", "负责人": "wu"}, actor=LI).id, "close", actor=LI)
            clock.advance(YEAR)
            engine.archive(folder, older_than=YEAR / 2, owner="owner" if engine.archived() == () else "负责人")
        assert [one.owner for one in engine.archived()] == ["", "wu"]


def test_a_dry_run_writes_nothing_and_keeping_takes_nothing_out(
    engine: Engine, clock: ManualClock, folder: Path
) -> None:
    case = repaired(engine)
    clock.advance(YEAR + DAY)
    assert engine.archive(folder, older_than=YEAR, dry_run=True).cases == 1
    assert list(folder.iterdir()) == []
    done = engine.archive(folder, older_than=YEAR, keep=True)
    assert [found.case.id for found in archive.read(done.files[0].path)] == [case.id]
    assert (engine.case(case.id).status, engine.archived()) == ("done", ())
    assert engine.archive(folder, older_than=YEAR).cases == 1
    assert len(list(folder.iterdir())) == 2
    assert engine.archive(folder, older_than=YEAR).cases == 0


def test_one_is_told_how_far_it_is(engine: Engine, clock: ManualClock, folder: Path) -> None:
    for _ in range(3):
        repaired(engine)
    clock.advance(YEAR + DAY)
    told: list[tuple[int, int]] = []
    engine.archive(folder, older_than=YEAR, watch=lambda done, families: told.append((done, families)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_tenant_s_cases_are_archived_and_found_by_nobody_else(
    engine: Engine, clock: ManualClock, folder: Path
) -> None:
    ours = repaired(engine, key="web-1")
    theirs = repaired(engine, key="web-1", tenant="other")
    clock.advance(YEAR + DAY)
    (file,) = engine.archive(folder, older_than=YEAR, tenant="other").files
    assert next(archive.read(file.path)).case.tenant == "other"
    assert ([one.id for one in engine.archived(tenant="other")], engine.archived()) == ([theirs.id], ())
    assert engine.case(ours.id).fields["phone"] == ORDER["phone"]
    with pytest.raises(CaseNotFound, match="no case with id"):
        engine.case(theirs.id)


@pytest.mark.parametrize(
    ("where", "older_than", "said"),
    [("nowhere", YEAR, "is no folder"), (".", -DAY, "not negative")],
)
def test_what_cannot_be_archived_is_told(
    engine: Engine, folder: Path, where: str, older_than: timedelta, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        engine.archive(folder / where, older_than=older_than)


def test_the_file_is_what_the_page_says_it_is(engine: Engine, clock: ManualClock, folder: Path) -> None:
    case = repaired(engine)
    clock.advance(YEAR + DAY)
    (file,) = engine.archive(folder, older_than=YEAR).files
    lines = [json.loads(line) for line in gzip.decompress(Path(file.path).read_bytes()).splitlines()]
    kinds = [next(name for name in line if name != "sha256") for line in lines]
    assert kinds == ["archive", "process", "case", *["entry"] * case.seq, "end"]
    assert lines[1]["process"]["sources"].keys() == {"desk.yaml"}
    assert lines[2]["case"]["snapshot"]["id"] == case.id
    assert lines[2]["case"]["last"] == lines[-2]["sha256"]
    assert lines[-1]["end"] == {"lines": len(lines) - 1, "sha256": file.sha256}
    assert Path(file.path).stat().st_mode & 0o777 == 0o600
