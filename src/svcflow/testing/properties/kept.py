"""What is decided is what is kept: the store against the pure model, the journals against their cases."""

from __future__ import annotations

from itertools import pairwise

from svcflow.testing.step import Step
from svcflow.testing.violations import ClockBackwards, StoreRoundTrip
from svcflow.testing.world import World


class StoreKeeps:
    """Every case, as of now, is the one of the pure model; at the end every journal is too."""

    def __init__(self, world: World) -> None:  # noqa: ARG002 - as every property is made
        """Nothing need be known beforehand."""

    def after(self, step: Step, world: World) -> None:
        """Compare the cases that are there."""
        for case in step.after:
            present, wanted = world.engine.case(case), world.pure.cases.get(case)
            if present != wanted:
                raise StoreRoundTrip(f"the store has {present!r}, decided was {wanted!r}", case=case)

    def end(self, world: World) -> None:
        """Let a worker catch up, and compare the journals."""
        while world.engine.tick():
            pass
        for case, entries in world.pure.journal.items():
            if list(world.journal(case)) != entries:
                raise StoreRoundTrip("the journal is not what was decided", case=case)
            for earlier, later in pairwise(entries):
                if later.at < earlier.at:
                    raise ClockBackwards(f"entry {later.seq} is earlier than {earlier.seq}", case=case)
