"""
What an event leads to, decided while the store still looks how its case stands: on the case as it was known last.

Mostly nobody has touched a case meanwhile, and what was decided on it is what would be decided. Otherwise it was only
done in vain, while there was nothing else to do: a decision has no effects.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Generic, NoReturn, Self, TypeVar

from attrs import frozen

from svcflow.casebook import Family
from svcflow.core.case import Case
from svcflow.published import Editions

T = TypeVar("T")

MOST_TRUST = 20
COST = 4
"""A hunch that was wrong weighs as much as so many right ones: it cost processor time that others may have needed."""


class NotAtHand(Exception):
    """Only the store knows, and it is being asked something else."""


@frozen(eq=False)
class AtHand(Editions):
    """The processes that are compiled already: to ask for another would need a second connection."""

    def newest(self, *_: object) -> NoReturn:
        """Which one is the newest is known to the store alone."""
        raise NotAtHand

    def find(self, *_: object, **__: object) -> NoReturn:
        """So is one that is not compiled."""
        raise NotAtHand


class Hunches:
    """
    How often the case that is known has been the one that is there, with no other thread of the engine at an event.

    Where several processes write to the same cases it seldom is; then nothing is decided ahead until it mostly is.
    The same where several threads are at it: while one of them waits, others have something to do.
    """

    def __init__(self) -> None:
        self._trust = 0
        self._taken = threading.Lock()

    def of(self, decide: Callable[[Case], T] | None) -> Hunch[T]:
        """For one event: what to decide ahead, within the time of the context; None where that must not be."""
        return Hunch(self, decide)

    @property
    def trusted(self) -> bool:
        """Whether there is reason to decide ahead."""
        return self._trust >= 0

    def taken(self) -> bool:
        """Take the place of the one that may decide ahead; whoever meets another there learns that it is not alone."""
        if self._taken.acquire(blocking=False):
            return True
        self.learn(right=False)
        return False

    def leave(self) -> None:
        """Leave the place to others."""
        self._taken.release()

    def learn(self, *, right: bool) -> None:
        """Note whether the case that was known was the one that was there, or that somebody else is at an event."""
        self._trust = min(self._trust + 1, MOST_TRUST) if right else max(self._trust - COST, -MOST_TRUST)


class Hunch(Generic[T]):
    """One event's."""

    def __init__(self, hunches: Hunches, decide: Callable[[Case], T] | None) -> None:
        self._hunches, self._decide = hunches, decide
        self._held = False
        self._case: Case | None = None
        self._answer: T | None = None
        self._problem: Exception | None = None

    def __enter__(self) -> Self:
        self._held = self._decide is not None and self._hunches.taken()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._held:
            self._hunches.leave()

    def meanwhile(self, case: Case) -> None:
        """Decide on the case as it was known last."""
        self._case, self._answer, self._problem = case, None, None
        if self._decide is not None and self._held and self._hunches.trusted:
            try:
                self._answer = self._decide(case)
            except NotAtHand:
                pass
            except Exception as problem:  # noqa: BLE001 - it is raised if this is the case that is there
                self._problem = problem

    def answer(self, family: Family) -> T | None:
        """
        What was decided, if the case was that very one, and alone in its family; None if it has to be decided.

        Raises:
            Exception: What deciding raised, under the same condition.
        """
        if self._case is None:
            return None
        right = len(family) == 1 and family.get(self._case.id) is self._case
        self._hunches.learn(right=right)
        if right and self._problem is not None:
            raise self._problem
        return self._answer if right else None
