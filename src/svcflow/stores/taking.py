"""Which due cases the workers of one process have in hand, so that each takes others; for stores without row locks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

from svcflow.stores.base import DueCase, Taken


class InHand:
    """
    Cases by tenant and id, for all threads of a process; workers of other processes may take them too.

    That is no harm, since of two that fire the same timer one meets a conflict; it is only work for nothing.
    """

    def __init__(self) -> None:
        self._held: dict[tuple[int, str, str], object] = {}

    @contextmanager
    def taking(self, find: Callable[[int], tuple[DueCase, ...]], limit: int) -> Iterator[Taken]:
        """Those of what `find` answers (at most so many) that nobody has in hand, and nobody else until the end."""
        process, mine = os.getpid(), object()  # After a fork, what the parent holds is nothing to the child.
        found = find(limit + len(self._held))
        free = (one for one in found if self._held.setdefault((process, one.tenant, one.case), mine) is mine)
        taken = tuple(islice(free, limit))
        try:
            yield Taken(taken)
        finally:
            for one in taken:
                del self._held[process, one.tenant, one.case]
