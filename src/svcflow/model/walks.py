"""
Ways that a case can really go: shortest sequences of events with times, each decided by `decide` itself.

Where a search over loosened processes proves what never happens, this one shows what does. People act at once or just
before the next time is over, so that both orders of an event and a time are tried.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from typing import TypeAlias

from attrs import field, frozen

from svcflow.core.case import Case
from svcflow.core.decide import decide, open_case
from svcflow.core.decision import Decision, JournalEntry, Refusal
from svcflow.core.event import EMPTY, Actor, ChildEnded, Event, Tick
from svcflow.core.machine import Machine
from svcflow.core.process import Process
from svcflow.core.statechart import statechart
from svcflow.errors import MicrostepLimit
from svcflow.model.inputs import Form, Inputs
from svcflow.model.loose import Watch
from svcflow.model.lots import CASE, ids
from svcflow.model.places import Place, Places

MOST_ROUNDS = 20
"""Steps that go round without end after which a search gives up: each takes long to be noticed."""

_INSTANT = timedelta(microseconds=1)
_SHORTLY = timedelta(minutes=1)


@frozen
class Opening:
    """How a case is opened: by whom, with which form, under which id, for that says what shares it is in."""

    actor: Actor
    form: Form
    case: str = CASE


Act: TypeAlias = Event | Tick | ChildEnded


@frozen
class Stride:
    """One step of a way: what was done when, the case it made, and what the journal says of it."""

    at: datetime
    act: Opening | Act
    case: Case
    journal: tuple[JournalEntry, ...] = field(repr=False)


Way: TypeAlias = tuple[Stride, ...]
"""From the opening on; each stride is what `open_case` or `decide` makes of the case before."""


@frozen(eq=False)
class Walked:
    """
    What a search found: shortest ways into every move taken and every state entered, by index, and into traps.

    `cut` says what was left out.
    """

    taken: Mapping[int, Way]
    entered: Mapping[int, Way]
    traps: Mapping[tuple[str, ...], Way]
    still: Mapping[tuple[str, ...], Way]
    places: int
    steps: int
    cut: tuple[str, ...]


def walks(
    places: Places,
    now: datetime,
    *,
    goals: frozenset[int],
    traps: frozenset[Place] = frozenset(),
    whole: bool = False,
    gives: Mapping[str, Sequence[str]] = EMPTY,
    most: int,
    machine: Machine = statechart,
) -> Walked:
    """
    Search from an opening at `now` (aware UTC) for ways into some moves and places.

    A way into a trap is kept for each set of states a case gets into it by; so is one to where nothing leads on, trap
    or not. The search ends when every goal is found, unless the `whole` of it is wanted, or at `most` places.
    """
    search = _Search(places, Inputs(places, gives, strangers=False, machine=machine), machine)
    return search.run(now, goals, traps, most, whole=whole)


class _Search:
    def __init__(self, places: Places, inputs: Inputs, machine: Machine) -> None:
        self.places, self.process, self.inputs = places, places.process, inputs
        self.watch = Watch(machine)
        self.strides: list[tuple[int, Stride]] = []
        self.taken: dict[int, Way] = {}
        self.entered: dict[int, Way] = {}
        self.traps: dict[tuple[str, ...], Way] = {}
        self.still: dict[tuple[str, ...], Way] = {}
        self.steps = self.rounds = 0
        self.cut: set[str] = set()

    def run(self, now: datetime, goals: frozenset[int], traps: frozenset[Place], most: int, *, whole: bool) -> Walked:
        """Breadth first: what is found first is shortest."""
        seen: set[Place] = set()
        waiting: deque[tuple[int, Place]] = deque()
        for before, stride, place in self._all(now, waiting):
            new = not (self.taken.keys() >= set(self.watch.taken) and self.entered.keys() >= set(self.watch.entered))
            if not new and place in seen:
                continue
            number = len(self.strides)
            self.strides.append((before, stride))
            if new:
                self._note(self._way(number))
            if place not in seen:
                seen.add(place)
                if not stride.case.ended:
                    waiting.append((number, place))
                if self.places.of(stride.case) in traps and (before < 0 or self._place(before) not in traps):
                    self.traps.setdefault(stride.case.states, self._way(number))
            if not whole and goals <= self.taken.keys():
                break
            if len(seen) >= most:
                self.cut.add(f"more than {most:,} situations")
                break
        cut = tuple(sorted(self.cut | self.inputs.cut))
        return Walked(self.taken, self.entered, self.traps, self.still, len(seen), self.steps, cut)

    def _all(self, now: datetime, waiting: deque[tuple[int, Place]]) -> Iterator[tuple[int, Stride, Place]]:
        """Every stride from every case met with the place it leads to, those nearest to the opening first."""
        cases, every = ids(self.process)
        if not every:
            self.cut.add("too many ways to fall into shares")
        for (actor, form), case in product(self.inputs.openings(now), cases):
            opening = Opening(actor, form, case)
            opened = self._made(partial(self._opened, opening, now), opening, now)
            if opened is not None:
                yield -1, opened, self.places.ordered(opened.case)
        while waiting and self.rounds < MOST_ROUNDS:
            number, here = waiting.popleft()
            stride, leads_on = self.strides[number][1], False
            for act, at in self._acts(stride.case, stride.at):
                answer = partial(decide, self.process, stride.case, act, at, machine=self.watch)
                after = self._made(answer, act, at)
                if after is not None:
                    place = self.places.ordered(after.case)
                    leads_on = leads_on or place != here
                    yield number, after, place
            if not leads_on:
                self.still.setdefault(stride.case.states, self._way(number))

    def _acts(self, case: Case, now: datetime) -> Iterator[tuple[Act, datetime]]:
        process = self.process
        timers = [timer for timer in self.places.moving(case) if timer.due is not None]
        steps = {timer.name: timer.name.startswith(("clock:", "limit:")) for timer in timers}
        ends = [max(now, timer.due) + steps[timer.name] * _INSTANT for timer in timers if timer.due is not None]
        moments = [now]
        if ends and self._orders(case):
            moments.append(max(now, min(ends) - _SHORTLY))
        for at in dict.fromkeys(moments):
            yield from ((event, at) for event in self.inputs.events(process, case, at))
            yield from ((ended, at) for ended in self.inputs.ends(process, case, at))
        # With a later time, all those before it have happened: what repeats leads to no new place by itself.
        for at in sorted(set(ends)):
            yield Tick(), at

    def _orders(self, case: Case) -> bool:
        """Whether it may matter when somebody acts: a time runs on while others begin."""
        process = self.process
        groups = (state for state in process.states if state.children and state.path in case.arrivals)
        return len(case.states) > 1 or bool(process.returning) or any(state.timers for state in groups)

    def _made(self, answer: Callable[[], Decision | Refusal], act: Opening | Act, at: datetime) -> Stride | None:
        self.watch.forget()
        try:
            decision = answer()
        except MicrostepLimit:
            self.cut.add("automatic moves that go round")
            self.rounds += 1
            return None
        if isinstance(decision, Refusal) or not decision.journal:
            return None
        self.steps += 1
        return Stride(at, act, decision.case, decision.journal)

    def _opened(self, opening: Opening, now: datetime) -> Decision | Refusal:
        return open_case(self.process, opening.form, opening.actor, now, id=opening.case, machine=self.watch)

    def _note(self, way: Way) -> None:
        """Keep the way into what was not met before: nothing later is shorter."""
        for index in self.watch.taken:
            self.taken.setdefault(index, way)
        for index in self.watch.entered:
            self.entered.setdefault(index, way)

    def _place(self, number: int) -> Place:
        return self.places.of(self.strides[number][1].case)

    def _way(self, number: int) -> Way:
        found = []
        while number >= 0:
            number, stride = self.strides[number]
            found.append(stride)
        return tuple(reversed(found))


def again(process: Process, way: Way, *, machine: Machine = statechart) -> Case | None:
    """What `open_case` and `decide` make of a way: its last case; None if they refuse one of its strides."""
    case: Case | None = None
    for stride in way:
        if isinstance(stride.act, Opening):
            opening = stride.act
            answer = open_case(process, opening.form, opening.actor, stride.at, id=opening.case, machine=machine)
        elif case is not None:
            answer = decide(process, case, stride.act, stride.at, machine=machine)
        if isinstance(answer, Refusal):
            return None
        case = answer.case
    return case
