"""
A scenario learned from cases says what these cases were like, and can be simulated again.
"""

import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from simulate.counter import followed
from simulate.test_simulate import REPLIES, WAITING
from svcflow import Actor, Engine, language
from svcflow.clocks import ManualClock
from svcflow.errors import InputError
from svcflow.eventlog import CaseLog, case_log, read
from svcflow.simulate import Scenario, Simulation, learn, result
from svcflow.simulate.deeds import Deed, Deeds, Sample
from svcflow.simulate.learn import Learner, fitted
from svcflow.simulate.reading import read_text

CHOSEN = REPLIES.replace("after: 1h..4h", "states: {asked: {reply: 30, nothing: 70}}\nafter: 1h").replace(
    "20min..45min", "10min"
)


def logs(scenario: str) -> tuple[list[CaseLog], Simulation]:
    done, journals, cases = followed(scenario, WAITING)
    process = done.scenario.process
    found = [case_log(cases[case], journal, process, done.now) for case, journal in journals.items()]
    return sorted(found, key=lambda log: log.opened_at), done


@pytest.mark.requirement("R175")
def test_what_was_simulated_is_learned_again() -> None:
    found, done = logs(CHOSEN)
    library = [done.scenario.process]
    text = learn(library, found)
    again = read_text(text, "learned.yaml", library)
    asked = again.customs["waiting"].places["asked"]
    (reply,) = asked.options
    assert reply.weight / (reply.weight + asked.nothing) == pytest.approx(0.3, abs=0.05)
    assert reply.after is not None
    assert reply.after.draw(0.5) == timedelta(hours=1)
    (close,) = again.customs["waiting"].places["answered"].options
    assert close.takes.draw(0.5) == timedelta(minutes=10)
    expected = again.arrivals.expected(again.start, again.start + timedelta(weeks=1))
    assert expected == pytest.approx(2 * 168, rel=0.15)
    seen = {entry.actor.id for log in found for entry in log.entries if entry.name == "close"}
    assert len(again.people) == len(seen)
    assert result(Simulation(again).run()).cases[0].opened > 500


def test_no_person_is_named() -> None:
    found, done = logs(CHOSEN)
    text = learn([done.scenario.process], found)
    assert "clerk-1" not in text
    assert "customer-1" not in text


def test_without_cases_there_is_nothing_to_learn() -> None:
    process = language.compile_sources({"p.yaml": WAITING}, "p.yaml")
    with pytest.raises(InputError, match="no case of waiting"):
        learn([process], [])


DESK = """
process: desk
version: 2
roles: [clerk, vip]
fields: {kind: a | b, mark: -2..2, sure: flag}
open: {by: clerk, may: [kind, mark, sure]}
states:
  new: {by: clerk, events: {go: end}}
  end: {end: done}
"""


def learned(actors: Sequence[Actor], *forms: dict[str, object], times: int = 1) -> tuple[str, Scenario]:
    old = DESK.replace("version: 2", "version: 1").replace("a | b", "a | b | gone").replace("-2..2", "-2..9")
    before, now = (language.compile_sources({"p.yaml": text}, "p.yaml") for text in (old, DESK))
    clock = ManualClock(datetime(2026, 3, 2, 8, tzinfo=UTC))
    with Engine(clock=clock) as engine:
        engine.publish(before)
        for number in range(times):
            actor = actors[number % len(actors)]
            case = engine.open("desk", forms[number % len(forms)] if forms else {}, actor=actor)
            engine.send(case.id, "go", {}, actor=actor)
        text = learn([now], read(engine))
    return text, read_text(text, "learned.yaml", [now])


def test_people_who_differ_only_in_what_the_process_does_not_know_are_alike() -> None:
    actors = [Actor("li", roles={"clerk"}), Actor("wang", roles={"clerk", "driver"})]
    text, again = learned(actors, times=2)
    assert "  clerk: 2\n" in text
    assert len(again.people) == 2


