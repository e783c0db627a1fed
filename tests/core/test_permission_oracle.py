"""
Who may: `by` and `not_by` of a small family, read a second time from outside and compared on random ways through it.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from core.desk import desk_of
from core.walk import IDS
from svcflow.core.decision import Refusal
from svcflow.core.event import Actor, Event

WHO = """
fields: {owner: person, about: person}
open: {may: [owner, about]}
by: agent
anywhere: {take: {to: here, by: boss, ask: owner, in: [work, check]}}
states:
  new: {events: {go: {to: work, ask: owner}}}
  work: {by: [owner, boss], not_by: about, events: {done: check, give: {to: kid}}}
  kid: {run: child, not_by: work, events: {ok: check}}
  check: {not_by: [work, kid], events: {fine: {to: end, by: [agent, boss]}, again: {to: work, by: boss}}}
  end: {end: done}
"""
CHILD = """
fields: {owner: person}
open: {may: owner}
by: [agent, boss]
states:
  ask: {events: {yes: ok}}
  ok: {end: done}
"""

BY: Mapping[str | tuple[str, str], set[str]] = {
    "new": {"agent"},
    "work": {"owner", "boss"},
    "check": set(),
    "ask": {"agent", "boss"},
    ("new", "go"): {"agent"},
    ("check", "fine"): {"agent", "boss"},
    ("check", "again"): {"boss"},
}
NOT_BY = {"work": {"about"}, "check": {"work", "kid"}, "kid": {"work"}}

EVENTS = ("go", "done", "give", "take", "fine", "again", "yes", "ok")


def test_the_second_reading_is_of_the_same_rules() -> None:
    states = yaml.safe_load(WHO)["states"]
    bars = {name: state["not_by"] for name, state in states.items() if "not_by" in state}
    assert {name: set(bar if isinstance(bar, list) else [bar]) for name, bar in bars.items()} == NOT_BY


class Deeds:
    """
    Who acted in which state of the case, and whom its child must not meet, kept beside the engine.
    """

    def __init__(self) -> None:
        self.acted: dict[str, set[str]] = {}
        self.barred: dict[str, set[str]] = {}

    def may(self, case_id: str, state: str, event: str, actor: Actor, fields: Mapping[str, object]) -> bool:
        """
        Whether an event was somebody's to send: roles, persons, and nobody who acted where `not_by` points.
        """
        names = {"boss"} if event == "take" else BY.get((state, event), BY[state])
        if not names & actor.roles & {"agent", "boss"} and not any(fields.get(one) == actor.id for one in names):
            return False
        bars = NOT_BY.get(state, set())
        kept_out = self.barred.get(case_id, set()).union(*(self.acted.get(bar, set()) for bar in bars))
        return actor.id not in kept_out and actor.id not in {fields.get(bar) for bar in bars}

    def note(self, state: str, person: str) -> None:
        self.acted.setdefault(state, set()).add(person)


@pytest.mark.requirement("R012", "R105", "R231")
@given(
    owner=st.sampled_from(IDS),
    about=st.sampled_from((None, *IDS)),
    run=st.lists(
        st.tuples(
            st.sampled_from(EVENTS),
            st.sampled_from(IDS),
            st.sets(st.sampled_from(("agent", "boss", "owner"))),  # nobody gets in by a role named like a field
            st.booleans(),
        ),
        min_size=3,
        max_size=20,
    ),
)
@settings(max_examples=max(200, settings().max_examples))
def test_permission_and_not_by_are_never_bypassed(
    owner: str, about: str | None, run: list[tuple[str, str, set[str], bool]]
) -> None:
    desk = desk_of(WHO, child=CHILD)
    case = desk.open(owner=owner, about=about)
    deeds = Deeds()
    for event, person, roles, in_child in run:
        children = [one for one in desk.cases.values() if one.process == "child" and not one.ended]
        target = children[0] if in_child and children else desk.cases[case.id]
        sent = Event(event, {"owner": owner} if event in {"go", "take"} else {}, Actor(person, roles=roles))
        answer = desk.try_give(target, sent)
        if isinstance(answer, Refusal):
            if answer.code in {"forbidden", "barred"}:
                assert not deeds.may(target.id, target.state, event, sent.actor, target.fields)
            continue
        assert event != "ok", "the end of a child cannot be sent"
        assert deeds.may(target.id, target.state, event, sent.actor, target.fields)
        deeds.note(target.state if target.id == case.id else "kid", person)
        if event == "give":
            deeds.barred[desk.child(case, "kid").id] = set(deeds.acted.get("work", set()))
