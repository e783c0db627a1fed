"""
Charts by chance, with everything that a chart can hold: they find what nobody thought of when writing samples down.

The same seed gives the same chart, so that a failure can be looked at again.
"""

from __future__ import annotations

from random import Random
from typing import Final

from attrs import evolve

from svcflow.core.chart_tree import Kind
from svcflow.core.machine import ROOT, Chart, ChartState, ChartTransition
from svcflow.testing.chart_samples import Sample

EVENTS: Final = ("a", "b", "a.b", "a.b.c", "ab", "c")
DESCRIPTORS: Final = ("a", "a", "b", "b", "a.b", "a.*", "c", "*")
FLAVOURS: Final = ("plain", "history", "parallel")
"""What a chart may hold: plain ones have neither histories nor parallel states, parallel ones have both."""

DEEP, MANY = 2, 12
"""Below this level, and after so many states, only small groups grow."""


def random_sample(seed: int) -> Sample:
    """A chart by chance, of each flavour in turns; one without histories and parallel states must run everywhere."""
    flavour = FLAVOURS[seed % len(FLAVOURS)]
    growth = Growth(Random(seed), flavour)  # noqa: S311 - chance that can be repeated is the point
    chart = growth.chart()
    done = [f"done.state.{state.id}" for state in chart.states if state.kind in {"compound", "parallel"}]
    events = (None, *EVENTS, *done)
    return Sample(f"seed {seed}", chart, events, required=flavour == "plain")


class Growth:
    """One chart while it grows; what may be drawn next depends on what is there."""

    def __init__(self, random: Random, flavour: str) -> None:
        self.random, self.flavour = random, flavour
        self.states: list[ChartState] = []
        self.inside: list[list[int]] = []

    def chart(self) -> Chart:
        """Grow states, then defaults, then transitions."""
        for _ in range(self.random.randint(2, 3)):
            self._grow(None, self._holder(), 0)
        if self.random.random() < 1 / 3:
            self._grow(None, "final", 0)
        for number in range(len(self.states)):
            self._default(number)
        for number in range(len(self.states)):
            self._initial(number)
        sources = [ROOT, *(n for n, state in enumerate(self.states) if state.kind not in {"final", "history"})]
        transitions = [self._transition(self.random.choice(sources)) for _ in range(self.random.randint(4, 24))]
        initial = self._targets(list(range(len(self.states)))) if self.random.random() < 1 / 2 else ()
        return Chart.build(self.states, transitions, initial)

    def _holder(self) -> Kind:
        kinds: tuple[Kind, ...] = ("compound", "compound", "atomic")
        return self.random.choice((*kinds, "parallel", "parallel") if self.flavour == "parallel" else kinds)

    def _grow(self, parent: int | None, kind: Kind, depth: int) -> None:
        number = len(self.states)
        raises = () if kind == "history" else self._raises()
        left = () if kind == "history" else self._raises()
        deep = kind == "history" and self.random.random() < 1 / 2
        self.states.append(ChartState(f"s{number}", parent, kind, deep=deep, entry_raises=raises, exit_raises=left))
        self.inside.append([])
        outer = parent
        while outer is not None:
            self.inside[outer].append(number)
            outer = self.states[outer].parent
        if kind in {"compound", "parallel"}:
            for inner in self._inner(kind, small=depth > DEEP or number > MANY):
                self._grow(number, inner, depth + 1)

    def _inner(self, kind: Kind, *, small: bool) -> list[Kind]:
        """The kinds of the states inside, at least one of them no history."""
        number = self.random.randint(1, 2 if small else 3)
        kinds: list[Kind] = ["atomic" if small else self._holder() for _ in range(number)]
        if kind == "compound" and self.random.random() < 1 / 3:
            kinds.append("final")
        if self.flavour != "plain" and self.random.random() < 1 / 2:
            kinds.insert(self.random.randrange(len(kinds) + 1), "history")
        return kinds

    def _raises(self) -> tuple[str, ...]:
        return self.random.choice(((), (), (), ("a",), ("b", "c")))

    def _default(self, number: int) -> None:
        state = self.states[number]
        if state.kind == "history" and state.parent is not None and self.random.random() < 2 / 3:
            among = [inner for inner in self.inside[state.parent] if self.states[inner].kind != "history"]
            self.states[number] = evolve(state, default=self._targets(among))

    def _initial(self, number: int) -> None:
        """Histories only with a default of their own: else a default could lead back to itself."""
        state = self.states[number]
        if state.kind == "compound" and self.random.random() < 1 / 2:
            among = [n for n in self.inside[number] if self.states[n].kind != "history" or self.states[n].default]
            self.states[number] = evolve(state, initial=self._targets(among))

    def _targets(self, among: list[int]) -> tuple[int, ...]:
        """One state, or one in each of two regions of a parallel state that is among them."""
        parallel = [n for n in among if self.states[n].kind == "parallel"]
        if parallel and self.random.random() < 1 / 4:
            around = self.random.choice(parallel)
            regions = [n for n in self.inside[around] if self.states[n].parent == around and self._is_state(n)]
            chosen = self.random.sample(regions, min(2, len(regions)))
            return tuple(self.random.choice([n, *filter(self._is_state, self.inside[n])]) for n in chosen)
        return (self.random.choice(among),)

    def _is_state(self, number: int) -> bool:
        return self.states[number].kind != "history"

    def _transition(self, source: int) -> ChartTransition:
        back = self.random.random() < 1 / 12
        stays = back or self.random.random() < 1 / 8
        done = tuple(f"done.state.{state.id}" for state in self.states if state.kind in {"compound", "parallel"})
        return ChartTransition(
            source,
            tuple(self.random.choice(DESCRIPTORS + done) for _ in range(self.random.randint(0, 2))),
            () if stays else self._targets(list(range(len(self.states)))),
            internal=self.random.random() < 1 / 2,
            raises=self.random.choice(((), (), ("b",), ("c", "a.b"))),
            back=back,
        )
