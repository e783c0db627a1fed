"""SLA clocks and where they run: one that never stops, a pause where none runs, a pause that nothing ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from svcflow.core.chart_tree import bits
from svcflow.core.graph import Graph
from svcflow.core.process import ClockRule, Process, State
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding
from svcflow.language.nodes import MappingNode, ScalarNode, SequenceNode
from svcflow.language.rules.flow_words import ends_case, listed
from svcflow.language.rules.registry import rule


@rule("SF505", "warning", "time")
def pause_without_end(compiled: Compiled) -> Iterator[Finding]:
    """
    Clocks stand still in a state, and nothing ends it.

    No clock runs down, no `limit` tells anybody and no `after` moves the case: a case that is forgotten here stays
    forgotten.

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
      received: {by: clerk, events: {ask: waiting, repair: finished}}
      waiting: {by: clerk, pause: answer, events: {answered: {to: received, max: 3}, give_up: finished}}
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
      answer: {from: received, until: finished, target: 2d}
    states:
      received: {by: clerk, events: {ask: waiting, repair: finished}}
      waiting:
        by: clerk
        pause: answer
        events: {answered: {to: received, max: 3}, give_up: finished}
        after: {10d: finished}
      finished: {end: done}
    ```
    """
    process, graph = compiled.process, compiled.graph
    running = {name: running_in(graph, clock) for name, clock in process.clocks.items()}
    for state in process.states:
        if not _written(compiled, state):
            continue
        still = {leaf for name in state.pause for leaf in running[name]} & graph.leaves(state.index)
        if still and not any(_noticed(process, running, process.states[leaf]) for leaf in still):
            yield compiled.finding("SF505", "warning", (*state.place, "pause"),
                                   "the clocks stand still here and nothing ends it", key=True,
                                   hint="write a `limit:` that tells somebody, or an `after:`")  # fmt: skip


def _noticed(process: Process, running: Mapping[str, frozenset[int]], leaf: State) -> bool:
    """Whether a child, the engine or any time goes on in a state."""
    around = [process.states[index] for index in process.lines[leaf.index]]
    clocks = any(leaf.index in leaves for name, leaves in running.items() if name not in leaf.pause)
    times = any(one.limit is not None or one.after or one.auto is not None for one in around)
    return leaf.run is not None or leaf.end is not None or clocks or times


def _written(compiled: Compiled, state: State) -> tuple[str, ...]:
    """The names under a state's own `pause`."""
    node = compiled.node(state.place)
    entry = node.entries.get("pause") if isinstance(node, MappingNode) else None
    match None if entry is None else entry.value:
        case ScalarNode() as name:
            return (name.text,)
        case SequenceNode() as names:
            return tuple(item.text for item in names.items if isinstance(item, ScalarNode))
    return ()


@rule("SF511", "warning", "time")
def idle_pause(compiled: Compiled) -> Iterator[Finding]:
    """
    A state pauses a clock that is never running there.

    On every way the clock has stopped before the case gets here, or starts only later. Another clock was meant, or the
    pause is left over.

    Bad:
    ```yaml
    process: repair
    version: 1
    calendar: always
    escalation: house
    escalations: {house: {100%: {notify: clerk}}}
    roles: [clerk]
    sla:
      answer: {from: received, until: repairing, target: 4h}
    states:
      received: {by: clerk, events: {begin: repairing}}
      repairing: {by: clerk, events: {order: ordered, repaired: finished}}
      ordered: {by: clerk, pause: answer, after: {10d: finished}}
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
      received: {by: clerk, events: {begin: repairing}}
      repairing: {by: clerk, events: {order: ordered, repaired: finished}}
      ordered: {by: clerk, pause: answer, after: {10d: finished}}
      finished: {end: done}
    ```
    """
    process, graph = compiled.process, compiled.graph
    for state in process.states:
        for name in _written(compiled, state):
            clock = process.clocks.get(name)
            if clock is None or not graph.leaves(state.index).isdisjoint(running_in(graph, clock)):
                continue
            yield compiled.finding("SF511", "warning", (*state.place, "pause", name),
                                   f"`{state.path}` pauses `{name}`, but that clock is never running here",
                                   hint="name the clock that runs here, or remove the pause",
                                   notes=(compiled.secondary(clock.place, "the clock", key=True),))  # fmt: skip


def running_in(graph: Graph, clock: ClockRule) -> frozenset[int]:
    """The leaves in which a clock may be running."""
    begun = frozenset(leaf for start in clock.starts for leaf in graph.leaves(start))
    stops = [graph.leaves(stop) for stop in clock.stops]

    def runs_on(source: int, target: int) -> bool:
        return not any(target in stop and source not in stop for stop in stops)

    found, more = frozenset[int](), together(graph, begun)
    while more - found:
        found |= more
        more = together(graph, graph.reached(found, lambda edge: runs_on(edge.source, edge.target)))
    return found


def together(graph: Graph, leaves: frozenset[int]) -> frozenset[int]:
    """These leaves and all that may be active beside them, in other regions."""
    tree = graph.process.chart.tree
    found = set(leaves)
    for leaf in leaves:
        for around in tree.paths[leaf]:
            if tree.kinds[around] == "parallel":
                found.update(bits(tree.inside[around] & tree.leaves))
    return frozenset(found)


@rule("SF512", "error", "time")
def endless_clock(compiled: Compiled) -> Iterator[Finding]:
    """
    A clock never stops: from a state that starts it, no path leads to one that stops it.

    It runs until the whole case ends, whatever is done. Mostly a state was forgotten under `until`.

    Bad:
    ```yaml
    process: repair
    version: 1
    calendar: always
    escalation: house
    escalations: {house: {100%: {notify: clerk}}}
    roles: [clerk]
    sla:
      report: {from: repaired, until: received, target: 2d}
    states:
      received: {by: clerk, events: {repair: repaired}}
      repaired: {by: clerk, events: {close: finished}}
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
      report: {from: received, until: repaired, target: 2d}
    states:
      received: {by: clerk, events: {repair: repaired}}
      repaired: {by: clerk, limit: 1d, events: {close: finished}}
      finished: {end: done}
    ```
    """
    process, graph = compiled.process, compiled.graph
    for clock in process.clocks.values():
        stops = frozenset(leaf for stop in clock.stops for leaf in graph.leaves(stop))
        for start in sorted(clock.starts):
            begun = graph.leaves(start)
            state = process.states[start]
            # One that is counted once need not start again where a case only gets after it has stopped.
            if (clock.again == "ignore" and len(clock.starts) > 1) or ends_case(state):
                continue
            beside = (together(graph, begun) - begun) | (begun if state.children else frozenset())
            coming = {edge.target for leaf in graph.reached(together(graph, begun)) for edge in graph.out(leaf)}
            if stops & (coming | beside):
                continue
            until = listed(process.states[stop].path for stop in sorted(clock.stops))
            yield compiled.finding("SF512", "error", (*clock.place, "from", state.path),
                                   f"clock `{clock.name}` never stops: no path leads from `{state.path}` to {until}",
                                   hint="add to `until:` a state that a case comes to from here",
                                   notes=(compiled.secondary((*clock.place, "until"), "it stops here"),))  # fmt: skip


RULES = (pause_without_end, idle_pause, endless_clock)
