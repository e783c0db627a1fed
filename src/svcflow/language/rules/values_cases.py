"""
What a condition can come out as, found by trying every kind of value its fields can hold, emptiness included.

A field compared with constants only has a few kinds of values: each constant, and anything between two of them. Fields
with few values are tried one by one. Every other comparison may come out either way, so a verdict of "never" or
"always" is certain, and the search is small. Evaluation is the engine's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from math import prod
from typing import Any, TypeAlias

from attrs import frozen

from svcflow.core.condition import as_test, as_value
from svcflow.core.process import Field
from svcflow.core.tree import And, Compare, Filled, Not, Or, Read, Tree, Value, reads, walk

MOST = 4_096
"""Combinations after which the search gives up."""

FEW = 100
"""A `1..5` field with at most so many values is tried value by value."""

LITTLE = {Decimal: Decimal(1), date: timedelta(days=1), datetime: timedelta(seconds=1)}


@frozen
class World:
    """One combination: a value (None: empty) per field, and yes or no per comparison that may go either way."""

    values: Mapping[str, Any]
    answers: Mapping[Compare, bool]


Judge: TypeAlias = Callable[[World], bool]


@frozen
class Case:
    """The fields of some conditions, and which of them surely hold a value."""

    fields: Mapping[str, Field]
    filled: frozenset[str] = frozenset()

    def worlds(self, trees: Iterable[Tree]) -> Iterator[World] | None:
        """Every combination that matters to these conditions; None when there are too many."""
        trees = tuple(trees)
        comparisons = [node for tree in trees for node in walk(tree) if isinstance(node, Compare) and not _truths(node)]
        names = sorted(frozenset[str]().union(*map(reads, trees)))
        found = {name: self._candidates(name, comparisons) for name in names}
        free = tuple(dict.fromkeys(node for node in comparisons if not self._exact(node)))
        if prod(map(len, found.values())) << len(free) > MOST:
            return None
        return (
            World(dict(zip(names, values, strict=True)), dict(zip(free, answers, strict=True)))
            for values in product(*found.values())
            for answers in product((False, True), repeat=len(free))
        )

    def _exact(self, node: Compare) -> bool:
        """Whether the candidates of its fields decide this comparison for all their values."""
        return single(node) is not None or all(_listed(self.fields[name]) for name in reads(node))

    def _candidates(self, name: str, comparisons: Iterable[Compare]) -> tuple[object, ...]:
        known = self.fields[name]
        empty: tuple[object, ...] = () if name in self.filled else (None,)
        if known.kind in {"list", "files"}:
            return (*empty, ("something",))
        if known.kind == "flag":
            return (*empty, False, True)
        if known.kind == "choice":
            return (*empty, *known.choices)
        if _listed(known):
            return (*empty, *range(known.low, known.high + 1))
        constants = {constant for node in comparisons if (constant := _constant_for(name, node)) is not None}
        if known.kind in {"text", "person"}:
            return (*empty, *sorted(constants), "".join((*sorted(constants), "?")))
        spread = tuple(around(sorted(constants)))
        if known.kind == "range":
            inside = {min(max(round(one), known.low), known.high) for one in spread}
            return (*empty, *sorted(inside | {known.low, known.high}))
        return (*empty, *(spread or (Decimal(0),)))


def _listed(known: Field) -> bool:
    return known.kind in {"flag", "choice"} or (known.kind == "range" and known.high - known.low < FEW)


def single(node: Compare) -> tuple[str, object] | None:
    """The field and the constant of a comparison between just these."""
    for side, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(side, Read) and not reads(other):
            return side.name, as_value(other)({})
    return None if reads(node) else ("", None)


def _constant_for(name: str, node: Compare) -> Any:  # noqa: ANN401  # Any value a field can hold.
    side = single(node)
    return side[1] if side is not None and side[0] == name else None


def around(constants: list[Any]) -> Iterator[Any]:
    """Each constant, something below and above them all, and something between each two."""
    for place, constant in enumerate(constants):
        little = LITTLE[type(constant)]
        if place == 0:
            yield constant - little
        yield constant
        if place + 1 < len(constants):
            yield constant + (constants[place + 1] - constant) / 2
        else:
            yield constant + little


def _truths(node: Compare) -> bool:
    """Whether a comparison is one of two yes-or-no."""
    return _is_truth(node.left) and _is_truth(node.right)


def _is_truth(tree: Tree) -> bool:
    match tree:
        case Value():
            return isinstance(tree.value, bool)
        case Read():
            return tree.kind == "flag"
        case _:
            return isinstance(tree, And | Or | Not | Compare | Filled)


def judge(tree: Tree) -> Judge:
    """A function that says whether a condition is true in a combination."""
    match tree:
        case And():
            several = [judge(part) for part in tree.of]
            return lambda world: all(one(world) for one in several)
        case Or():
            several = [judge(part) for part in tree.of]
            return lambda world: any(one(world) for one in several)
        case Not():
            inner = judge(tree.of)
            return lambda world: not inner(world)
        case Compare() if _truths(tree):
            left, right, same = judge(tree.left), judge(tree.right), tree.order == "=="
            return lambda world: (left(world) == right(world)) == same
        case Compare():
            test = as_test(tree)
            return lambda world: world.answers[tree] if tree in world.answers else test(world.values)
        case _:
            plain = as_test(tree)
            return lambda world: plain(world.values)
