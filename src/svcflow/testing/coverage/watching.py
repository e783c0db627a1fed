"""
A course told as what it covered: its journals, decided again by a process whose conditions and machine tell on.

A journal holds inputs, so deciding it again shows what was asked and taken on the way, at the price of one more step of
the core for each entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import TypeAlias

from attrs import evolve

from svcflow.core import clock as stopwatch
from svcflow.core.case import Case
from svcflow.core.chart import Chart, Configuration
from svcflow.core.condition import Condition
from svcflow.core.decide import decide
from svcflow.core.decision import Decision, JournalEntry, Refusal
from svcflow.core.event import EMPTY, Event
from svcflow.core.history import again, opened_again
from svcflow.core.machine import Step as Microstep
from svcflow.core.people import stands_in
from svcflow.core.process import Process
from svcflow.core.rule import Alternative, People
from svcflow.core.statechart import statechart
from svcflow.errors import SvcflowError
from svcflow.model.loose import Open
from svcflow.testing import trace
from svcflow.testing.coverage.items import Kind, guard_name, move_names, pair_name
from svcflow.testing.step import Course, Step

Mark: TypeAlias = tuple[str, Kind, str]
"""Process, kind and name of what was covered, once for each time."""

_TIMERS = ("after:", "wait:")


class Watched:
    """One process that tells which conditions it asked, and which moves were taken, microstep by microstep."""

    name = statechart.name

    def __init__(self, process: Process) -> None:
        moves = tuple((rule, self._telling(one)) for rule, one in process.moves)
        self.process = evolve(process, moves=moves)
        self.names = move_names(process)
        self.asked: list[tuple[int, bool]] = []
        self.taken: list[tuple[int, ...]] = []
        self._stepping = False

    def forget(self) -> None:
        """Begin anew."""
        self.asked, self.taken = [], []

    def start(self, chart: Chart) -> Microstep:
        """Enter the initial states, as every machine does."""
        return statechart.start(chart)

    def step(
        self, chart: Chart, at: Configuration, event: str | None, allows: Callable[[int], bool]
    ) -> Microstep | None:
        """Take what is enabled, as every machine does."""
        # Menus ask conditions, too: only what decides a step counts.
        self._stepping = True
        step = statechart.step(chart, at, event, allows)
        self._stepping = False
        if step is not None and step.taken:
            self.taken.append(step.taken)
        return step

    def _telling(self, one: Alternative) -> Alternative:
        when = one.when
        if when is None:
            return one
        return evolve(one, when=Open(when.text, when.tree, when.reads, partial(self._ask, one.index, when)))

    def _ask(self, index: int, when: Condition, fields: Mapping[str, object]) -> bool:
        holds = when.holds(fields)
        if self._stepping:
            self.asked.append((index, holds))
        return holds


class Watcher:
    """Tells courses; processes are made ready once."""

    def __init__(self) -> None:
        self._watched: dict[Process, Watched] = {}

    def marks(self, course: Course) -> Iterator[Mark]:
        """Everything that a course covered."""
        lived = _Lived(course.processes, self._watched)
        journals: dict[str, list[JournalEntry]] = {}
        for step in course.steps:
            for entry in step.entries:
                journals.setdefault(entry.case, []).append(entry)
            yield from _answered(step, lived)
        for entries in journals.values():
            yield from _Told(lived).journal(entries)
        if course.steps:
            yield from _verdicts(course.steps[-1], lived)


class _Lived:
    """The versions that a course's cases lived by, as the core asks for them; all of them tell on."""

    def __init__(self, processes: Mapping[tuple[str, int], Process], watched: dict[Process, Watched]) -> None:
        self._processes, self._watched = processes, watched

    def watched(self, name: str, version: int) -> Watched:
        process = self._processes[name, version]
        if process not in self._watched:
            self._watched[process] = Watched(process)
        return self._watched[process]

    def of(self, case: Case) -> Process:
        return self.watched(case.process, case.version).process

    def newest(self, tenant: str, name: str, *_: object) -> Process:  # noqa: ARG002 - the protocol's shape
        return self.watched(name, max(version for known, version in self._processes if known == name)).process

    def version(self, case: Case, version: int, days: str | None) -> Process:  # noqa: ARG002 - the same
        return self.watched(case.process, version).process


