"""
A campaign runs traces, keeps the first failure of each kind by its shortest trace, and ends in good order.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from svcflow import catalog
from svcflow.core.event import Actor
from svcflow.testing.campaigning import Outcome, campaign
from svcflow.testing.host import FakeHooks
from svcflow.testing.reduce import reduced
from svcflow.testing.running import run
from svcflow.testing.stage import Stage
from svcflow.testing.step import Course, Step
from svcflow.testing.table import told
from svcflow.testing.trace import Migrate, Note, Open, Send, Trace, Wait
from svcflow.testing.violations import Invariant, NeverHappened, Violation
from svcflow.testing.world import World

START = datetime(2026, 3, 9, 1, tzinfo=UTC)
LI = Actor("li", roles={"agent"})
WANG = Actor("wang", roles={"technician"})


class Never:
    """
    What a host says must always hold of its cases; made for a run like the properties that are built in.
    """

    state = "diagnose"

    def __init__(self, world: World) -> None:
        self.seen = world.steps

    def after(self, step: Step, world: World) -> None:
        for case in step.after.values():
            if self.state in case.states:
                raise Invariant(f"a case is in {self.state}", case=case.id)

    def end(self, world: World) -> None:
        pass


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage.of(catalog.service_ticket)


def opened(case: str = "case") -> Open:
    return Open("service_ticket", {"customer": "acme", "phone": "555", "fault": "no picture", "channel": "email"}, LI,
                case=case)  # fmt: skip


def accepted(case: str = "case") -> Send:
    form = {
        "product": "X1",
        "contract": "gold",
        "warranty": "in_warranty",
        "priority": "P1",
        "owner": "wang",
        "serial": "77",
    }
    return Send("accept", form, LI, case=case, key="web-2")


def noisy(day: int = 0) -> Trace:
    """
    Breaks what `Never` promises, with much around it that has nothing to do with it.
    """
    start = START + timedelta(days=day)
    return Trace("service_ticket", start, (
        opened("other"), Wait(start + timedelta(minutes=5)), opened(), Note("he rang again", LI),
        Send("accept", {}, WANG), Wait(start + timedelta(hours=1), prompt=False), accepted(),
        Wait(start + timedelta(days=3)), accepted("other"), Note("still there", LI),
    ))  # fmt: skip


def quiet() -> Trace:
    return Trace("service_ticket", START, (opened(), Wait(START + timedelta(hours=1))))


def test_a_run_that_breaks_a_promise_is_reduced_to_what_is_needed_to_break_it(stage: Stage) -> None:
    outcome = campaign(stage, [quiet(), noisy()], properties=[Never])
    (found,) = outcome.found
    assert (outcome.runs, found.number, found.drawn, outcome.ended) == (2, 2, noisy(), "done")
    first, second = found.trace.commands
    assert isinstance(first, Open)
    assert isinstance(second, Send)
    assert first.fields.keys() == {"customer", "phone", "fault"}
    assert second.fields.keys() == {"product", "contract", "warranty", "priority", "owner"}
    assert (second.key, second.actor, second.fields["product"]) == (None, LI, "x")
    with pytest.raises(Invariant):
        run(stage, found.trace, properties=[Never])


def test_of_each_kind_of_failure_the_first_is_kept(stage: Stage) -> None:
    outcome = campaign(stage, [noisy(), noisy(1), quiet(), noisy(2)], properties=[Never])
    assert [found.drawn for found in outcome.found] == [noisy()]
    assert outcome.runs == 4
    assert not outcome.passed


def test_it_ends_when_enough_kinds_are_found(stage: Stage) -> None:
    assert campaign(stage, [noisy(), quiet()], properties=[Never], most_kinds=1).ended == "found"


def test_what_should_happen_sometimes_and_never_does_is_a_failure_of_the_whole(stage: Stage) -> None:
    def later(days: int) -> bool:
        return days > 0

    sometimes = {
        "a case is accepted": lambda course: any("diagnose" in case.states for case in course.steps[-1].after.values()),
        "somebody waits for days": lambda course: later((course.steps[-1].at - START).days),
    }
    outcome = campaign(stage, [quiet(), quiet()], sometimes=sometimes)
    assert [str(never) for never in outcome.never] == [
        "'a case is accepted' did not happen in 2 runs",
        "'somebody waits for days' did not happen in 2 runs",
    ]
    assert [type(never) for never in outcome.never] == [NeverHappened] * 2
    assert not outcome.passed
    assert campaign(stage, [quiet(), noisy()], sometimes=sometimes).passed


def test_ctrl_c_ends_it_with_what_was_found_so_far(stage: Stage) -> None:
    def traces() -> Iterator[Trace]:
        yield noisy()
        raise KeyboardInterrupt

    outcome = campaign(stage, traces(), properties=[Never], sometimes={"nothing": lambda _course: False})
    assert (outcome.ended, len(outcome.found), outcome.never) == ("interrupted", 1, ())


def test_ctrl_c_while_it_is_reduced_keeps_the_failure_as_it_was_met(stage: Stage) -> None:
    class Impatient(Never):
        runs = 0

        def __init__(self, world: World) -> None:
            super().__init__(world)
            Impatient.runs += 1
            if Impatient.runs > 3:
                raise KeyboardInterrupt

    outcome = campaign(stage, [noisy()], properties=[Impatient])
    assert (outcome.ended, [found.trace for found in outcome.found]) == ("interrupted", [noisy()])


def test_it_is_asked_before_every_run_whether_it_is_enough_and_every_course_is_shown_to_watchers(stage: Stage) -> None:
    seen: list[Course] = []
    outcome = campaign(stage, [quiet()] * 9, watchers=[seen.append], enough=lambda: len(seen) == 4)
    assert (outcome.ended, outcome.runs, outcome.steps, len(seen)) == ("enough", 4, 8, 4)


def test_the_same_traces_come_out_the_same(stage: Stage) -> None:
    def outcome() -> Outcome:
        return campaign(stage, [noisy(), quiet()], properties=[Never])

    one, other = outcome(), outcome()
    assert [found.trace for found in one.found] == [found.trace for found in other.found]
    assert (one.runs, one.steps) == (other.runs, other.steps)


def test_a_host_begins_anew_with_every_run(stage: Stage) -> None:
    heard: list[str] = []
    host = FakeHooks({"notify": lambda call: heard.append(call.key)}, notify=["raises", "ok"])
    trace = Trace("service_ticket", START, (opened(), accepted(), Wait(START + timedelta(minutes=1))))
    courses: list[Course] = []
    campaign(stage, [trace, trace], host=host, watchers=[courses.append])
    first, second = ([called.how for step in course.steps for called in step.calls] for course in courses)
    assert first == second == ["raises", "ok"]
    assert host.calls == []


def test_a_failure_that_does_not_come_again_stays_as_it_was_met(stage: Stage) -> None:
    once = Invariant("the moon was full")
    once.course = run(stage, quiet())
    assert reduced(stage, once) is once


def test_a_failure_is_told_as_a_table_of_who_did_what_when_and_how_the_clocks_stood(stage: Stage) -> None:
    trace = Trace("service_ticket", START, (
        opened(), Send("accept", {}, WANG), Wait(START + timedelta(hours=9)), accepted()
    ))  # fmt: skip
    with pytest.raises(Violation) as broken:
        run(stage, trace, properties=[Never])
    lines = told(broken.value).splitlines()
    assert lines[0] == "Invariant: a case is in diagnose"
    assert lines[2].split() == ["WHEN", "(Asia/Shanghai)", "WHO", "WHAT", "STATE", "CLOCKS"]
    assert "accept -> refused (forbidden)" in lines[4]
    assert lines[-1].split()[:4] == ["Mon", "2026-03-09", "18:00", "li"]
    assert len({line.index("new") for line in lines[3:5]}) == 1


def test_a_course_knows_every_version_that_its_cases_lived_by(stage: Stage) -> None:
    trace = Trace("service_ticket", START, (opened(), Migrate(), opened("other")))
    course = run(stage, trace)
    assert course.processes.keys() == {("service_ticket", 1), ("service_ticket", 2)}
