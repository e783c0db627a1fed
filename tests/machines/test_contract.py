"""The suite for machines tells right from wrong: a second right one passes, and one with any rule broken does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs
import pytest

from core.scxml_pseudocode import Arrow, Interpreter, Node, is_descendant, proper_ancestors
from machines.oracle import Oracle
from svcflow.core.machine import ChartState, ChartTransition, Configuration, Step
from svcflow.testing.machines import contract

Allows: TypeAlias = Callable[[int], bool]
States: TypeAlias = list[ChartState]
Arrows: TypeAlias = list[ChartTransition]


def test_the_pseudo_code_of_the_standard_keeps_every_promise() -> None:
    contract(Oracle(), charts=60)


# Which transitions are taken


class OuterFirst(Interpreter):
    def select(self, event: str | None, allows: Allows) -> list[Arrow]:
        enabled: list[Arrow] = []
        for leaf in sorted((node for node in self.configuration if not node.child_states()), key=lambda n: n.number):
            line = [leaf, *proper_ancestors(leaf, None)][::-1]
            found = (arrow for node in line for arrow in node.transitions if self.fits(arrow, event, allows))
            first = next(found, None)
            if first is not None and first not in enabled:
                enabled.append(first)
        return self.without_conflicts(enabled)


class LastInFile(Interpreter):
    def __init__(self, states: States, transitions: Arrows, initial: tuple[int, ...]) -> None:
        super().__init__(states, transitions, initial)
        for node in (self.root, *self.all):
            node.transitions.reverse()


class NothingForAll(Interpreter):
    """Knows no transitions of the chart itself."""

    def __init__(self, states: States, transitions: Arrows, initial: tuple[int, ...]) -> None:
        super().__init__(states, transitions, initial)
        self.root.transitions.clear()


class TakesTwice(Interpreter):
    """A transition that two regions select is taken for each."""

    def select(self, event: str | None, allows: Allows) -> list[Arrow]:
        taken = super().select(event, allows)
        return taken * 2 if len(self.configuration) > 2 and len(taken) == 1 else taken


class Exact(Interpreter):
    def fits(self, arrow: Arrow, event: str | None, allows: Allows) -> bool:
        events = arrow.definition.events
        hit = not events if event is None else event in events or "*" in events
        return hit and allows(arrow.number)


class BeginningsOfWords(Interpreter):
    """Takes `ab` for an event that `a` stands for."""

    def fits(self, arrow: Arrow, event: str | None, allows: Allows) -> bool:
        names = [name.removesuffix("*").removesuffix(".") for name in arrow.definition.events]
        hit = not names if event is None else any(event.startswith(name) for name in names)
        return hit and allows(arrow.number)


class NoStar(Interpreter):
    def fits(self, arrow: Arrow, event: str | None, allows: Allows) -> bool:
        return arrow.definition.events != ("*",) and super().fits(arrow, event, allows)


class EventlessAnytime(Interpreter):
    def fits(self, arrow: Arrow, event: str | None, allows: Allows) -> bool:
        return super().fits(arrow, None if not arrow.definition.events else event, allows)


class StarWithoutEvent(Interpreter):
    def fits(self, arrow: Arrow, event: str | None, allows: Allows) -> bool:
        return super().fits(arrow, "x" if event is None and arrow.definition.events == ("*",) else event, allows)


class NeverEnds(Interpreter):
    """Still reacts in a top-level final."""

    def step(self, event: str | None, allows: Allows) -> Step | None:
        self.running = True
        return super().step(event, allows)


# Which of them stand in each other's way


class NoConflicts(Interpreter):
    def without_conflicts(self, enabled: list[Arrow]) -> list[Arrow]:
        return enabled


class FirstWins(Interpreter):
    def without_conflicts(self, enabled: list[Arrow]) -> list[Arrow]:
        kept: list[Arrow] = []
        for one in enabled:
            if not any(self.exit_set([one]) & self.exit_set([other]) for other in kept):
                kept.append(one)
        return kept


class LastWins(Interpreter):
    def without_conflicts(self, enabled: list[Arrow]) -> list[Arrow]:
        return FirstWins.without_conflicts(self, enabled[::-1])[::-1]  # type: ignore[arg-type]  # a neighbour's way


class OnlyOne(Interpreter):
    """Of several regions, only the first one moves."""

    def without_conflicts(self, enabled: list[Arrow]) -> list[Arrow]:
        return enabled[:1]


class BackLeavesNothing(Interpreter):
    """A way back does not count as leaving anything, so it preempts nothing."""

    def exit_set(self, arrows: list[Arrow]) -> set[Node]:
        return super().exit_set([arrow for arrow in arrows if not arrow.definition.back])


class BackLeaves(Interpreter):
    """A way back is taken by the machine itself: it leaves everything."""

    def microstep(self, arrows: list[Arrow]) -> None:
        super().microstep(arrows)
        if any(arrow.definition.back for arrow in arrows):
            self.exited += sorted((node.number for node in self.configuration), reverse=True)


# What is left


class LeavesLittle(Interpreter):
    """Leaves no group for a state inside it, as the library `transitions` does."""

    def domain(self, arrow: Arrow) -> Node | None:
        around = super().domain(arrow)
        targets = self.effective_targets(arrow.targets)
        while around is not None and targets:
            inner = next((node for node in around.child_states() if node in self.configuration), None)
            if inner is None or inner.kind != "compound" or not all(is_descendant(one, inner) for one in targets):
                break
            around = inner
        return around


class NeverInternal(Interpreter):
    def domain(self, arrow: Arrow) -> Node | None:
        known, arrow.definition = arrow.definition, attrs.evolve(arrow.definition, internal=False)
        try:
            return super().domain(arrow)
        finally:
            arrow.definition = known


class InternalInParallel(Interpreter):
    """Stays in a parallel state, too."""

    def domain(self, arrow: Arrow) -> Node | None:
        targets = self.effective_targets(arrow.targets)
        if arrow.definition.internal and targets and all(is_descendant(one, arrow.source) for one in targets):
            return arrow.source
        return super().domain(arrow)


class StaysInParallel(Interpreter):
    """Takes the nearest state around source and targets for the domain, though it be parallel."""

    def domain(self, arrow: Arrow) -> Node | None:
        around, targets = super().domain(arrow), self.effective_targets(arrow.targets)
        for outer in proper_ancestors(arrow.source, around):
            if targets and all(is_descendant(target, outer) for target in targets):
                return outer
        return around


class LeavesAll(Interpreter):
    def domain(self, arrow: Arrow) -> Node | None:
        return None if super().domain(arrow) is None else self.root


class RestartsTargetless(Interpreter):
    """Leaves and enters the source of a transition without a target."""

    def __init__(self, states: States, transitions: Arrows, initial: tuple[int, ...]) -> None:
        super().__init__(states, transitions, initial)
        for node in self.all:
            for arrow in node.transitions:
                if not arrow.targets and not arrow.definition.back:
                    arrow.targets = [node]


class SelfStays(Interpreter):
    """Leaves nothing on a transition from a state to itself."""

    def __init__(self, states: States, transitions: Arrows, initial: tuple[int, ...]) -> None:
        super().__init__(states, transitions, initial)
        for node in self.all:
            for arrow in node.transitions:
                if arrow.targets == [node]:
                    arrow.targets = []


# What is entered


class FirstInside(Interpreter):
    """Enters the first inner state, whatever is said to be initial."""

    def __init__(self, states: States, transitions: Arrows, initial: tuple[int, ...]) -> None:
        super().__init__(states, [*transitions], initial)
        for node in self.all:
            node.initial = node.child_states()[:1]


class InitialOneLevelDeep(Interpreter):
    """Goes to the child around an initial state that lies deeper."""

    def __init__(self, states: States, transitions: Arrows, initial: tuple[int, ...]) -> None:
        super().__init__(states, transitions, initial)
        for node in self.all:
            node.initial = [([inner, *proper_ancestors(inner, node)])[-1] for inner in node.initial]


class ForgetsRegions(Interpreter):
    def add_regions(self, node: Node, to_enter: set[Node]) -> None:
        if not any(is_descendant(entered, node) for entered in to_enter):
            super().add_regions(node, to_enter)


class FirstTarget(Interpreter):
    def __init__(self, states: States, transitions: Arrows, initial: tuple[int, ...]) -> None:
        super().__init__(states, transitions, initial)
        for node in (self.root, *self.all):
            for arrow in node.transitions:
                arrow.targets = arrow.targets[:1]


# What histories remember


class Forgetful(Interpreter):
    def effective_targets(self, targets: object) -> list[Node]:
        self.history.clear()
        return super().effective_targets(targets)  # type: ignore[arg-type]  # handed on


class AllShallow(Interpreter):
    def __init__(self, states: States, transitions: Arrows, initial: tuple[int, ...]) -> None:
        super().__init__([attrs.evolve(state, deep=False) for state in states], transitions, initial)


class AllDeep(Interpreter):
    def __init__(self, states: States, transitions: Arrows, initial: tuple[int, ...]) -> None:
        deep = [attrs.evolve(state, deep=state.kind == "history") for state in states]
        super().__init__(deep, transitions, initial)


class DefaultOnly(Interpreter):
    """Takes the parent's initial state while a history remembers nothing, whatever its default says."""

    def __init__(self, states: States, transitions: Arrows, initial: tuple[int, ...]) -> None:
        super().__init__([attrs.evolve(state, default=()) for state in states], transitions, initial)