class _Told:
    """One case, told entry by entry."""

    def __init__(self, lived: _Lived) -> None:
        self.lived = lived
        self.before: tuple[int, ...] = ()

    def journal(self, entries: list[JournalEntry]) -> Iterator[Mark]:
        """Everything that the entries of one case covered; what cannot be decided again is passed over."""
        first = entries[0]
        if first.kind != "opened":
            return
        watched = self.lived.watched(first.detail["process"], first.detail["version"])
        watched.forget()
        decision = opened_again(self.lived, first, machine=watched)
        yield from self._entry(watched, decision, first)
        for entry in entries[1:]:
            case = decision.case
            watched = self.lived.watched(case.process, case.version)
            watched.forget()
            try:
                answer = again(self.lived, case, entry, machine=watched)
            except (SvcflowError, KeyError):
                continue
            if isinstance(answer, Decision) and answer.journal:
                decision = answer
                yield from self._entry(watched, decision, entry)

    def _entry(self, watched: Watched, decision: Decision, entry: JournalEntry) -> Iterator[Mark]:
        case, process, was = decision.case, watched.process, decision.before
        name = process.name
        entered = [path for move in entry.moves for path in move.entered]
        yield from ((name, "states", path) for path in (case.states if entry.kind == "migrated" else entered))
        for taken in watched.taken:
            yield from ((name, "transitions", watched.names[one]) for one in taken)
            pairs = ((one, two) for one in self.before for two in taken)
            yield from ((name, "pairs", pair_name(watched.names, *pair)) for pair in pairs)
            self.before = taken
        yield from _asked(watched)
        yield from ((name, "roles", role) for role in _acting(watched, decision, entry))
        if case.ended and len(case.states) == 1 and process.states[process.paths[case.states[0]]].end:
            yield name, "ends", case.states[0]
        yield from ((name, "timers", f"{timer} cancelled") for timer in decision.disarmed
                    if timer != entry.name and timer.startswith(_TIMERS))  # fmt: skip
        if entry.kind == "timer" and entry.name.startswith(_TIMERS):
            yield name, "timers", f"{entry.name} fired"
        elif entry.kind == "timer" and "step" in entry.detail:
            yield name, "escalations", f"{entry.name} {entry.detail['step']}"
        for key, clock in case.clocks.items():
            old = None if was is None else was.clocks.get(key)
            if clock.state == "paused" and (old is None or old.state != "paused"):
                yield name, "clocks", f"{key} paused"
            elif clock.state == "running" and old is not None and old.state == "paused":
                yield name, "clocks", f"{key} resumed"


def _asked(watched: Watched) -> Iterator[Mark]:
    for index, holds in watched.asked:
        yield watched.process.name, "guards", guard_name(watched.names[index], holds=holds)


def _acting(watched: Watched, decision: Decision, entry: JournalEntry) -> Iterator[str]:
    """As what somebody was let in: the roles and person fields by which they may do what they did."""
    process, actor = watched.process, entry.actor
    fields = {**(EMPTY if decision.before is None else decision.before.fields), **entry.fields}
    allowed: list[People | None] = []
    if entry.kind == "opened" and "origin" not in entry.detail:
        allowed = [process.opening.by]
    elif entry.kind == "event" and watched.taken:
        allowed = [process.moves[index][0].by for index in watched.taken[0]]
    for people in filter(None, allowed):
        yield from sorted(people.roles & actor.roles)
        yield from (name for name in people.fields if stands_in(fields.get(name), actor))


def _answered(step: Step, lived: _Lived) -> Iterator[Mark]:
    """What a command was answered: a refusal with the conditions behind it, and what became of hook calls."""
    for called in step.calls:
        yield called.call.process, "hooks", f"{called.call.hook} {called.how}"
    refusal, command = step.refusal, step.command
    if refusal is None:
        return
    case = step.before.get(refusal.case)
    if case is None:
        if isinstance(command, trace.Open):
            yield command.process, "refusals", refusal.code
        return
    yield case.process, "refusals", refusal.code
    if refusal.code == "no_alternative" and isinstance(command, trace.Send):
        watched = lived.watched(case.process, case.version)
        watched.forget()
        event = Event(command.event, command.fields, command.actor)
        if isinstance(decide(watched.process, case, event, step.at, machine=watched), Refusal):
            yield from _asked(watched)


def _verdicts(last: Step, lived: _Lived) -> Iterator[Mark]:
    """How the clocks of all cases came out, seen from the end of a course."""
    for case in last.after.values():
        process = lived.of(case)
        for clock in (*case.clocks.values(), *case.cycles):
            if clock.calendars <= process.calendars.keys():
                key = clock.name if clock.name.startswith("limit:") else f"clock:{clock.name}"
                yield from ((process.name, "clocks", f"{key} {how}") for how in _came_out(clock, process, last.at))


def _came_out(clock: stopwatch.Clock, process: Process, now: datetime) -> Iterator[str]:
    met = stopwatch.met(clock, process.calendars, now)
    if met is None:
        return
    yield "met" if met else "late"
    if met:
        return
    since = stopwatch.used_up(clock, process.calendars, now)
    breaks = (after.start for before, after in pairwise(clock.segments) if before.end != after.start)
    if since is not None and any(start <= since for start in breaks):
        yield "late when resumed"
