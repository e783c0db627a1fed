"""
Waits, windows, limits and timers of states, and how `back` lets them go on.
"""

from datetime import UTC, date, datetime, timedelta
from textwrap import dedent

from tests.core.desk import AGENT, BOSS, MONDAY, Desk, hours, process

from svcflow.core.event import Tick

DAY = timedelta(days=1)

ESCALATION = "escalations: {std: {50%: {notify: responsible}, 100%: {notify: boss}, 100% + 1h: {notify: [boss, agent]}}}\nescalation: std\n"


def desk(text: str, **fields: object) -> tuple[Desk, object]:
    found = Desk(process(text))
    return found, found.open(**fields)


def test_a_timer_moves_the_case_at_its_due_time_however_late_the_worker_is() -> None:
    found, case = desk("by: agent\nstates: {one: {events: {x: two}, after: {2h: two}}, two: {end: done}}")
    found.wait(hours(100))
    entry = found.journal[case.id][-1]
    assert (entry.kind, entry.name, entry.at) == ("timer", "after:one:0", MONDAY + hours(2))


def test_hours_are_working_time_and_days_keep_the_wall_clock() -> None:
    found, case = desk("by: agent\nstates: {one: {events: {x: here}, after: {10h: two}}, two: {events: {x: here}, after: {2d: three}}, three: {end: done}}")
    found.wait(timedelta(days=10))
    assert [entry.at for entry in found.journal[case.id]] == [
        MONDAY, datetime(2026, 5, 5, 11, tzinfo=UTC), datetime(2026, 5, 7, 11, tzinfo=UTC),
    ]  # fmt: skip


def test_weeks_months_and_years_count_from_the_first_date() -> None:
    found, case = desk("""
    fields: {from: date}
    by: agent
    states: {one: {events: {x: here}, after: {every 1mo since from: {do: {notify: agent}}, 1w: {do: {notify: boss}}, 1y since from: two}}, two: {end: done}}
    """, **{"from": date(2026, 5, 31)})
    found.wait(timedelta(days=400))
    stamps = [(entry.name, entry.at.date()) for entry in found.journal[case.id][1:]]
    assert stamps[0] == ("after:one:1", date(2026, 5, 11))
    assert [day for name, day in stamps if name == "after:one:0"][:3] == [date(2026, 6, 30), date(2026, 7, 31), date(2026, 8, 31)]
    assert stamps[-1] == ("after:one:2", date(2027, 5, 31))


def test_every_repeats_from_its_own_deadline_and_an_action_only_timer_fires_once() -> None:
    found, case = desk("""
    by: agent
    states: {one: {events: {x: two}, after: {every 3h: {do: {notify: agent}}, 4h: {do: {notify: boss}}}}, two: {end: done}}
    """)
    found.wait(hours(24))
    assert found.told(case) == [("agent",), ("boss",), ("agent",)]
    assert [entry.at for entry in found.journal[case.id][1:]] == [MONDAY + hours(count) for count in (3, 4, 6)]
    found.wait(hours(24))
    assert found.told(case)[3:] == [("agent",)] * 3


def test_a_timer_whose_condition_fails_says_so() -> None:
    found, case = desk("""
    fields: {f: flag}
    by: agent
    states: {one: {events: {x: two}, after: {1h: {to: two, when: f}}}, two: {end: done}}
    """)
    found.wait(hours(2))
    assert found.remarks(case) == ["its condition does not hold, so nothing happens"]


def test_a_time_counts_from_a_field_once_it_is_filled_and_anew_when_it_changes() -> None:
    found, case = desk("""
    fields: {visit: datetime, f: text}
    by: agent
    states: {one: {events: {x: {to: here, may: [visit, f]}}, after: {1h since visit: two}}, two: {end: done}}
    """)
    assert not case.timers
    case = found.send(case, "x", visit=MONDAY + hours(3))
    generation = case.timers["after:one:0"].generation
    case = found.send(case, "x", visit=MONDAY + hours(5))
    assert case.timers["after:one:0"].due == MONDAY + hours(6)
    assert found.give(case, Tick("after:one:0", generation)) is case
    assert found.send(case, "x", f="no matter").timers == case.timers
    case = found.send(case, "x", visit=MONDAY - hours(72))
    assert case.state == "two", "it was due already"
    assert found.journal[case.id][-1].at == MONDAY


def test_a_repetition_since_a_date_long_past_begins_with_the_next_one() -> None:
    found, case = desk("""
    fields: {from: date}
    by: agent
    states: {one: {events: {x: two}, after: {every 1mo since from: {do: {notify: agent}}}}, two: {end: done}}
    """, **{"from": date(1999, 1, 31)})
    assert case.timers["after:one:0"].due == datetime(2026, 5, 31, tzinfo=UTC)
    assert found.journal[case.id][-1].kind == "opened"


