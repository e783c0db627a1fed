"""
A process as loosely as a search knows it: a condition over undecided fields may come out either way, each time.

So whatever a case can do, the loose process can do too: what it can never do is proved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeAlias, TypeVar

from attrs import evolve, field, frozen

from svcflow.core.chart import Chart, Configuration
from svcflow.core.condition import Condition, Test, as_test
from svcflow.core.event import EMPTY
from svcflow.core.machine import Machine, Step
from svcflow.core.process import Process
from svcflow.core.rule import Alternative
from svcflow.core.share import WHOLE, Share
from svcflow.core.tree import And, Not, Or, Tree
from svcflow.model.domains import Domains
from svcflow.model.places import Places

Ask: TypeAlias = Callable[[], bool]
T = TypeVar("T")

MOST_ANSWERS = 256
"""Ways in which the open conditions of one step may come out; beyond that the search is not complete."""


class Answers:
    """What open conditions come out as in one step: first always yes, then every other way in turn."""

    def __init__(self) -> None:
        self.given: list[bool] = []
        self.asked = 0
        self.lots: dict[str, int] = {}
        self.cut = False

    def ask(self) -> bool:
        """The next answer."""
        if self.asked == len(self.given):
            self.given.append(True)
        self.asked += 1
        return self.given[self.asked - 1]

    def falls(self, share: Share, shares: Sequence[Share]) -> bool:
        """Whether the case is in a share: in one step it is in one of a list, or in the rest if there is any."""
        if share.drawing not in self.lots:
            sides = [*(one.low for one in shares), *([shares[-1].high] if shares[-1].high < WHOLE else [])]
            self.lots[share.drawing] = next((low for low in sides[:-1] if self.ask()), sides[-1])
        return self.lots[share.drawing] == share.low

    def all(self, act: Callable[[], T]) -> Iterator[T]:
        """What comes of doing something, once for each way in which it can be answered."""
        self.given = []
        for _ in range(MOST_ANSWERS):
            self.asked, self.lots = 0, {}
            yield act()
            # Only what was asked this time can come out otherwise: the last yes becomes a no.
            while self.given and not self.given[-1]:
                self.given.pop()
            if not self.given:
                return
            self.given[-1] = False
        self.cut = True


class Watch:
    """A machine that remembers what it did; it asks about each transition once per microstep, as its like may not."""

    def __init__(self, machine: Machine) -> None:
        self.machine, self.name = machine, machine.name
        self.taken: list[int] = []
        self.entered: list[int] = []

    def forget(self) -> None:
        """Begin anew."""
        self.taken, self.entered = [], []

    def start(self, chart: Chart) -> Step:
        """Enter the initial states."""
        return self._noted(self.machine.start(chart))

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Callable[[int], bool]) -> Step | None:
        """Take what is enabled."""
        known: dict[int, bool] = {}

        def once(index: int) -> bool:
            if index not in known:
                known[index] = allows(index)
            return known[index]

        step = self.machine.step(chart, at, event, once)
        return None if step is None else self._noted(step)

    def _noted(self, step: Step) -> Step:
        self.taken += step.taken
        self.entered += step.entered
        return step


@frozen
class Open(Condition):
    """A condition of which parts are undecided: `test` asks for them."""

    test: Test = field(eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "holds", self.test)


def loosened(places: Places, answers: Answers) -> Process:
    """The process with its undecided conditions open; a `max` that the places do not count may be used up or not."""
    moves = tuple((rule, _alternative(one, places, answers)) for rule, one in places.process.moves)
    # Clocks that only tell move no case.
    clocks = places.process.clocks if places.escalates else EMPTY
    return evolve(places.process, moves=moves, clocks=clocks)


def _alternative(one: Alternative, places: Places, answers: Answers) -> Alternative:
    when, share = one.when, one.share
    limited = one.max is not None and not places.counts(one.count)
    if not limited and when is None and share is None:
        return one
    text, tree, reads = ("", And(()), frozenset[str]()) if when is None else (when.text, when.tree, when.reads)
    test = _always if when is None else _loosely(tree, places.domains, answers.ask)
    if limited:
        test = _also(answers.ask, test)
    if share is not None:
        test = _also(partial(answers.falls, share, places.process.drawings[share.drawing]), test)
    return evolve(one, when=Open(text, tree, reads, test), share=None, max=None if limited else one.max)


def _also(ask: Ask, test: Test) -> Test:
    return lambda fields: ask() and test(fields)


def _always(_fields: object) -> bool:
    return True


def _loosely(tree: Tree, domains: Domains, ask: Ask) -> Test:
    match tree:
        case And():
            every = [_loosely(part, domains, ask) for part in tree.of]
            return lambda fields: all(one(fields) for one in every)
        case Or():
            some = [_loosely(part, domains, ask) for part in tree.of]
            return lambda fields: any(one(fields) for one in some)
        case Not():
            inner = _loosely(tree.of, domains, ask)
            return lambda fields: not inner(fields)
        case _ if domains.undecided(tree):
            return lambda _fields: ask()
        case _:
            return as_test(tree)
