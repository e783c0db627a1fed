"""Fields that may be empty where something needs them: a condition, or a case that another one opens."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from svcflow.core.process import State
from svcflow.core.rule import Alternative, Rule
from svcflow.core.tree import Compare, Filled, walk
from svcflow.language.compiled import Compiled
from svcflow.language.dataflow import compared, passed_over
from svcflow.language.findings import Finding, Span
from svcflow.language.rules.filled_ways import open_to, way_empty
from svcflow.language.rules.handing import actions
from svcflow.language.rules.registry import rule
from svcflow.language.rules.starting import empty_at_a_start
from svcflow.language.rules.values_places import place_of


@rule("SF410", "error", "data")
def field_that_may_be_empty(compiled: Compiled) -> Iterator[Finding]:
    """
    A condition compares a field that may still be empty.

    A comparison with an empty field is false, whatever the sign: `price > 1000` lets a case without a price pass, and
    so does `price <= 1000` the other way. The shortest way on which the field stays empty is told. A condition that
    asks `filled(price)` has thought of it, and so has the event when one of its other conditions does. An empty flag
    simply counts as no. Nothing is told of a field that the event itself takes under `may`, nor where the way is not
    certain because it hangs on other conditions.

    Bad:
    ```yaml
    process: quotation
    version: 1
    roles: [clerk, boss]
    fields: {price: money}
    states:
      new: {by: clerk, events: {quote: {to: quoted, may: price}}}
      quoted: {by: clerk, events: {agree: {to: [{to: approved, when: price > 1000}, finished]}}}
      approved: {by: boss, events: {approve: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: quotation
    version: 1
    roles: [clerk, boss]
    fields: {price: money}
    states:
      new: {by: clerk, events: {quote: {to: quoted, ask: price}}}
      quoted: {by: clerk, events: {agree: {to: [{to: approved, when: price > 1000}, finished]}}}
      approved: {by: boss, events: {approve: finished}}
      finished: {end: done}
    ```
    """
    for one in compared_empty(compiled):
        message = f"`{one.name}` may still be empty when `{one.owner}` looks at it"
        hint = f"it gets here empty by {one.way}: ask for it on the way, or say `filled({one.name}) and ...`"
        yield Finding.at(one.span, "SF410", "error", message, hint=hint)


@frozen
class Lack:
    """A field that may be empty where it is needed: in which leaf, by which way, for whom and where that is written."""

    name: str
    leaf: int
    way: str
    owner: str
    span: Span


def compared_empty(compiled: Compiled) -> Iterator[Lack]:
    """Fields that may be empty when a condition compares them; each once for a place."""
    told: set[tuple[Span, str]] = set()
    for owner in compiled.process.rules():
        for alternative in owner.alternatives:
            for leaf in sorted(compiled.graph.leaves(owner.state) & compiled.flow.sure.keys()):
                for node, name in _unsure(compiled, owner, alternative, leaf):
                    if name in _gives(compiled, owner):
                        continue
                    place = place_of(compiled, owner, alternative)
                    span = compiled.sources.part(place, node.start, node.end)
                    way = way_empty(compiled, name, leaf) if (span, name) not in told else None
                    if way is not None:
                        told.add((span, name))
                        yield Lack(name, leaf, way, owner.name, span)


def _unsure(compiled: Compiled, owner: Rule, alternative: Alternative, leaf: int) -> Iterator[tuple[Compare, str]]:
    """The comparisons of a condition with a field that is not surely filled, and that nobody asks `filled` about."""
    if alternative.when is None:
        return
    conditions = [one.when.tree for one in owner.alternatives if one.when is not None]
    asked = {node.name for tree in conditions for node in walk(tree) if isinstance(node, Filled)}
    sure = compiled.flow.before(owner, leaf) | passed_over(owner, alternative) | asked
    # What this very form may leave empty is decided by who fills it in.
    chosen = frozenset(owner.may)
    for node in walk(alternative.when.tree):
        if isinstance(node, Compare):
            for name in sorted(compared(node) - sure - chosen):
                if open_to(compiled, owner, alternative, leaf, frozenset((name,))):
                    yield node, name


def _gives(compiled: Compiled, owner: Rule) -> tuple[str, ...]:
    child = compiled.project.get(compiled.process.states[owner.state].run or "") if owner.kind == "child" else None
    return () if child is None else child.process.gives


@rule("SF411", "error", "data")
def child_without_its_field(compiled: Compiled) -> Iterator[Finding]:
    """
    Another case asks for a field on opening, and it may be empty here when that case begins.

    Nobody is asked when a case runs or starts another: that one begins with what this case holds. What it must have is
    under `ask` of its `open`; what it can do without belongs under `may`.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    fields: {phone: text}
    states:
      received: {by: clerk, events: {repair: {to: calling, may: phone}}}
      calling: {run: reminder, events: {called: finished}}
      finished: {end: done}
    ```
    ```yaml
    # reminder.yaml
    process: reminder
    version: 1
    roles: [clerk]
    fields: {phone: text}
    open: {ask: phone}
    states:
      calling: {by: clerk, events: {call: called}}
      called: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    fields: {phone: text}
    states:
      received: {by: clerk, events: {repair: {to: calling, ask: phone}}}
      calling: {run: reminder, events: {called: finished}}
      finished: {end: done}
    ```
    ```yaml
    # reminder.yaml
    process: reminder
    version: 1
    roles: [clerk]
    fields: {phone: text}
    open: {ask: phone}
    states:
      calling: {by: clerk, events: {call: called}}
      called: {end: done}
    ```
    """
    for one, child in taken_empty(compiled):
        notes = (child.secondary(("open", "ask"), "asked for there"),)
        hint = f"it gets here empty by {one.way}: ask for it on the way, or write it under `may` there"
        message = f"`{one.owner}` takes `{one.name}`, which may be empty here"
        yield Finding.at(one.span, "SF411", "error", message, hint=hint, notes=notes)
    yield from empty_at_a_start(compiled)


def taken_empty(compiled: Compiled) -> Iterator[tuple[Lack, Compiled]]:
    """Fields that may be empty when a child that asks for them is run, with that child."""
    for state, child in _running(compiled):
        sure = compiled.flow.sure.get(state.index)
        for name in child.process.opening.ask if sure is not None else ():
            mine = compiled.process.fields.get(name)
            if mine is None or mine.kind != child.process.fields[name].kind or name in (sure or ()):
                continue
            way = way_empty(compiled, name, state.index)
            if way is not None:
                yield Lack(name, state.index, way, str(state.run), compiled.span((*state.place, "run"))), child


def _running(compiled: Compiled) -> Iterator[tuple[State, Compiled]]:
    for state in compiled.process.states:
        child = None if state.run is None else compiled.project.get(state.run)
        if child is not None:
            yield state, child


@rule("SF413", "warning", "data")
def gift_that_may_be_empty(compiled: Compiled) -> Iterator[Finding]:
    """
    A condition compares what a child gives, and at this end of the child it may be empty.

    A comparison with an empty field is false, whatever the sign. Ask for the field in the child before this end, or
    let the condition ask `filled` first.

    Bad:
    ```yaml
    process: delivery
    version: 1
    fields: {score: 1..5}
    states:
      asking: {run: poll, events: {asked: {to: [{to: praised, when: score > 3}, finished]}}}
      praised: {end: done}
      finished: {end: done}
    ```
    ```yaml
    # poll.yaml
    process: poll
    version: 1
    roles: [clerk]
    gives: score
    fields: {score: 1..5}
    open: {by: system}
    states:
      calling: {by: clerk, events: {answer: {to: asked, may: score}}}
      asked: {end: done}
    ```

    Good:
    ```yaml
    process: delivery
    version: 1
    fields: {score: 1..5}
    states:
      asking: {run: poll, events: {asked: {to: [{to: praised, when: filled(score) and score > 3}, finished]}}}
      praised: {end: done}
      finished: {end: done}
    ```
    ```yaml
    # poll.yaml
    process: poll
    version: 1
    roles: [clerk]
    gives: score
    fields: {score: 1..5}
    open: {by: system}
    states:
      calling: {by: clerk, events: {answer: {to: asked, may: score}}}
      asked: {end: done}
    ```
    """
    for state, child in _running(compiled):
        for owner in (one for rules in state.events.values() for one in rules if one.kind == "child"):
            end = child.process.paths.get(owner.name)
            for alternative in owner.alternatives if end in child.flow.sure else ():
                for node, name in _unsure(compiled, owner, alternative, state.index):
                    way = None if end is None or name not in child.process.gives else way_empty(child, name, end)
                    if way is not None:
                        span = compiled.sources.part(place_of(compiled, owner, alternative), node.start, node.end)
                        message = f"`{state.run}` may give no `{name}` at its end `{owner.name}`"
                        hint = f"there it is empty by {way}: ask for it there, or say `filled({name}) and ...`"
                        yield Finding.at(span, "SF413", "warning", message, hint=hint)


@rule("SF416", "error", "data")
def start_without_a_field(compiled: Compiled) -> Iterator[Finding]:
    """
    A process that is started asks for a field on opening, and there is none of that name and type here.

    The new case takes the fields of the same name and type, so this one would always be empty. A field of another name
    is handed over with `start: {process: {theirs: ours}}`.

    Bad:
    ```yaml
    process: inspection
    version: 1
    roles: [clerk]
    fields: {advice: text}
    states:
      looking: {by: clerk, events: {report: {to: finished, ask: advice, do: {start: repair}}}}
      finished: {end: done}
    ```
    ```yaml
    # repair.yaml
    process: repair
    version: 1
    roles: [clerk]
    fields: {fault: text}
    open: {ask: fault}
    states:
      received: {by: clerk, events: {repair: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: inspection
    version: 1
    roles: [clerk]
    fields: {advice: text}
    states:
      looking: {by: clerk, events: {report: {to: finished, ask: advice, do: {start: {repair: {fault: advice}}}}}}
      finished: {end: done}
    ```
    ```yaml
    # repair.yaml
    process: repair
    version: 1
    roles: [clerk]
    fields: {fault: text}
    open: {ask: fault}
    states:
      received: {by: clerk, events: {repair: finished}}
      finished: {end: done}
    ```
    """
    ours = compiled.process.fields
    for place, do in actions(compiled.process):
        for start in do.start:
            other = compiled.project.get(start.process)
            for name in () if other is None else other.process.opening.ask:
                mine = ours.get(start.rename.get(name, name))
                if other is None or (mine is not None and mine.kind == other.process.fields[name].kind):
                    continue
                notes = (other.secondary(("fields", name), "the field there", key=True),)
                hint = f"say which of our fields it is: `start: {{{start.process}: {{{name}: ...}}}}`"
                yield compiled.finding("SF416", "error", (*place, "start", start.process), hint=hint, notes=notes,
                    message=f"`start: {start.process}` cannot fill `{name}`: no field of that name and type here",
                )  # fmt: skip


RULES = (field_that_may_be_empty, child_without_its_field, gift_that_may_be_empty, start_without_a_field)
