"""Fields that nothing can ever have filled where they are needed: a time that counts from one, a person who may act."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from svcflow.core.process import Process, State
from svcflow.core.promise import Promise, cells
from svcflow.core.rule import Actions, Alternative, EscalationStep, Place, Rule
from svcflow.core.step import opening_fields
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding
from svcflow.language.nodes import ScalarNode, SequenceNode
from svcflow.language.rules.filled_ways import way_empty
from svcflow.language.rules.registry import rule

Timed = tuple[Promise, Place, bool, frozenset[int]]
"""A promise, its place, whether it stands there as a key, and the leaves in which it may come to count."""


@rule("SF415", "error", "data")
def time_from_an_empty_field(compiled: Compiled) -> Iterator[Finding]:
    """
    A time is counted from a field that is never filled by then, nor while the time could begin.

    A time counted `since` a field begins when the field is filled. Where nothing on any way here fills it, the limit
    is never measured, and the timer never fires. It is a note where only some way leaves it empty, and nothing fills it
    while the case is here; a field that a form has under `may` is left empty on purpose, and not told.

    Bad:
    ```yaml
    process: repair
    version: 1
    calendar: always
    roles: [clerk]
    fields: {served_at: datetime}
    open: {by: clerk}
    states:
      received: {by: clerk, events: {repair: report}}
      report:
        by: clerk
        after: {2d since served_at: finished}
        events: {write: {to: finished, do: {set: {served_at: now}}}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    calendar: always
    roles: [clerk]
    fields: {served_at: datetime}
    open: {by: clerk}
    states:
      received: {by: clerk, events: {repair: {to: report, do: {set: {served_at: now}}}}}
      report:
        by: clerk
        after: {2d since served_at: finished}
        events: {write: finished}
      finished: {end: done}
    ```
    """
    for promise, place, key, leaves in _timed(compiled):
        reached = leaves & compiled.flow.sure.keys()
        for name in dict.fromkeys(cell.since for cell in cells(promise)):
            if name is None or not reached:
                continue
            span = compiled.sources.word(place, name, key=key)
            hint = f"fill `{name}` on the way here, or count from arrival"
            if not reached & ever(compiled, name):
                message = f"`{name}` is never filled before this time is counted from it"
                yield Finding.at(span, "SF415", "error", message, hint=hint)
            elif place[0] != "sla" and (way := _stays_empty(compiled, name, reached)) is not None:
                message = f"`{name}` may still be empty here, and then this time does not begin"
                yield Finding.at(span, "SF415", "note", message, hint=f"it gets here empty by {way}: {hint}")


def _timed(compiled: Compiled) -> Iterator[Timed]:
    for clock in compiled.process.clocks.values():
        starts = frozenset[int]().union(*map(compiled.graph.leaves, clock.starts))
        yield clock.promise, (*clock.place, "target"), False, compiled.graph.reached(starts)
    for state in compiled.process.states:
        leaves = compiled.graph.leaves(state.index)
        for word, promise in (("wait", state.wait), ("window", state.window)):
            if promise is not None:
                yield promise, (*state.place, word), False, leaves
        for after in state.after:
            yield after.promise, after.place, True, leaves
        if state.limit is not None and state.window is None:
            yield state.limit.promise, state.limit.place, False, leaves


def _stays_empty(compiled: Compiled, name: str, leaves: frozenset[int]) -> str | None:
    """A way into a state on which a field stays empty, where nothing fills it while a case is there; None if unsure."""
    process, graph = compiled.process, compiled.graph
    if offered(process, name) or any(_sets(step.do, name) for step in _steps(process)):
        return None
    filling = {one.index for owner, one in process.moves if _fills(compiled, owner, one, name)}
    staying = any(one.index in filling and one.kind == "here" and graph.leaves(owner.state) & leaves
                  for owner, one in process.moves)  # fmt: skip
    moving = any(edge.alternative.index in filling and {edge.source, edge.target} <= leaves for edge in graph.edges)
    if staying or moving:
        return None
    unsure = [leaf for leaf in sorted(leaves) if name not in compiled.flow.sure[leaf]]
    return next((way for leaf in unsure if (way := way_empty(compiled, name, leaf)) is not None), None)


def offered(process: Process, name: str) -> bool:
    """Whether some form may have a field or not: to leave it empty is decided by who fills the form in."""
    opening = process.opening
    return opening.free or name in opening.may or any(name in owner.may for owner in process.rules())


def _steps(process: Process) -> Iterator[EscalationStep]:
    return (step for escalation in process.escalations.values() for step in escalation.steps)


@rule("SF608", "warning", "people")
def person_never_set(compiled: Compiled) -> Iterator[Finding]:
    """
    Whoever stands in a field may act, and on no path anything has filled the field.

    Nobody stands in an empty field, so these events are offered to nobody on its account. Mostly the event before
    should ask for it, or `set` it to `me`.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    fields: {owner: person}
    open: {by: clerk}
    states:
      received: {by: clerk, events: {repair: repairing}}
      repairing: {by: [owner, clerk], events: {done: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    fields: {owner: person}
    open: {by: clerk}
    states:
      received: {by: clerk, events: {repair: {to: repairing, ask: owner}}}
      repairing: {by: [owner, clerk], events: {done: finished}}
      finished: {end: done}
    ```
    """
    found: dict[tuple[Place, str], frozenset[int]] = defaultdict(frozenset)
    for owner in compiled.process.rules():
        if owner.sent and owner.by is not None:
            for name in owner.by.fields:
                leaves = compiled.graph.leaves(owner.state) & compiled.flow.sure.keys()
                found[_by(compiled, owner), name] |= leaves
    filled = {name: ever(compiled, name) for name in dict.fromkeys(name for _, name in found)}
    for (place, name), leaves in found.items():
        if leaves and not leaves & filled[name]:
            span = compiled.sources.word(_item(compiled, place, name), name)
            hint = f"ask for `{name}` on the way here, or write `set: {{{name}: me}}`"
            message = f"whoever stands in `{name}` may act here, but no path has set it"
            yield Finding.at(span, "SF608", "warning", message, hint=hint)


def _by(compiled: Compiled, owner: Rule) -> Place:
    """Where the people of an event are written: at itself, at a state around it or at the process."""
    line = compiled.process.lines[owner.state]
    around = (compiled.process.states[index].place for index in reversed(line))
    for place in ((*outer, "by") for outer in (owner.place, *around)):
        entry, _ = compiled.sources.find(place)
        if entry is not None and entry.key.text == "by":
            return place
    return ("by",)


def _item(compiled: Compiled, place: Place, name: str) -> Place:
    """The place of one name of a list, or of the whole text where it is no list."""
    node = compiled.node(place)
    items = node.items if isinstance(node, SequenceNode) else ()
    number = next((n for n, item in enumerate(items) if isinstance(item, ScalarNode) and item.text == name), None)
    return place if number is None else (*place, number)


def ever(compiled: Compiled, name: str) -> frozenset[int]:
    """
    The leaf states in which something may have filled a field.

    All of them where it may be given on opening, by an escalation, by an earlier version, or in another region.
    """
    process, graph = compiled.process, compiled.graph
    everywhere = frozenset(compiled.flow.sure)
    old = any(not plan.finish for plan in process.migrations.values())
    if (
        old
        or name in opening_fields(process)
        or name == "opened_at"
        or any(_sets(step.do, name) for step in _steps(process))
    ):
        return everywhere
    if any(state.parallel for state in process.states):
        return everywhere
    filling = {one.index: owner for owner, one in process.moves if _fills(compiled, owner, one, name)}
    begin = {edge.target for edge in graph.edges if edge.alternative.index in filling}
    for owner in filling.values():
        if any(one.kind == "here" and one.index in filling for one in owner.alternatives):
            begin |= graph.leaves(owner.state)
    for state in _setting(process, name):
        begin |= graph.leaves(state.index)
    return graph.reached(begin)


def _fills(compiled: Compiled, owner: Rule, alternative: Alternative, name: str) -> bool:
    if name in owner.ask or name in owner.may or _sets(owner.do, name) or _sets(alternative.do, name):
        return True
    child = compiled.project.get(compiled.process.states[owner.state].run or "")
    return owner.kind == "child" and (child is None or name in child.process.gives)


def _sets(do: Actions, name: str) -> bool:
    return any(field == name for field, _ in do.set)


def _setting(process: Process, name: str) -> Iterator[State]:
    return (state for state in process.states if _sets(state.do, name))


RULES = (time_from_an_empty_field, person_never_set)
