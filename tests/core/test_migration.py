"""
Running cases move to another version, as that version's `migrate` says.
"""

from __future__ import annotations

from attrs import evolve

from core.desk import BOSS, MONDAY, TWO_STATES, Desk, hours, process
from svcflow.core.case import Case
from svcflow.core.event import Migrate
from svcflow.core.process import Process

OLD = process("""
fields: {n: number, t: text, p: P1 | P2, gone: text}
sla: {fix: {from: one, until: end, target: 8h}, old: {from: one, until: end, target: 1h}}
by: agent
anywhere: {hold: {to: held, in: [one, g]}}
states:
  one: {limit: 4h, events: {next: g, again: {to: here, max: 2}}, after: {9h: end}}
  g:
    limit: 2h
    states: {a: {events: {go: b}}, b: {events: {go: end}}}
    events: {out: rest}
  rest: {events: {back_in: g.last}}
  held: {events: {resume: back}}
  end: {end: done}
""")
NEW = """
fields: {n: text, t: text, p: P1 | P2, fresh: flag}
sla: {fix: {from: one, until: end, target: 4h}}
by: agent
anywhere: {hold: {to: held, in: [one, g]}}
states:
  one: {limit: 4h, events: {next: g, again: {to: here, max: 2}}, after: {9h: end}}
  g:
    limit: 3h
    do: {notify: boss}
    states: {start: {limit: 1h, events: {go: finish}}, finish: {events: {go: end}}}
    events: {out: rest}
  rest: {events: {back_in: g.last}}
  held: {events: {resume: back}}
  end: {end: done}
"""
PLAN = "migrate: {1: {states: {g.a: g.start, g.b: g.finish}, set: {n: carried, fresh: true}}, 2: finish}"


def both() -> tuple[Desk, Case]:
    """
    A desk with a case of version 1 that knows version 3, too.
    """
    desk = Desk(process(NEW, PLAN, version=3), OLD)
    return desk, desk.open("desk", n=3, t="x", gone="y", p="P1")


def why_not(desk: Desk, case: Case, to: int) -> str:
    refused = desk.refused_input(case, Migrate(to))
    assert refused.code == "migration"
    return str(refused.parameters["why"])


def test_unnamed_states_stay_with_their_clocks_limits_and_counters() -> None:
    desk, case = both()
    case = desk.send(case, "again")
    desk.now += hours(1)
    moved = desk.give(case, Migrate(3, BOSS))
    assert (moved.version, moved.state, dict(moved.counts)) == (3, "one", {"one/again/here": 1})
    assert desk.clock(moved, "limit:one").started_at == MONDAY
    assert desk.clock(moved, "clock:fix").target == hours(4)
    assert moved.timers["after:one:9h"] == case.timers["after:one:9h"]
    assert [clock.name for clock in moved.cycles] == ["old"]
    assert dict(moved.fields) == {"n": "carried", "t": "x", "p": "P1", "fresh": True, "opened_at": MONDAY}
    assert desk.journal[case.id][-1].actor == BOSS


def test_mapped_states_begin_anew_and_no_do_is_carried_out() -> None:
    desk, case = both()
    case = desk.send(case, "next")
    desk.now += hours(1)
    moved = desk.give(case, Migrate(3))
    assert moved.state == "g.start"
    assert desk.clock(moved, "limit:g").started_at == MONDAY
    assert desk.clock(moved, "limit:g").target == hours(3)
    assert desk.clock(moved, "limit:g.start").started_at == MONDAY + hours(1)
    assert desk.told(case) == []
    assert desk.send(desk.send(moved, "go"), "go").status == "done"
    desk.check_replay()


def test_the_ways_back_and_last_are_carried_over() -> None:
    desk, case = both()
    case = desk.send(desk.send(desk.send(case, "next"), "go"), "hold")
    moved = desk.give(case, Migrate(3))
    assert desk.send(moved, "resume").state == "g.finish"
    desk, case = both()
    case = desk.send(desk.send(desk.send(case, "next"), "go"), "out")
    moved = desk.give(case, Migrate(3))
    assert desk.send(moved, "back_in").state == "g.finish"


