"""
What always holds of every process: each property watches a run from beside it, by an oracle of its own.

`BUILT_IN` is all of them. One of your own is a class with `name`, `after` and `end`; it is made anew for every run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from svcflow.testing.step import Step
from svcflow.testing.world import World


class Property(Protocol):
    """
    Watches one run.

    Raises (all methods):
        Violation: The run shows that what it promises does not hold.
    """

    def after(self, step: Step, world: World) -> None:
        """A command was carried out."""
        ...

    def end(self, world: World) -> None:
        """The run is over."""
        ...


class Make(Protocol):
    """Makes a property for one run: its class."""

    def __call__(self, world: World) -> Property:
        """Begin to watch a run in which nothing has happened yet."""
        ...


Properties: TypeAlias = Sequence[Make]
