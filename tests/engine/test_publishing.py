"""R5: versions are immutable; a case lives by its own; migration is an event."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import svcflow
from engine.desk import ACME, DESK, FILES, KIM, LI, MONDAY, ORDER, desk_process
from svcflow import catalog, language
from svcflow.clocks import ManualClock
from svcflow.core.calendar import YearDays
from svcflow.engine import Engine
from svcflow.errors import DefinitionError, InputError, ProcessNotFound, Refused
from svcflow.holidays import FrozenDays
from svcflow.stores.memory import MemoryStore


def version(files: Path, number: int, *changes: tuple[str, str], more: str = "") -> Path:
    text = DESK.replace("version: 1", f"version: {number}") + more
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = files / "desk.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_published_with_everything_it_runs_or_starts(engine: Engine) -> None:
    assert engine.process("survey").name == "survey"
    assert engine.process("desk_of_complaints").version == 1


def test_a_loaded_process_is_published_as_well(clock: ManualClock) -> None:
    engine = Engine(clock=clock)
    assert engine.publish(desk_process()) == (desk_process(),)
    assert engine.open("desk", ORDER, actor=LI).digest == desk_process().digest


def test_a_loaded_process_brings_along_what_lies_beside_its_file(clock: ManualClock, files: Path) -> None:
    engine = Engine(clock=clock)
    published = engine.publish(language.load(files / "visit.yaml"))
    assert [process.name for process in published] == ["visit", "survey", "desk_of_complaints"]
    assert engine.process("survey").version == 1


@pytest.mark.parametrize("wrong", [None, 5, {"process": "desk"}, ["desk.yaml"], ()])
def test_what_is_published_is_a_file_or_a_process(clock: ManualClock, wrong: Any) -> None:  # noqa: ANN401 - what no type admits
    with pytest.raises(InputError, match=f"by the name of its file, or loaded; this is {type(wrong).__name__}"):
        Engine(clock=clock).publish(wrong)


def test_a_process_without_a_file_needs_the_ones_it_runs(clock: ManualClock) -> None:
    engine = Engine(clock=clock)
    visit, *others = (
        language.compile_sources(FILES, f"{name}.yaml") for name in ("visit", "survey", "desk_of_complaints")
    )
    with pytest.raises(ProcessNotFound, match="'survey'"):
        engine.publish(visit)
    with pytest.raises(ProcessNotFound):
        engine.process("visit")
    engine.publish(*others)
    engine.publish(visit)
    assert engine.process("visit").needs == ("survey", "desk_of_complaints")


def test_the_shipped_processes_are_published_by_name(clock: ManualClock) -> None:
    engine = Engine(clock=clock)
    engine.publish(svcflow.catalog.service_ticket)
    assert engine.process("callback").name == "callback"
    case = engine.open("service_ticket", {"customer": "acme", "phone": "1", "fault": "x"}, actor=LI)
    assert case.state == "new"


def test_the_same_content_again_changes_nothing(engine: Engine, files: Path) -> None:
    known = engine.store.processes("")
    engine.publish(files / "desk.yaml", files / "visit.yaml")
    assert engine.store.processes("") == known


@pytest.mark.requirement("R215", "R249")
def test_another_content_under_the_same_version_is_an_error_that_says_what_to_write(
    engine: Engine, files: Path
) -> None:
    with pytest.raises(
        DefinitionError, match=r"desk\.yaml:3:1: error SF701: .* \(write `version: 2`.*`limit` was 2h, is 3h"
    ):
        engine.publish(version(files, 1, ("limit: 2h", "limit: 3h")))
    assert engine.process("desk").digest == desk_process().digest


def test_another_content_is_refused_also_where_the_published_text_is_damaged(engine: Engine, files: Path) -> None:
    (record,) = [one for one in engine.store.processes("") if one.name == "desk"]
    damaged = MemoryStore()
    damaged.publish([evolve(record, sources={"desk.yaml": "process: desk"})])
    with Engine(damaged) as another, pytest.raises(DefinitionError, match=r"SF701: .* undo what changed\)"):
        another.publish(version(files, 1, ("limit: 2h", "limit: 3h")))


@pytest.mark.requirement("R150")
def test_a_file_with_errors_publishes_nothing(engine: Engine, files: Path) -> None:
    with pytest.raises(DefinitionError) as info:
        engine.publish(version(files, 2, ("assign: {to: repair", "assign: {to: repiar")))
    assert info.value.findings
    assert engine.process("desk").version == 1


@pytest.mark.requirement("R025", "R239")
def test_a_case_stays_on_its_version(engine: Engine, files: Path) -> None:
    old = engine.open("desk", ORDER, actor=LI)
    engine.publish(version(files, 2, ("done: {to: confirm", "finished: {to: confirm")))
    new = engine.open("desk", ORDER, actor=LI)
    assert (old.version, new.version) == (1, 2)
    for case, event in ((old, "done"), (new, "finished")):
        engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
        assert engine.send(case.id, event, {"result": "x"}, actor=KIM).state == "confirm"
    assert engine.verify().broken == ()


@pytest.mark.requirement("R215", "R218")
def test_who_issued_a_version_and_when_is_kept(engine: Engine, clock: ManualClock, files: Path) -> None:
    clock.advance(timedelta(days=1))
    changed = version(files, 2, ("done: {to: confirm", "finished: {to: confirm"))
    engine.publish(changed, actor=KIM)
    issued = clock.now()
    clock.advance(timedelta(days=1))
    engine.publish(changed, actor=LI)
    kept = engine.store.process("", "desk", 2)
    assert kept is not None
    assert (kept.published_by, kept.published_at) == ("kim", issued)


def test_another_engine_reads_what_was_published(clock: ManualClock, files: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/service.db"
    with Engine(url, clock=clock) as first:
        first.publish(files / "desk.yaml")
        case = first.open("desk", ORDER, actor=LI)
    with Engine(url, clock=clock) as second:
        assert second.send(case.id, "assign", {"owner": "kim"}, actor=LI).state == "repair"
        assert second.verify().broken == ()


MIGRATE = """
migrate:
  1: {states: {repair: workshop}}
