"""
The snapshot is a cache (R7): a journal gives its case, decided again, and read by somebody who decides nothing.

The second reading takes the moves of the entries alone: what was left is no longer active, what was entered is.
"""

from __future__ import annotations

from collections.abc import Sequence

from svcflow.core.decision import JournalEntry
from svcflow.testing.step import Step
from svcflow.testing.violations import ReplayDiverged
from svcflow.testing.world import World


class JournalsReplay:
    """Every journal is a whole chain, and gives the case as it is stored."""

    def __init__(self, world: World) -> None:
        """Nothing has happened yet."""

    def after(self, step: Step, world: World) -> None:
        """All of it is read at the end."""

    def end(self, world: World) -> None:
        """Decide every journal again, and read it once more."""
        for broken in world.engine.verify().broken:
            raise ReplayDiverged(str(broken), case=broken.case_id) from broken
        for case in world.cases().values():
            entries = world.journal(case.id)
            if case.moved_at != entries[-1].at or case.opened_at != entries[0].at:
                raise ReplayDiverged("it did not begin, or move, when its journal says", case=case.id)
            if any(entry.kind == "migrated" for entry in entries):
                continue  # Its states are called otherwise now.
            active = _active(entries)
            if active != case.arrivals.keys():
                raise ReplayDiverged(f"it is in {set(case.arrivals)}, by its moves in {active}", case=case.id)


def _active(entries: Sequence[JournalEntry]) -> set[str]:
    """The states and groups that are active after these entries: none once the case was cancelled from outside."""
    active: set[str] = set()
    if any(entry.kind == "cancelled" for entry in entries):
        return active
    for move in (move for entry in entries for move in entry.moves):
        active = active.difference(move.left).union(move.entered)
    return active
