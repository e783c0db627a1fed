"""Which ways react to a trigger, region by region, and which of them win: LANGUAGE 3 (States), read a second time."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from svcflow.core.rule import Alternative, Rule
from svcflow.testing.reading.case import Told

Allows = Callable[[Rule], bool]


@frozen
class Way:
    """One alternative that is taken: what is left, and what is entered."""

    rule: Rule
    alternative: Alternative
    left: frozenset[int] = frozenset()
    entered: frozenset[int] = frozenset()


def selected(told: Told, trigger: str | None, allows: Allows) -> list[Way]:
    """The ways that are taken: each leaf has its first possible one; of those that leave the same, one stays."""
    chosen: dict[int, Way] = {}
    for leaf in told.leaves:
        found = next(
            (
                (rule, alternative)
                for rule in told.tree.around(leaf, trigger)
                if allows(rule)
                for alternative in rule.alternatives
                if told.possible(rule, alternative)
            ),
            None,
        )
        if found is not None and found[1].index not in chosen:
            chosen[found[1].index] = _way(told, *found)
    return _without_rivals(told, list(chosen.values()))


def _way(told: Told, rule: Rule, alternative: Alternative) -> Way:
    tree = told.tree
    if alternative.kind == "back":
        return Way(rule, alternative, frozenset(tree.active(told.leaves)))
    if alternative.target is None:
        return Way(rule, alternative)
    before = tree.targets(alternative, told.memory)
    domain = tree.domain(rule, alternative, before)
    left = tree.left(told.leaves, domain)
    memory = told.memory | remembered(told, left)
    return Way(rule, alternative, frozenset(left), frozenset(tree.entered(tree.targets(alternative, memory), domain)))


def remembered(told: Told, left: set[int] | frozenset[int]) -> dict[int, tuple[int, ...]]:
    """What `X.last` will lead to, for the groups that are left."""
    groups = (state for state in left if state in told.tree.inner)
    return {group: tuple(leaf for leaf in told.leaves if told.tree.is_in(leaf, group)) for group in groups}


def _without_rivals(told: Told, ways: list[Way]) -> list[Way]:
    """The first of two that leave the same state wins, but one from further inside wins over the state around it."""
    kept: list[Way] = []
    for way in ways:
        rivals = [other for other in kept if other.left & way.left]
        if all(told.tree.is_in(way.rule.state, other.rule.state) for other in rivals):
            kept = [other for other in kept if other not in rivals] + [way]
    return kept
