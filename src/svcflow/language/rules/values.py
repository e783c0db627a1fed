"""Conditions that say nothing: never true, always true, or true together with the one above."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Literal, TypeAlias

from svcflow.core.process import Field
from svcflow.core.rule import Alternative
from svcflow.core.tree import Compare, Filled, Tree, reads, walk
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding
from svcflow.language.rules.flow_words import written
from svcflow.language.rules.registry import rule
from svcflow.language.rules.values_cases import Case, judge
from svcflow.language.rules.values_places import place_of

Verdict: TypeAlias = Literal["never true", "always true"]


@rule("SF405", "error", "graph")
def foregone(compiled: Compiled) -> Iterator[Finding]:
    """
    A condition, or a comparison in one, is never true or always true.

    It decides nothing, so something else was meant: another number, another field, `or` for `and`. Emptiness counts: a
    comparison that holds for every value a field can have only says that the field is filled, and `filled(x)` says so
    in plain words.

    Bad:
    ```yaml
    process: rating
    version: 1
    roles: [clerk]
    fields: {score: 1..5}
    states:
      calling: {by: clerk, events: {save: {ask: score, to: [{to: praised, when: score > 5}, finished]}}}
      praised: {end: done}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: rating
    version: 1
    roles: [clerk]
    fields: {score: 1..5}
    states:
      calling: {by: clerk, events: {save: {ask: score, to: [{to: praised, when: score == 5}, finished]}}}
      praised: {end: done}
      finished: {end: done}
    ```
    """
    fields = compiled.process.fields
    guarded = ((owner, one) for owner in written(compiled.process) for one in owner.alternatives)
    for owner, alternative in guarded:
        if alternative.when is None:
            continue
        tree = alternative.when.tree
        for piece in _foregone(fields, tree):
            verdict = _verdict(fields, piece)
            span = compiled.sources.part(place_of(compiled, owner, alternative), piece.start, piece.end)
            shown = alternative.when.text[piece.start : piece.end]
            hint = f"`{shown}` {_cure(fields, piece, verdict)}"
            yield Finding.at(span, "SF405", "error", f"{verdict}{_because(fields, piece)}", hint=hint)


def _foregone(fields: Mapping[str, Field], tree: Tree) -> tuple[Tree, ...]:
    """The comparisons that decide nothing, or else the whole condition if that is what it comes to."""
    pieces = tuple(node for node in walk(tree) if isinstance(node, Compare) and _verdict(fields, node) is not None)
    if pieces:
        return pieces
    return () if _verdict(fields, tree) is None else (tree,)


def _verdict(fields: Mapping[str, Field], tree: Tree) -> Verdict | None:
    """What a condition always comes out as, where fields that it does not ask about with `filled` hold a value."""
    asked = {node.name for node in walk(tree) if isinstance(node, Filled)}
    worlds = Case(fields, reads(tree) - asked).worlds((tree,))
    if worlds is None:
        return None
    true = judge(tree)
    answers = {true(world) for world in islice(worlds, 1)}
    if any(true(world) not in answers for world in worlds):
        return None
    return "always true" if answers == {True} else "never true"


def _because(fields: Mapping[str, Field], tree: Tree) -> str:
    """What the one field of a comparison can be."""
    names = reads(tree)
    known = fields[next(iter(names))] if len(names) == 1 and isinstance(tree, Compare) else None
    if known is None:
        return ""
    if known.kind == "range":
        return f": `{known.name}` is {known.low} to {known.high}"
    return f": `{known.name}` is {' | '.join(known.choices)}" if known.kind == "choice" else ""


def _cure(fields: Mapping[str, Field], tree: Tree, verdict: Verdict | None) -> str:
    if verdict == "never true":
        return "holds for no value at all"
    names = sorted(reads(tree))
    if len(names) == 1 and fields[names[0]].kind != "flag":
        return f"holds for every value; if the field being filled is meant, write `filled({names[0]})`"
    return "holds for every value; leave the condition out, or correct it"


@rule("SF310", "warning", "graph")
def overlap(compiled: Compiled) -> Iterator[Finding]:
    """
    Two conditions on the same field overlap; for the values in both, the upper one wins.

    That may be meant, but then the lower one promises more than it holds: `satisfaction >= 2` below `satisfaction >= 4`
    is in truth 2 to 3. Conditions that say what they mean can be read, and moved, one by one.

    Bad:
    ```yaml
    process: rating
    version: 1
    roles: [clerk]
    fields: {satisfaction: 1..5}
    states:
      calling:
        by: clerk
        events:
          save:
            ask: satisfaction
            to: [{to: praised, when: satisfaction >= 4}, {to: finished, when: satisfaction >= 2}, reviewed]
      praised: {end: done}
      finished: {end: done}
      reviewed: {end: done}
    ```

    Good:
    ```yaml
    process: rating
    version: 1
    roles: [clerk]
    fields: {satisfaction: 1..5}
    states:
      calling:
        by: clerk
        events:
          save:
            ask: satisfaction
            to: [{to: praised, when: satisfaction >= 4}, {to: reviewed, when: satisfaction == 1}, finished]
      praised: {end: done}
      finished: {end: done}
      reviewed: {end: done}
    ```
    """
    for owner in written(compiled.process):
        for place, lower in enumerate(owner.alternatives):
            for upper in owner.alternatives[:place]:
                shared = _both(compiled.process.fields, upper, lower)
                if shared is None:
                    continue
                message = f"two conditions overlap; the upper wins for {shared}"
                note = compiled.secondary(place_of(compiled, owner, upper), "the upper condition")
                here = place_of(compiled, owner, lower)
                hint = "let each condition name only what is left for it"
                yield compiled.finding("SF310", "warning", here, message, hint=hint, notes=(note,))


def _both(fields: Mapping[str, Field], upper: Alternative, lower: Alternative) -> str | None:
    """For which values of their only field two conditions are both true; None if it is no such pair."""
    if upper.when is None or lower.when is None or upper.limited:
        return None
    names = upper.when.reads | lower.when.reads
    trees = (upper.when.tree, lower.when.tree)
    if len(names) != 1 or any(isinstance(node, Filled) for tree in trees for node in walk(tree)):
        return None
    (name,) = names
    worlds = list(Case(fields, names).worlds(trees) or ())
    first, second = judge(trees[0]), judge(trees[1])
    below = [world.values[name] for world in worlds if second(world)]
    both = [world.values[name] for world in worlds if first(world) and second(world)]
    # Where the upper one takes everything, the lower one is not overlapped but dead (SF304).
    return f"{name} {_values(fields[name], both)}" if both and len(both) < len(below) else None


def _values(known: Field, values: Sequence[object]) -> str:
    """Values in words: `4..5`, `gold | silver`, or an example where there is no end of them."""
    if known.kind == "choice":
        return " | ".join(map(str, values))
    if known.kind != "range":
        return f"as with {_plain(values[len(values) // 2])}"
    numbers = sorted(value for value in values if isinstance(value, int))
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}..{run[-1]}" for run in runs)


def _plain(value: object) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


RULES = (foregone, overlap)
