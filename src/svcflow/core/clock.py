"""The SLA stopwatch: it stores when it ran and what was promised; all else is computed from that, never patched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Literal

from attrs import evolve, field, frozen

from svcflow.core import segments as stretches
from svcflow.core.calendar import Calendar, NeverOpen
from svcflow.core.dates import MICROSECOND, NO_TIME
from svcflow.core.quick import quick
from svcflow.core.segments import Segment

__all__ = [
    "Clock",
    "Held",
    "Segment",
    "Step",
    "crossed",
    "due",
    "elapsed",
    "late",
    "mark",
    "met",
    "pause",
    "reached",
    "recalendar",
    "remaining",
    "reopen",
    "resume",
    "retarget",
    "start",
    "stop",
    "used_up",
    "written_down",
]

State = Literal["running", "paused", "stopped"]


@frozen
class Held:
    """A promise that held `until` a moment (None: still), with the calendar it was made on."""

    target: timedelta | None
    calendar: str
    fixed: datetime | None
    until: datetime | None


@frozen
class Clock:
    """
    One cycle of an SLA clock, or one stay under a `limit`.

    `name` is the SLA clock's, or `limit:PATH`: an SLA clock may be called as a state is. `target` is the promised
    working time, None while nobody knows it. `fixed` is a promised date: as long as nothing interrupts the clock, it is
    due exactly then, and `target` is the working time up to then. `calendar` is the key of the calendar it counts on
    now. `segments` are in order; the first may begin in the future. `steps` lists the escalation steps done in this
    cycle, as (step, `fired` or `skipped`). `earlier` lists what it promised before.
    """

    name: str
    cycle: int
    calendar: str
    target: timedelta | None
    segments: tuple[Segment, ...]
    state: State = "running"
    fixed: datetime | None = None
    steps: tuple[tuple[str, str], ...] = ()
    stopped_at: datetime | None = None
    cancelled: bool = False
    earlier: tuple[Held, ...] = ()

    @property
    def calendars(self) -> frozenset[str]:
        """The keys of all calendars that it counts on, or counted on."""
        ran = (segment.calendar for segment in self.segments)
        return frozenset((self.calendar, *ran, *(held.calendar for held in self.earlier)))

    @property
    def started_at(self) -> datetime:
        """When the clock began, or will begin."""
        return self.segments[0].start


_clock, _held = quick(Clock), quick(Held)


@frozen
class Step:
    """
    When an escalation step falls due: `50%`, `100% + 4h`, `-30min` (before due), `100% + 1d`.

    `percent` is of the target, None means the due instant. `offset` is working time of the clock's calendar. `days`
    are working dates, `weeks` as many of them as a week of the calendar has, and `months` calendar months after the
    instant that percent and offset give. `plain`: this is a share and nothing else, so that no calendar is needed to
    tell which of two comes first.
    """

    percent: int | None = None
    offset: timedelta = NO_TIME
    days: int = 0
    months: int = 0
    weeks: int = 0
    plain: bool = field(init=False, eq=False, repr=False)

    @property
    def share(self) -> int:
        """The percentage, the due instant being all of it."""
        return 100 if self.percent is None else self.percent

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "plain", not (self.offset or self.days or self.weeks or self.months))


_DUE = Step()


def start(
    name: str, cycle: int, at: datetime, target: timedelta | None, calendar: str, *, fixed: datetime | None = None
) -> Clock:
    """Begin a cycle at a moment, which may lie in the future."""
    return _clock(name, cycle, calendar, target, stretches.begin(at, calendar), "running", fixed)


def pause(clock: Clock, at: datetime) -> Clock:
    """Stand still from now on; no effect unless running. A promised date becomes working time."""
    if clock.state != "running":
        return clock
    return _moved(clock, stretches.close(clock.segments, at), "paused", _settled(clock, at))


def resume(clock: Clock, at: datetime) -> Clock:
    """Run on after a pause; no effect unless paused."""
    if clock.state != "paused":
        return clock
    return _moved(clock, stretches.reopen(clock.segments, at, clock.calendar), "running", _settled(clock, at))


def stop(clock: Clock, at: datetime, *, cancelled: bool = False) -> Clock:
    """End the cycle; no effect on a stopped clock. `cancelled` says that the case ended without doing the work."""
    if clock.state == "stopped":
        return clock
    return _clock(
        clock.name, clock.cycle, clock.calendar, clock.target, stretches.close(clock.segments, at), "stopped",
        clock.fixed, clock.steps, at, cancelled, clock.earlier,
    )  # fmt: skip


def reopen(clock: Clock, at: datetime) -> Clock:
    """Continue a stopped cycle (`again: continue`), the time in between not counted; no effect unless stopped."""
    if clock.state != "stopped":
        return clock
    earlier = _settled(clock, clock.segments[-1].end or at)
    return _moved(clock, stretches.reopen(clock.segments, at, clock.calendar), "running", earlier)


def retarget(
    clock: Clock, at: datetime, target: timedelta | None, calendar: str, *, fixed: datetime | None = None
) -> Clock:
    """
    Promise something else from now on; no effect on a stopped clock.

    Time used stays, measured as it was; a new calendar measures from now on. A date only holds for a clock that never
    stood still; any other one counts its working time.
    """
    if not stretches.unbroken(clock.segments):
        fixed = None
    if clock.state == "stopped" or (clock.target, clock.calendar, clock.fixed) == (target, calendar, fixed):
        return clock
    held = _held(clock.target, clock.calendar, clock.fixed, at)
    return _clock(
        clock.name, clock.cycle, calendar, target, stretches.recut(clock.segments, at, calendar), clock.state, fixed,
        clock.steps, earlier=(*clock.earlier, held),
    )  # fmt: skip


def recalendar(clock: Clock, at: datetime, calendar: str) -> Clock:
    """Count what is left on another calendar from now on; a promised date becomes working time."""
    return clock if clock.calendar == calendar else retarget(clock, at, clock.target, calendar)


def written_down(clock: Clock, calendars: Mapping[str, Calendar], changed: AbstractSet[str], at: datetime) -> Clock:
    """
    Keep what was counted up to a moment, and since when it is used up, as these calendars say.

    From then on those that have `changed` mean others: time used and verdicts stay, the rest counts on the new ones.
    """
    if changed.isdisjoint(clock.calendars):
        return clock
    segments = stretches.written_down(clock.segments, {key: calendars[key] for key in changed}, at)
    return evolve(clock, segments=segments, fixed=used_up(clock, calendars, at) or clock.fixed, earlier=())


def mark(clock: Clock, done: Iterable[tuple[str, str]]) -> Clock:
    """Note escalation steps as `fired` or `skipped`."""
    return Clock(
        clock.name,
        clock.cycle,
        clock.calendar,
        clock.target,
        clock.segments,
        clock.state,
        clock.fixed,
        (*clock.steps, *done),
        clock.stopped_at,
        clock.cancelled,
        clock.earlier,
    )


def elapsed(clock: Clock, calendars: Mapping[str, Calendar], now: datetime) -> timedelta:
    """Working time used up to now; `now` is not before the clock's last change."""
    return stretches.worked(clock.segments, calendars, now)


