"""
Qualifications: who counts as qualified for what and until when, what a refusal says of it, and what a journal keeps.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.desk import AGENT, MONDAY, desk_of, process
from svcflow.core.case import Case
from svcflow.core.decision import Refusal
from svcflow.core.event import SYSTEM, Actor, Event, Note, Qualification
from svcflow.core.history import rebuild
from svcflow.core.statechart import statechart
from svcflow.core.step import offers

INSTANT = timedelta(microseconds=1)

SKILLED = """
qualifications: [electrician, welder, trained]
fields: {fault: wiring | frame, live: flag}
open: {may: [fault, live]}
by: agent
qualified: trained
anywhere: {drop: {to: end, by: boss, qualified: none}}
states:
  new: {events: {go: work, wire: {to: work, qualified: {electrician: 2}}}}
  work:
    qualified: [electrician, welder]
    events:
      fix: end
      sort: {to: here, qualified: {per: fault, table: {wiring: {electrician: 2}, default: none}}}
      cut: {to: here, qualified: {per: live, table: {"true": electrician, default: welder}}}
      call: {to: here, by: [agent, system]}
  end: {end: done}
"""


def agent(**held: Qualification) -> Actor:
    return Actor("ann", roles={"agent"}, qualifications=held)


def answer(event: str, actor: Actor, *, state: str = "new", **fields: object) -> Case | Refusal:
    desk = desk_of(SKILLED)
    case = desk.open("desk", AGENT, **fields)
    if state == "work":
        case = desk.give(case, Event("go", actor=agent(trained=Qualification())))
    return desk.try_give(case, Event(event, actor=actor))


def lacks(answered: Case | Refusal) -> dict[str, object]:
    assert isinstance(answered, Refusal)
    assert answered.code == "unqualified"
    return {name: dict(value) if name != "missing" else value for name, value in answered.parameters.items()}


def test_an_inner_place_replaces_what_the_outer_one_asks_for() -> None:
    events = {rule.name: rule.qualified for rule in process(SKILLED).rules()}
    assert events["go"] is not None
    assert dict(events["go"].needs) == {"trained": 1}
    assert events["wire"] is not None
    assert dict(events["wire"].needs) == {"electrician": 2}
    assert events["fix"] is not None
    assert dict(events["fix"].needs) == {"electrician": 1, "welder": 1}
    assert events["drop"] is None


def test_whoever_holds_nothing_is_told_what_is_missing() -> None:
    assert lacks(answer("go", Actor("ann", roles={"agent"}))) == {"needs": {"trained": 1}, "missing": ("trained",)}
    assert lacks(answer("go", agent())) == {"needs": {"trained": 1}, "missing": ("trained",)}


def test_a_level_too_low_is_told_with_the_level_there_is() -> None:
    needs = {"needs": {"electrician": 2}}
    assert lacks(answer("wire", agent(electrician=Qualification(1)))) == needs | {"low": {"electrician": 1}}
    assert isinstance(answer("wire", agent(electrician=Qualification(2))), Case)
    assert isinstance(answer("wire", agent(electrician=Qualification(3))), Case)


def test_a_qualification_is_good_through_its_last_instant_and_over_right_after() -> None:
    assert isinstance(answer("go", agent(trained=Qualification(until=MONDAY))), Case)
    over = MONDAY - INSTANT
    told = lacks(answer("go", agent(trained=Qualification(until=over))))
    assert told == {"needs": {"trained": 1}, "expired": {"trained": over}}


def test_one_that_is_over_and_too_low_is_told_as_both() -> None:
    over = MONDAY - timedelta(days=1)
    told = lacks(answer("wire", agent(electrician=Qualification(1, over))))
    assert (told["low"], told["expired"]) == ({"electrician": 1}, {"electrician": over})


def test_all_that_is_asked_for_is_needed() -> None:
    told = lacks(answer("fix", agent(electrician=Qualification()), state="work"))
    assert told["missing"] == ("welder",)
    both = agent(electrician=Qualification(), welder=Qualification())
    assert isinstance(answer("fix", both, state="work"), Case)


@pytest.mark.parametrize(
    ("event", "fields", "needs"),
    [
        ("sort", {"fault": "wiring"}, {"electrician": 2}),
        ("sort", {"fault": "frame"}, {}),
        ("sort", {}, {}),
        ("cut", {"live": True}, {"electrician": 1}),
        ("cut", {"live": False}, {"welder": 1}),
        ("cut", {}, {"welder": 1}),
    ],
)
def test_a_table_goes_by_the_field_as_it_stands(event: str, fields: dict[str, object], needs: dict[str, int]) -> None:
    answered = answer(event, agent(), state="work", **fields)
    assert isinstance(answered, Case) if not needs else lacks(answered)["needs"] == needs


def test_the_engine_itself_needs_no_qualification() -> None:
    assert isinstance(answer("call", SYSTEM, state="work"), Case)


def test_whoever_may_not_is_told_so_first() -> None:
    answered = answer("go", Actor("bo", roles={"boss"}))
    assert isinstance(answered, Refusal)
    assert answered.code == "forbidden"


def test_the_menu_says_why_not() -> None:
    desk = desk_of(SKILLED)
    case = desk.open()
    menu = {offer.event: offer.refusal for offer in offers(desk.of(case), case, agent(), MONDAY, statechart)}
    assert menu["go"] is not None
    assert menu["go"].code == "unqualified"


def test_regions_are_told_together_and_each_reacts_for_itself() -> None:
    desk = desk_of("""
        qualifications: [electrician, welder]
        by: agent
        states:
          both:
            parallel: true
            states:
              left: {states: {one: {events: {x: {to: two, qualified: electrician}}}, two: {end: done}}}
              right:
                states: {three: {events: {x: {to: four, qualified: {electrician: 2, welder: 1}}}}, four: {end: done}}
            events: {done: end}
          end: {end: done}
        """)
    case = desk.open()
    told = lacks(desk.try_give(case, Event("x", actor=agent())))
    assert told["needs"] == {"electrician": 2, "welder": 1}
    after = desk.give(case, Event("x", actor=agent(electrician=Qualification())))
    assert after.states == ("both.left.two", "both.right.three")


def test_the_journal_keeps_what_was_asked_for_and_nothing_else() -> None:
    desk = desk_of(SKILLED)
    case = desk.open()
    held = {"trained": Qualification(3, MONDAY), "welder": Qualification(), "first_aid": Qualification()}
    actor = Actor("ann", roles={"agent"}, qualifications=held)
    desk.give(case, Event("go", actor=actor))
    desk.give(desk.cases[case.id], Note("a word", actor))
    desk.give(desk.cases[case.id], Event("drop", actor=Actor("bo", roles={"boss"}, qualifications=held)))
    _, went, noted, dropped = (entry.actor.qualifications for entry in desk.journal[case.id])
    assert went == {"trained": Qualification(3, MONDAY)}
    assert (noted, dropped) == (None, None)
    assert rebuild(desk, desk.journal[case.id]) == desk.cases[case.id]


def test_the_journal_keeps_nothing_that_was_asked_for_of_others() -> None:
    desk = desk_of("""
        qualifications: [electrician, welder, trained]
        anywhere:
          drop: {to: end, by: boss, qualified: welder}
        states:
          new:
            by: agent
            events: {drop: {to: end, qualified: electrician}}
            states:
              one: {by: agent, qualified: trained, events: {go: two, drop: {to: end, by: boss}}}
              two: {not_by: one, events: {drop: {to: end, by: agent, qualified: trained}, go: end}}
          end: {end: done}
        """)
    held = agent(electrician=Qualification(), welder=Qualification(3), trained=Qualification())
    first, second = desk.open(), desk.open()
    desk.give(first, Event("drop", actor=held))
    desk.give(desk.give(second, Event("go", actor=held)), Event("drop", actor=held))
    for case in (first, second):
        assert desk.journal[case.id][-1].actor.qualifications == {"electrician": Qualification()}
        assert rebuild(desk, desk.journal[case.id]) == desk.cases[case.id]


def test_an_actor_is_the_same_key_with_other_qualifications() -> None:
    assert hash(agent(trained=Qualification())) == hash(agent())
    assert agent(trained=Qualification()) != agent()


def test_a_time_without_zone_and_a_name_without_qualification_are_turned_away() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        Qualification(until=datetime(2026, 5, 1))  # noqa: DTZ001 - the mistake itself
    with pytest.raises(TypeError, match="qualifications by name"):
        Actor("ann", qualifications={"trained": 2})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="qualifications by name"):
        Actor("ann", qualifications={"trained"})  # type: ignore[arg-type]


@pytest.mark.parametrize("level", ["2", math.nan, 2.5, True, None])
def test_a_level_is_a_whole_number(level: object) -> None:
    with pytest.raises(TypeError, match="`level` must be a whole number, not"):
        Qualification(level)  # type: ignore[arg-type]


@pytest.mark.parametrize("level", [-1, 10**9, pytest.param(10**5000, id="vast")])
def test_a_level_lies_in_its_bounds(level: int) -> None:
    assert Qualification(0).level < Qualification(10**9 - 1).level
    with pytest.raises(ValueError, match="`level` must be from 0 to 999,999,999"):
        Qualification(level)


@pytest.mark.parametrize("until", [date(2026, 5, 1), "2026-05-01", 0])
def test_the_last_instant_is_a_datetime(until: object) -> None:
    with pytest.raises(TypeError, match="`until` must be a datetime, not"):
        Qualification(until=until)  # type: ignore[arg-type]


def test_the_last_instant_is_an_instant_in_utc() -> None:
    with pytest.raises(ValueError, match="beyond all calendars"):
        Qualification(until=datetime.max.replace(tzinfo=timezone(-timedelta(hours=5))))


def test_the_last_instant_is_kept_in_utc() -> None:
    until = datetime(2026, 5, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    assert Qualification(until=until).until == datetime(2026, 5, 1, tzinfo=UTC)


LEVELS = st.none() | st.tuples(st.integers(0, 3), st.none() | st.integers(-2, 2))


@given(st.dictionaries(st.sampled_from(("electrician", "welder")), LEVELS))
def test_qualified_is_who_holds_all_of_it_high_enough_and_long_enough(
    held: dict[str, tuple[int, int | None] | None],
) -> None:
    own = {
        name: Qualification(one[0], None if one[1] is None else MONDAY + one[1] * INSTANT)
        for name, one in held.items()
        if one is not None
    }
    right = all(
        one is not None and one[0] >= 1 and (one[1] is None or one[1] >= 0)
        for one in (held.get("electrician"), held.get("welder"))
    )
    assert isinstance(answer("fix", agent(**own), state="work"), Case) == right
