"""The doors of the language: load, project, compile_sources; what a digest holds; the catalog."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from attrs import fields

import svcflow.catalog
from svcflow.core.calendar import Holidays, YearDays
from svcflow.core.process import ClockRule, State
from svcflow.core.rule import Actions
from svcflow.errors import CalendarError, DefinitionError
from svcflow.language import check, compile_sources, load, project, schema
from svcflow.language.behaviour import behaviour
from svcflow.language.findings import Finding

NAMES = ["callback", "complaint", "maintenance", "maintenance_plan", "service_ticket"]
DESK = (
    "process: desk\nversion: 1\ntitle: Desk\nroles: [clerk, boss]\n"
    "fields: {note: text, other: text}\nopen: {ask: note}\n"
    "calendar: office\ncalendars: {office: {timezone: UTC, holidays: XX, hours: {mon-fri: [09:00-17:00]}}}\n"
    "states:\n  new: {by: clerk, limit: 2h, events: {close: {to: closed, when: filled(note)}, stay: {ask: other}}}\n"
    "  closed: {end: done}\n"
)


class Days:
    name = "XX"
    valid_through = None

    def days(self, year: int) -> YearDays:
        return YearDays(frozenset({date(year, 1, 1)}), frozenset(), official=True)


def days_off(code: str) -> Holidays:
    if code != "XX":
        raise CalendarError(f"no {code}")
    return Days()


def digest(text: str) -> str:
    return compile_sources({"desk.yaml": text}, "desk.yaml", holidays=days_off).digest


@pytest.mark.parametrize("name", NAMES)
def test_a_shared_process_loads_and_compiles_again_from_its_own_sources(shared: Path, name: str) -> None:
    process = load(shared / "definitions" / f"{name}.yaml")
    assert set(process.sources) == {f"{name}.yaml", "common.yaml"}
    again = compile_sources(process.sources, process.file)
    assert again == process
    assert again.states == process.states
    assert again.moves == process.moves


@pytest.mark.parametrize("name", [*NAMES, "common"])
def test_nothing_is_found_in_a_shared_definition(shared: Path, name: str) -> None:
    assert check([shared / "definitions" / f"{name}.yaml"]).findings == ()


@pytest.mark.parametrize("name", NAMES)
def test_the_catalog_behaves_as_the_shared_definitions(shared: Path, name: str) -> None:
    assert getattr(svcflow.catalog, name).digest == load(shared / "definitions" / f"{name}.yaml").digest


@pytest.mark.requirement("R015")
def test_nothing_is_found_in_the_catalog() -> None:
    assert check(sorted(svcflow.catalog.FOLDER.glob("*.yaml"))).findings == ()


def test_the_catalog_reads_a_process_once_and_says_what_it_has() -> None:
    assert svcflow.catalog.complaint is svcflow.catalog.complaint
    assert load(svcflow.catalog.path("callback.yaml")).name == "callback"
    assert set(NAMES) <= set(dir(svcflow.catalog))
    with pytest.raises(AttributeError, match="did you mean 'complaint'"):
        _ = svcflow.catalog.compliant
    with pytest.raises(FileNotFoundError, match=r"callback\.yaml"):
        svcflow.catalog.path("nothing.yaml")


def test_a_project_is_a_process_with_all_it_runs_or_starts() -> None:
    found = project(svcflow.catalog.path("maintenance_plan.yaml"))
    assert [process.name for process in found] == [
        "maintenance_plan", "maintenance", "service_ticket", "callback", "complaint",
    ]  # fmt: skip


def test_a_project_with_a_broken_member_tells_its_findings(tmp_path: Path) -> None:
    shutil.copytree(svcflow.catalog.FOLDER, tmp_path, dirs_exist_ok=True)
    broken = tmp_path / "complaint.yaml"
    broken.write_text(broken.read_text(encoding="utf-8").replace("by: quality", "by: qualiyt"), encoding="utf-8")
    with pytest.raises(DefinitionError) as raised:
        project(tmp_path / "maintenance_plan.yaml")
    (finding,) = (one for one in raised.value.findings if isinstance(one, Finding) and one.severity == "error")
    assert (finding.code, Path(finding.file).name) == ("SF202", "complaint.yaml")


def test_loading_tells_every_finding_at_once(tmp_path: Path) -> None:
    path = tmp_path / "desk.yaml"
    path.write_text(
        DESK.replace("XX", "DE").replace("clerk, limit", "clrek, limit").replace("closed, when", "clsoed, when")
    )
    with pytest.raises(DefinitionError) as raised:
        load(path)
    found = [one for one in raised.value.findings if isinstance(one, Finding)]
    assert {"SF201", "SF202"} <= {one.code for one in found}
    assert all(f"{path}:{one.line}:{one.column}" in str(raised.value) for one in found)


def test_lines_may_end_as_on_windows(shared: Path, tmp_path: Path) -> None:
    for path in (shared / "definitions").glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert check(sorted(tmp_path.glob("*.yaml"))).findings == ()
    unix = load(shared / "definitions" / "service_ticket.yaml")
    assert load(tmp_path / "service_ticket.yaml").digest == unix.digest


def test_every_word_of_the_schema_is_described() -> None:
    models = [one for one in vars(schema).values() if isinstance(one, type) and issubclass(one, schema.Shape)]
    bare = [(one.__name__, name) for one in models for name, field in one.model_fields.items() if not field.description]
    assert bare == []


def test_a_shared_file_is_no_process() -> None:
    with pytest.raises(DefinitionError, match="a file of shared words, not a process"):
        load(svcflow.catalog.path("common.yaml"))


def test_holidays_come_from_whom_the_caller_names() -> None:
    process = compile_sources({"desk.yaml": DESK}, "desk.yaml", holidays=days_off)
    assert process.calendars["office"].is_working_date(date(2026, 1, 2))
    assert not process.calendars["office"].is_working_date(date(2026, 1, 1))
    with pytest.raises(DefinitionError, match="no holidays are known for `YY`"):
        compile_sources({"desk.yaml": DESK.replace("XX", "YY")}, "desk.yaml", holidays=days_off)


def test_calendars_of_shared_files_that_nobody_uses_need_no_holidays() -> None:
    words = DESK[DESK.index("calendars:") : DESK.index("states:")].replace("XX", "YY")
    desk = DESK.replace("calendar: office\n", "use: [words.yaml]\n").replace(
        DESK[DESK.index("calendars:") : DESK.index("states:")], ""
    )
    sources = {"desk.yaml": desk, "words.yaml": "shared: words\n" + words}
    assert set(compile_sources(sources, "desk.yaml", holidays=days_off).calendars) == {"always"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Desk", "title: {en: The desk}\nlanguages: [en]"),
        ("process: desk\n", "# A comment.\nprocess:   desk\n"),
        ("{by: clerk, limit", "{title: New, by: [clerk], limit"),
        ("when: filled(note)", "when:   filled(note)"),
        ("roles: [clerk, boss]", "roles: [boss, clerk, third]\nlabels: {en: {clerk: Clerk}}\nlanguages: [en]"),
    ],
    ids=["title", "comment", "title and long form", "blanks before a condition", "unused role and labels"],
)
def test_how_a_process_is_told_does_not_change_its_digest(old: str, new: str) -> None:
    assert old in DESK
    assert digest(DESK.replace(old, new)) == digest(DESK)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 1", "version: 2"),
        ("by: clerk", "by: boss"),
        ("limit: 2h", "limit: 3h"),
        ("limit: 2h, ", ""),
        ("filled(note)", "not filled(note)"),
        ("ask: other", "may: other"),
        ("09:00-17:00", "09:00-18:00"),
        ("timezone: UTC", "timezone: Asia/Shanghai"),
        ("note: text", "note: list"),
        ("note: text", "note: {type: text, private: true}"),
        ("end: done", "end: cancelled"),
        ("open: {ask: note}", "open: {may: note}"),
        ("{to: closed,", "{to: closed, max: 3,"),
        ("{to: closed,", "{to: closed, do: {notify: boss},"),
        ("new:", "fresh:"),
    ],
)
def test_what_a_process_does_changes_its_digest(old: str, new: str) -> None:
    assert old in DESK
    assert digest(DESK.replace(old, new)) != digest(DESK)


def test_what_is_worked_out_from_the_rest_is_not_part_of_the_digest() -> None:
    held = behaviour(svcflow.catalog.service_ticket)
    for kind, value in ((State, held["states"][0]), (ClockRule, held["clocks"][0]), (Actions, held["states"][0]["do"])):
        assert set(value) == {one.name for one in fields(kind) if one.init} - {"title", "place", "index", "qualified"}
