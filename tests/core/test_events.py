"""
Events, permission, alternatives, the menu: what LANGUAGE promises of one event.
"""

from __future__ import annotations

import pytest

from core.desk import AGENT, BOSS, MONDAY, TWO_STATES, Desk, case_of, desk_of, hours, process
from svcflow.core.case import Case
from svcflow.core.decision import Refusal
from svcflow.core.event import SYSTEM, Actor, Erase, Event, Note, Tick

TICKET = process("""
fields:
  customer: person
  owner: person
  score: 1..5
  note: text
  price: money
  fixed: flag
  seen_at: datetime
  who: person
open: {by: [agent, customer], ask: customer, may: note}
by: agent
states:
  new:
    events:
      accept: {to: work, ask: owner, may: note}
      remark: {ask: note}
      drop: {to: dropped, by: boss}
  work:
    by: [owner, boss]
    events:
      done: {to: [{to: rated, when: score >= 4}, {to: again, max: 2}], ask: score, do: {set: {who: me, seen_at: now}}}
      touch: {to: here, do: {set: {fixed: true, price: price + 1}}}
  again: {events: {retry: work}}
  rated: {by: boss, not_by: work, events: {confirm: closed}}
  closed: {end: done}
  dropped: {end: cancelled}
""")
OWNER = Actor("otto")


def opened(**fields: object) -> tuple[Desk, Case]:
    desk = Desk(TICKET)
    return desk, desk.open("desk", AGENT, customer="acme", **fields)


def test_a_case_starts_in_the_first_state_with_the_fields_it_was_opened_with() -> None:
    _, case = opened(note="  late ")
    assert case.state == "new"
    assert dict(case.fields) == {"customer": "acme", "note": "  late ", "opened_at": MONDAY}


def test_opening_needs_a_role_or_a_person_field_that_matches() -> None:
    desk = Desk(TICKET)
    assert desk.refused_open(actor=BOSS, customer="acme").code == "forbidden"
    assert desk.open(actor=Actor("acme"), customer="acme").state == "new"
    assert desk.open(actor=Actor("x", groups={"acme"}), customer="acme").state == "new"


def test_a_value_of_any_kind_in_the_field_of_the_people_who_may_open_is_only_refused() -> None:
    desk = Desk(process("fields: {who: person}\nopen: {by: who, ask: who}", TWO_STATES))
    values: tuple[object, ...] = ([], {}, {"li"}, 3, None, b"li")
    for value in values:
        assert desk.refused_open(who=value).code == "forbidden"


@pytest.mark.requirement("R040", "R058", "R059")
def test_opening_reports_every_problem_of_the_form_at_once() -> None:
    refused = Desk(TICKET).refused_open(price=3, nonsense=1)
    assert refused.code == "form"
    assert dict(refused.parameters["problems"]) == {
        "price": "is not part of this form",
        "nonsense": "is not a field of this process",
        "customer": "must be filled in",
    }


def test_a_process_without_open_takes_any_declared_field_from_anyone() -> None:
    desk = desk_of("""
    fields: {a: text}
    by: agent
    states:
      one: {events: {go: two}}
      two: {end: done}
    """)
    assert desk.open(actor=Actor("nobody"), a="x").fields["a"] == "x"
    assert desk.refused_open(opened_at="2026-01-01T00:00:00Z").code == "form"


@pytest.mark.requirement("R039")
def test_an_event_moves_the_case_and_is_journalled_with_what_was_sent() -> None:
    desk, case = opened()
    case = desk.send(case, "accept", owner="otto", note="x")
    entry = desk.journal[case.id][-1]
    assert case.state == "work"
    assert (entry.kind, entry.name, entry.actor) == ("event", "accept", AGENT)
    assert dict(entry.fields) == {"owner": "otto", "note": "x"}
    assert (entry.moves[0].left, entry.moves[0].entered) == (("new",), ("work",))


@pytest.mark.requirement("R231")
@pytest.mark.parametrize(
    ("event", "actor", "fields", "code"),
    [
        ("fly", AGENT, {}, "unknown_event"),
        ("done", OWNER, {"score": 4}, "not_here"),
        ("accept", BOSS, {"owner": "otto"}, "forbidden"),
        ("accept", AGENT, {}, "form"),
        ("accept", AGENT, {"owner": ""}, "form"),
    ],
)
def test_a_refusal_names_the_first_reason(event: str, actor: Actor, fields: dict[str, object], code: str) -> None:
    desk, case = opened()
    assert desk.refused(case, event, actor, **fields).code == code


def test_a_refusal_says_what_the_actor_could_send_instead() -> None:
    desk, case = opened()
    assert desk.refused(case, "fly").possible == ("accept", "remark")
    refused = desk.refused(case, "fly", BOSS)
    assert refused.possible == ("drop",)
    assert str(refused) == "fly refused (unknown_event): state: new; possible now: drop"


def test_a_person_field_admits_its_person_and_that_persons_group_only() -> None:
    desk, case = opened()
    case = desk.send(case, "accept", owner="otto")
    assert desk.refused(case, "touch", Actor("olga")).parameters["by"] == ("boss", "owner")
    assert desk.send(case, "touch", Actor("olga", groups={"otto"})).fields["fixed"] is True


@pytest.mark.requirement("R105")
def test_who_acted_in_a_state_is_barred_where_not_by_names_it() -> None:
    desk, case = opened()
    case = desk.send(case, "accept", owner="bo")
    case = desk.send(case, "done", BOSS, score=5)
    refused = desk.refused(case, "confirm", BOSS)
    assert (refused.code, refused.parameters["by"]) == ("barred", ("work",))
    deputy = Actor("kim", roles={"boss"}, on_behalf_of="bo")
    assert desk.refused(case, "confirm", deputy).code == "barred"
    assert desk.send(case, "confirm", Actor("kim", roles={"boss"})).status == "done"


