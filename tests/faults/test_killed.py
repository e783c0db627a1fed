"""Killed at any moment and started again: nothing acknowledged is lost, nothing happens twice, no timer is missed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import pytest

from faults.driver import Notebook, lines, opened
from faults.scene import DONE, END, HOUR, START, publish, script
from faults.worker import register
from svcflow import Case, Engine, JournalEntry, ManualClock

CASES = 200
TESTS = Path(__file__).parents[1]

DOUBLES = """
SELECT case_id, key FROM svcflow_journal WHERE key IS NOT NULL GROUP BY case_id, key HAVING count(*) > 1
UNION ALL
SELECT case_id, seq FROM svcflow_journal GROUP BY case_id, seq HAVING count(*) > 1
"""

Journal = tuple[JournalEntry, ...]


class Programs:
    """The driver and the worker on one folder, to be killed and started again."""

    def __init__(self, folder: Path, *, strict: bool) -> None:
        self.folder, self.mode = folder, ["strict"] if strict else []
        self.running: dict[str, subprocess.Popen[str]] = {}

    def start(self, name: str, *arguments: str) -> None:
        """Start a program anew, after killing it where it stands if it runs."""
        self.kill(name)
        command = [sys.executable, "-m", f"faults.{name}", str(self.folder), *arguments, *self.mode]
        environment = {**os.environ, "PYTHONPATH": str(TESTS)}
        self.running[name] = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)

    def kill(self, name: str) -> None:
        """SIGKILL: no handler, no `finally`, no last commit."""
        process = self.running.pop(name, None)
        if process is not None:
            process.kill()
            process.communicate()

    def follow(self, until: int) -> int:
        """Let the driver go on until this act is over, or to its end; the last act that is over."""
        reached = -1
        for line in self.running["driver"].stdout or ():
            reached = int(line)
            if reached >= until:
                break
        return reached


def drive(folder: Path, kills: int, *, strict: bool) -> None:
    """Play the script through, killing the driver so often, and the worker beside it every other time."""
    random, reached, steps = Random(7), 0, len(script(CASES))
    programs = Programs(folder, strict=strict)
    try:
        programs.start("worker")
        for _ in range(kills):
            programs.start("driver", str(CASES))
            reached = programs.follow(reached + random.randrange(1, 2 * steps // (kills + 1)))
            # A random part of an act later: between any two of its statements.
            with suppress(subprocess.TimeoutExpired):
                programs.running["driver"].wait(random.uniform(0, 0.01))
            assert programs.running["worker"].poll() is None, "the worker has ended by itself"
            if random.random() < 0.5:
                programs.start("worker")
        programs.start("driver", str(CASES))
        assert programs.follow(steps) == steps - 1
        assert programs.running["driver"].wait() == 0
    finally:
        programs.kill("driver")
        programs.kill("worker")


def undisturbed(cases: int = CASES) -> tuple[Engine, list[str]]:
    """The same script in memory, without a worker until the end; and how each act went."""
    clock = ManualClock(START)
    engine = Engine(clock=clock)
    publish(engine)
    outcomes = []
    for step in script(cases):
        clock.set(step.at)
        outcomes.append(step.play(engine))
    clock.set(END)
    engine.tick()
    return engine, outcomes


def settled(engine: Engine, clock: ManualClock, folder: Path) -> None:
    """Let a worker come to the end of everything that is due at the end of the script."""
    register(engine, Notebook(folder / "delivered", strict=False))
    clock.set(END)
    for _ in range(20):
        engine.tick()
        clock.advance(HOUR)
    assert (engine.outbox(), engine.incidents(), engine.store.next_due()) == ((), (), None)


def everything(engine: Engine) -> dict[str, tuple[Case, Journal]]:
    """Every case with its journal, private values included."""
    return {
        case.id: (case, tuple(one.entry for one in engine.store.journal("", case.id, private=True)))
        for case in engine.cases()
    }


def check(folder: Path) -> None:
    """All that was promised, read from what the killed programs have left behind."""
    model, outcomes = undisturbed()
    acknowledged = lines(folder / "acknowledged")
    with opened(folder, strict=False) as (engine, clock):
        settled(engine, clock, folder)
        found, wanted = everything(engine), everything(model)
        audit = engine.verify()
    assert [outcome for *_, outcome in acknowledged] == outcomes
    keys = Counter(entry.key for _, journal in found.values() for entry in journal if entry.key is not None)
    assert keys == {key: 1 for _, _, key, outcome in acknowledged if outcome == DONE}
    timers = Counter((case, entry.name, entry.at) for case, entry in _entries(found) if entry.kind == "timer")
    assert timers == Counter((case, entry.name, entry.at) for case, entry in _entries(wanted) if entry.kind == "timer")
    assert found == wanted
    assert (audit.broken, audit.cases, audit.entries) == ((), len(wanted), len(_entries(wanted)))
    with closing(sqlite3.connect(folder / "cases.db")) as connection:
        assert connection.execute(DOUBLES).fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    check_hooks(folder, wanted)


def check_hooks(folder: Path, wanted: dict[str, tuple[Case, Journal]]) -> None:
    """Every call was delivered; one may have come again, none before an earlier one of its case."""
    delivered: dict[str, list[str]] = {case: [] for case in wanted}
    for case, seq, index in lines(folder / "delivered"):
        delivered[case].append(f"{case}:{seq}:{index}")
    for case, (_, journal) in wanted.items():
        caused = [call for entry in journal for call in entry.calls]
        assert list(dict.fromkeys(delivered[case])) == caused
        places = [caused.index(key) for key in delivered[case]]
        assert places == sorted(places)


def _entries(found: dict[str, tuple[Case, Journal]]) -> list[tuple[str, JournalEntry]]:
    return [(case, entry) for case, (_, journal) in found.items() for entry in journal]


@pytest.mark.slow
def test_a_driver_killed_six_times_leaves_what_an_undisturbed_one_leaves(tmp_path: Path) -> None:
    drive(tmp_path, 6, strict=False)
    check(tmp_path)


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.usefixtures("patience")
def test_a_driver_killed_two_hundred_times_does_too(tmp_path: Path) -> None:
    drive(tmp_path, 200, strict=True)
    check(tmp_path)
