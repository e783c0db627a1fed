"""The texts of a case's clocks as last written: most of a snapshot, and little of it changes with an event."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from svcflow.core.case import Case
from svcflow.core.clock import Clock
from svcflow.core.event import EMPTY
from svcflow.core.shape import NUMBER, inner
from svcflow.stores.row_text import dump

_CLOCK = inner(Clock, instants=NUMBER)


@frozen
class Past:
    """Clocks and their texts as last written: finished cycles never change, and an event changes few of the others."""

    cycles: tuple[Clock, ...] = ()
    cycles_text: str = ""
    clocks: Mapping[str, tuple[Clock, str]] = EMPTY

    def of(self, case: Case) -> Past:
        """The same for a case as it has become; only what is new is written."""
        cycles, known = case.cycles, len(self.cycles)
        if cycles[:known] != self.cycles:
            return NO_PAST.of(case)
        texts = [dump(_CLOCK(cycle)) for cycle in cycles[known:]]
        clocks = {}
        for name, clock in case.clocks.items():
            was = self.clocks.get(name)
            if was is None or was[0] is not clock:
                was = clock, f"{dump(name)}:{dump(_CLOCK(clock))}"
            clocks[name] = was
        return Past(cycles, ",".join([self.cycles_text, *texts] if known else texts), clocks)

    @property
    def text(self) -> str:
        """Clocks and cycles as they stand in a snapshot."""
        clocks = ",".join([text for _, text in self.clocks.values()])
        return f'"clocks":{{{clocks}}},"cycles":[{self.cycles_text}]'


NO_PAST = Past()
