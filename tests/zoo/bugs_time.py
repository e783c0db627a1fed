"""
Planted bugs of time: clocks, limits, escalation, timers, calendars.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path

from attrs import evolve

from svcflow.core import arming, clock, family, hours, macrostep, moments, sla, timing
from svcflow.core.calendar import Calendar
from svcflow.core.case import Case, Timer
from svcflow.core.clock import Clock
from svcflow.core.dates import offset
from svcflow.core.draft import Draft
from svcflow.core.hours import Shift
from svcflow.core.machine import Step
from svcflow.core.process import ClockRule
from svcflow.core.promise import Time
from svcflow.core.rule import NO_ESCALATION, After, Course, EscalationStep
from svcflow.testing.violations import EscalationSkipped, SlaClockDrift, StoreRoundTrip, TimerOrder
from zoo.zoo import Bug, bug, replaced

WORKSHOP = (Path(__file__).parents[1] / "testing" / "workshop.yaml").read_text("utf-8")

ROUND = """
process: round
version: 1
roles: [agent]
open: {by: agent}
by: agent
sla: {first: {from: asked, until: answered, target: 2h on always, again: ignore}}
states:
  asked: {events: {answer: answered}}
  answered: {events: {ask: asked, close: closed}}
  closed: {end: done}
""".lstrip()

CARE = """
process: care
version: 1
roles: [agent]
hooks: [visit]
open: {by: agent}
by: agent
states:
  cared_for: {after: {every 1mo: {do: {hook: visit}}}, events: {end: over}}
  over: {end: done}
