"""SLA clocks while an entry is decided: renewed, stopped, started, paused, taken anew, and escalated step by step."""

from __future__ import annotations

from datetime import datetime, timedelta

from svcflow.core import clock as stopwatch
from svcflow.core.arming import arm, count_out, touched, why
from svcflow.core.clock import Clock
from svcflow.core.draft import Draft
from svcflow.core.process import ClockRule
from svcflow.core.promise import agreed_in
from svcflow.core.rule import NO_ESCALATION, Course, EscalationStep
from svcflow.errors import CalendarError


def turn_clocks(draft: Draft, taken: list[Course], entered: tuple[int, ...]) -> None:
    """
    Renew, stop and start the SLA clocks by what one microstep took and entered.

    States count in the order in which they are entered; for one and the same, a stop comes before a start. What stops a
    clock, or ends the case, renews it no more: there would be a cycle in which nothing could be late.
    """
    process = draft.process
    renewing = [one.rule.name for one in taken if one.rule.name in process.renewing] if process.renewing else []
    if not renewing and process.clocked.isdisjoint(entered):
        return
    for rule in process.clocks.values():
        key = rule.key
        stops = not rule.stops.isdisjoint(entered)
        if (
            renewing
            and draft.status == "open"
            and not stops
            and _live(draft, key)
            and not rule.renew.isdisjoint(renewing)
        ):
            draft.clocks[key] = stopwatch.stop(draft.clocks[key], draft.at)
            _start_clock(draft, key, rule)
        if not stops and rule.starts.isdisjoint(entered):
            continue
        for index in entered:
            if index in rule.stops and _live(draft, key):
                draft.clocks[key] = stopwatch.stop(draft.clocks[key], draft.at)
            if index in rule.starts and draft.status == "open" and not _live(draft, key):
                _start_again(draft, key, rule)


def _live(draft: Draft, key: str) -> bool:
    clock = draft.clocks.get(key)
    return clock is not None and clock.state != "stopped"


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
    cycle = 1 if finished is None else finished.cycle + 1
    length, calendar = _target(draft, rule, draft.at)
    _say_agreed(draft, rule)
    draft.clocks[key] = stopwatch.start(rule.name, cycle, draft.at, length, calendar)


def _target(draft: Draft, rule: ClockRule, start: datetime) -> tuple[timedelta | None, str]:
    """The working time promised from a start on, with its calendar; one counted from a field is due when that says."""
    count = count_out(draft, rule.promise, start)
    if count is None:
        return None, rule.calendar
    if count.fixed is None or count.start == start:
        return count.length, count.calendar
    try:
        left = draft.process.calendars[count.calendar].elapsed(start, count.fixed)
    except CalendarError as problem:
        draft.remarks.append(f"the target of {rule.name} is not counted: {why(draft, problem)}")
        return None, rule.calendar
    return max(left, timedelta()), count.calendar


def _say_agreed(draft: Draft, rule: ClockRule) -> None:
    """Let the journal say by which field a clock promises; the length it has in that field, for those who see it."""
    name = agreed_in(rule.promise, draft.fields)
    if name is not None:
        draft.remarks.append(f"{rule.name} promises what was agreed in {name}")


def retarget(draft: Draft) -> None:
    """Take the promises anew whose fields were written: counted from the start, time used stays."""
    if not draft.fresh and not draft.anew:
        return
    draft.fresh = False
    for rule in draft.process.clocks.values():
        key = rule.key
        clock = draft.clocks.get(key)
        if clock is None or clock.state == "stopped" or not touched(draft, rule.promise):
            continue
        length, calendar = _target(draft, rule, clock.started_at)
        _say_agreed(draft, rule)
        if (length, calendar) != (clock.target, clock.calendar):
            draft.clocks[key] = stopwatch.retarget(clock, draft.at, length, calendar)


def pause(draft: Draft) -> None:
    """Let the clocks stand still that an active state pauses, and the others run on."""
    states, leaves, clocks = draft.process.states, draft.leaves, draft.clocks
    still = states[leaves[0]].pause
    for leaf in leaves[1:]:
        still |= states[leaf].pause
    for name, rule in draft.process.clocks.items():
        clock = clocks.get(rule.key)
        if clock is None or clock.state == "stopped":
            continue
        if clock.state == "running" and name in still:
            clocks[rule.key] = stopwatch.pause(clock, draft.at)
        elif clock.state == "paused" and name not in still:
            clocks[rule.key] = stopwatch.resume(clock, draft.at)


def arm_step(draft: Draft, key: str) -> None:
    """Arm the timer of a clock for its next escalation step, if there is one to come."""
    clock, earliest = draft.clocks[key], None
    if clock.state == "running":
        escalation = draft.process.escalations.get(key, NO_ESCALATION)
        for step in escalation.steps:
            at = _instant(draft, clock, step)
            if at is not None and (earliest is None or at < earliest):
                earliest = at
            if earliest is not None and escalation.rising:
                break
    if earliest is None:
        draft.timers.pop(key, None)
    else:
        arm(draft, key, earliest, clock.segments[0].start)


def overtaken(draft: Draft, key: str) -> EscalationStep | None:
    """
    Mark the steps that have come, and answer the one to carry out.

    Of several at once that is the highest, wherever it stands in the file; the lower ones are marked as skipped (each
    step happens once per cycle).
    """
    clock, escalation = draft.clocks[key], draft.process.escalations.get(key, NO_ESCALATION)
    steps = [(_instant(draft, clock, step), step) for step in escalation.steps]
    reached = [(at, step.step.share, step.step.offset, step) for at, step in steps if at is not None and at <= draft.at]
    if not reached:
        return None
    *lower, highest = [step for *_, step in sorted(reached, key=lambda one: one[:3])]
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
