"""
Nested and parallel states, `auto`, `done`, `X.last`, and what bounds them.
"""

from __future__ import annotations

import pytest
from attrs import evolve

from core.desk import AGENT, BOSS, Desk, case_of, desk_of, hours
from svcflow.core.case import Case
from svcflow.core.decision import Move
from svcflow.core.event import Actor
from svcflow.errors import MicrostepLimit


@pytest.mark.requirement("R130")
def test_automatic_moves_each_see_what_the_one_before_wrote() -> None:
    desk, case = case_of("""
    fields: {n: 1..5}
    states:
      count: {do: {set: {n: 1}}, auto: next}
      next: {auto: {to: [{to: end, when: n >= 3}, {to: more, do: {set: {n: n + 1}}}]}}
      more: {auto: {to: [{to: end, when: n > 2}, {to: next, max: 5}]}}
      end: {end: done}
    """)
    assert (case.status, case.fields["n"]) == ("done", 3)
    entered = [move.entered for move in desk.journal[case.id][0].moves]
    assert entered == [("count",), ("next",), ("more",), ("next",), ("more",), ("end",)]
    desk.check_replay()


def test_moves_that_go_round_for_ever_are_bounded() -> None:
    desk, case = case_of("""
    fields: {f: flag, g: flag}
    by: agent
    states:
      one: {events: {go: {to: a, ask: f}}}
      a: {auto: {to: [{to: b, when: f}, end]}}
      b: {auto: {to: [{to: a, when: f or g}, end]}}
      end: {end: done}
    """)
    with pytest.raises(MicrostepLimit):
        desk.send(case, "go", f=True)
    assert desk.send(case, "go", f=False).status == "done"


PARALLEL = """
fields: {a: text, b: text}
by: agent
states:
  prepare:
    parallel: true
    states:
      site:
        states: {wait: {events: {ok: {to: there, ask: a, by: boss}, both: there}}, there: {end: done}}
      parts:
        states: {ordered: {events: {ok: {to: arrived, ask: b}, both: arrived}}, arrived: {end: done}}
    events: {done: ready, stop: dropped}
  ready: {events: {finish: closed}}
  closed: {end: done}
  dropped: {end: cancelled}
"""
PAUSE = """
  paused: {events: {resume: back}}
anywhere: {pause: {to: paused, in: [prepare]}}
"""


def test_regions_move_apart_and_done_comes_when_all_have_ended() -> None:
    desk, case = case_of(PARALLEL)
    assert case.states == ("prepare.site.wait", "prepare.parts.ordered")
    case = desk.send(case, "ok", b="x")
    assert case.states == ("prepare.site.wait", "prepare.parts.arrived"), "the other region is the boss's"
    case = desk.send(case, "ok", BOSS, a="y")
    assert case.state == "ready"
    assert [move.trigger for move in desk.journal[case.id][-1].moves] == ["ok", "+done/prepare"]


def test_the_form_is_the_union_over_regions_and_one_event_moves_all() -> None:
    desk, case = case_of(PARALLEL)
    both = Actor("cy", roles={"agent", "boss"})
    assert desk.offered(case, "ok", both).ask == ("a", "b")
    assert set(desk.refused(case, "ok", both, a="x").parameters["problems"]) == {"b"}
    assert desk.send(case, "ok", both, a="x", b="y").state == "ready"
    assert desk.send(desk.open(), "both").state == "ready"


def test_a_region_that_does_not_know_the_event_adds_nothing_to_its_form() -> None:
    desk, case = case_of("""
    fields: {a: text, b: text, c: text}
    by: agent
    states:
      p:
        parallel: true
        states:
          one: {states: {a1: {events: {ok: {to: a2, ask: a, may: c}}}, a2: {end: done}}}
          two: {states: {b1: {events: {other: {to: b2, ask: b}}}, b2: {end: done}}}
          three: {states: {c1: {events: {ok: {to: c2, ask: c}}}, c2: {end: done}}}
        events: {done: end}
      end: {end: done}
    """)
    form = desk.offered(case, "ok")
    assert (form.ask, form.may) == (("a", "c"), ()), "what one region must have, another cannot leave empty"
    assert desk.send(case, "ok", a="x", c="y").states == ("p.one.a2", "p.two.b1", "p.three.c2")


def test_a_region_whose_own_rule_is_shut_adds_nothing_to_the_form() -> None:
    desk, case = case_of("""
    fields: {a: text, b: text, f: flag}
    by: agent
    states:
      p:
        parallel: true
        states:
          one: {states: {a1: {events: {x: {to: a2, ask: a, when: f}}}, a2: {end: done}}}
          two: {states: {b1: {events: {x: {to: b2, ask: b}}}, b2: {end: done}}}
        events: {done: end}
      end: {end: done}
    """)
    assert desk.offered(case, "x").ask == ("b",)
    assert desk.send(case, "x", b="1").states == ("p.one.a1", "p.two.b2")


def test_each_region_asks_by_its_innermost_rule_and_not_by_the_one_around_all() -> None:
    desk, case = case_of("""
    fields: {a: text, b: text, c: text}
    by: agent
    states:
      p:
        parallel: true
        states:
          one: {states: {a1: {events: {x: {to: a2, ask: a}}}, a2: {end: done}}}
          two: {states: {b1: {events: {x: {to: b2, ask: b}}}, b2: {end: done}}}
        events: {x: {to: end, ask: c}, done: end}
      end: {end: done}
    """)
    assert desk.offered(case, "x").ask == ("a", "b")
    assert [move.trigger for move in moves_of(desk, desk.send(case, "x", a="1", b="2"))] == ["x", "+done/p"]


