"""A Hypothesis state machine over a running process, for hosts to extend by rules and invariants of their own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, TypeVar
from unittest import TestCase

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from svcflow.core.event import EMPTY
from svcflow.model.explore import BEGIN
from svcflow.published import Publishable
from svcflow.testing.campaigning import Happened
from svcflow.testing.checking import beside, shown
from svcflow.testing.choose import Seeded
from svcflow.testing.coverage.tally import Coverage
from svcflow.testing.draw import Drawn
from svcflow.testing.drawing import Drawing
from svcflow.testing.host import FakeHooks, HostFunction
from svcflow.testing.properties import Properties
from svcflow.testing.properties.all import BUILT_IN
from svcflow.testing.running import course
from svcflow.testing.stage import Stage
from svcflow.testing.step import Step
from svcflow.testing.trace import Command, Trace
from svcflow.testing.violations import BrokeDown, Invariant, NeverHappened, Violation
from svcflow.testing.world import World

Method = TypeVar("Method", bound=Callable[..., object])


def always(method: Method) -> Method:
    """
    Mark a method of a `CaseMachine` as an invariant: it gets the world after every step, and asserts or answers.

    One that raises an `AssertionError`, or answers False, breaks the test with an `Invariant`.
    """
    method.always = True  # type: ignore[attr-defined] # A function takes any attribute.
    return method


class Machined:
    """What all runs of one machine share: its process made ready, what has not happened yet, who counts."""

    def __init__(self, machine: type[CaseMachine], process: Publishable | Stage) -> None:
        self.machine, self.process = machine, process
        self.missing = dict(machine.sometimes)
        self.coverage: Coverage | None = None

    @cached_property
    def stage(self) -> Stage:
        """The process, ready; not before it is wanted, so that tests are found quickly."""
        return self.process if isinstance(self.process, Stage) else Stage.of(self.process)

    @cached_property
    def drawing(self) -> Drawing:
        """Where its commands come from."""
        return Drawing.of(self.stage, weights=self.machine.weights, faults=self.machine.faults)

    def over(self, machine: CaseMachine) -> None:
        """One run is over."""
        seen = course(machine.world, machine.trace)
        if self.coverage is not None:
            self.coverage.add(seen)
        for name in [name for name, happened in self.missing.items() if happened(seen)]:
            del self.missing[name]


def _opening(machine: CaseMachine) -> None:
    machine.scene.open()


def _going_on(machine: CaseMachine) -> None:
    machine.machined.drawing.go_on(machine.scene)


@st.composite
def _drawn(draw: st.DrawFn, going: Callable[[CaseMachine], None]) -> Sequence[Command]:
    """What comes next in the run that is under way."""
    machine: CaseMachine = draw(st.runner())
    scene, before = machine.scene, len(machine.scene.commands)
    scene.choose = Drawn(draw)
    going(machine)
    return scene.commands[before:]


class CaseMachine(RuleBasedStateMachine):
    """
    A process that runs, with one rule that does whatever people, time and the host may do next.

    Subclass it, name the `process`, and give pytest its `TestCase`. `hooks`, `weights`, `faults`, `sometimes` and
    `properties` are as for `check`. Rules of your own use `do`, and `world`; methods marked with `always` are called
    after every step.
    """

    process: ClassVar[Publishable | Stage]
    hooks: ClassVar[FakeHooks | Mapping[str, HostFunction]] = EMPTY
    weights: ClassVar[Mapping[str, int]] = EMPTY
    faults: ClassVar[bool] = True
    sometimes: ClassVar[Mapping[str, Happened]] = EMPTY
    properties: ClassVar[Properties] = ()
    start: ClassVar[datetime] = BEGIN
    machined: ClassVar[Machined]

    def __init_subclass__(cls, **more: Any) -> None:  # noqa: ANN401 - handed on as it is
        super().__init_subclass__(**more)
        if "process" in cls.__dict__:
            cls.process = beside(cls.process, inspect.currentframe())
        if hasattr(cls, "process"):
            cls.machined = Machined(cls, cls.process)
            cls.TestCase = _test_case(cls)  # type: ignore[assignment] # Like Hypothesis's, and it asks `sometimes`.

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()
        machined, hooks = self.machined, self.hooks
        host = hooks.fresh() if isinstance(hooks, FakeHooks) else FakeHooks(hooks)
        opener = self._open.enter_context(machined.stage.database())
        self.world = self._open.enter_context(closing(World(machined.stage, opener, self.start, host)))
        self.scene = machined.drawing.scene(Seeded(0), self.start)
        self._done: list[Command] = []
        self._broken = False
        self._watching = [make(self.world) for make in (*BUILT_IN, *self.properties)]
        self._always = [name for name, _ in inspect.getmembers(type(self), lambda one: getattr(one, "always", False))]

    @property
    def trace(self) -> Trace:
        """What was done so far, to be run again or kept."""
        return Trace(self.machined.stage.process.name, self.start, tuple(self._done))

    @initialize(commands=_drawn(_opening))
    def begin(self, commands: Sequence[Command]) -> None:
        """Somebody opens a case."""
        self._carry_out(commands)

    @rule(commands=_drawn(_going_on))
    def step(self, commands: Sequence[Command]) -> None:
        """Somebody does something, or time passes."""
        self._carry_out(commands)

    def do(self, command: Command) -> Step:
        """
        Do something in a rule of your own, under the eyes of all properties.

        Raises:
            Violation: What it breaks.
        """
        self.scene.do(command)
        self._carry_out([command])
        return self.world.steps[-1]

    def teardown(self) -> None:
        """The run is over: look once more, and close everything."""
        with self._open:
            if not self._broken:
                with self._telling():
                    for one in self._watching:
                        one.end(self.world)
            self.machined.over(self)

    def _carry_out(self, commands: Sequence[Command]) -> None:
        for command in commands:
            self._done.append(command)
            with self._telling():
                step = _done(self.world, command)
                for one in self._watching:
                    one.after(step, self.world)
                for name in self._always:
                    _hold(name, getattr(self, name), self.world)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Give what is broken the run that leads there, in its text, too."""
        try:
            yield
        except Violation as violation:
            self._broken = True
            violation.course = course(self.world, self.trace)
            raise shown(violation, "Hypothesis keeps it, and tries it first next time") from violation.__cause__


