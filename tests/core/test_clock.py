from datetime import UTC, datetime, timedelta

import pytest

from svcflow.core import clock as sla
from svcflow.core.calendar import Calendar, Shift
from svcflow.core.clock import Clock, Held, Segment, Step

HOUR = timedelta(hours=1)
CALENDARS = {
    "office": Calendar("office", UTC, dict.fromkeys(range(5), (Shift.between("09:00", "17:00"),))),
    "always": Calendar.always(),
    "never": Calendar("never", UTC, {}),
}


def may(day: int, time: str = "09:00") -> datetime:
    """A moment in May 2026; the 4th is a Monday."""
    return datetime.fromisoformat(f"2026-05-{day:02}T{time}").replace(tzinfo=UTC)


def started(target: timedelta | None = 8 * HOUR, at: datetime | None = None, *, fixed: datetime | None = None) -> Clock:
    return sla.start("resolution", 1, at or may(4, "10:00"), target, "office", fixed=fixed)


def test_a_running_clock_is_due_when_its_working_time_is_over() -> None:
    assert sla.due(started(), CALENDARS) == may(5, "10:00")
    assert sla.remaining(started(), CALENDARS, may(4, "12:00")) == 6 * HOUR


def test_exactly_at_the_due_instant_is_in_time_and_just_after_is_late() -> None:
    clock, due = started(), may(5, "10:00")
    just_after = due + timedelta(microseconds=1)
    assert not sla.late(clock, CALENDARS, due)
    assert sla.late(clock, CALENDARS, just_after)
    assert sla.met(sla.stop(clock, due), CALENDARS, just_after) is True
    assert sla.met(sla.stop(clock, just_after), CALENDARS, just_after) is False


def test_an_open_clock_is_neither_met_nor_unmet_until_it_is_late() -> None:
    assert sla.met(started(), CALENDARS, may(4, "12:00")) is None
    assert sla.met(started(), CALENDARS, may(6)) is False


def test_while_paused_there_is_no_due_and_no_step_falls_due() -> None:
    clock = sla.pause(started(), may(4, "12:00"))
    assert sla.due(clock, CALENDARS) is None
    assert sla.reached(clock, CALENDARS, Step(50)) is None
    assert sla.elapsed(clock, CALENDARS, may(29)) == 2 * HOUR


def test_a_second_pause_a_second_resume_and_a_second_stop_do_nothing() -> None:
    clock = sla.pause(started(), may(4, "12:00"))
    assert sla.pause(clock, may(4, "13:00")) is clock
    clock = sla.resume(clock, may(4, "14:00"))
    assert sla.resume(clock, may(4, "15:00")) is clock
    clock = sla.stop(clock, may(4, "16:00"))
    for again in (sla.stop, sla.pause, sla.resume):
        assert again(clock, may(5)) is clock
    assert sla.retarget(clock, may(5), HOUR, "office") is clock
    assert sla.recalendar(clock, may(5), "always") is clock
    assert sla.reopen(started(), may(5)) == started()


def test_a_pause_at_the_due_instant_freezes_the_clock_in_time() -> None:
    clock = sla.pause(started(), may(5, "10:00"))
    assert sla.used_up(clock, CALENDARS, may(8)) == may(5, "10:00")
    assert not sla.late(clock, CALENDARS, may(8))
    assert sla.met(sla.stop(clock, may(8)), CALENDARS, may(8)) is True


def test_running_on_with_nothing_left_is_late_at_once_but_not_before() -> None:
    clock = sla.resume(sla.pause(started(), may(5, "10:00")), may(7))
    assert not sla.late(clock, CALENDARS, may(7))
    assert sla.late(clock, CALENDARS, may(7) + timedelta(microseconds=1))
    assert sla.met(sla.stop(clock, may(7)), CALENDARS, may(7)) is True
    assert sla.reached(clock, CALENDARS, Step(100)) == may(7)


