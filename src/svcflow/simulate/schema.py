"""The words of a scenario as pydantic models, in the manner of the process language: strict, with short forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from svcflow.language.forms import Count, Hours, Names, Needs, Weekdays, reading, whole_number, wrong
from svcflow.language.json_schema import Json, schema_of
from svcflow.language.schema import Shape
from svcflow.language.spaces import Short, Written
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

Weight = Annotated[
    float, BeforeValidator(_weight),
    Written("^[0-9]{1,10}(\\.[0-9]{1,9})? *%?$", "a number of chances, as in `45`, `0.45` or `45%`"),
]  # fmt: skip
People = Annotated[int, BeforeValidator(whole_number), Written("^(0|[1-9][0-9]{0,8})$", "a whole number")]
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


Doings: TypeAlias = dict[str, Annotated[Doing, BeforeValidator(_done), Short("chance")]]


class Habits(Shape):
    """Habits: what happens in the cases of a process."""

    takes: SpreadText | None = Field(None, description="How long staff work on an event, where nothing else is said.")
    after: SpreadText | None = Field(None, description="How long others take, where nothing else is said.")
    events: Doings = Field({}, description="What is known of an event in every state.")
    states: dict[str, Doings] = Field({}, description="What happens in a state, by event, or `nothing`.")
    fields: Values = Field({}, description="Values of fields, wherever a form asks for them.")


class Staff(Shape):
    """A `staff`: one person, or so many who are alike."""

    number: People = Field(1, description="How many.")
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
    seed: Annotated[str, BeforeValidator(_seeded), Written(loose=True)] = Field(
        "1", description="What chance begins with."
    )
    start: InstantText = Field(description="When it begins, as in `2026-03-02 08:00`, in the zone of the process.")
    length: SpreadText = Field(description="How long cases come in, as in `4w`.")
    drain: SpreadText | None = Field(None, description="How long it goes on after that, for cases to end.")
    arrivals: Annotated[Arrivals, BeforeValidator(_arriving), Short("rate")] = Field(description="When cases come in.")
    staff: dict[str, Annotated[Staff, BeforeValidator(_employed), Short("number")]] = Field(
        {}, description="Who works."
    )
    processes: dict[str, Habits] = Field({}, description="What happens in processes that it runs or starts.")


EXAMPLES: Mapping[str, str] = MappingProxyType({
    "after": "average 4h", "arrivals": "{rate: 3, on: office}", "by": "customer", "calendar": "office", "chance": "45%",
    "drain": "4w", "every": "20min..45min", "events": "{cancel: 2}", "fields": "{priority: {P1: 5, P2: 20, P3: 75}}",
    "groups": "[outlet-7]", "hours": "{mon-fri: 17:00-22:00}", "length": "4w", "most": "500", "number": "3",
    "on": "office", "processes": "{callback: {takes: 10min}}", "qualifications": "{electrician: 2}", "rate": "6",
    "roles": "[agent, team_lead]", "scenario": "two usual weeks", "seed": "1", "skills": "{product: [X1, X2]}",
    "staff": "{agent: 3, ann: {roles: [agent, team_lead]}}", "start": "2026-03-02 08:30",
    "states": "{verify: {confirmed: 70, nothing: 30}}", "takes": "median 20min p90 1h",
    "week": "{mon-fri: [0, 0, 0, 0, 0, 0, 0, 0, 6, 8, 8, 6, 3, 5, 6, 6, 5, 2, 0, 0, 0, 0, 0, 0]}",
    "with": "{product: X1}",
})  # fmt: skip
"""How each word looks in a file."""


def _examples(_: type[BaseModel], word: str) -> tuple[str, ...]:
    return (EXAMPLES[word],)


def json_schema() -> Json:
    """The words of a scenario as JSON Schema (draft-07), for editors."""
    return schema_of(ScenarioFile, "A scenario of svcflow: who works, what comes in, and what happens then.", _examples)