def test_where_the_inner_rule_is_shut_the_outer_one_asks() -> None:
    desk, case = case_of("""
    fields: {a: text, f: flag}
    by: agent
    states:
      g:
        events: {x: {to: out, ask: a}}
        states: {i: {events: {x: {to: j, when: f}}}, j: {events: {y: out}}}
      out: {end: done}
    """)
    assert desk.offered(case, "x").ask == ("a",)
    assert desk.refused(case, "x").code == "form"
    assert desk.send(case, "x", a="1").state == "out"


def moves_of(desk: Desk, case: Case) -> tuple[Move, ...]:
    return desk.journal[case.id][-1].moves


def test_nobody_can_send_done() -> None:
    desk, case = case_of(PARALLEL)
    assert desk.refused(case, "done").code == "unknown_event"
    assert "done" not in desk.menu(case)
    assert desk.send(case, "stop").status == "cancelled"


def test_an_inner_event_comes_first_and_the_outer_one_where_the_inner_is_not_for_this_actor() -> None:
    desk, case = case_of("""
    fields: {why: text}
    by: agent
    states:
      g:
        events: {go: {to: outer, ask: why}}
        states: {a: {events: {go: {to: b, by: boss}}}, b: {}}
      outer: {end: done}
    """)
    assert desk.send(case, "go", BOSS).state == "g.b"
    other = desk.open()
    assert desk.refused(other, "go").code == "form"
    assert desk.send(other, "go", why="x").state == "outer"


def test_an_event_of_a_group_to_a_state_inside_it_does_not_leave_the_group() -> None:
    desk, case = case_of("""
    by: agent
    states:
      g:
        limit: 4h
        do: {notify: boss}
        events: {again: a}
        states: {a: {events: {next: b}}, b: {events: {x: end}}}
      end: {end: done}
    """)
    case = desk.send(case, "next")
    desk.now += hours(1)
    after = desk.send(case, "again")
    assert after.state == "g.a"
    assert after.clocks == case.clocks
    assert desk.told(case) == [("boss",)]


def test_last_goes_to_where_the_case_last_was_inside() -> None:
    desk, case = case_of("""
    by: agent
    states:
      g:
        states:
          a: {events: {next: h}}
          h: {states: {x: {events: {deeper: y}}, y: {}}}
        events: {out: away}
      away: {events: {again: g.last, restart: g}}
    """)
    case = desk.send(desk.send(desk.send(case, "next"), "deeper"), "out")
    case = desk.send(case, "again")
    assert case.state == "g.h.y"
    assert desk.send(desk.send(case, "out"), "restart").state == "g.a"
    desk.check_replay()


def test_last_leads_to_the_first_inner_state_where_the_case_never_was() -> None:
    desk, case = case_of("""
    by: agent
    states:
      away: {events: {again: g.last}}
      g: {states: {a: {events: {x: end}}, b: {}}}
      end: {end: done}
    """)
    assert desk.send(case, "again").state == "g.a"


def test_back_restores_every_region() -> None:
    desk, case = case_of(PARALLEL + PAUSE)
    case = desk.send(desk.send(case, "ok", b="x"), "pause")
    assert case.state == "paused"
    case = desk.send(case, "resume")
    assert case.states == ("prepare.site.wait", "prepare.parts.arrived")
    assert desk.send(case, "ok", BOSS, a="x").state == "ready"
    desk.check_replay()


def test_a_wait_in_one_region_leaves_the_other_alone() -> None:
    desk, case = case_of("""
    by: agent
    states:
      p:
        parallel: true
        states:
          one: {states: {a: {wait: 2h, events: {x: b}}, b: {end: done}}}
          two: {states: {c: {events: {x: d}}, d: {end: done}}}
        events: {done: end}
      end: {end: done}
    """)
    case = desk.send(case, "x", AGENT)
    assert case.states == ("p.one.a", "p.two.d")
    assert desk.refused(case, "x").code == "waiting"
    desk.wait(hours(2))
    assert desk.send(case, "x").status == "done"


def test_back_with_nowhere_to_go_is_no_way() -> None:
    desk, case = case_of("""
    by: agent
    states:
      one: {events: {go: two, hold: held}}
      two: {events: {x: end}}
      held: {events: {resume: back}}
      end: {end: done}
    """)
    case = desk.send(case, "hold")
    lost = evolve(case, returns={})
    desk.cases[case.id] = lost
    refused = desk.refused(lost, "resume")
    assert dict(refused.parameters["alternatives"]) == {"held/resume/back": "has nowhere to go back to"}


def test_what_a_do_sends_waits_as_everything_else_does() -> None:
    desk = desk_of("""
    by: agent
    states:
      one: {events: {go: {to: two, do: {send: x}}}}
      two: {wait: 2h, events: {x: {to: end, by: system}}}
      end: {end: done}
    """)
    case = desk.send(desk.open(), "go")
    assert desk.remarks(case) == ["x was sent, but is not possible here"]


def test_what_the_engine_sends_counts_as_nobodys_deed() -> None:
    desk = desk_of("""
    by: [agent, system]
    states:
      one: {events: {go: {to: two, do: {send: pass_on}}}}
      two: {events: {pass_on: three}}
      three: {not_by: two, events: {x: end}}
      end: {end: done}
    """)
    case = desk.send(desk.open(), "go")
    assert (case.state, dict(case.acted)) == ("three", {"one": frozenset({"ann"})})
    assert desk.send(case, "x").status == "done"
