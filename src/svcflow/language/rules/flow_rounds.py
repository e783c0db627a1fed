"""Going round: for ever by itself, without limit by events, and what is left once a limit is used up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from svcflow.core.graph import Edge, Follow, Graph, traced
from svcflow.core.process import Process, State, rules_of
from svcflow.core.rule import Alternative, Place, Rule
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding
from svcflow.language.rules.at_once import Ends, by_itself, comes_again, quick_children
from svcflow.language.rules.flow_words import lasting, route
from svcflow.language.rules.registry import rule


@rule("SF307", "error", "graph")
def endless_moves(compiled: Compiled) -> Iterator[Finding]:
    """
    Automatic moves go round for ever.

    `auto` moves at once, and so does an event that a state sends itself on entry. When such moves lead in a circle, a
    case never comes to rest; the engine stops it with an error after a thousand moves, or a hundred children. A group
    that comes to its end at once is part of such a circle, and so is a child that does: one in which every state has an
    `auto` that surely leads on. A `wait` in the circle, or a `max` on one of its moves, ends it.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      received: {by: clerk, events: {repair: planned}}
      planned: {auto: checked}
      checked: {auto: planned, by: clerk, events: {close: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    fields: {parts_there: flag}
    states:
      received: {by: clerk, events: {repair: planned}}
      planned: {auto: checked}
      checked: {by: clerk, events: {close: {to: finished, ask: parts_there}}}
      finished: {end: done}
    ```
    """
    process, quick = compiled.process, quick_children(compiled)
    for path in _circles(compiled.graph, lambda edge: _at_once(process, edge, quick)):
        kinds = {"sent" if edge.rule.sent else edge.alternative.kind for edge in path}
        if kinds >= {"back", "sent"}:
            # Coming `back` does not carry out a state's `do`, so it does not send again.
            continue
        if not _endless(compiled, path, quick):
            continue
        message = f"automatic moves go round for ever: {route(process, path)}"
        yield compiled.finding("SF307", "error", path[-1].alternative.place, message,
                               hint="let one of them wait for an event or a time, or give it a `max`")  # fmt: skip
    for owner, alternative in process.moves:
        if owner.kind == "auto" and alternative.kind == "here" and not _runs_out(owner, alternative):
            message = f"this automatic move stays in `{process.states[owner.state].path}` and is taken again for ever"
            yield compiled.finding("SF307", "error", alternative.place, message, hint="name a state under `to`")


def _at_once(process: Process, edge: Edge, quick: Ends) -> bool:
    """Whether a move is made without waiting for anybody, as often as its state is entered."""
    if edge.alternative.max is not None or not edge.own:
        return False
    # Of the leaf alone: what a group sends when it is entered is not sent again by moves inside it.
    sent = edge.rule.sent and edge.rule.name in process.states[edge.source].do.send
    return sent or by_itself(process, edge, quick)


def _endless(compiled: Compiled, path: Sequence[Edge], quick: Ends) -> bool:
    """Whether a circle of moves by themselves has no end: one of `auto` alone is none that anybody means."""
    return not any(edge.rule.kind in {"child", "done"} for edge in path) or comes_again(compiled, path, quick)


def _runs_out(owner: Rule, alternative: Alternative) -> bool:
    """Whether a move that stays ends by itself: counted, or setting a field that its own condition looks at."""
    written = {name for do in (owner.do, alternative.do) for name, _ in do.set}
    return alternative.max is not None or (alternative.when is not None and bool(alternative.when.reads & written))


@rule("SF308", "warning", "graph")
def endless_round(compiled: Compiled) -> Iterator[Finding]:
    """
    A case can go round without limit.

    Each of the moves is harmless; together they let a case travel for years. A `max` on one of them, with a way on when
    it is used up, makes somebody decide. Staying (`here`) and coming `back` do not count.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [dispatcher, partner]
    states:
      dispatch: {by: dispatcher, events: {offer: partner_offer}}
      partner_offer: {by: partner, events: {accept: finished, decline: dispatch}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [dispatcher, partner]
    states:
      dispatch: {by: dispatcher, events: {offer: {to: partner_offer, max: 3}, repair: finished}}
      partner_offer: {by: partner, events: {accept: finished, decline: dispatch}}
      finished: {end: done}
    ```
    """
    process, quick = compiled.process, quick_children(compiled)
    for path in _circles(compiled.graph, _counts):
        if all(_at_once(process, edge, quick) for edge in path) and _endless(compiled, path, quick):
            continue
        message = f"a case can go round without limit: {route(process, path)}"
        yield compiled.finding("SF308", "warning", path[-1].alternative.place, message,
                               hint="give one of these moves a `max`, and a way on when it is used up")  # fmt: skip


def _counts(edge: Edge) -> bool:
    return edge.own and edge.alternative.max is None and edge.alternative.kind in {"go", "last"}


def _circles(graph: Graph, follow: Follow) -> Iterator[tuple[Edge, ...]]:
    """
    Circles of the edges that `follow` lets pass.

    A circle begins at its first state in the file, and the first move in the file that leads back there closes it: its
    last edge. Of moves back from the same state, and of states with the same move back, one is told for all.
    """
    for first in sorted(graph.inwards):
        yield from _circles_from(graph, first, follow)


def _circles_from(graph: Graph, first: int, follow: Follow) -> Iterator[tuple[Edge, ...]]:
    """The circles that begin at a state: they come by none above it."""

    def below(edge: Edge) -> bool:
        return edge.source >= first and edge.target >= first and follow(edge)

    closing = [edge for edge in graph.into(first) if below(edge)]
    came = {edge.target: edge for edge in graph.nearest([first], below)} if closing else {}
    sources: set[int] = set()
    moves: set[Place] = set()
    for edge in closing:
        if edge.source in came and edge.source not in sources and edge.alternative.place not in moves:
            sources.add(edge.source)
            moves.add(edge.alternative.place)
            yield (edge,) if edge.source == first else (*traced(came, came[edge.source], {first}), edge)


@rule("SF315", "warning", "graph")
def used_up(compiled: Compiled) -> Iterator[Finding]:
    """
    After `max` is used up, nothing leads out of a state.

    `max` counts over the whole life of a case, reopening included. When every way out of a state has one, a case that
    used them all up stays there for ever. The last alternative is the one without `max`. A `share` is for some of the
    cases, and never for another: those that are in none of the shares that are left stay there, too.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      received: {by: clerk, events: {repair: testing, refuse: finished}}
      testing: {by: clerk, events: {fails: {to: received, max: 2}}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      received: {by: clerk, events: {repair: testing, refuse: finished}}
      testing: {by: clerk, events: {fails: {to: [{to: received, max: 2}, finished]}}}
      finished: {end: done}
    ```
    """
    process = compiled.process
    for state in process.states:
        ways = [edge.alternative for edge in compiled.graph.out(state.index)]
        if ways and not lasting(ways):
            yield _no_more(compiled, state.place, f"nothing leads out of `{state.path}`", ways)
        elif ways:
            yield from (
                _no_more(compiled, owner.place, _unanswered(state, owner), owner.alternatives)
                for owner in rules_of(state)
                if owner.kind in {"child", "done"}
                and any(one.max is not None for one in owner.alternatives)
                and not lasting(owner.alternatives)
            )


def _no_more(compiled: Compiled, place: Place, nothing: str, ways: Iterable[Alternative]) -> Finding:
    """Who is left without a way: all cases, or those that the shares without `max` leave over."""
    counted = {one.max is not None for one in ways}
    once, other = ("after `max` is used up, ", "other ") if True in counted else ("", "")
    whom, bare = (f" for cases in none of its {other}shares", " and no `share`") if False in counted else ("", "")
    return compiled.finding("SF315", "warning", place, f"{once}{nothing}{whom}", key=True,
                            hint=f"give the last alternative no `max`{bare}")  # fmt: skip


def _unanswered(state: State, owner: Rule) -> str:
    """What the engine raises happens once; when no alternative takes it, it is gone."""
    what = f"`{state.run}` ends as `{owner.name}`" if owner.kind == "child" else f"`{state.path}` is done"
    return f"nothing happens when {what}"


RULES = (endless_moves, endless_round, used_up)
