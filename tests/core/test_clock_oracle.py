"""The SLA stopwatch against a meter that runs minute by minute."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from minutes import DAY, MINUTE, Rules, Table, rules_near
from svcflow.core import clock as sla
from svcflow.core.calendar import Calendar
from svcflow.core.clock import Clock, Step

PERCENTS = (50, 75, 100, 150)
HOURS = 54
ROUND_THE_CLOCK = dict.fromkeys(range(7), ((0, 1440),))

Event = tuple[int, str, str, int | None]


@define
class Meter:
    """What a person with a wrist watch would note down about one clock."""

    tables: dict[str, Table]
    calendar: str
    target: int | None
    state: Literal["running", "paused", "stopped"] = "running"
    used: int = 0
    since: dict[int, datetime] = field(factory=dict)
    first: dict[int, datetime] = field(factory=dict)
    begun: datetime | None = None
    ran_late: bool = False

    def look(self, now: datetime) -> None:
        if self.state == "stopped":
            return
        for percent in PERCENTS:
            if self.target is not None and self.used * 100 >= percent * self.target:
                self.since.setdefault(percent, now)
                self.first.setdefault(percent, now)
            else:
                self.since.pop(percent, None)
        # A longer promise takes lateness back: what counts is the promise that holds now.
        self.ran_late = self.ran_late and 100 in self.since

    def hear(self, now: datetime, word: str, calendar: str, target: int | None) -> None:
        match word, self.state:
            case "pause", "running":
                self.state = "paused"
            case ("resume", "paused") | ("reopen", "stopped"):
                self.state, self.begun = "running", now
            case "stop", _:
                self.state = "stopped"
            case "retarget", "running" | "paused":
                self.target = target
            case "calendar", "running" | "paused":
                if self.state == "running" and calendar != self.calendar:
                    self.begun = now
                self.calendar = calendar

    def pass_minute(self, now: datetime) -> None:
        if self.state == "running":
            self.ran_late = self.ran_late or 100 in self.since
            self.used += self.tables[self.calendar].elapsed(now, now + MINUTE)


def metered(tables: dict[str, Table], start: datetime, target: int, events: Sequence[Event], now: datetime) -> Meter:
    meter = Meter(tables, "odd", target, begun=start)
    at = start
    while True:
        meter.look(at)
        for minute, word, calendar, new in events:
            if start + minute * MINUTE == at:
                meter.hear(at, word, calendar, new)
                meter.look(at)
        if at == now:
            return meter
        meter.pass_minute(at)
        at += MINUTE


def driven(start: datetime, target: int, events: Sequence[Event]) -> Clock:
    clock = sla.start("resolution", 1, start, target * MINUTE, "odd")
    for minute, word, calendar, new in events:
        at = start + minute * MINUTE
        match word:
            case "pause":
                clock = sla.pause(clock, at)
            case "resume":
                clock = sla.resume(clock, at)
            case "reopen":
                clock = sla.reopen(clock, at)
            case "stop":
                clock = sla.stop(clock, at)
            case "retarget":
                clock = sla.retarget(clock, at, None if new is None else new * MINUTE, clock.calendar)
            case _:
                clock = sla.recalendar(clock, at, calendar)
    return clock


targets = st.integers(0, 30 * 60) | st.sampled_from([0, 60, 120, 480])
events = st.lists(
    st.tuples(
        st.integers(0, HOURS).map(lambda hour: hour * 60) | st.integers(0, HOURS * 60),
        st.sampled_from(["pause", "resume", "resume", "retarget", "calendar", "stop", "reopen"]),
        st.sampled_from(["odd", "always"]),
        st.none() | targets,
    ),
    max_size=8,
).map(lambda found: sorted(found, key=lambda event: event[0]))


@given(rules_near(), st.integers(-24, 12), targets, events)
def test_a_clock_says_what_a_meter_says(
    place: tuple[Rules, datetime], hour: int, target: int, happened: list[Event]
) -> None:
    rules, odd = place
    start = odd + hour * timedelta(hours=1)
    now = start + HOURS * timedelta(hours=1)
    always = Rules(rules.zone, ROUND_THE_CLOCK)
    calendars: dict[str, Calendar] = {"odd": rules.calendar(), "always": Calendar.always(rules.zone)}
    tables = {name: Table(which, odd - DAY, 5) for name, which in (("odd", rules), ("always", always))}
    meter, clock = metered(tables, start, target, happened, now), driven(start, target, happened)

    assert clock.state == meter.state
    assert sla.elapsed(clock, calendars, now) == meter.used * MINUTE
    left = None if meter.target is None else (meter.target - meter.used) * MINUTE
    assert sla.remaining(clock, calendars, now) == left
    assert sla.used_up(clock, calendars, now) == meter.since.get(100)
    assert sla.late(clock, calendars, now) == meter.ran_late
    assert met(meter) == sla.met(clock, calendars, now)
    for percent in (75, 100):
        exact = meter.first.get(percent)
        assert within_a_minute(sla.crossed(clock, calendars, Step(percent), now), exact, now)
    if meter.state == "running":
        assert due_fits(sla.due(clock, calendars), meter, now)
        since = meter.since.get(100)
        if since is not None and meter.begun is not None:
            assert sla.reached(clock, calendars, Step(100)) == max(since, meter.begun)
    else:
        assert sla.due(clock, calendars) is None
        assert sla.reached(clock, calendars, Step(50)) is None


@given(rules_near(), st.integers(-24, 12), targets, st.lists(st.integers(0, HOURS * 60), max_size=6))
def test_a_pause_without_length_changes_nothing(
    place: tuple[Rules, datetime], hour: int, target: int, minutes: list[int]
) -> None:
    rules, odd = place
    start = odd + hour * timedelta(hours=1)
    calendars = {"odd": rules.calendar()}
    plain = sla.start("resolution", 1, start, target * MINUTE, "odd")
    clock = plain
    for minute in sorted(minutes):
        at = start + minute * MINUTE
        clock = sla.resume(sla.pause(clock, at), at)
    assert sla.due(clock, calendars) == sla.due(plain, calendars)
    now = start + HOURS * timedelta(hours=1)
    assert sla.elapsed(clock, calendars, now) == sla.elapsed(plain, calendars, now)
    assert sla.late(clock, calendars, now) == sla.late(plain, calendars, now)


@given(rules_near(), st.integers(-24, 12), targets, st.integers(0, 1440), st.integers(0, 1440))
def test_a_pause_moves_the_due_by_its_working_time(
    place: tuple[Rules, datetime], hour: int, target: int, before: int, length: int
) -> None:
    rules, odd = place
    calendar = rules.calendar()
    start = odd + hour * timedelta(hours=1)
    paused, resumed = start + before * MINUTE, start + (before + length) * MINUTE
    plain = sla.start("resolution", 1, start, target * MINUTE, "odd")
    due = sla.due(plain, {"odd": calendar})
    moved = sla.due(sla.resume(sla.pause(plain, paused), resumed), {"odd": calendar})
    if due is None or due <= paused:
        assert moved == due
        return
    left = calendar.elapsed(paused, due)
    if moved is None:
        assert calendar.elapsed(resumed, resumed + 1000 * DAY) < left
    else:
        assert calendar.elapsed(resumed, moved) == left
        assert calendar.elapsed(resumed, moved - timedelta(microseconds=1)) < left


def met(meter: Meter) -> bool | None:
    if meter.ran_late:
        return False
    return True if meter.state == "stopped" and meter.target is not None else None


def within_a_minute(found: datetime | None, exact: datetime | None, now: datetime) -> bool:
    """A share of a target need not be whole minutes: the meter sees it at the next one."""
    if found is None or exact is None:
        return found == exact or (found is not None and found > now - MINUTE)
    return timedelta(0) <= exact - found < MINUTE


def due_fits(due: datetime | None, meter: Meter, now: datetime) -> bool:
    if meter.target is None:
        return due is None
    if 100 in meter.since:
        return due == meter.since[100]
    expected = meter.tables[meter.calendar].due(now, meter.target - meter.used)
    return due == expected if expected is not None else due is None or due >= now
