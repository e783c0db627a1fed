"""What a simulation counts while it runs: levels over time, stays in states, promises, work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from attrs import define, field, frozen

from svcflow.core import clock as stopwatch
from svcflow.core.calendar import Calendar
from svcflow.core.case import Case
from svcflow.core.clock import Clock
from svcflow.core.decision import Decision
from svcflow.core.process import Process

NO_TIME = timedelta()
MICROSECOND, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)
MOST_SLOTS = 400


@frozen
class Slots:
    """Equal slots of the time of a run: what is told over time is told slot by slot."""

    start: datetime
    end: datetime
    length: timedelta

    @classmethod
    def over(cls, start: datetime, end: datetime) -> Slots:
        """Hours for up to three days, else days, or so many days that there are few enough of them."""
        whole = end - start
        if whole <= 3 * DAY:
            return cls(start, end, HOUR)
        return cls(start, end, DAY * max(1, -(-whole // (DAY * MOST_SLOTS))))

    def at(self, moment: datetime) -> int:
        """The number of the slot around a moment."""
        return (moment - self.start) // self.length

    def parts(self, since: datetime, until: datetime) -> Iterator[tuple[int, datetime, datetime]]:
        """A stretch of time, slot by slot."""
        while since < until:
            number = self.at(since)
            stop = min(until, self.start + (number + 1) * self.length)
            yield number, since, stop
            since = stop


@define
class Level:
    """How many there are of something, over time."""

    slots: Slots
    at: datetime
    now: int = 0
    most: int = 0
    area: timedelta = NO_TIME
    parts: dict[int, timedelta] = field(factory=dict)

    def change(self, moment: datetime, by: int = 0) -> None:
        """So many more from a moment on."""
        if moment > self.at:
            self._count(self.now, self.at, moment)
        else:  # It was so already: a timer counts from when it was due.
            self._count(by, moment, self.at)
        self.at = max(self.at, moment)
        self.now += by
        self.most = max(self.most, self.now)

    def _count(self, many: int, since: datetime, until: datetime) -> None:
        """So many there were for so long."""
        if many:
            for number, begin, stop in self.slots.parts(since, until):
                part = many * (stop - begin)
                self.area += part
                self.parts[number] = self.parts.get(number, NO_TIME) + part


@define
class Stays:
    """The stays in one state: those that are over; how long they were, how much of it was waiting and work."""

    count: int = 0
    time: timedelta = NO_TIME
    waiting: timedelta = NO_TIME
    working: timedelta = NO_TIME


@define
class Kept:
    """How one clock or limit was kept; `elapsed` is over the cycles that are over."""

    met: int = 0
    late: int = 0
    running: int = 0
    over: int = 0
    elapsed: timedelta = NO_TIME


@define
class Waits:
    """One queue: how many lie in it, how long those waited that somebody took, and how many nobody did."""

    level: Level
    taken: list[int] = field(factory=list)
    dropped: int = 0


@define
class Sheet:
    """What is counted of the cases of one process; `lengths` are those of the cases that ended, in microseconds."""

    process: Process
    open: Level
    leaves: frozenset[str]
    opened: int = 0
    ends: Counter[str] = field(factory=Counter)
    statuses: Counter[str] = field(factory=Counter)
    lengths: list[int] = field(factory=list)
    stays: dict[str, Stays] = field(factory=dict)
    clocks: dict[tuple[str, str], Kept] = field(factory=dict)
    opened_in: Counter[int] = field(factory=Counter)
    ended_in: Counter[int] = field(factory=Counter)

    def clocked(self, case: Case, now: datetime) -> None:
        """Count the promises of a case that has ended, or of one that is open when the run ends."""
        for clock in (*case.cycles, *case.clocks.values()):
            self._clock(clock, now)

    def _clock(self, clock: Clock, now: datetime) -> None:
        calendars = self.process.calendars
        kind = "limit" if clock.name.startswith("limit:") else "clock"
        kept = self.clocks.setdefault((kind, clock.name.removeprefix("limit:")), Kept())
        met = stopwatch.met(clock, calendars, now)
        late = stopwatch.late(clock, calendars, now)
        kept.met += met is True
        kept.late += late
        if clock.state == "stopped":
            kept.over += 1
            kept.elapsed += stopwatch.elapsed(clock, calendars, now)
        elif not late:
            kept.running += 1


class Tally:
    """Everything that is counted; the loop and the staff tell it what happens."""

    def __init__(self, processes: dict[str, Process], slots: Slots) -> None:
        self.slots = slots
        self.sheets = {
            name: Sheet(process, Level(slots, slots.start), _leaves(process)) for name, process in processes.items()
        }
        self.waits: dict[str, Waits] = {}
        self.worked: dict[str, dict[int, timedelta]] = {}
        self.refused: Counter[tuple[str, str, str]] = Counter()
        self.nobody: Counter[tuple[str, str, str, str]] = Counter()
        self.stuck: Counter[tuple[str, str]] = Counter()
        self.ways: set[tuple[str, str]] = set()
        self._since: dict[str, dict[str, datetime]] = {}

    def hear(self, decision: Decision) -> None:
        """Count what a decision has done."""
        case = decision.case
        sheet = self.sheets[case.process]
        if decision.before is None:
            sheet.opened += 1
            sheet.opened_in[self.slots.at(case.opened_at)] += 1
            sheet.open.change(case.opened_at, 1)
        since = self._since.setdefault(case.id, {})
        for entry in decision.journal:
            for move in entry.moves:
                self.ways.update((case.process, count) for count in move.taken)
                for path in move.left:
                    if path in since:
                        stays = sheet.stays.setdefault(path, Stays())
                        stays.count += 1
                        stays.time += entry.at - since.pop(path)
                for path in move.entered:
                    if path in sheet.leaves:
                        since[path] = entry.at
        if case.ended:
            self._ended(sheet, case)

    def _ended(self, sheet: Sheet, case: Case) -> None:
        at = case.ended_at or case.moved_at
        sheet.open.change(at, -1)
        sheet.ends[case.state] += 1
        sheet.statuses[case.status] += 1
        sheet.lengths.append((at - case.opened_at) // MICROSECOND)
        sheet.ended_in[self.slots.at(at)] += 1
        sheet.clocked(case, at)
        del self._since[case.id]

    def queued(self, who: str, at: datetime) -> None:
        """Something waits for these people."""
        waits = self.waits.get(who)
        if waits is None:
            waits = self.waits[who] = Waits(Level(self.slots, self.slots.start))
        waits.level.change(at, 1)

    def taken(self, who: str, process: str, leaf: str, since: datetime, at: datetime, *, dropped: bool) -> None:
        """It waits no longer: somebody took it, or it was dropped because the case moved on."""
        waits = self.waits[who]
        waits.level.change(at, -1)
        self.sheets[process].stays.setdefault(leaf, Stays()).waiting += at - since
        if dropped:
            waits.dropped += 1
        else:
            waits.taken.append((at - since) // MICROSECOND)

    def work(self, person: str, calendar: Calendar, since: datetime, until: datetime) -> timedelta:
        """Somebody worked on something; the working time of it."""
        parts = self.worked.setdefault(person, {})
        whole = NO_TIME
        for number, begin, stop in self.slots.parts(since, until):
            worked = calendar.elapsed(begin, stop)
            parts[number] = parts.get(number, NO_TIME) + worked
            whole += worked
        return whole

    def worked_on(self, process: str, leaf: str, worked: timedelta) -> None:
        """So much work went into a state."""
        self.sheets[process].stays.setdefault(leaf, Stays()).working += worked

    def close(self, cases: Iterable[Case], at: datetime) -> None:
        """Count what is open at the end."""
        for case in cases:
            self.sheets[case.process].clocked(case, at)
        for sheet in self.sheets.values():
            sheet.open.change(at)
        for waits in self.waits.values():
            waits.level.change(at)


def _leaves(process: Process) -> frozenset[str]:
    return frozenset(state.path for state in process.states if not state.children)
