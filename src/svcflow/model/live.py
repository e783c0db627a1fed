"""
Which fields and counters can still make a difference where: all others are left out when situations are compared.

Backwards over the graph of moves, as compilers look for live variables: what a state reads, and what is read after it
before it is surely filled anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from svcflow.core.graph import Graph
from svcflow.core.process import Process, State, actions_of, rules_of
from svcflow.core.rule import Actions, Rule
from svcflow.model.domains import moving, permissions

COUNT = "#"
"""Stands before the name of a counter, so that it is no field's."""


def live(process: Process, graph: Graph) -> Mapping[int, frozenset[str]]:
    """For each leaf state the fields, and with `#` the counters, that are read there or later as they stand."""
    always = frozenset(_read_by(step.do for one in process.escalations.values() for step in one.steps))
    found = {
        state.index: always.union(*(_read_in(process.states[around]) for around in process.lines[state.index]))
        for state in process.states
        if not state.children
    }
    pending = list(found)
    while pending:
        leaf = pending.pop()
        for edge in graph.into(leaf):
            more = found[leaf] - frozenset(edge.rule.ask)
            if not more <= found[edge.source]:
                found[edge.source] |= more
                pending.append(edge.source)
    return found


def _read_in(state: State) -> frozenset[str]:
    """What a state itself reads: for its rules, its times and its `set`."""
    asked = [_asked(rule) for rule in rules_of(state)]
    return frozenset(_read_by(actions_of(state))).union(*(promise.reads for promise in moving(state)), *asked)


def _read_by(dos: Iterable[Actions]) -> Iterator[str]:
    for do in dos:
        for _, value in do.set:
            yield from value.reads


def _asked(rule: Rule) -> frozenset[str]:
    """What decides whether a rule is possible and which way it goes; its own form comes before its conditions."""
    read: set[str] = set()
    for alternative in rule.alternatives:
        if alternative.when is not None:
            read |= alternative.when.reads
        if alternative.max is not None:
            read.add(f"{COUNT}{alternative.count}")
    return permissions(rule) | (read - set(rule.ask))
