"""The words of a scenario as pydantic models, in the manner of the process language: strict, with short forms."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from svcflow.language.forms import Count, Hours, Names, Needs, Weekdays, reading, whole_number, wrong
from svcflow.language.schema import Shape
from svcflow.simulate.spread import read_spread
from svcflow.stories.moments import dated

NOTHING = "nothing"
"""The word for an event that does not happen: nobody does anything, and time will."""

LARGEST_WEIGHT = 10**9
_HOURS_A_DAY = 24
_NUMBER = re.compile(r"[0-9]{1,10}(\.[0-9]{1,9})?")


def _weight(text: object) -> object:
    """`45`, `0.45` or `45%`."""
    number = text.removesuffix("%").strip() if isinstance(text, str) else ""
    if _NUMBER.fullmatch(number) is None or float(number) > LARGEST_WEIGHT:
        shown = f"`{text}`" if isinstance(text, str) else "this"
        raise wrong("SF105", f"{shown} is no number of chances", "write it as in `45`, `0.45` or `45%`")
    return float(number)


def _done(value: object) -> object:
    """`accept: 45` is short for `accept: {chance: 45}`."""
    return {"chance": value} if isinstance(value, str) else value


def _employed(value: object) -> object:
    """`agent: 3` is short for `agent: {number: 3}`."""
    return {"number": value} if isinstance(value, str) else value


def _arriving(value: object) -> object:
    """`arrivals: 6` is short for `arrivals: {rate: 6}`."""
    return {"rate": value} if isinstance(value, str) else value


def _whole_day(rates: tuple[float, ...]) -> tuple[float, ...]:
    if len(rates) != _HOURS_A_DAY:
        raise wrong("SF106", f"these are rates for {len(rates)} hours", "write one for each of the 24 hours of a day")
    return rates


def _seeded(text: object) -> object:
    return text if isinstance(text, str) and text.strip() else whole_number(text)


Value: TypeAlias = Any
"""What a field may hold, as written: a value, a list of values, or values with their chances."""

Weight = Annotated[float, BeforeValidator(_weight)]
SpreadText = Annotated[str, AfterValidator(reading(read_spread))]
InstantText = Annotated[str, AfterValidator(reading(dated))]
Rates = Annotated[tuple[Weight, ...], AfterValidator(_whole_day)]
Values: TypeAlias = dict[str, Value]


class Doing(Shape):
    """An event: how likely it is, who does it, when it can be done and how long that takes."""

    chance: Weight | None = Field(None, description="How likely it is beside the other events of its state.")
    by: str | None = Field(None, description="Who does it: a role, a person field or `system`; else as `by` says.")
    after: SpreadText | None = Field(None, description="How long the world takes before it can be done.")
    takes: SpreadText | None = Field(None, description="How long somebody of the staff works on it.")
    form: Values = Field({}, alias="with", description="What is filled in.")


Doings: TypeAlias = dict[str, Annotated[Doing, BeforeValidator(_done)]]


class Habits(Shape):
    """Habits: what happens in the cases of a process."""

    takes: SpreadText | None = Field(None, description="How long staff work on an event, where nothing else is said.")
    after: SpreadText | None = Field(None, description="How long others take, where nothing else is said.")
    events: Doings = Field({}, description="What is known of an event in every state.")
    states: dict[str, Doings] = Field({}, description="What happens in a state, by event, or `nothing`.")
    fields: Values = Field({}, description="Values of fields, wherever a form asks for them.")


class Staff(Shape):
    """A `staff`: one person, or so many who are alike."""

    number: Annotated[int, BeforeValidator(whole_number)] = Field(1, description="How many.")
    roles: Names = Field((), description="The roles they hold; else the role that they are called by.")
    groups: Names = Field((), description="The groups they belong to, as they stand in person fields.")
    calendar: str | None = Field(None, description="When they work; else on the calendar of the process.")
    hours: dict[Weekdays, Hours] = Field({}, description="When they work, in place of a calendar.")
    qualifications: Needs | None = Field(None, description="What they are qualified for; for all if nothing is said.")
    skills: dict[str, Names] = Field({}, description="Values of fields: they take cases with these values alone.")


class Arrivals(Shape):
    """An `arrivals`: when cases come in, and who opens them."""

    rate: Weight | None = Field(None, description="How many in an hour, at moments of their own.")
    every: SpreadText | None = Field(None, description="How long from one to the next.")
    week: dict[Weekdays, Rates] = Field({}, description="How many in each of the 24 hours of these days.")
    on: str | None = Field(None, description="The calendar in whose hours they come; else around the clock.")
    by: str | None = Field(None, description="Who opens them: a role, a person field or `system`.")
    most: Count | None = Field(None, description="How many at most.")


class ScenarioFile(Habits):
    """A scenario: when, how many cases, who works, and what they tend to do."""

    scenario: str = Field(description="What it is, in a few words.")
    seed: Annotated[str | int, BeforeValidator(_seeded)] = Field("1", description="What chance begins with.")
    start: InstantText = Field(description="When it begins, as in `2026-03-02 08:00`, in the zone of the process.")
    length: SpreadText = Field(description="How long cases come in, as in `4w`.")
    drain: SpreadText | None = Field(None, description="How long it goes on after that, for cases to end.")
    arrivals: Annotated[Arrivals, BeforeValidator(_arriving)] = Field(description="When cases come in.")
    staff: dict[str, Annotated[Staff, BeforeValidator(_employed)]] = Field({}, description="Who works.")
    processes: dict[str, Habits] = Field({}, description="What happens in processes that it runs or starts.")