def test_a_clock_may_begin_in_the_future() -> None:
    clock = started(at=may(6))
    assert sla.elapsed(clock, CALENDARS, may(4)) == timedelta(0)
    assert not sla.late(clock, CALENDARS, may(4))
    paused = sla.pause(clock, may(4))
    assert sla.resume(paused, may(5)).segments[-1].start == may(6)
    assert sla.resume(paused, may(7)).segments[-1].start == may(7)
    moved = sla.recalendar(clock, may(5), "always")
    assert (moved.started_at, sla.due(moved, CALENDARS)) == (may(6), may(6, "17:00"))
    assert sla.met(sla.stop(clock, may(5)), CALENDARS, may(5)) is True


# -- what was promised -------------------------------------------------------------------------------------------


def test_a_new_target_counts_from_the_start() -> None:
    clock = sla.retarget(started(), may(4, "12:00"), 4 * HOUR, "office")
    assert sla.due(clock, CALENDARS) == may(4, "14:00")
    assert sla.retarget(clock, may(4, "13:00"), 4 * HOUR, "office") is clock


def test_a_target_cut_below_the_time_used_is_due_when_it_was_cut() -> None:
    clock = sla.retarget(started(), may(4, "15:00"), 2 * HOUR, "office")
    assert sla.due(clock, CALENDARS) == may(4, "15:00")
    assert not sla.late(clock, CALENDARS, may(4, "15:00"))


def test_a_longer_target_takes_lateness_back_but_not_what_was_reached() -> None:
    clock = sla.retarget(started(), may(5, "12:00"), 16 * HOUR, "office")
    assert sla.due(clock, CALENDARS) == may(6, "10:00")
    assert not sla.late(clock, CALENDARS, may(5, "13:00"))
    assert sla.used_up(clock, CALENDARS, may(5, "13:00")) is None
    assert sla.crossed(clock, CALENDARS, Step(100), may(5, "13:00")) == may(5, "10:00")
    assert sla.crossed(clock, CALENDARS, Step(150), may(5, "13:00")) is None


def test_the_same_target_again_keeps_the_due_instant() -> None:
    late = sla.retarget(started(), may(5, "12:00"), 9 * HOUR, "office")
    assert sla.due(late, CALENDARS) == may(5, "10:00")


def test_a_clock_without_a_target_is_neither_met_nor_late() -> None:
    clock = started(None)
    assert sla.due(clock, CALENDARS) is None
    assert sla.remaining(clock, CALENDARS, may(6)) is None
    assert not sla.late(clock, CALENDARS, may(29))
    assert sla.met(sla.stop(clock, may(29)), CALENDARS, may(29)) is None
    known = sla.retarget(clock, may(4, "12:00"), 4 * HOUR, "office")
    assert sla.due(known, CALENDARS) == may(4, "14:00")


def test_a_cancelled_end_before_the_due_is_neither_met_nor_late() -> None:
    assert sla.met(sla.stop(started(), may(4, "12:00"), cancelled=True), CALENDARS, may(9)) is None
    assert sla.met(sla.stop(started(), may(6), cancelled=True), CALENDARS, may(9)) is False


@pytest.mark.requirement("R213")
def test_another_calendar_measures_from_then_on() -> None:
    clock = sla.recalendar(started(12 * HOUR), may(4, "20:00"), "always")
    assert sla.elapsed(clock, CALENDARS, may(4, "22:00")) == 9 * HOUR
    assert sla.due(clock, CALENDARS) == may(5, "01:00")
    paused = sla.recalendar(sla.pause(started(12 * HOUR), may(4, "12:00")), may(4, "13:00"), "always")
    assert sla.due(sla.resume(paused, may(4, "20:00")), CALENDARS) == may(5, "06:00")
    assert sla.recalendar(clock, may(5), "always") is clock


