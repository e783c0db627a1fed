"""Whichever statement of an act fails, all of the act is there or nothing, and doing it again leads to the same end."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random

import pytest

from engine.desk import ACME, KIM, LI, MONDAY, ORDER, desk_process
from faults.fragile import Fault, fragile_store, rows
from svcflow import Engine, HookCall, ManualClock
from svcflow.errors import StoreError

pytestmark = [pytest.mark.chaos, pytest.mark.slow]

HOUR = timedelta(hours=1)


class Desk:
    """An engine on a fragile file, on a clock of its own, with a host that writes down what is delivered."""

    def __init__(self, path: Path) -> None:
        self.path, self.fault, self.clock = path, Fault(), ManualClock(MONDAY)
        self.delivered: list[str] = []
        self.engine = Engine(fragile_store(path, self.fault), clock=self.clock, random=Random(7))
        self.engine.hook("*")(self.deliver)

    def close(self) -> None:
        self.engine.close()

    def deliver(self, call: HookCall) -> None:
        self.delivered.append(call.key)

    def open(self) -> None:
        self.engine.open("desk", ORDER, actor=LI, id="T-1", key="open")

    def assign(self) -> None:
        self.engine.send("T-1", "assign", {"owner": "kim"}, actor=LI, key="assign")

    def need(self) -> None:
        self.engine.send("T-1", "need", {"parts": ["panel"]}, actor=KIM, key="need")

    def correct_late(self) -> None:
        """An event before which timers are overdue."""
        self.clock.set(MONDAY + 9 * HOUR)
        self.engine.send("T-1", "done", {"result": "new panel"}, actor=KIM, key="done")

    def note(self) -> None:
        self.engine.note("T-1", "the customer rang", actor=LI, key="note")

    def work(self) -> None:
        """A worker's round, timers and calls: several transactions."""
        self.clock.set(MONDAY + 30 * HOUR)
        self.engine.tick()

    def fine(self) -> None:
        self.engine.send("T-1", "fine", actor=ACME, key="fine")

    def finish(self) -> None:
        """Until nothing waits any more, whatever leases are still held."""
        for day in range(2, 12):
            self.clock.set(MONDAY + day * 24 * HOUR)
            self.engine.tick()


ACTS: tuple[Callable[[Desk], None], ...] = (
    Desk.open, Desk.assign, Desk.need, Desk.correct_late, Desk.note, Desk.work, Desk.fine,
)  # fmt: skip


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """A file with the process published."""
    path = tmp_path / "prepared.db"
    with closing(Desk(path)) as desk:
        desk.engine.publish(desk_process())
    return path


@pytest.mark.parametrize("afterwards", [False, True], ids=["before it is run", "after it was run"])
def test_an_act_that_fails_at_any_statement_is_all_or_nothing_and_can_be_repeated(
    prepared: Path, tmp_path: Path, *, afterwards: bool
) -> None:
    path = tmp_path / "cases.db"
    shutil.copy(prepared, path)
    stages, calls = play(path)
    for statement in count(1):
        for old in tmp_path.glob("cases.db*"):
            old.unlink()
        shutil.copy(prepared, path)
        if not play_with_fault(path, statement, stages, calls, afterwards=afterwards):
            assert statement > 60, "the script has become too short to mean anything"
            return


def play(path: Path) -> tuple[list[object], list[str]]:
    """What is in the file before the first act and after each, then at the very end; and the calls delivered."""
    with closing(Desk(path)) as desk:
        stages: list[object] = [rows(path)]
        for act in ACTS:
            act(desk)
            stages.append(rows(path))
        desk.finish()
        return [*stages, rows(path)], desk.delivered


def play_with_fault(path: Path, statement: int, stages: list[object], calls: list[str], *, afterwards: bool) -> bool:
    with closing(Desk(path)) as desk:
        desk.fault.arm(statement, afterwards=afterwards)
        for number, act in enumerate(ACTS):
            if not attempt(desk, act):
                assert act is Desk.work or rows(path) in stages[number : number + 2]
                act(desk)
            assert act is Desk.work or stages[number + 1] == rows(path) or struck_in_a_round(desk, number)
        struck = desk.fault.struck
        desk.fault.arm(0, afterwards=False)
        desk.finish()
        assert rows(path) == stages[-1]
        assert list(dict.fromkeys(desk.delivered)) == calls
        assert desk.engine.verify().broken == ()
        return struck


def attempt(desk: Desk, act: Callable[[Desk], None]) -> bool:
    """Whether the act went through; whatever the store says otherwise is one clear error."""
    try:
        act(desk)
    except StoreError as error:
        if "the disk reports an error" not in str(error):
            raise
        return False
    return True


def struck_in_a_round(desk: Desk, number: int) -> bool:
    """After a round that broke off, a call may still be leased: then the outbox differs until the lease has run out."""
    return desk.fault.struck and number > ACTS.index(Desk.work)
