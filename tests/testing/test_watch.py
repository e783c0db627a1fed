"""
The kit's own stopwatch, against hands: an office from 9 to 17 UTC, Monday to Friday.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from svcflow.core.calendar import Calendar, Shift
from svcflow.core.clock import Step
from svcflow.core.rule import NOTHING, EscalationStep
from svcflow.testing.reckoning.office import Office
from svcflow.testing.reckoning.watch import Term, Watch

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OFFICE = Office(Calendar("office", UTC, dict.fromkeys(range(5), (Shift(9 * 60, 17 * 60),))))
STEPS = tuple(EscalationStep(f"{percent}%", Step(percent), NOTHING) for percent in (50, 75, 100))


def find(calendar: str) -> Office:
    assert calendar == "office"
    return OFFICE


def on(day: int, clock: str) -> datetime:
    """
    A time of day in the week of Monday, 2 March 2026.
    """
    return datetime.fromisoformat(f"2026-03-{day:02}T{clock}").replace(tzinfo=UTC)


def begun(at: datetime, length: timedelta | None = 8 * HOUR) -> Watch:
    return Watch.begin("clock:fix", 1, at, Term(length, "office"))


def test_a_pause_moves_the_due_by_the_working_time_in_it() -> None:
    watch = begun(on(2, "10:00"))
    watch.rest(on(2, "12:00"))
    assert watch.view(find, on(2, "15:00")).due is None
    watch.go_on(on(2, "15:00"))
    view = watch.view(find, on(3, "09:00"))
    assert (view.elapsed, view.due) == (4 * HOUR, on(3, "13:00"))


def test_what_stops_at_its_due_is_met_and_a_microsecond_later_late() -> None:
    for late in (False, True):
        watch = begun(on(2, "09:00"), HOUR)
        watch.stop(on(2, "10:00") + late * timedelta(microseconds=1))
        assert watch.view(find, on(4, "09:00")).met is not late


def test_a_cancelled_end_before_the_due_is_neither() -> None:
    watch = begun(on(2, "09:00"), HOUR)
    watch.stop(on(2, "09:30"), cancelled=True)
    view = watch.view(find, on(4, "09:00"))
    assert (view.late, view.met) == (False, None)


def test_a_promise_cut_below_what_was_used_is_due_when_it_was_cut() -> None:
    watch = begun(on(2, "09:00"))
    watch.promise(Term(HOUR, "office"), on(2, "12:00"))
    assert watch.since(find) == on(2, "12:00")
    watch.promise(Term(8 * HOUR, "office"), on(2, "13:00"))
    assert watch.since(find) == on(2, "17:00")


def test_of_several_steps_that_come_at_once_the_highest_happens() -> None:
    watch = begun(on(2, "09:00"))
    watch.promise(Term(4 * HOUR, "office"), on(2, "12:30"))
    assert watch.next_step(find, STEPS) == on(2, "12:30")
    assert watch.fire(find, STEPS, on(2, "12:30")) == "75%"
    assert watch.marks == [("50%", "skipped"), ("75%", "fired")]
    assert watch.next_step(find, STEPS) == on(2, "13:00")


def test_a_step_before_the_due_is_as_late_as_can_be() -> None:
    watch = begun(on(2, "09:30"), 8 * HOUR)
    before = Step(offset=-30 * MINUTE)
    assert watch.falls(find, before) == on(3, "09:00")


def test_a_date_holds_until_it_is_interrupted() -> None:
    watch = Watch.begin("limit:work", 1, on(2, "09:00"), Term(8 * HOUR, "office", on(3, "07:00")))
    assert watch.since(find) == on(3, "07:00")
    watch.rest(on(2, "10:00"))
    watch.go_on(on(2, "11:00"))
    assert watch.since(find) == on(3, "10:00")