def test_groups_are_read_again_whatever_they_are_called() -> None:
    groups = [{"outlet: north"}, {'say "hi"'}, {"outlet #7, north"}, {"vip"}, {"-", "null", "\x7f\u2028", "\U0001f600"}]
    actors = [Actor(f"person-{number}", roles={"clerk"}, groups=names) for number, names in enumerate(groups)]
    both = Actor("both", roles={"clerk", "vip"})
    _, again = learned([*actors, both], times=len(actors) + 1)
    assert sorted(sorted(person.actor.groups) for person in again.people) == sorted(
        sorted(one) for one in [*groups, ()]
    )
    assert len({person.actor.id for person in again.people}) == len(groups) + 1


def test_so_many_cases_in_an_hour_are_read_again() -> None:
    _, again = learned([Actor("li", roles={"clerk"})], times=1200)
    assert again.arrivals.week[0][8] == 1200
    assert sum(map(sum, again.arrivals.week)) == 1200


def test_values_that_the_present_version_does_not_have_are_passed_over() -> None:
    forms = [{"kind": "gone", "mark": 9}, {"kind": "b", "mark": -2, "sure": False}]
    text, _ = learned([Actor("li", roles={"clerk"})], *forms, times=4)
    assert text.endswith('fields:\n  kind: {b: 2}\n  mark: {"-2": 2}\n  sure: {false: 2}\n')


def test_of_a_field_with_many_values_no_more_are_kept_than_are_worth_writing() -> None:
    found, _ = logs(CHOSEN)
    wide = WAITING.replace("fields: {", "fields: {price: 1..999999999, ", 1)
    process = language.compile_sources({"p.yaml": wide}, "p.yaml")
    for many, written in ((100, True), (101, False), (300, False)):
        learner = Learner([process])
        for number, log in enumerate(found[:300]):
            learner.take(evolve(log, fields={"price": number % many + 1}))
        assert len(learner.seen[process.name].values["price"]) == min(many, 101)
        text = learner.scenario("many")
        assert ("  price: {" in text) is written
        assert ("# price of waiting had more than 100 values" in text) is not written
        read_text(text, "learned.yaml", [process])


def test_what_not_everybody_sees_is_not_written() -> None:
    guarded = DESK.replace("sure: flag", "sure: {type: flag, seen_by: clerk}").replace("version: 2", "version: 1")
    process = language.compile_sources({"p.yaml": guarded}, "p.yaml")
    actor = Actor("li", roles={"clerk"})
    with Engine(clock=ManualClock(datetime(2026, 3, 2, 8, tzinfo=UTC))) as engine:
        engine.publish(process)
        engine.open("desk", {"kind": "a", "sure": True}, actor=actor)
        assert learn([process], read(engine)).endswith("fields:\n  kind: {a: 1}\n")


def test_what_not_everybody_sees_in_the_version_of_a_case_is_not_written_though_the_newest_shows_it() -> None:
    guarded = DESK.replace("sure: flag", "sure: {type: flag, seen_by: clerk}").replace("version: 2", "version: 1")
    older, newer = (language.compile_sources({"p.yaml": text}, "p.yaml") for text in (guarded, DESK))
    actor = Actor("li", roles={"clerk"})
    with Engine(clock=ManualClock(datetime(2026, 3, 2, 8, tzinfo=UTC))) as engine:
        engine.publish(older)
        engine.open("desk", {"kind": "a", "sure": True}, actor=actor)
        engine.publish(newer)
        assert learn([newer], read(engine)).endswith("fields:\n  kind: {a: 1}\n")
        engine.open("desk", {"kind": "a", "sure": False}, actor=actor)
        assert learn([newer], read(engine)).endswith("fields:\n  kind: {a: 2}\n  sure: {false: 1}\n")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [([60], "1min"), ([60, 60, 60, 7200], "median 1min p90 2h"), ([0, 0], "1s"), (range(1, 101), "median 50s p90 90s")],
)
def test_half_are_below_the_median_and_nine_in_ten_below_the_other(seconds: list[int], text: str) -> None:
    assert fitted(seconds) == text


MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
MINUTES = st.integers(0, 30)
CASES = st.lists(
    st.tuples(MINUTES, st.lists(st.tuples(st.sampled_from("ab"), MINUTES, MINUTES), max_size=4)), max_size=6
)


