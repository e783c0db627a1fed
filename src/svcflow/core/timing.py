"""
The times of a state while an entry is decided: its wait, its timers and its limit, armed and stopped as states change.

Which instants there are is the calendar's business, how a stopwatch runs is `clock`'s; here is when each begins, rests,
goes on and ends. SLA clocks, which belong to no single state, are in `sla`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from attrs import evolve

from svcflow.core import clock as stopwatch
from svcflow.core import sla
from svcflow.core.arming import arm, count_out, touched, why
from svcflow.core.calendar import Calendar
from svcflow.core.case import Timer
from svcflow.core.clock import Clock
from svcflow.core.draft import Draft
from svcflow.core.event import EMPTY
from svcflow.core.moments import counted
from svcflow.core.process import State
from svcflow.core.promise import Promise, Time, choose
from svcflow.core.rule import After
from svcflow.errors import CalendarError


def waiting(draft: Draft, index: int) -> bool:
    """Whether a state is on nobody's list: every active leaf in it lies in a `wait` that still runs."""
    if not draft.process.waits:
        return False
    return all(_waits_around(draft, leaf) for leaf in draft.leaves if index in draft.process.lines[leaf])


def waits_until(draft: Draft, index: int) -> datetime:
    """When a state that is waiting opens: as soon as one of its leaves lies in no wait any more."""
    lines = draft.process.lines
    return min(max(_waits_around(draft, leaf)) for leaf in draft.leaves if index in lines[leaf])


def _waits_around(draft: Draft, leaf: int) -> list[datetime]:
    """When the waits around a leaf that still run are over."""
    states, timers = draft.process.states, draft.timers
    waits = [timers.get(f"wait:{states[around].path}") for around in draft.process.lines[leaf]]
    return [timer.due for timer in waits if timer is not None and timer.due is not None]


def arrive(draft: Draft, state: State, *, resumed: bool) -> None:
    """Arm what counts from entering a state; after `back`, let go on what was suspended."""
    opening = state.wait if state.window is None else state.window
    if opening is not None:
        _arm_wait(draft, state, opening, draft.at, resumed=resumed)
    for after in state.after:
        suspended = draft.timers.get(after.name) if resumed else None
        if suspended is None:
            _arm(draft, after, draft.at)
        elif suspended.used is not None or not suspended.count or after.every:
            _go_on(draft, after, suspended, draft.at)
    if state.limit is not None:
        limit = draft.clocks.get(state.limit_key)
        if resumed and limit is not None:
            _resume_limit(draft, state, state.limit.promise, limit)
        else:
            _start_limit(draft, state, state.limit.promise, draft.at)


def leave(draft: Draft, state: State, *, kept: bool) -> None:
    """Drop what counted from entering a state, or with `kept` suspend it: the case can come `back`."""
    for name in state.timers:
        timer = draft.timers.get(name)
        if timer is None:
            continue
        if kept:
            draft.timers[name] = _suspended(draft, state, timer)
        else:
            del draft.timers[name]
    if state.limit is not None:
        _leave_limit(draft, state.limit_key, state.limit.promise, kept=kept)


def _leave_limit(draft: Draft, key: str, promise: Promise, *, kept: bool) -> None:
    limit = draft.clocks.get(key)
    if limit is None:
        return
    if not kept:
        retire(draft, key)
        return
    draft.timers.pop(key, None)
    if not _absolute(draft, promise):
        draft.clocks[key] = stopwatch.pause(limit, draft.at)


def forget(draft: Draft, kept: Iterable[str]) -> None:
    """Drop what was suspended for states that nothing leads back to any more."""
    alive = {*kept, *draft.process.named(draft.active())}
    for name in list(draft.timers):
        if name.startswith(("after:", "wait:")) and _state_path(name) not in alive:
            del draft.timers[name]
    for key in list(draft.clocks):
        if key.startswith("limit:") and key[6:] not in alive:
            retire(draft, key, _left_at(draft, key[6:]))


def _left_at(draft: Draft, path: str) -> datetime:
    """When the case left a state to which it could come back until now."""
    places = draft.before.returns.values()
    left = (place.at for place in places for leaf in place.states if f"{leaf}.".startswith(f"{path}."))
    return max(left, default=draft.at)


def retire(draft: Draft, key: str, at: datetime | None = None) -> None:
    """Stop a clock or limit for good and keep it among the finished cycles."""
    draft.timers.pop(key, None)
    clock = draft.clocks.pop(key)
    draft.cycles = (*draft.cycles, stopwatch.stop(clock, at or draft.at, cancelled=draft.status == "cancelled"))


def _state_path(name: str) -> str:
    """The state behind `wait:PATH` or `after:PATH:4h`."""
    kind, _, rest = name.partition(":")
    return rest.rpartition(":")[0] if kind == "after" else rest


