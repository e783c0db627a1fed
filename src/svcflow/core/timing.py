"""
The times of a case while an entry is decided: waits, timers, limits and SLA clocks, armed and stopped as states change.

Which instants there are is the calendar's business, how a stopwatch runs is `clock`'s; here is when each begins, rests,
goes on and ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from attrs import evolve

from svcflow.core import clock as sla
from svcflow.core.case import Timer
from svcflow.core.clock import Clock
from svcflow.core.moments import Count, counted, promised
from svcflow.core.process import (
    After,
    Alternative,
    ClockRule,
    EscalationStep,
    Promise,
    Rule,
    State,
    choose,
    field_names,
)
from svcflow.errors import CalendarError

if TYPE_CHECKING:
    from svcflow.core.draft import Draft


# ── waits, timers and limits of a state ────────────────────────────────────────────────────────────────────────


def waiting(draft: Draft, index: int) -> bool:
    """Whether a state is on nobody's list: every active leaf in it lies in a `wait` that still runs."""
    waits = {name[5:] for name in draft.timers if name.startswith("wait:")}
    if not waits:
        return False
    states, lines = draft.process.states, draft.process.lines
    leaves = [leaf for leaf in draft.leaves if index in lines[leaf]]
    return all(any(states[around].path in waits for around in lines[leaf]) for leaf in leaves)


def arrive(draft: Draft, state: State, *, resumed: bool) -> None:
    """Arm what counts from entering a state; after `back`, let go on what was suspended."""
    opening = state.wait if state.window is None else state.window
    if opening is not None:
        _arm_wait(draft, state, opening, draft.at, resumed=resumed)
    for after in state.after:
        suspended = draft.timers.get(after.name) if resumed else None
        if suspended is None:
            _arm(draft, after, draft.at)
        elif suspended.rest is not None or not suspended.count or after.every:
            _resume(draft, after, suspended)
    if state.limit is not None:
        limit = draft.clocks.get(f"limit:{state.path}")
        if resumed and limit is not None:
            draft.clocks[f"limit:{state.path}"] = sla.resume(limit, draft.at)
        else:
            _start_limit(draft, state, draft.at)


def leave(draft: Draft, state: State, *, kept: bool) -> None:
    """Drop what counted from entering a state, or with `kept` suspend it: the case can come `back`."""
    names = [after.name for after in state.after]
    if state.wait is not None or state.window is not None:
        names.append(f"wait:{state.path}")
    for name in names:
        timer = draft.timers.get(name)
        if timer is None:
            continue
        if kept:
            draft.timers[name] = _suspended(draft, state, timer)
        else:
            del draft.timers[name]
    if state.limit is not None:
        _leave_limit(draft, f"limit:{state.path}", state.limit.promise, kept=kept)


def _leave_limit(draft: Draft, key: str, promise: Promise, *, kept: bool) -> None:
    limit = draft.clocks.get(key)
    if limit is None:
        return
    if not kept:
        retire(draft, key)
        return
    draft.timers.pop(key, None)
    if not _absolute(draft, promise):
        draft.clocks[key] = sla.pause(limit, draft.at)


def forget(draft: Draft, kept: Iterable[str]) -> None:
    """Drop what was suspended for states that nothing leads back to any more."""
    states = draft.process.states
    alive = {*kept, *(states[index].path for index in draft.active())}
    for name in [name for name, timer in draft.timers.items() if name[:6] in {"after:", "wait:"} or timer.rest]:
        if _state_path(name) not in alive:
            del draft.timers[name]
    for key in [key for key in draft.clocks if key.startswith("limit:") and key[6:] not in alive]:
        retire(draft, key)


def retire(draft: Draft, key: str) -> None:
    """Stop a clock or limit for good and keep it among the finished cycles."""
    draft.timers.pop(key, None)
    clock = draft.clocks.pop(key)
    draft.cycles = (*draft.cycles, sla.stop(clock, draft.at, cancelled=draft.status == "cancelled"))


def _state_path(name: str) -> str:
    """The state behind `wait:PATH` or `after:PATH:N`."""
    kind, _, rest = name.partition(":")
    return rest.rpartition(":")[0] if kind == "after" else rest


def _suspended(draft: Draft, state: State, timer: Timer) -> Timer:
    """A timer at rest; times counted from a field, and windows, are absolute: there is no working time to keep."""
    if timer.due is None:
        return timer
    promise = state.wait if timer.name.startswith("wait:") else draft.process.afters[timer.name].promise
    rest = None
    if promise is not None and not _absolute(draft, promise):
        chosen = choose(promise, draft.fields)
        name = draft.process.calendar if chosen is None else chosen.calendar
        rest = draft.process.calendars[name].elapsed(draft.at, timer.due)
    return evolve(timer, due=None, rest=rest)


def _absolute(draft: Draft, promise: Promise) -> bool:
    chosen = choose(promise, draft.fields)
    return chosen is not None and chosen.since is not None


