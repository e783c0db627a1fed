"""
Every set of states a case can be in together, by driving the machine itself through all answers of all conditions.

The graph of single states is enough where only one state is active at a time; with regions beside each other it cannot
tell a state that waits for ever from one that a neighbour frees. This can, at the price of many more situations.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from svcflow.core.chart import Chart, Configuration
from svcflow.core.machine import Machine, Step
from svcflow.core.process import Process
from svcflow.core.statechart import statechart

MOST = 2_000
"""Situations after which the search gives up: regions multiply."""

STEPS = 50
"""
Steps per situation, of one region each, that the search affords on average: the answers of regions that hear the same
event multiply, too.
"""


@frozen
class Situation:
    """A configuration a case can be in, and the transitions that can be taken in it, staying ones included."""

    at: Configuration
    moves: frozenset[int]


def situations(process: Process, *, machine: Machine = statechart, most: int = MOST) -> tuple[Situation, ...] | None:
    """
    Every situation that can be reached from the start; None if there are more than `most`, or far too many ways to go.

    Conditions may go either way. `back` leads to a situation already met on the way there, so it adds none.
    """
    chart = process.chart
    start = machine.start(chart).after
    seen = {start}
    waiting = [start]
    found: list[Situation] = []
    left = most * STEPS
    while waiting:
        at = waiting.pop()
        moves: set[int] = set()
        for step in _steps(process, machine, at):
            left -= len(at.leaves)
            if left < 0:
                return None
            moves.update(step.taken)
            if step.after not in seen:
                seen.add(step.after)
                waiting.append(step.after)
        if len(seen) > most:
            return None
        found.append(Situation(at, frozenset(moves)))
    return tuple(found)


def _steps(process: Process, machine: Machine, at: Configuration) -> Iterator[Step]:
    """Every microstep that some event and some answers of the conditions can make of a configuration."""
    for trigger in process.chart.offers:
        if trigger is not None and trigger.startswith("+done/") and not _done(process, at, trigger):
            continue
        yield from _outcomes(machine, process.chart, at, trigger)


def _done(process: Process, at: Configuration, trigger: str) -> bool:
    """Whether the group that a `+done/PATH` speaks of has come to its inner end."""
    tree = process.chart.tree
    active = 0
    for leaf in at.leaves:
        active |= tree.lines[leaf]
    path = trigger.removeprefix("+done/").replace("/", ".")
    return tree.in_final(process.paths[path], active)


def _outcomes(machine: Machine, chart: Chart, at: Configuration, trigger: str | None) -> Iterator[Step]:
    """One microstep per way the conditions can answer; a condition not asked about multiplies nothing."""
    waiting: list[dict[int, bool]] = [{}]
    while waiting:
        answers = waiting.pop()
        asked: list[int] = []

        def allows(transition: int, answers: dict[int, bool] = answers, asked: list[int] = asked) -> bool:
            if transition not in answers and transition not in asked:
                asked.append(transition)
            return answers.get(transition, True)

        step = machine.step(chart, at, trigger, allows)
        if step is not None:
            yield step
        so_far = dict(answers)
        for transition in asked:
            # Everything up to here was answered with yes; this is where the other way begins.
            waiting.append({**so_far, transition: False})
            so_far[transition] = True