@pytest.mark.requirement("R105", "R109")
def test_whoever_stands_in_a_field_of_not_by_is_barred_by_id_group_or_deputy() -> None:
    desk, case = case_of(
        """
        fields: {about: person}
        by: agent
        states:
          one: {not_by: about, events: {go: two}}
          two: {end: done}
        """,
        about="outlet-7",
    )
    for actor in (
        Actor("outlet-7", roles={"agent"}),
        Actor("kim", roles={"agent"}, groups={"outlet-7"}),
        Actor("kim", roles={"agent"}, on_behalf_of="outlet-7"),
    ):
        refused = desk.refused(case, "go", actor)
        assert (refused.code, refused.parameters["by"]) == ("barred", ("about",))
    assert desk.send(case, "go", Actor("kim", roles={"agent"}, groups={"outlet-8"})).status == "done"


def test_the_first_alternative_that_fits_is_taken_and_max_is_used_up_for_life() -> None:
    desk, case = opened()
    case = desk.send(case, "accept", owner="otto")
    for _ in range(2):
        case = desk.send(case, "done", OWNER, score=1)
        assert case.state == "again"
        case = desk.send(case, "retry")
    refused = desk.refused(case, "done", OWNER, score=3)
    assert refused.code == "no_alternative"
    assert dict(refused.parameters["alternatives"]) == {
        "work/done/rated": "needs score >= 4",
        "work/done/again": "was taken 2 times already",
    }
    assert desk.send(case, "done", OWNER, score=4).state == "rated"


def test_the_form_is_filled_in_before_conditions_look_at_it() -> None:
    desk, case = opened()
    case = desk.send(case, "accept", owner="otto")
    assert desk.send(case, "done", OWNER, score="5").state == "rated"


def test_a_may_field_sent_empty_is_emptied() -> None:
    desk, case = opened(note="old")
    case = desk.send(case, "accept", owner="otto", note=None)
    assert "note" not in case.fields


def test_an_event_after_the_end_is_refused_and_time_never_goes_back() -> None:
    desk, case = opened()
    desk.now += hours(2)
    case = desk.send(case, "drop", BOSS)
    assert (case.status, case.ended_at) == ("cancelled", MONDAY + hours(2))
    assert desk.refused(case, "accept", owner="x").code == "ended"
    desk.now = MONDAY
    assert desk.give(case, Note("late remark", AGENT)).moved_at == MONDAY + hours(2)
    assert desk.journal[case.id][-1].detail["text"] == "late remark"


def test_what_is_erased_becomes_empty_and_moves_nothing() -> None:
    desk, case = opened(note="my number is 555 0100")
    desk.now += hours(1)
    after = desk.give(case, Erase(frozenset({"note", "unheard_of"}), "asked for", AGENT))
    assert dict(after.fields) == {name: value for name, value in case.fields.items() if name != "note"}
    assert (after.states, after.clocks, after.timers) == (case.states, case.clocks, case.timers)
    entry = desk.journal[case.id][-1]
    assert (entry.kind, entry.actor) == ("erased", AGENT)
    assert entry.detail == {"fields": ("note", "unheard_of"), "reason": "asked for"}
    desk.check_replay()


def test_the_menu_offers_forms_with_present_values_or_says_why_not() -> None:
    desk, case = opened(note="hi")
    assert list(desk.menu(case)) == ["accept", "remark", "drop"]
    accept = desk.offered(case, "accept")
    assert (accept.ask, accept.may, dict(accept.present)) == (("owner",), ("note",), {"note": "hi"})
    assert isinstance(desk.menu(case)["drop"], Refusal)
    case = desk.send(case, "accept", owner="otto")
    for _ in range(2):
        case = desk.send(desk.send(case, "done", OWNER, score=1), "retry")
    assert not isinstance(desk.menu(case, OWNER)["done"], Refusal), "a good score would still open it"
    case = desk.send(case, "done", OWNER, score=4)
    case = desk.send(case, "confirm", BOSS)
    assert desk.menu(case) == {}


def test_an_event_whose_ways_are_all_used_up_is_shut_in_the_menu() -> None:
    desk, case = case_of("""
    by: agent
    states:
      one: {events: {go: {to: here, max: 1}, end: two}}
      two: {end: done}
    """)
    case = desk.send(case, "go")
    assert desk.not_offered(case, "go").code == "no_alternative"
    assert desk.refused(case, "go").possible == ("end",)


def test_a_tick_that_finds_nothing_due_changes_nothing() -> None:
    desk, case = opened()
    assert desk.give(case, Tick()) is case
    assert desk.give(case, Tick("after:new:8h", 3)) is case


def test_an_actor_must_be_given_sets_of_names_not_one_text() -> None:
    with pytest.raises(TypeError, match="single text 'agent'"):
        Actor("li", roles="agent")


def test_system_is_never_barred_by_what_it_did() -> None:
    desk, case = case_of("""
    states:
      one: {by: system, events: {go: two}}
      two: {by: system, not_by: one, events: {end: three}}
      three: {end: done}
    """)
    assert desk.give(case, Event("go", {}, SYSTEM)).state == "two"
    assert desk.give(case, Event("end", {}, SYSTEM)).status == "done"


@pytest.mark.requirement("R101", "R121")
def test_every_case_is_what_its_journal_says() -> None:
    desk, case = opened()
    desk.send(desk.send(case, "accept", owner="otto"), "done", OWNER, score=2)
    desk.give(case, Note("x", AGENT))
    desk.check_replay()
