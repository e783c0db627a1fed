"""
Families: child cases that a state runs, cases that are started beside, and everything in one step.
"""

import pytest
from attrs import evolve
from tests.core.desk import AGENT, BOSS, HEAD, MONDAY, Actor, Desk, hours, process

from svcflow.core.decide import decide, menu, open_case
from svcflow.core.decision import Decision, Refusal
from svcflow.core.event import Cancel, ChildActed, ChildEnded, Event, Migrate, Tick
from svcflow.core.family import Alone, settle
from svcflow.core.history import rebuild
from svcflow.errors import BrokenJournal, RunawayCases
from svcflow.language import compile_sources

OTHER_AGENT = Actor("al", roles={"agent"})

TICKET = """
fields: {customer: person, fault: text, phone: {type: text, private: true}, score: 1..5, about: person, happy: flag}
by: agent
anywhere: {cancel: {to: dropped, in: [work, call]}}
states:
  work: {not_by: about, events: {done: {to: call, may: about}}}
  call:
    run: callback
    not_by: [work, about]
    events: {good: closed, bad: [{to: work, max: 1}, review], silent: closed}
  review: {by: boss, not_by: call, events: {settle: closed}}
  closed: {end: done}
  dropped: {end: cancelled}
"""
CALLBACK = """
fields: {customer: person, phone: {type: text, private: true}, score: 1..5, fault: number}
open: {ask: [customer, phone], may: fault}
gives: [score]
by: [agent, boss]
states:
  ring:
    limit: 2h
    events: {answered: {to: [{to: good, when: score > 3}, bad], ask: score}}
    after: {4h: silent}
  good: {end: done}
  bad: {end: done}
  silent: {end: done}
"""


def family() -> tuple[Desk, object, object]:
    desk = Desk(process(TICKET.replace("bad: [", "bad: {to: [").replace("review], silent", "review]}, silent"), callback=CALLBACK), process(CALLBACK, "callback"))
    case = desk.send(desk.open(customer="acme", fault="loud", phone="555", about="ira"), "done")
    return desk, case, desk.cases[case.children["call"]]


def test_a_run_state_opens_a_child_that_gets_the_fields_of_its_form() -> None:
    desk, case, child = family()
    assert (child.process, child.parent.case, child.root, child.state) == ("callback", case.id, case.id, "ring")
    assert dict(child.fields) == {"customer": "acme", "phone": "555", "opened_at": MONDAY}, "fault has another type"
    assert desk.journal[case.id][-1].starts == (child.id,)


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
    desk.send(desk.cases[case.children["call"]], "answered", BOSS, score=2)
    case = desk.cases[case.id]
    assert case.state == "review"
    assert desk.refused(case, "settle", BOSS).parameters["by"] == ("call",)
    assert desk.send(case, "settle", Actor("cy", roles={"boss"})).status == "done"
    desk.check_replay()


def test_leaving_the_state_cancels_the_child_in_the_same_step() -> None:
    desk, case, child = family()
    desk.send(case, "cancel", OTHER_AGENT)
    child = desk.cases[child.id]
    assert (child.status, dict(child.timers)) == ("cancelled", {})
    assert desk.journal[child.id][-1].kind == "cancelled"
    desk.check_replay()


def test_overdue_timers_of_the_family_come_first_in_due_order() -> None:
    desk, case, _ = family()
    desk.now += hours(100)
    refused = desk.give(case, Event("cancel", {}, OTHER_AGENT))
    assert isinstance(refused, Refusal)
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
    parent = process("by: agent\nstates: {one: {run: kid, events: {fine: two}}, two: {end: done}}", kid="by: agent\nstates: {a: {events: {go: fine}}, fine: {end: done}}")
    kid = process("by: agent\nstates: {a: {events: {go: odd}}, odd: {end: done}, fine: {end: done}}", "kid")
    desk = Desk(parent, kid)
    case = desk.open()
    desk.send(desk.cases[case.children["one"]], "go")
    assert desk.remarks(case) == [f"{case.id}-1-0 ended as odd, and nothing says what happens then"]


START = """
fields: {customer: person, advice: text, size: number}
by: agent
states:
  one: {events: {go: {to: two, do: {start: {other: {fault: advice}}}}}}
  two: {end: done}
"""
OTHER = """
open: {BY ask: [customer, fault], may: size}
fields: {customer: person, fault: text, size: text}
by: agent
states: {a: {events: {x: b}}, b: {end: done}}
"""


def test_start_opens_an_independent_case_with_the_fields_it_asks_for() -> None:
    other = OTHER.replace("BY", "by: [agent, system],")
    desk = Desk(process(START, other=other), process(other, "other"))
    case = desk.send(desk.open(customer="acme", advice="clean it", size=3), "go")
    (started,) = (one for one in desk.cases.values() if one.process == "other")
    assert (started.root, started.parent, started.status) == (started.id, None, "open")
    assert dict(started.fields) == {"customer": "acme", "fault": "clean it", "opened_at": MONDAY}
    assert desk.journal[started.id][0].detail["origin"] == case.id
    desk.check_replay()


def test_an_asked_field_that_is_empty_is_remarked_but_stops_nothing() -> None:
    other = OTHER.replace("BY", "")
    desk = Desk(process(START, other=other), process(other, "other"))
    desk.send(desk.open(customer="acme"), "go")
    started = next(one for one in desk.cases.values() if one.process == "other")
    assert desk.remarks(started) == ["fault is asked for on opening, but was empty"]


