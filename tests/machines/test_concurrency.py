"""One engine on `transitions`, eight threads and eight asyncio tasks at once: no error, no wrong state, none lost."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Thread

import pytest

from machines.unguarded import Unguarded
from svcflow import language
from svcflow.core.case import Case
from svcflow.core.event import Actor
from svcflow.core.machine import Machine
from svcflow.core.statechart import statechart
from svcflow.engine import Engine
from svcflow.machines.transitions import Transitions

EACH = 8
"""How many threads, and how many tasks."""

LI = Actor("li", roles={"agent"})
BENCH = """process: bench
version: 1
roles: [agent]
by: agent
fields: {hard: flag}
anywhere: {remark: here, restart: repair}
states:
  received: {events: {begin: repair}}
  repair:
    events: {hold: waiting, again: bench.open, close: closed}
    states:
      triage: {auto: {to: bench}}
      bench:
        states:
          open: {events: {look: {ask: hard, to: [{to: deep, when: hard}, {to: shallow, when: not hard}]}}}
          shallow: {events: {close: open}}
          deep:
            states:
              one: {events: {next: two}}
              two: {events: {close: repair.bench.open}}
  waiting: {events: {resume: repair.last, undo: back}}
  closed: {end: done}
"""
ROUND: tuple[tuple[str, Mapping[str, object]], ...] = (
    ("look", {"hard": True}), ("next", {}), ("hold", {}), ("resume", {}), ("hold", {}), ("undo", {}), ("remark", {}),
    ("close", {}), ("look", {"hard": False}), ("close", {}), ("again", {}), ("restart", {}),
)  # fmt: skip


def bench(machine: Machine) -> Engine:
    engine = Engine(machine=machine)
    engine.publish(language.compile_sources({"bench.yaml": BENCH}, "bench.yaml"))
    return engine


def begun(engine: Engine) -> Case:
    return engine.send(engine.open("bench", actor=LI).id, "begin", actor=LI)


def states(engine: Engine, rounds: int) -> Iterator[str]:
    """Drive one case of one's own; answers where it is after every event."""
    case = begun(engine)
    for _ in range(rounds):
        for event, form in ROUND:
            case = engine.send(case.id, event, form, actor=LI)
            yield case.state


class Shift:
    """Workers who drive a case each, as many rounds; `found` is what went wrong."""

    def __init__(self, engine: Engine, rounds: int) -> None:
        self.engine, self.rounds = engine, rounds
        self.expected = list(states(bench(statechart), 1))
        self.found: list[str] = []

    def check(self, got: Iterator[str]) -> bool:
        """Take a case one round further; False at its end, or after an error of anybody."""
        try:
            for place, state in enumerate(islice(got, len(ROUND))):
                if state != self.expected[place]:
                    self.found.append(f"{ROUND[place][0]}: {state} instead of {self.expected[place]}")
                if place == len(ROUND) - 1:
                    return not self.found
        except Exception as error:  # noqa: BLE001  (whatever it is, it is the finding)
            self.found.append(f"{type(error).__name__}: {error}")
        return False

    def drive(self) -> None:
        got = states(self.engine, self.rounds)
        while self.check(got):
            pass

    async def drive_in_turns(self) -> None:
        got = states(self.engine, self.rounds)
        while await asyncio.to_thread(self.check, got):
            pass

    async def tasks(self) -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(EACH))
        await asyncio.gather(*(self.drive_in_turns() for _ in range(EACH)))


def errors(machine: Machine, rounds: int) -> list[str]:
    """What goes wrong when all drive their cases at once."""
    engine = bench(machine)
    shift = Shift(engine, rounds)
    workers = [*(Thread(target=shift.drive) for _ in range(EACH)), Thread(target=asyncio.run, args=(shift.tasks(),))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if not shift.found:
        entries = [len(engine.journal(case.id)) for case in engine.cases()]
        assert entries == [2 + rounds * len(ROUND)] * 2 * EACH
        assert engine.verify().broken == ()
    return shift.found


@pytest.fixture(autouse=True)
def interrupted() -> Iterator[None]:
    """Python turns to another thread as often as it can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.parametrize("events", [2_000, pytest.param(50_000, marks=pytest.mark.exhaustive)])
def test_threads_and_tasks_share_one_engine_without_an_error(events: int) -> None:
    assert errors(Transitions(), -(-events // (2 * EACH * len(ROUND)))) == []


def test_without_its_guard_the_machine_does_not_stand_it() -> None:
    assert errors(Unguarded(), 1_000) != []