def _resume(draft: Draft, after: After, timer: Timer) -> None:
    if timer.rest is None:
        _arm(draft, after, timer.start, count=timer.count)
        return
    chosen = choose(after.promise, draft.fields)
    calendar = draft.process.calendars[draft.process.calendar if chosen is None else chosen.calendar]
    _set(draft, after.name, calendar.due(draft.at, max(timer.rest, timedelta())), timer.start, timer.count, timer.rest)


def _arm_wait(draft: Draft, state: State, promise: Promise, start: datetime, *, resumed: bool = False) -> None:
    """Arm `wait:PATH`; a wait that is over already, or counts from an empty field, is none."""
    name = f"wait:{state.path}"
    old = draft.timers.pop(name, None)
    if resumed and old is None:
        return
    if resumed and old is not None and old.rest is not None:
        chosen = choose(promise, draft.fields)
        calendar = draft.process.calendars[draft.process.calendar if chosen is None else chosen.calendar]
        opens: datetime | None = calendar.due(draft.at, max(old.rest, timedelta()))
    else:
        count = _promised(draft, promise, start if old is None else old.start)
        opens = None if count is None else count.opens
    if opens is not None and opens > draft.at:
        _set(draft, name, opens, start)


def _arm(draft: Draft, after: After, start: datetime, *, count: int = 0) -> None:
    """
    Arm a timer for its next happening after `count` of them.

    An `every` that counts from a field begins with the first happening to come: what would have happened before the
    case stood here is not made up for.
    """
    due, count = _next(draft, after, start, count, skip=not count)
    if due is None:
        draft.timers.pop(after.name, None)
    else:
        _set(draft, after.name, due, start, count)


def _next(draft: Draft, after: After, start: datetime, count: int, *, skip: bool) -> tuple[datetime | None, int]:
    chosen = choose(after.promise, draft.fields)
    if chosen is None:
        return None, count
    try:
        return counted(
            draft.process, chosen, draft.fields, start, count, past=draft.at if skip and after.every else None
        )
    except CalendarError as problem:
        draft.remarks.append(f"{after.name} is not armed: {problem}")
        return None, count


def _set(
    draft: Draft, name: str, due: datetime, start: datetime, count: int = 0, rest: timedelta | None = None
) -> None:
    """Arm under a new generation, unless it is armed just so already."""
    old = draft.timers.get(name)
    if old is None or (old.due, old.start, old.count, old.rest) != (due, start, count, rest):
        draft.generation += 1
        draft.timers[name] = Timer(name, draft.generation, due, start, count, rest)


def happened(draft: Draft, after: After, timer: Timer) -> None:
    """
    Note that a timer fired, before its effects: an `every` counts on from its deadline, any other is spent.

    A spent timer stays in the case until its state is left, so that coming `back` does not arm it again.
    """
    if not after.every:
        draft.timers[after.name] = evolve(timer, due=None, rest=None, count=1)
        return
    # Count from the deadline, not from now: a late worker must not stretch the rhythm.
    start, count = (timer.start, timer.count + 1) if timer.rest is None or timer.due is None else (timer.due, 0)
    due, count = _next(draft, after, start, count, skip=False)
    if due is None:
        draft.timers.pop(after.name)
    else:
        _set(draft, after.name, due, start, count)


def _start_limit(draft: Draft, state: State, start: datetime) -> None:
    key = f"limit:{state.path}"
    if key in draft.clocks:
        retire(draft, key)
    promise = state.limit and state.limit.promise
    count = _promised(draft, promise, start) if promise else None
    if count is None:
        return
    cycle = 1 + max((old.cycle for old in draft.cycles if old.name == state.path), default=0)
    draft.clocks[key] = sla.start(state.path, cycle, count.start, count.length, count.calendar, fixed=count.fixed)


def _promised(draft: Draft, promise: Promise, start: datetime) -> Count | None:
    chosen = choose(promise, draft.fields)
    if chosen is None:
        return None
    try:
        return promised(draft.process, chosen, draft.fields, start)
    except CalendarError as problem:
        draft.remarks.append(f"a time is not counted: {problem}")
        return None


# ── SLA clocks ─────────────────────────────────────────────────────────────────────────────────────────────────


def turn_clocks(draft: Draft, taken: list[tuple[Rule, Alternative]], entered: tuple[int, ...]) -> None:
    """Renew, stop and start the SLA clocks by what one microstep took and entered; a stop comes before a start."""
    names = {rule.name for rule, _ in taken}
    for name, rule in draft.process.clocks.items():
        key = f"clock:{name}"
        clock = draft.clocks.get(key)
        live = clock is not None and clock.state != "stopped"
        if live and not rule.renew.isdisjoint(names):
            draft.clocks[key] = sla.stop(draft.clocks[key], draft.at)
            _start_clock(draft, key, rule)
        if live and not rule.stops.isdisjoint(entered):
            draft.clocks[key] = sla.stop(draft.clocks[key], draft.at)
            live = False
        if not live and draft.status == "open" and not rule.starts.isdisjoint(entered):
            _start_again(draft, key, rule)


def _start_again(draft: Draft, key: str, rule: ClockRule) -> None:
    """Start a clock that does not run: for the first time, or as its `again` says."""
    finished = draft.clocks.get(key)
    if finished is None or rule.again == "restart":
        _start_clock(draft, key, rule)
    elif rule.again == "continue":
        draft.clocks[key] = sla.reopen(finished, draft.at)