def test_what_cannot_come_over_is_refused_with_the_reason() -> None:
    plans: dict[int, str] = {
        4: "",
        5: "migrate: {1: {set: {n: carried, fresh: true}}}",
        6: "migrate: {1: {states: {g.a: g.start, g.b: g.finish}, set: {fresh: true}}}",
        7: "migrate: {1: finish}",
    }
    desk, case = both()
    desk.versions |= {("desk", number): process(NEW, plan, version=number) for number, plan in plans.items()}
    case = desk.send(case, "next")
    assert "does not say what happens" in why_not(desk, case, 4)
    assert "no state g.a" in why_not(desk, case, 5)
    assert "n do not fit" in why_not(desk, case, 6)
    assert "finish under it" in why_not(desk, case, 7)


def test_an_ended_case_stays_where_it_is() -> None:
    desk, case = both()
    desk.wait(hours(100))
    assert why_not(desk, case, 3) == "the case has ended"


def carried(new: str) -> tuple[Desk, Case]:
    """
    A case of two states that has come over to a second version.
    """
    desk = Desk(process(new, version=2), process(TWO_STATES))
    return desk, desk.give(desk.open(), Migrate(2))


def test_a_case_may_migrate_into_an_end() -> None:
    _, ended = carried("""
    by: agent
    migrate: {1: {states: {one: two}}}
    states:
      uno: {events: {x: two}}
      two: {end: done}
    """)
    assert (ended.status, ended.state) == ("done", "two")


def test_a_case_may_migrate_into_regions() -> None:
    _, moved = carried("""
    by: agent
    migrate: {1: {states: {one: p}}}
    states:
      uno: {events: {x: p}}
      p:
        parallel: true
        states:
          a: {states: {a1: {events: {x: a2}}, a2: {end: done}}}
          b: {states: {b1: {events: {x: b2}}, b2: {end: done}}}
        events: {done: two}
      two: {end: done}
    """)
    assert moved.states == ("p.a.a1", "p.b.b1")


def test_a_case_that_has_come_over_goes_on_by_itself() -> None:
    _, gone_on = carried("""
    by: agent
    migrate: {1: {states: {one: uno}}}
    states:
      uno: {auto: due}
      due: {events: {x: two}}
      two: {end: done}
    """)
    assert gone_on.state == "due"


KID = """
by: agent
states:
  a: {events: {go: ok}}
  ok: {end: done}
"""


def test_a_case_that_waits_for_a_child_stays_where_the_child_is() -> None:
    def waiting_in(state: str, number: int, plan: str = "") -> Process:
        states = f"""
        by: agent
        states:
          {state}: {{run: kid, events: {{ok: two}}}}
          two: {{end: done}}
        """
        return process(states, plan, version=number, kid=KID)

    desk = Desk(waiting_in("one", 1), process(KID, name="kid"))
    desk.versions["desk", 2] = waiting_in("uno", 2, "migrate: {1: {states: {one: uno}}}")
    desk.versions["desk", 3] = waiting_in("one", 3, "migrate: {1: {states: {two: two}}}")
    case = desk.open()
    assert "child case" in why_not(desk, case, 2)
    moved = desk.give(case, Migrate(3))
    assert dict(moved.children) == dict(case.children)


def test_a_child_that_ended_in_a_way_nobody_handled_is_opened_again_by_the_version_that_handles_it() -> None:
    states = "by: agent\nstates: {one: {run: kid, events: {ENDS}}, two: {end: done}}"
    lost = KID + "  lost: {end: cancelled}\n"
    old = process(states.replace("ENDS", "ok: two"), kid=KID)
    plan = "migrate: {1: {states: {two: two}}}"
    new = process(states.replace("ENDS", "ok: two, lost: two"), plan, version=2, kid=lost)
    desk = Desk(old, process(lost.replace("go: ok", "go: lost"), name="kid"))
    case = desk.open()
    desk.send(desk.child(case, "one"), "go")
    assert desk.remarks(case) == ["c1-1-0 ended as lost, and nothing says what happens then"]
    desk.versions["desk", 2] = new
    moved = desk.give(case, Migrate(2))
    desk.send(desk.child(moved, "one"), "go")
    assert desk.cases[case.id].status == "done"


