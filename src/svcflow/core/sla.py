"""SLA clocks while an entry is decided: renewed, stopped, started, paused, taken anew, and escalated step by step."""

from __future__ import annotations

from datetime import datetime

from svcflow.core import clock as stopwatch
from svcflow.core.arming import arm, count_out, touched, why
from svcflow.core.clock import Clock, Step
from svcflow.core.draft import Draft
from svcflow.core.process import ClockRule
from svcflow.core.rule import Alternative, EscalationStep, Rule
from svcflow.errors import CalendarError


def turn_clocks(draft: Draft, taken: list[tuple[Rule, Alternative]], entered: tuple[int, ...]) -> None:
    """Renew, stop and start the SLA clocks by what one microstep took and entered; a stop comes before a start."""
    process = draft.process
    names = {rule.name for rule, _ in taken}
    if process.clocked.isdisjoint(entered) and process.renewing.isdisjoint(names):
        return
    for name, rule in process.clocks.items():
        key = f"clock:{name}"
        clock = draft.clocks.get(key)
        live = clock is not None and clock.state != "stopped"
        if live and not rule.renew.isdisjoint(names):
            draft.clocks[key] = stopwatch.stop(draft.clocks[key], draft.at)
            _start_clock(draft, key, rule)
        if live and not rule.stops.isdisjoint(entered):
            draft.clocks[key] = stopwatch.stop(draft.clocks[key], draft.at)
            live = False
        if not live and draft.status == "open" and not rule.starts.isdisjoint(entered):
            _start_again(draft, key, rule)


def _start_again(draft: Draft, key: str, rule: ClockRule) -> None:
    """Start a clock that does not run: for the first time, or as its `again` says."""
    finished = draft.clocks.get(key)
    if finished is None or rule.again == "restart":
        _start_clock(draft, key, rule)
    elif rule.again == "continue":
        draft.clocks[key] = stopwatch.reopen(finished, draft.at)


def _start_clock(draft: Draft, key: str, rule: ClockRule) -> None:
    finished = draft.clocks.get(key)
    if finished is not None:
        draft.cycles = (*draft.cycles, finished)
    count = count_out(draft, rule.promise, draft.at)
    cycle = 1 if finished is None else finished.cycle + 1
    length, calendar = (None, rule.calendar) if count is None else (count.length, count.calendar)
    draft.clocks[key] = stopwatch.start(rule.name, cycle, draft.at, length, calendar)


def retarget(draft: Draft) -> None:
    """Take the promises anew whose fields were written: counted from the start, time used stays."""
    if not draft.fresh and not draft.anew:
        return
    draft.fresh = False
    for name, rule in draft.process.clocks.items():
        key = f"clock:{name}"
        clock = draft.clocks.get(key)
        if clock is None or clock.state == "stopped" or not touched(draft, rule.promise):
            continue
        count = count_out(draft, rule.promise, clock.started_at)
        length, calendar = (None, rule.calendar) if count is None else (count.length, count.calendar)
        if (length, calendar) != (clock.target, clock.calendar):
            draft.clocks[key] = stopwatch.retarget(clock, draft.at, length, calendar)


def pause(draft: Draft) -> None:
    """Let the clocks stand still that an active state pauses, and the others run on."""
    states = None
    for name in draft.process.clocks:
        key = f"clock:{name}"
        clock = draft.clocks.get(key)
        if clock is None or clock.state == "stopped":
            continue
        states = states or [draft.process.states[index] for index in draft.active()]
        still = any(name in state.pause for state in states)
        if still and clock.state == "running":
            draft.clocks[key] = stopwatch.pause(clock, draft.at)
        elif clock.state == "paused" and not still:
            draft.clocks[key] = stopwatch.resume(clock, draft.at)


def escalation_of(draft: Draft, key: str) -> tuple[EscalationStep, ...]:
    """The steps of a clock or limit, by its key."""
    kind, _, name = key.partition(":")
    if kind == "clock":
        return draft.process.clocks[name].escalation
    limit = draft.process.states[draft.process.paths[name]].limit
    return () if limit is None else limit.escalation


def arm_step(draft: Draft, key: str) -> None:
    """Arm the timer of a clock for its next escalation step, if there is one to come."""
    clock = draft.clocks[key]
    earliest, first = None, None
    for step in escalation_of(draft, key) if clock.state == "running" else ():
        if first is not None and _follows(step.step, first):
            continue
        at = _instant(draft, clock, step)
        if at is not None and (earliest is None or at < earliest):
            earliest, first = at, step.step
    if earliest is None:
        draft.timers.pop(key, None)
    else:
        arm(draft, key, earliest, clock.started_at)


def _follows(later: Step, earlier: Step) -> bool:
    """Whether a step plainly comes no earlier than another: percentages alone need no calendar to be compared."""
    if later.offset or later.days or later.months or earlier.offset or earlier.days or earlier.months:
        return False
    return (100 if later.percent is None else later.percent) >= (100 if earlier.percent is None else earlier.percent)


def overtaken(draft: Draft, key: str) -> EscalationStep | None:
    """
    Mark the steps that have come, and answer the one to carry out.

    Of several at once that is the highest; the lower ones are marked as skipped (each step happens once per cycle).
    """
    clock = draft.clocks[key]
    steps = [(step, _instant(draft, clock, step)) for step in escalation_of(draft, key)]
    come = [step for step, at in steps if at is not None and at <= draft.at]
    if not come:
        return None
    *lower, highest = come
    draft.remarks += [f"step {step.key} was overtaken by {highest.key}" for step in lower]
    draft.clocks[key] = stopwatch.mark(clock, [*((step.key, "skipped") for step in lower), (highest.key, "fired")])
    return highest


def _instant(draft: Draft, clock: Clock, step: EscalationStep) -> datetime | None:
    if clock.steps and any(key == step.key for key, _ in clock.steps):
        return None
    try:
        return stopwatch.reached(clock, draft.process.calendars, step.step)
    except CalendarError as problem:
        draft.remarks.append(f"step {step.key} is not armed: {why(draft, problem)}")
        return None
