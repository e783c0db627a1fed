"""
Plays the script into a store, one event after another, until it is killed: `-m faults.driver FOLDER CASES [POINT N]`.

The number of the act up to which it may go is read from the input, and there the next such number: it must not run away
from a test that stands still. The time of the script is written down before each act, for the worker beside it; what is
acknowledged is written down after it. Started again, it plays the last acts again: their keys make that harmless. With
a point, such as `after apply`, it kills itself where the store comes there for the N-th time.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from faults.scene import DONE, START, Step, publish, script
from svcflow import Engine, ManualClock
from svcflow.clocks import Clock
from svcflow.errors import StoreError
from svcflow.stores.open import open_store
from svcflow.testing.faults import watched

AGAIN = 25
"""How many acknowledged acts are played again after a start."""

MICROSECOND = timedelta(microseconds=1)
OUTAGE = 0.05
"""Seconds between two tries to reach a server that is away."""


class Notebook:
    """Lines in a file; a kill of the program takes none of them away."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, line: str) -> None:
        """Write one line at once: a kill before leaves none of it, a kill after leaves all of it."""
        os.write(self._file, f"{line}\n".encode())


def lines(path: Path) -> list[list[str]]:
    """What was noted so far, word by word."""
    return [line.split() for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


class SharedClock:
    """A clock in a file: one process sets it, the others read it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT)

    def set(self, at: datetime) -> None:
        """Let it be so late from now on."""
        os.pwrite(self._file, ((at - START) // MICROSECOND).to_bytes(8), 0)

    def now(self) -> datetime:
        """The time that was set last."""
        return START + int.from_bytes(os.pread(self._file, 8, 0)) * MICROSECOND


class Death:
    """Kills this program when a watched store comes to a point for the so-manieth time."""

    def __init__(self, point: str, times: int) -> None:
        self._point, self._left = point, times

    def __call__(self, moment: str) -> None:
        self._left -= moment == self._point
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def engine_on(folder: Path, clock: Clock, dies: Sequence[str] = ()) -> Iterator[Engine]:
    """An engine on the store that all share, whose URL is in the folder, with the process published."""
    store = open_store((folder / "url").read_text(encoding="utf-8"))
    if dies:
        point, times = dies
        store = watched(store, Death(point, int(times)), within=point == "within apply")
    with Engine(store, clock=clock) as engine:
        publish(engine)
        yield engine


def insist(step: Step, engine: Engine, outages: Notebook) -> str:
    """Play a step, with the same key until the store can be used."""
    while True:
        try:
            return step.play(engine)
        except StoreError as problem:
            outages.note(f"{step.key} {problem}")
            threading.Event().wait(OUTAGE)


def main(folder: Path, cases: int, dies: Sequence[str]) -> None:
    """Play on from where the last run was killed; each act that is over is a line on the output, too."""
    acknowledged, outages = Notebook(folder / "acknowledged"), Notebook(folder / "outages")
    clock, shared = ManualClock(START), SharedClock(folder / "clock")
    known, last = [outcome for *_, outcome in lines(folder / "acknowledged")], -1
    with engine_on(folder, clock, dies) as engine:
        for number, step in enumerate(script(cases)):
            if number < len(known) - AGAIN:
                continue
            while number > last:
                last = int(sys.stdin.readline())
            clock.set(step.at)
            shared.set(step.at)
            outcome = insist(step, engine, outages)
            if number >= len(known):
                acknowledged.note(f"{number} {step.case} {step.key} {outcome}")
            elif (outcome == DONE) != (known[number] == DONE):  # What a refusal says changes with the case.
                raise ValueError(f"{step.key} went {known[number]} the first time, now {outcome}")
            print(number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
