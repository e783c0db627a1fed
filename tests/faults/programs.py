"""The driver and the worker as programs on one store, killed at random moments and at named points."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from random import Random
from subprocess import PIPE, Popen, TimeoutExpired

from faults.scene import script

TESTS = Path(__file__).parents[1]

DRIVER_POINTS = ("after family", "before apply", "within apply", "after apply")
WORKER_POINTS = (
    "before apply", "within apply", "after apply", "after taking", "after claim", "before delivered", "after delivered",
    "before failed", "after failed",
)  # fmt: skip

LEASE = "5"

FURTHER = 10
"""How many acts the driver may be ahead of what the test has heard of."""


class Programs:
    """Programs on one folder, to be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: dict[str, Popen[str]] = {}
        self._bound = 0
        self.killed: Counter[str] = Counter()

    def start(self, name: str, *arguments: str) -> None:
        """Start a program anew, after killing it where it stands if it runs."""
        self.kill(name)
        command = [sys.executable, "-m", f"faults.{name.partition('-')[0]}", str(self.folder), *arguments]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])}
        self.running[name] = Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=environment)

    def await_ready(self, name: str) -> None:
        """Wait until a program says that its engine is open and its process published."""
        output = self.running[name].stdout
        assert output is not None
        assert output.readline() == "ready\n", f"{name} has ended by itself"

    def kill(self, name: str) -> None:
        """SIGKILL, unless it has done that itself: no handler, no `finally`, no last commit."""
        process = self.running.pop(name, None)
        if process is not None:
            process.kill()
            process.communicate()
            assert process.returncode in {0, -signal.SIGKILL}, f"{name} has ended by itself"
            self.killed[name] += process.returncode != 0

    def end(self) -> None:
        """Kill what is left, which is no part of the test."""
        for process in self.running.values():
            process.kill()
            process.communicate()

    def follow(self, until: int) -> int:
        """Let the driver go on until this act is over, or to its end; the last act that is known to be over."""
        self._let(until + FURTHER)
        reached = -1
        for line in self.running["driver"].stdout or ():
            reached = int(line)
            if reached >= until:
                break
        return reached

    def try_one_more(self) -> None:
        """Let the driver go on with one act more than it could have played by now."""
        self._let(self._bound + 1)

    def _let(self, bound: int) -> None:
        self._bound = bound
        line = self.running["driver"].stdin
        assert line is not None
        line.write(f"{bound}\n")
        line.flush()


def drive(folder: Path, cases: int, kills: int) -> Counter[str]:
    """
    Play the script through, killing the driver so often and the worker beside it now and then; how often each.

    The driver is killed by turns at a random moment and at the next of the named points.
    """
    random, reached, steps = Random(7), 0, len(script(cases))
    points, works = cycle(DRIVER_POINTS), cycle(WORKER_POINTS)
    programs = Programs(folder)
    try:
        programs.start("worker", LEASE)
        for number in range(kills):
            acts = random.randrange(1, max(2, 3 * steps // (2 * (kills + 1))))
            if number % 2:
                programs.start("driver", str(cases), next(points), str(acts))
                reached = max(reached, programs.follow(steps))
            else:
                programs.start("driver", str(cases))
                reached = programs.follow(reached + acts)
                # A random part of an act later: between any two of its statements.
                with suppress(TimeoutExpired):
                    programs.running["driver"].wait(random.uniform(0, 0.01))
            programs.kill("driver")
            if programs.running["worker"].poll() is not None or random.random() < 0.25:
                programs.start("worker", LEASE, next(works), str(random.randrange(1, 9)))
        programs.start("driver", str(cases))
        assert programs.follow(steps) == steps - 1
        assert programs.running["driver"].wait() == 0
        return programs.killed
    finally:
        programs.end()
