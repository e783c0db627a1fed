"""Alternatives among themselves: one that is never taken, none that is left, a timer that comes to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from svcflow.core.process import Process, State, rules_of
from svcflow.core.rule import Alternative, Rule
from svcflow.core.share import WHOLE
from svcflow.core.tree import Tree
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding
from svcflow.language.rules.flow_words import lasting, target_of, written
from svcflow.language.rules.registry import rule
from svcflow.language.rules.values_cases import Case, judge


@rule("SF304", "error", "graph")
def never_taken(compiled: Compiled) -> Iterator[Finding]:
    """
    An alternative can never be taken, because one above it always is.

    The first alternative that fits is taken. So one without `when` and `max` hides all below it, and so does one whose
    condition holds whenever the condition below does. When the shares above come to 100%, every case is in one of them.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    fields: {under_warranty: flag}
    states:
      received:
        by: clerk
        events:
          decide: {ask: under_warranty, to: [repairing, {to: refused, when: not under_warranty}]}
      repairing: {by: clerk, events: {repaired: finished}}
      finished: {end: done}
      refused: {end: cancelled}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    fields: {under_warranty: flag}
    states:
      received:
        by: clerk
        events:
          decide: {ask: under_warranty, to: [{to: refused, when: not under_warranty}, repairing]}
      repairing: {by: clerk, events: {repaired: finished}}
      finished: {end: done}
      refused: {end: cancelled}
    ```
    """
    process = compiled.process
    for owner in written(process):
        case = Case(process.fields, frozenset(owner.ask))
        for place, alternative in enumerate(owner.alternatives):
            above = owner.alternatives[:place]
            hiding = next((one for one in above if _hides(case, one, alternative)), None)
            if hiding is None and sum(map(_sure_part, above)) < WHOLE:
                continue
            if hiding is None:
                yield compiled.finding("SF304", "error", alternative.place,
                                       "this alternative can never be taken: every case is in a share above",
                                       hint="let the shares above leave some cases, or remove it")  # fmt: skip
                continue
            number = above.index(hiding) + 1
            why = "is always taken first" if hiding.when is None else "is taken first whenever this one could be"
            name = target_of(process, hiding)
            notes = (compiled.secondary(hiding.place, "this one is taken"),)
            yield compiled.finding("SF304", "error", alternative.place,
                                   f"this alternative can never be taken: alternative {number} (`{name}`) {why}",
                                   hint="put the special before the general", notes=notes)  # fmt: skip


def _hides(case: Case, above: Alternative, below: Alternative) -> bool:
    """Whether `above` is taken whenever `below` could be."""
    if above.limited or above.when is None:
        return _certain(above)
    return below.when is not None and _implies(case, below.when.tree, above.when.tree)


def _sure_part(alternative: Alternative) -> int:
    """How many of `WHOLE` cases surely take an alternative that has a share."""
    share = alternative.share
    return 0 if share is None or alternative.when is not None or alternative.max is not None else share.high - share.low


def _implies(case: Case, one: Tree, other: Tree) -> bool:
    """Whether `other` holds wherever `one` does, and `one` does at all."""
    if one == other:
        return True
    worlds = case.worlds((one, other))
    if worlds is None:
        return False
    first, second = judge(one), judge(other)
    possible = False
    for world in worlds:
        if first(world):
            if not second(world):
                return False
            possible = True
    return possible


@rule("SF305", "warning", "graph")
def no_way_out(compiled: Compiled) -> Iterator[Finding]:
    """
    No alternative is left when none of the conditions fits.

    The event is refused then, which is rarely meant: the last alternative of a list has no `when`. For `auto`, and for
    what the engine itself raises, nobody is there to try again: in a state without events of its own it is an error.
    Conditions that cannot all be false, as `paid` and `not paid`, need no further alternative; neither does a single
    condition on an event that somebody sends, which only says when it is possible. The same goes for shares that come
    to less than 100%, and for an alternative with `max` beside others with `when`: once it is used up, it is none.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    fields: {satisfaction: 1..5}
    states:
      rating:
        by: clerk
        events:
          save:
            ask: satisfaction
            to: [{to: satisfied, when: satisfaction > 3}, {to: dissatisfied, when: satisfaction < 3}]
      satisfied: {end: done}
      dissatisfied: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    fields: {satisfaction: 1..5}
    states:
      rating:
        by: clerk
        events:
          save: {ask: satisfaction, to: [{to: satisfied, when: satisfaction > 3}, dissatisfied]}
      satisfied: {end: done}
      dissatisfied: {end: done}
    ```
    """
    process = compiled.process
    for owner in written(process):
        conditions = [one.when.tree for one in owner.alternatives if one.when is not None]
        sent = owner.kind in {"event", "anywhere"}
        chosen = any(one.when is not None or one.share is not None for one in owner.alternatives)
        open_ended = not chosen or any(map(_certain, owner.alternatives))
        if open_ended or owner.kind == "after" or (sent and len(owner.alternatives) == 1):
            continue
        if owner.kind == "auto" and _may_wait(process, process.states[owner.state]):
            continue
        if _exhausted(Case(process.fields, frozenset(owner.ask)), owner, conditions):
            continue
        whose = _without(owner, len(conditions))
        yield compiled.finding("SF305", "error" if owner.kind == "auto" else "warning", owner.place,
                               f"`{owner.name}` has no way out when {whose}", key=True,
                               hint="add a last alternative without `when` and `max`")  # fmt: skip


def _without(owner: Rule, conditions: int) -> str:
    """When none of the alternatives fits."""
    spent = " and `max` is used up" if any(one.when is None and one.max for one in owner.alternatives) else ""
    if any(one.share is not None for one in owner.alternatives):
        return "the case is in none of its shares" + (" and no `when` fits" if conditions else "") + spent
    return ("its `when` does not fit" if conditions == 1 else f"none of its {conditions} `when` fits") + spent


def _certain(alternative: Alternative) -> bool:
    """Whether an alternative is taken whatever happens."""
    return alternative.when is None and not alternative.limited


def _may_wait(process: Process, state: State) -> bool:
    """Whether an `auto` that does not fit yet may fit later: events or times of its own states go on meanwhile."""
    around = [process.states[one] for one in process.chart.tree.paths[state.index]]
    return any(other.kind in {"event", "after", "child", "done"} for one in around for other in rules_of(one))


def _exhausted(case: Case, owner: Rule, conditions: Sequence[Tree]) -> bool:
    """Whether one of them is taken whatever the fields hold; those with `max` run out and do not count."""
    lasting = [one for one in owner.alternatives if one.max is None]
    worlds = case.worlds(conditions)
    if worlds is None:
        return False
    judges = [(WHOLE if one.share is None else one.share.high - one.share.low,
               None if one.when is None else judge(one.when.tree)) for one in lasting]  # fmt: skip
    return all(sum(part for part, holds in judges if holds is None or holds(world)) >= WHOLE for world in worlds)


@rule("SF306", "warning", "graph")
def timer_for_nothing(compiled: Compiled) -> Iterator[Finding]:
    """
    A timer fires once; if its condition is false then, nothing happens, and it never fires again.

    A time that may come to nothing needs a last alternative without `when`, or to be an `every`, which tries again.
    Shares of the cases that come to less than 100% need one without `share`; `here` says that the others stay.

    Bad:
    ```yaml
    process: repair
    version: 1
    calendar: always
    roles: [clerk]
    fields: {answered: flag}
    states:
      asked: {by: clerk, events: {answer: {to: finished, ask: answered}}, after: {2d: {to: lapsed, when: not answered}}}
      finished: {end: done}
      lapsed: {end: cancelled}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    calendar: always
    roles: [clerk]
    fields: {answered: flag}
    states:
      asked: {by: clerk, events: {answer: {to: finished, ask: answered}}, after: {2d: lapsed}}
      finished: {end: done}
      lapsed: {end: cancelled}
    ```
    """
    for state in compiled.process.states:
        for after in state.after:
            alternatives = after.rule.alternatives
            last = alternatives[-1]
            open_ended = last.when is None and last.share is None
            if after.every or open_ended or lasting(one for one in alternatives if one.when is None):
                continue
            shared = any(one.share is not None for one in alternatives)
            lost = "if the case is in none of its shares" if shared else "if the condition is false then"
            yield compiled.finding("SF306", "warning", after.place,
                                   f"the timer fires once; {lost}, nothing happens", key=True,
                                   hint="add a last alternative `here`" if shared
                                   else "add a last alternative without `when`, or write `every`")  # fmt: skip


RULES = (never_taken, no_way_out, timer_for_nothing)
