"""Time only goes on within a case, whatever the clock of a machine does (R1)."""

from __future__ import annotations

from datetime import datetime

from svcflow.testing.step import Step
from svcflow.testing.violations import ClockBackwards
from svcflow.testing.world import World


class TimeGoesOn:
    """No entry of a journal is earlier than the one before it, and none is of a time that no clock has shown yet."""

    def __init__(self, world: World) -> None:
        """The latest time that anybody has seen."""
        self._latest = world.start
        self._last: dict[str, datetime] = {}

    def after(self, step: Step, world: World) -> None:
        """Look at the new entries."""
        self._latest = max(self._latest, step.at)
        for entry in step.entries:
            if entry.at < self._last.get(entry.case, entry.at):
                raise ClockBackwards(f"entry {entry.seq} is earlier than the one before it", case=entry.case)
            if entry.at > self._latest:
                raise ClockBackwards(f"entry {entry.seq} is of {entry.at}, which is still to come", case=entry.case)
            self._last[entry.case] = entry.at

    def end(self, world: World) -> None:
        """Every entry was looked at when it came."""
