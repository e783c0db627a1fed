"""
Plays the script into a file, one durable event after another, until it is killed: `-m faults.driver FOLDER CASES`.

The time of the script is written down before each act, for the worker beside it; what the engine has acknowledged is
written down after it. Started again, it plays the last acts again: their keys make that harmless.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from faults.scene import DONE, START, publish, script
from svcflow import Engine, ManualClock

AGAIN = 25
"""How many acknowledged acts are played again after a start."""

MICROSECOND = timedelta(microseconds=1)


class Notebook:
    """Lines in a file that are on the disk when `note` returns, if the test wants to be that strict."""

    def __init__(self, path: Path, *, strict: bool) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._strict = strict

    def note(self, line: str) -> None:
        """Write one line at once: a kill before leaves none of it, a kill after leaves all of it."""
        os.write(self._file, f"{line}\n".encode())
        if self._strict:
            os.fsync(self._file)


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


def url(folder: Path, *, strict: bool) -> str:
    """The store that all share; a kill alone loses nothing with NORMAL either."""
    return f"sqlite:///{folder}/cases.db?wait=60&synchronous={'FULL' if strict else 'NORMAL'}"


@contextmanager
def opened(folder: Path, *, strict: bool) -> Iterator[tuple[Engine, ManualClock]]:
    """An engine on the shared file, with the process published."""
    clock = ManualClock(START)
    with Engine(url(folder, strict=strict), clock=clock) as engine:
        publish(engine)
        yield engine, clock


def main(folder: Path, cases: int, *, strict: bool) -> None:
    """Play on from where the last run was killed; each act that is over is a line on the output, too."""
    acknowledged, shared = Notebook(folder / "acknowledged", strict=strict), SharedClock(folder / "clock")
    known = [outcome for *_, outcome in lines(folder / "acknowledged")]
    with opened(folder, strict=strict) as (engine, clock):
        for number, step in enumerate(script(cases)):
            if number < len(known) - AGAIN:
                continue
            clock.set(step.at)
            shared.set(step.at)
            outcome = step.play(engine)
            if number >= len(known):
                acknowledged.note(f"{number} {step.case} {step.key} {outcome}")
            elif (outcome == DONE) != (known[number] == DONE):  # What a refusal says changes with the case.
                raise ValueError(f"{step.key} went {known[number]} the first time, now {outcome}")
            print(number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), strict=sys.argv[3:] == ["strict"])