class RemembersForEver(Interpreter):
    """What a history remembered once is never replaced."""

    def microstep(self, arrows: list[Arrow]) -> None:
        known = {node: list(kept) for node, kept in self.history.items()}
        super().microstep(arrows)
        self.history |= known


class RemembersLastStep(Interpreter):
    """Loses what other histories remember."""

    def microstep(self, arrows: list[Arrow]) -> None:
        known = {node: list(kept) for node, kept in self.history.items()}
        super().microstep(arrows)
        changed = {node: kept for node, kept in self.history.items() if known.get(node) != kept}
        self.history = changed or self.history


# What is raised and told


class NoDone(Interpreter):
    def enter(self, arrows: list[tuple[list[Node], Node | None]]) -> None:
        super().enter(arrows)
        self.queue = [event for event in self.queue if not event.startswith("done.state.")]


class DoneClimbs(Interpreter):
    """An end inside a group counts as the end of all groups around it, as in the library `transitions`."""

    def enter(self, arrows: list[tuple[list[Node], Node | None]]) -> None:
        super().enter(arrows)
        for event in self.queue[::-1][:1]:
            node = next((node for node in self.all if event == f"done.state.{node.id}"), None)
            if node is not None and node.parent is not None and node.parent.kind == "compound":
                self.queue.append(f"done.state.{node.parent.id}")


