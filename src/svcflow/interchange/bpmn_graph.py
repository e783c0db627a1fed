"""
A process as BPMN sees it: tasks, gateways, events and the flows between them.

BPMN has no states that events leave: a task with several ways on is followed by a gateway. Groups are dissolved, for no
flow may cross the border of a sub-process; a parallel state becomes one, and what leaves its inside leaves all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal, TypeAlias

from attrs import evolve, field, frozen

from svcflow.core.process import State, rules_of
from svcflow.core.promise import Time
from svcflow.core.rule import Alternative, Rule
from svcflow.diagram.wording import Wording

Kind: TypeAlias = Literal[
    "startEvent", "endEvent", "intermediateThrowEvent", "boundaryEvent", "userTask", "callActivity", "subProcess",
    "exclusiveGateway", "parallelGateway",
]  # fmt: skip

_MANY = 3
"""From so many flows on, an end is drawn beside each node that leads to it."""

_UNITS = {"min": "PT{0}M", "h": "PT{0}H", "d": "P{0}D", "w": "P{0}W", "mo": "P{0}M", "y": "P{0}Y"}


@frozen
class Shape:
    """
    One node. `calls` is the process of a call activity, `host` the node a boundary event sits on, `wait` its time.

    `terminates` marks an end that ends everything; `inner` is what a sub-process holds.
    """

    id: str
    kind: Kind
    name: str = ""
    calls: str = ""
    host: str = ""
    wait: str = ""
    terminates: bool = False
    inner: Graph | None = None


@frozen
class Flow:
    """An arrow between two nodes of the same graph; `condition` says in words when it is taken."""

    id: str
    source: str
    target: str
    name: str = ""
    condition: str = ""


@frozen
class Graph:
    """The nodes and flows of a process or of a sub-process."""

    shapes: tuple[Shape, ...]
    flows: tuple[Flow, ...]


@frozen
class _Way:
    """One way out of a state: what it is called, and where it leads in this graph."""

    name: str
    condition: str
    target: str


def graph(words: Wording) -> Graph:
    """The graph of a whole process."""
    return _Builder(words, None).graph()


@frozen(eq=False)
class _Builder:
    """Builds the graph of the process, or with `around` that of a parallel state."""

    words: Wording
    around: State | None
    shapes: list[Shape] = field(factory=list)
    flows: list[Flow] = field(factory=list)

    def graph(self) -> Graph:
        mark = "" if self.around is None else f"_{self.around.index}"
        self.shapes.append(Shape(f"start{mark}", "startEvent"))
        if self.around is None:
            self.flow(f"start{mark}", self.element(0))
        else:
            self.shapes.append(Shape(f"fork{mark}", "parallelGateway"))
            self.flow(f"start{mark}", f"fork{mark}")
            for region in self.around.children:
                self.flow(f"fork{mark}", self.element(region))
        for state in self.elements():
            self.node(state)
        return _ends_beside(Graph(tuple(self.shapes), tuple(self.flows)))

    # ── which states are nodes here ───────────────────────────────────────────────────────────────────────────────

    def elements(self) -> Iterator[State]:
        """States without inner states, and parallel ones, that lie in no parallel state further in."""
        for state in self.words.process.states:
            inside = self.inside(state.index)
            if inside and self.element_index(state.index) == state.index:
                yield state

    def inside(self, index: int) -> bool:
        return self.around is None or self.around.index in self.words.line(index)[:-1]

    def element_index(self, index: int) -> int:
        """The node that stands for a state: the parallel state around it, or the first state inside it."""
        states, line = self.words.process.states, self.words.line(index)
        begin = 0 if self.around is None else line.index(self.around.index) + 1
        parallel = next((one for one in line[begin:] if states[one].parallel), None)
        if parallel is not None:
            return parallel
        while states[index].children and not states[index].parallel:
            index = states[index].children[0]
        return index

    def element(self, index: int) -> str:
        return f"state_{self.element_index(index)}"

    # ── nodes and the ways out of them ────────────────────────────────────────────────────────────────────────────

    def node(self, state: State) -> None:
        name, id_ = self.words.state(state.index), f"state_{state.index}"
        ways = list(self.ways(state))
        if state.end is not None:
            kind: Kind = "intermediateThrowEvent" if ways else "endEvent"
            self.shapes.append(Shape(id_, kind, name, terminates=state.end == "cancelled" and state.parent is None))
        elif state.parallel:
            self.shapes.append(Shape(id_, "subProcess", name, inner=_Builder(self.words, state).graph()))
        elif state.run is not None:
            self.shapes.append(Shape(id_, "callActivity", name, calls=state.run))
        elif state.auto is not None and not state.events:
            self.shapes.append(Shape(id_, "exclusiveGateway", name))
        else:
            self.shapes.append(Shape(id_, "userTask", name))
        self.lead(id_, ways, gateway=self.shapes[-1].kind != "exclusiveGateway")
        self.timers(state, id_)

    def lead(self, source: str, ways: list[_Way], *, gateway: bool = True) -> None:
        """Several ways out need a gateway: BPMN would take all of them at once."""
        if len(ways) > 1 and gateway:
            self.shapes.append(Shape(f"choice_{source}", "exclusiveGateway"))
            self.flow(source, f"choice_{source}")
            source = f"choice_{source}"
        for way in ways:
            self.flow(source, way.target, way.name, way.condition if len(ways) > 1 else "")

    def flow(self, source: str, target: str, name: str = "", condition: str = "") -> None:
        self.flows.append(Flow(f"flow_{len(self.flows)}_{source}", source, target, name, condition))

    def ways(self, state: State) -> Iterator[_Way]:
        """Everything that leads on from a state, inner rules first; a rule without conditions hides the outer ones."""
        hidden: set[str] = set()
        for rule in self.rules(state):
            if rule.name in hidden and rule.kind in {"event", "anywhere"}:
                continue
            yield from self.alternatives(rule)
            if any(one.when is None and not one.limited for one in rule.alternatives):
                hidden.add(rule.name)

    def rules(self, state: State) -> Iterator[Rule]:
        """The rules around a node up to this graph's border; an inner end has only `done` of its group."""
        states = self.words.process.states
        if state.end is not None:
            if state.parent is not None and (self.around is None or state.parent != self.around.index):
                yield from (rule for rule in rules_of(states[state.parent]) if rule.kind == "done" and self.own(rule))
            return
        if state.parallel:
            yield from self.leaving(state)
        for index in reversed(self.words.line(state.index)):
            if not self.inside(index):
                break
            for rule in rules_of(states[index]):
                own_done = rule.kind == "done" and index == state.index
                if own_done or rule.kind in {"event", "anywhere", "child", "auto"}:
                    yield rule

    def own(self, rule: Rule) -> bool:
        return self.inside(rule.state)

    def leaving(self, parallel: State) -> Iterator[Rule]:
        """Rules inside a parallel state that lead out of it."""
        for rule in self.words.process.rules():
            if parallel.index in self.words.line(rule.state)[:-1] and rule.kind != "after":
                targets = [one.target for one in rule.alternatives if one.target is not None]
                if any(parallel.index not in self.words.line(target) for target in targets):
                    yield rule

    def alternatives(self, rule: Rule) -> Iterator[_Way]:
        for one in rule.alternatives:
            if one.target is None or not self.inside(one.target):
                continue
            guard = self.words.guard(one)
            name = "" if rule.kind == "auto" else self.words.event(rule)
            yield _Way(f"{name} [{guard}]".strip() if guard else name, _condition(rule, one), self.element(one.target))

    def timers(self, state: State, host: str) -> None:
        """Times after which the case moves on by itself, those of the groups around included."""
        if state.end is not None:
            return
        for index in reversed(self.words.line(state.index)):
            if not self.inside(index):
                break
            for number, after in enumerate(self.words.process.states[index].after):
                ways = list(self.alternatives(after.rule))
                if ways and not after.every:
                    id_, promise = f"timer_{state.index}_{index}_{number}", after.promise
                    wait = _UNITS[promise.unit].format(promise.amount) if isinstance(promise, Time) else ""
                    self.shapes.append(
                        Shape(id_, "boundaryEvent", self.words.timer(after), host=host, wait=wait)
                    )  # fmt: skip
                    self.lead(
                        id_, [_Way("" if len(ways) == 1 else way.name, way.condition, way.target) for way in ways]
                    )


def _ends_beside(whole: Graph) -> Graph:
    """Give every node its own copy of an end that many lead to, so that no flow has to cross the drawing for it."""
    incoming = Counter(flow.target for flow in whole.flows)
    copied = {shape.id: shape for shape in whole.shapes if shape.kind == "endEvent" and incoming[shape.id] >= _MANY}
    shapes = {shape.id: shape for shape in whole.shapes if shape.id not in copied}
    flows = []
    for flow in whole.flows:
        end = copied.get(flow.target)
        if end is not None:
            own = f"{end.id}_after_{flow.source}"
            shapes[own] = evolve(end, id=own)
            flow = evolve(flow, target=own)  # noqa: PLW2901 - the same flow, to its own copy
        flows.append(flow)
    return Graph(tuple(shapes.values()), tuple(flows))


def _condition(rule: Rule, alternative: Alternative) -> str:
    """When a way is taken, in the words of the process."""
    parts = [] if rule.kind in {"auto", "after"} else [rule.name]
    parts += [] if alternative.when is None else [alternative.when.text]
    parts += [] if alternative.share is None else [alternative.share.text]
    return ": ".join(parts)
