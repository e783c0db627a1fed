"""When two cases are alike: they stand in the same states, and all that can still decide their way is the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeAlias

from attrs import field, frozen

from svcflow.core.case import Case, Timer
from svcflow.core.graph import Graph
from svcflow.core.process import Process
from svcflow.model.domains import Domains, escalates, few
from svcflow.model.live import COUNT, live
from svcflow.model.lots import fall

Place: TypeAlias = tuple[Any, ...]
"""What makes cases alike. Two cases in one place can do the same next, times and persons aside."""

ENDED: Place = ("ended",)


@frozen(eq=False, slots=False)
class Places:
    """
    The places of one process, and what its fields are worth where.

    `counted` are the counters behind `max` that tell places apart; None: all of them, and what the process calculates.
    """

    process: Process
    counted: frozenset[str] | None = None
    domains: Domains = field(init=False)
    graph: Graph = field(init=False)
    _read: dict[tuple[str, ...], tuple[str, ...]] = field(init=False, factory=dict, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "domains", Domains(self.process, counting=self.counted is None))
        object.__setattr__(self, "graph", Graph.of(self.process))

    @cached_property
    def live(self) -> Mapping[int, frozenset[str]]:
        """What is still read from each leaf on."""
        return live(self.process, self.graph)

    @cached_property
    def escalates(self) -> bool:
        """Whether a clock that runs can move a case or write a field."""
        return escalates(self.process)

    def counts(self, counter: str) -> bool:
        """Whether this counter tells places apart."""
        return self.counted is None or counter in self.counted

    def of(self, case: Case) -> Place:
        """Where a case is."""
        if case.ended:
            return ENDED
        return (
            case.states,
            tuple(self._values(case)),
            tuple(sorted((path, back.states) for path, back in case.returns.items())),
            tuple(sorted(case.memory.items())),
            tuple(sorted(_rest(timer) for timer in self.moving(case))),
            tuple(sorted(case.children)),
            tuple(sorted(key for key, clock in case.clocks.items() if self.escalates and clock.state == "running")),
        )

    def ordered(self, case: Case) -> Place:
        """Where a case is, what shares it is in, and which of its times is over first."""
        armed = sorted((timer.due, timer.name) for timer in self.moving(case) if timer.due is not None)
        first = [due for due, _ in armed]
        return (*self.of(case), fall(self.process, case.id), tuple((first.index(due), name) for due, name in armed))

    def moving(self, case: Case) -> Iterator[Timer]:
        """The timers that can move a case, keep it waiting, or write its fields."""
        for timer in case.timers.values():
            if self.escalates or timer.name.startswith(("after:", "wait:")):
                yield timer

    def read_from(self, states: tuple[str, ...]) -> frozenset[str]:
        """What is still read in a case that stands in these states."""
        paths = self.process.paths
        return frozenset[str]().union(*(self.live[paths[path]] for path in states))

    def _values(self, case: Case) -> Iterator[tuple[str, Any]]:
        names = self._read.get(case.states)
        if names is None:
            names = self._read[case.states] = tuple(self._kept(case.states))
        for name in names:
            if name.startswith(COUNT):
                yield name, case.counts.get(name.removeprefix(COUNT), 0)
            else:
                yield name, self._worth(name, case.fields.get(name))

    def _kept(self, states: tuple[str, ...]) -> Iterator[str]:
        """The names of what tells two cases in these states apart, in order."""
        for name in sorted(self.read_from(states)):
            counts = name.startswith(COUNT) and self.counts(name.removeprefix(COUNT))
            if counts or name in self.domains.matter:
                yield name

    def _worth(self, name: str, value: Any) -> Any:  # noqa: ANN401 - a field's value has the type its process declares
        domains = self.domains
        if value in (None, "", ()):
            return None
        if name not in domains.tracked or not (few(self.process.fields[name]) or name in domains.compared):
            return True
        top = domains.tops.get(name)
        return value if top is None else min(Decimal(value), top + 1)


def _rest(timer: Timer) -> tuple[str, bool, bool, bool]:
    return timer.name, timer.due is None, timer.used is None, bool(timer.count)