class DoneByOneRegion(Interpreter):
    def in_final_state(self, node: Node) -> bool:
        if node.kind == "parallel":
            return any(map(self.in_final_state, node.child_states()))
        return super().in_final_state(node) or node.kind == "compound"


class DoneOnlyForGroups(Interpreter):
    def in_final_state(self, node: Node) -> bool:
        return False


class Silent(Interpreter):
    """Raises nothing on the way out."""

    def __init__(self, states: States, transitions: Arrows, initial: tuple[int, ...]) -> None:
        super().__init__([attrs.evolve(state, exit_raises=()) for state in states], transitions, initial)


class RaisesFirst(Interpreter):
    """Runs the content of transitions before the exits."""

    def microstep(self, arrows: list[Arrow]) -> None:
        super().microstep(arrows)
        said = [event for arrow in arrows for event in arrow.definition.raises]
        rest = list(self.queue)
        for event in said:
            rest.remove(event)
        self.queue = said + rest


class ExitsOuterFirst(Interpreter):
    def answer(self, taken: list[Arrow]) -> Step:
        step = super().answer(taken)
        return attrs.evolve(step, exited=step.exited[::-1])


class EntersInnerFirst(Interpreter):
    def answer(self, taken: list[Arrow]) -> Step:
        step = super().answer(taken)
        return attrs.evolve(step, entered=step.entered[::-1])


class SortsTaken(Interpreter):
    """Tells what was taken by number, not in the order of the leaves."""

    def answer(self, taken: list[Arrow]) -> Step:
        step = super().answer(taken)
        return attrs.evolve(step, taken=tuple(sorted(step.taken)))


class ListsLeaves(Interpreter):
    """Answers with lists, which no later step could be remembered by."""

    def answer(self, taken: list[Arrow]) -> Step:
        step = super().answer(taken)
        leaves = list(step.after.leaves)
        return attrs.evolve(step, after=Configuration(leaves, step.after.memory))  # type: ignore[arg-type]  # the fault


WRONG = [
    one for one in list(globals().values())
    if isinstance(one, type) and issubclass(one, Interpreter) and one is not Interpreter
]  # fmt: skip


@pytest.mark.parametrize("interpreter", WRONG)
def test_a_machine_with_one_rule_of_the_standard_broken_does_not_pass(interpreter: type[Interpreter]) -> None:
    with pytest.raises(AssertionError, match=r"expected Step|expected None|it raised"):
        contract(Oracle(interpreter))
