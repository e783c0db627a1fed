"""
How `back` lets the times of a state go on: the time away is not counted, absolute times stand, what is spent stays so.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.desk import MONDAY, case_of, hours

BACK = """
escalations:
  std:
    50%: {notify: responsible}
    100%: {notify: boss}
    100% + 1h: {notify: [boss, agent]}
escalation: std
by: agent
anywhere: {hold: {to: held, in: [work]}}
states:
  work:
    limit: 4h
    wait: 1h
    events: {x: closed}
    after: {7h: closed, every 3h: {do: {notify: boss}}}
  held: {events: {resume: back, hold_more: deeper, give_up: closed}}
  deeper: {events: {resume: back}}
  closed: {end: done}
"""


def test_back_lets_times_go_on_with_the_time_away_not_counted() -> None:
    desk, case = case_of(BACK)
    desk.now += hours(0.5)
    case = desk.send(case, "hold")
    assert {timer.due for timer in case.timers.values()} == {None}
    assert desk.clock(case, "limit:work").state == "paused"
    desk.wait(timedelta(days=1))
    back_at = desk.now
    case = desk.send(case, "resume")
    assert case.timers["wait:work"].due == back_at + hours(0.5)
    assert case.timers["after:work:0"].due == back_at + hours(6.5)
    assert case.timers["limit:work"].due == back_at + hours(1.5)
    desk.wait(hours(5.75))
    fired = [entry.at - back_at for entry in desk.journal[case.id] if entry.name == "after:work:1"]
    assert fired == [hours(2.5), hours(5.5)]
    desk.check_replay()


def test_back_through_two_states_still_knows_the_way() -> None:
    desk, case = case_of(BACK)
    case = desk.send(desk.send(case, "hold"), "hold_more")
    assert set(case.returns) == {"held", "deeper"}
    case = desk.send(desk.send(case, "resume"), "resume")
    assert (case.state, dict(case.returns)) == ("work", {})


def test_what_was_suspended_is_dropped_when_nothing_leads_back_any_more() -> None:
    desk, case = case_of(BACK)
    case = desk.send(desk.send(case, "hold"), "give_up")
    assert not case.timers
    assert [clock.name for clock in case.cycles] == ["work"]


def test_a_spent_timer_does_not_fire_again_after_back_and_absolute_times_stand() -> None:
    text = """
    fields: {visit: datetime}
    by: agent
    anywhere: {hold: {to: held, in: [work]}}
    states:
      work:
        limit: 4h since visit
        events: {x: closed}
        after:
          1h: {do: {notify: boss}}
          8h since visit: closed
          every 2h since visit: {do: {notify: agent}}
      held: {events: {resume: back}}
      closed: {end: done}
    """
    desk, case = case_of(text, visit=MONDAY)
    desk.wait(hours(1))
    case = desk.send(case, "hold")
    desk.wait(hours(4))
    case = desk.send(case, "resume")
    assert case.timers["after:work:0"].due is None
    assert case.timers["after:work:1"].due == MONDAY + hours(8)
    assert desk.clock(case, "limit:work").fixed == MONDAY + hours(4)
    assert [entry.at for entry in desk.journal[case.id] if entry.name == "after:work:2"] == []
    desk.wait(hours(3))
    assert [entry.at for entry in desk.journal[case.id] if entry.name == "after:work:2"] == [MONDAY + hours(6)]
    assert desk.cases[case.id].status == "done"
    assert desk.told(case).count(("boss",)) == 1


def test_waiting_in_two_steps_is_waiting_in_one() -> None:
    one, _ = case_of(BACK)
    two, _ = case_of(BACK)
    one.wait(hours(30))
    for length in (0.3, 4.2, 0, 25.5):
        two.wait(hours(length))
    assert one.journal == two.journal
    assert one.cases == two.cases


def test_a_suspended_window_opens_when_its_dates_say_so() -> None:
    desk, case = case_of("""
    by: agent
    anywhere: {hold: {to: held, in: [one]}}
    states:
      one: {window: 2d..5d since opened_at, events: {x: two}}
      held: {events: {resume: back}}
      two: {end: done}
    """)
    case = desk.send(case, "hold")
    assert case.timers["wait:one"].due is None
    desk.wait(timedelta(days=1))
    case = desk.send(case, "resume")
    assert case.timers["wait:one"].due == datetime(2026, 5, 6, tzinfo=UTC)
    desk.wait(timedelta(days=1))
    assert desk.send(case, "x").status == "done"
