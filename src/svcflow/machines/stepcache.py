"""
Any machine at dictionary speed: what it answered is remembered, as a decision tree over the answers of `allows`.

A machine is a pure function of its arguments, and `allows` is the only one of them that is not a value. So each place
and event have one tree: a branch asks about one transition, in the order in which the machine asked, and at the end of
each way stands what the machine answered. From then on a step is a few look-ups and those questions.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from threading import Lock
from typing import Final, TypeAlias, final
from weakref import ref

from attrs import define, frozen

from svcflow.core.chart import Chart, Configuration
from svcflow.core.chart_tree import Memory
from svcflow.core.machine import Machine, Step
from svcflow.core.statechart import statechart

LIMIT = 10_000
"""How many questions and answers of one chart are remembered."""

Allows: TypeAlias = Callable[[int], bool]
Place: TypeAlias = tuple[tuple[int, ...], Memory, str | None]


def stepcache(machine: Machine = statechart, *, limit: int = LIMIT) -> StepCache:
    """
    Make a machine that answers as `machine` does, and remembers the answers as long as their chart is alive.

    Of each chart it remembers at most `limit` questions and answers; once full, it forgets that chart's and begins
    anew. Events that the chart does not name are passed on, so nobody fills the memory by making up names.

    What `allows` or the machine raises passes through, and nothing of such a step is remembered.
    """
    return StepCache(machine, limit)


class Unknown(Enum):
    """Stands in a tree where the machine was not asked yet."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


@frozen
class Said:
    """The way to a place in a tree: the last answer on it, and the way before that."""

    before: Said | None
    transition: int
    answer: bool


@final
@define(eq=False)
class Branch:
    """A question in a tree: the way to it, and what follows on each answer."""

    before: Said | None
    transition: int
    no: Node = UNKNOWN
    yes: Node = UNKNOWN

    def hang(self, node: Node, *, answer: bool) -> Branch:
        """Let `node` follow on `answer`."""
        if answer:
            self.yes = node
        else:
            self.no = node
        return self


Node: TypeAlias = Branch | Step | Unknown | None


class Interview:
    """Puts each question of a machine to `allows` once, and keeps what was said."""

    def __init__(self, allows: Allows, said: Said | None) -> None:
        self.allows, self.said = allows, said
        self.answers: dict[int, bool] = {}
        while said is not None:
            self.answers[said.transition] = said.answer
            said = said.before

    def __call__(self, transition: int) -> bool:
        """Answer as before, or ask."""
        answer = self.answers.get(transition)
        if answer is None:
            answer = self.answers[transition] = bool(self.allows(transition))
            self.said = Said(self.said, transition, answer)
        return answer


class Table:
    """What is remembered of one chart; `size` counts the branches and ends of all its trees."""

    def __init__(self, chart: ref[Chart], limit: int) -> None:
        self.chart, self.limit, self.size = chart, limit, 0
        self.start: Step | None = None
        self.trees: dict[Place, Node] = {}
        self._lock = Lock()

    def learn(
        self, place: Place, branch: Branch | None, known: Said | None, said: Said | None, step: Step | None
    ) -> None:
        """
        Let the tree of `place`, which ended behind `branch` and `known`, go on with what was said since, and `step`.

        Threads that learn the same at once do it one after the other, and the last one's share stays.
        """
        node: Node = step
        grown = 1
        while said is not None and said is not known:
            node = Branch(said.before, said.transition).hang(node, answer=said.answer)
            said = said.before
            grown += 1
        with self._lock:
            if self.size + grown > self.limit:
                self.trees, self.size = {}, 0
            if grown > self.limit:
                return
            self.size += grown
            if branch is None or known is None:
                self.trees[place] = node
            else:
                branch.hang(node, answer=known.answer)


@final
class StepCache:
    """
    A machine that remembers what another one answered; `stepcache` makes it.

    Any number of threads may use it, and a remembered step takes no lock. A copy, like what comes out of a pickle,
    answers the same and remembers nothing yet.
    """

    def __init__(self, machine: Machine, limit: int) -> None:
        self.machine, self.limit = machine, limit
        # By the chart's id: to hash a chart, or to compare two of them, would take longer than a step.
        self._tables: dict[int, Table] = {}

    def __reduce__(self) -> tuple[type[StepCache], tuple[Machine, int]]:
        return StepCache, (self.machine, self.limit)

    @property
    def name(self) -> str:
        """What it is, and of which machine."""
        return f"stepcache({self.machine.name})"

    def start(self, chart: Chart) -> Step:
        """Enter the initial states."""
        table = self._table(chart)
        if table.start is None:
            table.start = self.machine.start(chart)
        return table.start

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        """Answer from memory, or else ask the machine and remember."""
        table = self._tables.get(id(chart))
        if table is None or table.chart() is not chart:
            table = self._table(chart)
        place = (at.leaves, at.memory, event)
        node = table.trees.get(place, UNKNOWN)
        branch, answer = None, False
        while type(node) is Branch:
            branch = node
            if allows(node.transition):
                node, answer = node.yes, True
            else:
                node, answer = node.no, False
        if node is not UNKNOWN:
            return node
        if event not in chart.offers:
            return self.machine.step(chart, at, event, allows)
        known = None if branch is None else Said(branch.before, branch.transition, answer)
        interview = Interview(allows, known)
        step = self.machine.step(chart, at, event, interview)
        table.learn(place, branch, known, interview.said, step)
        return step

    def _table(self, chart: Chart) -> Table:
        """The table of a chart; it goes when the chart goes, so before another chart can have the same id."""
        table = self._tables.get(id(chart))
        if table is None or table.chart() is not chart:
            number, tables = id(chart), self._tables
            tables[number] = table = Table(ref(chart, lambda _: tables.pop(number, None)), self.limit)
        return table
