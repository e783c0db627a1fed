"""
How `back` lets the times of a state go on: the time away is not counted, absolute times stand, what is spent stays so.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.desk import AGENT, MONDAY, case_of, hours
from svcflow.core import clock as stopwatch

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
    assert case.timers["after:work:7h"].due == back_at + hours(6.5)
    assert case.timers["limit:work"].due == back_at + hours(1.5)
    desk.wait(hours(5.75))
    fired = [entry.at - back_at for entry in desk.journal[case.id] if entry.name == "after:work:every 3h"]
    assert fired == [hours(2.5), hours(5.5)]
    desk.check_replay()


def test_a_wait_that_was_over_before_the_case_went_away_is_over_when_it_comes_back() -> None:
    desk, case = case_of(BACK)
    desk.wait(hours(1))
    case = desk.send(desk.send(case, "hold"), "resume")
    assert "wait:work" not in case.timers
    assert desk.send(case, "x").status == "done"


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
    assert [clock.name for clock in case.cycles] == ["limit:work"]


def test_what_was_suspended_is_dropped_when_its_way_back_leads_elsewhere_now() -> None:
    desk, case = case_of(BACK.replace("{resume: back}", "{resume: back, hold_anew: held}"))
    case = desk.send(desk.send(case, "hold"), "hold_more")
    assert "limit:work" in case.clocks
    case = desk.send(case, "hold_anew")
    assert case.returns["held"].states == ("deeper",)
    assert not case.clocks
    assert not case.timers


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
    assert case.timers["after:work:1h"].due is None
    assert case.timers["after:work:8h since visit"].due == MONDAY + hours(8)
    assert desk.clock(case, "limit:work").fixed == MONDAY + hours(4)
    rhythm = "after:work:every 2h since visit"
    assert [entry.at for entry in desk.journal[case.id] if entry.name == rhythm] == []
    desk.wait(hours(3))
    assert [entry.at for entry in desk.journal[case.id] if entry.name == rhythm] == [MONDAY + hours(6)]
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


VISIT = """
fields: {visit: datetime}
escalations: {std: {100%: {notify: boss}}}
escalation: std
by: agent
anywhere: {hold: {to: held, in: [work]}, move: {to: here, ask: visit}}
states:
  work:
    wait: 0min since visit
    limit: 1h since visit
    after: {2h since visit: {do: {notify: agent}}}
    events: {x: closed}
  held: {events: {resume: back, resume_later: {to: back, ask: visit}, give_up: closed}}
  closed: {events: {x: ended}}
  ended: {end: done}
