"""The fields of a case as a process declares them."""

from __future__ import annotations

from attrs import frozen

from svcflow.core.duration import Size, Unit
from svcflow.core.event import EMPTY
from svcflow.core.kinds import Kind
from svcflow.core.rule import People, Text


@frozen
class Field:
    """
    A declared field, its type, and who sees it (None: everybody).

    `choices` holds the words of `a | b | c`; `low` and `high` the ends of `1..5`, or with `unit` of `30min..4h`, whose
    times may name one of `calendars`.
    """

    name: str
    kind: Kind
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 0
    private: bool = False
    title: Text = EMPTY
    seen_by: People | None = None
    unit: Unit | None = None
    calendars: tuple[str, ...] = ()

    @property
    def ends(self) -> tuple[Size, Size]:
        """The shortest and the longest time that fits into a field of times."""
        unit = self.unit or "min"
        return Size(self.low, unit), Size(self.high, unit)

    @property
    def extremes(self) -> tuple[str, ...]:
        """Both as values, on the calendar of their place and on each that they may name."""
        on = ("", *(f" on {name}" for name in self.calendars))
        return tuple(f"{end}{tail}" for tail in on for end in self.ends)
