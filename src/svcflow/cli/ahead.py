"""What will happen to a case by itself, and when, if nobody does anything."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from svcflow.cli.words import Words, actions, way
from svcflow.core import clock as stopwatch
from svcflow.core.case import Case, Timer
from svcflow.core.rule import EscalationStep
from svcflow.errors import CalendarError


@frozen
class Ahead:
    """One thing to come: when, the timer behind it, and what it does in words."""

    at: datetime
    timer: str
    does: str


def ahead(case: Case, words: Words) -> tuple[Ahead, ...]:
    """Everything that is armed, earliest first."""
    armed = sorted((timer.due, name) for name, timer in case.timers.items() if timer.due is not None)
    return tuple(Ahead(at, name, _does(case, words, case.timers[name], at)) for at, name in armed)


def _does(case: Case, words: Words, timer: Timer, at: datetime) -> str:
    kind, _, rest = timer.name.partition(":")
    if kind == "wait":
        return f"{words.state(rest)} opens for work"
    if kind == "after":
        return _after(words, timer.name)
    called = words.name(rest) if kind == "clock" else words.say("limit of {0}", words.state(rest))
    step = _step(case, words, timer.name, at)
    return called if step is None else f"{called} at {step.key}: {', '.join(actions(step.do))}"


def _after(words: Words, name: str) -> str:
    rule = words.process.afters[name].rule
    goes = [way(words, one) for one in rule.alternatives]
    told = [*actions(rule.do), *(text for one in rule.alternatives for text in actions(one.do))]
    moves = "" if goes == ["stay"] else f"to {', else '.join(goes)}"
    return "; ".join(part for part in (moves, ", ".join(told)) if part)


def _step(case: Case, words: Words, key: str, at: datetime) -> EscalationStep | None:
    """The escalation step that a clock's timer is armed for: of several at one instant the highest fires."""
    kind, _, name = key.partition(":")
    process, clock = words.process, case.clocks[key]
    if kind == "clock":
        steps = process.clocks[name].escalation
    else:
        limit = process.states[process.paths[name]].limit
        steps = () if limit is None else limit.escalation
    done = {step for step, _ in clock.steps}
    come = [step for step in steps if step.key not in done and _reached_by(words, clock, step, at)]
    return come[-1] if come else None


def _reached_by(words: Words, clock: stopwatch.Clock, step: EscalationStep, at: datetime) -> bool:
    try:
        instant = stopwatch.reached(clock, words.process.calendars, step.step)
    except CalendarError:
        return False
    return instant is not None and instant <= at