def _suspended(draft: Draft, state: State, timer: Timer) -> Timer:
    """A timer at rest; times counted from a field, and windows, are absolute: there is no working time to keep."""
    if timer.due is None:
        return timer
    promise = state.wait if timer.name.startswith("wait:") else draft.process.afters[timer.name].promise
    used = None
    if promise is not None and not _absolute(draft, promise):
        began = timer.start if timer.used is None else draft.arrivals[state.path]
        used = (timer.used or timedelta()) + _calendar(draft, promise).elapsed(began, draft.at)
    return evolve(timer, due=None, used=used)


def _calendar(draft: Draft, promise: Promise) -> Calendar:
    """The calendar that a promise counts on for this case."""
    chosen = choose(promise, draft.fields)
    return draft.process.calendars[draft.process.calendar if chosen is None else chosen.calendar]


def _left(draft: Draft, promise: Promise, timer: Timer, due: datetime, began: datetime) -> datetime:
    """When a timer is due that was interrupted: what it has used already is taken off from all that is promised now."""
    calendar = _calendar(draft, promise)
    left = calendar.elapsed(timer.start, due) - (timer.used or timedelta())
    return calendar.due(began, max(left, timedelta()))


def _absolute(draft: Draft, promise: Promise) -> bool:
    chosen = choose(promise, draft.fields)
    return chosen is not None and chosen.since is not None


def _go_on(draft: Draft, after: After, timer: Timer, began: datetime) -> None:
    """Let a timer run on since a moment, after its case was away."""
    if timer.used is None or _absolute(draft, after.promise):
        _arm(draft, after, timer.start, count=timer.count)
        return
    due, count = _next(draft, after, timer.start, timer.count, skip=False)
    if due is None:
        draft.timers.pop(after.name)
    else:
        due = _left(draft, after.promise, timer, due, began)
        arm(draft, after.name, due, timer.start, count, timer.used)


def _arm_wait(draft: Draft, state: State, promise: Promise, start: datetime, *, resumed: bool = False) -> None:
    """Arm `wait:PATH`; a wait that is over already, or counts from an empty field, is none."""
    name = f"wait:{state.path}"
    old = draft.timers.pop(name, None)
    if resumed and old is None and not _absolute(draft, promise):
        return
    count = count_out(draft, promise, start if old is None else old.start)
    opens = None if count is None else count.opens
    if opens is not None and old is not None and old.used is not None and not _absolute(draft, promise):
        opens = _left(draft, promise, old, opens, start)
    if opens is not None and opens > draft.at:
        arm(draft, name, opens, start if old is None else old.start, used=None if old is None else old.used)


def _arm(draft: Draft, after: After, start: datetime, *, count: int = 0) -> None:
    """
    Arm a timer for its next happening after `count` of them.

    An `every` goes on with its first happening to come: what would have happened before the case stood here, or in
    another rhythm, is not made up for.
    """
    due, count = _next(draft, after, start, count, skip=True)
    if due is None:
        draft.timers.pop(after.name, None)
    else:
        arm(draft, after.name, due, start, count)


def _next(draft: Draft, after: After, start: datetime, count: int, *, skip: bool) -> tuple[datetime | None, int]:
    chosen = choose(after.promise, draft.fields)
    if not isinstance(chosen, Time):
        return None, count
    if after.every and not chosen.amount:
        draft.remarks.append(f"{after.name} is not armed: it would repeat without end")
        return None, count
    try:
        return counted(
            draft.process,
            chosen,
            draft.fields,
            start,
            count,
            past=draft.at if skip and after.every else None,
        )
    except CalendarError as problem:
        draft.remarks.append(f"{after.name} is not armed: {why(draft, problem)}")
        return None, count


def happened(draft: Draft, after: After, timer: Timer) -> None:
    """
    Note that a timer fired, before its effects: an `every` counts on from its deadline, any other is spent.

    A spent timer stays in the case until its state is left, so that coming `back` does not arm it again.
    """
    if not after.every:
        draft.timers[after.name] = evolve(timer, due=None, used=None, count=1)
        return
    # Count from the deadline, not from now: a late worker must not stretch the rhythm.
    start, count = (timer.start, timer.count + 1) if timer.used is None or timer.due is None else (timer.due, 0)
    due, count = _next(draft, after, start, count, skip=False)
    if due is None:
        draft.timers.pop(after.name)
    else:
        arm(draft, after.name, due, start, count)


def revive(draft: Draft) -> None:
    """Let timers of states the case can come back to count anew, spent or not, if their field was written."""
    if not draft.returns:
        return  # It can come back to none.
    for name, timer in list(draft.timers.items()):
        after = None if timer.due is not None else draft.process.afters.get(name)
        if after is None or draft.process.states[after.rule.state].path in draft.arrivals:
            continue
        chosen = choose(after.promise, draft.fields)
        if chosen is not None and chosen.since in draft.written:
            draft.timers[name] = evolve(timer, count=0, used=None)


