"""What came of the simulated week, counted from the store as anybody could count it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from attrs import frozen

from svcflow.core.case import Case
from svcflow.demo.desk import Desk
from svcflow.engine import Engine
from svcflow.inquiry import ClockView


@frozen
class Promise:
    """How the cycles of one clock, or all stays under limits, came out; `late` counts those that still run late too."""

    met: int
    late: int
    running: int


@frozen
class Deliveries:
    """The calls of one hook: how many arrived, and how often one had to be tried again."""

    delivered: int
    retried: int


@frozen
class Summary:
    """
    The week in numbers; the same seed gives the same numbers.

    `cases` counts them by process and state, `clocks` the cycles by name, `limits` all stays under a limit,
    `escalations` the steps that fired, by step. `interesting` is a case worth looking at.
    """

    seed: int
    start: datetime
    end: datetime
    cases: Mapping[str, Mapping[str, int]]
    clocks: Mapping[str, Promise]
    limits: Promise
    escalations: Mapping[str, int]
    hooks: Mapping[str, Deliveries]
    waiting: int
    events: int
    timers: int
    refused: int
    interesting: str


def sum_up(desk: Desk, start: datetime) -> Summary:
    """Count what the desk has done since `start`."""
    engine = desk.engine
    cases = engine.cases()
    clocks: dict[str, list[ClockView]] = {}
    limits: list[ClockView] = []
    kinds: Counter[str] = Counter()
    steps: Counter[str] = Counter()
    for case in cases:
        for clock in engine.clocks(case.id):
            (clocks.setdefault(clock.name, []) if clock.kind == "clock" else limits).append(clock)
        for entry in engine.journal(case.id):
            kinds[entry.kind] += 1
            if "step" in entry.detail:
                steps[entry.detail["step"]] += 1
    return Summary(
        desk.seed,
        start,
        engine.clock.now(),
        _by_state(cases),
        {name: _promise(clocks[name]) for name in sorted(clocks)},
        _promise(limits),
        dict(sorted(steps.items(), key=lambda item: int(item[0].partition("%")[0]))),
        {name: Deliveries(desk.delivered.get(name, 0), desk.failures.get(name, 0)) for name in _hooks(desk)},
        len(engine.outbox()),
        kinds["event"] + kinds["opened"],
        kinds["timer"],
        desk.refused,
        _interesting(engine, cases),
    )


def _hooks(desk: Desk) -> list[str]:
    return sorted(desk.delivered.keys() | desk.failures.keys())


def _by_state(cases: Iterable[Case]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for case in cases:
        found.setdefault(case.process, Counter())[case.state] += 1
    return {process: dict(sorted(found[process].items())) for process in sorted(found)}


def _promise(views: Iterable[ClockView]) -> Promise:
    views = tuple(views)
    return Promise(
        sum(1 for view in views if view.met),
        sum(1 for view in views if view.late),
        sum(1 for view in views if view.state != "stopped" and not view.late),
    )


def _interesting(engine: Engine, cases: Iterable[Case]) -> str:
    """The open ticket to which most has happened, a late one if there is one."""
    late = {case.id for case in engine.cases(late=True)}
    tickets = [case for case in cases if case.process == "service_ticket"]
    return max(tickets, key=lambda case: (not case.ended, case.id in late, case.seq)).id
