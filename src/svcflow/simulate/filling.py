"""What forms are filled in with: values of fields as a scenario writes them, and the usual ones where it is silent."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from itertools import accumulate
from math import floor
from typing import Protocol

from attrs import frozen

from svcflow.core.event import FileRef
from svcflow.core.form import Unfit
from svcflow.core.process import Field, Process
from svcflow.language.times import Misread
from svcflow.simulate.spread import Spread, read_spread, triangular
from svcflow.stories.values import value_of

SENDER = "me"
"""The word for whoever sends the form."""

_AMOUNTS = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?(?:\.\.-?[0-9]{1,12}(?:\.[0-9]{1,6})?){1,2}")
_SHARE = re.compile(r"100%|[0-9]{1,2}(\.[0-9]{1,6})?%")
_NUMBERS = ("number", "money", "range")
_MOMENTS = ("date", "datetime")
_MANY = ("list", "files")
_TOMORROW = Spread("fixed", (86_400,))


class Scene(Protocol):
    """Where a form is filled in: when, by whom, and who else there is."""

    @property
    def now(self) -> datetime:
        """The instant."""
        ...

    @property
    def zone(self) -> tzinfo:
        """The zone in which its dates are meant."""
        ...

    @property
    def sender(self) -> str:
        """The id of whoever fills it in."""
        ...

    def opening(self, moment: datetime) -> datetime:
        """The moment, or when the process's calendar opens next."""
        ...

    def someone(self, role: str, chance: float) -> str:
        """The id of somebody of the staff with this role."""
        ...


class Filler(Protocol):
    """Fills in one field."""

    def fill(self, scene: Scene, chance: float) -> object:
        """The value at this place of its distribution."""
        ...


@frozen
class Constant:
    """Always the same."""

    value: object

    def fill(self, _scene: Scene, _chance: float) -> object:
        """The value."""
        return self.value


@frozen
class Sender:
    """Whoever sends the form."""

    def fill(self, scene: Scene, _chance: float) -> object:
        """Their id."""
        return scene.sender


@frozen
class Someone:
    """Somebody of the staff with a role."""

    role: str

    def fill(self, scene: Scene, chance: float) -> object:
        """Their id."""
        return scene.someone(self.role, chance)


@frozen
class Amount:
    """A number between two others, most often the `mode` if there is one; whole where a field takes no other."""

    low: float
    high: float
    mode: float | None
    whole: bool

    def fill(self, _scene: Scene, chance: float) -> object:
        """The number, to a hundredth."""
        width = self.high - self.low
        if self.mode is not None and width:
            chance = triangular(0, (self.mode - self.low) / width, 1, chance)
        if self.whole:
            return min(floor(self.low + (width + 1) * chance), int(self.high))
        return Decimal(f"{self.low + width * chance:.2f}")


@frozen
class Later:
    """So long after the form is filled in, when the calendar is open."""

    spread: Spread
    dated: bool

    def fill(self, scene: Scene, chance: float) -> object:
        """The moment, or its date."""
        moment = scene.opening(scene.now + self.spread.draw(chance))
        return moment.astimezone(scene.zone).date() if self.dated else moment


@frozen
class Several:
    """One of several, each as likely as its weight."""

    fillers: tuple[Filler, ...]
    bounds: tuple[float, ...]

    @classmethod
    def of(cls, fillers: Sequence[Filler], weights: Sequence[float]) -> Several:
        """With weights that add up to more than nothing."""
        whole = sum(weights)
        return cls(tuple(fillers), tuple(accumulate(weight / whole for weight in weights)))

    def fill(self, scene: Scene, chance: float) -> object:
        """What the chosen one fills in; where in its share the chance lies is chance enough for that."""
        place = min(bisect_right(self.bounds, chance), len(self.bounds) - 1)
        low = self.bounds[place - 1] if place else 0.0
        width = self.bounds[place] - low
        return self.fillers[place].fill(scene, min(max((chance - low) / width, 0.0), 1.0) if width > 0 else 0.5)


def filler(process: Process, field: Field, written: object) -> Filler:
    """
    What a value of a field in a scenario means.

    Raises:
        Misread: If it is no value of this field.
    """
    if isinstance(written, dict):
        weights = [_weight(field, text) for text in written.values()]
        if not written or sum(weights) <= 0:
            raise Misread("SF106", f"no value of `{field.name}` has a chance", "give one of them a number above 0")
        return Several.of([_one(process, field, value) for value in written], weights)
    if isinstance(written, list) and field.kind not in _MANY and written:
        return Several.of([_one(process, field, value) for value in written], [1.0] * len(written))
    return _one(process, field, written)


def _weight(field: Field, text: object) -> float:
    number = text.removesuffix("%").strip() if isinstance(text, str) else ""
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", number) is None:
        raise Misread("SF105", f"a chance of a value of `{field.name}` is no number", "write it as in `45` or `45%`")
    return float(number)


def _one(process: Process, field: Field, written: object) -> Filler:
    if isinstance(written, str):
        if field.kind in _NUMBERS and _AMOUNTS.fullmatch(written) is not None:
            return _amount(field, written)
        if field.kind in _MOMENTS and (spread := _length(written)) is not None:
            return Later(spread, field.kind == "date")
        if field.kind == "flag" and _SHARE.fullmatch(written) is not None:
            share = float(written.removesuffix("%"))
            return Several.of([Constant(value=True), Constant(value=False)], [share, 100 - share])
        if field.kind == "person" and written == SENDER:
            return Sender()
        if field.kind == "person" and written in process.roles:
            return Someone(written)
    value = value_of(process, field.name, written)
    if isinstance(value, Unfit):
        raise Misread("SF403", f"`{field.name}` {value.why}", "write a value of its type")
    return Constant(value)


def _length(text: str) -> Spread | None:
    try:
        return read_spread(text)
    except Misread:
        return None


def _amount(field: Field, text: str) -> Amount:
    parts = [float(part) for part in text.split("..")]
    if parts != sorted(parts):
        raise Misread("SF105", f"`{text}` goes down", "write the smaller number first")
    if field.kind == "range" and not all(part.is_integer() for part in parts):
        raise Misread("SF403", f"`{field.name}` is a whole number", "write it as in `1..3`")
    if field.kind == "range" and not field.low <= parts[0] <= parts[-1] <= field.high:
        raise Misread("SF403", f"`{field.name}` is from {field.low} to {field.high}", "write numbers between these")
    return Amount(parts[0], parts[-1], parts[1] if len(parts) > 2 else None, field.kind == "range")  # noqa: PLR2004


def usual(field: Field) -> Filler:
    """What a form is filled in with where the scenario says nothing of a field."""
    match field.kind:
        case "range":
            return Amount(field.low, field.high, None, whole=True)
        case "number" | "money":
            return Constant(Decimal(1))
        case "flag":
            return Several.of([Constant(value=True), Constant(value=False)], [1.0, 1.0])
        case "choice":
            return Several.of([Constant(word) for word in field.choices], [1.0] * len(field.choices))
        case "duration":
            return Several.of([Constant(str(end)) for end in field.ends], [1.0, 1.0])
        case "date" | "datetime":
            return Later(_TOMORROW, field.kind == "date")
        case "person":
            return Sender()
        case _:
            return Constant(_named(field))


def _named(field: Field) -> object:
    """The name of a field as its value."""
    match field.kind:
        case "list":
            return (field.name,)
        case "files":
            return (FileRef("simulated", field.name, 0, "0" * 64),)
        case _:
            return field.name
