"""
All that a case can ever do, and more: what this search does not find is proved never to happen.

It goes through every place a case of the loosened process can come to, by the engine's own step, with any time that is
armed being over at any moment and somebody new for every event. The real order of times, and who is barred for what
they did, can only take ways away.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from attrs import evolve, frozen

from svcflow.core import effects, macrostep
from svcflow.core.admission import admit
from svcflow.core.case import Case
from svcflow.core.decide import open_case
from svcflow.core.decision import Decision, Refusal
from svcflow.core.draft import Draft
from svcflow.core.event import EMPTY, Event
from svcflow.core.machine import Machine
from svcflow.core.rule import Actions
from svcflow.core.statechart import statechart
from svcflow.core.step import fire, react
from svcflow.errors import MicrostepLimit
from svcflow.model.inputs import Inputs
from svcflow.model.loose import Answers, Watch, loosened
from svcflow.model.lots import CASE
from svcflow.model.places import ENDED, Place, Places


@frozen(eq=False)
class Cover:
    """
    What a search found: the places, the moves taken and the states entered in steps, all by index.

    `cut` says what was left out; when it is empty, nothing else can ever happen. `stuck` are then the places from which
    no end can be reached.
    """

    places: frozenset[Place]
    steps: int
    taken: frozenset[int]
    entered: frozenset[int]
    cut: tuple[str, ...] = ()
    stuck: frozenset[Place] = frozenset()

    @property
    def complete(self) -> bool:
        """Whether all that can happen was looked at."""
        return not self.cut


def cover(
    places: Places,
    now: datetime,
    *,
    gives: Mapping[str, Sequence[str]] = EMPTY,
    begin: Case | None = None,
    most: int,
    machine: Machine = statechart,
) -> Cover:
    """
    Search from the opening, or from a case, through at most so many places.

    A `max` that the places do not count may be used up or not: far fewer places, and less is proved.
    """
    search = _Search(places, gives, machine)
    return search.run(search.opened(now) if begin is None else [begin], most)


class _Search:
    def __init__(self, places: Places, gives: Mapping[str, Sequence[str]], machine: Machine) -> None:
        self.places = places
        self.answers, self.watch = Answers(), Watch(machine)
        each = self.answers.all
        self.inputs = Inputs(places, gives, strangers=True, each=lambda ask: list(each(ask)), machine=machine)
        self.process = loosened(places, self.answers)
        self.taken: set[int] = set()
        self.entered: set[int] = set()
        self.steps = 0
        self.cut: set[str] = set()

    def run(self, begins: Iterable[Case], most: int) -> Cover:
        """Breadth first, each place once; then backwards from the ends."""
        seen: set[Place] = set()
        before: dict[Place, list[Place]] = {}
        waiting: deque[tuple[Place, Case]] = deque()

        def meet(case: Case) -> Place:
            place = self.places.of(case)
            if place not in seen and len(seen) < most:
                seen.add(place)
                if place != ENDED:
                    waiting.append((place, case))
            elif place not in seen:
                self.cut.add(f"more than {most:,} situations")
            return place

        for case in begins:
            meet(case)
        # What is not complete proves nothing, so it ends there.
        while waiting and not self.cut:
            here, case = waiting.popleft()
            for after in self._after(case):
                before.setdefault(meet(after), []).append(here)
        if self.answers.cut:
            self.cut.add("too many open conditions in one step")
        cut = tuple(sorted(self.cut | self.inputs.cut))
        stuck = frozenset() if cut else frozenset(seen - _reaching(before))
        return Cover(frozenset(seen), self.steps, frozenset(self.taken), frozenset(self.entered), cut, stuck)

    def opened(self, now: datetime) -> Iterator[Case]:
        """Every way to open a case."""
        for actor, form in self.inputs.openings(now):
            yield from self._made(lambda: open_case(self.process, form, actor, now, id=CASE, machine=self.watch))  # noqa: B023 - done at once

    def _after(self, case: Case) -> Iterator[Case]:
        """Every case that one step can make of this one."""
        at, process = case.moved_at, self.process
        case = evolve(case, acted=EMPTY) if case.acted else case
        for event in self.inputs.events(process, case, at):
            yield from self._made(lambda: self._sent(case, event))  # noqa: B023 - as above
        for ended in self.inputs.ends(process, case, at):
            yield from self._made(lambda: react(process, case, ended, at, self.watch))  # noqa: B023 - as above
        for timer in self.places.moving(case):
            if timer.due is not None and timer.name.startswith(("after:", "wait:")):
                yield from self._made(lambda: fire(process, case, timer.name, at, self.watch))  # noqa: B023 - as above
        for do in self._escalations(case):
            yield from self._made(lambda: self._escalated(case, do))  # noqa: B023 - as above

    def _made(self, act: Callable[[], Decision | Refusal | None]) -> Iterator[Case]:
        """What one input makes of a case, in every way in which open conditions can come out."""
        for decision in self.answers.all(lambda: self._tried(act)):
            if isinstance(decision, Decision):
                self.steps += 1
                self.taken.update(self.watch.taken)
                self.entered.update(self.watch.entered)
                yield decision.case

    def _tried(self, act: Callable[[], Decision | Refusal | None]) -> Decision | Refusal | None:
        self.watch.forget()
        try:
            return act()
        except MicrostepLimit:
            self.cut.add("automatic moves that go round")
            return None

    def _sent(self, case: Case, event: Event) -> Decision | None:
        """As `step.react` does it, but a refusal need not say what is possible instead."""
        draft = Draft(self.process, case, case.moved_at, self.watch, event.actor)
        admitted = admit(draft, event)
        if isinstance(admitted, Refusal):
            return None
        values, transitions = admitted
        for name, value in values.items():
            draft.write(name, value)
        if not macrostep.run(draft, event.name, lambda index: index in transitions and draft.open(index)):
            return None
        return macrostep.decision(draft, "event", event.name)

    def _escalations(self, case: Case) -> Iterator[Actions]:
        """What the steps of the clocks that run can do, each at any time and as often as it likes."""
        for key, escalation in self.process.escalations.items():
            clock = case.clocks.get(key) if self.places.escalates else None
            if clock is not None and clock.state == "running":
                yield from (step.do for step in escalation.steps if step.do.set or step.do.send)

    def _escalated(self, case: Case, do: Actions) -> Decision:
        draft = Draft(self.process, case, case.moved_at, self.watch)
        effects.write(draft, do)
        effects.carry_out(draft, do, "", draft.leaves)
        macrostep.settle(draft)
        return macrostep.decision(draft, "timer", "")


def _reaching(before: Mapping[Place, Sequence[Place]]) -> set[Place]:
    """The places from which an end can be reached."""
    found = {ENDED}
    pending = [ENDED]
    while pending:
        for place in before.get(pending.pop(), ()):
            if place not in found:
                found.add(place)
                pending.append(place)
    return found
