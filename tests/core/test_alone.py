"""
The entrance of the core, for one case decided alone: `open_case`, `decide`, `menu`; what concerns others stays data.
"""

from __future__ import annotations

import pytest

from core.callback import CALLBACK, OTHER_AGENT, TICKET, family
from core.desk import AGENT, BOSS, MONDAY, TWO_STATES, agreed, hours, process
from svcflow.core.decide import decide, menu, open_case
from svcflow.core.decision import Decision, JournalEntry, Refusal
from svcflow.core.event import ChildActed, ChildEnded, Event, Migrate, Tick
from svcflow.core.family import Alone, settle
from svcflow.errors import FarBehind


def test_decide_looks_at_one_case_and_gives_starts_and_messages_as_data() -> None:
    ticket = process(TICKET, callback=CALLBACK)
    opened = agreed(open_case(ticket, {"customer": "acme"}, AGENT, MONDAY, id="c1"))
    decided = agreed(decide(ticket, opened.case, Event("done", {}, AGENT), MONDAY))
    assert [new.process for new in decided.starts] == ["callback"]
    left = agreed(decide(ticket, decided.case, Event("cancel", {}, OTHER_AGENT), MONDAY))
    assert [message.case for message in left.messages] == ["c1-2-0"]
    assert isinstance(decide(ticket, opened.case, Event("fly", {}, AGENT), MONDAY), Refusal)
    assert isinstance(open_case(ticket, {"nonsense": 1}, AGENT, MONDAY, id="c2"), Refusal)
    assert agreed(decide(ticket, opened.case, Tick(), MONDAY)).case is opened.case


def test_a_child_decided_alone_tells_its_parent_in_a_message() -> None:
    desk, _, child = family()
    answered = Event("answered", {"score": 5}, BOSS)
    decided = agreed(decide(desk.of(child), child, answered, MONDAY))
    acted, ended = (message.input for message in decided.messages)
    assert isinstance(acted, ChildActed)
    assert isinstance(ended, ChildEnded)
    assert (set(acted.persons), ended.end, dict(ended.given)) == ({"bo"}, "good", {"score": 5})
    settled = settle({child.id: child}, desk, child.id, answered, MONDAY)
    assert not isinstance(settled, Refusal)
    assert settled[0].case == decided.case


def test_processes_are_one_when_name_version_and_content_are() -> None:
    one, two = process(CALLBACK, name="callback"), process(CALLBACK, name="callback")
    slower = process(CALLBACK.replace("2h", "3h"), name="callback")
    assert one == two
    assert len({one, two, slower}) == 2
    assert one != "callback"
    assert repr(one) == "Process('callback', version=1)"
    assert Alone(one).newest("", "whatever") is one


def test_menu_answers_as_of_now() -> None:
    callback = process(CALLBACK, name="callback")
    case = agreed(open_case(callback, {"customer": "a", "phone": "1"}, AGENT, MONDAY, id="c1")).case
    assert [offer.event for offer in menu(callback, case, AGENT, MONDAY)] == ["answered"]
    assert menu(callback, case, AGENT, MONDAY + hours(30)) == ()


def test_a_case_alone_migrates_by_the_version_it_is_given() -> None:
    new = """
    by: agent
    migrate: {1: {states: {one: uno}}}
    states:
      uno: {events: {x: two}}
      two: {end: done}
    """
    case = agreed(open_case(process(TWO_STATES), {}, AGENT, MONDAY, id="c1")).case
    assert agreed(decide(process(new, version=2), case, Migrate(2), MONDAY)).case.state == "uno"


