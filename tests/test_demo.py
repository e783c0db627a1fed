"""
The demo: a whole week in little time, the same for the same seed, and commands that work as printed.
"""

import json
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

import shelf
from svcflow import Engine
from svcflow.demo import START, Summary, is_demo, make_demo, url_of
from svcflow.demo.desk import HOOKS
from svcflow.demo.people import STAFF
from svcflow.demo.script import SCRIPTS, written
from svcflow.errors import InputError

TICKETS, DAYS = 40, 7
PROGRAM = str(Path(sys.executable).with_name("svcflow"))


def made(path: Path, seed: int = 3, tickets: int = TICKETS, days: int = DAYS) -> Summary:
    return make_demo(path, seed, tickets, days, lambda _hours: None)


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    path = tmp_path_factory.mktemp("demo") / "desk.db"
    return path, made(path)


def test_the_week_shows_what_a_desk_lives_through(week: tuple[Path, Summary]) -> None:
    _, summary = week
    assert {"service_ticket", "callback", "complaint", "maintenance_plan"} <= set(summary.cases)
    assert sum(summary.cases["service_ticket"].values()) >= TICKETS
    assert {"first_response", "resolution", "acknowledge"} <= set(summary.clocks)
    assert summary.clocks["resolution"].met > 0
    assert summary.clocks["resolution"].late > 0
    assert min(summary.escalations[step] for step in ("50%", "75%", "100%")) > 0
    assert summary.hooks["notify"].delivered > summary.hooks["notify"].retried > 0
    assert summary.refused > 0
    assert (summary.end - summary.start).days == DAYS


def test_remote_and_onsite_repairs_partners_and_callbacks_all_occur(week: tuple[Path, Summary]) -> None:
    path, _ = week
    with Engine(url_of(path)) as engine:
        names = {entry.name for case in engine.cases() for entry in engine.journal(case.id)}
    assert {"fix_remotely", "send_own", "send_partner", "decline", "take_it", "need_parts", "save", "register"} <= names


def test_people_act_in_their_own_names_with_their_own_roles(week: tuple[Path, Summary]) -> None:
    path, _ = week
    roles = {person.actor.id: person.actor.roles for person in STAFF}
    with Engine(url_of(path)) as engine:
        actors = [entry.actor for case in engine.cases() for entry in engine.journal(case.id)]
    assert {"chen", "zhao", "lin", "acme-user"} <= {actor.id for actor in actors}
    assert all(actor.roles == roles.get(actor.id, actor.roles) for actor in actors)


def test_what_the_demo_wrote_verifies(week: tuple[Path, Summary]) -> None:
    path, summary = week
    with Engine(url_of(path)) as engine:
        audit = engine.verify()
    assert audit.broken == ()
    assert audit.cases == sum(sum(states.values()) for states in summary.cases.values())


def test_the_same_seed_is_the_same_week_and_another_is_another(tmp_path: Path) -> None:
    first = made(tmp_path / "a.db", seed=5, tickets=12)
    assert made(tmp_path / "b.db", seed=5, tickets=12) == first
    assert made(tmp_path / "c.db", seed=6, tickets=12) != first


def test_the_week_does_not_depend_on_how_python_orders_sets(tmp_path: Path) -> None:
    said = []
    for order in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": order}
        command = [PROGRAM, "demo", f"{order}.db", "--cases", "10", "--format", "json"]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        said.append({name: value for name, value in json.loads(done.stdout).items() if name not in {"file", "next"}})
    assert said[0] == said[1]


def test_every_form_of_the_script_can_be_filled_in(week: tuple[Path, Summary]) -> None:
    path, _ = week
    with Engine(url_of(path)) as engine:
        for name, states in SCRIPTS.items():
            process = engine.process(name)
            for path_, choices in states.items():
                state = process.states[process.paths[path_]]
                line = [process.states[index] for index in process.lines[state.index]]
                for choice in choices:
                    rules = [rule for one in line for rule in one.events.get(choice.event or "", ())]
                    assert rules or choice.event is None
                    for field in (name for rule in rules for name in (*rule.ask, *rule.may)):
                        written(field, START, Random(1))


