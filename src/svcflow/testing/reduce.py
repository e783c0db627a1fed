"""
The shortest and simplest run that still fails in the same way.

Commands are left out, in large pieces first, and what is left is made simpler, until nothing more can go. It works on
the trace alone, so that it does so for a trace of any origin: drawn, written by hand, or recorded in production.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeAlias

from attrs import evolve

from svcflow.errors import InputError
from svcflow.testing import cuts
from svcflow.testing.cuts import Commands
from svcflow.testing.host import FakeHooks
from svcflow.testing.properties import Properties
from svcflow.testing.properties.all import BUILT_IN
from svcflow.testing.running import run
from svcflow.testing.simpler import simpler
from svcflow.testing.stage import Stage
from svcflow.testing.step import Course
from svcflow.testing.trace import Trace, Wait
from svcflow.testing.violations import Violation

TRIES = 2_000
"""How many traces are tried at most."""

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
    ways = (cuts.on_its_own, cuts.together, cuts.apart, cuts.handed_over, cuts.repeated_before)
    last = partial(cuts.exchanged, spare=tuple({repr(command): command for command in trace.commands}.values()))
    while True:
        smaller = search.shorter(trace)
        for way in ways:
            smaller = search.while_any(smaller, way)
        smaller = search.simpler(smaller)
        # One command for several is tried last, as it takes the longest.
        if smaller == trace:
            smaller = search.first(trace, last(trace.commands))
        if smaller is trace:
            return trace
        trace = smaller


class _Search:
    def __init__(self, fails: Fails, instants: Sequence[datetime], tries: int, enough: Enough) -> None:
        self.fails, self.instants, self.left, self.enough = fails, instants, tries, enough
        self.passed: set[str] = set()

    def tried(self, trace: Trace) -> bool:
        """Whether this one fails, too; one that was tried before did not."""
        if self.left <= 0 or self.enough():
            return False
        known = repr(trace.commands)
        if known in self.passed:
            return False
        self.left -= 1
        if self.fails(trace):
            return True
        self.passed.add(known)
        return False

    def shorter(self, trace: Trace) -> Trace:
        """Leave out whole cases, then pieces of half the trace, of a quarter, down to single commands."""
        for case in sorted({cuts.case_of(command) for command in trace.commands} - {""}):
            rest = [place for place, one in enumerate(trace.commands) if cuts.case_of(one) == case]
            trace = self.first(trace, cuts.without(trace.commands, rest))
        size = max(1, len(trace) // 2)
        while size:
            for start in range(len(trace) - size, -size, -size):
                gone = range(max(0, start), min(start + size, len(trace)))
                trace = self.first(trace, cuts.without(trace.commands, gone))
            size //= 2
        return trace

    def simpler(self, trace: Trace) -> Trace:
        """Make each command as simple as it can be."""
        for place in range(len(trace)):
            trace = self.while_any(trace, partial(self._simpler, trace.start, place))
        return trace

    def _simpler(self, start: datetime, place: int, commands: Commands) -> Iterator[Commands]:
        waits = [command.until for command in commands[:place] if isinstance(command, Wait)]
        for command in simpler(commands[place], max((start, *waits)), self.instants):
            yield (*commands[:place], command, *commands[place + 1 :])

    def while_any(self, trace: Trace, ways: Callable[[Commands], Iterable[Commands]]) -> Trace:
        """The first of some ways, again and again, until none of them fails."""
        while True:
            smaller = self.first(trace, ways(trace.commands))
            if smaller is trace:
                return trace
            trace = smaller

    def first(self, trace: Trace, ways: Iterable[Commands]) -> Trace:
        """The trace with the first of these commands that fail, too, else as it is."""
        others = (evolve(trace, commands=commands) for commands in ways)
        return next((other for other in others if other != trace and self.tried(other)), trace)


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
