"""
Where chance comes from: drawing a trace asks for numbers, and somebody else says how they are come by.

So one and the same drawing serves a plain random generator, which is fast and needs no package, and Hypothesis, which
remembers what it chose, and can make it smaller. Of all numbers 0 is the simplest, and stands for the simplest thing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Choose(ABC):
    """Makes choices."""

    @abstractmethod
    def integer(self, most: int) -> int:
        """A number from 0 to `most`."""

    def whole(self, what: Callable[[], T]) -> T:
        """Carry out what makes several choices that belong together: they are left out together, or not at all."""
        return what()

    def one(self, items: Sequence[T]) -> T:
        """One of some things, the first being the simplest."""
        return items[self.integer(len(items) - 1)]

    def weighted(self, weights: Mapping[T, int]) -> T:
        """One of some things, as often as it weighs; they weigh something altogether."""
        place = self.integer(sum(weights.values()) - 1)
        return next(item for item, past in zip(weights, accumulate(weights.values()), strict=True) if place < past)

    def seldom(self, times: int) -> bool:
        """Yes once in so many times."""
        return self.integer(times - 1) == times - 1


class Seeded(Choose):
    """Choices of a seed: the same ones for the same seed."""

    def __init__(self, seed: int | str) -> None:
        self._random = Random(seed)  # noqa: S311 - choices for tests, which must come again

    def integer(self, most: int) -> int:
        """A number from 0 to `most`, all equally likely."""
        return int(self._random.random() * (most + 1))
