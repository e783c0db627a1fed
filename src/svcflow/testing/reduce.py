"""
The shortest and simplest run that still fails in the same way.

Commands are left out, in large pieces first, and what is left is made simpler, until nothing more can go. It works on
the trace alone, so that it does so for a trace of any origin: drawn, written by hand, or recorded in production.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import TypeAlias

from attrs import evolve

from svcflow.errors import InputError
from svcflow.testing.host import FakeHooks
from svcflow.testing.properties import Properties
from svcflow.testing.properties.all import BUILT_IN
from svcflow.testing.running import run
from svcflow.testing.simpler import simpler
from svcflow.testing.stage import Stage
from svcflow.testing.step import Course
from svcflow.testing.trace import Command, Trace, Wait
from svcflow.testing.violations import Violation

TRIES = 2_000
"""How many traces are tried at most."""

_MOST_IN_PAIRS = 16
"""Up to so many commands, two that stand apart are left out together, too: neither may go alone."""

_INSTANT = timedelta(microseconds=1)

Fails: TypeAlias = Callable[[Trace], bool]
Enough: TypeAlias = Callable[[], bool]


def _never() -> bool:
    return False


def minimise(
    trace: Trace,
    fails: Fails,
    *,
    instants: Iterable[datetime] = (),
    tries: int = TRIES,
    enough: Enough = _never,
) -> Trace:
    """
    Answer a trace that fails too, and of which nothing can be left out or made simpler any more.

    `fails` says whether a trace fails in the way that matters. Waits are shortened to `instants`, where given, at which
    something may fall due. After `tries` traces, or as soon as it is `enough`, the best one so far is answered.

    Raises:
        InputError: The trace does not fail.
    """
    if not fails(trace):
        raise InputError("this trace does not fail, so there is nothing to be reduced")
    search = _Search(fails, sorted(instants), tries, enough)
    while True:
        smaller = search.simpler(search.in_pairs(search.shorter(trace)))
        if smaller == trace:
            return trace
        trace = smaller


class _Search:
    def __init__(self, fails: Fails, instants: Sequence[datetime], tries: int, enough: Enough) -> None:
        self.fails, self.instants, self.left, self.enough = fails, instants, tries, enough
        self.passed: set[str] = set()

    def tried(self, trace: Trace) -> bool:
        """Whether this one fails, too; one that was tried before did not."""
        known = repr(trace.commands)
        if known in self.passed or self.left <= 0 or self.enough():
            return False
        self.left -= 1
        if self.fails(trace):
            return True
        self.passed.add(known)
        return False

    def shorter(self, trace: Trace) -> Trace:
        """Leave out whole cases, then pieces of half the trace, of a quarter, down to single commands."""
        for case in sorted({_case(command) for command in trace.commands} - {""}):
            trace = self._if_fails(trace, [one for one in trace.commands if _case(one) != case])
        size = max(1, len(trace) // 2)
        while size:
            for start in range(len(trace) - size, -size, -size):
                commands = trace.commands
                trace = self._if_fails(trace, commands[: max(0, start)] + commands[start + size :])
            size //= 2
        return trace

    def in_pairs(self, trace: Trace) -> Trace:
        """Leave out two that only make sense together, such as a pause and its end."""
        found = True
        while found and len(trace) <= _MOST_IN_PAIRS:
            found = False
            for one, other in combinations(range(len(trace)), 2):
                rest = [command for place, command in enumerate(trace.commands) if place not in {one, other}]
                smaller = self._if_fails(trace, rest)
                if smaller is not trace:
                    trace, found = smaller, True
                    break
        return trace

    def simpler(self, trace: Trace) -> Trace:
        """Make each command as simple as it can be."""
        for place in range(len(trace)):
            found = True
            while found:
                found = False
                for command in self._simpler(trace, place):
                    smaller = self._if_fails(trace, (*trace.commands[:place], command, *trace.commands[place + 1 :]))
                    if smaller is not trace:
                        trace, found = smaller, True
                        break
        return trace

    def _simpler(self, trace: Trace, place: int) -> Iterator[Command]:
        waits = [command.until for command in trace.commands[:place] if isinstance(command, Wait)]
        return simpler(trace.commands[place], max((trace.start, *waits)), self.instants)

    def _if_fails(self, trace: Trace, commands: Sequence[Command]) -> Trace:
        """The trace with these commands if it fails, too, else as it is."""
        other = evolve(trace, commands=tuple(commands))
        return other if other != trace and self.tried(other) else trace


def _case(command: Command) -> str:
    case = getattr(command, "case", "")
    return case if isinstance(case, str) else ""


# ── traces that break a promise ────────────────────────────────────────────────────────────────────────────────


def alike(one: Violation, other: Violation) -> bool:
    """Whether two runs failed in the same way: the same promise, or the same undocumented exception."""
    return type(one) is type(other) and type(one.__cause__) is type(other.__cause__)


def broken(
    stage: Stage, trace: Trace, *, properties: Properties = BUILT_IN, host: FakeHooks | None = None
) -> Violation | None:
    """The violation that a trace runs into, with its course; None if it runs into none."""
    try:
        run(stage, trace, properties=properties, host=None if host is None else host.fresh())
    except Violation as violation:
        return violation
    return None


def reduced(
    stage: Stage,
    found: Violation,
    *,
    properties: Properties = BUILT_IN,
    host: FakeHooks | None = None,
    tries: int = TRIES,
    enough: Enough = _never,
) -> Violation:
    """
    Answer the same violation by the shortest and simplest trace that leads to it; its `course` says which.

    A run that comes out otherwise when it is repeated is answered as it is.
    """
    best = found

    def fails(trace: Trace) -> bool:
        nonlocal best
        again = broken(stage, trace, properties=properties, host=host)
        if again is None or not alike(again, found):
            return False
        best = again
        return True

    course = found.course
    if course is None or not fails(course.trace):
        return found
    minimise(course.trace, fails, instants=due_in(course), tries=tries, enough=enough)
    return best


def due_in(course: Course) -> set[datetime]:
    """The instants of a run at which something happened or fell due; and those right after, for escalation steps."""
    timers = (timer.due for step in course.steps for case in step.after.values() for timer in case.timers.values())
    dues = {due for due in timers if due is not None}
    return dues | {due + _INSTANT for due in dues} | {entry.at for step in course.steps for entry in step.entries}
