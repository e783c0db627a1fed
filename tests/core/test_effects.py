"""
What a `do` does: fields set, events sent, hooks called, people told; in its fixed order, with keys that never change.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from core.desk import BOSS, MONDAY, Desk, case_of, desk_of, hours, process
from svcflow.core.calendar import Calendar
from svcflow.core.decision import Recipient
from svcflow.core.event import Actor

OTTO = Actor("otto", roles={"agent"})


@pytest.mark.requirement("R063")
def test_set_writes_me_now_constants_and_arithmetic() -> None:
    desk, case = case_of("""
    fields: {price: money, fixed: flag, seen_at: datetime, who: person}
    by: agent
    states:
      work:
        events:
          touch: {to: here, do: {set: {fixed: true, price: price + 1}}}
          done: {to: end, do: {set: {who: me, seen_at: now}}}
      end: {end: done}
    """)
    case = desk.send(case, "touch", OTTO)
    assert "price" not in case.fields
    assert case.fields["fixed"] is True
    desk.now += hours(1)
    case = desk.send(case, "done", OTTO)
    assert (case.fields["who"], case.fields["seen_at"]) == ("otto", MONDAY + hours(1))


def test_send_raises_an_event_as_system_and_says_so_where_it_is_not_possible() -> None:
    desk = desk_of("""
    fields: {f: text}
    by: agent
    states:
      one: {events: {go: {to: two, do: {send: next}}, lone: {to: two, do: {send: [shut, asks]}}}}
      two:
        events: {next: {to: three, by: system}, shut: three, asks: {to: three, by: system, ask: f}}
      three: {end: done}
    """)
    assert desk.send(desk.open(), "go").state == "three"
    case = desk.send(desk.open(), "lone")
    assert case.state == "two"
    assert desk.remarks(case) == ["shut was sent, but is not possible here", "asks was sent, but is not possible here"]


def test_what_is_sent_after_the_end_is_remarked() -> None:
    desk, case = case_of("""
    by: agent
    states:
      one: {events: {go: {to: two, do: {send: go}}}}
      two: {end: done}
    """)
    case = desk.send(case, "go")
    assert desk.remarks(case) == ["go was sent, but the case has ended"]


def test_effects_come_in_order_with_keys_that_never_change() -> None:
    desk, case = case_of(
        """
        fields: {customer: person, phone: {type: text, private: true}}
        hooks: [crm]
        by: agent
        states:
          one:
            events: {go: {to: two, do: {notify: [customer, boss], hook: crm}}}
          two: {by: boss, do: {notify: {responsible: hello}}, events: {end: three}}
          three: {end: done}
        """,
        customer="acme",
        phone="555",
    )
    case = desk.send(case, "go")
    assert [(call.hook, call.message) for call in desk.calls] == [
        ("crm", None),
        ("notify", None),
        ("notify", None),
        ("notify", "hello"),
    ]
    assert desk.told() == [("acme",), ("boss",), ("boss",)]
    assert [call.key for call in desk.calls] == [f"{case.id}:2:{n}" for n in range(4)]
    assert all(call.cause == "go" and "phone" not in call.fields for call in desk.calls)


def test_an_empty_recipient_falls_back_to_whoever_is_responsible() -> None:
    desk = desk_of("""
    fields: {customer: person}
    by: agent
    states:
      one: {events: {go: {to: two, do: {notify: customer}}, stop: {to: three, do: {notify: responsible}}}}
      two: {by: boss, events: {end: three}}
      three: {end: cancelled}
    """)
    case = desk.send(desk.open(), "go")
    assert desk.told(case) == [("boss",)]
    assert desk.remarks(case) == ["customer is empty, so whoever is responsible is told"]
    stopped = desk.send(desk.open(), "stop")
    assert desk.told(stopped) == [("agent",)], "where nobody may act any more, who could before is told"


def test_nobody_is_told_the_same_twice_in_one_do() -> None:
    desk = desk_of("""
    fields: {customer: person, owner: person}
    by: agent
    states:
      one: {events: {go: {to: two, do: {notify: [customer, owner, responsible]}}}}
      two: {by: boss, events: {write: {to: here, do: {notify: {customer: one_text, owner: another}}}, end: three}}
      three: {end: done}
    """)
    case = desk.send(desk.open(), "go")
    assert desk.told(case) == [("boss",)]
    assert len(desk.remarks(case)) == 2, "both were empty"
    desk.send(case, "write", BOSS)
    assert desk.told(case) == [("boss",)] * 3, "two messages are two"
    both = desk.send(desk.open("desk", customer="ann", owner="ann"), "go")
    assert desk.told(both) == [("ann",), ("boss",)]


def test_nobody_responsible_is_remarked() -> None:
    desk, case = case_of("""
    fields: {owner: person}
    states:
      one: {by: owner, auto: {to: two, do: {notify: responsible}}}
      two: {end: done}
    """)
    assert desk.remarks(case) == ["nobody is responsible here, so nobody could be told"]


def test_what_a_state_sets_is_written_before_anything_begins_in_it() -> None:
    desk = desk_of(
        """
        fields: {why: text, p: P1 | P2}
        targets: {speed: {per: p, table: {P1: 1h, P2: 4h}}}
        sla: {fix: {from: one, until: call, target: speed}}
        by: agent
        states:
          one: {events: {go: {to: call, do: {set: {why: first}}}}}
          call: {run: kid, do: {set: {why: second, p: P1}}, events: {ok: two}}
          two: {end: done}
        """,
        kid="fields: {why: text}\nopen: {may: why}\nby: agent\nstates: {a: {events: {x: ok}}, ok: {end: done}}",
    )
    case = desk.send(desk.open(p="P2"), "go")
    assert desk.child(case, "call").fields["why"] == "second"
    assert desk.clock(case, "clock:fix").target == hours(1), "taken anew before the stop in the same step"
    desk.check_replay()


def test_whoever_stands_in_a_private_field_is_told_by_the_name_of_the_field() -> None:
    desk, case = case_of("""
    fields: {whistle: {type: person, private: true}}
    states:
      one: {by: whistle, events: {x: {to: two, by: agent, do: {notify: {whistle: one, responsible: two}}}, y: here}}
      two: {by: whistle, events: {x: three}}
      three: {end: done}
    """, whistle="eve")  # fmt: skip
    desk.send(case, "x")
    assert [call.to for call in desk.calls] == [(Recipient("field", "whistle"),)] * 2
    assert "eve" not in str(desk.calls)


def test_today_is_the_date_of_the_process_and_at_the_end_of_time_that_of_utc() -> None:
    stamped = process("""
    fields: {day: date}
    by: agent
    states: {one: {events: {x: {to: two, do: {set: {day: now}}}}}, two: {end: done}}
    """)
    shanghai = evolve(stamped, calendars={"office": Calendar.always(ZoneInfo("Asia/Shanghai"))})
    for now, day in ((MONDAY + hours(9), date(2026, 5, 5)), (datetime.max.replace(tzinfo=UTC), date(9999, 12, 31))):
        desk = Desk(shanghai, now=now)
        assert desk.send(desk.open(), "x").fields["day"] == day