def test_a_date_no_calendar_knows_is_remarked_and_arms_nothing() -> None:
    found, case = desk("""
    fields: {from: date}
    by: agent
    states: {one: {events: {x: two}, limit: 3d since from, after: {1mo since from: two}}, two: {end: done}}
    """, **{"from": date(9999, 12, 30)})
    assert not case.timers
    assert len(found.remarks(case)) == 2


def test_a_table_chooses_the_time_and_chooses_again_when_its_field_changes() -> None:
    found, case = desk("""
    fields: {p: P1 | P2}
    targets: {speed: {per: p, table: {P1: 1h, default: 4h}}}
    by: agent
    states: {one: {events: {x: {to: here, ask: p}}, limit: speed, after: {speed: two}}, two: {end: done}}
    """)
    assert case.timers["after:one:0"].due == MONDAY + hours(4)
    case = found.send(case, "x", p="P1")
    assert case.timers["after:one:0"].due == MONDAY + hours(1)
    assert found.clock(case, "limit:one").target == hours(1)


def test_a_wait_leaves_only_anywhere_events_and_holds_automatic_moves() -> None:
    found, case = desk("""
    fields: {f: flag}
    by: agent
    anywhere: {cancel: two, mark: {to: here, ask: f}}
    states: {one: {wait: 2h, events: {x: two}, auto: {to: [{to: two, when: f}]}}, two: {end: done}}
    """)
    refused = found.refused(case, "x")
    assert (refused.code, refused.parameters["until"], refused.possible) == ("waiting", MONDAY + hours(2), ("cancel", "mark"))
    case = found.send(case, "mark", f=True)
    assert case.state == "one"
    found.wait(hours(2))
    assert found.cases[case.id].status == "done"
    assert found.names(case) == ["desk", "mark", "wait:one"]


def test_a_window_opens_on_its_first_date_and_its_limit_is_the_end_of_its_last() -> None:
    found, case = desk(ESCALATION + dedent("""
    fields: {served_at: datetime}
    by: agent
    states:
      call:
        window: 2d..5d since served_at
        states: {ring: {events: {done: two}}}
      two: {end: done}
    """), served_at=MONDAY + hours(6))
    assert case.timers["wait:call"].due == datetime(2026, 5, 6, tzinfo=UTC)
    assert found.clock(case, "limit:call").fixed == datetime(2026, 5, 10, tzinfo=UTC)
    assert found.refused(case, "done").code == "waiting"
    found.wait(timedelta(days=2))
    assert found.send(case, "done").status == "done"


def test_a_limit_escalates_step_by_step_and_moves_nothing() -> None:
    found, case = desk(ESCALATION + "by: agent\nstates: {one: {limit: 4h, events: {x: two}}, two: {end: done}}")
    found.wait(hours(4))
    assert found.told(case) == [("agent",)], "a step fires only after its instant has passed"
    found.wait(hours(4))
    assert found.told(case) == [("agent",), ("boss",), ("boss",), ("agent",)]
    steps = [(entry.detail["step"], entry.at) for entry in found.journal[case.id][1:]]
    assert steps == [("50%", MONDAY + hours(2)), ("100%", MONDAY + hours(4)), ("100% + 1h", MONDAY + hours(5))]
    case = found.send(case, "x")
    assert [(clock.name, clock.state) for clock in case.cycles] == [("one", "stopped")]


def test_of_several_steps_overtaken_at_once_the_highest_fires() -> None:
    found, case = desk(ESCALATION + dedent("""
    fields: {visit: datetime}
    by: agent
    states: {one: {limit: 2h since visit, events: {x: two, move: {to: here, ask: visit}}}, two: {end: done}}
    """), visit=MONDAY - timedelta(days=7))
    found.wait(timedelta(seconds=1))
    assert found.clock(case, "limit:one").steps == (("50%", "skipped"), ("100%", "skipped"), ("100% + 1h", "fired"))
    assert found.told(case) == [("boss",), ("agent",)]
    case = found.send(case, "move", visit=MONDAY + hours(2))
    assert [clock.cycle for clock in case.cycles] == [1]
    found.wait(hours(3.5))
    assert found.told(case)[2:] == [("agent",)], "a new visit is escalated anew"


def test_at_one_instant_moves_precede_escalation_steps() -> None:
    found, case = desk(ESCALATION + "by: agent\nstates: {one: {limit: 2h, events: {x: two}, after: {2h: two}}, two: {end: done}}")
    found.wait(hours(5))
    assert found.names(case) == ["desk", "limit:one", "after:one:0"]
    assert found.told(case) == [("agent",)]


BACK = ESCALATION + dedent("""
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
""")


def test_back_lets_times_go_on_with_the_time_away_not_counted() -> None:
    found, case = desk(BACK)
    found.now += hours(0.5)
    case = found.send(case, "hold")
    assert {timer.due for timer in case.timers.values()} == {None}
    assert found.clock(case, "limit:work").state == "paused"
    found.wait(timedelta(days=1))
    back_at = found.now
    case = found.send(case, "resume")
    assert case.timers["wait:work"].due == back_at + hours(0.5)
    assert case.timers["after:work:0"].due == back_at + hours(6.5)
    assert case.timers["limit:work"].due == back_at + hours(1.5)
    found.wait(hours(5.75))
    fired = [entry.at - back_at for entry in found.journal[case.id] if entry.name == "after:work:1"]
    assert fired == [hours(2.5), hours(5.5)]
    found.check_replay()


