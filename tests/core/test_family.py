"""
Families: child cases that a state runs, cases that are started beside, and everything in one step.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from core.callback import OTHER_AGENT, family
from core.desk import AGENT, BOSS, MONDAY, Desk, case_of, desk_of, hours, process
from svcflow.core.event import Actor, Cancel, ChildActed, ChildEnded, Event
from svcflow.core.history import rebuild
from svcflow.errors import BrokenJournal, RunawayCases

PLAIN_KID = "by: [agent, boss]\nstates: {a: {events: {go: ok}}, ok: {end: done}}"


@pytest.mark.requirement("R061")
def test_a_run_state_opens_a_child_that_gets_the_fields_of_its_form() -> None:
    desk, case, child = family()
    assert child.parent is not None
    assert (child.process, child.parent.case, child.root, child.state) == ("callback", case.id, case.id, "ring")
    assert dict(child.fields) == {"customer": "acme", "phone": "555", "opened_at": MONDAY}, "fault has another type"
    assert desk.journal[case.id][-1].starts == (child.id,)


@pytest.mark.requirement("R057", "R089")
def test_the_childs_end_is_the_parents_event_and_gives_its_fields() -> None:
    desk, case, child = family()
    desk.send(child, "answered", BOSS, score=5)
    parent = desk.cases[case.id]
    assert (parent.status, parent.fields["score"], dict(parent.children)) == ("done", 5, {})
    assert desk.names(case)[-1] == "good"
    desk.check_replay()


def test_nobody_can_send_the_end_of_a_child() -> None:
    desk, case, _ = family()
    assert desk.refused(case, "good", BOSS).code == "unknown_event"


@pytest.mark.requirement("R105")
def test_persons_barred_in_the_parent_are_barred_in_the_child() -> None:
    desk, _, child = family()
    assert child.barred == {"ann", "ira"}
    refused = desk.refused(child, "answered", AGENT, score=5)
    assert (refused.code, refused.parameters["by"]) == ("barred", ("parent",))
    assert desk.refused(child, "answered", Actor("ira", roles={"boss"}), score=1).code == "barred"


def test_who_acted_in_the_child_is_barred_where_the_run_state_is_named() -> None:
    desk, case, child = family()
    desk.send(child, "answered", BOSS, score=1)
    case = desk.send(desk.cases[case.id], "done")
    desk.send(desk.child(case, "call"), "answered", BOSS, score=2)
    case = desk.cases[case.id]
    assert case.state == "review"
    assert desk.refused(case, "settle", BOSS).parameters["by"] == ("call",)
    assert desk.send(case, "settle", Actor("cy", roles={"boss"})).status == "done"
    desk.check_replay()


def test_whoever_stands_in_a_private_field_is_barred_in_the_child_and_not_named_there() -> None:
    desk = desk_of(
        """
        fields: {whistle: {type: person, private: true}}
        by: agent
        states: {one: {run: kid, not_by: whistle, events: {ok: two}}, two: {end: done}}
        """,
        kid=PLAIN_KID,
    )
    child = desk.child(desk.open(whistle="bo"), "one")
    assert "bo" not in child.barred
    assert desk.refused(child, "go", BOSS).parameters["by"] == ("parent",)
    assert desk.refused(child, "go", Actor("x", roles={"agent"}, groups={"bo"})).code == "barred"
    assert desk.send(child, "go", AGENT).status == "done"
    desk.check_replay()


def test_a_parent_hears_once_of_everybody_who_acts_in_its_child() -> None:
    parent = """
    by: agent
    states:
      one: {run: kid, events: {ok: two}}
      two: {not_by: one, events: {x: three}}
      three: {end: done}
    """
    kid = """
    by: [agent, boss]
    states:
      a: {events: {go: b}}
      b: {events: {go: c}}
      c: {events: {go: ok}}
      ok: {end: done}
    """
    desk = desk_of(parent, kid=kid)
    case = desk.open()
    child = desk.child(case, "one")
    for actor in (BOSS, BOSS, AGENT):
        desk.send(child, "go", actor)
    heard = [entry.detail["persons"] for entry in desk.journal[case.id] if entry.name == "acted"]
    assert heard == [("bo",), ("ann",)]
    assert desk.refused(case, "x").parameters["by"] == ("one",)
    desk.check_replay()


def test_who_acted_in_a_childs_child_is_barred_above_whether_or_not_the_child_cares() -> None:
    desk = desk_of(
        """
        by: agent
        states:
          one: {run: mid, events: {ok: check}}
          check: {by: boss, not_by: one, events: {x: two}}
          two: {end: done}
        """,
        mid="by: agent\nstates: {m: {run: kid, events: {ok: ok}}, ok: {end: done}}",
        kid=PLAIN_KID,
    )
    case = desk.open()
    desk.send(desk.child(desk.child(case, "one"), "m"), "go", BOSS)
    assert desk.refused(case, "x", BOSS).parameters["by"] == ("one",)
    desk.check_replay()


def test_who_acted_in_one_child_is_barred_in_the_next_though_no_event_of_the_parent_asks() -> None:
    desk = desk_of(
        """
        by: agent
        states:
          one: {run: kid, events: {ok: check}}
          check: {run: kid, not_by: one, events: {ok: two}}
          two: {end: done}
        """,
        kid=PLAIN_KID,
    )
    case = desk.open()
    desk.send(desk.child(case, "one"), "go", BOSS)
    assert desk.child(case, "check").barred == {"bo"}


def test_a_child_that_is_cancelled_while_it_is_away_ends_its_suspended_times() -> None:
    parent = """
    by: agent
    anywhere: {stop: two}
    states:
      one: {run: kid, events: {ok: two}}
      two: {end: done}
    """
    kid = """
    sla: {fix: {from: work, until: ok, target: 8h}}
    by: agent
    anywhere: {hold: {to: held, in: [work]}}
    states:
      work: {limit: 4h, events: {go: ok}, after: {6h: ok}}
      held: {events: {resume: back}}
      ok: {end: done}
    """
    desk = desk_of(parent, kid=kid)
    case = desk.open()
    child = desk.send(desk.child(case, "one"), "hold")
    assert set(child.clocks) == {"clock:fix", "limit:work"}
    desk.send(case, "stop")
    child = desk.cases[child.id]
    assert (child.status, dict(child.timers), dict(child.returns)) == ("cancelled", {}, {})
    assert [(clock.name, clock.state) for clock in child.clocks.values()] == [("fix", "stopped")]
    assert [(clock.name, clock.state) for clock in child.cycles] == [("limit:work", "stopped")]
    desk.check_replay()


def test_leaving_the_state_cancels_the_child_in_the_same_step() -> None:
    desk, case, child = family()
    desk.send(case, "cancel", OTHER_AGENT)
    child = desk.cases[child.id]
    assert (child.status, dict(child.timers)) == ("cancelled", {})
    assert desk.journal[child.id][-1].kind == "cancelled"
    desk.check_replay()


def test_a_hold_leaves_a_state_that_runs_a_child_and_coming_back_opens_a_new_one() -> None:
    parent = """
    by: agent
    anywhere: {hold: {to: held, in: [one]}}
    states:
      one: {run: kid, events: {ok: two}}
      held: {events: {resume: back}}
      two: {end: done}
    """
    desk = desk_of(parent, kid="by: agent\nstates: {a: {events: {go: ok}}, ok: {end: done}}")
    case = desk.open()
    first = desk.child(case, "one")
    case = desk.send(case, "hold")
    assert (dict(case.children), desk.cases[first.id].status) == ({}, "cancelled")
    case = desk.send(case, "resume")
    assert desk.child(case, "one").id != first.id
    desk.send(desk.child(case, "one"), "go")
    assert desk.cases[case.id].status == "done"


def test_overdue_timers_of_the_family_come_first_in_due_order() -> None:
    desk, case, _ = family()
    desk.now += hours(100)
    refused = desk.refused_input(case, Event("cancel", {}, OTHER_AGENT))
    assert refused.code == "ended", "the silent end of the child came hours ago"
    assert desk.cases[case.id].status == "open", "a refusal leaves overdue timers due"
    desk.wait(hours(0))
    assert desk.journal[case.id][-1].at == MONDAY + hours(4)


def test_a_message_of_a_child_that_nobody_waits_for_changes_nothing() -> None:
    desk, case, child = family()
    assert desk.give(case, ChildEnded("stranger", "call", "good")) is case
    assert desk.give(case, ChildActed(child.id, "nowhere", frozenset({"x"}))) is case
    case = desk.send(case, "cancel", OTHER_AGENT)
    assert desk.give(child, Cancel(case.id)) is desk.cases[child.id]


def test_an_end_nobody_handles_is_remarked() -> None:
    parent = """
    by: agent
    states:
      one: {run: kid, events: {fine: two}}
      two: {end: done}
    """
    known = """
    by: agent
    states:
      a: {events: {go: fine}}
      fine: {end: done}
    """
    newer = """
    by: agent
    states:
      a: {events: {go: odd}}
      odd: {end: done}
      fine: {end: done}
    """
    desk = Desk(process(parent, kid=known), process(newer, name="kid"))
    case = desk.open()
    desk.send(desk.child(case, "one"), "go")
    assert desk.remarks(case) == [f"{case.id}-1-0 ended as odd, and nothing says what happens then"]


START = """
fields: {customer: person, advice: text, size: number}
by: agent
states:
  one: {events: {go: {to: two, do: {start: {other: {fault: advice}}}}}}
  two: {end: done}
