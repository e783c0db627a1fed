"""
Many runs under one purpose: each trace is run, what breaks is reduced, and the search goes on.

`svcflow test`, `check` and the zoo of planted bugs all search this way; where their traces come from is their affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from attrs import define, evolve, field, frozen

from svcflow.core.event import EMPTY
from svcflow.testing.host import FakeHooks
from svcflow.testing.properties import Properties
from svcflow.testing.properties.all import BUILT_IN
from svcflow.testing.reduce import Enough, alike, reduced
from svcflow.testing.running import run
from svcflow.testing.stage import Stage
from svcflow.testing.step import Course
from svcflow.testing.trace import Trace
from svcflow.testing.violations import NeverHappened, Violation

MOST_KINDS = 5
"""After so many kinds of broken promises a search ends: there is enough to mend."""

Watcher: TypeAlias = Callable[[Course], None]
Happened: TypeAlias = Callable[[Course], bool]
Ended: TypeAlias = Literal["done", "enough", "found", "interrupted"]


@frozen
class Found:
    """
    A broken promise: `violation` by the shortest trace known, `drawn` the trace that met it first.

    `number` says which run that was, from 1.
    """

    violation: Violation
    drawn: Trace
    number: int

    @property
    def trace(self) -> Trace:
        """The shortest trace known."""
        course = self.violation.course
        return self.drawn if course is None else course.trace


@frozen
class Outcome:
    """
    What came of a campaign: how many runs of how many steps, what was found, what never happened.

    `ended` says why it is over: every trace was run, it was `enough`, too much was `found`, or it was interrupted.
    """

    runs: int
    steps: int
    found: tuple[Found, ...]
    never: tuple[NeverHappened, ...]
    ended: Ended

    @property
    def passed(self) -> bool:
        """Whether every promise was kept."""
        return not self.found and not self.never


def _never_enough() -> bool:
    return False


def campaign(
    stage: Stage,
    traces: Iterable[Trace],
    *,
    properties: Properties = BUILT_IN,
    host: FakeHooks | None = None,
    sometimes: Mapping[str, Happened] = EMPTY,
    watchers: Sequence[Watcher] = (),
    enough: Enough = _never_enough,
    most_kinds: int = MOST_KINDS,
) -> Outcome:
    """
    Run traces one after another, and reduce the first of each kind that breaks a promise.

    `sometimes` names what should happen in some run at least: it is judged by the course of each. `watchers` are told
    each course, such as a count of what was covered. The search ends with the traces, when it is `enough` (it is asked
    before each), after `most_kinds` kinds of failures, or with Ctrl-C: what was found by then is answered.
    """
    search = _Search(stage, properties, host, dict(sometimes), watchers)
    ended: Ended = "done"
    try:
        for trace in traces:
            if enough():
                ended = "enough"
                break
            search.run(trace)
            if len(search.found) >= most_kinds:
                ended = "found"
                break
    except KeyboardInterrupt:
        ended = "interrupted"
    # What a search that was cut short did not see may still happen.
    missing = search.missing if ended in {"done", "enough"} else {}
    never = tuple(NeverHappened(f"{name!r} did not happen in {search.runs:,} runs") for name in missing)
    return Outcome(search.runs, search.steps, tuple(search.found), never, ended)


@define
class _Search:
    stage: Stage
    properties: Properties
    host: FakeHooks | None
    missing: dict[str, Happened]
    watchers: Sequence[Watcher]
    runs: int = 0
    steps: int = 0
    found: list[Found] = field(factory=list)

    def run(self, trace: Trace) -> None:
        """One run: counted, watched, and reduced if it breaks something new."""
        self.runs += 1
        try:
            course = run(self.stage, trace, properties=self.properties, host=self._host())
        except Violation as violation:
            self._broken(violation, trace)
            return
        self._watched(course)

    def _host(self) -> FakeHooks | None:
        return None if self.host is None else self.host.fresh()

    def _watched(self, course: Course) -> None:
        self.steps += len(course.steps)
        for watcher in self.watchers:
            watcher(course)
        for name in [name for name, happened in self.missing.items() if happened(course)]:
            del self.missing[name]

    def _broken(self, violation: Violation, trace: Trace) -> None:
        if violation.course is not None:
            self._watched(violation.course)
        if any(alike(violation, known.violation) for known in self.found):
            return
        # Kept as it is first, so that it is not lost if the reducing is interrupted.
        self.found.append(Found(violation, trace, self.runs))
        shortest = reduced(self.stage, violation, properties=self.properties, host=self.host)
        self.found[-1] = evolve(self.found[-1], violation=shortest)
