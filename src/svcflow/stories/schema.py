"""The words of a story as pydantic models, in the manner of the process language: strict, with short forms."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from svcflow.core.spelling import nearest
from svcflow.language.forms import Count, Names, Notices, Truth, one_or_many, reading, to_mapping, wrong
from svcflow.language.schema import Shape
from svcflow.stories.moments import dated, read_after, read_length, read_moment

REFUSALS: Mapping[str, str] = MappingProxyType({
    "by": "forbidden", "not_by": "barred", "forbidden": "forbidden", "barred": "barred", "not_here": "not_here",
    "qualified": "unqualified", "unqualified": "unqualified",
    "waiting": "waiting", "ended": "ended", "form": "form", "no_alternative": "no_alternative",
})  # fmt: skip
"""What may stand under `refused`, with the code of the refusal that it means."""

STANDS = ("running", "paused", "stopped", "met", "late")
"""What a clock can be."""


def _held(value: object) -> object:
    """`li: agent` is short for `li: {roles: agent}`."""
    return {"roles": one_or_many(value)} if isinstance(value, (str, list)) else value


def _reached(value: object) -> object:
    """`electrician: 2` is short for `electrician: {level: 2}`."""
    return {"level": value} if isinstance(value, str) else value


def _stood(value: object) -> object:
    """`resolution: met` is short for `resolution: {is: met}`."""
    return {"is": value} if isinstance(value, (str, list)) else value


def _one_word(text: object, words: tuple[str, ...], what: str) -> None:
    if isinstance(text, str) and text in words:
        return
    meant = nearest(text, words) if isinstance(text, str) else None
    hint = f"did you mean `{meant}`?" if meant else f"write {', '.join(words)}"
    raise wrong("SF108", f"{f'`{text}`' if isinstance(text, str) else 'this'} is no {what}", hint, meant or "")


def _state_of_clock(value: object) -> object:
    words = one_or_many(value)
    for word in words if isinstance(words, list) else ():
        _one_word(word, STANDS, "state of a clock")
    return words


def _reason(value: object) -> object:
    """`refused: form` is short for `refused: {form: []}`."""
    reasons = {value: []} if isinstance(value, str) else value
    if not isinstance(reasons, dict) or len(reasons) != 1:
        raise wrong("SF106", "a refusal has one reason", f"write one of {', '.join(REFUSALS)}")
    ((reason, fields),) = reasons.items()
    _one_word(reason, tuple(REFUSALS), "reason of a refusal")
    if fields != [] and reason != "form":
        raise wrong(
            "SF106", f"`{reason}` has nothing to do with fields", "only `form` names the fields that do not fit"
        )
    return {reason: one_or_many(fields)}


Value: TypeAlias = Any
"""A field's value as written: a text, or a list of them; its field gives it its type."""

Fields: TypeAlias = dict[str, Value]
MomentText = Annotated[str, AfterValidator(reading(read_moment))]
InstantText = Annotated[str, AfterValidator(reading(dated))]
AfterText = Annotated[str, AfterValidator(reading(read_after))]
LengthText = Annotated[str, AfterValidator(reading(read_length))]
ClockStates = Annotated[tuple[str, ...], BeforeValidator(_state_of_clock)]
Reason = Annotated[dict[str, tuple[str, ...]], BeforeValidator(_reason)]
Seen = Annotated[tuple[str, ...], BeforeValidator(one_or_many)]
"""Names of fields; none at all is something to expect, too."""
Calls = Annotated[dict[str, Fields], BeforeValidator(to_mapping)]


class Held(Shape):
    """A qualification: the level reached, and until when it is good."""

    level: Count = Field(1, description="The level reached.")
    until: InstantText | None = Field(None, description="The last moment it is good, as in `2026-05-01 00:00`.")


Qualifications = Annotated[dict[str, Annotated[Held, BeforeValidator(_reached)]], BeforeValidator(to_mapping)]


class Person(Shape):
    """A person: the roles held, the groups belonged to, for whom they stand in, and what they are qualified for."""

    roles: Names = Field((), description="The roles this person holds.")
    groups: Names = Field((), description="The groups this person belongs to, as they stand in person fields.")
    stands_for: str | None = Field(None, alias="for", description="For whom this person stands in.")
    qualifications: Qualifications = Field({}, description="What this person is qualified for, and on which level.")


class ClockForm(Shape):
    """A clock: what is expected of it."""

    stands: ClockStates = Field((), alias="is", description="running, paused, stopped, met or late; or several.")
    due: InstantText | None = Field(None, description="When it is due, as in `2026-03-09 17:00`.")
    remaining: LengthText | None = Field(None, description="Working time left, as in `3h 20min`; `-2h` is overdrawn.")
    elapsed: LengthText | None = Field(None, description="Working time used.")


class Done(Shape):
    """A `does`: what a step does, in the words of a `do`."""

    hook: Calls = Field({}, description="Hooks that are called; with the arguments that matter.")
    notify: Notices = Field({}, description="Who is told; with the message, where one is named.")
    start: Names = Field((), description="Processes of which a case is opened, by `run` or by `start`.")


class Step(Shape):
    """A step: when, who sends what, and what is then expected."""

    at: MomentText | None = Field(None, description="When: `2026-03-09 10:30`, `10:30` (the next), `mon 09:00`.")
    after: AfterText | None = Field(None, description="How long after the step above: `2h`, `1d`, `4h on office`.")
    until: str | None = Field(None, description="Wait until the case is in this state by itself.")
    case: str | None = Field(
        None, alias="in", description="In the newest case of this process, not in the story's own."
    )
    by: str | None = Field(None, description="Who acts: a person of the story, or `system`.")
    open: Fields | None = Field(None, description="Open the case with this form.")
    send: str | None = Field(None, description="The event that is sent.")
    form: Fields = Field({}, alias="with", description="The form that is sent with the event.")
    state: Names = Field((), description="Where the case is then: active states or groups.")
    refused: Reason | None = Field(None, description="That it is refused, and why.")
    fields: Fields = Field({}, description='What then stands in fields; `""` is an empty one.')
    sees: dict[str, Seen] = Field({}, description="Which filled fields people of the story then see: these, no others.")
    clocks: dict[str, Annotated[ClockForm, BeforeValidator(_stood)]] = Field(
        {}, description="How clocks then stand: SLA clocks by name, limits by the path of their state."
    )
    does: Done | None = Field(None, description="What happened in this step: hooks, messages, new cases.")
    cases: dict[str, Names] = Field({}, description="Where the newest case of other processes is.")


class Never(Shape):
    """A `never`: what must not happen in the whole story."""

    state: Names = Field((), description="States and groups that the case never enters.")
    hook: Names = Field((), description="Hooks that are never called.")
    notify: Names = Field((), description="Roles and person fields that are never told anything.")
    start: Names = Field((), description="Processes of which no case is opened.")
    late: Names = Field((), description="Clocks that are never late.")


class StoryFile(Shape):
    """A story: people, a start, and steps with what is expected of them."""

    story: str = Field(description="What it shows, in a few words.")
    process: str = Field(description="The process that it tells of.")
    start: InstantText = Field(description="When it begins, as in `2026-03-09 09:00`, in the zone of the process.")
    people: dict[str, Annotated[Person, BeforeValidator(_held)]] = Field({}, description="Who acts.")
    drawn: Truth = Field(
        default=False, description="Whether its case is in the first `share` of each list; else in none."
    )
    steps: tuple[Step, ...] = Field(description="What happens, one after another; the first opens the case.")
    never: Never = Field(default_factory=Never, description="What must not happen.")