"""
RENAMED = (
    ("  repair:\n    by: owner", "  workshop:\n    by: owner"),
    ("assign: {to: repair", "assign: {to: workshop"),
    ("[{to: repair, max: 2}", "[{to: workshop, max: 2}"),
    ("in: [received, repair]", "in: [received, workshop]"),
    ("not_by: repair", "not_by: workshop"),
)


@pytest.mark.requirement("R025", "R151", "R178")
def test_cases_move_to_the_newest_version_when_the_host_says_so(engine: Engine, files: Path) -> None:
    repair, received, ended = (engine.open("desk", ORDER, actor=LI) for _ in range(3))
    engine.send(repair.id, "assign", {"owner": "kim"}, actor=LI)
    engine.send(ended.id, "drop", actor=LI)
    engine.publish(version(files, 2, *RENAMED, more=MIGRATE))
    planned = engine.migrate("desk", from_version=1, dry_run=True)
    assert {(one.case, one.before, one.after, one.refusal) for one in planned} == {
        (repair.id, "repair", "workshop", None),
        (received.id, "received", "received", None),
    }
    assert engine.case(repair.id).version == 1
    assert engine.migrate("desk", from_version=1, actor=LI) == planned
    moved = engine.case(repair.id)
    assert (moved.version, moved.state, engine.case(ended.id).version) == (2, "workshop", 1)
    entry = engine.journal(repair.id)[-1]
    assert (entry.kind, entry.actor.id) == ("migrated", "li")
    assert engine.migrate("desk", from_version=1) == ()
    engine.send(repair.id, "done", {"result": "x"}, actor=KIM)
    with pytest.raises(Refused):
        engine.send(repair.id, "fine", actor=KIM)
    assert engine.send(repair.id, "fine", actor=ACME).status == "done"
    assert engine.verify().broken == ()


def test_a_case_that_cannot_come_over_is_listed_and_stays(engine: Engine, files: Path) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    engine.publish(version(files, 2, more="\nmigrate: {1: finish}\n"))
    (kept,) = engine.migrate("desk", from_version=1)
    assert kept.refusal is not None
    assert (kept.refusal.code, kept.before, kept.after) == ("migration", "repair", "repair")
    assert engine.case(case.id).version == 1


def test_migrating_needs_a_newer_version(engine: Engine) -> None:
    with pytest.raises(InputError, match="not older"):
        engine.migrate("desk", from_version=1)


class Moody:
    """A provider whose days change from one day to the next, as a new edition of a holiday library may."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.valid_through = None

    def days(self, year: int) -> YearDays:
        return YearDays(frozenset())


def test_a_published_version_keeps_the_holidays_it_was_published_with(clock: ManualClock, files: Path) -> None:
    path = version(files, 1, ("hours: {mon-fri: [09:00-17:00]}", "hours: {mon-fri: [09:00-17:00]}, holidays: DE"))
    engine = Engine(clock=clock)
    engine.publish(path)
    later = Engine(engine.store, clock=clock, holidays=Moody)
    case = later.open("desk", ORDER, actor=LI, at=clock.now().replace(month=12, day=25, hour=9))
    due = max(view.due for view in later.clocks(case.id) if view.due)
    assert due.date().isoformat() == "2026-12-28"


def test_a_child_with_an_end_its_published_parent_does_not_know_is_turned_away(engine: Engine, files: Path) -> None:
    survey = (files / "survey.yaml").read_text(encoding="utf-8")
    newer = survey.replace("version: 1", "version: 2") + "  lost: {end: cancelled}\n"
    child = language.compile_sources({**FILES, "survey.yaml": newer}, "survey.yaml")
    with pytest.raises(DefinitionError, match="`visit` version 1 says nothing about it") as caught:
        engine.publish(child)
    assert "SF312" in str(caught.value.findings[0])
    assert engine.process("survey").version == 1


def test_a_process_with_a_calendar_that_nothing_uses_is_opened_as_any_other(clock: ManualClock) -> None:
    spare = "calendars: {spare: {timezone: UTC, hours: {mon: [09:00-17:00]}, holidays: DE},"
    text = DESK.replace("calendars: {", f"{spare} ")
    engine = Engine(clock=clock)
    engine.publish(language.compile_sources({"desk.yaml": text}, "desk.yaml"))
    assert engine.open("desk", ORDER, actor=LI).state == "received"


@pytest.mark.parametrize("name", ["service_ticket", "maintenance"])
def test_a_version_on_other_days_is_what_its_text_gives_on_them(name: str) -> None:
    engine = Engine(clock=ManualClock(MONDAY))
    engine.publish(getattr(catalog, name))
    record = engine.store.process("", name)
    assert record is not None
    other = {"CN": FrozenDays("CN", 2026, ((2026, YearDays(frozenset({MONDAY.date()}))),))}
    plain = {code: days.to_plain() for code, days in other.items()}
    engine.process(name)
    found = engine.rounds.door.book.published.compiled(record, "other", plain)
    wanted = language.compile_sources(record.sources, record.file, holidays=other.__getitem__)
    assert (found.digest, found.days, found.calendars) == (wanted.digest, "other", wanted.calendars)
    assert found.calendars != engine.process(name).calendars