def test_a_changed_escalation_is_armed_anew() -> None:
    states = """
    escalation: std
    by: agent
    states:
      one: {limit: 4h, events: {x: two}}
      two: {end: done}
    """
    plan = "migrate: {1: {states: {one: one}}}"
    old = process(states, "escalations: {std: {50%: {notify: boss}}}")
    new = process(states, "escalations: {std: {75%: {notify: boss}}}", plan, version=2)
    desk = Desk(new, old)
    case = desk.give(desk.open(), Migrate(2))
    assert case.timers["limit:one"].due == MONDAY + hours(3)
    desk.check_replay()


def moved(old: str, new: str, plan: str, *events: str) -> tuple[Desk, Case]:
    """
    A desk with a case of an old text, some events on, that is to come over to a new one.
    """
    desk = Desk(process(new, f"migrate: {{1: {{states: {plan}}}}}", version=2), process(old))
    case = desk.open()
    for event in events:
        case = desk.send(case, event)
    desk.now += hours(1)
    return desk, case


def over(desk: Desk, case: Case) -> Case:
    after = desk.give(case, Migrate(2))
    desk.check_replay()
    return after


RENAMED = """
by: [agent, boss]
states:
  work: {events: {x: check, y: {to: here, max: 1}, z: {to: check, max: 1}, hold: held}}
  check: {not_by: work, events: {go: three, again: work}}
  held: {events: {resume: back, more: deeper}}
  deeper: {events: {resume: back}}
  three: {end: done}
"""


def test_who_acted_and_what_was_counted_in_a_state_follow_its_new_name() -> None:
    new = RENAMED.replace("work", "uno").replace("check", "due")
    desk, case = moved(RENAMED, new, "{work: uno, check: due}", "y", "z")
    case = over(desk, case)
    assert case.acted == {"uno": {"ann"}}
    assert case.counts == {"uno/y/here": 1, "uno/z/due": 1}
    assert desk.refused(case, "go").code == "barred"


def test_the_past_of_a_state_that_is_still_there_stays_its_own() -> None:
    desk, case = moved(RENAMED, RENAMED, "{check: work}", "x")
    case = over(desk, case)
    assert case.state == "work"
    assert case.acted == {"work": {"ann"}}


def test_a_way_back_leads_through_states_that_are_called_otherwise() -> None:
    new = RENAMED.replace("work", "uno").replace("held", "paused")
    desk, case = moved(RENAMED, new, "{work: uno, held: paused}", "hold", "more")
    case = over(desk, case)
    assert set(case.returns) == {"paused", "deeper"}
    assert desk.send(desk.send(case, "resume"), "resume").state == "uno"
    lost = moved(RENAMED, RENAMED.replace("work", "uno"), "{three: three}", "hold")
    assert "no state work" in str(lost[0].refused_input(lost[1], Migrate(2)))


HELD_GROUP = """
by: agent
anywhere: {hold: {to: held, in: [g]}}
states:
  g: {limit: 4h, after: {5h: end}, states: {a: {events: {x: end}}}}
  held: {events: {resume: back}}
  end: {end: done}
"""


def test_times_that_rest_in_a_group_rest_on() -> None:
    desk, case = moved(HELD_GROUP, HELD_GROUP, "{end: end}", "hold")
    after = over(desk, case)
    assert (after.timers, after.clocks) == (case.timers, case.clocks)


def test_a_group_that_moves_takes_its_inner_states_along() -> None:
    new = HELD_GROUP.replace("in: [g]", "in: [h]").replace("g: {", "h: {").replace("{a:", "{b: {}, a:")
    desk, case = moved(HELD_GROUP, new, "{g: h}")
    assert over(desk, case).state == "h.a"
    desk, case = moved(HELD_GROUP, new.replace("a: {events", "c: {events"), "{g: h}")
    assert over(desk, case).state == "h.b"


REGIONS = """
by: agent
states:
  one: {events: {x: p}}
  p:
    parallel: true
    states:
      a: {states: {a1: {events: {x: a2}}, a2: {end: done}}}
      b: {states: {b1: {events: {x: b2}}, b2: {end: done}}}
    events: {done: end}
  end: {end: done}
"""


