"""Three small shapes of states for the race of single steps: each is one round trip that every contender can go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from attrs import frozen

from svcflow.core.machine import Chart, ChartState, ChartTransition


@frozen
class Way:
    """
    One transition. `guarded` has a condition, which says yes.

    `target` None leads back to where things stood before; in libraries without such a thing it leads to `otherwise`.
    """

    event: str
    target: str | None
    guarded: bool = False
    otherwise: str = ""


@frozen
class Place:
    """One state, with what is inside it and what it reacts to; the first inner state is the initial one."""

    name: str
    ways: tuple[Way, ...] = ()
    inner: tuple[Place, ...] = ()
    parallel: bool = False

    @property
    def kind(self) -> Literal["atomic", "compound", "parallel"]:
        """What a chart calls it."""
        if self.parallel:
            return "parallel"
        return "compound" if self.inner else "atomic"


@frozen
class Shape:
    """States, and events that lead from the initial ones round to them again, each with the leaves it leads to."""

    name: str
    places: tuple[Place, ...]
    trip: tuple[tuple[str, frozenset[str]], ...]

    @property
    def parallel(self) -> bool:
        """Whether several states are active at once somewhere."""
        return any(place.parallel for place, _ in self.walk())

    def walk(self) -> Iterator[tuple[Place, Place | None]]:
        """Every state in document order, with the one around it."""
        pending: list[tuple[Place, Place | None]] = [(place, None) for place in reversed(self.places)]
        while pending:
            place, outer = pending.pop()
            yield place, outer
            pending += [(inner, place) for inner in reversed(place.inner)]

    def chart(self) -> Chart:
        """The shape as svcflow's machines take it."""
        numbers = {place.name: number for number, (place, _) in enumerate(self.walk())}
        return Chart.build(
            [
                ChartState(place.name, None if outer is None else numbers[outer.name], place.kind)
                for place, outer in self.walk()
            ],
            [
                ChartTransition(
                    numbers[place.name],
                    (way.event,),
                    () if way.target is None else (numbers[way.target],),
                    back=way.target is None,
                )
                for place, way in self.ways()
            ],
        )

    def ways(self) -> Iterator[tuple[Place, Way]]:
        """Every transition with the state it belongs to, in document order."""
        return ((place, way) for place, _ in self.walk() for way in place.ways)


def _trip(**steps: str) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((event, frozenset(leaves.split())) for event, leaves in steps.items())


FLAT = Shape(
    "flat",
    (
        Place("new", (Way("take", "open"),)),
        Place("open", (Way("hold", "held", guarded=True), Way("solve", "solved"))),
        Place("held", (Way("resume", "open"),)),
        Place("solved", (Way("reopen", "new"),)),
    ),
    _trip(take="open", hold="held", resume="open", solve="solved", reopen="new"),
)

NESTED = Shape(
    "nested, with back",
    (
        Place(
            "desk",
            (Way("hold", "held"),),
            (
                Place("triage", (Way("dispatch", "onsite"),)),
                Place(
                    "work",
                    (Way("finish", "triage", guarded=True),),
                    (
                        Place("remote"),
                        Place("onsite", (), (Place("travel", (Way("arrive", "repair"),)), Place("repair"))),
                    ),
                ),
            ),
        ),
        Place("held", (Way("resume", None, otherwise="repair"),)),
    ),
    _trip(dispatch="travel", arrive="repair", hold="held", resume="repair", finish="triage"),
)

PARALLEL = Shape(
    "parallel",
    (
        Place("planned", (Way("begin", "visit"),)),
        Place(
            "visit",
            (Way("report", "planned"),),
            (
                Place("site", (), (Place("away", (Way("arrive", "there"),)), Place("there", (Way("fix", "fixed"),)),
                                   Place("fixed"))),
                Place("parts", (), (Place("ordered", (Way("deliver", "stocked", guarded=True),)),
                                    Place("stocked", (Way("fix", "used"),)), Place("used"))),
            ),
            parallel=True,
        ),
    ),
    _trip(begin="away ordered", arrive="there ordered", deliver="there stocked", fix="fixed used", report="planned"),
)  # fmt: skip

SHAPES = (FLAT, NESTED, PARALLEL)
