"""Where cases get to and where they get stuck: states nothing leads to, states nothing leads out of, ways to no end."""

from __future__ import annotations

from collections.abc import Iterator

from svcflow.core.process import Process
from svcflow.core.rule import Place
from svcflow.core.situations import situations
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding
from svcflow.language.rules.flow_words import ends_case, listed
from svcflow.language.rules.registry import rule


@rule("SF301", "error", "graph")
def dead_state(compiled: Compiled) -> Iterator[Finding]:
    """
    No path leads to a state.

    No case can ever be in it. Mostly a target is misspelt or was forgotten when the state was written; if the state is
    no longer needed, it only misleads its readers. Of a whole group only the group is told. A state that `migrate:`
    names for cases of earlier versions is reached by them.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      received: {by: clerk, events: {repair: finished}}
      report: {by: clerk, events: {write: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      received: {by: clerk, events: {repair: report}}
      report: {by: clerk, events: {write: finished}}
      finished: {end: done}
    ```
    """
    graph = compiled.graph
    reached = graph.reached(graph.start | _migrated(compiled))
    reachable = {outer for leaf in reached for outer in compiled.process.chart.tree.paths[leaf]}
    for state in compiled.process.states:
        if state.index in reachable or (state.parent is not None and state.parent not in reachable):
            continue
        inside = graph.leaves(state.index)
        before = dict.fromkeys(
            compiled.process.states[edge.source].path
            for leaf in sorted(inside)
            for edge in graph.into(leaf)
            if edge.source not in inside
        )
        if before:
            hint = f"only reached from {listed(before)}, to which no path leads either"
        else:
            hint = "name it as the target of an event, or remove it"
        yield compiled.finding("SF301", "error", state.place, f"no path leads to `{state.path}`", key=True, hint=hint)


def _migrated(compiled: Compiled) -> frozenset[int]:
    """The leaf states that cases of earlier versions come over to."""
    process = compiled.process
    targets = (path for migration in process.migrations.values() for path in migration.states.values())
    return frozenset(leaf for path in targets for leaf in compiled.graph.leaves(process.paths[path]))


@rule("SF302", "error", "graph")
def no_end_in_sight(compiled: Compiled) -> Iterator[Finding]:
    """
    From a state no path leads to an end.

    A case that gets there can move on, but never finish: its clocks and reports never close. Only an `end` at the top
    level of `states` ends a case; an `end` inside a group ends the group.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      received: {by: clerk, events: {repair: testing, refuse: finished}}
      testing: {by: clerk, events: {fails: fixing}}
      fixing: {by: clerk, events: {fixed: {to: testing, max: 3}}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      received: {by: clerk, events: {repair: testing, refuse: finished}}
      testing: {by: clerk, events: {fails: fixing, passes: finished}}
      fixing: {by: clerk, events: {fixed: {to: [{to: testing, max: 3}, finished]}}}
      finished: {end: done}
    ```
    """
    process = compiled.process
    ends = [state.index for state in process.states if ends_case(state)]
    if not ends:
        hint = "write a state with `end: done`, and lead to it"
        yield compiled.finding("SF302", "error", ("states",), "no state is an end: no case would ever be over",
                               key=True, hint=hint)  # fmt: skip
        return
    graph = compiled.graph
    stuck = graph.reached(graph.start | _migrated(compiled)) - graph.reaching(ends)
    for trap in graph.rounds(lambda edge: edge.source in stuck):
        if any(edge.target not in trap for leaf in trap for edge in graph.out(leaf)):
            continue
        first, *others = (process.states[leaf] for leaf in sorted(trap))
        notes = tuple(compiled.secondary(other.place, "nor from here", key=True) for other in others)
        message = f"from `{first.path}` no path leads to an end"
        hint = f"an end is {listed(process.states[end].path for end in ends)}"
        yield compiled.finding("SF302", "error", first.place, message, key=True, hint=hint, notes=notes)