def remaining(clock: Clock, calendars: Mapping[str, Calendar], now: datetime) -> timedelta | None:
    """Working time left, negative when overdrawn; None without a target."""
    return None if clock.target is None else clock.target - elapsed(clock, calendars, now)


def due(clock: Clock, calendars: Mapping[str, Calendar]) -> datetime | None:
    """
    The instant at which the promise is used up, also when that is over.

    None while the clock is paused, stopped or has no target, and when its calendar never opens for so long. A promise
    cut to less than was used is due when it was cut, not before.
    """
    return _since(clock, calendars, _DUE) if clock.state == "running" else None


def used_up(clock: Clock, calendars: Mapping[str, Calendar], now: datetime) -> datetime | None:
    """Since when the promise that holds now has been used up, in whatever state the clock is; None if it is not."""
    since = _since(clock, calendars, _DUE)
    return since if since is not None and since <= now else None


def late(clock: Clock, calendars: Mapping[str, Calendar], now: datetime) -> bool:
    """Whether the clock ran on after its due instant; exactly at it is in time, and standing still is not running."""
    since, until = _since(clock, calendars, _DUE), stretches.ran_until(clock.segments, now)
    return since is not None and until is not None and until > since


def met(clock: Clock, calendars: Mapping[str, Calendar], now: datetime) -> bool | None:
    """Whether the promise was kept; None while open, without a target, and if a cancelled end came before the due."""
    if late(clock, calendars, now):
        return False
    return None if clock.state != "stopped" or clock.cancelled or clock.target is None else True


