"""What went through a process, as numbers to be written on its drawings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from attrs import field, frozen

from svcflow.core.event import EMPTY
from svcflow.core.process import State
from svcflow.diagram.lengths import length
from svcflow.diagram.wording import Wording

WIDEST = 5


@frozen
class Standing:
    """
    How many cases are in a leaf state `now`, `late` of them, and how many `ended` there: wherever they were cancelled.

    Of `stays` that are over `median` and `p90` are the middle values, in seconds; None where there is none.
    """

    now: int = 0
    late: int = 0
    ended: int = 0
    stays: int = 0
    median: float | None = None
    p90: float | None = None


@frozen
class Traffic:
    """
    The cases of one version of a process: how many there are, and how many of them are `open`.

    `states` are the leaf states by path, `taken` says how often each alternative was, by its `count`. `clocks` are, for
    each SLA clock, how many of its cycles were met and how many were late.
    """

    cases: int = 0
    open: int = 0
    states: Mapping[str, Standing] = EMPTY
    taken: Mapping[str, int] = EMPTY
    clocks: Mapping[str, tuple[int, int]] = EMPTY


@frozen
class Told:
    """The numbers of one drawing in its words; without traffic there are none."""

    words: Wording
    traffic: Traffic | None
    most: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        taken = () if self.traffic is None else self.traffic.taken.values()
        object.__setattr__(self, "most", max(taken, default=0))

    def whole(self) -> Iterator[str]:
        """How many cases there are."""
        if self.traffic is not None:
            yield self.words.say("cases", self.traffic.cases, self.traffic.open)

    def state(self, state: State) -> Iterator[str]:
        """How many cases are in a state now, and how long they stay."""
        if self.traffic is None or state.children:
            return
        one = self.traffic.states.get(state.path, Standing())
        # The end of a group ends no case: there it waits for the other regions.
        ends = state.end is not None and state.parent is None
        if not ends:
            yield self.words.say("now late" if one.late else "now", one.now, one.late)
        if ends or one.ended:
            yield self.words.say("ended", one.ended)
        if one.stays:
            yield self.words.say("stays", one.stays)
            yield self.words.say("within", self._length(one.median), self._length(one.p90))

    def late(self, state: State) -> bool:
        """Whether a case is late in a state."""
        standing = None if self.traffic is None else self.traffic.states.get(state.path)
        return standing is not None and standing.late > 0

    def clock(self, name: str) -> str:
        """How the cycles of a clock went, after what is promised."""
        met, late = (0, 0) if self.traffic is None else self.traffic.clocks.get(name, (0, 0))
        return self.words.phrases["several"] + self.words.say("cycles", met, late) if met or late else ""

    def arrow(self, counts: frozenset[str]) -> tuple[str, int | None]:
        """How often one of these alternatives was taken, and how wide the arrow is: 0 for never, up to the widest."""
        if self.traffic is None or not counts:
            return "", None
        taken = sum(self.traffic.taken.get(one, 0) for one in counts)
        wide = min(WIDEST, 1 + round((WIDEST - 1) * taken / self.most)) if taken else 0
        return self.words.say("times", taken), wide

    def _length(self, seconds: float | None) -> str:
        return length(timedelta(seconds=round(seconds or 0)), self.words.language)