@rule("SF303", "error", "graph")
def dead_end(compiled: Compiled) -> Iterator[Finding]:
    """
    Nothing leads out of a state that is no end.

    A case would stay there for ever: no event, no time and no group around it moves it on. A state that ends the case
    says so with `end: done` or `end: cancelled`. A group whose inner `end` is reached goes on by its event `done`.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      received: {by: clerk, events: {repair: finished, refuse: refused}}
      refused: {}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      received: {by: clerk, events: {repair: finished, refuse: refused}}
      refused: {end: cancelled}
      finished: {end: done}
    ```
    """
    process = compiled.process
    graph = compiled.graph
    dead = [
        state for state in process.states if not state.children and not ends_case(state) and not graph.out(state.index)
    ]
    for state in dead:
        if state.end is not None and state.parent is not None:
            region = process.states[state.parent]
            around = region if region.parent is None else process.states[region.parent]
            around = around if around.parallel else region
            message = f"nothing leads out of `{around.path}` once its end `{state.path}` is reached"
            hint = f"write in `{around.path}` what happens on `done`, as in `events: {{done: ...}}`"
            if around.parallel and not all(_completes(process, region) for region in around.children):
                hint = f"`{around.path}` is done when each of its regions has reached an `end`; not all have one"
        else:
            message = f"nothing leads out of `{state.path}`: a case would stay here for ever"
            hint = "write an event or an `after`, or `end: done` if the case is over here"
        yield compiled.finding("SF303", "error", state.place, message, key=True, hint=hint)
    yield from _deadlocks(compiled, {state.index for state in dead})


def _completes(process: Process, region: int) -> bool:
    return any(process.states[inner].end is not None for inner in process.states[region].children)


def _deadlocks(compiled: Compiled, known: set[int]) -> Iterator[Finding]:
    """Regions that wait for each other: each could be left, but not from where the others then are."""
    process = compiled.process
    if not any(state.parallel for state in process.states):
        return
    moving = {alternative.index for _, alternative in process.moves if alternative.kind != "here"}
    told: set[int] = set()
    for situation in situations(process) or ():
        leaves = situation.at.leaves
        over = any(ends_case(process.states[leaf]) for leaf in leaves)
        if over or situation.moves & moving or known & set(leaves) or leaves[0] in told:
            continue
        told.add(leaves[0])
        first, *others = (process.states[leaf] for leaf in leaves)
        together = listed((first.path, *(other.path for other in others)))
        notes = tuple(compiled.secondary(other.place, "while it is here, too", key=True) for other in others)
        yield compiled.finding("SF303", "error", first.place, f"a case in {together} at once would stay there for ever",
                               key=True, hint="let every region reach an `end`, or write an event that leaves them all",
                               notes=notes)  # fmt: skip


@rule("SF309", "error", "graph")
def back_to_nowhere(compiled: Compiled) -> Iterator[Finding]:
    """
    `back` has nowhere to go.

    `back` restores where the case was before it came into this state. A case that begins in it was nowhere before.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      received: {by: clerk, events: {repair: finished, undo: back}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      received: {by: clerk, events: {repair: finished, hold: on_hold}}
      on_hold: {by: clerk, events: {resume: back}}
      finished: {end: done}
    ```
    """
    process = compiled.process
    graph = compiled.graph
    told: set[Place] = set()
    for owner, alternative in process.moves:
        begins = graph.leaves(owner.state) & graph.start
        if alternative.kind != "back" or not begins or alternative.place in told:
            continue
        told.add(alternative.place)
        message = f"`back` has nowhere to go: a case begins in `{process.states[min(begins)].path}`"
        hint = "name a state" if owner.kind != "anywhere" else "list under `in` the states it makes sense in"
        yield compiled.finding("SF309", "error", alternative.place, message, hint=hint)


RULES = (dead_state, no_end_in_sight, dead_end, back_to_nowhere)
