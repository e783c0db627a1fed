"""A scenario as a value: who works, what comes in, and what happens where, every name resolved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen

from svcflow.core.calendar import Calendar
from svcflow.core.event import EMPTY, Actor
from svcflow.core.process import Process
from svcflow.core.rule import People, Rule
from svcflow.simulate.arrivals import Arrivals
from svcflow.simulate.filling import Filler
from svcflow.simulate.spread import Spread

WORK = Spread("exponential", (20 * 60,))
"""How long staff work on an event of which nothing is said."""

REACTION = Spread("exponential", (24 * 3_600,))
"""How long others take for an event of which nothing is said."""


@frozen(eq=False)
class Person:
    """
    Somebody of the staff. `calendar` holds the hours worked.

    `skills` names values of fields: cases with another value there are left to others.
    """

    actor: Actor
    calendar: Calendar
    skills: Mapping[str, frozenset[object]] = EMPTY


@frozen(eq=False)
class Option:
    """
    An event that may be taken in a state, with all that the scenario says of it.

    `people` may take it (those of `by`, where the scenario names one of them); `who` are their names, for tables.
    `after` is how long the world takes before it can be done, `takes` how long staff then work on it. `guarded`: it
    depends on the case whether it is possible.
    """

    event: str
    weight: float
    rule: Rule
    people: People
    who: str
    after: Spread | None
    reaction: Spread
    takes: Spread
    values: Mapping[str, Filler] = EMPTY
    guarded: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        ways = self.rule.alternatives
        free = any(not one.limited and one.when is None and one.kind != "back" for one in ways)
        object.__setattr__(self, "guarded", not free)


@frozen(eq=False)
class Place:
    """What may happen in a state: its events, and how likely it is that nothing does."""

    options: tuple[Option, ...] = ()
    nothing: float = 0.0


@frozen(eq=False)
class Custom:
    """What is usual in one process: what happens in each innermost state, and what its forms are filled in with."""

    process: Process
    places: Mapping[str, Place]
    fillers: Mapping[str, Filler]
    given: frozenset[str]
    """The fields that the scenario speaks of: they are filled in where a form takes them, asked for or not."""


@frozen(eq=False)
class Scenario:
    """
    A scenario that is fit to be run on a process.

    Cases come in from `start` until before `close`; the run ends at `end`. `library` is the process, then those it runs
    or starts.
    """

    title: str
    seed: str
    start: datetime
    close: datetime
    end: datetime
    arrivals: Arrivals
    people: tuple[Person, ...]
    customs: Mapping[str, Custom]
    library: tuple[Process, ...]
    calendars: Mapping[str, Calendar]
    """The calendars that a length may name after `on`."""

    @property
    def process(self) -> Process:
        """The process whose cases come in."""
        return self.library[0]
