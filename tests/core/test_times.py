"""
Waits, windows, limits and timers of states: when they begin, when they are due, what they do.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve

from core.desk import AGENT, BOSS, MONDAY, Desk, case_of, hours, process
from svcflow.core.calendar import Calendar, Shift
from svcflow.core.event import Tick
from svcflow.core.promise import Time
from svcflow.errors import MicrostepLimit

DAY = timedelta(days=1)


@pytest.mark.requirement("R130")
def test_a_timer_moves_the_case_at_its_due_time_however_late_the_worker_is() -> None:
    desk, case = case_of("""
    by: agent
    states:
      one: {events: {x: two}, after: {2h: two}}
      two: {end: done}
    """)
    desk.wait(hours(100))
    entry = desk.journal[case.id][-1]
    assert (entry.kind, entry.name, entry.at) == ("timer", "after:one:2h", MONDAY + hours(2))


def test_hours_are_working_time_and_days_keep_the_wall_clock() -> None:
    desk, case = case_of("""
    by: agent
    states:
      one: {events: {x: here}, after: {10h: two}}
      two: {events: {x: here}, after: {2d: three}}
      three: {end: done}
    """)
    desk.wait(timedelta(days=10))
    assert [entry.at for entry in desk.journal[case.id]] == [
        MONDAY,
        datetime(2026, 5, 5, 11, tzinfo=UTC),
        datetime(2026, 5, 7, 11, tzinfo=UTC),
    ]


@pytest.mark.requirement("R204")
def test_weeks_months_and_years_count_from_the_first_date() -> None:
    text = """
    fields: {from: date}
    by: agent
    states:
      one:
        events: {x: here}
        after:
          every 1mo since from: {do: {notify: agent}}
          1w: {do: {notify: boss}}
          1y since from: two
      two: {end: done}
    """
    desk, case = case_of(text, **{"from": date(2026, 5, 31)})
    desk.wait(timedelta(days=400))
    stamps = [(entry.name, entry.at.date()) for entry in desk.journal[case.id][1:]]
    assert stamps[0] == ("after:one:1w", date(2026, 5, 11))
    months = [day for name, day in stamps if name == "after:one:every 1mo since from"]
    assert months[:3] == [date(2026, 6, 30), date(2026, 7, 31), date(2026, 8, 31)]
    assert stamps[-1] == ("after:one:1y since from", date(2027, 5, 31))


def test_every_repeats_from_its_own_deadline_and_an_action_only_timer_fires_once() -> None:
    desk, case = case_of("""
    by: agent
    states:
      one: {events: {x: two}, after: {every 3h: {do: {notify: agent}}, 4h: {do: {notify: boss}}}}
      two: {end: done}
    """)
    desk.wait(hours(24))
    assert desk.told(case) == [("agent",), ("boss",), ("agent",)]
    assert [entry.at for entry in desk.journal[case.id][1:]] == [MONDAY + hours(count) for count in (3, 4, 6)]
    desk.wait(hours(24))
    assert desk.told(case)[3:] == [("agent",)] * 3


def test_a_timer_whose_condition_fails_says_so() -> None:
    desk, case = case_of("""
    fields: {f: flag}
    by: agent
    states:
      one: {events: {x: two}, after: {1h: {to: two, when: f}}}
      two: {end: done}
    """)
    desk.wait(hours(2))
    assert desk.remarks(case) == ["its condition does not hold, so nothing happens"]


def test_a_time_counts_from_a_field_once_it_is_filled_and_anew_when_it_changes() -> None:
    desk, case = case_of("""
    fields: {visit: datetime, f: text}
    by: agent
    states:
      one: {events: {x: {to: here, may: [visit, f]}}, after: {1h since visit: two}}
      two: {end: done}
    """)
    assert not case.timers
    case = desk.send(case, "x", visit=MONDAY + hours(3))
    generation = case.timers["after:one:1h since visit"].generation
    case = desk.send(case, "x", visit=MONDAY + hours(5))
    assert case.timers["after:one:1h since visit"].due == MONDAY + hours(6)
    assert desk.give(case, Tick("after:one:1h since visit", generation)) is case
    assert desk.send(case, "x", f="no matter").timers == case.timers
    case = desk.send(case, "x", visit=MONDAY - hours(72))
    assert case.state == "two", "it was due already"
    assert desk.journal[case.id][-1].at == MONDAY


def test_a_repetition_since_a_date_long_past_begins_with_the_next_one() -> None:
    text = """
    fields: {from: date}
    by: agent
    states:
      one: {events: {x: two}, after: {every 1mo since from: {do: {notify: agent}}}}
      two: {end: done}
    """
    desk, case = case_of(text, **{"from": date(1999, 1, 31)})
    assert case.timers["after:one:every 1mo since from"].due == datetime(2026, 5, 31, tzinfo=UTC)
    assert desk.journal[case.id][-1].kind == "opened"


def test_a_date_no_calendar_knows_is_remarked_and_arms_nothing() -> None:
    text = """
    fields: {from: date}
    by: agent
    states:
      one: {events: {x: two}, limit: 3d since from, after: {1mo since from: two}}
      two: {end: done}
    """
    desk, case = case_of(text, **{"from": date(9999, 12, 30)})
    assert not case.timers
    assert len(desk.remarks(case)) == 2
    assert any("9999-12-30" in remark for remark in desk.remarks(case))


def test_a_private_date_no_calendar_knows_is_not_told_in_a_remark() -> None:
    text = """
    fields: {born: {type: date, private: true}}
    by: agent
    states:
      one: {events: {x: two}, limit: 3d since born, after: {1mo since born: two}}
      two: {end: done}
    """
    desk, case = case_of(text, born=date(9999, 12, 30))
    assert len(desk.remarks(case)) == 2
    assert not any("9999" in remark for remark in desk.remarks(case))


@pytest.mark.requirement("R124", "R208")
def test_a_table_chooses_the_time_and_chooses_again_when_its_field_changes() -> None:
    desk, case = case_of("""
    fields: {p: P1 | P2}
    targets: {speed: {per: p, table: {P1: 1h, default: 4h}}}
    by: agent
    states:
      one: {events: {x: {to: here, ask: p}}, limit: speed, after: {speed: two}}
      two: {end: done}
    """)
    assert case.timers["after:one:speed"].due == MONDAY + hours(4)
    case = desk.send(case, "x", p="P1")
    assert case.timers["after:one:speed"].due == MONDAY + hours(1)
    assert desk.clock(case, "limit:one").target == hours(1)


def test_a_wait_leaves_only_anywhere_events_and_holds_automatic_moves() -> None:
    desk, case = case_of("""
    fields: {f: flag}
    by: agent
    anywhere: {cancel: two, mark: {to: here, ask: f}}
    states:
      one: {wait: 2h, events: {x: two}, auto: {to: [{to: two, when: f}]}}
      two: {end: done}
    """)
    refused = desk.refused(case, "x")
    assert (refused.code, refused.parameters["until"]) == ("waiting", MONDAY + hours(2))
    assert refused.possible == ("cancel", "mark")
    case = desk.send(case, "mark", f=True)
    assert case.state == "one"
    desk.wait(hours(2))
    assert desk.cases[case.id].status == "done"
    assert desk.names(case) == ["desk", "mark", "wait:one"]


def test_here_leaves_limits_and_timers_alone() -> None:
    desk, case = case_of("""
    by: agent
    states:
      one: {limit: 4h, events: {x: here}, after: {6h: two}, do: {notify: agent}}
      two: {end: done}
    """)
    desk.now += hours(1)
    after = desk.send(case, "x")
    assert after.timers == case.timers
    assert desk.told(case) == [("agent",)]


def test_who_acts_in_a_state_without_people_is_nobody() -> None:
    desk, case = case_of("""
    states:
      one: {events: {x: {to: two, by: boss}, y: two}}
      two: {end: done}
    """)
    assert desk.refused(case, "y", AGENT).parameters["by"] == ()
    assert desk.send(case, "x", BOSS).status == "done"


def test_a_limit_or_timer_without_a_time_for_this_case_is_none_until_there_is_one() -> None:
    desk, case = case_of("""
    fields: {p: P1 | P2, visit: datetime}
    targets: {speed: {per: p, table: {P1: 1h}}}
    by: agent
    anywhere: {hold: {to: held, in: [one]}}
    states:
      one:
        limit: speed
        wait: 1h since visit
        events: {x: two}
        after: {speed: two, every speed: {do: {notify: boss}}}
      held: {events: {resume: back}}
      two: {end: done}
    """)
    assert (dict(case.timers), dict(case.clocks)) == ({}, {})
    case = desk.send(desk.send(case, "hold"), "resume")
    assert case.timers == {}
    assert desk.send(case, "x").status == "done"


def test_an_every_ends_where_its_table_has_no_more_time_for_it() -> None:
    text = """
    fields: {p: P1 | P2}
    targets: {speed: {per: p, table: {P1: 1h}}}
    by: agent
    states:
      one: {events: {x: two}, after: {every speed: {do: {set: {p: P2}, notify: boss}}}}
      two: {end: done}
    """
    desk, case = case_of(text, p="P1")
    desk.wait(hours(5))
    assert desk.told(case) == [("boss",)]
    assert not desk.cases[case.id].timers


def test_a_wait_counts_anew_when_its_field_changes_and_what_it_does_not_touch_stays() -> None:
    text = """
    fields: {visit: datetime}
    by: agent
    anywhere: {plan: {to: here, ask: visit}}
    states:
      one: {wait: 1h since visit, events: {x: two}, after: {8h: two}}
      two: {end: done}
    """
    desk, case = case_of(text, visit=MONDAY)
    assert case.timers["wait:one"].due == MONDAY + hours(1)
    planned = desk.send(case, "plan", visit=MONDAY + hours(2))
    assert planned.timers["wait:one"].due == MONDAY + hours(3)
    assert planned.timers["after:one:8h"] == case.timers["after:one:8h"]
    assert "wait:one" not in desk.send(case, "plan", visit=MONDAY - hours(72)).timers, "it is over already"


def test_a_timer_that_has_fired_is_not_armed_anew_when_its_table_changes() -> None:
    text = """
    fields: {p: P1 | P2}
    targets: {speed: {per: p, table: {P1: 1h, P2: 4h}}}
    by: agent
    states:
      one: {events: {x: {to: here, ask: p}, end: two}, after: {speed: {do: {notify: boss}}}}
      two: {end: done}
    """
    desk, case = case_of(text, p="P1")
    desk.wait(hours(2))
    case = desk.send(case, "x", p="P2")
    assert case.timers["after:one:speed"].due is None
    desk.wait(hours(24))
    assert desk.told(case) == [("boss",)]


def test_a_repetition_ends_where_the_calendar_does() -> None:
    yearly = process("""
    by: agent
    states:
      one: {events: {x: two}, after: {every 1y: {do: {notify: boss}}}}
      two: {end: done}
    """)
    desk = Desk(yearly, now=datetime(9997, 5, 5, 9, tzinfo=UTC))
    case = desk.open()
    desk.wait(timedelta(days=900))
    assert [entry.at.year for entry in desk.journal[case.id][1:]] == [9998, 9999]
    assert not desk.cases[case.id].timers
    assert "after:one:every 1y is not armed" in desk.remarks(case)[0]


WAITING = """
fields: {visit: datetime, f: flag}
by: agent
anywhere: {move: {to: here, ask: visit, may: f}}
states:
  one: {wait: 1h since visit, auto: {to: two, when: f}}
  two: {events: {x: three}}
  three: {end: done}
