"""
Every open case can go on, and can come to an end.

Both are judged without deciding anything: what the definition offers where the case stands, to whoever could exist.
They err on the side of silence: a condition that a form may change is taken to hold some day.
"""

from __future__ import annotations

from collections.abc import Iterator

from svcflow.core.case import Case
from svcflow.core.process import Process, State, rules_of
from svcflow.core.rule import Alternative, Rule
from svcflow.testing.reading.conditions import holds
from svcflow.testing.reading.share import in_share
from svcflow.testing.reading.tree import Tree
from svcflow.testing.step import Step
from svcflow.testing.violations import CannotFinish, StuckCase
from svcflow.testing.world import World


class Finishes:
    """Raises StuckCase or CannotFinish."""

    def __init__(self, world: World) -> None:
        """Nothing has happened yet."""
        self.world = world
        self._trees: dict[Process, Tree] = {}

    def after(self, step: Step, world: World) -> None:
        """Look at the open cases to which something has happened."""
        for case in {entry.case for entry in step.entries}:
            found = step.after.get(case)
            if found is not None and not found.ended:
                self._look(found, world.process(found))

    def end(self, world: World) -> None:
        """All has been looked at."""

    def _look(self, case: Case, process: Process) -> None:
        tree = self._trees.setdefault(process, Tree(process))
        leaves = tree.numbers(case.states)
        active = [tree.states[index] for index in tree.active(leaves)]
        if not (_moves_by_itself(case, process) or any(_acts(case, state) for state in active)):
            raise StuckCase(f"nobody can do anything in {case.state}, and nothing will happen by itself", case=case.id)
        ends = {state.index for state in tree.states if state.end is not None and state.parent is None}
        if not ends & _reached(tree, case, leaves):
            raise CannotFinish(f"no way leads from {case.state} to an end any more", case=case.id)


def _moves_by_itself(case: Case, process: Process) -> bool:
    """Whether a timer that does something will fire, or a child will end."""
    escalating = any(
        step.do.send or step.do.set for one in process.escalations.values() for step in one.steps
    )  # fmt: skip
    fires = (
        timer.due is not None and (escalating or not timer.name.startswith(("clock:", "limit:")))
        for timer in case.timers.values()
    )
    return bool(case.children) or any(fires)


def _acts(case: Case, state: State) -> bool:
    """Whether somebody who could exist may send something here that goes somewhere."""
    return any(
        _somebody(case, rule) and any(_open(case, rule, one) for one in rule.alternatives)
        for rules in state.events.values()
        for rule in rules
        if rule.sent
    )


def _somebody(case: Case, rule: Rule) -> bool:
    """Whether anybody may: roles can be given to somebody new, and a person field that is filled may be a group."""
    people = rule.by
    if people is None:
        return False
    barred = {case.fields.get(name) for name in rule.not_by.fields} | case.barred
    named = {case.fields[name] for name in people.fields if case.fields.get(name) is not None}
    return bool(people.roles or named - barred)


def _open(case: Case, rule: Rule, alternative: Alternative) -> bool:
    """Whether an alternative can be taken, now or with some form."""
    if _shut(case, alternative) or (alternative.kind == "back" and not case.returns):
        return False
    form = {*rule.ask, *rule.may}
    condition = alternative.when
    return condition is None or bool(condition.reads & form) or holds(condition.tree, case.fields)


def _shut(case: Case, alternative: Alternative) -> bool:
    """Whether an alternative is closed for good: for other cases, or used up."""
    if alternative.share is not None and not in_share(alternative.share, case.id):
        return True
    return alternative.max is not None and case.counts.get(alternative.count, 0) >= alternative.max


def _reached(tree: Tree, case: Case, leaves: tuple[int, ...]) -> set[int]:
    """Every state that some way leads to from here, whatever its conditions say; what is closed for good stays so."""
    found: set[int] = set()
    ahead = list(tree.active(leaves))
    while ahead:
        state = ahead.pop()
        if state not in found:
            found.add(state)
            ahead += _following(tree, case, state)
    return found


def _following(tree: Tree, case: Case, state: int) -> Iterator[int]:
    yield from tree.lines[state]
    if state in tree.inner:
        yield from tree.first(state)
    for rule in rules_of(tree.states[state]):
        for alternative in rule.alternatives:
            if _shut(case, alternative):
                continue
            if alternative.kind == "back":
                back = case.returns.get(tree.states[state].path)
                yield from tree.numbers(back.states) if back is not None else range(len(tree.states))
            elif alternative.kind == "last" and alternative.target is not None:
                yield from (one.index for one in tree.states if alternative.target in tree.lines[one.index])
            elif alternative.target is not None:
                yield alternative.target
