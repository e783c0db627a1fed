"""
The pseudo code of W3C SCXML, appendix D, written down literally: sets, lists and recursion over linked nodes.

Slow on purpose, and it shares no code and no representation with the machine that it is compared with.

It departs from the pseudo code in two places, both about a transition to a history around its own source, where
taken literally it leaves a configuration that is not legal (3.11). It would work out the domain again after the
exits, when the history may have changed, and lose states that were left; and it would enter states outside the
domain, which were never left. Here the domain of the exits holds, and nothing outside it is entered: "the entry set
consists of all members of the complete target set that will not be active once the states in the exit set have been
exited" (3.13).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from svcflow.core.machine import ROOT, ChartState, ChartTransition, Configuration, Step


class Node:
    """An element of the document: a state with its inner states and transitions."""

    def __init__(self, number: int, id_: str, kind: str, parent: Node | None) -> None:
        self.number, self.id, self.kind, self.parent = number, id_, kind, parent
        self.nodes: list[Node] = []
        self.transitions: list[Arrow] = []
        self.initial: list[Node] = []
        self.default: list[Node] = []
        self.deep = False
        self.onentry: list[str] = []
        self.onexit: list[str] = []

    def child_states(self) -> list[Node]:
        return [node for node in self.nodes if node.kind != "history"]


class Arrow:
    def __init__(self, number: int, source: Node, definition: ChartTransition) -> None:
        self.number, self.source, self.definition = number, source, definition
        self.targets: list[Node] = []


def is_descendant(node: Node, outer: Node) -> bool:
    parent = node.parent
    while parent is not None:
        if parent is outer:
            return True
        parent = parent.parent
    return False


def proper_ancestors(node: Node, until: Node | None) -> list[Node]:
    found, parent = [], node.parent
    while parent is not None and parent is not until:
        found.append(parent)
        parent = parent.parent
    return found


def matches(descriptor: str, event: str) -> bool:
    if descriptor == "*":
        return True
    wanted, got = descriptor.removesuffix(".*").removesuffix(".").split("."), event.split(".")
    return got[: len(wanted)] == wanted


class Interpreter:
    """The procedures of appendix D, in its order and with its names."""

    def __init__(self, states: list[ChartState], transitions: list[ChartTransition], initial: tuple[int, ...]) -> None:
        self.root = Node(ROOT, "(root)", "scxml", None)
        self.all: list[Node] = []
        for number, state in enumerate(states):
            parent = self.root if state.parent is None else self.all[state.parent]
            node = Node(number, state.id, state.kind, parent)
            node.deep, node.onentry, node.onexit = state.deep, list(state.entry_raises), list(state.exit_raises)
            parent.nodes.append(node)
            self.all.append(node)
        for node, state in zip(self.all, states, strict=True):
            node.initial = [self.all[number] for number in state.initial] or node.child_states()[:1]
            node.default = [self.all[number] for number in state.default]
        self.root.initial = [self.all[number] for number in initial] or self.root.child_states()[:1]
        for number, transition in enumerate(transitions):
            source = self.root if transition.source == ROOT else self.all[transition.source]
            arrow = Arrow(number, source, transition)
            arrow.targets = [self.all[target] for target in transition.targets]
            source.transitions.append(arrow)
        self.configuration: set[Node] = set()
        self.history: dict[Node, list[Node]] = {}
        self.queue: list[str] = []
        self.running = True
        self.entered: list[int] = []
        self.exited: list[int] = []

    def default_of(self, history: Node) -> list[Node]:
        if history.default:
            return history.default
        parent = history.parent
        assert parent is not None
        return parent.child_states() if parent.kind == "parallel" else parent.initial

    def start(self) -> None:
        self.enter([(self.root.initial, self.root)])

    def select(self, event: str | None, allows: Callable[[int], bool]) -> list[Arrow]:
        enabled: list[Arrow] = []
        atomic = [node for node in self.configuration if not node.child_states()]
        for state in sorted(atomic, key=lambda node: node.number):
            for node in [state, *proper_ancestors(state, None)]:
                found = next((arrow for arrow in node.transitions if self.fits(arrow, event, allows)), None)
                if found is not None:
                    if found not in enabled:
                        enabled.append(found)
                    break
        return self.without_conflicts(enabled)

    def fits(self, arrow: Arrow, event: str | None, allows: Callable[[int], bool]) -> bool:
        events = arrow.definition.events
        hit = not events if event is None else any(matches(descriptor, event) for descriptor in events)
        return hit and allows(arrow.number)

    def without_conflicts(self, enabled: list[Arrow]) -> list[Arrow]:
        filtered: list[Arrow] = []
        for one in enabled:
            preempted, remove = False, []
            for other in filtered:
                if self.exit_set([one]) & self.exit_set([other]):
                    if is_descendant(one.source, other.source):
                        remove.append(other)
                    else:
                        preempted = True
                        break
            if not preempted:
                filtered = [arrow for arrow in filtered if arrow not in remove]
                filtered.append(one)
        return filtered

    def effective_targets(self, targets: Iterable[Node]) -> list[Node]:
        found: list[Node] = []
        for target in targets:
            if target.kind == "history":
                found += self.history.get(target) or self.effective_targets(self.default_of(target))
            else:
                found.append(target)
        return found

    def domain(self, arrow: Arrow) -> Node | None:
        targets = self.effective_targets(arrow.targets)
        if not targets:
            return None
        source = arrow.source
        inside = all(is_descendant(target, source) for target in targets)
        if arrow.definition.internal and source.kind == "compound" and inside:
            return source
        for outer in proper_ancestors(source, None):
            inside = all(is_descendant(target, outer) for target in targets)
            if outer.kind in {"compound", "scxml"} and inside:
                return outer
        return self.root

    def exit_set(self, arrows: list[Arrow]) -> set[Node]:
        leaving: set[Node] = set()
        for arrow in arrows:
            if arrow.definition.back:
                leaving |= self.configuration
            elif arrow.targets:
                domain = self.domain(arrow)
                assert domain is not None
                leaving |= {node for node in self.configuration if is_descendant(node, domain)}
        return leaving

    def microstep(self, arrows: list[Arrow]) -> None:
        moving = [arrow for arrow in arrows if not arrow.definition.back]
        domains = [self.domain(arrow) for arrow in moving]
        leaving = sorted(self.exit_set(moving), key=lambda node: -node.number)
        for node in leaving:
            for history in (inner for inner in node.nodes if inner.kind == "history"):
                kept = (
                    [leaf for leaf in self.configuration if not leaf.child_states() and is_descendant(leaf, node)]
                    if history.deep
                    else [inner for inner in self.configuration if inner.parent is node]
                )
                self.history[history] = sorted(kept, key=lambda inner: inner.number)
        for node in leaving:
            self.exited.append(node.number)
            self.queue += node.onexit
            self.configuration.remove(node)
        for arrow in arrows:
            self.queue += arrow.definition.raises
        self.enter([(arrow.targets, domain) for arrow, domain in zip(moving, domains, strict=True)])

    def enter(self, arrows: list[tuple[list[Node], Node | None]]) -> None:
        to_enter: set[Node] = set()
        for targets, domain in arrows:
            others = set(to_enter)
            for target in targets:
                self.add_descendants(target, to_enter)
            for target in self.effective_targets(targets):
                self.add_ancestors(target, domain, to_enter)
            to_enter = {node for node in to_enter if node in others or domain is None or is_descendant(node, domain)}
        for node in sorted(to_enter, key=lambda inner: inner.number):
            self.configuration.add(node)
            self.entered.append(node.number)
            self.queue += node.onentry
            if node.kind == "final":
                parent = node.parent
                assert parent is not None
                if parent is self.root:
                    self.running = False
                    continue
                self.queue.append(f"done.state.{parent.id}")
                grand = parent.parent
                assert grand is not None
                if grand.kind == "parallel" and all(map(self.in_final_state, grand.child_states())):
                    self.queue.append(f"done.state.{grand.id}")

    def add_descendants(self, node: Node, to_enter: set[Node]) -> None:
        if node.kind == "history":
            targets = self.history.get(node) or self.default_of(node)
            for target in targets:
                self.add_descendants(target, to_enter)
            for target in targets:
                self.add_ancestors(target, node.parent, to_enter)
            return
        to_enter.add(node)
        if node.kind == "compound":
            for target in node.initial:
                self.add_descendants(target, to_enter)
            for target in node.initial:
                self.add_ancestors(target, node, to_enter)
        elif node.kind == "parallel":
            self.add_regions(node, to_enter)

    def add_ancestors(self, node: Node, until: Node | None, to_enter: set[Node]) -> None:
        for outer in proper_ancestors(node, until):
            to_enter.add(outer)
            if outer.kind == "parallel":
                self.add_regions(outer, to_enter)

    def add_regions(self, node: Node, to_enter: set[Node]) -> None:
        for region in node.child_states():
            if not any(is_descendant(entered, region) for entered in to_enter):
                self.add_descendants(region, to_enter)

    def in_final_state(self, node: Node) -> bool:
        if node.kind == "compound":
            return any(inner.kind == "final" and inner in self.configuration for inner in node.child_states())
        return node.kind == "parallel" and all(map(self.in_final_state, node.child_states()))

    def answer(self, taken: list[Arrow]) -> Step:
        leaves = sorted(node.number for node in self.configuration if not node.child_states())
        memory = sorted((node.number, tuple(inner.number for inner in kept)) for node, kept in self.history.items())
        step = Step(
            tuple(arrow.number for arrow in taken),
            tuple(self.exited),
            tuple(self.entered),
            Configuration(tuple(leaves), tuple(memory)),
            tuple(self.queue),
        )
        self.exited, self.entered, self.queue = [], [], []
        return step

    def step(self, event: str | None, allows: Callable[[int], bool]) -> Step | None:
        if not self.running:
            return None
        taken = self.select(event, allows)
        if not taken:
            return None
        self.microstep(taken)
        return self.answer(taken)
