"""
Traces by chance: they keep their promises to whoever draws them.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from functools import cache
from itertools import islice

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from svcflow import catalog, testing
from svcflow.core.event import Event
from svcflow.errors import InputError
from svcflow.model.explore import BEGIN
from svcflow.testing import Drawing, Stage, Trace, random_traces, run, trace
from svcflow.testing.pure import Known, Pure

BRIEF = settings(max_examples=300, database=None, derandomize=True)


@cache
def stage_of(name: str) -> Stage:
    return Stage.of(getattr(catalog, name))


@pytest.fixture(scope="module")
def ticket() -> Stage:
    return stage_of("service_ticket")


stages = st.sampled_from(catalog.NAMES).map(stage_of)


@settings(max_examples=40)
@given(st.data(), stages)
def test_every_trace_survives_json(data: st.DataObject, stage: Stage) -> None:
    drawn = data.draw(testing.traces(stage))
    assert Trace.from_json(json.loads(json.dumps(drawn.to_json()))) == drawn


@settings(max_examples=25)
@given(st.data(), stages)
def test_every_trace_runs_and_keeps_all_promises(data: st.DataObject, stage: Stage) -> None:
    drawn = data.draw(testing.traces(stage, most=15))
    course = run(stage, drawn)
    assert len(course.steps) == len(drawn)
    assert isinstance(drawn.commands[0], trace.Open)


def test_now_and_then_a_case_is_opened_by_somebody_who_may_not_and_by_somebody_else_then() -> None:
    tried = [drawn.commands[:2] for drawn in islice(random_traces(stage_of("complaint"), 1), 100)]
    again = [
        one for one in tried if all(isinstance(command, trace.Open) and command.case == trace.CASE for command in one)
    ]
    refused = [one for one in again if not lived(stage_of("complaint"), Trace("complaint", BEGIN, one[:1])).cases]
    assert refused
    assert len(again) < 30


def lived(stage: Stage, drawn: Trace) -> Pure:
    """What people and time do to the model, and nothing else."""
    pure = Pure(Known(stage.processes.values()), drawn.start)
    for command in drawn.commands:
        match command:
            case trace.Open() if command.case not in pure.cases:
                pure.open(command.process, command.fields, actor=command.actor, case=command.case)
            case trace.Send() if command.case in pure.cases:
                pure.give(command.case, Event(command.event, command.fields, command.actor))
            case trace.Wait():
                pure.wait(command.until)
    return pure


@pytest.mark.parametrize("name", catalog.NAMES)
def test_three_hundred_traces_take_every_transition(name: str) -> None:
    stage = stage_of(name)
    missing = {alternative.count for _, alternative in stage.process.moves}
    for drawn in islice(random_traces(Drawing.of(stage, weights={"again": 0}), 2), 300):
        pure = lived(stage, drawn)
        entries = [entry for case in pure.cases.values() if case.process == name for entry in pure.journal[case.id]]
        missing -= {taken for entry in entries for move in entry.moves for taken in move.taken}
        if not missing:
            break
    assert not missing


def test_most_of_what_is_sent_is_possible_and_some_is_refused_for_every_reason(ticket: Stage) -> None:
    answers = Counter(
        step.refusal.code if step.refusal else "done"
        for drawn in islice(random_traces(Drawing.of(ticket, faults=False, weights={"stray": 20}), 1), 100)
        for step in run(ticket, drawn, properties=()).steps
        if isinstance(step.command, trace.Send)
    )
    assert answers["done"] > answers.total() / 2
    assert {"ended", "unknown_event", "not_here", "forbidden", "barred", "form"} <= answers.keys()


def test_openings_are_refused_now_and_then(ticket: Stage) -> None:
    answers = {
        step.refusal.code if step.refusal else "done"
        for drawn in islice(random_traces(Drawing.of(ticket, most=8, faults=False, weights={"open": 60}), 1), 30)
        for step in run(ticket, drawn, properties=()).steps
        if isinstance(step.command, trace.Open)
    }
    assert answers == {"done", "forbidden", "form"}


@pytest.mark.parametrize("kind", [trace.Wait, trace.Crash])
def test_hypothesis_leaves_out_most_of_what_does_not_matter(kind: type[trace.Command]) -> None:
    def matters(drawn: Trace) -> bool:
        return any(isinstance(command, kind) for command in drawn.commands)

    least = find(testing.traces(stage_of("maintenance_plan"), most=8), matters, settings=BRIEF)
    assert len(least) <= 4
    assert least.start == BEGIN


@settings(max_examples=20)
@given(seed=st.integers(0, 99))
def test_the_same_seed_makes_the_same_traces_and_another_one_others(ticket: Stage, seed: int) -> None:
    drawing = Drawing.of(ticket)
    first = list(islice(random_traces(drawing, seed), 3))
    assert first == list(islice(random_traces(Drawing.of(ticket), seed), 3))
    assert first != list(islice(random_traces(drawing, seed + 1), 3))


@given(data=st.data(), most=st.integers(1, 12))
def test_a_trace_is_no_longer_than_it_may_be(ticket: Stage, data: st.DataObject, most: int) -> None:
    assert len(data.draw(testing.traces(ticket, most=most))) <= most


def test_without_faults_nothing_breaks_down(ticket: Stage) -> None:
    faults = (trace.Hook, trace.Crash, trace.Restart, trace.Skew, trace.Work, trace.Recalendar, trace.Migrate)
    drawn = islice(random_traces(Drawing.of(ticket, faults=False), 1), 50)
    assert not any(isinstance(command, faults) for one in drawn for command in one.commands)


def test_every_kind_of_command_comes(ticket: Stage) -> None:
    drawn = islice(random_traces(Drawing.of(ticket), 1), 150)
    assert {type(command) for one in drawn for command in one.commands} == set(trace.COMMANDS.values())


def test_a_weight_of_nothing_leaves_a_kind_out(ticket: Stage) -> None:
    drawn = islice(random_traces(Drawing.of(ticket, weights={"crash": 0}), 1), 150)
    assert not any(isinstance(command, trace.Crash) for one in drawn for command in one.commands)


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ({"sned": 1}, "no kind of command is called 'sned'"),
        ({"send": -1}, "from 0 on"),
        (dict.fromkeys(("send", "wait", "late", "stray", "again", "note", "erase", "open"), 0), "not all"),
    ],
)
def test_a_weight_that_makes_no_sense_is_refused(ticket: Stage, weights: dict[str, int], told: str) -> None:
    with pytest.raises(InputError, match=told):
        testing.traces(ticket, weights=weights, faults=False)


def test_the_holidays_of_a_stage_reach_over_the_time_of_its_traces(ticket: Stage) -> None:
    assert ticket.process.calendars["office"].hours_on(date(2026, 10, 1)) == ()
