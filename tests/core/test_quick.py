"""Values made the quick way are the very same values; what follows from a value is there as soon as it is."""

from __future__ import annotations

import pickle
from functools import cached_property
from typing import Any

import pytest
from attrs import evolve, fields, frozen
from attrs.exceptions import FrozenInstanceError

from svcflow.core.case import Case, Timer
from svcflow.core.clock import Clock
from svcflow.core.decision import Decision, HookCall, JournalEntry, Move
from svcflow.core.machine import Configuration, Step
from svcflow.core.quick import eager, quick
from svcflow.core.segments import Segment

KINDS = (Case, Timer, Clock, Decision, HookCall, JournalEntry, Move, Configuration, Step, Segment)


@frozen
class Spot:
    """A small value with a default."""

    row: int
    column: int = 7


@frozen(slots=False)
@eager
class Square:
    """A value from which others follow."""

    side: int

    @cached_property
    def area(self) -> int:
        """The area."""
        return self.side**2

    @cached_property
    def double(self) -> int:
        """Twice that, so it has to come later."""
        return 2 * self.area


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_value_made_quickly_is_the_same_value(kind: type[Any]) -> None:
    values = [f"{one.name}!" for one in fields(kind)]
    slow, fast = kind(*values), quick(kind)(*values)
    assert type(fast) is kind
    assert (fast, hash(fast), repr(fast)) == (slow, hash(slow), repr(slow))
    assert pickle.loads(pickle.dumps(fast)) == slow  # noqa: S301 - our own bytes


def test_it_is_frozen_and_can_be_evolved() -> None:
    spot = quick(Spot)(1)
    with pytest.raises(FrozenInstanceError):
        spot.row = 2  # type: ignore[misc]  # the very mistake
    with pytest.raises(FrozenInstanceError):
        del spot.row
    assert evolve(spot, row=2) == Spot(2)


def test_it_has_the_defaults_of_its_kind_and_wants_what_has_none() -> None:
    assert quick(Spot)(1) == Spot(1, 7)
    assert quick(Spot)(row=1, column=2) == Spot(1, 2)
    with pytest.raises(TypeError, match="row"):
        quick(Spot)()  # type: ignore[call-arg]  # the very mistake


def test_what_follows_from_a_value_is_worked_out_as_it_is_made_and_anew_when_it_is_evolved() -> None:
    square = Square(3)
    assert vars(square) == {"side": 3, "area": 9, "double": 18}
    assert evolve(square, side=1).double == 2
    assert square == Square(3)
