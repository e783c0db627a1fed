"""
Running cases move to another version, as that version's `migrate` says.
"""

from tests.core.desk import AGENT, BOSS, HEAD, MONDAY, Desk, hours

from svcflow.core.decision import Refusal
from svcflow.core.event import Migrate
from svcflow.language import compile_sources

OLD = """
fields: {n: number, t: text, p: P1 | P2, gone: text}
sla: {fix: {from: one, until: end, target: 8h}, old: {from: one, until: end, target: 1h}}
by: agent
anywhere: {hold: {to: held, in: [one, g]}}
states:
  one: {limit: 4h, events: {next: g, again: {to: here, max: 2}}, after: {9h: end}}
  g: {limit: 2h, states: {a: {events: {go: b}}, b: {events: {go: end}}}, events: {out: rest}}
  rest: {events: {back_in: g.last}}
  held: {events: {resume: back}}
  end: {end: done}
"""
NEW = """
fields: {n: text, t: text, p: P1 | P2, fresh: flag}
sla: {fix: {from: one, until: end, target: 4h}}
migrate: {1: {states: {g.a: g.start, g.b: g.finish}, set: {n: carried, fresh: true}}, 2: finish}
by: agent
anywhere: {hold: {to: held, in: [one, g]}}
states:
  one: {limit: 4h, events: {next: g, again: {to: here, max: 2}}, after: {9h: end}}
  g: {limit: 3h, do: {notify: boss}, states: {start: {limit: 1h, events: {go: finish}}, finish: {events: {go: end}}}, events: {out: rest}}
  rest: {events: {back_in: g.last}}
  held: {events: {resume: back}}
  end: {end: done}
"""


def version(text: str, number: int) -> object:
    return compile_sources({"desk.yaml": f"process: desk{HEAD.replace('version: 1', f'version: {number}')}{text}"}, "desk.yaml")


def both() -> tuple[Desk, object]:
    desk = Desk(version(NEW, 3), version(OLD, 1))
    return desk, desk.open(n=3, t="x", gone="y", p="P1")


def test_unnamed_states_stay_with_their_clocks_limits_and_counters() -> None:
    desk, case = both()
    case = desk.send(case, "again")
    desk.now += hours(1)
    moved = desk.give(case, Migrate(3, BOSS))
    assert (moved.version, moved.state, dict(moved.counts)) == (3, "one", {"one/again/here": 1})
    assert desk.clock(moved, "limit:one").started_at == MONDAY
    assert desk.clock(moved, "clock:fix").target == hours(4)
    assert moved.timers["after:one:0"] == case.timers["after:one:0"]
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
    desk, case = both()
    plain = version(NEW.replace("migrate: {1: {states: {g.a: g.start, g.b: g.finish}, set: {n: carried, fresh: true}}, 2: finish}", ""), 4)
    lost = version(NEW.replace("states: {g.a: g.start, g.b: g.finish}, ", ""), 5)
    unfit = version(NEW.replace("set: {n: carried, fresh: true}", "set: {fresh: true}"), 6)
    ends = version(NEW.replace("2: finish", "2: {}").replace("migrate: {1: {states: {g.a: g.start, g.b: g.finish}, set: {n: carried, fresh: true}}", "migrate: {1: finish"), 7)
    for one in (plain, lost, unfit, ends):
        desk.versions["desk", one.version] = one
    case = desk.send(case, "next")

    def why(to: int) -> str:
        refused = desk.give(case, Migrate(to))
        assert isinstance(refused, Refusal)
        assert refused.code == "migration"
        return refused.parameters["why"]

    assert "does not say what happens" in why(4)
    assert "no state g.a" in why(5)
    assert "n do not fit" in why(6)
    assert "finish under it" in why(7)


def test_an_ended_case_stays_where_it_is() -> None:
    desk, case = both()
    desk.wait(hours(100))
    refused = desk.give(case, Migrate(3))
    assert (refused.code, refused.parameters["why"]) == ("migration", "the case has ended")
    assert AGENT.roles == {"agent"}


def carried(old: str, new: str, *events: str) -> tuple[Desk, object]:
    """
    A case of version 1 that was sent some events and then migrated to version 2.
    """
    desk = Desk(version(new, 2), version(old, 1))
    case = desk.open()
    for event in events:
        case = desk.send(case, event)
    return desk, desk.give(case, Migrate(2))


ONE = "by: agent\nstates: {one: {events: {x: two}}, two: {end: done}}"


def test_a_case_may_migrate_into_an_end_into_regions_and_on_from_there() -> None:
    _, ended = carried(ONE, "by: agent\nmigrate: {1: {states: {one: two}}}\nstates: {uno: {events: {x: two}}, two: {end: done}}")
    assert (ended.status, ended.state) == ("done", "two")
    _, moved = carried(ONE, """
by: agent
migrate: {1: {states: {one: p}}}
states:
  uno: {events: {x: p}}
  p:
    parallel: true
    states: {a: {states: {a1: {events: {x: a2}}, a2: {end: done}}}, b: {states: {b1: {events: {x: b2}}, b2: {end: done}}}}
    events: {done: two}
  two: {end: done}
""")
    assert moved.states == ("p.a.a1", "p.b.b1")
    _, gone_on = carried(ONE, "by: agent\nmigrate: {1: {states: {one: uno}}}\nstates: {uno: {auto: due}, due: {events: {x: two}}, two: {end: done}}")
    assert gone_on.state == "due"


def test_a_case_that_waits_for_a_child_stays_where_the_child_is() -> None:
    kid = f"process: kid{HEAD}by: agent\nstates: {{a: {{events: {{go: ok}}}}, ok: {{end: done}}}}"

    def waiting(name: str, number: int, more: str = "") -> object:
        head = HEAD.replace("version: 1", f"version: {number}")
        text = f"process: desk{head}by: agent\n{more}states: {{{name}: {{run: kid, events: {{ok: two}}}}, two: {{end: done}}}}"
        return compile_sources({"desk.yaml": text, "kid.yaml": kid}, "desk.yaml")

    desk = Desk(waiting("one", 1), compile_sources({"kid.yaml": kid}, "kid.yaml"))
    desk.versions["desk", 2] = waiting("uno", 2, "migrate: {1: {states: {one: uno}}}\n")
    desk.versions["desk", 3] = waiting("one", 3, "migrate: {1: {}}\n".replace("{}", "{states: {two: two}}"))
    case = desk.open()
    assert "child case" in desk.give(case, Migrate(2)).parameters["why"]
    moved = desk.give(case, Migrate(3))
    assert dict(moved.children) == dict(case.children)


def test_a_changed_escalation_is_armed_anew() -> None:
    def with_steps(steps: str) -> str:
        head = f"escalations: {{std: {{{steps}: {{notify: boss}}}}}}\nescalation: std\nby: agent\n"
        return head + "states: {one: {limit: 4h, events: {x: two}}, two: {end: done}}"

    desk, case = carried(with_steps("50%"), "migrate: {1: {states: {one: one}}}\n" + with_steps("75%"))
    assert case.timers["limit:one"].due == MONDAY + hours(3)
    desk.check_replay()