"""


def test_a_wait_that_a_field_ends_lets_automatic_moves_go_at_once() -> None:
    desk, case = case_of(WAITING, f=True, visit=MONDAY + hours(4))
    assert case.state == "one"
    assert desk.send(case, "move", visit=MONDAY - hours(80)).state == "two"


def test_a_wait_that_a_field_begins_holds_automatic_moves_at_once() -> None:
    desk, case = case_of(WAITING)
    case = desk.send(case, "move", visit=MONDAY + hours(3), f=True)
    assert case.state == "one"
    desk.wait(hours(4))
    assert desk.cases[case.id].state == "two"


def test_a_refusal_says_when_the_very_wait_ends_that_is_in_the_way() -> None:
    desk, case = case_of("""
    by: agent
    states:
      p:
        parallel: true
        states:
          a: {wait: 1h, states: {a1: {events: {y: a2}}, a2: {end: done}}}
          b: {wait: 4h, states: {b1: {wait: 2h, events: {x: b2}}, b2: {end: done}}}
        events: {done: end}
      end: {end: done}
    """)
    assert desk.refused(case, "x").parameters["until"] == MONDAY + hours(4)
    desk.wait(hours(3))
    assert desk.refused(case, "x").parameters["until"] == MONDAY + hours(4)


@pytest.mark.parametrize(
    ("every", "since", "due"),
    [
        ("1min", date(2010, 1, 1), MONDAY + timedelta(minutes=1)),
        ("1h", date(1900, 1, 1), MONDAY + hours(1)),
        ("1d", date(1850, 1, 1), MONDAY + DAY),
        ("1w", date(1999, 12, 31), MONDAY + timedelta(days=4)),
        ("1mo on always", date(1, 1, 31), datetime(2026, 5, 31, tzinfo=UTC)),
        ("1d", date(2026, 6, 5), datetime(2026, 6, 8, 9, tzinfo=UTC)),
    ],
)
def test_a_repetition_since_long_ago_or_yet_to_come_is_found_at_once(every: str, since: date, due: datetime) -> None:
    text = """
    fields: {from: date}
    by: agent
    states: {one: {events: {x: two}, after: {every LENGTH since from: {do: {notify: boss}}}}, two: {end: done}}
    """
    _, case = case_of(text.replace("LENGTH", every), **{"from": since})
    assert case.timers[f"after:one:every {every} since from"].due == due


def test_a_repetition_without_length_that_no_check_has_seen_is_not_armed_but_remarked() -> None:
    hourly = process("by: agent\nstates: {one: {events: {x: two}, after: {every 1h: two}}, two: {end: done}}")
    first, *others = hourly.states
    endless = evolve(first.after[0], promise=Time(0, "h", "office"))
    desk = Desk(evolve(hourly, states=(evolve(first, after=(endless,)), *others)))
    case = desk.open()
    assert dict(case.timers) == {}
    assert desk.remarks(case) == ["after:one:every 1h is not armed: it would repeat without end"]


def test_weeks_of_a_calendar_without_a_week_are_remarked() -> None:
    weekly = process("by: agent\nstates: {one: {events: {x: two}, after: {every 1w: two}}, two: {end: done}}")
    fair = Calendar("fair", UTC, {}, exceptions={date(2026, 5, 6): [Shift.between("09:00", "12:00")]})
    desk = Desk(evolve(weekly, calendars={"office": fair}))
    assert desk.remarks(desk.open()) == ["after:one:every 1w is not armed: calendar 'fair' has no working week"]


def test_timers_that_lead_to_each_other_at_one_instant_are_bounded() -> None:
    text = """
    fields: {from: date}
    by: agent
    states:
      one: {after: {1d since from: two}, events: {x: three}}
      two: {after: {2d since from: one}}
      three: {end: done}
    """
    with pytest.raises(MicrostepLimit, match="goes round in one"):
        case_of(text, **{"from": date(2020, 1, 1)})
    desk, case = case_of(text, **{"from": date(2026, 5, 29)})
    assert desk.send(case, "x").status == "done"


def test_a_limit_that_counts_from_another_moment_now_begins_anew() -> None:
    desk, case = case_of("""
    fields: {p: P1 | P2, visit: datetime}
    targets: {speed: {per: p, table: {P1: 4h since visit, P2: 6h}}}
    by: agent
    states: {one: {limit: speed, events: {x: {to: here, ask: p}, y: two}}, two: {end: done}}
    """, p="P2", visit=MONDAY + timedelta(days=1))  # fmt: skip
    desk.now += hours(1)
    case = desk.send(case, "x", p="P1")
    assert desk.clock(case, "limit:one").fixed == MONDAY + timedelta(days=1, hours=4)
    desk.now += hours(1)
    case = desk.send(case, "x", p="P2")
    assert desk.clock(case, "limit:one").started_at == MONDAY
    assert [clock.cycle for clock in case.cycles] == [1, 2]