"""
OTHER = """
fields: {customer: person, fault: text, size: text}
by: agent
states:
  a: {events: {x: b}}
  b: {end: done}
"""
OPEN_TO_ANYONE = "open: {ask: [customer, fault], may: size}"
OPEN_TO_SYSTEM = "open: {by: [agent, system], ask: [customer, fault], may: size}"
OPEN_TO_AGENTS = "open: {by: agent, ask: [customer, fault], may: size}"


def test_start_opens_an_independent_case_with_the_fields_it_asks_for() -> None:
    desk = desk_of(START, other=OTHER + OPEN_TO_SYSTEM)
    case = desk.send(desk.open(customer="acme", advice="clean it", size=3), "go")
    (started,) = (one for one in desk.cases.values() if one.process == "other")
    assert (started.root, started.parent, started.status) == (started.id, None, "open")
    assert dict(started.fields) == {"customer": "acme", "fault": "clean it", "opened_at": MONDAY}
    assert desk.journal[started.id][0].detail["origin"] == case.id
    desk.check_replay()


def test_an_asked_field_that_is_empty_is_remarked_but_stops_nothing() -> None:
    desk = desk_of(START, other=OTHER + OPEN_TO_ANYONE)
    desk.send(desk.open(customer="acme"), "go")
    started = next(one for one in desk.cases.values() if one.process == "other")
    assert desk.remarks(started) == ["fault is asked for on opening, but was empty"]


def test_a_door_shut_for_system_stays_shut_for_start() -> None:
    desk = desk_of(START, other=OTHER + OPEN_TO_AGENTS)
    case = desk.send(desk.open(customer="acme"), "go")
    assert [one.process for one in desk.cases.values()] == ["desk"]
    assert desk.remarks(case) == ["other was not opened: its `open` does not let `system` in"]
    assert desk.journal[case.id][-1].starts == ()


def test_cases_that_start_each_other_without_end_are_stopped() -> None:
    desk, case = case_of("""
    states:
      a: {by: agent, events: {go: b}}
      b: {do: {start: desk}, by: agent, events: {x: c}}
      c: {end: done}
    """)
    assert desk.send(case, "go").state == "b"
    loop = desk_of("""
    states:
      a: {by: agent, do: {start: desk}, events: {x: c}}
      c: {end: done}
    """)
    with pytest.raises(RunawayCases, match="100"):
        loop.open()


def test_what_a_child_gives_is_taken_only_where_a_field_of_that_type_waits() -> None:
    parent = """
    fields: {score: text, other: 1..5}
    by: agent
    states:
      one: {run: kid, events: {ok: two}}
      two: {end: done}
    """
    kid = """
    fields: {score: 1..5, more: text}
    gives: [score, more]
    by: agent
    states:
      a: {events: {go: {to: ok, ask: [score, more]}}}
      ok: {end: done}
    """
    desk = desk_of(parent, kid=kid)
    case = desk.open()
    desk.send(desk.child(case, "one"), "go", score=3, more="x")
    assert dict(desk.cases[case.id].fields) == {"opened_at": MONDAY}


def test_a_text_that_a_child_gives_names_no_person() -> None:
    desk = desk_of(
        """
        fields: {who: person}
        by: agent
        states: {one: {run: kid, events: {ok: two}}, two: {by: who, events: {x: three}}, three: {end: done}}
        """,
        kid="""
        fields: {who: text}
        gives: who
        by: boss
        states: {a: {events: {go: {to: ok, ask: who}}}, ok: {end: done}}
        """,
    )
    case = desk.open()
    desk.send(desk.child(case, "one"), "go", BOSS, who="bo")
    assert desk.cases[case.id].state == "two"
    assert desk.refused(case, "x", BOSS).code == "forbidden"


def test_what_is_private_does_not_become_public_in_another_case_of_the_family() -> None:
    kid = """
    fields: {phone: text, mail: {type: text, private: true}}
    open: {may: [phone, mail]}
    gives: [phone, mail]
    by: agent
    states: {a: {events: {go: {to: ok, may: [phone, mail]}}}, ok: {end: done}}
    """
    desk = desk_of(
        """
        fields: {phone: {type: text, private: true}, mail: text}
        by: agent
        states: {one: {run: kid, events: {ok: two}}, two: {events: {x: three}}, three: {end: done}}
        """,
        kid=kid,
    )
    case = desk.open(phone="555", mail="open")
    child = desk.child(case, "one")
    assert (child.fields.get("phone"), child.fields["mail"]) == (None, "open")
    desk.send(child, "go", phone="666", mail="shut")
    fields = desk.cases[case.id].fields
    assert (fields["phone"], fields["mail"]) == ("666", "open")
    desk.check_replay()


def test_a_new_case_takes_nothing_that_does_not_fit() -> None:
    start = """
    fields: {size: 1..9, c: a1 | c1}
    by: agent
    states:
      one: {events: {go: {to: two, do: {start: other}}}}
      two: {end: done}
    """
    other = """
    fields: {size: 1..5, c: a1 | b1}
    open: {may: [size, c]}
    by: agent
    states:
      a: {events: {x: b}}
      b: {end: done}
    """
    desk = desk_of(start, other=other)
    desk.send(desk.open(size=7, c="a1"), "go")
    assert dict(desk.cases["c1-2-0"].fields) == {"c": "a1", "opened_at": MONDAY}


def test_a_journal_that_cannot_have_happened_is_broken() -> None:
    desk, case, _ = family()
    entries = desk.journal[case.id]
    with pytest.raises(BrokenJournal, match="does not begin with the opening"):
        rebuild(desk, entries[1:])
    with pytest.raises(BrokenJournal, match="does not begin with the opening"):
        rebuild(desk, [])
    with pytest.raises(BrokenJournal, match="cannot stand here"):
        rebuild(desk, [entries[0], entries[0]])
    with pytest.raises(BrokenJournal, match="nothing would have happened"):
        rebuild(desk, [entries[0], evolve(entries[1], kind="timer", name="after:work:7")])
    with pytest.raises(BrokenJournal, match="refused"):
        rebuild(desk, [entries[0], entries[1], entries[1]])


def test_what_a_child_gives_lets_automatic_moves_go_even_where_its_end_is_not_handled() -> None:
    desk = desk_of(
        """
        fields: {f: flag}
        by: agent
        states: {one: {run: kid, events: {fine: two}, auto: {to: two, when: f}}, two: {end: done}}
        """,
        kid="""
        fields: {f: flag}
        gives: f
        by: agent
        states: {a: {events: {go: {to: odd, ask: f}}}, odd: {end: done}, fine: {end: done}}
        """,
    )
    case = desk.open()
    desk.send(desk.child(case, "one"), "go", f=True)
    assert desk.cases[case.id].status == "done"


def test_cases_started_one_by_one_through_a_long_time_are_no_runaways() -> None:
    desk = desk_of(
        """
        by: agent
        states: {one: {events: {x: two}, after: {every 1d: {do: {start: visit}}}}, two: {end: done}}
        """,
        visit="by: agent\nstates: {a: {events: {x: b}}, b: {end: done}}",
    )
    desk.open()
    desk.wait(timedelta(days=210))
    assert sum(case.process == "visit" for case in desk.cases.values()) == 150


def test_cases_that_start_each_other_at_one_instant_by_timers_are_stopped() -> None:
    text = "by: agent\nstates: {a: {events: {x: b}, after: {0min: {to: b, do: {start: NEXT}}}}, b: {end: done}}"
    ping, pong = text.replace("NEXT", "pong"), text.replace("NEXT", "desk")
    with pytest.raises(RunawayCases, match="100"):
        desk_of(ping, pong=pong).open()
