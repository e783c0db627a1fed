"""What is remembered of many cases while they go by: when people began what they did, and some numbers of a stream."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from datetime import datetime
from heapq import heappop, heappush, heappushpop
from operator import attrgetter

from attrs import define, field

from svcflow.simulate.spread import Chance


@define
class Sample:
    """
    At most so many numbers of all that come by, every one as likely as another.

    Chance is a digest of what a number belongs to: whatever the order, the same ones are kept.
    """

    most: int
    _kept: list[tuple[float, int]] = field(factory=list)

    def add(self, name: str, number: int) -> None:
        """One number, and what it belongs to."""
        one = (-Chance("sample").of(name), number)
        if len(self._kept) < self.most:
            heappush(self._kept, one)
        else:
            heappushpop(self._kept, one)

    @property
    def numbers(self) -> tuple[int, ...]:
        """Those that were kept, in order."""
        return tuple(sorted(number for _, number in self._kept))


@define(eq=False)
class Deed:
    """Something that somebody did `at` a time; `begin` is what it can have been begun at, `event` what it was."""

    person: str
    begin: datetime
    at: datetime
    process: str
    event: str
    name: str


class Deeds:
    """
    The deeds of cases that come by in the order of their opening; `tell` gets each when nothing can change it any more.

    Nobody begins before the end of what they did last, in whatever case. A case that is still to come tells of no time
    before its opening: what was done by then need not be remembered.
    """

    def __init__(self, tell: Callable[[Deed], None]) -> None:
        self._tell = tell
        self._of: dict[str, list[Deed]] = {}
        self._open: list[tuple[datetime, int, Deed]] = []
        self._number = 0

    def add(self, deed: Deed) -> None:
        """Take in a deed that could have been begun at its `begin`, and correct that, and those of others."""
        mine = self._of.setdefault(deed.person, [])
        place = bisect_left(mine, deed.at, key=attrgetter("at"))
        if place:
            deed.begin = max(deed.begin, mine[place - 1].at)
        for later in mine[place:]:
            if later.at > deed.at:
                later.begin = max(later.begin, deed.at)
        mine.insert(place, deed)
        self._number += 1
        heappush(self._open, (deed.at, self._number, deed))

    def pass_to(self, now: datetime | None) -> None:
        """Tell what was done by now, all of it where nothing more comes."""
        while self._open and (now is None or self._open[0][0] <= now):
            _, _, deed = heappop(self._open)
            mine = self._of[deed.person]
            mine.remove(deed)
            if not mine:
                del self._of[deed.person]
            self._tell(deed)