def _resume_limit(draft: Draft, state: State, promise: Promise, limit: Clock) -> None:
    """Let a limit run on; what was written while the case was away counts now."""
    key, count = state.limit_key, count_out(draft, promise, limit.started_at)
    if count is None or (count.start != limit.started_at and count.fixed != limit.fixed):
        retire(draft, key, _left_at(draft, state.path))
        _start_limit(draft, state, promise, draft.at)
    else:
        running = stopwatch.resume(limit, draft.at)
        if count.start == limit.started_at:
            running = stopwatch.retarget(running, draft.at, count.length, count.calendar, fixed=count.fixed)
        draft.clocks[key] = running
        # An absolute limit may be the very same as before, but its next step rested like all timers of its state.
        sla.arm_step(draft, key)


def _start_limit(draft: Draft, state: State, promise: Promise, start: datetime) -> None:
    key = state.limit_key
    if key in draft.clocks:
        retire(draft, key)
    count = count_out(draft, promise, start)
    if count is None:
        return
    cycle = 1
    for old in draft.cycles:
        if old.name == key:
            cycle = max(cycle, old.cycle + 1)
    draft.clocks[key] = stopwatch.start(key, cycle, count.start, count.length, count.calendar, fixed=count.fixed)


def close(draft: Draft, *, cancelled: bool) -> None:
    """End all times with the case."""
    for key, clock in list(draft.clocks.items()):
        if clock.state != "stopped":
            draft.clocks[key] = stopwatch.stop(clock, draft.at, cancelled=cancelled)
        if key.startswith("limit:"):
            draft.cycles = (*draft.cycles, draft.clocks.pop(key))
    draft.timers.clear()


def finish(draft: Draft) -> None:
    """Let clocks stand still or run as the states reached say, then arm the next escalation steps."""
    if draft.status != "open":
        return
    sla.pause(draft)
    before = EMPTY if draft.anew else draft.before.clocks
    for key, clock in draft.clocks.items():
        if clock is not before.get(key) and (key[:6] != "limit:" or key[6:] in draft.arrivals):
            sla.arm_step(draft, key)


def rearm(draft: Draft) -> None:
    """Count anew what depends on the fields written, unless that was done since."""
    sla.retarget(draft)
    revive(draft)
    for index in draft.active():
        if index not in draft.settled:
            draft.settled.add(index)
            if draft.process.states[index].timed:
                _rearm(draft, draft.process.states[index])


def _rearm(draft: Draft, state: State) -> None:
    """Count anew, from arrival or from its field, what depends on a field that was written."""
    arrival = draft.arrivals[state.path]
    opening = state.wait if state.window is None else state.window
    if opening is not None and touched(draft, opening) and not _waits_on(draft, state, opening):
        _arm_wait(draft, state, opening, arrival)
    for after in state.after:
        if touched(draft, after.promise):
            _rearm_timer(draft, after, arrival)
    if state.limit is not None and touched(draft, state.limit.promise):
        _rearm_limit(draft, state, state.limit.promise, arrival)


def _waits_on(draft: Draft, state: State, opening: Promise) -> bool:
    """Whether a wait stays as it is: one that is over, when a case migrates."""
    if _absolute(draft, opening):
        return False
    timer = draft.timers.get(f"wait:{state.path}")
    return timer is None and opening.reads.isdisjoint(draft.written)


def _rearm_timer(draft: Draft, after: After, arrival: datetime) -> None:
    """Count a timer anew: from its field if that was written, else from where it began, as often as it has happened."""
    timer, chosen = draft.timers.get(after.name), choose(after.promise, draft.fields)
    if timer is None or (chosen is not None and chosen.since in draft.written):
        _arm(draft, after, arrival)
    elif timer.due is not None:
        _go_on(draft, after, timer, arrival)


def _rearm_limit(draft: Draft, state: State, promise: Promise, arrival: datetime) -> None:
    """
    Take a limit's promise anew: counted from its start, or from its field.

    One that counts from another moment to another due begins a new cycle, so that a visit moved to next week is
    escalated then.
    """
    key = state.limit_key
    limit = draft.clocks.get(key)
    # One that was interrupted counts from its own start, since the case arrived anew meanwhile.
    start = arrival if limit is None or len(limit.segments) == 1 else limit.started_at
    count = count_out(draft, promise, start)
    if limit is None or count is None:
        _start_limit(draft, state, promise, arrival)
    elif count.start != limit.started_at:
        if count.fixed != limit.fixed:
            _start_limit(draft, state, promise, arrival)
    else:
        draft.clocks[key] = stopwatch.retarget(limit, draft.at, count.length, count.calendar, fixed=count.fixed)
