"""Processes that run or start one another: ends of a child, and cases that breed cases."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from svcflow.core.graph import Edge
from svcflow.core.process import State
from svcflow.core.rule import Place
from svcflow.core.spelling import nearest
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding
from svcflow.language.rules.at_once import by_itself, quick_children
from svcflow.language.rules.flow_words import ends_case, listed
from svcflow.language.rules.registry import rule


def _ends(child: Compiled) -> tuple[State, ...]:
    """The ends that a case of this process can come to."""
    reachable = child.graph.reachable()
    return tuple(state for state in child.process.states if ends_case(state) and state.index in reachable)


@rule("SF312", "error", "graph")
def unhandled_end(compiled: Compiled) -> Iterator[Finding]:
    """
    A child can end in a way that the state running it does not speak of.

    The ends of a child are the events of the state that runs it. When the child comes to an end that is no event there,
    the case waits for ever. An end of kind `cancelled` is an end like any other.

    Bad:
    ```yaml
    process: repair
    version: 1
    states:
      calling: {run: callback, events: {happy: finished}}
      finished: {end: done}
    ```
    ```yaml
    # callback.yaml
    process: callback
    version: 1
    roles: [clerk]
    states:
      calling: {by: clerk, events: {reached: happy, gave_up: unreachable}}
      happy: {end: done}
      unreachable: {end: cancelled}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    states:
      calling: {run: callback, events: {happy: finished, unreachable: finished}}
      finished: {end: done}
    ```
    ```yaml
    # callback.yaml
    process: callback
    version: 1
    roles: [clerk]
    states:
      calling: {by: clerk, events: {reached: happy, gave_up: unreachable}}
      happy: {end: done}
      unreachable: {end: cancelled}
    ```
    """
    for state, child in _children(compiled):
        for end in _ends(child):
            if any(owner.kind == "child" for owner in state.events.get(end.name, ())):
                continue
            message = f"`{state.run}` can end as `{end.name}`, and nothing says what happens then"
            notes = (child.secondary(end.place, "this end", key=True),)
            yield compiled.finding("SF312", "error", (*state.place, "run"), message,
                                   hint=f"write `{end.name}` under `events` here", notes=notes)  # fmt: skip


@rule("SF313", "error", "graph")
def impossible_end(compiled: Compiled) -> Iterator[Finding]:
    """
    An event stands for an end that the child never comes to.

    The events of a state that runs a child are the child's ends. One of another name never happens.

    Bad:
    ```yaml
    process: repair
    version: 1
    states:
      calling: {run: callback, events: {happy: finished, unhappy: finished}}
      finished: {end: done}
    ```
    ```yaml
    # callback.yaml
    process: callback
    version: 1
    roles: [clerk]
    states:
      calling: {by: clerk, events: {reached: happy}}
      happy: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    states:
      calling: {run: callback, events: {happy: finished, unreachable: finished}}
      finished: {end: done}
    ```
    ```yaml
    # callback.yaml
    process: callback
    version: 1
    roles: [clerk]
    states:
      calling: {by: clerk, events: {reached: happy, gave_up: unreachable}}
      happy: {end: done}
      unreachable: {end: cancelled}
    ```
    """
    for state, child in _children(compiled):
        ends = [end.name for end in _ends(child)]
        for name, rules in state.events.items():
            for owner in rules:
                if owner.kind != "child" or name in ends:
                    continue
                close = nearest(name, ends)
                hint = f"did you mean `{close}`?" if close else f"its ends are {listed(ends)}" if ends else ""
                message = f"`{state.run}` never ends as `{name}`"
                yield compiled.finding("SF313", "error", owner.place, message, key=True, hint=hint)


def _children(compiled: Compiled) -> Iterator[tuple[State, Compiled]]:
    for state in compiled.process.states:
        child = None if state.run is None else compiled.project.get(state.run)
        if child is not None:
            yield state, child


@rule("SF314", "error", "graph")
def breeding(compiled: Compiled) -> Iterator[Finding]:
    """
    A process starts or runs itself at once, perhaps by way of others: cases without number.

    What a process does on its way into its first resting state happens for each new case. If that opens a case of the
    same process again, there is no end to it; a child that ends at once does not hold it up. Behind an event or a time
    it is harmless.

    Bad:
    ```yaml
    process: maintenance
    version: 1
    roles: [clerk]
    states:
      planned: {by: clerk, do: {start: maintenance}, events: {visit: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: maintenance
    version: 1
    roles: [clerk]
    states:
      planned: {by: clerk, events: {visit: {to: finished, do: {start: maintenance}}}}
      finished: {end: done}
    ```
    """
    for name, place in _opened_at_once(compiled):
        way = _way_back(compiled, name)
        if way is not None:
            names = " -> ".join((compiled.process.name, *way))
            message = f"`{compiled.process.name}` starts itself at once: cases without number ({names})"
            yield compiled.finding("SF314", "error", place, message, hint="start it on an event or after a time")


def _way_back(compiled: Compiled, name: str) -> tuple[str, ...] | None:
    """The shortest chain of processes, each opened at once by the one before, from `name` to the process itself."""
    waiting: deque[tuple[str, ...]] = deque([(name,)])
    seen = {name}
    while waiting:
        way = waiting.popleft()
        if way[-1] == compiled.process.name:
            return way
        beside = compiled.project.get(way[-1])
        for following, _ in () if beside is None else _opened_at_once(beside):
            if following not in seen:
                seen.add(following)
                waiting.append((*way, following))
    return None


def _opened_at_once(compiled: Compiled) -> Iterator[tuple[str, Place]]:
    """The processes that a new case opens before anybody can act, each with the place that says so."""
    process, quick = compiled.process, quick_children(compiled)
    tree = process.chart.tree

    def at_once(edge: Edge) -> bool:
        if (
            edge.alternative.when is not None
            or edge.alternative.share is not None
            or not by_itself(process, edge, quick)
        ):
            return False
        surely = edge.alternative is edge.rule.alternatives[0] and len(quick.get(edge.source, " ")) == 1
        return edge.rule.kind == "auto" or surely

    passed = compiled.graph.reached(compiled.graph.start, at_once)
    states = dict.fromkeys(state for leaf in sorted(passed) for state in reversed(tree.paths[leaf]))
    for state in map(process.states.__getitem__, states):
        if state.run is not None:
            yield state.run, (*state.place, "run")
        yield from ((start.process, (*state.place, "do", "start", start.process)) for start in state.do.start)
        if state.auto is not None and state.wait is None and state.window is None:
            for alternative in state.auto.alternatives:
                if alternative.when is None and alternative.share is None:
                    starts = (*state.auto.do.start, *alternative.do.start)
                    yield from ((start.process, alternative.place) for start in starts)
    for edge in compiled.graph.edges:
        if edge.source in passed and edge.rule.kind != "auto" and at_once(edge):
            starts = (*edge.rule.do.start, *edge.alternative.do.start)
            yield from ((start.process, edge.alternative.place) for start in starts)


RULES = (unhandled_end, impossible_end, breeding)
