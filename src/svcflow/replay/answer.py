"""What a replay found: cases, rows, refusals, and what became of each promise; as values, JSON and lines of CSV."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, TextIO

from attrs import evolve, frozen

from svcflow.core import clock as stopwatch
from svcflow.core.case import Case
from svcflow.core.clock import Clock
from svcflow.core.event import EMPTY
from svcflow.core.process import Process
from svcflow.replay.course import Course, RefusedRow

SECOND = timedelta(seconds=1)


@frozen
class Measured:
    """
    How a clock of a case stands at the end of the log; a clock that was started anew is in its last cycle.

    `due` is the instant at which its promise is, or was, used up: None while it is paused, and where there is none.
    """

    elapsed: timedelta
    due: datetime | None
    late: bool


@frozen
class Line:
    """One case of the log at its end; `state` is empty for a case that could not be opened."""

    case: str
    state: str
    ended_at: datetime | None
    clocks: Mapping[str, Measured] = EMPTY


@frozen
class Tally:
    """How many cycles of a clock were stopped in time, ran on after their due instant, or still run in time."""

    met: int = 0
    late: int = 0
    running: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.met + other.met, self.late + other.late, self.running + other.running)


@frozen
class Replay:
    """
    What became of a log.

    `rows` counts all rows of the log: those `accepted`, those `refused`, and those that stand for no event. `fitting`
    counts the cases without a refused row, `ended` those that reached an end. `states` counts the cases by the state
    they are in at the end. `troubles` says in which cases timers could not run on.
    """

    rows: int
    accepted: int
    refused: tuple[RefusedRow, ...]
    fitting: int
    ended: int
    states: Mapping[str, int]
    clocks: Mapping[str, Tally]
    lines: tuple[Line, ...]
    troubles: tuple[str, ...] = ()

    @property
    def cases(self) -> int:
        """How many cases the log has."""
        return len(self.lines)

    @property
    def skipped(self) -> int:
        """How many rows stand for no event."""
        return self.rows - self.accepted - len(self.refused)

    def as_json(self) -> dict[str, Any]:
        """The answer as JSON data."""
        return {
            "cases": self.cases,
            "rows": self.rows,
            "accepted": self.accepted,
            "refused": [
                {"case": one.case, "row": one.row, "event": one.event, "reason": one.reason} for one in self.refused
            ],
            "fitting": self.fitting,
            "ended": self.ended,
            "states": dict(self.states),
            "clocks": {
                name: {"met": tally.met, "late": tally.late, "running": tally.running}
                for name, tally in self.clocks.items()
            },
        }

    def write_cases(self, file: TextIO) -> None:
        """Write one line of CSV per case: `id,state,ended_at`, then what each clock shows."""
        writer = csv.writer(file, lineterminator="\n")
        names = list(self.clocks)
        heads = (f"{name}_{what}" for name in names for what in ("elapsed_s", "due", "late"))
        writer.writerow(["id", "state", "ended_at", *heads])
        for line in self.lines:
            shown = (cell for name in names for cell in _shown(line.clocks.get(name)))
            writer.writerow([line.case, line.state, _instant(line.ended_at), *shown])


def summed(process: Process, courses: Sequence[Course], rows: int, end: datetime) -> Replay:
    """The answer to a log of so many rows that ends at `end`, from what became of each of its cases."""
    known = [course.after for course in courses if course.after is not None]
    tallies = {name: Tally() for name in process.clocks}
    for case in known:
        for name, tally in _tallies(process, case, end).items():
            tallies[name] += tally
    states = Counter(case.state for case in known)
    refused = sorted((one for course in courses for one in course.refused), key=lambda one: one.row)
    return Replay(
        rows=rows,
        accepted=sum(len(course.posts) for course in courses),
        refused=tuple(refused),
        fitting=sum(not course.refused for course in courses),
        ended=sum(case.ended for case in known),
        states=MappingProxyType(dict(sorted(states.items(), key=lambda item: (-item[1], item[0])))),
        clocks=MappingProxyType(tallies),
        lines=tuple(_line(process, course, end) for course in courses),
        troubles=tuple(f"case {course.case}: {course.trouble}" for course in courses if course.trouble),
    )


def _line(process: Process, course: Course, end: datetime) -> Line:
    case = course.after
    if case is None:
        return Line(course.case, "", None)
    now = max(end, case.moved_at)
    present = {name: case.clocks[f"clock:{name}"] for name in process.clocks if f"clock:{name}" in case.clocks}
    clocks = {name: _measured(process, clock, now) for name, clock in present.items()}
    return Line(course.case, case.state, case.ended_at, MappingProxyType(clocks))


def _tallies(process: Process, case: Case, end: datetime) -> dict[str, Tally]:
    """The clocks of a case by name, every cycle counted: each is a promise of its own."""
    now = max(end, case.moved_at)
    found: dict[str, Tally] = {}
    present = (clock for key, clock in case.clocks.items() if key.startswith("clock:"))
    for clock in (*(clock for clock in case.cycles if clock.name in process.clocks), *present):
        found[clock.name] = found.get(clock.name, Tally()) + _tally(process, clock, now)
    return found


def _tally(process: Process, clock: Clock, now: datetime) -> Tally:
    if stopwatch.late(clock, process.calendars, now):
        return Tally(late=1)
    if clock.state != "stopped":
        return Tally(running=1)
    return Tally(met=1) if stopwatch.met(clock, process.calendars, now) else Tally()


def _measured(process: Process, clock: Clock, now: datetime) -> Measured:
    at = now if clock.stopped_at is None else clock.stopped_at
    late = stopwatch.late(clock, process.calendars, now)
    return Measured(stopwatch.elapsed(clock, process.calendars, at), _due(process, clock, now), late)


def _due(process: Process, clock: Clock, now: datetime) -> datetime | None:
    """When the promise is used up. For a clock that stopped in time: when it would have been, had it run on."""
    since = stopwatch.used_up(clock, process.calendars, now)
    if since is not None or clock.state != "stopped":
        return since or stopwatch.due(clock, process.calendars)
    last = clock.segments[-1]
    if last.end != clock.stopped_at:
        return None  # It stood still when it was stopped.
    running = evolve(clock, state="running", segments=(*clock.segments[:-1], evolve(last, end=None)))
    return stopwatch.due(running, process.calendars)


def _shown(measured: Measured | None) -> tuple[str, str, str]:
    if measured is None:
        return "", "", "false"
    whole, part = divmod(measured.elapsed, SECOND)
    seconds = f"{whole}.{part.microseconds:06}".rstrip("0").rstrip(".") if part else str(whole)
    return seconds, _instant(measured.due), "true" if measured.late else "false"


def _instant(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()
