"""
A scenario learned from cases says what these cases were like, and can be simulated again.
"""

from datetime import timedelta

import pytest

from simulate.counter import followed
from simulate.test_simulate import REPLIES, WAITING
from svcflow import language
from svcflow.errors import InputError
from svcflow.eventlog import CaseLog, case_log
from svcflow.simulate import Simulation, learn, result
from svcflow.simulate.learn import fitted
from svcflow.simulate.reading import read_text

CHOSEN = REPLIES.replace("after: 1h..4h", "states: {asked: {reply: 30, nothing: 70}}\nafter: 1h").replace(
    "20min..45min", "10min"
)


def logs(scenario: str) -> tuple[list[CaseLog], Simulation]:
    done, journals, cases = followed(scenario, WAITING)
    process = done.scenario.process
    return [case_log(cases[case], journal, process, done.now) for case, journal in journals.items()], done


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


@pytest.mark.parametrize(
    ("seconds", "text"),
    [([60], "1min"), ([60, 60, 60, 7200], "median 1min p90 2h"), ([0, 0], "1s"), (range(1, 101), "median 50s p90 90s")],
)
def test_half_are_below_the_median_and_nine_in_ten_below_the_other(seconds: list[int], text: str) -> None:
    assert fitted(seconds) == text
