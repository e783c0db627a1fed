"""
Planted bugs about ways: which alternative is taken, what is left and entered, what is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from attrs import evolve

from svcflow.core import condition, macrostep, statechart
from svcflow.core import share as share_module
from svcflow.core.case import Return
from svcflow.core.chart_tree import Tree, bits
from svcflow.core.draft import Draft
from svcflow.core.process import State
from svcflow.core.share import Share
from svcflow.testing.violations import CannotFinish, StuckCase, TimerOrder, WrongMove
from zoo.processes import DESK, REGIONS
from zoo.zoo import Bug, bug, replaced


@bug("core/condition", WrongMove, (DESK,))
def or_for_and() -> Iterator[None]:
    """`and` in a condition means `or`."""
    with replaced(condition, "_all", condition._any):
        yield


@bug("core/condition", WrongMove, (DESK,), length=6)
def greater_or_equal() -> Iterator[None]:
    """`>` in a condition means `>=`."""
    orders = {**condition._ORDERS, ">": condition._ORDERS[">="]}
    with replaced(condition, "_ORDERS", orders):
        yield


@bug("core/draft", WrongMove, (DESK,), length=6)
def one_more_than_max() -> Iterator[None]:
    """An alternative may be taken once more than its `max`."""
    right = Draft.open

    def broken(draft: Draft, index: int) -> bool:
        alternative = draft.process.moves[index][1]
        if alternative.max is not None and draft.counts.get(alternative.count, 0) == alternative.max:
            return alternative.when is None or alternative.when.holds(draft.fields)
        return right(draft, index)

    with replaced(Draft, "open", broken):
        yield


@bug("core/macrostep", WrongMove, (DESK,), length=6)
def max_counts_per_stay() -> Iterator[None]:
    """`max` is counted anew whenever the state is entered."""
    right = macrostep.enter

    def broken(draft: Draft, state: State, *, resumed: bool) -> None:
        draft.counts = {name: count for name, count in draft.counts.items() if not name.startswith(f"{state.path}/")}
        right(draft, state, resumed=resumed)

    with replaced(macrostep, "enter", broken):
        yield


@bug("core/macrostep", WrongMove, (REGIONS,), length=5)
def memory_never_written() -> Iterator[None]:
    """`X.last` leads to where the case began inside X, not to where it last was."""
    with replaced(macrostep, "_remember", lambda _draft, _memory: None):
        yield


@bug("core/macrostep", WrongMove, (REGIONS,))
def back_to_one_region() -> Iterator[None]:
    """`back` restores one region only."""
    right = macrostep._restore

    def broken(draft: Draft, to: Return) -> Any:
        return right(draft, evolve(to, states=to.states[:1]))

    with replaced(macrostep, "_restore", broken):
        yield


@bug("core/macrostep", (WrongMove, TimerOrder), (DESK,), length=8)
def back_forgotten_on_the_way() -> Iterator[None]:
    """`back` leads to where the case was first, also when a state is entered again from elsewhere."""
    right = macrostep._note_return

    def broken(draft: Draft, was: tuple[int, ...], entered: tuple[int, ...]) -> None:
        known = dict(draft.returns)
        right(draft, was, entered)
        draft.returns = {**draft.returns, **known}

    with replaced(macrostep, "_note_return", broken), replaced(macrostep, "away", lambda _draft: frozenset()):
        yield


@bug("core/chart_tree", WrongMove, (REGIONS,))
def joined_too_early() -> Iterator[None]:
    """A parallel state is done as soon as one of its regions is."""

    def broken(tree: Tree, state: int, active: int) -> bool:
        if tree.kinds[state] == "parallel":
            return any(broken(tree, region, active) for region in bits(tree.children[state]))
        return bool(active & tree.children[state] & tree.finals)

    with replaced(Tree, "in_final", broken):
        yield


@bug("core/statechart", WrongMove, (REGIONS,))
def outer_wins() -> Iterator[None]:
    """An event is looked up in the outer states first."""
    right = statechart._selected

    def broken(leaves: tuple[int, ...], offer: Any, allows: Callable[[int], bool]) -> list[int]:
        return right(leaves, {leaf: numbers[::-1] for leaf, numbers in offer.items()}, allows)

    with replaced(statechart, "_selected", broken):
        yield


@bug("core/statechart", WrongMove, (REGIONS,))
def one_region_reacts() -> Iterator[None]:
    """Only the first region that knows an event reacts to it."""
    right = statechart._selected
    with replaced(statechart, "_selected", lambda leaves, offer, allows: right(leaves, offer, allows)[:1]):
        yield


@bug("core/macrostep", (WrongMove, StuckCase), (DESK,))
def automatic_moves_come_late() -> Iterator[None]:
    """What moves by itself does so only when a wait is over, not when the state is entered."""
    right = macrostep._automatic
    with replaced(macrostep, "_automatic", lambda draft, index: not draft.moves and right(draft, index)):
        yield


ROUND = """
process: round
version: 1
roles: [agent]
by: agent
states:
  a: {events: {go: {to: b, max: 2}, look: here}}
  b: {events: {again: a, stop: c}}
  c: {end: done}
""".lstrip()


@bug("a process", CannotFinish, (ROUND,), length=5)
def only_round_and_round() -> Iterator[None]:
    """A process in which the way out may be used up, and something harmless is left."""
    yield


@bug("a process", StuckCase, (ROUND.replace(", look: here", ""),), length=5)
def nothing_left() -> Iterator[None]:
    """A process in which every event of a state may be used up."""
    yield


SAMPLED = """
process: sampled
version: 1
roles: [agent, boss]
by: agent
states:
  work: {events: {done: {to: [{to: checked, share: 30%}, {to: asked, share: 20%}, closed]}}}
  checked: {by: boss, events: {passed: closed, failed: work}}
  asked: {events: {answered: closed}}
  closed: {end: done}
""".lstrip()


@bug("core/share", WrongMove, (SAMPLED,))
def shares_lie_on_each_other() -> Iterator[None]:
    """Every share of a list begins at nothing, so that the upper one takes the cases of the lower."""
    with replaced(Share, "takes", lambda share, case: share_module.lot(case, share.drawing) < share.high - share.low):
        yield


@bug("core/share", WrongMove, (SAMPLED,))
def drawn_anew_in_every_list() -> Iterator[None]:
    """The lot of a case hangs on its id alone."""
    right = share_module.lot
    with replaced(share_module, "lot", lambda case, _drawing: right(case, "")):
        yield


BUGS: tuple[Bug, ...] = (
    or_for_and, greater_or_equal, one_more_than_max, max_counts_per_stay, memory_never_written, back_to_one_region,
    back_forgotten_on_the_way, joined_too_early, outer_wins, one_region_reacts, automatic_moves_come_late,
    only_round_and_round, nothing_left, shares_lie_on_each_other, drawn_anew_in_every_list,
)  # fmt: skip
