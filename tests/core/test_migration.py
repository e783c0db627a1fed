"""
Running cases move to another version, as that version's `migrate` says.
"""

from svcflow.core.decision import Refusal
from svcflow.core.event import Migrate
from tests.core.desk import AGENT, BOSS, HEAD, MONDAY, Desk, hours
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
