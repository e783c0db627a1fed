"""
The catalog is whole: every process is described, and what it asks of a host is listed.
"""

import re
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import shelf
import svcflow
from svcflow import catalog
from svcflow.clocks import ManualClock

TEXT = shelf.PAGE.read_text(encoding="utf-8")


def test_every_process_has_its_section() -> None:
    assert sorted(shelf.described(TEXT)) == sorted(catalog.NAMES)


def test_the_tables_say_what_the_files_say() -> None:
    assert shelf.written(TEXT) == TEXT, "write them again with `PYTHONPATH=src:tests python -m shelf`"


def test_the_outlines_are_those_of_the_files() -> None:
    assert shelf.OUTLINES.read_text(encoding="utf-8") == shelf.outlined(), "write them again in the same way"


def test_every_hook_that_is_called_is_told_and_no_other() -> None:
    listed = TEXT.partition("## What the host provides")[2]
    told = {name for row in re.findall(r"^\| (`.*?) \|", listed, re.MULTILINE) for name in re.findall(r"\w+", row)}
    assert told == {hook for name in catalog.NAMES for hook in shelf.hooks(getattr(catalog, name))}


def test_every_hook_that_a_file_names_is_called() -> None:
    processes: list[svcflow.Process] = [getattr(catalog, name) for name in catalog.NAMES]
    named = {hook for process in processes for hook in process.hooks}
    assert named == {hook for process in processes for hook in shelf.hooks(process)}


@pytest.mark.requirement("R254")
def test_a_qualification_that_ran_out_is_told_of_once_however_often_its_training_is_arranged() -> None:
    clock = ManualClock(datetime(2026, 3, 2, 2, tzinfo=UTC))
    engine = svcflow.Engine(clock=clock)
    engine.publish(catalog.training)
    told: list[svcflow.HookCall] = []
    for hook in ("notify", *catalog.training.hooks):
        engine.hook(hook)(told.append)
    lead, trainer = svcflow.Actor("tang", roles={"team_lead"}), svcflow.Actor("chen")
    case = engine.open("training", {"trainee": "wang", "skill": "lifts", "expires_on": date(2026, 3, 3)}, actor=lead)
    clock.advance(timedelta(days=3))
    engine.tick()
    for _ in range(2):
        engine.send(case.id, "arrange", {"trainer": "chen", "course_at": clock.now()}, actor=lead)
        engine.send(case.id, "missed", {"reason": "ill"}, actor=trainer)
        clock.advance(timedelta(days=1))
        engine.tick()
    assert engine.case(case.id).state == "preparing.plan"
    assert [call.hook for call in told].count("qualification_expired") == 1


@pytest.mark.requirement("R177")
def test_states_for_which_no_emergency_was_planned_can_be_listed() -> None:
    engine = svcflow.Engine(clock=ManualClock(datetime(2026, 3, 2, 2, tzinfo=UTC)))
    engine.publish(catalog.risk_plan, catalog.callback)
    quality = svcflow.Actor("qian", roles={"quality"})
    for process, stage in (("callback", "reach.choose"), ("callback", "rating"), ("complaint", "judged")):
        case = engine.open("risk_plan", {"risk": "nobody is there"}, actor=quality)
        rated = {"kind": "late_response", "effect": "failure", "severity": 5, "occurrence": 2, "detection": 2}
        engine.send(case.id, "rated", {"process_name": process, "stage": stage, **rated}, actor=quality)
    plans = engine.cases(process="risk_plan", where={"process_name": "callback"})
    planned = {case.fields["stage"] for case in plans}
    working = {state.path for state in engine.process("callback").states if state.events and not state.children}
    assert working - planned == {f"reach.{name}" for name in ("calling", "retry", "visiting", "questionnaire")}


@pytest.mark.requirement("R133", "R141")
def test_a_house_sets_its_own_promises_in_a_copy_and_shortens_them_by_a_version(tmp_path: Path) -> None:
    for file in ("common.yaml", "callback.yaml", "complaint.yaml"):
        shutil.copy(catalog.path(file), tmp_path / file)
    path = tmp_path / "complaint.yaml"
    shipped = path.read_text(encoding="utf-8")
    engine = svcflow.Engine(clock=ManualClock(datetime(2026, 3, 6, 9, tzinfo=UTC)))  # A Friday evening in Shanghai.
    officer, promised = svcflow.Actor("luo", roles={"complaints"}), []
    for version, answered, settled in ((1, "48h", "72h"), (2, "24h", "24h")):
        text = shipped.replace("2h on hotline", f"{answered} on always").replace(
            "major: 7d", f"major: {settled} on always"
        )
        path.write_text(text.replace("version: 1", f"version: {version}"), encoding="utf-8")
        engine.publish(path)
        case = engine.open("complaint", {"customer": "acme", "phone": "1"}, actor=officer)
        asked = {"subject": "x", "demand": "x", "severity": "major", "owner": "luo"}
        due = {view.name: view.due for view in engine.clocks(case.id)}
        promised.append(due["acknowledge"])
        engine.send(case.id, "register", asked, actor=officer)
        promised += [view.due for view in engine.clocks(case.id) if view.name == "settlement"]
    assert [one - case.opened_at for one in promised if one] == [timedelta(hours=h) for h in (48, 72, 24, 24)]
