"""
A world carries out every command, on an engine and on the model beside it, and both agree about what came of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest
from attrs import evolve

from postgres import Schemas
from svcflow import catalog
from svcflow.core.decision import JournalEntry
from svcflow.core.event import Actor
from svcflow.core.process import Process
from svcflow.language import compile_sources
from svcflow.testing.drawing import random_traces
from svcflow.testing.host import FakeHooks
from svcflow.testing.postgres import in_postgres
from svcflow.testing.running import run
from svcflow.testing.stage import Database, Stage, in_memory, in_sqlite
from svcflow.testing.step import Course, Step
from svcflow.testing.trace import (
    Command,
    Crash,
    Erase,
    Hook,
    Migrate,
    Note,
    Open,
    Recalendar,
    Restart,
    Send,
    Skew,
    Trace,
    Wait,
    Work,
)  # fmt: skip
from svcflow.testing.world import World

MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LI, STRANGER = Actor("li", roles={"agent"}), Actor("nobody")

DESK = """
process: desk
version: 1
roles: [agent]
hooks: [notify]
calendars: {office: {timezone: Asia/Shanghai, hours: {mon-fri: [09:00-17:00]}, holidays: CN}}
calendar: office
fields: {phone: {type: text, private: true}, answer: text}
open: {by: agent, may: phone}
sla: {solved: {from: new, until: done, target: 3d}}
states:
  new:
    by: agent
    do: {notify: agent}
    events: {take: {to: work, may: phone}, drop: dropped}
    after: {2d: {to: work, do: {notify: agent}}, every 1d: {do: {notify: agent}}}
  work: {by: agent, do: {notify: agent}, events: {solve: {to: done, ask: answer}}}
  done: {end: done}
  dropped: {end: cancelled}
