"""A case as its journal has told it so far: the only thing here that changes, entry by entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define, field

from svcflow.core.process import Process
from svcflow.core.rule import Alternative, Rule
from svcflow.testing.reading.conditions import holds
from svcflow.testing.reading.share import in_share
from svcflow.testing.reading.tree import Tree


@define
class Told:
    """
    Where a case stands, by the second reading.

    `acted` are the persons who took an event, by the leaf they took it in or, for children, by the `run` state;
    `barred` the names that a parent keeps out. `returns` is where `back` leads, `memory` where `X.last` leads.
    `waiting` says of a state's path whether its wait runs; what is not in it is not known.
    """

    id: str
    process: Process
    tree: Tree
    fields: dict[str, Any] = field(factory=dict)
    leaves: tuple[int, ...] = ()
    status: str = "open"
    counts: Counter[str] = field(factory=Counter)
    acted: dict[str, set[str]] = field(factory=dict)
    barred: frozenset[str] = frozenset()
    returns: dict[int, tuple[int, ...]] = field(factory=dict)
    memory: dict[int, tuple[int, ...]] = field(factory=dict)
    children: dict[str, str] = field(factory=dict)
    waiting: dict[str, bool] = field(factory=dict)
    parent: tuple[str, str] | None = None

    def write(self, values: Mapping[str, Any]) -> None:
        """Fill fields; None empties one."""
        self.fields = {name: value for name, value in {**self.fields, **values}.items() if value is not None}

    def public(self) -> dict[str, Any]:
        """The fields that are not private."""
        return {name: value for name, value in self.fields.items() if not self.process.fields[name].private}

    def possible(self, rule: Rule, alternative: Alternative) -> bool:
        """Whether `when`, `share`, `max` and somewhere to go back to allow this way."""
        if alternative.kind == "back" and rule.state not in self.returns:
            return False
        if alternative.share is not None and not in_share(alternative.share, self.id):
            return False
        if alternative.max is not None and self.counts[alternative.count] >= alternative.max:
            return False
        return alternative.when is None or holds(alternative.when.tree, self.fields)

    def waits(self, state: int) -> bool | None:
        """
        Whether a state is on nobody's list: each active leaf in it lies in a wait; None if that is not known.
        """
        leaves = [leaf for leaf in self.leaves if state in self.tree.lines[leaf]]
        known = [_any(self._wait(around) for around in self.tree.lines[leaf]) for leaf in leaves]
        if False in known or not known:
            return False
        return None if None in known else True

    def _wait(self, state: int) -> bool | None:
        one = self.tree.states[state]
        return self.waiting.get(one.path) if one.wait is not None or one.window is not None else False


def _any(answers: Iterable[bool | None]) -> bool | None:
    known = list(answers)
    return True if True in known else (None if None in known else False)
