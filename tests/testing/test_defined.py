"""
The second reading of the language: silent where all goes by the definition, and loud where it does not.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from svcflow import catalog
from svcflow.core.event import SYSTEM, Actor
from svcflow.testing import Definition, Drawing, definitions, random_traces
from svcflow.testing.properties.defined import AsDefined
from svcflow.testing.properties.finish import Finishes
from svcflow.testing.running import run
from svcflow.testing.stage import Stage
from svcflow.testing.step import Course
from svcflow.testing.trace import Command, Hook, Migrate, Open, Send, Trace, Wait, Work
from svcflow.testing.violations import CannotFinish, StuckCase, Violation

START = datetime(2026, 3, 9, 8, tzinfo=UTC)
LI, WANG = (Actor(name, roles={"agent"}) for name in ("li", "wang"))

PARENT = """
process: parent
version: 1
roles: [agent]
hooks: [count]
fields: {owner: person, phone: {type: text, private: true}, note: text, tries: number}
open: {may: [owner, phone]}
by: [agent, owner]
anywhere: {add: {to: here, ask: note, do: {notify: owner}, in: [work, both]},
           pause: {to: paused, in: [work, both.left]}}
states:
  work:
    do: {hook: count, set: {tries: 0}}
    events: {go: {to: both, max: 2, do: {notify: responsible}}, ask: asked}
  both:
    parallel: true
    states:
      left: {states: {one: {events: {next: two}}, two: {do: {hook: count}, events: {next: three}}, three: {end: done}}}
      right: {states: {one: {events: {next: two}}, two: {end: done}}}
    events: {done: {to: checked, do: {send: again}}, back_to_work: work}
  paused: {events: {resume: back, restart: both.left.last}, after: {2h: back}}
  asked: {run: child, not_by: work, events: {yes: checked, no: work}}
  checked: {not_by: [asked, both], events: {fine: closed, again: {to: here, by: system, do: {notify: agent}}}}
  closed: {end: done}
"""
CHILD = """
process: child
version: 1
roles: [agent]
fields: {owner: person, note: text}
open: {by: system, may: owner}
gives: [note]
by: agent
states:
  first: {auto: {to: [{to: no, when: not filled(owner)}, second]}}
  second: {events: {agree: {to: yes, ask: note}, refuse: no}}
  yes: {end: done}
  no: {end: done}
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return stage_of(tmp_path_factory.mktemp("family"), PARENT, CHILD)


def stage_of(folder: Path, *texts: str) -> Stage:
    for text in texts:
        (folder / f"{text.split()[1]}.yaml").write_text(text, "utf-8")
    return Stage.of(str(folder / f"{texts[0].split()[1]}.yaml"))


def play(stage: Stage, *commands: Command) -> Course:
    trace = Trace(stage.process.name, START, (Open(stage.process.name, {"owner": "zhao"}, LI), *commands))
    return run(stage, trace, properties=(AsDefined, Finishes))


def sent(*events: str, actor: Actor = LI, case: str = "case", **fields: object) -> tuple[Command, ...]:
    return tuple(Send(event, fields, actor, case) for event in events)


def refusals(course: Course) -> list[str]:
    return [step.refusal.code for step in course.steps if step.refusal is not None]


def test_regions_ends_ways_back_and_memory_are_read_as_the_engine_does(stage: Stage) -> None:
    course = play(
        stage,
        *sent("go"),
        *sent("add", note="x"),
        *sent("next", "pause", "restart", "back_to_work", "go", "pause", actor=WANG),
        Wait(START + timedelta(hours=3)),
        *sent("back_to_work", "go", actor=WANG),
    )
    assert refusals(course) == ["no_alternative"]
    assert course.steps[-1].after["case"].states == ("work",)


def test_a_parallel_state_is_done_when_each_region_is(stage: Stage) -> None:
    course = play(stage, *sent("go", "next", "next"))
    assert course.steps[-1].after["case"].states == ("checked",)
    assert [move.trigger for move in course.steps[-1].entries[-1].moves] == ["next", "+done/both", "again"]