def _done(world: World, command: Command) -> Step:
    try:
        return world.do(command)
    except Exception as problem:
        raise BrokeDown(f"{type(problem).__name__}: {problem}") from problem


def _hold(name: str, invariant: Callable[[World], object], world: World) -> None:
    try:
        held = invariant(world)
    except AssertionError as problem:
        why = str(problem).partition("\n")[0]  # What pytest adds to it is in the problem itself.
        raise Invariant(f"{name} does not hold{': ' if why else ''}{why}") from problem
    if held is False:
        raise Invariant(f"{name} does not hold")


def _test_case(machine: type[CaseMachine]) -> type[TestCase]:
    """A test of a machine, for unittest and pytest; its `settings` can be set."""

    class MachineTest(TestCase):
        settings = settings(
            deadline=None, suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
            phases=[phase for phase in Phase if phase != Phase.explain],
        )  # fmt: skip
        machined = machine.machined

        def runTest(self) -> None:  # noqa: N802 - unittest's name
            self.machined.missing = dict(machine.sometimes)
            run_state_machine_as_test(machine, settings=self.settings)
            if self.machined.missing:
                raise NeverHappened(f"what should happen sometimes never did: {', '.join(self.machined.missing)}")

    MachineTest.__name__ = MachineTest.__qualname__ = f"{machine.__name__}.TestCase"
    MachineTest.__module__ = machine.__module__
    return MachineTest