def test_every_hook_of_the_catalog_is_taken(week: tuple[Path, Summary]) -> None:
    path, summary = week
    assert set(summary.hooks) <= set(HOOKS)
    with Engine(url_of(path)) as engine:
        assert {hook for name in SCRIPTS for hook in shelf.hooks(engine.process(name))} <= set(HOOKS)
        assert len(engine.outbox()) == summary.waiting


# ── the command ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("first look")
    done = subprocess.run([PROGRAM, "demo", "--cases", "30"], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return folder, done.stdout


def test_the_summary_can_be_read(shown: tuple[Path, str]) -> None:
    _, text = shown
    for heading in ("Cases", "Promises", "Escalations", "Hooks"):
        assert f"\n{heading}\n" in text
    assert re.search(r"^ +\d+ +\d+ +\d+  first_response$", text, re.MULTILINE)
    assert re.search(r"^ +\d+  100%$", text, re.MULTILINE)


def test_the_three_commands_work_exactly_as_printed(shown: tuple[Path, str]) -> None:
    folder, text = shown
    commands = [line.strip() for line in text.splitlines() if line.startswith("  ") and " --store " in line]
    assert [shlex.split(command)[1] for command in commands] == ["cases", "show", "verify"]
    for command in commands:
        done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S602 - as a reader would type it
        assert (done.returncode, done.stderr) == (0, ""), command
        assert done.stdout.strip()


def test_the_late_cases_are_those_of_the_end_of_that_week(shown: tuple[Path, str]) -> None:
    folder, text = shown
    command = next(line for line in text.splitlines() if " cases " in line)
    done = subprocess.run(f"{command} --format json", shell=True, cwd=folder, capture_output=True, check=True)  # noqa: S602 - as a reader would type it
    found = json.loads(done.stdout)
    assert found
    assert all(one["late"] and one["due"] < "2026-03-09T00:00:00" for one in found)


def test_the_commands_work_for_a_file_with_blanks_in_its_name(tmp_path: Path) -> None:
    command = [PROGRAM, "demo", "my first desk.db", "--cases", "2", "--days", "1", "--format", "json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    for following in json.loads(done.stdout)["next"]:
        assert subprocess.run(following, shell=True, cwd=tmp_path, capture_output=True, check=False).returncode == 0  # noqa: S602 - as a reader would type it


# ── the file ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_earlier_demo_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    made(path, tickets=3, days=1)
    second = made(path, tickets=5, days=1)
    assert sum(second.cases["service_ticket"].values()) >= 5
    assert sorted(one.name for one in tmp_path.iterdir()) == ["desk.db"]


def test_anything_else_is_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.db"
    sqlite3.connect(theirs).execute("CREATE TABLE stock (part TEXT)").connection.close()
    (tmp_path / "letter.db").write_text("Dear sir or madam", encoding="utf-8")
    (tmp_path / "empty.db").touch()
    (tmp_path / "folder.db").mkdir()
    with Engine(url_of(tmp_path / "cases.db")):
        pass
    for name in ("theirs", "letter", "empty", "folder", "cases"):
        path = tmp_path / f"{name}.db"
        before = None if path.is_dir() else path.read_bytes()
        assert not is_demo(path)
        with pytest.raises(InputError, match="left as it is"):
            made(path, tickets=1, days=1)
        assert path.is_dir() or path.read_bytes() == before


def test_a_demo_that_is_broken_off_leaves_the_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    made(path, tickets=3, days=1)
    before = path.read_bytes()

    def give_up(_hours: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_demo(path, 1, 3, 1, give_up)
    assert path.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["desk.db"]


@pytest.mark.parametrize("name", ["nowhere/desk.db", "what?.db"])
def test_a_file_that_cannot_be_is_refused_before_anything_is_done(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        made(tmp_path / name, tickets=1, days=1)
    assert list(tmp_path.iterdir()) == []
