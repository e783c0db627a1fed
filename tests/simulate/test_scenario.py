"""
A scenario is read as strictly as a process: what is wrong is told at its place, with what was probably meant.
"""

import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from simulate.counter import followed, simulated
from simulate.test_simulate import OFFICE, REPLIES, WAITING, WEEK
from svcflow import catalog, language
from svcflow.errors import DefinitionError, InputError
from svcflow.simulate import Simulation, read_scenario, result
from svcflow.simulate.spread import read_spread, written

EXAMPLE = Path(__file__).parents[2] / "examples" / "simulation" / "ticket.scenario.yaml"


@pytest.mark.parametrize(
    ("before", "after", "line", "told"),
    [
        ("clerk: 3", "clrek: 3", 8, "no role is called `clrek` (did you mean `clerk`?)"),
        ("clerk: 3", "clerk: {number: 3, calendar: dya}", 8, "no calendar is called `dya` (did you mean `day`?)"),
        ("clerk: 3", "clerk: {number: 3, skills: {product: X3}}", 8, "`product` must be one of X1 | X2, not 'X3'"),
        ("clerk: 3", "clerk: {hours: {mon-fri: 9-17}}", 8, "`9-17` are no hours"),
        ("clerk: 3", "clerk: 99999", 8, "these are more than 10,000 people"),
        ("10min..40min", "10m", 7, "`10m` is no time"),
        ("10min..40min", "1h..10min", 7, "`1h..10min` goes down"),
        ("10min..40min", "1h on dya", 7, "no calendar is called `dya`"),
        ("length: 1w", "length: average 1w", 4, "`average 1w` is not one length around the clock"),
        ("start: 2026-03-02 00:00", "start: monday", 3, "`monday` is no moment"),
        ("{rate: 2, on: day}", "{rate: 2, every: 1h}", 6, "`arrivals` says rate and every of how many there are"),
        ("{rate: 2, on: day}", "{rate: many}", 6, "`many` is no number of chances"),
        ("{rate: 2, on: day}", "{rate: 2, by: boos}", 6, "no role or field that may open a case is called `boos`"),
        ("{rate: 2, on: day}", "{week: {mon: [1, 2]}}", 6, "these are rates for 2 hours"),
        ("clerk: 3", "clerk: 3, clerk-2: {roles: clerk}", 8, "two people are called `clerk-2`"),
        ("scenario: a week", "scenario: a week\nfields: {mark: 1.2..1.8}", 3, "`mark` is a whole number"),
        ("scenario: a week", "scenario: a week\nfields: {mark: 1..6}", 3, "`mark` is from -5 to 5"),
        ("takes:", "tales:", 7, "`tales`"),
        ("scenario: a week", "scenario: a week\nstates: {watiing: {answer: 1}}", 3, "did you mean `waiting`?"),
        ("scenario: a week", "scenario: a week\nstates: {waiting: {anser: 1}}", 3, "did you mean `answer`?"),
        ("scenario: a week", "scenario: a week\nstates: {waiting: {agree: 1}}", 3, "; `agree` is sent in checked)"),
        ("scenario: a week", "scenario: a week\nstates: {waiting: {answer: {by: boss}}}", 3, "may send `answer`"),
        (
            "scenario: a week",
            "scenario: a week\nstates: {waiting: {answer: {with: {urgent: true}}}}",
            3,
            "in the form of",
        ),
        ("scenario: a week", "scenario: a week\nstates: {waiting: {nothng: 1}}", 3, "did you mean `nothing`?"),
        ("scenario: a week", "scenario: a week\nevents: {answr: 1}", 3, "did you mean `answer`?"),
        ("scenario: a week", "scenario: a week\nfields: {urgnt: true}", 3, "did you mean `urgent`?"),
        ("scenario: a week", "scenario: a week\nfields: {urgent: perhaps}", 3, "`urgent` must be true or false"),
        ("scenario: a week", "scenario: a week\nfields: {product: {X1: 0}}", 3, "no value of `product` has a chance"),
        ("scenario: a week", "scenario: a week\nprocesses: {callback: {}}", 3, "no other process is called `callback`"),
    ],
)
def test_what_is_wrong_is_told_where_it_is(before: str, after: str, line: int, told: str) -> None:
    assert before in WEEK
    with pytest.raises(DefinitionError) as caught:
        simulated(WEEK.replace(before, after), OFFICE)
    texts = [str(finding) for finding in caught.value.findings]
    assert any(told in text for text in texts), texts
    assert any(text.startswith(f"s.yaml:{line}:") for text in texts), texts


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(DefinitionError) as caught:
        simulated(WEEK.replace("clerk: 3", "clrek: 3, bos: 1").replace("on: day", "on: dya"), OFFICE)
    assert len(caught.value.findings) == 3


def test_a_flood_of_cases_is_one_clear_error() -> None:
    with pytest.raises(InputError, match="more than 1,000,000 cases"):
        simulated(WEEK.replace("rate: 2", "rate: 1000000000"), OFFICE)
    with pytest.raises(InputError, match="more than 1,000,000 cases"):
        simulated(WEEK.replace("{rate: 2, on: day}", "{every: 1s}").replace("length: 1w", "length: 90d"), OFFICE)


@pytest.mark.parametrize(
    "text", ["20min", "10min..1h", "10s..20min..1h", "average 90s", "median 20min p90 2h", "4h on day", "0min"]
)
def test_a_length_reads_as_it_is_written(text: str) -> None:
    spread = read_spread(text)
    assert read_spread(written(spread)) == spread