def test_a_case_alone_migrates_only_once_nothing_is_due_under_its_own_version() -> None:
    old = process("""
    by: agent
    states:
      one: {events: {x: two}, after: {1h: {do: {notify: boss}}}}
      two: {end: done}
    """)
    new = process(TWO_STATES, "migrate: {1: {states: {one: one}}}", version=2)
    case = agreed(open_case(old, {}, AGENT, MONDAY, id="c1")).case
    later = MONDAY + hours(2)
    refused = decide(new, case, Migrate(2), later)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.case) == ("migration", "c1")
    assert "only version 1 can decide" in refused.parameters["why"]
    caught_up = agreed(decide(old, case, Tick(), later)).case
    assert agreed(decide(new, caught_up, Migrate(2), later)).case.version == 2


def test_what_a_migration_makes_overdue_happens_at_once() -> None:
    old = process("fields: {visit: datetime}", TWO_STATES)
    new = process(
        """
        fields: {visit: datetime}
        by: agent
        migrate: {1: {states: {one: one}}}
        states:
          one: {events: {x: two}, after: {1h since visit: two}}
          two: {end: done}
        """,
        version=2,
    )
    case = agreed(open_case(old, {"visit": MONDAY - hours(72)}, AGENT, MONDAY, id="c1")).case
    moved = agreed(decide(new, case, Migrate(2), MONDAY))
    assert (moved.case.version, moved.case.status) == (2, "done")
    assert [entry.kind for entry in moved.journal] == ["migrated", "timer"]


def test_a_refusal_after_what_was_overdue_still_changes_nothing() -> None:
    callback = process(CALLBACK, name="callback")
    case = agreed(open_case(callback, {"customer": "a", "phone": "1"}, AGENT, MONDAY, id="c1")).case
    late = decide(callback, case, Event("answered", {"score": 5}, AGENT), MONDAY + hours(30))
    assert isinstance(late, Refusal)
    assert late.code == "ended", "the silent end came hours ago"


def test_what_an_event_makes_overdue_happens_in_the_same_decision() -> None:
    visit = process("""
    fields: {visit: datetime}
    by: agent
    states:
      one: {events: {tell: {to: here, ask: visit}}, after: {1h since visit: two}}
      two: {end: done}
    """)
    case = agreed(open_case(visit, {}, AGENT, MONDAY, id="c1")).case
    told = agreed(decide(visit, case, Event("tell", {"visit": MONDAY - hours(72)}, AGENT), MONDAY))
    assert [entry.name for entry in told.journal] == ["tell", "after:one:1h since visit"]
    assert told.case.status == "done"


SLEEPER = """
by: agent
states: {one: {events: {x: two}, after: {every 1min: {do: {notify: boss}}}}, two: {end: done}}
"""


def test_time_slept_through_is_caught_up_with_in_parts_and_the_journal_is_the_same() -> None:
    sleeper = process(SLEEPER)
    case = agreed(open_case(sleeper, {}, AGENT, MONDAY, id="c1")).case
    later = MONDAY + hours(0.5)
    whole = agreed(decide(sleeper, case, Tick(), later))
    journal: list[JournalEntry] = []
    for size in (12, 12, 6):
        (part,) = parts(settle({"c1": case}, Alone(sleeper), "c1", Tick(), later, most=12))
        assert len(part.journal) == size
        case, journal = part.case, [*journal, *part.journal]
    assert (case, tuple(journal)) == (whole.case, whole.journal)


def test_who_is_far_behind_must_catch_up_before_anything_else_is_decided() -> None:
    sleeper = process(SLEEPER)
    case = agreed(open_case(sleeper, {}, AGENT, MONDAY, id="c1")).case
    event, later = Event("x", {}, AGENT), MONDAY + hours(0.5)
    with pytest.raises(FarBehind):
        settle({"c1": case}, Alone(sleeper), "c1", event, later, most=29)
    (done,) = parts(settle({"c1": case}, Alone(sleeper), "c1", event, later, most=30))
    assert (done.case.status, len(done.journal)) == ("done", 31)


def parts(answer: tuple[Decision, ...] | Refusal) -> tuple[Decision, ...]:
    assert not isinstance(answer, Refusal)
    return answer
