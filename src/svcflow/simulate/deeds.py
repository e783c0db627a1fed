"""What is remembered of many cases while they go by: when people began what they did, and some numbers of a stream."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from heapq import heappop, heappush, heappushpop

from attrs import define, field

from svcflow.simulate.spread import Chance

_NEVER = datetime.min.replace(tzinfo=UTC)


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
    before its opening: of what was done by then, the last two ends of each person are enough.
    """

    def __init__(self, tell: Callable[[Deed], None]) -> None:
        self._tell = tell
        self._open: list[tuple[datetime, int, Deed]] = []
        self._number = 0
        self._ends: dict[str, tuple[datetime, datetime]] = {}  # By person, the end of the last one, and one before it.

    def add(self, deed: Deed) -> None:
        """Take in a deed that could have been begun at its `begin`, as far as that hangs on its own case."""
        self._number += 1
        heappush(self._open, (deed.at, self._number, deed))

    def pass_to(self, now: datetime | None) -> None:
        """Tell what was done by now, all of it where nothing more comes."""
        while self._open and (now is None or self._open[0][0] <= now):
            _, _, deed = heappop(self._open)
            last, before = self._ends.get(deed.person, (_NEVER, _NEVER))
            if last < deed.at:  # What ends at the same moment keeps nobody from beginning.
                last, before = deed.at, last
            self._ends[deed.person] = last, before
            deed.begin = max(deed.begin, before)
            self._tell(deed)