"""

OPEN = Open("desk", {"phone": "555-0199"}, LI, key="open")
TAKE = Send("take", {"phone": "555-0100"}, LI, key="take")
SOLVE = Send("solve", {"answer": "new fuse"}, LI, key="solve")


@pytest.fixture(scope="module")
def desk() -> Process:
    return compile_sources({"desk.yaml": DESK}, "desk.yaml")


@pytest.fixture(scope="module", params=[in_memory, in_sqlite])
def stage(desk: Process, request: pytest.FixtureRequest) -> Stage:
    return Stage.of(desk, database=request.param)


@pytest.fixture(scope="module")
def quick(desk: Process) -> Stage:
    return Stage.of(desk)


def play(stage: Stage, *commands: Command) -> Course:
    """Run commands under all properties."""
    return run(stage, Trace(stage.process.name, MONDAY, commands))


def answers(course: Course) -> list[str | None]:
    return [step.answer for step in course.steps]


def last(course: Course) -> Step:
    return course.steps[-1]


@contextmanager
def world(stage: Stage) -> Iterator[World]:
    with stage.database() as opener, closing(World(stage, opener, MONDAY)) as found:
        yield found


def test_people_are_answered_by_engine_and_model_alike(stage: Stage) -> None:
    course = play(
        stage,
        Send("take", {}, LI), evolve(OPEN, actor=STRANGER), OPEN, evolve(OPEN, key=None),
        evolve(OPEN, process="shop"), evolve(OPEN, process="shop", key="shop"),
        Send("solve", {}, LI), Send("take", {"phone": 5}, LI), Send("take", {}, STRANGER), Send("dance", {}, LI),
        TAKE, TAKE, evolve(TAKE, fields={"phone": "555-0111"}), evolve(TAKE, actor=Actor("wu", roles={"agent"})),
        Note(" ", LI), Note("hello", LI, key="take"), Note("hello", LI, key="note"), Note("hello", LI, key="note"),
        Send("solve", {}, LI, key="open"), SOLVE, Send("solve", {"answer": "x"}, LI), Note("bye", LI),
    )  # fmt: skip
    assert answers(course) == [
        "CaseNotFound", "forbidden", "done", "InputError",
        "KeyConflict", "ProcessNotFound",
        "not_here", "form", "forbidden", "unknown_event",
        "done", "done", "KeyConflict", "KeyConflict",
        "InputError", "KeyConflict", "done", "done",
        "KeyConflict", "done", "ended", "done",
    ]  # fmt: skip
    assert [step.expected for step in course.steps if step.expected != step.answer] == [None], "private, maybe erased"


def test_what_is_erased_is_gone_from_store_and_model(stage: Stage) -> None:
    course = play(
        stage, OPEN, TAKE, Erase("asked to", LI, fields=("answer",)), Erase("", LI), Erase("asked to", LI),
        Erase("asked to", LI), Erase("asked to", LI, "elsewhere"),
    )  # fmt: skip
    assert answers(course)[2:] == ["InputError", "InputError", "done", "done", "CaseNotFound"]
    assert [len(step.entries) for step in course.steps] == [1, 1, 0, 0, 1, 0, 0]
    assert "phone" not in last(course).after["case"].fields


def test_a_clock_that_goes_back_unmakes_what_only_time_had_done(quick: Stage) -> None:
    with world(quick) as here:
        here.do(OPEN)
        here.do(Wait(MONDAY + 20 * DAY, prompt=False))
        assert here.pure.cases["case"].states == ("work",)
        here.do(Skew(-19 * DAY))
        assert here.pure.cases["case"].states == here.engine.case("case").states == ("new",)
        assert len(here.pure.journal["case"]) == here.pure.cases["case"].seq
    course = play(quick, OPEN, Wait(MONDAY + 20 * DAY, prompt=False), Skew(-19 * DAY), TAKE, Skew(30 * DAY), SOLVE)
    assert [entry.kind for step in course.steps for entry in step.entries].count("timer") == 1, "the first day's only"


def test_what_was_written_stays_written_when_the_clock_goes_back(quick: Stage) -> None:
    course = play(quick, OPEN, Wait(MONDAY + 20 * DAY), Skew(-19 * DAY), SOLVE)
    assert [entry.at for entry in last(course).entries] == [course.steps[1].entries[-1].at]


@pytest.mark.parametrize("moment", range(1, 26))
def test_whoever_asks_again_after_a_crash_finds_it_done_once(quick: Stage, moment: int) -> None:
    course = play(quick, Crash(moment), OPEN, Crash(moment), TAKE, Crash(moment), Erase("asked to", LI), SOLVE)
    assert answers(course) == ["done"] * 7
    assert [entry.kind for entry in _journal(course)] == ["opened", "event", "erased", "event"]


@pytest.mark.requirement("R175")
def test_crashes_come_before_within_and_after_what_a_process_writes(stage: Stage) -> None:
    courses = [play(stage, Crash(moment), evolve(OPEN, key=None), Note("there?", LI)) for moment in range(1, 12)]
    happened = [answers(course)[2] == "done" for course in courses]
    crashed = [course.steps[1].crashed for course in courses]
    assert set(happened) == {True, False}
    assert happened == sorted(happened), "the later it dies, the rather it is done"
    assert crashed == sorted(crashed, reverse=True)
    assert {course.steps[1].answer for course in courses} == {None, "done"}


@pytest.mark.parametrize("moment", range(1, 12))
def test_a_call_that_a_dead_worker_held_is_made_when_its_lease_is_over(quick: Stage, moment: int) -> None:
    host = FakeHooks()
    commands = (OPEN, Crash(moment), Work(), Work(1), Wait(MONDAY + HOUR))
    course = run(quick, Trace("desk", MONDAY, commands), host=host)
    assert {one.call.key for one in host.calls} == set(course.steps[0].entries[0].calls)
    assert len(host.calls) in {1, 2}


def test_a_second_worker_does_not_make_a_call_that_the_first_one_holds(quick: Stage) -> None:
    """It dies after it has made the call, and before it can write that down."""
    counts = []
    for moment in range(1, 12):
        with world(quick) as here:
            for command in (OPEN, Crash(moment), Work()):
                here.do(command)
            before = len(here.host.calls)
            here.do(Work(1))
            counts.append((before, len(here.host.calls)))
    assert (1, 1) in counts
    assert all(after <= 1 for _, after in counts)


@pytest.mark.requirement("R175")
def test_a_host_that_fails_is_called_again(quick: Stage) -> None:
    course = play(quick, Hook("raises"), OPEN, Work(), Restart(), Wait(MONDAY + HOUR))
    assert [one.how for step in course.steps for one in step.calls] == ["raises", "ok"]


def test_running_cases_count_on_other_holidays_from_tomorrow_on(stage: Stage) -> None:
    turned = Recalendar((date(2026, 3, 2), date(2026, 3, 3)))
    course = play(stage, OPEN, turned, evolve(OPEN, case="new", key="x"), turned, Wait(MONDAY + 9 * DAY))
    assert [len(step.entries) for step in course.steps][:4] == [1, 1, 1, 2]
    again = play(stage, OPEN, turned, Wait(MONDAY + 9 * DAY))
    fired = [next(one.at for one in _journal(played) if one.name.endswith("2d")) for played in (course, again)]
    assert fired == [MONDAY + 2 * DAY, MONDAY + 3 * DAY], "turned back in time, and turned for good"


def test_the_next_version_takes_the_running_cases_over(stage: Stage) -> None:
    course = play(stage, OPEN, Migrate(), Restart(), evolve(OPEN, case="new", key="x"), Migrate(), TAKE)
    assert {case.version for case in last(course).after.values()} == {3}
    assert course.steps[4].answer == "case done; new done"


def test_a_migration_in_which_a_process_dies_is_finished_by_the_next(quick: Stage) -> None:
    for moment in (1, 5, 9, 12, 15, 20):
        course = play(quick, OPEN, evolve(OPEN, case="two", key="x"), Crash(moment), Migrate(), Recalendar(()), TAKE)
        assert {case.version for case in last(course).after.values()} == {2}


def test_a_version_with_a_migration_of_its_own_has_a_next_one() -> None:
    text = DESK.replace("version: 1\n", "") + "migrate:\n  4:\n    states: {old: new}\n# end\n"
    text = text.replace("process: desk", "process: desk\nversion: 5")
    newer = Stage.of(compile_sources({"desk.yaml": text}, "desk.yaml")).newer(5)
    assert newer is not None
    assert (newer.version, set(newer.migrations)) == (6, {5})


@pytest.mark.parametrize("prompt", [True, False])
def test_a_wait_of_ages_ends(prompt: bool) -> None:  # noqa: FBT001 - a parameter
    hourly = DESK.replace("every 1d", "every 1h").replace("2d: {to: work, do: {notify: agent}}, ", "")
    stage = Stage.of(compile_sources({"desk.yaml": hourly}, "desk.yaml"))
    course = play(stage, OPEN, Wait(MONDAY + 18_000 * DAY, prompt=prompt))
    assert MONDAY + 20 * DAY < last(course).at < MONDAY + 90 * DAY


def test_a_clock_cannot_be_set_out_of_this_world(quick: Stage) -> None:
    play(quick, OPEN, Skew(timedelta(days=900_000)), TAKE, Skew(-timedelta(days=900_000)), Skew(timedelta.min), SOLVE)


@pytest.mark.parametrize("database", [in_memory, in_sqlite])
@pytest.mark.parametrize("name", ["service_ticket", "complaint", "callback", "maintenance", "maintenance_plan"])
def test_all_properties_hold_in_random_runs_of_the_shared_processes(name: str, database: Database) -> None:
    stage = Stage.of(getattr(catalog, name), database=database)
    for trace in islice(random_traces(stage, 4), 2 if database is in_memory else 1):
        run(stage, trace)


def test_a_case_that_time_had_opened_is_written_before_the_days_change() -> None:
    plan = """
