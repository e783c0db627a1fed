"""
Events, forms, permission, alternatives, `do`: what LANGUAGE promises of one event.
"""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from tests.core.desk import AGENT, BOSS, MONDAY, Desk, hours, process

from svcflow.core.decision import Refusal
from svcflow.core.event import SYSTEM, Actor, Event, FileRef, Note, Tick

TICKET = process("""
fields: {customer: person, owner: person, score: 1..5, note: text, price: money, fixed: flag, seen_at: datetime, who: person}
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


def opened(**fields: object) -> tuple[Desk, object]:
    desk = Desk(TICKET)
    return desk, desk.open(customer="acme", **fields)


def test_a_case_starts_in_the_first_state_with_the_fields_it_was_opened_with() -> None:
    _, case = opened(note="  late ")
    assert case.state == "new"
    assert dict(case.fields) == {"customer": "acme", "note": "  late ", "opened_at": MONDAY}


def test_opening_needs_a_role_or_a_person_field_that_matches() -> None:
    desk = Desk(TICKET)
    assert desk.try_open(actor=BOSS, customer="acme").code == "forbidden"
    assert desk.try_open(actor=Actor("acme"), customer="acme").state == "new"
    assert desk.try_open(actor=Actor("x", groups={"acme"}), customer="acme").state == "new"


def test_opening_reports_every_problem_of_the_form_at_once() -> None:
    refused = Desk(TICKET).try_open(price=3, nonsense=1)
    assert refused.code == "form"
    assert dict(refused.parameters["problems"]) == {
        "price": "is not part of this form",
        "nonsense": "is not a field of this process",
        "customer": "must be filled in",
    }


def test_a_process_without_open_takes_any_declared_field_from_anyone() -> None:
    free = process("fields: {a: text}\nby: agent\nstates: {one: {events: {go: two}}, two: {end: done}}")
    desk = Desk(free)
    assert desk.open(actor=Actor("nobody"), a="x").fields["a"] == "x"
    assert desk.try_open(opened_at="2026-01-01T00:00:00Z").code == "form"


def test_an_event_moves_the_case_and_is_journalled_with_what_was_sent() -> None:
    desk, case = opened()
    case = desk.send(case, "accept", owner="otto", note="x")
    entry = desk.journal[case.id][-1]
    assert case.state == "work"
    assert (entry.kind, entry.name, entry.actor, dict(entry.fields)) == (
        "event", "accept", AGENT, {"owner": "otto", "note": "x"},
    )  # fmt: skip
    assert (entry.moves[0].left, entry.moves[0].entered) == (("new",), ("work",))


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


def test_who_acted_in_a_state_is_barred_where_not_by_names_it() -> None:
    desk, case = opened()
    case = desk.send(case, "accept", owner="bo")
    case = desk.send(case, "done", BOSS, score=5)
    refused = desk.refused(case, "confirm", BOSS)
    assert (refused.code, refused.parameters["by"]) == ("barred", ("work",))
    deputy = Actor("kim", roles={"boss"}, on_behalf_of="bo")
    assert desk.refused(case, "confirm", deputy).code == "barred"
    assert desk.send(case, "confirm", Actor("kim", roles={"boss"})).status == "done"


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


def test_set_writes_me_now_constants_and_arithmetic() -> None:
    desk, case = opened()
    case = desk.send(case, "accept", owner="otto")
    case = desk.send(case, "touch", OWNER)
    assert "price" not in case.fields
    assert case.fields["fixed"] is True
    desk.now += hours(1)
    case = desk.send(case, "done", OWNER, score=4)
    assert (case.fields["who"], case.fields["seen_at"]) == ("otto", MONDAY + hours(1))


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


def test_the_menu_offers_forms_with_present_values_or_says_why_not() -> None:
    desk, case = opened(note="hi")
    menu = desk.menu(case)
    assert list(menu) == ["accept", "remark", "drop"]
    assert (menu["accept"].ask, menu["accept"].may, dict(menu["accept"].present)) == (("owner",), ("note",), {"note": "hi"})
    assert isinstance(menu["drop"], Refusal)
    case = desk.send(case, "accept", owner="otto")
    for _ in range(2):
        case = desk.send(desk.send(case, "done", OWNER, score=1), "retry")
    assert not isinstance(desk.menu(case, OWNER)["done"], Refusal), "a good score would still open it"
    case = desk.send(case, "done", OWNER, score=4)
    case = desk.send(case, "confirm", BOSS)
    assert desk.menu(case) == {}


def test_an_event_whose_ways_are_all_used_up_is_shut_in_the_menu() -> None:
    desk = Desk(process("by: agent\nstates: {one: {events: {go: {to: here, max: 1}, end: two}}, two: {end: done}}"))
    case = desk.send(desk.open(), "go")
    assert desk.menu(case)["go"].code == "no_alternative"
    assert desk.refused(case, "go").possible == ("end",)


def test_send_raises_an_event_as_system_and_says_so_where_it_is_not_possible() -> None:
    desk = Desk(process("""
    fields: {f: text}
    by: agent
    states:
      one: {events: {go: {to: two, do: {send: next}}, lone: {to: two, do: {send: [shut, asks]}}}}
      two:
        events: {next: {to: three, by: system}, shut: three, asks: {to: three, by: system, ask: f}}
      three: {end: done}
    """))
    assert desk.send(desk.open(), "go").state == "three"
    case = desk.send(desk.open(), "lone")
    assert case.state == "two"
    assert desk.remarks(case) == ["shut was sent, but is not possible here", "asks was sent, but is not possible here"]


def test_what_is_sent_after_the_end_is_remarked() -> None:
    desk = Desk(process("by: agent\nstates: {one: {events: {go: {to: two, do: {send: go}}}}, two: {end: done}}"))
    case = desk.send(desk.open(), "go")
    assert desk.remarks(case) == ["go was sent, but the case has ended"]


def test_effects_come_in_order_with_keys_that_never_change() -> None:
    desk = Desk(process("""
    fields: {customer: person, phone: {type: text, private: true}}
    hooks: [crm]
    by: agent
    states:
      one:
        events: {go: {to: two, do: {notify: [customer, boss], hook: crm}}}
      two: {by: boss, do: {notify: {responsible: hello}}, events: {end: three}}
      three: {end: done}
    """))
    case = desk.send(desk.open(customer="acme", phone="555"), "go")
    assert [(call.hook, call.message) for call in desk.calls] == [
        ("crm", None), ("notify", None), ("notify", None), ("notify", "hello"),
    ]  # fmt: skip
    assert desk.told() == [("acme",), ("boss",), ("boss",)]
    assert [call.key for call in desk.calls] == [f"{case.id}:2:{n}" for n in range(4)]
    assert all(call.cause == "go" and "phone" not in call.fields for call in desk.calls)


def test_an_empty_recipient_falls_back_to_whoever_is_responsible() -> None:
    desk = Desk(process("""
    fields: {customer: person}
    by: agent
    states:
      one: {events: {go: {to: two, do: {notify: customer}}, stop: {to: three, do: {notify: responsible}}}}
      two: {by: boss, events: {end: three}}
      three: {end: cancelled}
    """))
    case = desk.send(desk.open(), "go")
    assert desk.told(case) == [("boss",)]
    assert desk.remarks(case) == ["customer is empty, so whoever is responsible is told"]
    stopped = desk.send(desk.open(), "stop")
    assert desk.told(stopped) == [("agent",)], "where nobody may act any more, who could before is told"


def test_nobody_responsible_is_remarked() -> None:
    desk = Desk(process("""
    fields: {owner: person}
    states: {one: {by: owner, auto: {to: two, do: {notify: responsible}}}, two: {end: done}}
    """))
    case = desk.open()
    assert desk.remarks(case) == ["nobody is responsible here, so nobody could be told"]


def test_a_tick_that_finds_nothing_due_changes_nothing() -> None:
    desk, case = opened()
    assert desk.give(case, Tick()) is case
    assert desk.give(case, Tick("after:new:0", 3)) is case


TYPES = process("""
fields: {t: text, n: number, m: money, f: flag, d: date, at: datetime, p: person, l: list, files: files, c: a1 | b1, r: 1..5}
open: {may: [t, n, m, f, d, at, p, l, files, c, r]}
states: {one: {by: agent, events: {go: two}}, two: {end: done}}
""")
SCAN = {"id": "1", "name": "scan.pdf", "size": 3, "sha256": "ab"}


@pytest.mark.parametrize(
    ("name", "sent", "kept"),
    [
        ("t", "客户", "客户"),
        ("n", 3, Decimal(3)),
        ("n", 0.1, Decimal("0.1")),
        ("m", "12.50", Decimal("12.50")),
        ("f", "true", True),
        ("f", False, False),
        ("d", "2026-03-31", date(2026, 3, 31)),
        ("d", date(2026, 3, 31), date(2026, 3, 31)),
        ("at", "2026-03-31T14:00:00+08:00", datetime(2026, 3, 31, 6, tzinfo=UTC)),
        ("at", MONDAY, MONDAY),
        ("p", "li", "li"),
        ("l", ["a", "b"], ("a", "b")),
        ("l", "a", ("a",)),
        ("files", [SCAN], (FileRef("1", "scan.pdf", 3, "ab"),)),
        ("files", FileRef("1", "scan.pdf", 3, "ab"), (FileRef("1", "scan.pdf", 3, "ab"),)),
        ("c", "a1", "a1"),
        ("r", "4", 4),
    ],
)
def test_values_are_read_by_the_type_of_their_field(name: str, sent: object, kept: object) -> None:
    case = Desk(TYPES).open(**{name: sent})
    assert case.fields[name] == kept
    assert type(case.fields[name]) is type(kept)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("t", 3),
        ("t", "a\0b"),
        ("t", "\ud800"),
        ("t", "x" * 100_001),
        ("n", True),
        ("n", "three"),
        ("n", float("nan")),
        ("n", "1e400"),
        ("n", []),
        ("n", "9" * 31),
        ("f", "yes"),
        ("f", 1),
        ("d", "31.3.2026"),
        ("d", MONDAY),
        ("at", "2026-03-31T14:00:00"),
        ("at", "soon"),
        ("at", datetime(1, 1, 1, tzinfo=datetime.fromisoformat("2026-01-01T00:00:00+14:00").tzinfo)),
        ("p", ["li"]),
        ("l", [3]),
        ("l", []),
        ("l", 3),
        ("l", ["a"] * 1001),
        ("files", [{"id": "1"}]),
        ("files", [{**SCAN, "size": -1}]),
        ("files", [{**SCAN, "name": 3}]),
        ("files", [SCAN] * 1001),
        ("files", []),
        ("c", "c1"),
        ("r", 6),
        ("r", 2.5),
        ("r", "x" * 200),
    ],
)
def test_a_value_of_another_type_is_a_problem_of_its_field(name: str, sent: object) -> None:
    refused = Desk(TYPES).try_open(**{name: sent})
    assert isinstance(refused, Refusal)
    assert list(refused.parameters["problems"]) == [name]
    assert len(refused.parameters["problems"][name]) < 200


def test_an_actor_must_be_given_sets_of_names_not_one_text() -> None:
    with pytest.raises(TypeError, match="single text 'agent'"):
        Actor("li", roles="agent")


def test_system_is_never_barred_by_what_it_did() -> None:
    desk = Desk(process("""
    states:
      one: {by: system, events: {go: two}}
      two: {by: system, not_by: one, events: {end: three}}
      three: {end: done}
    """))
    case = desk.open()
    assert desk.give(case, Event("go", {}, SYSTEM)).state == "two"
    assert desk.give(case, Event("end", {}, SYSTEM)).status == "done"


def test_every_case_is_what_its_journal_says() -> None:
    desk, case = opened()
    desk.send(desk.send(case, "accept", owner="otto"), "done", OWNER, score=2)
    desk.give(case, Note("x", AGENT))
    desk.check_replay()
