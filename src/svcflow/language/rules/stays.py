"""Times of one stay against each other: a timer that never fires, a limit never reached, a wait that eats a limit."""

from __future__ import annotations

from collections.abc import Iterator

from svcflow.core.chart_tree import bits
from svcflow.core.process import Process, State
from svcflow.core.promise import Agreed, Promise, Table, Time, cells
from svcflow.core.rule import After, Place
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding, Secondary
from svcflow.language.nodes import ScalarNode
from svcflow.language.rules.registry import rule


@rule("SF501", "error", "time")
def timer_too_late(compiled: Compiled) -> Iterator[Finding]:
    """
    A timer never fires: another one has moved the case on before.

    Both count from the same moment, and the earlier one moves the case whatever its fields hold. Mostly the two times
    are mixed up, or the earlier one was meant to act only (`do`) and not to move.

    Bad:
    ```yaml
    process: repair
    version: 1
    calendar: always
    roles: [clerk]
    states:
      asked: {by: clerk, events: {answer: finished}, after: {4h: lapsed, 1d: {do: {notify: clerk}}}}
      finished: {end: done}
      lapsed: {end: cancelled}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    calendar: always
    roles: [clerk]
    states:
      asked: {by: clerk, events: {answer: finished}, after: {4h: {do: {notify: clerk}}, 1d: lapsed}}
      finished: {end: done}
      lapsed: {end: cancelled}
    ```
    """
    for state in compiled.process.states:
        for after in state.after:
            first = _gone_before(compiled, state, after.promise, after)
            if first is not None:
                gone = _text(compiled, first.place, key=True)
                yield compiled.finding("SF501", "error", after.place,
                                       f"this timer never fires: after {gone} the case has already left",
                                       key=True, hint="write the earlier time here, or let the other one move nothing",
                                       notes=(_leaves(compiled, first),))  # fmt: skip


@rule("SF502", "warning", "time")
def limit_too_late(compiled: Compiled) -> Iterator[Finding]:
    """
    A limit can never be reached: a timer has moved the case on before.

    Nobody will ever be late here, so the last steps of the escalation never happen.

    Bad:
    ```yaml
    process: repair
    version: 1
    calendar: always
    escalation: house
    escalations: {house: {100%: {notify: clerk}}}
    roles: [clerk]
    states:
      asked: {by: clerk, limit: 1d, events: {answer: finished}, after: {4h: lapsed}}
      finished: {end: done}
      lapsed: {end: cancelled}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    calendar: always
    escalation: house
    escalations: {house: {100%: {notify: clerk}}}
    roles: [clerk]
    states:
      asked: {by: clerk, limit: 4h, events: {answer: finished}, after: {1d: lapsed}}
      finished: {end: done}
      lapsed: {end: cancelled}
    ```
    """
    for state in compiled.process.states:
        first = None if state.limit is None else _gone_before(compiled, state, state.limit.promise)
        if state.limit is not None and first is not None:
            length, gone = _text(compiled, state.limit.place), _text(compiled, first.place, key=True)
            yield compiled.finding("SF502", "warning", state.limit.place,
                                   f"the limit of {length} can never be reached: after {gone} the case leaves",
                                   hint="write a shorter limit, or a later timer",
                                   notes=(_leaves(compiled, first),))  # fmt: skip