def test_a_door_shut_for_system_stays_shut_for_start() -> None:
    other = OTHER.replace("BY", "by: agent,")
    desk = Desk(process(START, other=other), process(other, "other"))
    case = desk.send(desk.open(customer="acme"), "go")
    assert [one.process for one in desk.cases.values()] == ["desk"]
    assert desk.remarks(case) == ["other was not opened: its `open` does not let `system` in"]
    assert desk.journal[case.id][-1].starts == ()


def test_cases_that_start_each_other_without_end_are_stopped() -> None:
    loop = "states: {a: {do: {start: desk}, auto: b}, b: {by: agent, events: {x: c}}, c: {end: done}}"
    plain = process(loop.replace("do: {start: desk}, auto: b", "by: agent, events: {go: b}").replace("b: {by", "b: {do: {start: desk}, by"))
    desk = Desk(plain)
    case = desk.open()
    assert desk.send(case, "go").state == "b"
    second = process("states: {a: {by: agent, do: {start: desk}, events: {x: c}}, c: {end: done}}")
    with pytest.raises(RunawayCases, match="100"):
        Desk(second).open()


def test_decide_looks_at_one_case_and_gives_starts_and_messages_as_data() -> None:
    ticket = process(TICKET.replace("bad: [", "bad: {to: [").replace("review], silent", "review]}, silent"), callback=CALLBACK)
    opened = open_case(ticket, {"customer": "acme"}, AGENT, MONDAY, id="c1")
    assert isinstance(opened, Decision)
    decided = decide(ticket, opened.case, Event("done", {}, AGENT), MONDAY)
    assert [new.process for new in decided.starts] == ["callback"]
    left = decide(ticket, decided.case, Event("cancel", {}, OTHER_AGENT), MONDAY)
    assert [message.case for message in left.messages] == ["c1-2-0"]
    assert isinstance(decide(ticket, opened.case, Event("fly", {}, AGENT), MONDAY), Refusal)
    assert isinstance(open_case(ticket, {"nonsense": 1}, AGENT, MONDAY, id="c2"), Refusal)
    assert decide(ticket, opened.case, Tick(), MONDAY).case is opened.case


def test_a_child_decided_alone_tells_its_parent_in_a_message() -> None:
    desk, _, child = family()
    decided = decide(desk.of(child), child, Event("answered", {"score": 5}, BOSS), MONDAY)
    acted, ended = decided.messages
    assert (acted.input.persons, ended.input.end, dict(ended.input.given)) == ({"bo"}, "good", {"score": 5})
    assert settle({child.id: child}, desk, child.id, Event("answered", {"score": 5}, BOSS), MONDAY)[0].case == decided.case


def test_what_a_child_gives_is_taken_only_where_a_field_of_that_type_waits() -> None:
    parent = """
    fields: {score: text, other: 1..5}
    by: agent
    states: {one: {run: kid, events: {ok: two}}, two: {end: done}}
    """
    kid = "fields: {score: 1..5, more: text}\ngives: [score, more]\nby: agent\nstates: {a: {events: {go: {to: ok, ask: [score, more]}}}, ok: {end: done}}"
    desk = Desk(process(parent, kid=kid), process(kid, "kid"))
    case = desk.open()
    desk.send(desk.cases[case.children["one"]], "go", score=3, more="x")
    assert dict(desk.cases[case.id].fields) == {"opened_at": MONDAY}


def test_a_new_case_takes_nothing_that_does_not_fit() -> None:
    other = "fields: {size: 1..5, c: a1 | b1}\nopen: {may: [size, c]}\nby: agent\nstates: {a: {events: {x: b}}, b: {end: done}}"
    start = "fields: {size: 1..9, c: a1 | c1}\nby: agent\nstates: {one: {events: {go: {to: two, do: {start: other}}}}, two: {end: done}}"
    desk = Desk(process(start, other=other), process(other, "other"))
    desk.send(desk.open(size=7, c="a1"), "go")
    assert dict(desk.cases["c1-2-0"].fields) == {"c": "a1", "opened_at": MONDAY}


def test_processes_are_one_when_name_version_and_content_are() -> None:
    one, two, other = process(CALLBACK, "callback"), process(CALLBACK, "callback"), process(CALLBACK.replace("2h", "3h"), "callback")
    assert one == two
    assert len({one, two, other}) == 2
    assert one != "callback"
    assert repr(one) == "Process('callback', version=1)"
    assert Alone(one).newest("", "whatever") is one


def test_menu_answers_as_of_now() -> None:
    callback = process(CALLBACK, "callback")
    case = open_case(callback, {"customer": "a", "phone": "1"}, AGENT, MONDAY, id="c1").case
    assert [offer.event for offer in menu(callback, case, AGENT, MONDAY)] == ["answered"]
    assert menu(callback, case, AGENT, MONDAY + hours(30)) == ()


def test_a_case_alone_migrates_by_the_version_it_is_given() -> None:
    old = process("by: agent\nstates: {one: {events: {x: two}}, two: {end: done}}")
    head = HEAD.replace("version: 1", "version: 2")
    text = f"process: desk{head}by: agent\nmigrate: {{1: {{states: {{one: uno}}}}}}\nstates: {{uno: {{events: {{x: two}}}}, two: {{end: done}}}}"
    new = compile_sources({"desk.yaml": text}, "desk.yaml")
    case = open_case(old, {}, AGENT, MONDAY, id="c1").case
    assert decide(new, case, Migrate(2), MONDAY).case.state == "uno"


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
