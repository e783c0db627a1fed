"""
One line makes a test of a process: it finds what is wrong, shows it short, keeps it, and tries it first next time.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings

from svcflow.core.decision import HookCall
from svcflow.core.event import Actor
from svcflow.errors import DefinitionError
from svcflow.testing import CaseMachine, FakeHooks, Stage, World, always, check
from svcflow.testing.step import Course, Step
from svcflow.testing.trace import Open, Send, Wait
from svcflow.testing.violations import Invariant, NeverHappened
from testing.kit import AGENT, WORKSHOP

PLAIN: dict[str, Any] = {"faults": False, "weights": {"again": 0, "erase": 0}}
"""Runs of people and time alone: it is not the process that these tests are about."""


class NoBench:
    """Says that nothing is ever repaired."""

    def __init__(self, world: World) -> None:
        self.world = world

    def after(self, step: Step, world: World) -> None:
        for case in step.after.values():
            if "bench" in case.states:
                raise Invariant("somebody works", case=case.id)

    def end(self, world: World) -> None:
        """All was said."""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "workshop.yaml"
    path.write_text(WORKSHOP, encoding="utf-8")
    return path


def test_a_sound_process_passes(file: Path) -> None:
    check(file, examples=5, **PLAIN)()
    assert not (file.parent / ".svcflow").exists()


def test_what_is_broken_is_shown_by_a_short_run_kept_and_tried_first_next_time(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = check(file, properties=[NoBench], examples=200, **PLAIN)
    with pytest.raises(Invariant, match="somebody works") as found:
        wrong()
    course = found.value.course
    assert course is not None
    first, *others = course.trace.commands  # The bench is one event away, or two.
    assert isinstance(first, Open)
    assert [type(command) for command in others] in ([Send], [Send, Send])
    assert "opens workshop" in str(found.value)
    (kept,) = Path(".svcflow", "failures").iterdir()
    assert str(kept) in str(found.value)
    assert json.loads(kept.read_text(encoding="utf-8"))["broken"] == "Invariant"
    with pytest.raises(Invariant, match="failed before, and still does"):
        wrong()
    check(file, examples=1, **PLAIN)()
    assert f"FIXED: {kept}" in capsys.readouterr().out


def test_a_relative_path_is_found_where_the_tests_run(file: Path) -> None:
    check(file.name, examples=1, **PLAIN)()


def test_a_file_with_errors_fails_when_the_test_runs_and_not_before(file: Path) -> None:
    file.write_text("process: workshop", encoding="utf-8")
    test = check(file)
    with pytest.raises(DefinitionError, match="SF102"):
        test()


def test_what_should_happen_sometimes_must(file: Path) -> None:
    def closed(course: Course) -> bool:
        return any("closed" in case.states for case in course.steps[-1].after.values())

    check(file, sometimes={"a case is closed": closed}, examples=50, **PLAIN)()
    with pytest.raises(NeverHappened, match="pigs fly"):
        check(file, sometimes={"pigs fly": lambda course: False}, examples=5, **PLAIN)()


def test_the_functions_of_a_host_are_called(file: Path) -> None:
    heard: list[HookCall] = []
    check(file, hooks={"warn": heard.append}, examples=30, **PLAIN)()
    assert {call.hook for call in heard} == {"warn"}


def _machine(path: Path, **more: object) -> type[CaseMachine]:
    return type("Workshop", (CaseMachine,), {"process": path, **PLAIN, **more})


def _run(machine: type[CaseMachine], examples: int = 5, steps: int = 8) -> None:
    case = machine.TestCase
    case.settings = settings(
        case.settings, max_examples=examples, stateful_step_count=steps, database=None, phases=[Phase.generate]
    )
    case("runTest").debug()


def test_a_machine_lets_invariants_and_properties_look_at_every_step(file: Path) -> None:
    seen: list[int] = []

    @always
    def looks(self: CaseMachine, world: World) -> None:
        seen.append(len(world.steps))

    _run(_machine(file, looks=looks, hooks=FakeHooks(warn=["ok", "raises"])))
    assert 1 in seen
    assert max(seen) > 2


def _idle(self: CaseMachine, world: World) -> bool:
    return all("bench" not in case.states for case in world.cases().values())


def _asserted(self: CaseMachine, world: World) -> None:
    assert _idle(self, world), "somebody works"


@pytest.mark.parametrize("invariant", [_idle, _asserted])
def test_an_invariant_that_does_not_hold_is_told_with_the_run(file: Path, invariant: Callable[..., object]) -> None:
    @always
    def nothing_on_the_bench(self: CaseMachine, world: World) -> object:
        return invariant(self, world)

    with pytest.raises(Invariant, match="nothing_on_the_bench does not hold") as found:
        _run(_machine(file, nothing_on_the_bench=nothing_on_the_bench), examples=100, steps=12)
    assert "opens workshop" in str(found.value)
    assert found.value.course is not None


def test_rules_of_ones_own_act_under_the_eyes_of_all_properties(file: Path) -> None:
    machine = _machine(file, properties=(NoBench,))()
    machine.do(Open("workshop", {"ready": True}, AGENT, case="mine"))
    with pytest.raises(Invariant, match="somebody works"):
        machine.do(Send("start", {}, Actor("ann", roles={"agent"}), case="mine"))
    assert [type(command) for command in machine.trace.commands] == [Open, Send]
    machine.teardown()


def test_a_machine_whose_sometimes_never_happens_fails(file: Path) -> None:
    with pytest.raises(NeverHappened, match="pigs fly"):
        _run(_machine(file, sometimes={"pigs fly": lambda course: False}), examples=2)


def test_a_machine_on_a_stage_needs_no_file(file: Path) -> None:
    machine = type("Workshop", (CaseMachine,), {"process": Stage.of(file)})()
    step = machine.do(Wait(machine.start))
    assert step.number == 1
    machine.teardown()
