"""
Nested and parallel states, `auto`, `done`, `X.last`, and what bounds them.
"""

import pytest
from attrs import evolve
from tests.core.desk import AGENT, BOSS, Actor, Desk, hours, process

from svcflow.errors import MicrostepLimit


def test_automatic_moves_each_see_what_the_one_before_wrote() -> None:
    desk = Desk(process("""
    fields: {n: 1..5}
    states:
      count: {do: {set: {n: 1}}, auto: next}
      next: {auto: {to: [{to: end, when: n >= 3}, {to: more, do: {set: {n: n + 1}}}]}}
      more: {auto: {to: [{to: end, when: n > 2}, {to: next, max: 5}]}}
      end: {end: done}
    """))
    case = desk.open()
    assert (case.status, case.fields["n"]) == ("done", 3)
    assert [move.entered for move in desk.journal[case.id][0].moves] == [
        ("count",), ("next",), ("more",), ("next",), ("more",), ("end",),
    ]  # fmt: skip
    desk.check_replay()


def test_moves_that_go_round_for_ever_are_bounded() -> None:
    text = """
    fields: {f: flag, g: flag}
    by: agent
    states:
      one: {events: {go: {to: a, ask: f}}}
      a: {auto: {to: [{to: b, when: f}, end]}}
      b: {auto: {to: [{to: a, when: f or g}, end]}}
      end: {end: done}
    """
    desk = Desk(process(text))
    case = desk.open()
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


def test_regions_move_apart_and_done_comes_when_all_have_ended() -> None:
    desk = Desk(process(PARALLEL))
    case = desk.open()
    assert case.states == ("prepare.site.wait", "prepare.parts.ordered")
    case = desk.send(case, "ok", b="x")
    assert case.states == ("prepare.site.wait", "prepare.parts.arrived"), "the other region is the boss's"
    case = desk.send(case, "ok", BOSS, a="y")
    assert case.state == "ready"
    assert [move.trigger for move in desk.journal[case.id][-1].moves] == ["ok", "+done/prepare"]


def test_the_form_is_the_union_over_regions_and_one_event_moves_all() -> None:
    desk = Desk(process(PARALLEL))
    case = desk.open()
    both = Actor("cy", roles={"agent", "boss"})
    assert desk.menu(case, both)["ok"].ask == ("a", "b")
    assert set(desk.refused(case, "ok", both, a="x").parameters["problems"]) == {"b"}
    assert desk.send(case, "ok", both, a="x", b="y").state == "ready"
    assert desk.send(desk.open(), "both").state == "ready"


def test_nobody_can_send_done() -> None:
    desk = Desk(process(PARALLEL))
    case = desk.open()
    assert desk.refused(case, "done").code == "unknown_event"
    assert "done" not in desk.menu(case)
    assert desk.send(case, "stop").status == "cancelled"


def test_an_inner_event_comes_first_and_the_outer_one_where_the_inner_is_not_for_this_actor() -> None:
    desk = Desk(process("""
    fields: {why: text}
    by: agent
    states:
      g:
        events: {go: {to: outer, ask: why}}
        states: {a: {events: {go: {to: b, by: boss}}}, b: {}}
      outer: {end: done}
    """))
    case = desk.open()
    assert desk.send(case, "go", BOSS).state == "g.b"
    other = desk.open()
    assert desk.refused(other, "go").code == "form"
    assert desk.send(other, "go", why="x").state == "outer"


def test_an_event_of_a_group_to_a_state_inside_it_does_not_leave_the_group() -> None:
    desk = Desk(process("""
    by: agent
    states:
      g: {limit: 4h, do: {notify: boss}, events: {again: a}, states: {a: {events: {next: b}}, b: {events: {x: end}}}}
      end: {end: done}
    """))
    case = desk.send(desk.open(), "next")
    desk.now += hours(1)
    after = desk.send(case, "again")
    assert after.state == "g.a"
    assert after.clocks == case.clocks
    assert desk.told(case) == [("boss",)]


def test_last_goes_to_where_the_case_last_was_inside() -> None:
    desk = Desk(process("""
    by: agent
    states:
      g:
        states:
          a: {events: {next: h}}
          h: {states: {x: {events: {deeper: y}}, y: {}}}
        events: {out: away}
      away: {events: {again: g.last, restart: g}}
    """))
    case = desk.send(desk.send(desk.send(desk.open(), "next"), "deeper"), "out")
    case = desk.send(case, "again")
    assert case.state == "g.h.y"
    assert desk.send(desk.send(case, "out"), "restart").state == "g.a"
    desk.check_replay()


def test_last_leads_to_the_first_inner_state_where_the_case_never_was() -> None:
    desk = Desk(process("""
    by: agent
    states: {away: {events: {again: g.last}}, g: {states: {a: {events: {x: end}}, b: {}}}, end: {end: done}}
    """))
    assert desk.send(desk.open(), "again").state == "g.a"


def test_back_restores_every_region() -> None:
    desk = Desk(process(PARALLEL.replace("anywhere", "") + """
  paused: {events: {resume: back}}
anywhere: {pause: {to: paused, in: [prepare]}}
"""))
    case = desk.send(desk.send(desk.open(), "ok", b="x"), "pause")
    assert case.state == "paused"
    case = desk.send(case, "resume")
    assert case.states == ("prepare.site.wait", "prepare.parts.arrived")
    assert desk.send(case, "ok", BOSS, a="x").state == "ready"
    desk.check_replay()


def test_a_wait_in_one_region_leaves_the_other_alone() -> None:
    desk = Desk(process("""
    by: agent
    states:
      p:
        parallel: true
        states:
          one: {states: {a: {wait: 2h, events: {x: b}}, b: {end: done}}}
          two: {states: {c: {events: {x: d}}, d: {end: done}}}
        events: {done: end}
      end: {end: done}
    """))
    case = desk.send(desk.open(), "x", AGENT)
    assert case.states == ("p.one.a", "p.two.d")
    assert desk.refused(case, "x").code == "waiting"
    desk.wait(hours(2))
    assert desk.send(case, "x").status == "done"


def test_back_with_nowhere_to_go_is_no_way() -> None:
    desk = Desk(process("""
    by: agent
    states:
      one: {events: {go: two, hold: held}}
      two: {events: {x: end}}
      held: {events: {resume: back}}
      end: {end: done}
    """))
    case = desk.send(desk.open(), "hold")
    lost = evolve(case, returns={})
    desk.cases[case.id] = lost
    refused = desk.refused(lost, "resume")
    assert dict(refused.parameters["alternatives"]) == {"held/resume/back": "has nowhere to go back to"}


def test_what_a_do_sends_waits_as_everything_else_does() -> None:
    desk = Desk(process("""
    by: agent
    states:
      one: {events: {go: {to: two, do: {send: x}}}}
      two: {wait: 2h, events: {x: {to: end, by: system}}}
      end: {end: done}
    """))
    case = desk.send(desk.open(), "go")
    assert desk.remarks(case) == ["x was sent, but is not possible here"]


def test_what_the_engine_sends_counts_as_nobodys_deed() -> None:
    desk = Desk(process("""
    by: [agent, system]
    states:
      one: {events: {go: {to: two, do: {send: pass_on}}}}
      two: {events: {pass_on: three}}
      three: {not_by: two, events: {x: end}}
      end: {end: done}
    """))
    case = desk.send(desk.open(), "go")
    assert (case.state, dict(case.acted)) == ("three", {"one": {"ann"}})
    assert desk.send(case, "x").status == "done"
