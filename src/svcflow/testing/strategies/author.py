"""
Who writes a drawn process: chance, and what has been spoken of so far and must be declared in the end.

Every choice names the plainest first, so that a failing example shrinks towards a process of one state and one event.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, TypeVar

from attrs import field, frozen
from hypothesis import strategies as st

from svcflow.testing.definition import Branch

T = TypeVar("T")

FIELDS: Final[Mapping[str, Branch]] = {
    "urgent": "flag", "priority": "P1 | P2 | P3", "score": "1..5", "parts": "number", "price": "money",
    "visit": "datetime", "bought": "date", "owner": "person", "customer": "person", "fault": "text",
    "phone": {"type": "text", "private": "true"}, "goods": "list", "photos": "files",
    "agreed": {"type": "1h..72h", "calendars": "always"}, "agreed_long": "60d..90d", "rhythm": "1d..9d",
}  # fmt: skip
"""What a drawn process can ask for, by name, with its type."""

DECISIVE: Final = ("urgent", "priority", "score", "parts", "price", "fault", "visit")
DATED: Final = ("visit", "bought")
PERSONS: Final = ("owner", "customer")
ROLES: Final = ("clerk", "engineer", "manager")
SKILLS: Final = ("electrician", "welder")


@frozen
class Shape:
    """
    What drawn processes may hold.

    `most_states` counts those that work is done in, ends and groups aside. `parallel`: states with regions; `children`:
    processes that are run or started; `timed`: anything that hangs on time, calendars and clocks; `versions`:
    `migrate`.
    """

    most_states: int = 6
    parallel: bool = True
    children: bool = True
    timed: bool = True
    versions: bool = True


@frozen(eq=False)
class Author:
    """One process while it is written; every case has the `sure` fields from its opening on, some the `maybe` ones."""

    draw: st.DrawFn
    shape: Shape
    sure: list[str] = field(factory=list)
    maybe: list[str] = field(factory=list)
    child: bool = False
    roles: dict[str, None] = field(factory=dict)
    fields: dict[str, None] = field(factory=dict)
    hooks: dict[str, None] = field(factory=dict)
    skills: dict[str, None] = field(factory=dict)
    shared_events: list[str] = field(factory=list)
    clocks: list[str] = field(factory=list)
    calendars: dict[str, None] = field(factory=dict)
    targets: dict[str, Branch] = field(factory=dict)
    started: list[str] = field(factory=list)
    slow: list[str] = field(factory=list)
    """Where time passes by itself on the way, so that no clock may promise less."""

    def chance(self, of: int) -> bool:
        """Once in so many times."""
        return self.draw(st.integers(0, of - 1)) == of - 1

    def draw_number(self, least: int, most: int) -> int:
        """A whole number, rather a small one."""
        return self.draw(st.integers(least, most))

    def pick(self, options: Sequence[T]) -> T:
        """One of them, rather an early one."""
        return self.draw(st.sampled_from(options))

    def some(self, options: Collection[T], least: int = 0, most: int = 2) -> list[T]:
        """A few different ones."""
        if not options:
            return []
        return self.draw(st.lists(st.sampled_from(list(options)), min_size=least, max_size=most, unique=True))

    def role(self) -> str:
        """A role, declared."""
        return self._declared(self.roles, self.pick(ROLES))

    def person(self) -> str:
        """A person field, declared."""
        return self.field(self.pick(PERSONS))

    def field(self, name: str) -> str:
        """A field, declared."""
        return self._declared(self.fields, name)

    def hook(self) -> str:
        """A hook, declared."""
        return self._declared(self.hooks, self.pick(("record", "order", "survey")))

    def skill(self) -> str:
        """A qualification, declared."""
        return self._declared(self.skills, self.pick(SKILLS))

    def calendar(self) -> str:
        """A calendar of the process, declared."""
        return self._declared(self.calendars, self.pick(("office", "hotline")))

    @staticmethod
    def _declared(among: dict[str, None], name: str) -> str:
        among[name] = None
        return name
