"""
What a case can do, never can, and where it is caught: small processes with the finding that each was made for.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from model.floor import DEAD_GUARD, ENOUGH, NEVER_ENOUGH, WAITING_REGIONS, counts, process, states, told, way_into
from svcflow import catalog
from svcflow.core.event import Event
from svcflow.language import compile_sources
from svcflow.model.explore import Model, explore
from svcflow.model.walks import again

BAD = Path(__file__).parents[1] / "language" / "bad"


def test_a_guard_over_a_counter_that_never_gets_there_is_never_taken() -> None:
    model = explore(process(DEAD_GUARD))
    assert counts(model, model.never) == ["calling/missed/lost", "asking/call/lost"]
    assert states(model) == ["lost"]
    assert not model.open
    assert not model.traps


def test_two_regions_that_wait_for_each_other_are_a_trap_with_the_way_into_it() -> None:
    model = explore(process(WAITING_REGIONS))
    ((way, still),) = ((trap.way, trap.still) for trap in model.traps)
    assert still
    assert told(way) == [
        "desk > both.billing.billed, both.sending.packed",
        "pay > both.billing.credit, both.sending.packed",
    ]
    assert isinstance(way[-1].act, Event)
    assert way[-1].act.fields == {"paid": False}


def test_an_end_behind_a_counter_that_begins_anew_is_never_reached() -> None:
    model = explore(process(NEVER_ENOUGH))
    assert counts(model, model.never) == ["check/close/closed"]
    assert [told(trap.way) for trap in model.traps] == [["desk > new"]]


def test_an_end_behind_a_counter_is_reached_by_a_shortest_way() -> None:
    model = explore(process(ENOUGH))
    assert not model.never
    assert not model.traps
    assert [stride.journal[-1].name for stride in way_into(model, "check/close/closed")] == [
        "desk", "begin", "turn", "again", "turn", "again", "turn", "close",
    ]  # fmt: skip


def test_a_counter_that_rises_for_ever_is_followed_as_far_as_it_counts() -> None:
    model = explore(process(ENOUGH))
    assert not model.cut
    assert model.places < 50


def test_a_choice_made_before_rules_out_what_comes_after() -> None:
    model = explore(
        process("""
fields: {contract: gold | silver | none}
states:
  new: {events: {accept: {ask: contract, to: [{to: paid, when: contract == gold or contract == silver}, quoted]}}}
  quoted: {events: {agree: {to: [{to: paid, when: contract == gold}, work]}}}
  paid: {events: {start: {to: [{to: quoted, when: contract == none}, work]}}}
  work: {events: {finish: done}}
  done: {end: done}
""")
    )
    assert counts(model, model.never) == ["quoted/agree/paid", "paid/start/quoted"]


def test_what_compares_two_fields_may_come_out_either_way() -> None:
    model = explore(
        process("""
fields: {price: money, ceiling: money}
states:
  new: {events: {offer: {ask: [price, ceiling], to: [{to: asking, when: price > ceiling}, done]}}}
  asking: {events: {agree: {to: [{to: done, when: price <= ceiling}, {to: refused, when: price > 2 * ceiling}]}}}
  refused: {end: cancelled}
  done: {end: done}
""")
    )
    assert not model.never


def test_regions_that_hear_the_same_event_are_asked_what_they_would_take() -> None:
    model = explore(
        process("""
fields: {price: money, cost: money}
states:
  both:
    parallel: true
    states:
      one:
        states: {calm: {events: {go: {ask: price, to: [{to: on, when: price > cost}]}}}, on: {end: done}}
      two:
        states: {calm: {events: {go: {ask: cost, to: [{to: on, max: 1}]}}}, on: {end: done}}
    events: {done: over}
  over: {end: done}
"""),
        most=2,
    )
    assert not model.never


def test_a_case_may_be_opened_at_another_time_than_that_of_the_search() -> None:
    model = explore(
        process("""
states:
  new: {events: {go: {to: [{to: later, when: "opened_at > '2090-01-01T00:00:00+00:00'"}, over]}}}
  later: {events: {finish: over}}
  over: {end: done}
""")
    )
    assert not model.never
    assert counts(model, model.open) == ["new/go/later", "later/finish/over"]


def test_what_is_never_found_and_never_ruled_out_is_open() -> None:
    model = explore(
        process("""
fields: {price: money, cost: money}
states:
  new: {events: {offer: {ask: [price, cost], to: [{to: odd, when: price * price == cost + 7}, done]}}}
  odd: {events: {agree: done}}
  done: {end: done}
""")
    )
    assert counts(model, model.open) == ["new/offer/odd", "odd/agree/done"]
    assert not model.never
    assert not model.unreached


def test_a_bound_that_is_hit_is_said_and_nothing_is_proved_beyond_it() -> None:
    model = explore(process(DEAD_GUARD), most=1)
    assert model.cut == ("more than 1 situations",)
    assert not model.never
    assert not model.unreached


def test_a_time_is_waited_for_and_an_event_comes_just_before_it() -> None:
    model = explore(
        process("""
states:
  open:
    after: {1d: late}
    states:
      first: {events: {go: second}}
      second: {after: {2h: slow}, events: {go: third}}
      third: {events: {finish: done}}
      slow: {events: {finish: done}}
  late: {events: {finish: done}}
  done: {end: done}