process: plan
version: 1
roles: [agent]
calendars: {office: {timezone: Asia/Shanghai, hours: {mon-fri: [09:00-17:00]}, holidays: CN}}
calendar: office
open: {by: [agent, system]}
states:
  on: {by: agent, events: {stop: off}, after: {1d: {to: going, do: {start: plan}}}}
  going: {by: agent, events: {stop: off}}
  off: {end: done}
"""
    stage = Stage.of(compile_sources({"plan.yaml": plan}, "plan.yaml"))
    course = play(
        stage, Open("plan", {}, LI), Send("stop", {}, LI, "case-2-0"), Wait(MONDAY + DAY, prompt=False),
        Send("stop", {}, LI, "case-2-0"), Recalendar((date(2026, 3, 4),)), Migrate(), Send("stop", {}, LI, "case-2-0"),
    )  # fmt: skip
    assert [step.answer for step in course.steps if isinstance(step.command, Send)] == [
        "CaseNotFound", "CaseNotFound", "done",
    ]  # fmt: skip


def test_runs_on_postgres_leave_nothing_to_each_other(desk: Process, postgres: Schemas) -> None:
    stage = Stage.of(desk, database=in_postgres(postgres.make()))
    commands = (OPEN, Crash(4), TAKE, Wait(MONDAY + HOUR), Work(1), Restart(), SOLVE)
    first, second = play(stage, *commands), play(stage, *commands)
    assert first.steps == second.steps == play(Stage.of(desk), *commands).steps


def _journal(course: Course, case: str = "case") -> list[JournalEntry]:
    return [entry for step in course.steps for entry in step.entries if entry.case == case]