"""


def test_absolute_times_follow_a_field_that_changes_while_the_case_is_away() -> None:
    later = MONDAY + timedelta(days=3)
    for events in (["move", "resume"], ["resume_later"]):
        desk, case = case_of(VISIT, visit=MONDAY)
        desk.wait(hours(2))
        assert desk.told(case) == [("boss",), ("agent",)], "limit and timer are spent"
        case = desk.send(case, "hold")
        desk.now += hours(1)
        for event in events:
            case = desk.send(case, event, AGENT, **({} if event == "resume" else {"visit": later}))
        dues = {name: timer.due for name, timer in case.timers.items()}
        after = later + hours(2)
        assert dues == {"wait:work": later, "after:work:2h since visit": after, "limit:work": later + hours(1)}
        assert [clock.stopped_at for clock in case.cycles] == [MONDAY + hours(2)], "then it was left"
        desk.check_replay()


def test_a_spent_time_of_another_field_stays_spent_when_a_field_changes_while_the_case_is_away() -> None:
    text = """
    fields: {visit: datetime, call: datetime}
    by: agent
    anywhere: {hold: {to: held, in: [work]}, move: {to: here, ask: visit}}
    states:
      work: {events: {x: closed}, after: {1h since visit: {do: {notify: boss}}, 1h since call: {do: {notify: agent}}}}
      held: {events: {resume: back}}
      closed: {end: done}
    """
    desk, case = case_of(text, visit=MONDAY, call=MONDAY)
    desk.wait(hours(1))
    case = desk.send(case, "hold")
    case = desk.send(desk.send(case, "move", visit=MONDAY + hours(3)), "resume")
    dues = {name: timer.due for name, timer in case.timers.items()}
    assert dues == {"after:work:1h since visit": MONDAY + hours(4), "after:work:1h since call": None}
    desk.wait(hours(24))
    assert desk.told(case) == [("boss",), ("agent",), ("boss",)]


def test_an_absolute_limit_still_escalates_after_the_case_was_away() -> None:
    desk, case = case_of(VISIT, visit=MONDAY + hours(2))
    desk.send(desk.send(case, "hold"), "resume")
    desk.wait(hours(3.5))
    assert desk.told(case) == [("boss",)]


def test_an_absolute_limit_whose_field_changes_without_another_due_goes_on_after_back() -> None:
    desk, case = case_of(VISIT, visit=MONDAY + hours(9))
    case = desk.send(desk.send(case, "hold"), "resume_later", visit=MONDAY + hours(10))
    assert desk.clock(case, "limit:work").cycle == 1
    assert desk.clock(case, "limit:work").fixed == MONDAY + hours(25), "the office is closed in the evening"


def test_an_absolute_limit_that_is_never_come_back_to_ended_when_the_state_was_left() -> None:
    desk, case = case_of(VISIT, visit=MONDAY)
    desk.now += hours(0.5)
    case = desk.send(case, "hold")
    desk.now += hours(10)
    (limit,) = desk.send(case, "give_up").cycles
    assert limit.stopped_at == MONDAY + hours(0.5)
    assert dict(desk.cases[case.id].timers) == {}


def test_a_table_that_changes_while_the_case_is_away_gives_its_limit_another_length() -> None:
    desk, case = case_of("""
    fields: {p: P1 | P2}
    targets: {speed: {per: p, table: {P1: 2h, P2: 6h}}}
    by: agent
    anywhere: {hold: {to: held, in: [work]}, set: {to: here, may: p}}
    states:
      work: {limit: speed, events: {x: closed}}
      held: {events: {resume: back}}
      closed: {end: done}
    """, p="P1")  # fmt: skip
    desk.now += hours(1)
    case = desk.send(case, "hold")
    desk.now += hours(1)
    case = desk.send(desk.send(case, "set", p="P2"), "resume")
    assert stopwatch.due(desk.clock(case, "limit:work"), desk.of(case).calendars) == desk.now + hours(5)
    case = desk.send(desk.send(desk.send(case, "hold"), "set", p=None), "resume")
    assert dict(case.clocks) == {}


def test_a_hold_that_is_held_again_still_leads_back_to_the_work() -> None:
    desk, case = case_of("""
    by: agent
    anywhere: {hold: held}
    states:
      work: {events: {x: closed}}
      held: {events: {resume: back}}
      closed: {end: done}
    """)
    case = desk.send(desk.send(case, "hold"), "hold")
    assert desk.send(case, "resume").state == "work"


def test_a_case_that_opens_in_a_state_that_leads_back_comes_from_nowhere_until_it_returns_there() -> None:
    desk, case = case_of("""
    by: agent
    states:
      check: {events: {resume: back, take: work}}
      work: {events: {hold: check, x: closed}}
      closed: {end: done}
    """)
    refused = desk.refused(case, "resume")
    assert dict(refused.parameters["alternatives"]) == {"check/resume/back": "has nowhere to go back to"}
    case = desk.send(desk.send(case, "take"), "hold")
    assert desk.send(case, "resume").state == "work"
    desk.check_replay()


def test_last_knows_a_state_that_was_left_by_back() -> None:
    desk, case = case_of("""
    by: agent
    states:
      work: {events: {look: g.h, go: g.last}}
      g:
        states:
          a: {events: {x: work}}
          h: {events: {resume: back}}
    """)
    case = desk.send(desk.send(case, "look"), "resume")
    assert case.state == "work"
    assert desk.send(case, "go").state == "g.h"
    desk.check_replay()


def test_a_hold_that_is_left_in_the_very_step_that_came_to_it_leaves_nothing_behind() -> None:
    desk, case = case_of("""
    by: agent
    states:
      work: {limit: 4h, after: {5h: closed}, events: {x: held}}
      held: {auto: other, events: {resume: back}}
      other: {events: {x: closed}}
      closed: {end: done}
    """)
    case = desk.send(case, "x")
    assert (case.state, dict(case.timers), dict(case.clocks)) == ("other", {}, {})


TABLED = """
fields: {p: P1 | P2}
targets: {speed: {per: p, table: {P1: 4h, P2: 8h, default: 8h}}}
by: agent
anywhere: {hold: {to: held, in: [work]}, set: {to: here, ask: p}}
states:
  work: {TIME, events: {x: closed}}
  held: {events: {resume: back, resume_as: {to: back, ask: p}}}
  closed: {end: done}
"""


@pytest.mark.parametrize("time", ["after: {speed: closed}", "wait: speed"])
@pytest.mark.parametrize("when", ["before", "away", "coming", "back"])
def test_a_table_that_changes_while_the_case_is_away_gives_its_timer_another_length(time: str, when: str) -> None:
    desk, case = case_of(TABLED.replace("TIME", time), p="P2")
    name = "wait:work" if time.startswith("wait") else "after:work:speed"
    desk.now += hours(1)
    if when == "before":
        case = desk.send(case, "set", p="P1")
    case = desk.send(case, "hold")
    desk.now += hours(2)
    if when == "away":
        case = desk.send(case, "set", p="P1")
    case = desk.send(case, "resume_as", p="P1") if when == "coming" else desk.send(case, "resume")
    desk.now += hours(1)
    if when == "back":
        case = desk.send(case, "set", p="P1")
    assert case.timers[name].due == MONDAY + hours(6), "four hours, and the two that it was away"
    case = desk.send(case, "hold")
    desk.now += hours(24)
    case = desk.send(case, "resume")
    office = desk.of(case).calendars["office"]
    assert case.timers[name].due == office.due(desk.now, hours(2)), "two of four hours are used"
    desk.check_replay()


def test_a_date_that_was_interrupted_keeps_the_working_time_that_was_left_of_it() -> None:
    desk, case = case_of(TABLED.replace("TIME", "after: {2d: closed}"))
    desk.now += hours(3)
    case = desk.send(case, "hold")
    desk.now += hours(24)
    case = desk.send(case, "resume")
    assert case.timers["after:work:2d"].due == MONDAY + timedelta(days=2, hours=8), "13 of 16 hours"


def test_a_timer_whose_table_has_no_time_for_it_any_more_does_not_go_on() -> None:
    text = TABLED.replace(", P2: 8h, default: 8h", "")
    desk, case = case_of(text.replace("TIME", "after: {speed: closed}"), p="P1")
    case = desk.send(desk.send(case, "hold"), "resume_as", p="P2")
    assert dict(case.timers) == {}