""")
    )
    assert not model.open
    waited = way_into(model, "open/1d/late")
    assert waited[-1].at - waited[0].at == timedelta(days=1)
    assert told(way_into(model, "open.second/2h/open.slow")) == [
        "desk > open.first", "go > open.second", "after:open.second:2h > open.slow",
    ]  # fmt: skip


def test_a_wait_keeps_events_away_until_it_is_over() -> None:
    model = explore(
        process("""
states:
  asleep: {wait: 2h, events: {go: done}}
  done: {end: done}
""")
    )
    assert told(way_into(model, "asleep/go/done")) == ["desk > asleep", "wait:asleep > asleep", "go > done"]


def test_an_escalation_that_sends_moves_the_case() -> None:
    model = explore(
        process("""
escalations: {hard: {100%: {send: give_up}}}
escalation: hard
states:
  new: {limit: 4h, events: {give_up: {by: system, to: lost}, finish: done}}
  lost: {end: cancelled}
  done: {end: done}
""")
    )
    assert told(way_into(model, "new/give_up/lost")) in (
        ["desk > new", "give_up > lost"],
        ["desk > new", "limit:new > lost"],
    )
    assert not model.cut


def test_an_end_of_a_child_brings_what_it_gives() -> None:
    text = """
fields: {score: 1..5}
states:
  asking: {run: survey, events: {answered: {to: [{to: good, when: score > 3}, {to: bad, when: score <= 3}, silent]}}}
  good: {end: done}
  bad: {end: done}
  silent: {end: done}
"""
    assert not explore(process(text)).never
    model = explore(process(text), gives={"asking": ()})
    assert counts(model, model.never) == ["asking/answered/good", "asking/answered/bad"]


def test_whoever_opens_a_case_may_fill_in_what_it_goes_by() -> None:
    text = """
fields: {urgent: flag}
states:
  new: {auto: {to: [{to: fast, when: urgent}, slow]}}
  fast: {events: {finish: done}}
  slow: {events: {finish: done}}
  done: {end: done}
"""
    shut = explore(process(text))
    assert counts(shut, shut.never) == ["new/auto/fast", "fast/finish/done"]
    opened = explore(process(text, opening="{by: clerk, may: urgent}"))
    assert not opened.never


@pytest.fixture(scope="module", params=["callback", "complaint", "maintenance", "maintenance_plan"])
def known(request: pytest.FixtureRequest) -> Model:
    return explore(getattr(catalog, request.param))


@pytest.mark.requirement("R015", "R016")
def test_every_move_of_the_catalog_is_taken_by_some_case_and_none_is_caught(known: Model) -> None:
    assert not known.cut
    assert not known.open
    assert not known.never
    assert not known.unreached
    assert not known.traps


def test_every_way_is_gone_again_by_the_engine_and_ends_where_it_says(known: Model) -> None:
    for index, way in known.ways.items():
        assert again(known.process, way) == way[-1].case
        moves = [move for entry in way[-1].journal for move in entry.moves]
        assert any(known.process.moves[index][1].count in move.taken for move in moves)


@pytest.mark.parametrize("file", sorted(BAD.glob("SF301-*.yaml")), ids=lambda file: file.stem)
def test_a_state_that_no_path_leads_to_is_entered_by_no_case(file: Path) -> None:
    model = explore(compile_sources({file.name: file.read_text(encoding="utf-8")}, file.name))
    line = int(file.read_text(encoding="utf-8").split(" at ")[1].split(":")[0])
    named = file.read_text(encoding="utf-8").splitlines()[line - 1].strip().partition(":")[0]
    assert named in {path.rpartition(".")[2] for path in states(model)}


@pytest.mark.parametrize("file", sorted(BAD.glob("SF30[23]-*.yaml")), ids=lambda file: file.stem)
def test_where_the_graph_leads_to_no_end_a_case_is_caught(file: Path) -> None:
    assert explore(compile_sources({file.name: file.read_text(encoding="utf-8")}, file.name)).traps


@pytest.mark.parametrize("file", sorted(BAD.glob("SF304-*.yaml")), ids=lambda file: file.stem)
def test_an_alternative_that_another_hides_is_never_taken(file: Path) -> None:
    assert explore(compile_sources({file.name: file.read_text(encoding="utf-8")}, file.name)).never


SAMPLED = """
fields: {score: 1..5}
states:
  new:
    events:
      close: {to: [{to: looked_at, share: 0.5%}, {to: asked, share: 30%}, done]}
      split: {to: [{to: asked, share: 50%}, {to: half, share: 50%}, never]}
  looked_at: {by: boss, events: {fine: done, again: new}}
  asked: {events: {answer: {ask: score, to: [{to: looked_at, share: 10%, when: score < 3}, done]}}}
  half: {auto: {to: [{to: done, share: 50%}, new]}}
  never: {events: {go: done}}
  done: {end: done}
"""


def test_both_sides_of_every_share_are_met_and_what_shares_leave_nothing_for_is_proved_never_to_happen() -> None:
    model = explore(process(SAMPLED))
    assert counts(model, model.never) == ["new/split/never", "never/go/done"]
    assert not model.open
    assert not model.cut
    assert not model.traps
    assert states(model) == ["never"]
    for way in model.ways.values():
        assert again(model.process, way) == way[-1].case


def test_a_case_that_is_always_drawn_the_wrong_way_is_not_called_a_trap() -> None:
    # One half never gets out of the circle by itself; that it may is all that is known, so nothing is claimed.
    model = explore(process("states: {new: {events: {go: {to: [{to: new, share: 50%}, done]}}}, done: {end: done}}"))
    assert not model.traps