@rule("SF510", "error", "time")
def wait_eats_limit(compiled: Compiled) -> Iterator[Finding]:
    """
    A wait uses up the whole limit of its state.

    A limit counts from arrival, the wait included. When the wait is over and people may act, they are late already.

    Bad:
    ```yaml
    process: repair
    version: 1
    calendar: always
    escalation: house
    escalations: {house: {100%: {notify: clerk}}}
    roles: [clerk]
    states:
      called: {by: clerk, wait: 2d, limit: 2h, events: {satisfied: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    calendar: always
    escalation: house
    escalations: {house: {100%: {notify: clerk}}}
    roles: [clerk]
    states:
      called: {by: clerk, wait: 2d, limit: 3d, events: {satisfied: finished}}
      finished: {end: done}
    ```
    """
    process = compiled.process
    for state in process.states:
        if state.wait is None or state.limit is None or not total(state.wait):
            continue
        limit, wait = state.limit.promise, state.wait
        moving = [one for index in process.lines[state.index] for one in process.states[index].after if _may_move(one)]
        if not _before(compiled, limit, wait) or any(not _before(compiled, limit, one.promise) for one in moving):
            continue
        place = (*state.place, "wait")
        length = _text(compiled, state.limit.place)
        message = f"the wait of {_text(compiled, place)} uses up the whole limit of {length}"
        yield compiled.finding("SF510", "error", place, message, hint="a limit counts from arrival: write a longer one",
                               notes=(compiled.secondary(state.limit.place, "the limit"),))  # fmt: skip


def _gone_before(compiled: Compiled, state: State, late: Promise, itself: After | None = None) -> After | None:
    """A timer of a state, or of a group around it, that has surely moved the case on before another time is over."""
    process = compiled.process
    held = any(edge.alternative.kind == "back" for leaf in compiled.graph.leaves(state.index)
               for edge in compiled.graph.into(leaf))  # fmt: skip
    for index in process.lines[state.index]:
        for after in process.states[index].after:
            if after is itself or not total(after.promise) or not _moves_on(process, after):
                continue
            tied = itself is None or process.timers[after.name] < process.timers[itself.name]
            # A case that was away goes on with working time left: on two calendars the order may turn meanwhile.
            calendars = {cell.calendar for promise in (after.promise, late) for cell in cells(promise)}
            steady = not held or (len(calendars) == 1 and tied)
            if steady and _before(compiled, after.promise, late, strictly=not tied):
                return after
    return None


def _before(compiled: Compiled, early: Promise, late: Promise, *, strictly: bool = False) -> bool:
    """Whether one promise, whatever its tables say, is over before another that begins no sooner."""
    compare = compiled.lasting.sooner if strictly else compiled.lasting.no_later
    pairs = [(one, other) for one in cells(early) for other in cells(late)]
    return all(isinstance(one, Time) and isinstance(other, Time) and compare(one, other) for one, other in pairs)


def total(promise: Promise) -> bool:
    """Whether a promise always comes to a time that counts from arrival, however empty the fields are."""
    if isinstance(promise, Table):
        rows = (*promise.rows.values(), promise.default)
        return all(row is not None and total(row) for row in rows)
    if isinstance(promise, Agreed) and (promise.default is None or not total(promise.default)):
        return False
    return promise.since is None


def _moves_on(process: Process, after: After) -> bool:
    """Whether a timer, when it fires, surely leaves its state for one that does not come back to it."""
    chart = process.chart
    for alternative in after.rule.alternatives:
        domain = chart.moves[alternative.index].domain
        if alternative.kind != "go" or alternative.target is None or domain is None:
            return False
        left = chart.tree.inside[domain] >> after.rule.state & 1
        entered = process.lines[alternative.target]
        if not left or not process.returning.isdisjoint((*entered, *_inside(process, alternative.target))):
            return False
        if alternative.when is None and not alternative.limited:
            return True
    return False


def _inside(process: Process, state: int) -> tuple[int, ...]:
    """All states inside a state."""
    return tuple(bits(process.chart.tree.inside[state]))


def _may_move(after: After) -> bool:
    return any(alternative.kind != "here" for alternative in after.rule.alternatives)


def _leaves(compiled: Compiled, after: After) -> Secondary:
    return compiled.secondary(after.place, "the case leaves here", key=True)


def _text(compiled: Compiled, place: Place, *, key: bool = False) -> str:
    """A time as it is written; of a table that it is one."""
    entry, node = compiled.sources.find(place)
    text = entry.key if key and entry is not None else node
    return text.text if isinstance(text, ScalarNode) else "the table"


RULES = (timer_too_late, limit_too_late, wait_eats_limit)