@given(CASES)
def test_people_begin_after_what_they_did_last_whichever_case_is_read_first(
    drawn: list[tuple[int, list[tuple[str, int, int]]]],
) -> None:
    """All deeds at once say the same as one case after the other, forgotten on the way."""
    minute = timedelta(minutes=1)
    whole: list[tuple[str, str, datetime, datetime]] = []
    told: dict[str, datetime] = {}
    deeds = Deeds(lambda deed: told.update({deed.name: deed.begin}))
    for number, (opened, acts) in enumerate(sorted(drawn, key=lambda case: case[0])):
        deeds.pass_to(MONDAY + opened * minute)
        for place, (person, waited, took) in enumerate(acts):
            since = MONDAY + (opened + waited) * minute
            name, at = f"{number}/{place}", since + took * minute
            whole.append((name, person, since, at))
            deeds.add(Deed(person, since, at, "desk", "go", name))
    deeds.pass_to(None)
    assert told == {
        name: max([since, *(other for _, who, _, other in whole if who == person and other < at)])
        for name, person, since, at in whole
    }


class Compared(datetime):
    """A moment that counts how often it is compared."""

    times = 0

    def __lt__(self, other: datetime) -> bool:  # type: ignore[override]  # As in datetime itself.
        Compared.times += 1
        return super().__lt__(other)

    def __gt__(self, other: datetime) -> bool:  # type: ignore[override]  # As in datetime itself.
        Compared.times += 1
        return super().__gt__(other)


@pytest.mark.parametrize("moments", [1, 40, 10**7])
def test_what_one_person_did_in_many_open_cases_is_not_compared_each_with_each(moments: int) -> None:
    monday = Compared(2026, 3, 2, tzinfo=UTC)
    told: list[Deed] = []
    deeds = Deeds(told.append)
    Compared.times, number = 0, 2_000
    for one in range(number):
        deeds.add(Deed("li", monday, monday + timedelta(seconds=one * 7_919 % moments), "desk", "go", str(one)))
    deeds.pass_to(None)
    assert len(told) == number
    assert Compared.times < 20 * number


def test_what_is_drawn_of_a_stream_does_not_hang_on_its_order() -> None:
    forth, back = Sample(most=400), Sample(most=400)
    for number in range(4_000):
        forth.add(str(number), number)
        back.add(str(3_999 - number), 3_999 - number)
    assert forth.numbers == back.numbers
    assert len(forth.numbers) == 400
    assert forth.numbers[200] == pytest.approx(2_000, rel=0.1)
    few = Sample(most=400)
    for number in (7, 3, 3):
        few.add("the same name", number)
    assert few.numbers == (3, 3, 7)


def test_what_learning_remembers_does_not_grow_with_the_cases() -> None:
    found, done = logs(CHOSEN)
    library, few = [done.scenario.process], found[:40]
    week = timedelta(weeks=1)

    def many(weeks: int) -> Iterator[CaseLog]:
        for number in range(weeks):
            for log in few:
                entries = tuple(evolve(entry, at=entry.at + number * week) for entry in log.entries)
                moved = {entry.seq: entry for entry in entries}
                visits = tuple(
                    evolve(one, since=one.since + number * week, came=moved[one.came.seq],
                           went=None if one.went is None else moved[one.went.seq])
                    for one in log.visits
                )  # fmt: skip
                opened = log.opened_at + number * week
                yield evolve(log, id=f"{log.id}-{number}", opened_at=opened, entries=entries, visits=visits)

    held = []
    tracemalloc.start()
    try:
        for weeks in (30, 5, 30):  # The first time, what is worked out once is remembered, such as calendars.
            learner = Learner(library, most=50)
            before, _ = tracemalloc.get_traced_memory()
            for log in many(weeks):
                learner.take(log)
            held.append(tracemalloc.get_traced_memory()[0] - before)
            assert len(learner.scenario("many")) > 500
    finally:
        tracemalloc.stop()
    # Two moments of each case would be more already.
    assert held[2] - held[1] < 25 * len(few) * 100
