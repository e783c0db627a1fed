"""
Traces by chance, drawn against the pure model, so that most of what is tried is possible, and deep states are reached.

One drawing serves everybody: a seed (`random_traces`), or Hypothesis (`svcflow.testing.traces`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import cycle
from random import Random

from attrs import field, frozen

from svcflow.core.event import EMPTY
from svcflow.errors import InputError
from svcflow.model.explore import BEGIN
from svcflow.published import Publishable
from svcflow.testing import instants
from svcflow.testing.choose import Choose, Seeded
from svcflow.testing.deeds import DEEDS, FAULTS, PEOPLE
from svcflow.testing.ground import Ground, grounds
from svcflow.testing.pursuit import Pursuit
from svcflow.testing.scene import Scene
from svcflow.testing.stage import Stage
from svcflow.testing.trace import CASE, Trace

MOST = 30
"""Commands of a trace, at most."""

STARTS: Mapping[str, int] = {"monday": 4, "any": 3, "change": 1, "odd": 2, "month": 1}
"""When a trace begins: a Monday, any minute of two years, or a little before wall clocks, hours or the month change."""


@frozen(eq=False)
class Drawing:
    """
    Draws traces of one stage: `most` commands each, at most, the kinds of them as often as they weigh.

    With `frontiers` most traces begin on the way to some transition, any of them equally likely. They begin at
    `start` (aware UTC), or else at some time that may be interesting.
    """

    stage: Stage
    most: int
    weights: Mapping[str, int]
    start: datetime | None
    frontiers: bool
    _grounds: Mapping[str, Ground] = field(repr=False)

    @classmethod
    def of(
        cls,
        process: Publishable | Stage,
        *,
        most: int = MOST,
        weights: Mapping[str, int] = EMPTY,
        faults: bool = True,
        start: datetime | None = None,
        frontiers: bool = True,
    ) -> Drawing:
        """
        Make ready for drawing traces of a file, a loaded process or a stage.

        `weights` say of some kinds of commands how often they come, instead of what `PEOPLE` and `FAULTS` say.

        Raises:
            InputError: A weight is for no kind of command, or negative, or nothing weighs anything.
            DefinitionError: The file has errors.
        """
        strange = weights.keys() - DEEDS.keys()
        if strange:
            raise InputError(f"no kind of command is called {min(strange)!r}; there are {', '.join(DEEDS)}")
        weighed = {**PEOPLE, **(FAULTS if faults else EMPTY), **weights}
        if min(weighed.values()) < 0 or not any(weighed.values()):
            raise InputError("weights are whole numbers from 0 on, and not all of them are 0")
        stage = process if isinstance(process, Stage) else Stage.of(process)
        return cls(stage, most, weighed, start, frontiers, grounds(stage))

    @property
    def goals(self) -> tuple[int, ...]:
        """The transitions to which a trace can begin by going, as indexes of `moves`, those near the opening first."""
        return self._grounds[self.stage.process.name].goals if self.frontiers else ()

    def trace(self, choose: Choose, goal: int | None = None) -> Trace:
        """A trace by these choices, with the way to one of the `goals` first; the same choices make the same trace."""
        process = self.stage.process
        start = choose.whole(lambda: self._start(choose)) if self.start is None else self.start
        cases = self._grounds[process.name].ids_for(goal)
        scene = self.scene(choose, start, choose.one(cases) if len(cases) > 1 else cases[0])
        choose.whole(lambda: scene.open(self.most))
        if goal is None:
            goal = choose.one((None, *self.goals))
        if goal is not None:
            pursuit = Pursuit(scene, goal)
            choose.whole(lambda: pursuit.go(self.most))
        # Where no case is open any more there is little to be seen.
        while len(scene.commands) < self.most and choose.integer(2 * self.most if any(scene.pure.opened()) else 2):
            choose.whole(lambda: self.go_on(scene))
        return Trace(process.name, start, tuple(scene.commands))

    def scene(self, choose: Choose, start: datetime, case: str = CASE) -> Scene:
        """A run that begins, for `go_on`; `case` is the id of its first case."""
        return Scene(self.stage, self._grounds, choose, start, case)

    def go_on(self, scene: Scene) -> None:
        """Add what somebody does next; seldom it is nothing."""
        DEEDS[scene.choose.weighted(self.weights)](scene)

    def _start(self, choose: Choose) -> datetime:
        kind = choose.weighted(STARTS)
        if kind == "monday":
            return BEGIN
        some = BEGIN - timedelta(minutes=choose.integer(2 * 365 * 24 * 60))
        processes = self.stage.processes.values()
        calendar = choose.one([calendar for process in processes for calendar in process.calendars.values()])
        day = calendar.local_date(some)
        if kind == "change":
            found = list(instants.changes(calendar.zone, some))
        elif kind == "month":
            found = [calendar.bounds(last)[1] for last in instants.month_ends(day)]
        else:
            odd = instants.odd_dates(calendar, day) if kind == "odd" else ()
            found = [calendar.bounds(day)[0] for day in odd]
        return choose.one(found) - timedelta(minutes=choose.integer(3 * 24 * 60)) if found else some


def random_traces(process: Publishable | Stage | Drawing, seed: int) -> Iterator[Trace]:
    """
    Traces without end, the same ones for the same seed; a `Drawing` says which ones, in detail.

    They begin with the way to each transition in turn, in an order that the seed makes.
    """
    drawing = process if isinstance(process, Drawing) else Drawing.of(process)
    goals: list[int | None] = [None, *drawing.goals]
    Random(seed).shuffle(goals)  # noqa: S311 - choices for tests, which must come again
    for number, goal in enumerate(cycle(goals)):
        yield drawing.trace(Seeded(f"{seed}/{number}"), goal)
