"""
Other systems of the house are asked by hooks, and what they know comes back as events that people can correct.
"""

from datetime import UTC, datetime, timedelta

import pytest

from svcflow import HookCall
from svcflow.clocks import ManualClock
from svcflow.core.event import SYSTEM, Actor
from svcflow.engine import Engine
from svcflow.language import compile_sources

ANN = Actor("ann", roles={"agent"})
LETTERS = """
process: letters
version: 1
roles: [agent]
hooks: [crm_lookup, classify, kb_search]
by: agent
open: {ask: [customer, text]}
fields: {customer: person, text: text, tier: gold | basic, advice: text, about: fault | bill | praise, sure: 1..100}
states:
  new:
    do: {hook: [crm_lookup, classify]}
    events:
      known: {to: here, by: system, ask: tier}
      sorted: {by: system, ask: [about, sure], to: [{to: work, when: sure >= 80}, check]}
  check: {events: {correct: {to: work, ask: about}}}
  work:
    do: {hook: kb_search}
    events:
      found: {to: here, by: system, ask: advice}
      correct: {to: here, ask: about}
      close: over
  over: {end: done}
"""


LETTER = {"customer": "acme", "text": "again no picture"}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 2, 9, tzinfo=UTC))


@pytest.fixture
def letters(clock: ManualClock) -> Engine:
    engine = Engine(clock=clock)
    engine.publish(compile_sources({"letters.yaml": LETTERS}, "letters.yaml"))
    return engine


@pytest.mark.requirement("R146")
def test_what_other_systems_know_comes_into_the_case_once_however_often_they_are_asked(
    letters: Engine, clock: ManualClock
) -> None:
    customers, knowledge = {"acme": "gold"}, {"again no picture": "look at the cable first"}
    asked: list[str] = []

    @letters.hook("crm_lookup")
    def look_up(call: HookCall) -> None:
        asked.append(call.hook)
        letters.send(call.case, "known", {"tier": customers[call.fields["customer"]]}, actor=SYSTEM, key=call.key)
        if len(asked) < 3:
            raise OSError("the line broke after the answer was written")

    @letters.hook("kb_search")
    def search(call: HookCall) -> None:
        letters.send(call.case, "found", {"advice": knowledge[call.fields["text"]]}, actor=SYSTEM, key=call.key)

    letters.hook("classify")(lambda call: None)
    case = letters.open("letters", LETTER, actor=ANN).id
    for _ in range(5):
        letters.tick()
        clock.advance(timedelta(hours=1))
    letters.send(case, "sorted", {"about": "fault", "sure": 90}, actor=SYSTEM)
    letters.tick()
    assert len(asked) == 3
    assert [entry.name for entry in letters.journal(case)] == ["letters", "known", "sorted", "found"]
    fields = letters.case(case).fields
    assert (fields["tier"], fields["advice"]) == ("gold", "look at the cable first")


@pytest.mark.requirement("R147")
@pytest.mark.parametrize(("sure", "state"), [(95, "work"), (55, "check")])
def test_a_machine_sorts_a_text_and_a_person_corrects_it(letters: Engine, sure: int, state: str) -> None:
    @letters.hook("classify")
    def classify(call: HookCall) -> None:
        about = "bill" if "again" in call.fields["text"] else "praise"
        letters.send(call.case, "sorted", {"about": about, "sure": sure}, actor=SYSTEM, key=call.key)

    letters.hook("*")(lambda call: None)
    case = letters.open("letters", LETTER, actor=ANN).id
    letters.tick()
    assert (letters.case(case).state, letters.case(case).fields["about"]) == (state, "bill")
    letters.send(case, "correct", {"about": "fault"}, actor=ANN)
    assert (letters.case(case).state, letters.case(case).fields["about"]) == ("work", "fault")
    told = [(entry.name, entry.actor.id, entry.fields["about"]) for entry in letters.journal(case)[1:]]
    assert told == [("sorted", SYSTEM.id, "bill"), ("correct", "ann", "fault")]