def _start_clock(draft: Draft, key: str, rule: ClockRule) -> None:
    finished = draft.clocks.get(key)
    if finished is not None:
        draft.cycles = (*draft.cycles, finished)
    count = _promised(draft, rule.promise, draft.at)
    cycle = 1 if finished is None else finished.cycle + 1
    length, calendar = (None, rule.calendar) if count is None else (count.length, count.calendar)
    draft.clocks[key] = sla.start(rule.name, cycle, draft.at, length, calendar)


def retarget(draft: Draft) -> None:
    """Take the promises anew whose fields were written: counted from the start, time used stays."""
    for name, rule in draft.process.clocks.items():
        key = f"clock:{name}"
        clock = draft.clocks.get(key)
        if clock is None or clock.state == "stopped" or field_names(rule.promise).isdisjoint(draft.written):
            continue
        count = _promised(draft, rule.promise, clock.started_at)
        length, calendar = (None, rule.calendar) if count is None else (count.length, count.calendar)
        if (length, calendar) != (clock.target, clock.calendar):
            draft.clocks[key] = sla.retarget(clock, draft.at, length, calendar)


def close(draft: Draft, *, cancelled: bool) -> None:
    """End all times with the case."""
    for key, clock in list(draft.clocks.items()):
        if clock.state != "stopped":
            draft.clocks[key] = sla.stop(clock, draft.at, cancelled=cancelled)
        if key.startswith("limit:"):
            draft.cycles = (*draft.cycles, draft.clocks.pop(key))
    draft.timers.clear()


# ── at the end of an entry ─────────────────────────────────────────────────────────────────────────────────────


def finish(draft: Draft) -> None:
    """Bring times in line with the fields written and the states reached, then arm the next escalation steps."""
    if draft.status != "open":
        return
    if draft.written:
        retarget(draft)
        for index in draft.active():
            _rearm(draft, draft.process.states[index])
    _pause(draft)
    for key in [key for key in draft.timers if key[:6] in {"clock:", "limit:"} and key not in draft.clocks]:
        del draft.timers[key]
    for key, clock in draft.clocks.items():
        if clock is not draft.before.clocks.get(key):
            arm_step(draft, key)


def _pause(draft: Draft) -> None:
    if not draft.process.clocks:
        return
    still = frozenset[str]().union(*(draft.process.states[index].pause for index in draft.active()))
    for name in draft.process.clocks:
        key = f"clock:{name}"
        clock = draft.clocks.get(key)
        if clock is None:
            continue
        if clock.state == "running" and name in still:
            draft.clocks[key] = sla.pause(clock, draft.at)
        elif clock.state == "paused" and name not in still:
            draft.clocks[key] = sla.resume(clock, draft.at)


def _rearm(draft: Draft, state: State) -> None:
    """Count anew, from arrival or from its field, what depends on a field that was written."""
    arrival = draft.arrivals[state.path]
    opening = state.wait if state.window is None else state.window
    if opening is not None and _touched(draft, opening):
        _arm_wait(draft, state, opening, arrival)
    for after in state.after:
        if _touched(draft, after.promise):
            timer = draft.timers.get(after.name)
            spent = timer is not None and timer.due is None
            if not spent or _absolute(draft, after.promise):
                _arm(draft, after, arrival)
    if state.limit is not None and _touched(draft, state.limit.promise):
        _rearm_limit(draft, state, arrival)


def _rearm_limit(draft: Draft, state: State, arrival: datetime) -> None:
    """A limit whose promise changed begins a new cycle, so that a visit moved to next week is escalated next week."""
    key = f"limit:{state.path}"
    limit = draft.clocks.get(key)
    count = _promised(draft, state.limit.promise, arrival) if state.limit is not None else None
    if limit is not None and count is not None:
        same = (limit.started_at, limit.target, limit.fixed) == (count.start, count.length, count.fixed)
        if same or (limit.started_at == draft.at and limit.target == count.length):
            return
    if limit is not None or count is not None:
        _start_limit(draft, state, arrival)


def _touched(draft: Draft, promise: Promise) -> bool:
    return not field_names(promise).isdisjoint(draft.written)


# ── escalation ─────────────────────────────────────────────────────────────────────────────────────────────────


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
    instants = [at for at in (_instant(draft, clock, step) for step in escalation_of(draft, key)) if at is not None]
    if instants and clock.state == "running":
        _set(draft, key, min(instants), clock.started_at)
    else:
        draft.timers.pop(key, None)


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
    draft.clocks[key] = sla.mark(clock, [*((step.key, "skipped") for step in lower), (highest.key, "fired")])
    return highest


def _instant(draft: Draft, clock: Clock, step: EscalationStep) -> datetime | None:
    if any(key == step.key for key, _ in clock.steps):
        return None
    try:
        return sla.reached(clock, draft.process.calendars, step.step)
    except CalendarError as problem:
        draft.remarks.append(f"step {step.key} is not armed: {problem}")
        return None