def test_values_of_fields_come_as_the_scenario_says() -> None:
    fields = "fields: {urgent: 100%, product: {X1: 0, X2: 3}, customer: acme}"
    _, _, cases = followed(f"{WEEK}{fields}\n", OFFICE)
    seen = {(case.fields["urgent"], case.fields["product"], case.fields["customer"]) for case in cases.values()}
    assert seen == {(True, "X2", "acme")}


@pytest.mark.parametrize(
    ("text", "most"), [("1..3..5", 3), ("-5..-4..-1", -4), ("-5..-5..-3", -5), ("3..5..5", 5), ("2..2..2", 2)]
)
def test_marks_are_most_often_the_middle_one(text: str, most: int) -> None:
    _, _, cases = followed(f"{WEEK.replace('length: 1w', 'length: 20w')}fields: {{mark: {text}}}\n", OFFICE)
    seen = Counter(case.fields["mark"] for case in cases.values())
    low, *_, high = map(int, text.split(".."))
    assert seen.most_common(1)[0][0] == most
    assert sorted(seen) == list(range(low, high + 1))


def test_marks_without_a_middle_are_equally_likely_below_zero_too() -> None:
    _, _, cases = followed(f"{WEEK.replace('length: 1w', 'length: 20w')}fields: {{mark: -2..2}}\n", OFFICE)
    seen = Counter(case.fields["mark"] for case in cases.values())
    assert [seen[mark] / len(cases) for mark in range(-2, 3)] == pytest.approx([0.2] * 5, abs=0.04)


def test_dates_are_those_of_the_calendar_of_the_process() -> None:
    """Where it is evening in Los Angeles, it is tomorrow in Greenwich."""
    office = OFFICE.replace("Asia/Shanghai", "America/Los_Angeles").replace("17:00", "22:00")
    done, _, cases = followed(f"{WEEK}fields: {{wanted: 1s}}\n", office)
    zone = done.scenario.process.calendars["day"].zone
    opened = {case.opened_at.astimezone(zone) for case in cases.values()}
    assert {moment.hour for moment in opened} >= {9, 21}
    assert all(case.fields["wanted"] == case.opened_at.astimezone(zone).date() for case in cases.values())


def test_agreed_times_come_as_the_scenario_says_and_clocks_go_by_them() -> None:
    office = OFFICE.replace("mark: -5..5", "agreed: {type: 1h..4h, calendars: always}, mark: -5..5")
    office = office.replace("open: {may", "open: {ask: agreed, may")
    office = re.sub("target: .*", "target: agreed else 8h}", office)
    _, _, cases = followed(f"{WEEK}fields: {{agreed: {{2h on always: 1, 3h: 0}}}}\n", office)
    assert {case.fields["agreed"] for case in cases.values()} == {"2h on always"}
    assert {case.clocks["clock:answered"].target for case in cases.values()} == {timedelta(hours=2)}
    _, _, cases = followed(f"{WEEK.replace('length: 1w', 'length: 4w')}", office)
    assert {case.fields["agreed"] for case in cases.values()} == {"1h", "4h"}
    with pytest.raises(DefinitionError, match="must be a time from 1h to 4h"):
        simulated(f"{WEEK}fields: {{agreed: 5h}}\n", office)


def test_a_wrong_calendar_is_told_once_however_many_processes_there_are() -> None:
    with pytest.raises(DefinitionError) as caught:
        simulated(WEEK.replace("10min..40min", "1h on dya"), OFFICE, WAITING)
    assert len(caught.value.findings) == 1


def test_a_chance_under_events_holds_in_every_state() -> None:
    text = REPLIES.replace("after: 1h..4h", "after: 1h\nevents: {close: {takes: 1min}}")
    assert simulated(text, WAITING).cases[0].cancelled == 0


def test_the_example_runs_with_its_callbacks_and_complaints() -> None:
    library = language.project(catalog.path("service_ticket.yaml"))
    scenario = read_scenario(EXAMPLE, library)
    found = result(Simulation(scenario).run())
    ticket, *others = found.cases
    assert ticket.opened > 200
    assert ticket.open <= 5
    assert {one.process for one in others if one.opened} == {"callback", "complaint"}
    assert not found.troubles
    assert not found.refused


LIFT = OFFICE.replace("process: office", "process: office\nqualifications: [electrician, welder]").replace(
    "answer: checked", "answer: {to: checked, qualified: {electrician: 2}}"
)


def test_staff_are_fully_qualified_where_nothing_else_is_said() -> None:
    found = simulated(WEEK, LIFT)
    assert found.cases[0].done == found.cases[0].opened > 0
    assert not found.refused


@pytest.mark.parametrize(("held", "works"), [("{electrician: 2}", True), ("electrician", False), ("none", False)])
def test_staff_hold_what_the_scenario_says(held: str, works: bool) -> None:  # noqa: FBT001 - a column
    staff = f"clerk: {{number: 3, qualifications: {held}}}"
    assert (
        simulated(WEEK.replace("clerk: 3", staff).replace("1w", "1d").replace("4w", "1d"), LIFT).cases[0].done > 0
    ) == works


def test_a_misspelt_qualification_is_told() -> None:
    with pytest.raises(DefinitionError, match="did you mean `electrician`"):
        simulated(WEEK.replace("clerk: 3", "clerk: {number: 3, qualifications: electrican}"), LIFT)