def test_a_calendar_that_never_opens_makes_a_clock_that_is_never_due() -> None:
    clock = sla.start("resolution", 1, may(4), HOUR, "never")
    assert sla.due(clock, CALENDARS) is None
    assert not sla.late(clock, CALENDARS, may(29))


# -- dates -------------------------------------------------------------------------------------------------------


def promised_for(day: datetime) -> Clock:
    """A promise of a date: opened on Monday at 16:00."""
    start = may(4, "16:00")
    return started(CALENDARS["office"].elapsed(start, day), start, fixed=day)


def test_a_promised_date_is_due_exactly_then() -> None:
    clock = promised_for(may(6, "09:00"))
    assert sla.due(clock, CALENDARS) == may(6, "09:00")
    assert not sla.late(clock, CALENDARS, may(6, "09:00"))
    assert sla.late(clock, CALENDARS, may(6, "09:01"))
    assert sla.met(sla.stop(clock, may(6, "09:00")), CALENDARS, may(7)) is True
    assert sla.met(sla.stop(clock, may(6, "09:01")), CALENDARS, may(7)) is False


def test_a_pause_turns_a_promised_date_into_working_time() -> None:
    clock = sla.resume(sla.pause(promised_for(may(6, "16:00")), may(5, "10:00")), may(5, "12:00"))
    assert clock.fixed is None
    assert sla.due(clock, CALENDARS) == may(7, "10:00")


def test_a_pause_between_the_last_working_time_and_the_promised_opening_is_in_time() -> None:
    clock = sla.pause(promised_for(may(6, "09:00")), may(5, "20:00"))
    assert sla.remaining(clock, CALENDARS, may(5, "21:00")) == timedelta(0)
    assert not sla.late(clock, CALENDARS, may(29))
    late = sla.pause(promised_for(may(6, "09:00")), may(6, "10:00"))
    assert sla.late(late, CALENDARS, may(29))
    assert sla.used_up(late, CALENDARS, may(29)) == may(6, "09:00")


def test_a_new_date_holds_only_for_a_clock_that_never_stood_still() -> None:
    clock = sla.retarget(promised_for(may(6, "16:00")), may(5), 8 * HOUR, "office", fixed=may(5, "16:00"))
    assert sla.due(clock, CALENDARS) == may(5, "16:00")
    paused = sla.resume(sla.pause(started(), may(4, "11:00")), may(4, "12:00"))
    again = sla.retarget(paused, may(4, "13:00"), 8 * HOUR, "office", fixed=may(5, "10:00"))
    assert (again.fixed, sla.due(again, CALENDARS)) == (None, may(5, "11:00"))


def test_a_date_that_is_cut_to_one_in_the_past_is_due_when_it_was_cut() -> None:
    clock = sla.retarget(promised_for(may(8, "16:00")), may(7, "12:00"), 8 * HOUR, "office", fixed=may(5, "16:00"))
    assert sla.due(clock, CALENDARS) == may(7, "12:00")


def test_another_calendar_turns_a_promised_date_into_working_time() -> None:
    clock = sla.recalendar(promised_for(may(6, "16:00")), may(5, "16:00"), "always")
    assert sla.due(clock, CALENDARS) == may(6, "00:00")


# -- steps -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (Step(50), may(4, "14:00")),
        (Step(100), may(5, "10:00")),
        (Step(), may(5, "10:00")),
        (Step(100, offset=8 * HOUR), may(6, "10:00")),
        (Step(150), may(5, "14:00")),
        (Step(offset=-HOUR), may(5, "09:00")),
        (Step(offset=-2 * HOUR), may(4, "16:00")),
        (Step(offset=-100 * HOUR), may(4, "10:00")),
        (Step(100, days=2), may(7, "10:00")),
        (Step(days=-1), may(4, "10:00")),
        (Step(100, months=1), datetime(2026, 6, 5, 10, tzinfo=UTC)),
    ],
)
def test_a_step_falls_due_in_working_time(step: Step, expected: datetime) -> None:
    assert sla.reached(started(), CALENDARS, step) == expected


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (Step(100), may(6, "09:00")),
        (Step(50), may(5, "12:30")),
        (Step(100, offset=HOUR), may(6, "10:00")),
        (Step(offset=-HOUR), may(5, "16:00")),
        (Step(offset=-100 * HOUR), may(4, "16:00")),
        (Step(100, days=1), may(7, "09:00")),
    ],
)
def test_a_step_of_a_promised_date_counts_from_that_date(step: Step, expected: datetime) -> None:
    assert sla.reached(promised_for(may(6, "09:00")), CALENDARS, step) == expected