def reached(clock: Clock, calendars: Mapping[str, Calendar], step: Step) -> datetime | None:
    """
    The instant at which an escalation step falls due, in the past or in the future.

    None unless the clock is running with a target. What was reached while it stood still falls due when it runs again.
    """
    if clock.state != "running":
        return None
    since = _since(clock, calendars, step) if clock.earlier else _hit(clock, calendars, step, clock)
    return None if since is None else max(since, clock.segments[-1].start)


def crossed(clock: Clock, calendars: Mapping[str, Calendar], step: Step, now: datetime) -> datetime | None:
    """The first instant up to now at which a step was reached, under whatever promise held then; None if never."""
    for since, promise in _promises(clock):
        hit = _hit(clock, calendars, step, promise)
        if hit is not None and hit <= (promise.until or now):
            return hit if since is None else max(hit, since)
    return None


def _since(clock: Clock, calendars: Mapping[str, Calendar], step: Step) -> datetime | None:
    """From when on a step has been reached without a break, whatever was promised; may lie in the future."""
    if not clock.earlier:
        return _hit(clock, calendars, step, clock)
    found: datetime | None = None
    for since, promise in _promises(clock):
        hit = _hit(clock, calendars, step, promise)
        if hit is None or (promise.until is not None and hit > promise.until):
            found = None
        elif found is None or since is None or hit > since:
            found = hit if since is None else max(hit, since)
    return found


def _promises(clock: Clock) -> Iterator[tuple[datetime | None, Held]]:
    """What was promised and since when, oldest first."""
    since = None
    for promise in clock.earlier:
        yield since, promise
        since = promise.until
    yield since, _held(clock.target, clock.calendar, clock.fixed, None)


def _hit(clock: Clock, calendars: Mapping[str, Calendar], step: Step, promise: Clock | Held) -> datetime | None:
    """When a step is reached if this was promised all the time; None if the clock stood still before, or for ever."""
    if promise.target is None:
        return None
    try:
        hit = _point(clock, calendars, step, promise)
        if hit is not None and not step.plain:
            hit = _later(hit, calendars[promise.calendar], step)
    except NeverOpen:
        return None
    end = clock.segments[-1].end
    return hit if hit is None or end is None or hit <= end else None


def _later(hit: datetime, calendar: Calendar, step: Step) -> datetime:
    """So many working dates and months later."""
    if step.days or step.weeks:
        hit = calendar.add_days(hit, step.days + step.weeks * len(calendar.workdays))
    return calendar.add_months(hit, step.months) if step.months else hit


def _point(clock: Clock, calendars: Mapping[str, Calendar], step: Step, promise: Clock | Held) -> datetime | None:
    """The instant that percent and offset of a step give."""
    if promise.fixed is not None and step.percent in {None, 100}:
        calendar = calendars[promise.calendar]
        if step.offset < NO_TIME:
            return max(calendar.before(promise.fixed, -step.offset), clock.started_at)
        return calendar.due(promise.fixed, step.offset)
    target = promise.target or NO_TIME
    # A fraction of a microsecond is rounded up: no step is reached too early.
    share = target if step.percent is None else -(-(target // MICROSECOND) * step.percent // 100) * MICROSECOND
    if step.offset < NO_TIME:
        return stretches.latest(clock.segments, calendars, share + step.offset)
    return stretches.earliest(clock.segments, calendars, share + step.offset)


def _moved(clock: Clock, segments: tuple[Segment, ...], state: State, earlier: tuple[Held, ...]) -> Clock:
    """The clock after a pause, or running again: from then on it counts working time only."""
    return _clock(
        clock.name, clock.cycle, clock.calendar, clock.target, segments, state, steps=clock.steps, earlier=earlier
    )


def _settled(clock: Clock, at: datetime) -> tuple[Held, ...]:
    """What was promised before, a date that now becomes working time included."""
    if clock.fixed is None:
        return clock.earlier
    return (*clock.earlier, _held(clock.target, clock.calendar, clock.fixed, at))
