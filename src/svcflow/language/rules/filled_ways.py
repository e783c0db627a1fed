"""Ways on which a field stays empty, told only where nothing on them hangs on what was decided or filled before."""

from __future__ import annotations

from svcflow.core.graph import Edge
from svcflow.core.rule import Alternative, Rule
from svcflow.language.compiled import Compiled
from svcflow.language.dataflow import NONE, Names
from svcflow.language.rules.flow_words import route


def way_empty(compiled: Compiled, name: str, leaf: int) -> str | None:
    """
    A shortest way to a leaf on which a field is surely empty: `opened -> accept -> verify`; None if none is certain.

    Of regions beside each other nothing is certain: one may fill what the other needs.
    """
    process, flow = compiled.process, compiled.flow
    if any(state.parallel for state in process.states):
        return None
    begin = [start for start, filled in flow.entries.items() if name not in filled]
    if leaf in begin:
        return f"opened -> {process.states[leaf].path}"

    def empty(edge: Edge) -> bool:
        if not edge.own or not flow.onward(edge) or name in flow.losing:
            return False
        passage = flow.passage(edge.rule, edge.alternative, edge.target)
        stays = name not in passage.after(NONE)
        return stays and open_to(compiled, edge.rule, edge.alternative, edge.source) and not _sends(compiled, edge)

    path = compiled.graph.path(begin, (leaf,), empty)
    return None if path is None else f"opened -> {route(process, path)}"


def open_to(compiled: Compiled, rule: Rule, alternative: Alternative, leaf: int, empty: Names = NONE) -> bool:
    """
    Whether an alternative surely can be tried in a leaf: its conditions and those above hang on its own form alone.

    They may also look at the fields that are `empty`.
    """
    process = compiled.process
    line = process.lines[leaf]
    if rule.kind in {"after", "done"} or (rule.kind != "auto" and any(process.states[one].auto for one in line)):
        return False
    if rule.sent and process.sent[rule.name][leaf][0] is not rule:
        return False
    if rule.sent and (rule.by is None or not (rule.by.roles or _present(compiled, rule, leaf))):
        return False
    known = empty.union(rule.ask, rule.may)
    for one in rule.alternatives:
        if one.when is not None and not one.when.reads <= known:
            return False
        if one is alternative:
            return True
        if one.when is None and one.share is None and (one.max is None or one.kind != "here"):
            return False
    return False


def _present(compiled: Compiled, rule: Rule, leaf: int) -> bool:
    """Whether somebody surely stands in a field that may act, and nobody is barred."""
    filled = compiled.flow.sure.get(leaf, NONE)
    bars = rule.not_by
    return rule.by is not None and not filled.isdisjoint(rule.by.fields) and not (bars.states or bars.fields)


def _sends(compiled: Compiled, edge: Edge) -> bool:
    """Whether something is sent on the way, that may lead on at once."""
    states = (compiled.process.states[index].do for index in compiled.process.lines[edge.target])
    return any(do.send for do in (edge.rule.do, edge.alternative.do, *states))