def test_a_case_stands_in_every_region_of_the_version_it_comes_to() -> None:
    more = REGIONS.replace(
        "    events: {done", "      c: {states: {c1: {events: {x: c2}}, c2: {end: done}}}\n    events: {done"
    )
    desk, case = moved(REGIONS, more, "{end: end}", "x")
    case = over(desk, case)
    assert case.states == ("p.a.a1", "p.b.b1", "p.c.c1")
    assert desk.send(case, "x").status == "done"
    desk, case = moved(REGIONS, REGIONS, "{one: p.a.a2}")
    assert over(desk, case).states == ("p.a.a2", "p.b.b1")


def test_a_case_does_not_come_to_stand_inside_and_outside_of_a_group() -> None:
    desk, case = moved(REGIONS, REGIONS, "{p.a.a1: one}", "x")
    assert "no place for a case in p.a.a1, p.b.b1" in str(desk.refused_input(case, Migrate(2)))


def test_an_inner_end_that_a_case_comes_to_is_one() -> None:
    group = (
        "by: agent\nstates: {g: {states: {a: {events: {x: f}}, f: {end: done}}, events: {done: two}}, two: {end: done}}"
    )
    desk, case = moved(TWO_STATES, group, "{one: g.f}")
    assert over(desk, case).state == "two"


def test_a_state_that_is_an_end_now_or_runs_a_child_now_is_taken_at_its_word() -> None:
    desk, case = moved(TWO_STATES, "by: agent\nstates: {zero: {events: {x: one}}, one: {end: done}}", "{two: one}")
    assert over(desk, case).status == "done"
    kid = "by: agent\nstates: {a: {events: {go: ok}}, ok: {end: done}}"
    runs = process(
        "by: agent\nmigrate: {1: {states: {two: two}}}\nstates: {one: {run: kid, events: {ok: two}}, two: {end: done}}",
        version=2,
        kid=kid,
    )
    desk = Desk(runs, process(TWO_STATES), process(kid, name="kid"))
    case = over(desk, desk.open("desk"))
    desk.send(desk.child(case, "one"), "go")
    assert desk.cases[case.id].status == "done"


def test_clocks_that_count_on_a_calendar_that_is_gone_keep_the_case_where_it_is() -> None:
    limited = "by: agent\nstates: {one: {limit: LENGTH, events: {x: two}}, two: {end: done}}"
    desk, case = moved(limited.replace("LENGTH", "4h on always"), limited.replace("LENGTH", "4h"), "{two: two}")
    assert over(desk, case).state == "one"
    desk, case = moved(limited.replace("LENGTH", "4h"), limited.replace("LENGTH", "4h"), "{two: two}")
    desk.versions["desk", 2] = evolve(desk.versions["desk", 2], calendars={})
    assert "the calendar office, which nothing here uses" in str(desk.refused_input(case, Migrate(2)))


def test_times_of_a_state_that_moved_end_even_where_the_case_can_come_back_to_one_of_that_name() -> None:
    text = """
    by: agent
    states:
      one: {after: {5h: three}, limit: 4h, events: {hold: held}}
      held: {after: {2h: three}, limit: 1h, events: {resume: back, more: deeper}}
      deeper: {events: {resume: back}}
      three: {end: done}
    """
    desk, case = moved(text, text, "{one: held, held: deeper}", "hold")
    case = over(desk, case)
    assert (case.state, dict(case.timers), dict(case.clocks)) == ("deeper", {}, {})
    assert desk.send(case, "resume").state == "held"


def test_a_wait_goes_on_where_it_was_after_a_hold_or_stays_over() -> None:
    text = """
    by: agent
    anywhere: {hold: {to: held, in: [one]}}
    states:
      one: {wait: 2h, events: {x: two}}
      held: {events: {resume: back}}
      two: {end: done}
    """
    desk = Desk(process(text, "migrate: {1: {states: {two: two}}}", version=2), process(text))
    waiting, over_it = desk.open("desk"), desk.open("desk")
    desk.now += hours(1)
    waiting = desk.send(desk.send(waiting, "hold"), "resume")
    assert over(desk, waiting).timers["wait:one"].due == MONDAY + hours(2)
    desk.wait(hours(1))
    over_it = desk.send(desk.send(over_it, "hold"), "resume")
    assert desk.send(over(desk, over_it), "x").status == "done"