""".lstrip()

# ── SLA clocks ─────────────────────────────────────────────────────────────────────────────────────────────────────


@bug("core/sla", (EscalationSkipped, SlaClockDrift), "service_ticket")
def pause_forgotten() -> Iterator[None]:
    """A state that pauses a clock lets it run on."""

    def pause(draft: Draft) -> None:
        pass

    with replaced(sla, "pause", pause):
        yield


@bug("core/clock", SlaClockDrift, "service_ticket")
def late_at_the_due_instant() -> Iterator[None]:
    """`<=` for `<`: what is done exactly when it is due is late."""

    def late(known: Clock, calendars: Mapping[str, Calendar], now: datetime) -> bool:
        since = clock.used_up(known, calendars, now)
        until = known.segments[-1].end or now
        return since is not None and until >= since

    with replaced(clock, "late", late):
        yield


@bug("core/sla", (EscalationSkipped, SlaClockDrift), "service_ticket")
def promised_from_now() -> Iterator[None]:
    """Another priority is promised from now on, not from the start of the clock."""
    right = sla._target

    def target(draft: Draft, rule: ClockRule, start: datetime) -> tuple[timedelta | None, str]:
        return right(draft, rule, max(start, draft.at))

    with replaced(sla, "_target", target):
        yield


@bug("core/sla", (EscalationSkipped, SlaClockDrift), "service_ticket", length=2)
def old_priority_kept() -> Iterator[None]:
    """A priority that changes leaves the promise as it was."""

    def retarget(draft: Draft) -> None:
        draft.fresh = False

    with replaced(sla, "retarget", retarget):
        yield


@bug("core/clock", (EscalationSkipped, SlaClockDrift), "service_ticket", length=8)
def resumed_from_nothing() -> Iterator[None]:
    """A clock that runs on after a pause has lost what it had counted before."""
    right = clock.resume

    def resume(known: Clock, at: datetime) -> Clock:
        after = right(known, at)
        return after if after is known else evolve(after, segments=after.segments[-1:])

    with replaced(clock, "resume", resume):
        yield


@bug("core/sla", (EscalationSkipped, SlaClockDrift), "service_ticket", length=2)
def started_again_on_entry() -> Iterator[None]:
    """A clock that runs starts anew with every state it is said to start from."""
    right = sla.turn_clocks

    def turn_clocks(draft: Draft, taken: list[Course], entered: tuple[int, ...]) -> None:
        for rule in draft.process.clocks.values():
            if rule.starts.intersection(entered) and rule.key in draft.clocks:
                draft.clocks[rule.key] = clock.stop(draft.clocks[rule.key], draft.at)
        right(draft, taken, entered)

    with replaced(sla, "turn_clocks", turn_clocks):
        yield


@bug("core/sla", (EscalationSkipped, SlaClockDrift), (ROUND,))
def counted_once_counted_again() -> Iterator[None]:
    """`again: ignore` is read as `restart`."""

    def start_again(draft: Draft, key: str, rule: ClockRule) -> None:
        sla._start_clock(draft, key, rule)

    with replaced(sla, "_start_again", start_again):
        yield


@bug("core/clock", SlaClockDrift, "service_ticket", length=6)
def cancelled_is_met() -> Iterator[None]:
    """A clock that a cancelled end stops before its due counts as met."""
    right = clock.stop

    def stop(known: Clock, at: datetime, *, cancelled: bool = False) -> Clock:
        return right(known, at, cancelled=cancelled and known.target is None)

    with replaced(clock, "stop", stop):
        yield


@bug("core/sla", (EscalationSkipped, SlaClockDrift), "complaint")
def renewal_forgotten() -> Iterator[None]:
    """An event that renews a clock does not."""
    right = sla.turn_clocks

    def turn_clocks(draft: Draft, taken: list[Course], entered: tuple[int, ...]) -> None:
        right(draft, [], entered)

    with replaced(sla, "turn_clocks", turn_clocks):
        yield


# ── limits and escalation ──────────────────────────────────────────────────────────────────────────────────────────


@bug("core/macrostep", (EscalationSkipped, SlaClockDrift), "service_ticket")
def limit_restarted_on_here() -> Iterator[None]:
    """An event that stays where it is starts the limit of its state anew."""
    right = macrostep._take

    def take(draft: Draft, step: Step, trigger: str | None) -> None:
        right(draft, step, trigger)
        for leaf in draft.leaves if step.taken and not step.exited and draft.status == "open" else ():
            state = draft.process.states[leaf]
            if state.limit is not None and state.limit_key in draft.clocks:
                timing._start_limit(draft, state, state.limit.promise, draft.at)

    with replaced(macrostep, "_take", take):
        yield


@bug("core/clock", EscalationSkipped, "service_ticket", length=8)
def step_not_marked() -> Iterator[None]:
    """Of several steps overtaken at once the highest fires, and the lower ones are not marked."""
    right = clock.mark

    def mark(known: Clock, done: Iterable[tuple[str, str]]) -> Clock:
        return right(known, [one for one in done if one[1] == "fired"])

    with replaced(clock, "mark", mark):
        yield


@bug("core/sla", EscalationSkipped, "service_ticket", length=8)
def lowest_step_fires() -> Iterator[None]:
    """Of several steps overtaken at once the lowest fires."""
    right = sla.overtaken

    def overtaken(draft: Draft, key: str) -> EscalationStep | None:
        highest, steps = right(draft, key), draft.process.escalations.get(key, NO_ESCALATION).steps
        skipped = [name for name, how in draft.clocks[key].steps if how == "skipped"]
        return next((step for step in steps if step.key in skipped), highest)

    with replaced(sla, "overtaken", overtaken):
        yield


@bug("core/sla", EscalationSkipped, "service_ticket")
def step_forgotten_after_a_pause() -> Iterator[None]:
    """A clock that runs on after a pause is not escalated any more."""
    right = sla.arm_step

    def arm_step(draft: Draft, key: str) -> None:
        if len(draft.clocks[key].segments) > 1:
            draft.timers.pop(key, None)
        else:
            right(draft, key)

    with replaced(sla, "arm_step", arm_step):
        yield


# ── timers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@bug("core/arming", TimerOrder, "complaint", length=2)
def generation_not_raised() -> Iterator[None]:
    """A timer that is armed again keeps its generation, so that nobody can tell an old call from a new one."""

    def arm(
        draft: Draft, name: str, due: datetime, start: datetime, count: int = 0, used: timedelta | None = None
    ) -> None:
        old = draft.timers.get(name)
        draft.generation += old is None
        draft.timers[name] = Timer(name, draft.generation if old is None else old.generation, due, start, count, used)

    with replaced(arming, "arm", arm):
        yield


@bug("core/timing", TimerOrder, (WORKSHOP,))
def time_away_counted() -> Iterator[None]:
    """A timer to which the case comes back has run on meanwhile."""
    right = timing._go_on

    def go_on(draft: Draft, after: After, timer: Timer, began: datetime) -> None:
        right(draft, after, evolve(timer, used=None), began)

    with replaced(timing, "_go_on", go_on):
        yield


@bug("core/family", TimerOrder, (WORKSHOP,))
def event_before_the_timer_due_now() -> Iterator[None]:
    """`<` for `<=`: what falls due at this very instant comes after what somebody sends at it."""

    def quiet(case: Case, now: datetime) -> bool:
        return all(timer.due is None or timer.due >= now for timer in case.timers.values())

    with replaced(family, "quiet", quiet):
        yield


@bug("core/family", (EscalationSkipped, StoreRoundTrip, TimerOrder), "service_ticket", length=2)
def late_worker_stamps_now() -> Iterator[None]:
    """What a worker that comes late fires happens when it comes, not when it was due."""
    right = family.Household._overdue

    def overdue(self: family.Household, now: datetime) -> tuple[str, str, datetime] | None:
        found = right(self, now)
        return None if found is None else (*found[:2], now)

    with replaced(family.Household, "_overdue", overdue):
        yield


@bug("core/calendar", (EscalationSkipped, SlaClockDrift), "callback", length=1)
def window_closes_a_day_early() -> Iterator[None]:
    """A window closes where its last date begins."""
    right = Calendar.window

    def window(
        self: Calendar, trigger: datetime, first: int, last: int, *, working: bool = False, roll: bool = False
    ) -> tuple[datetime, datetime]:
        opens, closes = right(self, trigger, first, last, working=working, roll=roll)
        return opens, self.bounds(self.local_date(closes - timedelta(microseconds=1)))[0]

    with replaced(Calendar, "window", window):
        yield


# ── calendars ──────────────────────────────────────────────────────────────────────────────────────────────────────


@bug("core/calendar", (EscalationSkipped, SlaClockDrift, TimerOrder), "service_ticket")
def makeup_day_ignored() -> Iterator[None]:
    """A make-up working day (调休) is a Saturday as any other."""
    right = Calendar.hours_on

    def hours_on(self: Calendar, day: date) -> tuple[Shift, ...]:
        if self.holidays is not None and day in self.holidays.days(day.year).makeup:
            return self.weekly[day.weekday()]
        return right(self, day)

    with replaced(Calendar, "hours_on", hours_on):
        yield


@bug("core/hours", (EscalationSkipped, SlaClockDrift, TimerOrder), (WORKSHOP,), length=6)
def summer_time_ignored() -> Iterator[None]:
    """The wall clock is taken to run evenly all year."""

    def steady(zone: tzinfo, start: int, end: int) -> list[tuple[int, int, int]]:
        return [(start, end, offset(zone, start))]

    with replaced(hours, "steady", steady):
        yield


@bug("core/moments", TimerOrder, (CARE,), length=2)
def months_from_the_last_date() -> Iterator[None]:
    """Months are counted from the last date, not from the first: 31 January, 28 February, 28 March."""
    right = moments._nth

    def nth(calendar: Calendar, time: Time, anchor: datetime, n: int) -> datetime:
        for _ in range(n if time.unit == "mo" else 0):
            anchor = right(calendar, time, anchor, 1)
        return anchor if time.unit == "mo" else right(calendar, time, anchor, n)

    with replaced(moments, "_nth", nth):
        yield


BUGS: tuple[Bug, ...] = (
    pause_forgotten, late_at_the_due_instant, promised_from_now, old_priority_kept, resumed_from_nothing,
    started_again_on_entry, counted_once_counted_again, cancelled_is_met, renewal_forgotten, limit_restarted_on_here,
    step_not_marked, lowest_step_fires, step_forgotten_after_a_pause, generation_not_raised,
    time_away_counted, event_before_the_timer_due_now, late_worker_stamps_now, window_closes_a_day_early,
    makeup_day_ignored, summer_time_ignored, months_from_the_last_date,
)  # fmt: skip
