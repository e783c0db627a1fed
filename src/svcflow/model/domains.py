"""
Which fields decide where a case goes, and the few values of each that make a difference: what makes a search finite.

A field of few values is taken value by value; one compared with constants only needs a value between each two. What
neither tells apart (`parts > limit`, `price * number`) is undecided: a condition over it may come out either way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from attrs import frozen

from svcflow.core.condition import Expression
from svcflow.core.event import FileRef
from svcflow.core.process import Field, Process, State, actions_of
from svcflow.core.promise import Agreed, Promise, Table
from svcflow.core.rule import Rule
from svcflow.core.tree import Compare, Filled, Given, Minus, Read, Sum, Tree, Value, reads, walk
from svcflow.language.rules.values_cases import around, single

FEW = 12
"""A `1..5` field with at most so many values is tried value by value."""

OPENED_AT = "opened_at"
"""The field that the engine fills."""

_TEXTS = frozenset({"text", "person"})


@frozen(eq=False, slots=False)
class Domains:
    """The fields of one process as its conditions see them; without `counting`, what it calculates is undecided."""

    process: Process
    counting: bool = True

    @cached_property
    def writes(self) -> tuple[tuple[str, Expression], ...]:
        """Everything that `set` writes, wherever it stands."""
        process = self.process
        dos = [do for state in process.states for do in actions_of(state)]
        dos += [step.do for clock in process.clocks.values() for step in clock.escalation]
        return tuple(write for do in dos for write in do.set)

    @cached_property
    def whens(self) -> tuple[Tree, ...]:
        """Every condition."""
        return tuple(one.when.tree for _, one in self.process.moves if one.when is not None)

    @cached_property
    def matter(self) -> frozenset[str]:
        """The fields that can decide anything: who may act, which way, which times; and what is written into those."""
        found = set(frozenset[str]().union(*map(reads, self.whens), *self._timed))
        for rule in self.process.rules():
            found.update(permissions(rule))
        while more := {name for target, value in self.writes if target in found for name in value.reads} - found:
            found |= more
        return frozenset(found)

    @cached_property
    def _timed(self) -> tuple[frozenset[str], ...]:
        return tuple(promise.reads for state in self.process.states for promise in moving(state))

    @cached_property
    def given(self) -> frozenset[str]:
        """Fields that a form can fill, or that a child can give back."""
        opening = self.process.opening
        forms = [*opening.ask, *opening.may, *(self.process.fields if opening.free else ())]
        for rule in self.process.rules():
            forms += self.process.fields if rule.kind == "child" else (*rule.ask, *rule.may)
        return frozenset(forms)

    @cached_property
    def compares(self) -> tuple[Compare, ...]:
        """Every comparison of a condition, but those of one yes-or-no with another."""
        return tuple(node for tree in self.whens for node in walk(tree) if isinstance(node, Compare))

    @cached_property
    def mixed(self) -> frozenset[str]:
        """Fields that are compared with each other, calculated with, or written into another."""
        together = [reads(node) for node in self.compares if single(node) is None]
        return frozenset[str]().union(*together, *(value.reads for _, value in self.writes))

    @cached_property
    def tracked(self) -> frozenset[str]:
        """The fields whose values the search knows well enough to answer every comparison with a constant."""
        found = {name for name in self.matter if self._knowable(self.process.fields[name])}
        if not self.counting:
            found -= {name for name, value in self.writes if isinstance(value.tree, Sum | Minus)}
        # What is written from a field nobody knows is not known either.
        while vague := {name for name, value in self.writes if name in found and not self._certain(value, found)}:
            found -= vague
        return frozenset(found)

    @cached_property
    def compared(self) -> frozenset[str]:
        """The fields whose very value counts, directly or in another that it is written into."""
        found = set(self.rows).union(*map(reads, self.compares))
        while more := {name for target, value in self.writes if target in found for name in value.reads} - found:
            found |= more
        return frozenset(found)

    def _knowable(self, known: Field) -> bool:
        if few(known) or known.name not in self.compared:
            return True
        if known.name == OPENED_AT:
            return False  # Cases are opened at other times than the one of the search, too.
        return known.name not in self.given or known.name not in self.mixed

    def _certain(self, value: Expression, known: set[str]) -> bool:
        if isinstance(value.tree, Given):
            return value.target.name not in self.compared
        return value.reads <= known

    @cached_property
    def divided(self) -> frozenset[str]:
        """Fields that may come out empty where nothing is: a division by zero has no result."""
        return frozenset(name for name, value in self.writes if any(_divides(node) for node in walk(value.tree)))

    def undecided(self, node: Tree) -> bool:
        """Whether the values tried leave open how this part of a condition comes out."""
        return not reads(node).isdisjoint(
            self.divided if isinstance(node, Filled) else self.process.fields.keys() - self.tracked
        )

    @cached_property
    def tops(self) -> Mapping[str, Decimal]:
        """Counters: numbers that only rise and are only compared, each with the greatest number that counts."""
        found = {}
        for name in self.tracked.difference(*self._timed):
            sources = [value for target, value in self.writes if target == name]
            others = {reader for target, value in self.writes if target != name for reader in value.reads}
            numbers = self._constants(name)
            alone = all(single(node) is not None for node in self.compares if name in reads(node))
            if (
                alone
                and _number(self.process.fields[name])
                and numbers
                and name not in others
                and all(_rises(name, value) for value in sources)
            ):
                found[name] = max(Decimal(number) for number in numbers)
        return found

    def _constants(self, name: str) -> list[Any]:
        sides = (single(node) for node in self.compares)
        found: set[Any] = {side[1] for side in sides if side is not None and side[0] == name}
        rows = self.rows.get(name, frozenset())
        return sorted(found.union(rows if self.process.fields[name].kind in _TEXTS else map(int, rows)))

    @cached_property
    def rows(self) -> Mapping[str, frozenset[str]]:
        """The fields by which tables choose times that move a case, with their rows."""
        found: dict[str, frozenset[str]] = {}
        pending = [promise for state in self.process.states for promise in moving(state)]
        while pending:
            promise = pending.pop()
            if isinstance(promise, Agreed) and promise.default is not None:
                pending.append(promise.default)
            if isinstance(promise, Table):
                found[promise.by] = found.get(promise.by, frozenset()) | promise.rows.keys()
                pending += [row for row in (*promise.rows.values(), promise.default) if row is not None]
        return {name: rows for name, rows in found.items() if not few(self.process.fields[name])}

    def values(self, name: str, now: datetime) -> tuple[Any, ...]:
        """Values that stand for all that a form can fill in; of a field that decides nothing, one."""
        known = self.process.fields[name]
        if name not in self.matter:
            return (sample(known, now),)
        if few(known):
            return every(known)
        if known.kind == "duration":
            return known.extremes
        constants = self._constants(name)
        if known.kind in _TEXTS or not constants:
            more = (now + timedelta(days=30), now - timedelta(days=1)) if known.kind in {"date", "datetime"} else ()
            return (*constants, sample(known, now), *(_dated(known, moment) for moment in more))
        spread = around(constants)
        if known.kind == "range":
            inside = {min(max(round(one), known.low), known.high) for one in spread}
            return tuple(sorted(inside | {known.low, known.high}))
        return tuple(spread)


def _number(known: Field) -> bool:
    return known.kind in {"number", "money", "range"}


def few(known: Field) -> bool:
    """Whether a field has so few values that each is tried."""
    return known.kind in {"flag", "choice"} or (known.kind == "range" and known.high - known.low < FEW)


def every(known: Field) -> tuple[Any, ...]:
    """All values of a field that has few."""
    match known.kind:
        case "flag":
            return (True, False)
        case "choice":
            return known.choices
        case _:
            return tuple(range(known.low, known.high + 1))


def sample(known: Field, now: datetime) -> object:
    """Some value of a field; a date lies a little ahead, as appointments do."""
    match known.kind:
        case "flag" | "choice" | "range":
            return every(known)[0] if few(known) else known.low
        case "number" | "money":
            return Decimal(1)
        case "date" | "datetime":
            return _dated(known, now + timedelta(days=3))
        case "duration":
            return known.extremes[0]
        case "list":
            return (known.name,)
        case "files":
            return (FileRef("1", known.name, 1, "0" * 64),)
        case _:
            return known.name


def _dated(known: Field, moment: datetime) -> date | datetime:
    return moment.date() if known.kind == "date" else moment


def permissions(rule: Rule) -> frozenset[str]:
    """The person fields that say who may send an event."""
    by = () if rule.by is None else rule.by.fields
    return frozenset((*by, *rule.not_by.fields))


def moving(state: State) -> Iterator[Promise]:
    """The times of a state that can move a case or keep it waiting."""
    yield from (promise for promise in (state.wait, state.window) if promise is not None)
    yield from (after.promise for after in state.after)


def escalates(process: Process) -> bool:
    """Whether an escalation step does more than tell somebody: it writes, or sends an event."""
    steps = [step for one in process.escalations.values() for step in one.steps]
    return any(step.do.set or step.do.send for step in steps)


def _divides(node: Tree) -> bool:
    return isinstance(node, Sum) and node.sign == "/"


def _rises(name: str, value: Expression) -> bool:
    """Whether a `set` writes a constant into a counter, or adds one to it."""
    if isinstance(value.tree, Value):
        return True
    match value.tree:
        case Sum(sign="+", left=Read(name=counter), right=Value(value=Decimal() as step)) if counter == name:
            return step >= 0
        case _:
            return False
