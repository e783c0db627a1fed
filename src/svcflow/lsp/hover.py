"""What is told about the place under the pointer: what a word means, and what is known of a thing, worked out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen

from svcflow.core.graph import Edge
from svcflow.core.process import Process, State
from svcflow.core.rule import Rule
from svcflow.diagram.outline import conditions
from svcflow.diagram.wording import Wording
from svcflow.language.checked import Checked
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Span
from svcflow.language.names import type_of
from svcflow.language.spots import words
from svcflow.lsp.offers import explained
from svcflow.lsp.things import Mention, Thing, mention_at
from svcflow.lsp.view import View

_MOST = 8
"""Things of one kind that are told; of the others only the number."""


@frozen
class Hover:
    """A text in Markdown, and the place it is about."""

    text: str
    span: Span


def hover(view: View, file: str, line: int, column: int, checked: Checked | None) -> Hover | None:
    """
    What is told about a place; `checked` is the file after its check, where one went through.

    A name tells about its thing. A word of the language tells what it means, with examples.
    """
    found = mention_at(view, file, line, column)
    if found is not None:
        return Hover("\n\n".join(_about(view, found, checked)), found.span)
    for spot in view.spots(file):
        span, word = spot.node.span, spot.node.text
        inside = (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)
        model = next((model for model in spot.models if word in words(model)), None)
        if inside and model is not None:
            return Hover(f"**{word}**: {explained(model, word)}", span)
    return None


def _about(view: View, mention: Mention, checked: Checked | None) -> Iterator[str]:
    thing = mention.thing
    spot = view.declared(thing.file).get((thing.kind, thing.name)) if thing.kind != "file" else None
    type_ = f": `{type_of(spot)}`" if spot is not None and thing.kind == "field" else ""
    yield f"**{thing.name}** ({_KINDS.get(thing.kind, thing.kind)} of `{thing.file}`){type_}"
    compiled = None if checked is None else checked.compiled
    if compiled is None:
        return
    own = thing.file == compiled.sources.file
    lines = list(_facts(compiled, thing, own=own))
    if lines:
        yield "\n".join(f"* {line}" for line in lines)


_KINDS = {"clock": "SLA clock", "table": "promised times", "file": "file"}


def _facts(compiled: Compiled, thing: Thing, *, own: bool) -> Iterator[str]:
    process = compiled.process
    said = Wording.of(process, "en" if "en" in process.languages else None)
    match thing.kind:
        case "state" if own:
            yield from _state(compiled, said, process.states[process.paths[thing.name]])
        case "event" if own:
            yield from _event(process, said, thing.name)
        case "clock" if own:
            yield from _clock(compiled, said, thing.name)
        case "process":
            other = compiled if own else compiled.project.get(thing.name)
            yield from () if other is None else _process(other.process)
        case "role":
            yield from _role(process, said, thing.name)
        case "field":
            yield from _field(process, thing.name)


def _process(process: Process) -> Iterator[str]:
    said = Wording.of(process, "en" if "en" in process.languages else None)
    yield f"{said.title()}, version {process.version}"
    if process.opening.ask:
        yield "opened with " + _listed(f"`{name}`" for name in process.opening.ask)
    yield "ends as " + _listed(f"`{state.path}`" for state in process.states if state.end and state.parent is None)
    if process.gives:
        yield "gives back " + _listed(f"`{name}`" for name in process.gives)


def _state(compiled: Compiled, said: Wording, state: State) -> Iterator[str]:
    graph = compiled.graph
    inside = graph.leaves(state.index)
    if said.called(state.name, state.title) is not None:
        yield said.name(state.name, state.title)
    told = list(conditions(said, state))
    by = "" if state.by is None or state.end else said.say("by", said.people(state.by))
    yield from told if not by or any(line.startswith(by) for line in told) else (by, *told)
    if state.index in compiled.process.chart.opening.entered:
        yield "a case starts here"
    came = [edge for leaf in sorted(inside) for edge in graph.into(leaf) if edge.source not in inside]
    goes = [edge for leaf in sorted(inside) for edge in graph.out(leaf) if edge.target not in inside]
    if came:
        yield "reached from " + _listed(_edge(compiled.process, edge, edge.source) for edge in came)
    if goes:
        yield "leads to " + _listed(_edge(compiled.process, edge, edge.target) for edge in goes)
    running = [
        f"`{name}`"
        for name, clock in compiled.process.clocks.items()
        if _may_run(compiled, clock.starts, clock.stops, inside)
    ]
    if running:
        yield f"SLA clocks that may run here: {', '.join(running)}"
    sure = [flow for leaf in inside if (flow := compiled.flow.sure.get(leaf)) is not None]
    filled = frozenset.intersection(*sure) if sure else frozenset()
    if filled:
        yield "surely filled on arrival: " + _listed(f"`{name}`" for name in sorted(filled))


def _may_run(compiled: Compiled, starts: Iterable[int], stops: Iterable[int], inside: frozenset[int]) -> bool:
    """Whether some way from a start leads into a state before it comes to a stop."""
    graph = compiled.graph
    first = frozenset[int]().union(*(graph.leaves(state) for state in starts))
    last = frozenset[int]().union(*(graph.leaves(state) for state in stops))
    reached = graph.reached(first, lambda edge: edge.target not in last)
    return bool(reached & inside)


def _edge(process: Process, edge: Edge, leaf: int) -> str:
    return f"`{process.names[leaf]}` ({_called(edge.rule)})"


def _called(rule: Rule) -> str:
    return "auto" if rule.kind == "auto" else rule.name.rpartition(":")[2] if rule.kind == "after" else rule.name


def _event(process: Process, said: Wording, name: str) -> Iterator[str]:
    rules = [
        rule for rule in process.rules() if rule.name == name and rule.kind in {"event", "anywhere", "done", "child"}
    ]
    for rule in rules[:_MOST]:
        by = "" if rule.by is None or not rule.sent else f" by {said.people(rule.by)}"
        bars = ", ".join(filter(None, (said.bars(rule.not_by), said.qualified(rule.qualified))))
        ask = f", asks {', '.join(f'`{one}`' for one in rule.ask)}" if rule.ask else ""
        leads = said.alternatives(rule.alternatives)
        yield f"in `{process.names[rule.state]}`{by}{f' ({bars})' if bars else ''}{ask}: leads to {leads}"


def _clock(compiled: Compiled, said: Wording, name: str) -> Iterator[str]:
    clock, graph = compiled.process.clocks[name], compiled.graph
    yield f"promised: {said.promise(clock.promise)}"
    yield "runs from " + _listed(f"`{compiled.process.names[one]}`" for one in sorted(clock.starts))
    yield "until " + _listed(f"`{compiled.process.names[one]}`" for one in sorted(clock.stops))
    first = frozenset[int]().union(*(graph.leaves(state) for state in clock.starts))
    last = frozenset[int]().union(*(graph.leaves(state) for state in clock.stops))
    way = graph.path(first, last)
    if way:
        names = [compiled.process.names[way[0].source], *(compiled.process.names[edge.target] for edge in way)]
        yield f"shortest way: {' -> '.join(f'`{one}`' for one in names)}"
        limits = [(names[place], limit.promise) for place, edge in enumerate(way)
                  if (limit := compiled.process.states[edge.source].limit) is not None]  # fmt: skip
        if limits:
            yield "limits on it: " + _listed(f"`{one}` {said.promise(promise)}" for one, promise in limits)
    paused = [f"`{state.path}`" for state in compiled.process.states if name in state.pause]
    if paused:
        yield f"stands still in {_listed(paused)}"


def _role(process: Process, said: Wording, name: str) -> Iterator[str]:
    if said.role(name) != name:
        yield said.role(name)
    acts = [f"`{_called(rule)}` in `{process.names[rule.state]}`" for rule in process.rules()
            if rule.sent and rule.by is not None and name in rule.by.roles]  # fmt: skip
    yield f"may send {_listed(acts)}" if acts else "may send no event here"


def _field(process: Process, name: str) -> Iterator[str]:
    field = process.fields.get(name)
    if field is None:
        return
    if field.private:
        yield "private: never in journals, logs, exports and hook calls"
    if field.seen_by is not None:
        yield "seen by " + _listed(f"`{one}`" for one in (*sorted(field.seen_by.roles), *field.seen_by.fields))
    asked = [f"`{_called(rule)}`" for rule in process.rules() if rule.sent and name in (*rule.ask, *rule.may)]
    if name in (*process.opening.ask, *process.opening.may):
        yield "given when a case is opened"
    if asked:
        yield "given with " + _listed(dict.fromkeys(asked))
    written = [f"`{_called(rule)}`" for rule, one in process.moves
               if name in dict(rule.do.set) or name in dict(one.do.set)]  # fmt: skip
    if written:
        yield "set by " + _listed(dict.fromkeys(written))
    read = [f"`{_called(rule)}`" for rule, one in process.moves if one.when is not None and name in one.when.reads]
    if read:
        yield "looked at by conditions of " + _listed(dict.fromkeys(read))


def _listed(names: Iterable[str]) -> str:
    every = list(dict.fromkeys(names))
    more = len(every) - _MOST
    return ", ".join(every[:_MOST]) + (f" and {more} more" if more > 0 else "")
