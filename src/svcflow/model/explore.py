"""
The model checker's one door: what a case of a process can do, what it never can, and where it would be caught.

Two searches meet here. `cover` goes through more than can happen, so what it misses is proved never to happen; `walks`
goes through less, by `decide` itself, so what it finds is a fact. What lies between them is left open, and said to be.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from attrs import frozen

from svcflow.core.event import EMPTY
from svcflow.core.machine import Machine
from svcflow.core.process import Process
from svcflow.core.statechart import statechart
from svcflow.model.cover import Cover, cover
from svcflow.model.places import ENDED, Places
from svcflow.model.walks import Walked, Way, again, walks

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""When the cases of a search are opened: a Monday. Times are as true of any other day, but for holidays."""

MOST = 5_000
"""Situations after which each search gives up."""


@frozen
class Trap:
    """A way to where no end can be reached any more; `still`: the case cannot even get into another state."""

    way: Way
    still: bool


@frozen(eq=False)
class Model:
    """
    What is known of the cases of a process that are opened under its present version.

    `ways` holds, by the index of a move in `process.moves`, a shortest way that takes it, and `arrivals`, by the index
    of a state, one that enters it: each of their steps was decided by `decide`. `never` are the moves that no case can
    ever take, `unreached` the states that none can enter, `traps` where cases are caught. `cut` says what was too much
    for the search; then moves may be left that are neither here nor there, and traps that were not found.
    """

    process: Process
    ways: Mapping[int, Way]
    arrivals: Mapping[int, Way]
    never: frozenset[int]
    unreached: frozenset[int]
    traps: tuple[Trap, ...]
    places: int
    steps: int
    cut: tuple[str, ...] = ()

    @property
    def open(self) -> frozenset[int]:
        """The moves of which neither a way is known nor a proof that there is none."""
        return frozenset(range(len(self.process.moves))) - self.ways.keys() - self.never


def explore(
    process: Process,
    *,
    now: datetime = BEGIN,
    gives: Mapping[str, Sequence[str]] = EMPTY,
    most: int = MOST,
    machine: Machine = statechart,
) -> Model:
    """
    Go through all that cases of a process can do, opened at `now` (aware UTC), at most `most` situations per search.

    `gives` names for each `run` state, by path, the fields that its child can give back; where a state is not named it
    may be any. Nobody erases or migrates a case meanwhile.
    """
    return _Exploration(process, now, gives, most, machine).run()


class _Exploration:
    def __init__(
        self, process: Process, now: datetime, gives: Mapping[str, Sequence[str]], most: int, machine: Machine
    ) -> None:
        self.process, self.now, self.gives, self.most, self.machine = process, now, gives, most, machine
        self.exact = Places(process)
        self.places = self.steps = 0

    def run(self) -> Model:
        """What can be proved first, then ways for what is left; where that is too much, rule by rule."""
        whole = self._cover(self.exact)
        covers = [whole] if whole.complete else [whole, self._cover(Places(self.process, frozenset()))]
        walked = self._walk(self.exact, _possible(self.process, covers), whole)
        ways, arrivals = dict(walked.taken), dict(walked.entered)
        tried: set[frozenset[str]] = set()
        while narrow := self._narrower(_possible(self.process, covers) - ways.keys(), tried):
            tried.add(narrow)
            places = Places(self.process, narrow)
            found = self._walk(places, _possible(self.process, covers) - ways.keys(), None)
            ways, arrivals = {**found.taken, **ways}, {**found.entered, **arrivals}
            if not whole.complete and _possible(self.process, covers) - ways.keys():
                covers.append(self._cover(places))
        possible = _possible(self.process, covers)
        states = frozenset(range(len(self.process.states)))
        entered = states.intersection(*(one.entered for one in covers if one.complete))
        # Without a proof of where no end can be reached, only where nothing leads on can be looked at again.
        suspects = walked.traps if whole.complete else walked.still
        traps = tuple(trap for way in suspects.values() if (trap := self._trap(way)) is not None)
        cut = dict.fromkeys((*whole.cut, *(walked.cut if possible - ways.keys() else ())))
        never = frozenset(range(len(self.process.moves))) - possible
        return Model(self.process, ways, arrivals, never, states - entered, traps, self.places, self.steps, tuple(cut))

    def _narrower(self, open_: frozenset[int], tried: Container[frozenset[str]]) -> frozenset[str]:
        """The counters of one rule with moves that are open, for a far smaller search; nothing when all were tried."""
        for index in sorted(open_):
            rule = self.process.moves[index][0]
            counters = frozenset(one.count for one in rule.alternatives if one.max is not None)
            if counters not in tried:
                return counters
        return frozenset()

    def _cover(self, places: Places) -> Cover:
        found = cover(places, self.now, gives=self.gives, most=self.most, machine=self.machine)
        self._add(len(found.places), found.steps)
        return found

    def _walk(self, places: Places, goals: frozenset[int], whole: Cover | None) -> Walked:
        traps = frozenset() if whole is None else whole.stuck
        search = whole is not None and (bool(traps) or not whole.complete)
        found = walks(
            places, self.now, goals=goals, traps=traps, whole=search, gives=self.gives, most=self.most,
            machine=self.machine,
        )  # fmt: skip
        self._add(found.places, found.steps)
        return found

    def _trap(self, way: Way) -> Trap | None:
        """A trap if `decide` goes this way, and all that can happen then leads to no end; else None."""
        case = again(self.process, way, machine=self.machine)
        if case is None or case.ended:
            return None
        onward = cover(self.exact, self.now, gives=self.gives, begin=case, most=self.most, machine=self.machine)
        if not onward.complete or ENDED in onward.places:
            return None
        return Trap(way, still=all(place[0] == case.states for place in onward.places))

    def _add(self, places: int, steps: int) -> None:
        self.places += places
        self.steps += steps


def _possible(process: Process, covers: Iterable[Cover]) -> frozenset[int]:
    """The moves that no proof rules out."""
    moves = frozenset(range(len(process.moves)))
    return moves.intersection(*(one.taken for one in covers if one.complete))