def test_back_through_two_states_still_knows_the_way() -> None:
    found, case = desk(BACK)
    case = found.send(found.send(case, "hold"), "hold_more")
    assert set(case.returns) == {"held", "deeper"}
    case = found.send(found.send(case, "resume"), "resume")
    assert (case.state, dict(case.returns)) == ("work", {})


def test_what_was_suspended_is_dropped_when_nothing_leads_back_any_more() -> None:
    found, case = desk(BACK)
    case = found.send(found.send(case, "hold"), "give_up")
    assert not case.timers
    assert [clock.name for clock in case.cycles] == ["work"]


def test_a_spent_timer_does_not_fire_again_after_back_and_absolute_times_stand() -> None:
    found, case = desk("""
    fields: {visit: datetime}
    by: agent
    anywhere: {hold: {to: held, in: [work]}}
    states:
      work:
        limit: 4h since visit
        events: {x: closed}
        after: {1h: {do: {notify: boss}}, 8h since visit: closed, every 2h since visit: {do: {notify: agent}}}
      held: {events: {resume: back}}
      closed: {end: done}
    """, visit=MONDAY)
    found.wait(hours(1))
    case = found.send(case, "hold")
    found.wait(hours(4))
    case = found.send(case, "resume")
    assert case.timers["after:work:0"].due is None
    assert case.timers["after:work:1"].due == MONDAY + hours(8)
    assert found.clock(case, "limit:work").fixed == MONDAY + hours(4)
    assert [entry.at for entry in found.journal[case.id] if entry.name == "after:work:2"] == []
    found.wait(hours(3))
    assert [entry.at for entry in found.journal[case.id] if entry.name == "after:work:2"] == [MONDAY + hours(6)]
    assert found.cases[case.id].status == "done"
    assert found.told(case).count(("boss",)) == 1


def test_here_leaves_limits_and_timers_alone() -> None:
    found, case = desk("by: agent\nstates: {one: {limit: 4h, events: {x: here}, after: {6h: two}, do: {notify: agent}}, two: {end: done}}")
    found.now += hours(1)
    after = found.send(case, "x")
    assert after.timers == case.timers
    assert found.told(case) == [("agent",)]


def test_a_stay_of_a_group_counts_its_limit_through_its_inner_states() -> None:
    found, case = desk("""
    by: agent
    states:
      g: {limit: 6h, states: {a: {events: {next: b}}, b: {events: {x: closed}}}}
      closed: {end: done}
    """)
    found.now += hours(1)
    case = found.send(case, "next")
    assert found.clock(case, "limit:g").started_at == MONDAY
    assert case.arrivals == {"g": MONDAY, "g.b": MONDAY + hours(1)}


def test_waiting_in_two_steps_is_waiting_in_one() -> None:
    one, case = desk(BACK)
    two, _ = desk(BACK)
    one.wait(hours(30))
    for length in (0.3, 4.2, 0, 25.5):
        two.wait(hours(length))
    assert one.journal == two.journal
    assert one.cases == two.cases


def test_who_acts_in_a_state_without_people_is_nobody() -> None:
    found, case = desk("states: {one: {events: {x: {to: two, by: boss}, y: two}}, two: {end: done}}")
    assert found.refused(case, "y", AGENT).parameters["by"] == ()
    assert found.send(case, "x", BOSS).status == "done"


def test_a_limit_or_timer_without_a_time_for_this_case_is_none_until_there_is_one() -> None:
    found, case = desk("""
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
    case = found.send(found.send(case, "hold"), "resume")
    assert case.timers == {}
    assert found.send(case, "x").status == "done"


def test_a_suspended_window_opens_when_its_dates_say_so() -> None:
    found, case = desk("""
    by: agent
    anywhere: {hold: {to: held, in: [one]}}
    states:
      one: {window: 2d..5d since opened_at, events: {x: two}}
      held: {events: {resume: back}}
      two: {end: done}
    """)
    case = found.send(case, "hold")
    assert case.timers["wait:one"].due is None
    found.wait(timedelta(days=1))
    case = found.send(case, "resume")
    assert case.timers["wait:one"].due == datetime(2026, 5, 6, tzinfo=UTC)
    found.wait(timedelta(days=1))
    assert found.send(case, "x").status == "done"


def test_an_every_ends_where_its_table_has_no_more_time_for_it() -> None:
    found, case = desk("""
    fields: {p: P1 | P2}
    targets: {speed: {per: p, table: {P1: 1h}}}
    by: agent
    states:
      one: {events: {x: two}, after: {every speed: {do: {set: {p: P2}, notify: boss}}}}
      two: {end: done}
    """, p="P1")
    found.wait(hours(5))
    assert found.told(case) == [("boss",)]
    assert not found.cases[case.id].timers
