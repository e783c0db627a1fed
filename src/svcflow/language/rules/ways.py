"""The quickest way of a clock from its start to its stop: waits, and limits, that add up to more than is promised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple, TypeAlias

from svcflow.core.graph import Edge, Graph
from svcflow.core.moments import promised
from svcflow.core.process import ClockRule, Process
from svcflow.core.promise import Promise, Time, Window, cells
from svcflow.core.rule import Place
from svcflow.errors import CalendarError
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding
from svcflow.language.rules.clocks import together
from svcflow.language.rules.flow_words import route
from svcflow.language.rules.registry import rule
from svcflow.language.rules.stays import total

_EVERY_HOUR = 250
"""Moments that are all tried; of those after them, every twentieth."""


class Stay(NamedTuple):
    """Until when a case stays in a leaf before it takes an edge, and which promise makes it stay."""

    end: datetime
    time: Time | Window | None = None
    place: Place = ()


Staying: TypeAlias = Callable[[Edge, datetime], Stay]


@rule("SF504", "error", "time")
def impossible_promise(compiled: Compiled) -> Iterator[Finding]:
    """
    A clock can never be met: the quickest way from its start to its stop takes longer than is promised.

    Only what must pass counts: waits, windows that open later, timers that alone lead on. Whatever people do at once
    takes no time. Where a pause may lie on the way, only working time of the clock's own calendar is counted.

    Bad:
    ```yaml
    process: repair
    version: 1
    calendar: always
    escalation: house
    escalations: {house: {100%: {notify: clerk}}}
    roles: [clerk]
    sla:
      answer: {from: received, until: finished, target: 1d}
    states:
      received: {by: clerk, events: {begin: cooling}}
      cooling: {by: clerk, wait: 2d, events: {repaired: finished}}
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
    sla:
      answer: {from: received, until: finished, target: 4d}
    states:
      received: {by: clerk, events: {begin: cooling}}
      cooling: {by: clerk, wait: 2d, events: {repaired: finished}}
      finished: {end: done}
    ```
    """
    for clock, way, stays, broken in _overrun(compiled):
        promise = " and ".join(dict.fromkeys(_text(time) for time in broken))
        place = (*clock.place, "target")
        notes = tuple(compiled.secondary(stay.place, "this must pass") for stay in stays)
        never = len(broken) == len(list(cells(clock.promise)))
        quickest = f"the quickest way takes {_sum(stays)}"
        yield compiled.finding("SF504", "error", place,
                               f"clock `{clock.name}` can never be met: {quickest}, promised is {promise}" if never else
                               f"clock `{clock.name}` cannot be met where {promise} is promised: {quickest}",
                               hint=f"the quickest way is {route(compiled.process, way)}: promise more, or wait less",
                               notes=notes)  # fmt: skip


@rule("SF516", "warning", "time")
def limits_over_promise(compiled: Compiled) -> Iterator[Finding]:
    """
    The limits along the quickest way add up to more than the longest promise of a clock.

    Everybody may keep to every limit, and the promise to the customer is broken all the same.

    Bad:
    ```yaml
    process: repair
    version: 1
    calendar: always
    escalation: house
    escalations: {house: {100%: {notify: clerk}}}
    roles: [clerk]
    sla:
      answer: {from: received, until: finished, target: 2d}
    states:
      received: {by: clerk, limit: 1d, events: {begin: repairing}}
      repairing: {by: clerk, limit: 2d, events: {repaired: finished}}
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
    sla:
      answer: {from: received, until: finished, target: 4d}
    states:
      received: {by: clerk, limit: 1d, events: {begin: repairing}}
      repairing: {by: clerk, limit: 2d, events: {repaired: finished}}
      finished: {end: done}
    ```
    """
    for clock, way, stays, broken in _overrun(compiled, limits=True):
        targets = tuple(cells(clock.promise))
        if len(broken) < len(targets):
            continue
        longest = next(
            (time for time in broken if all(compiled.lasting.no_later(one, time) for one in broken)), broken[0]
        )
        notes = tuple(compiled.secondary(stay.place, "this limit counts") for stay in stays)
        yield compiled.finding("SF516", "warning", (*clock.place, "target"),
                               f"the limits along the quickest way add up to {_sum(stays)}, "
                               f"the longest promise of the clock is {_text(longest)}",
                               hint=f"the quickest way is {route(compiled.process, way)}: shorten its limits",
                               notes=notes)  # fmt: skip


_Overrun: TypeAlias = tuple[ClockRule, tuple[Edge, ...], tuple[Stay, ...], tuple[Time, ...]]


def _overrun(compiled: Compiled, *, limits: bool = False) -> Iterator[_Overrun]:
    """Clocks whose quickest way is always longer than some of their times, with the way, its stays and those times."""
    graph = compiled.graph
    for clock in compiled.process.clocks.values():
        starts, goals = _starts(graph, clock), _goals(graph, clock)
        if clock.renew or not starts or _may_resume(graph, starts):
            continue
        broken, found = [], None
        for time in cells(clock.promise):
            if not isinstance(time, Time) or time.since is not None:
                continue
            stay = _staying(graph, clock, time, starts, goals, limits=limits)
            way = _never_in_time(compiled, time, starts, goals, stay)
            if way is not None:
                broken.append(time)
                found = found or (way, _stays(way, compiled.lasting.moments[0], stay))
        if found is not None and found[1]:
            yield clock, *found, tuple(broken)


def _starts(graph: Graph, clock: ClockRule) -> frozenset[int]:
    """The leaves that a case comes to as it enters a state that starts a clock."""
    found: set[int] = set()
    for start in clock.starts:
        inside = graph.leaves(start)
        entered = {leaf for leaf in inside if any(edge.source not in inside for edge in graph.into(leaf))}
        found |= entered | (inside & graph.start) or inside
    return together(graph, frozenset(found))


def _goals(graph: Graph, clock: ClockRule) -> frozenset[int]:
    """The leaves in which a clock stops and may be met: a cancelled case is neither met nor late."""
    stops = {leaf for stop in clock.stops for leaf in graph.leaves(stop)}
    ends = {state.index for state in graph.process.states if state.parent is None and state.end == "done"}
    return frozenset(stops | ends)


def _may_resume(graph: Graph, starts: frozenset[int]) -> bool:
    """Whether a wait may have begun before the clock: it starts in a state that a case comes back from."""
    process = graph.process
    return any(not process.returning.isdisjoint(process.lines[leaf]) for leaf in starts)


def _staying(
    graph: Graph, clock: ClockRule, time: Time, starts: frozenset[int], goals: frozenset[int], *, limits: bool
) -> Staying:
    process = graph.process
    between = graph.reached(starts) & graph.reaching(goals)
    paused = {leaf for leaf in between if clock.name in process.states[leaf].pause}

    def counts(cell: Time | Window) -> bool:
        # What a pause moves to another day takes no more and no less of the clock's own working time.
        return not paused or (isinstance(cell, Time) and cell.length is not None and cell.calendar == time.calendar)

    def stay(edge: Edge, at: datetime) -> Stay:
        if edge.source in paused or not edge.own:
            return Stay(at)
        held = _limits(graph, edge) if limits else _waits(graph, edge, starts)
        ends = [_least(process, promise, place, at, counts) for promise, place in held]
        choose = min if limits and edge.rule.kind == "after" else max
        return choose(ends, default=Stay(at), key=lambda one: one.end)

    return stay


def _waits(graph: Graph, edge: Edge, starts: frozenset[int]) -> Iterator[tuple[Promise, Place]]:
    """What must pass before an edge can be taken; only where it surely began as the case came to the leaf."""
    process, leaf, owner = graph.process, edge.source, edge.rule
    back = leaf in starts and any(into.alternative.kind == "back" for into in graph.into(leaf))
    if back:
        return
    if owner.kind == "after":
        after = next((one for one in process.states[owner.state].after if one.rule is owner), None)
        if after is not None and _fresh(graph, leaf, owner.state):
            yield after.promise, after.place
    elif owner.kind in {"event", "auto"}:
        line = process.lines[leaf]
        inner = line[line.index(owner.state) :]
        if any(process.states[index].parallel for index in inner):
            return  # Possible as soon as one of the regions waits no more.
        for index in line:
            state = process.states[index]
            if state.wait is not None and total(state.wait) and _fresh(graph, leaf, index):
                yield state.wait, (*state.place, "wait")
            if state.window is not None and total(state.window) and _fresh(graph, leaf, index):
                yield state.window, (*state.place, "window")


def _limits(graph: Graph, edge: Edge) -> Iterator[tuple[Promise, Place]]:
    """How long a case may stay in a leaf before it takes an edge; nothing where a limit around it counts, too."""
    process, leaf, owner = graph.process, graph.process.states[edge.source], edge.rule
    around = process.lines[leaf.index][:-1]
    limit = leaf.limit
    if limit is None or owner.kind == "auto" or any(process.states[index].limit is not None for index in around):
        return
    if not total(limit.promise) or any(isinstance(cell, Window) for cell in cells(limit.promise)):
        return
    yield limit.promise, limit.place
    if owner.kind == "after":
        yield from ((after.promise, after.place) for after in leaf.after if after.rule is owner)


def _fresh(graph: Graph, leaf: int, state: int) -> bool:
    """Whether a case that comes to a leaf always comes to a state around it at the same moment."""
    inside = graph.leaves(state)
    return leaf == state or all(
        edge.source not in inside for edge in graph.into(leaf) if edge.alternative.kind != "back"
    )


def _least(
    process: Process, promise: Promise, place: Place, at: datetime, counts: Callable[[Time | Window], bool]
) -> Stay:
    """The least of what a promise can come to; nothing if one of its times cannot be known."""
    found = []
    for cell in cells(promise):
        try:
            counted = None if cell.since is not None or not counts(cell) else promised(process, cell, {}, at)
        except CalendarError:
            counted = None
        if counted is None:
            return Stay(at)
        # Of a window it is where it opens that keeps a case waiting.
        found.append(Stay(max(at, counted.opens), cell, place))
    return min(found, default=Stay(at), key=lambda one: one.end)


def _never_in_time(
    compiled: Compiled, time: Time, starts: frozenset[int], goals: frozenset[int], stay: Staying
) -> tuple[Edge, ...] | None:
    """The quickest way if, whenever it begins, it is over only after a time; None if it may be in time."""
    dues, moments = compiled.lasting.dues(time), compiled.lasting.moments
    if len(dues) < len(moments):
        return None
    pairs = list(zip(moments, dues, strict=True))
    way: tuple[Edge, ...] | None = None
    for begin, due in pairs[:_EVERY_HOUR] + pairs[_EVERY_HOUR::20]:
        found = _quickest(compiled.graph, starts, goals, begin, stay, past=due if way else None)
        if found is None or found[0] <= due:
            return None
        way = way or found[1]
    return way


def _quickest(
    graph: Graph,
    starts: frozenset[int],
    goals: frozenset[int],
    begin: datetime,
    stay: Staying,
    *,
    past: datetime | None = None,
) -> tuple[datetime, tuple[Edge, ...]] | None:
    """
    When the quickest way that begins at a moment is over, and its edges (Dijkstra: leaving later never helps).

    Once it is later than `past` it is followed no further.
    """
    order = count()
    waiting: list[tuple[datetime, int, int, int, tuple[Edge, ...]]] = []
    for leaf in sorted(starts):
        heappush(waiting, (begin, 0, next(order), leaf, ()))
    done: set[int] = set()
    while waiting:
        at, steps, _, leaf, way = heappop(waiting)
        if way and (leaf in goals or (past is not None and at > past)):
            return at, way
        if leaf in done:
            continue
        done.add(leaf)
        for edge in graph.out(leaf):
            # Coming back leads to where the case has been since the clock started: no way gets quicker by it.
            if edge.alternative.kind != "back" and (edge.target not in done or edge.target in goals):
                heappush(waiting, (stay(edge, at).end, steps + 1, next(order), edge.target, (*way, edge)))
    return None


def _stays(way: tuple[Edge, ...], begin: datetime, stay: Staying) -> tuple[Stay, ...]:
    """What keeps a case on a way, in order."""
    found, at = [], begin
    for edge in way:
        one = stay(edge, at)
        at = one.end
        if one.time is not None:
            found.append(one)
    return tuple(found)


def _sum(stays: tuple[Stay, ...]) -> str:
    """Lengths added up as they are written: `3d`, or `1d + 4h`."""
    total_of: dict[str, int] = {}
    for stay in stays:
        if isinstance(stay.time, Window):
            total_of["d"] = total_of.get("d", 0) + stay.time.first
        elif stay.time is not None:
            total_of[stay.time.unit] = total_of.get(stay.time.unit, 0) + stay.time.amount
    return " + ".join(f"{amount}{unit}" for unit, amount in total_of.items())


def _text(time: Time) -> str:
    return f"{time.amount}{time.unit}"


RULES = (impossible_promise, limits_over_promise)