def test_a_step_before_the_due_keeps_its_distance_over_a_pause() -> None:
    warning = Step(offset=-HOUR)
    clock = sla.resume(sla.pause(started(), may(4, "12:00")), may(4, "15:00"))
    assert sla.reached(clock, CALENDARS, warning) == may(5, "12:00")
    overtaken = sla.resume(sla.pause(started(), may(5, "09:30")), may(6, "11:00"))
    assert sla.crossed(overtaken, CALENDARS, warning, may(6, "11:00")) == may(5, "09:00")
    assert sla.crossed(sla.pause(started(), may(4, "12:00")), CALENDARS, warning, may(9)) is None


def test_a_step_after_the_end_of_a_clock_was_never_reached() -> None:
    clock = sla.stop(promised_for(may(6, "09:00")), may(6, "09:30"))
    assert sla.crossed(clock, CALENDARS, Step(100), may(29)) == may(6, "09:00")
    assert sla.crossed(clock, CALENDARS, Step(100, offset=HOUR), may(29)) is None
    assert sla.reached(clock, CALENDARS, Step(100, offset=HOUR)) is None


def test_a_share_of_a_microsecond_is_not_reached_too_early() -> None:
    clock = started(timedelta(microseconds=3))
    assert sla.reached(clock, CALENDARS, Step(50)) == may(4, "10:00") + timedelta(microseconds=2)


def test_steps_that_are_done_are_noted_and_survive_a_pause() -> None:
    clock = sla.mark(started(), [("50%", "skipped"), ("75%", "fired")])
    paused = sla.pause(sla.mark(clock, [("100%", "fired")]), may(6))
    assert paused.steps == (("50%", "skipped"), ("75%", "fired"), ("100%", "fired"))


# -- again -------------------------------------------------------------------------------------------------------


def test_a_cycle_that_is_continued_does_not_count_the_time_in_between() -> None:
    clock = sla.reopen(sla.stop(started(), may(4, "12:00"), cancelled=True), may(6, "09:00"))
    assert (clock.state, clock.stopped_at, clock.cancelled) == ("running", None, False)
    assert sla.due(clock, CALENDARS) == may(6, "15:00")


def test_a_promised_date_that_passes_between_stop_and_reopening_does_not_make_late() -> None:
    clock = sla.reopen(sla.stop(promised_for(may(6, "16:00")), may(5, "16:00")), may(8, "10:00"))
    assert not sla.late(clock, CALENDARS, may(8, "10:00"))
    assert sla.due(clock, CALENDARS) == may(11, "10:00")


@pytest.mark.requirement("R213")
def test_a_clock_stores_its_segments_and_its_promises_and_nothing_computed() -> None:
    clock = sla.retarget(started(), may(4, "12:00"), 4 * HOUR, "always")
    clock = sla.stop(sla.pause(clock, may(4, "13:00")), may(5))
    assert clock == Clock(
        "resolution",
        1,
        "always",
        4 * HOUR,
        (
            Segment(may(4, "10:00"), may(4, "12:00"), "office"),
            Segment(may(4, "12:00"), may(4, "13:00"), "always"),
        ),
        "stopped",
        stopped_at=may(5),
        earlier=(Held(8 * HOUR, "office", None, may(4, "12:00")),),
    )
