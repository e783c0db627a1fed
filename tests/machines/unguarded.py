"""The machine `transitions` without what guards it: the fault that tests of threads are there to find."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from svcflow.core.machine import Chart
from svcflow.machines.transitions import Transitions, _Driver


class Unguarded(Transitions):
    """Shares one machine of the library among all threads: its scope is written on itself."""

    @contextmanager
    def _driver(self, chart: Chart) -> Iterator[_Driver]:
        kept = self._spare.setdefault(chart, deque())
        if not kept:
            kept.append(_Driver.build(chart))
        yield kept[0]