def test_a_child_is_started_heard_of_and_cancelled_as_the_definition_says(stage: Stage) -> None:
    course = play(
        stage,
        *sent("add", note="x", actor=WANG),
        *sent("ask"),
        *sent("agree", case="case-3-0", note="x"),  # WANG acted in `work`, LI as well
        *sent("agree", case="case-3-0", note="y", actor=Actor("ma", roles={"agent"})),
        *sent("fine", actor=Actor("ma", roles={"agent"})),
        *sent("fine"),
    )
    assert refusals(course) == ["barred", "barred"]
    assert course.steps[-1].after["case"].status == "done"
    assert course.steps[-1].after["case"].fields["note"] == "y"


def test_calls_that_fail_are_made_again_and_hold_the_later_ones_back(stage: Stage) -> None:
    course = play(
        stage,
        Hook("raises"),
        Work(),
        *sent("go", "next"),
        Wait(START + timedelta(days=2)),
        *sent("next", "next", actor=WANG),
        Wait(START + timedelta(days=3)),
    )
    made = [(called.call.hook, called.how) for step in course.steps for called in step.calls]
    assert made[:3] == [("count", "raises"), ("count", "ok"), ("notify", "ok")]


def test_who_may_not_is_refused_rightly(stage: Stage) -> None:
    stranger = Actor("zhao2", roles={"manager"})
    course = play(
        stage,
        *sent("go", actor=stranger),
        *sent("go", actor=Actor("one", groups={"zhao"})),  # his group is the owner
        *sent("back_to_work", colour="red"),
        *sent("again", actor=SYSTEM),
    )
    assert refusals(course) == ["forbidden", "form", "not_here"]


STUCK: Mapping[str, tuple[str, tuple[str, ...], type[Violation]]] = {
    "all ways out are used up": (
        "{a: {events: {go: {to: b, max: 1}}}, b: {events: {again: a, end: c}}, c: {end: done}}",
        ("go", "again"),
        StuckCase,
    ),
    "nobody stands in the field of those who may": (
        "{a: {events: {go: b}}, b: {by: other, events: {end: c}}, c: {end: done}}",
        ("go",),
        StuckCase,
    ),
    "whoever may is barred": (
        "{a: {by: owner, not_by: owner, events: {e: c}}, c: {end: done}}  # svcflow: ignore SF602 x",
        (),
        StuckCase,
    ),
    "it can only go round": (
        "{a: {events: {go: {to: b, max: 1}, note: here}}, b: {events: {again: a, end: c}}, c: {end: done}}",
        ("go", "again"),
        CannotFinish,
    ),
}
HEAD = "process: p\nversion: 1\nroles: [agent]\nfields: {owner: person, other: person}\nopen: {may: [owner, other]}\n"


@pytest.mark.parametrize("name", STUCK)
def test_a_case_that_cannot_go_on_is_found(name: str, tmp_path: Path) -> None:
    states, events, expected = STUCK[name]
    stage = stage_of(tmp_path, f"{HEAD}by: agent\nstates: {states}\n")
    with pytest.raises(expected):
        play(stage, *sent(*events))


@settings(max_examples=6, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow], deadline=None)
@given(definition=definitions(), seed=st.integers(0, 9))
def test_every_process_is_read_as_the_engine_reads_it(definition: Definition, seed: int) -> None:
    drawing = Drawing.of(Stage.of(*definition.processes), most=15, frontiers=False)
    for trace in islice(random_traces(drawing, seed), 3):
        run(drawing.stage, trace, properties=(AsDefined,))


def test_what_an_overdue_timer_starts_while_cases_are_migrated_is_no_missing_effect() -> None:
    plan = {
        **dict.fromkeys(("customer", "phone", "product", "serial"), "x"),
        "contract": "silver",
        "contract_from": START.date(),
        "contract_until": START.date() + timedelta(days=900),
    }
    opened = Open("maintenance_plan", plan, Actor("bo", roles={"manager"}))
    overdue = Wait(START + timedelta(days=100), prompt=False)
    course = run(
        catalog.maintenance_plan,
        Trace("maintenance_plan", START, (opened, overdue, Migrate())),
        properties=[AsDefined],
    )
    assert {entry.kind for entry in course.steps[-1].entries} == {"timer", "migrated", "opened"}
