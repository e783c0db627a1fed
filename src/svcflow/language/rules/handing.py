"""Values that go from one field to another, or from one case to another: private ones, and those that do not arrive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from svcflow.core.condition import Expression
from svcflow.core.process import Process, State, rules_of
from svcflow.core.rule import Actions, Place
from svcflow.core.step import opening_fields
from svcflow.core.tree import Compare, Read, Tree, parts
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding
from svcflow.language.handover import lost
from svcflow.language.rules.registry import rule


@rule("SF417", "error", "data")
def private_value_made_public(compiled: Compiled) -> Iterator[Finding]:
    """
    `set` writes a private value into a field that is not private.

    From there it would get into the journal, into hook calls and exports, and could not be erased. What is only said
    *about* a private value may be public: whether it is filled, or how it compares.

    Bad:
    ```yaml
    process: visit
    version: 1
    roles: [agent]
    fields: {phone: {type: text, private: true}, ring: text}
    open: {ask: phone}
    states:
      planned: {by: agent, events: {done: {to: closed, do: {set: {ring: phone}}}}}
      closed: {end: done}
    ```

    Good:
    ```yaml
    process: visit
    version: 1
    roles: [agent]
    fields: {phone: {type: text, private: true}, ring: {type: text, private: true}, reachable: flag}
    open: {ask: phone}
    states:
      planned: {by: agent, events: {done: {to: closed, do: {set: {ring: phone, reachable: filled(phone)}}}}}
      closed: {end: done}
    ```
    """
    private = compiled.process.private
    for place, name, value in written_values(compiled.process):
        leaking = sorted(_carried(value.tree) & private)
        if leaking and name not in private:
            message = f"`{name}` is not private, and would get the private value of `{leaking[0]}`"
            yield compiled.finding("SF417", "error", place, message, key=True,
                                   hint=f"write `private: true` for `{name}`, too")  # fmt: skip


@rule("SF418", "warning", "data")
def value_that_does_not_arrive(compiled: Compiled) -> Iterator[Finding]:
    """
    A field is handed from one case to another, and does not arrive.

    A field goes over to one of the same name and type. A private one only goes to a private one: otherwise it would be
    public there. What does not fit is left out, and the field stays empty. So is a time that was agreed here and lies
    beyond the ends there, or on a calendar that may not be named there: what stands after `else` would hold instead.

    Bad:
    ```yaml
    process: visit
    version: 1
    fields: {score: text}
    states:
      asking: {run: survey, events: {answered: {to: praised, when: filled(score)}, silent: praised}}
      praised: {end: done}
    ```
    ```yaml
    # survey.yaml
    process: survey
    version: 1
    roles: [caller]
    gives: score
    fields: {score: 1..5}
    states:
      calling: {by: caller, events: {answer: {to: answered, ask: score}, give_up: silent}}
      answered: {end: done}
      silent: {end: done}
    ```

    Good:
    ```yaml
    process: visit
    version: 1
    fields: {score: 1..5}
    states:
      asking: {run: survey, events: {answered: {to: [{to: praised, when: score > 3}, over]}, silent: over}}
      praised: {end: done}
      over: {end: done}
    ```
    ```yaml
    # survey.yaml
    process: survey
    version: 1
    roles: [caller]
    gives: score
    fields: {score: 1..5}
    states:
      calling: {by: caller, events: {answer: {to: answered, ask: score}, give_up: silent}}
      answered: {end: done}
      silent: {end: done}
    ```
    """
    ours = compiled.process.fields
    for state in compiled.process.states:
        child = None if state.run is None else compiled.project.get(state.run)
        if child is not None:
            place = (*state.place, "run")
            yield from _taken(compiled, place, child, {})
            for name in child.process.gives:
                why = name in ours and lost(child.process.fields[name], ours[name])
                if why:
                    message = f"`{state.run}` gives `{name}`, and it does not arrive: {why}"
                    notes = (child.secondary(("fields", name), "the field there", key=True),)
                    hint = f"declare `{name}` alike in both"
                    yield compiled.finding("SF418", "warning", place, message, hint=hint, notes=notes)
    for place, do in actions(compiled.process):
        for start in do.start:
            other = compiled.project.get(start.process)
            if other is not None:
                yield from _taken(compiled, (*place, "start", start.process), other, start.rename)


def _taken(compiled: Compiled, place: Place, other: Compiled, rename: Mapping[str, str]) -> Iterator[Finding]:
    """What another case takes when it opens: of the same name by chance, so only private ones and times are told."""
    ours = compiled.process.fields
    for name in opening_fields(other.process):
        mine, theirs = ours.get(rename.get(name, name)), other.process.fields[name]
        if mine is None or mine.kind != theirs.kind:
            continue
        if mine.private and not theirs.private:
            arrives, hint = "it does not arrive", f"write `private: true` for `{name}` in `{other.process.name}`, too"
        elif mine.kind == "duration":
            arrives, hint = "not every time arrives", "give it the same ends and calendars in both"
        else:
            continue
        why = lost(mine, theirs)
        if why:
            message = f"`{other.process.name}` takes `{name}`, and {arrives}: {why}"
            notes = (other.secondary(("fields", name), "the field there", key=True),)
            yield compiled.finding("SF418", "warning", place, message, hint=hint, notes=notes)


def _carried(tree: Tree) -> frozenset[str]:
    """The fields whose values a value is made of; a comparison tells something about its fields, and no more."""
    if isinstance(tree, Read):
        return frozenset((tree.name,))
    if isinstance(tree, Compare):
        return frozenset()
    return frozenset[str]().union(*map(_carried, parts(tree)))


def written_values(process: Process) -> Iterator[tuple[Place, str, Expression]]:
    """Every value that a `set` writes, with its place."""
    for place, do in actions(process):
        for name, value in do.set:
            yield (*place, "set", name), name, value
    for plan in process.migrations.values():
        for name, value in plan.set:
            yield ("migrate", str(plan.version), "set", name), name, value


def actions(process: Process) -> Iterator[tuple[Place, Actions]]:
    """Every `do` as it stands in the file, once."""
    found: dict[Place, Actions] = {}
    for state in process.states:
        found.update(_of_state(state))
    for clock in process.clocks.values():
        found.update((step.place, step.do) for step in clock.escalation)
    yield from found.items()


def _of_state(state: State) -> Iterator[tuple[Place, Actions]]:
    yield (*state.place, "do"), state.do
    for owner in rules_of(state):
        yield (*owner.place, "do"), owner.do
        for alternative in owner.alternatives:
            yield (*alternative.place, "do"), alternative.do
    if state.limit is not None:
        yield from ((step.place, step.do) for step in state.limit.escalation)


RULES = (private_value_made_public, value_that_does_not_arrive)
