"""
How a wait is cut, who looks meanwhile, and how late a worker is: nothing of it changes what happens (design R1).

At the end of a run the same is done in a second world: every wait in parts, no worker before the last of them, and
somebody asks for cases, clocks and menus in between. Hosts in trouble are left out: they change no case. Workers come
when they came: a case that a timer starts can be acted in from then on, and a clock may be set back behind what they
did. A run in which a process died is not played again: what nobody had acknowledged may be lost.
"""

from __future__ import annotations

from contextlib import closing, suppress

from svcflow.core.event import SYSTEM
from svcflow.errors import SvcflowError
from svcflow.testing import trace
from svcflow.testing.stage import in_memory
from svcflow.testing.step import Step
from svcflow.testing.violations import SlaSplit
from svcflow.testing.world import World

_LEFT_OUT = (trace.Hook, trace.Crash, trace.Restart)
PARTS = 3


class WaitsMayBeCut:
    """The same run with every wait in parts, and looks in between, ends in the same cases and journals."""

    def __init__(self, world: World) -> None:
        """Remember when it began."""
        self._start = world.now

    def after(self, step: Step, world: World) -> None:
        """Nothing to do yet."""

    def end(self, world: World) -> None:
        """Play it again; a host whose functions answer can only be asked once."""
        if world.host.functions or any(step.crashed for step in world.steps):
            return
        with in_memory() as opener, closing(World(world.stage, opener, self._start)) as second:
            for step in world.steps:
                _again(second, step)
            for one in (world, second):
                while one.engine.tick():
                    pass
            for case in world.cases().keys() | second.cases().keys():
                if world.cases().get(case) != second.cases().get(case) or world.journal(case) != second.journal(case):
                    raise SlaSplit(_difference(world, second, case), case=case)


def _again(world: World, step: Step) -> None:
    command = step.command
    if isinstance(command, _LEFT_OUT):
        return
    if isinstance(command, trace.Wait) and step.at > world.now:
        # Rounded up, the parts could leave no time for the last, at the end of which a worker comes.
        part = (step.at - world.now) // PARTS
        for _ in range(PARTS - 1):
            world.do(trace.Wait(world.now + part, prompt=False))
            _look(world)
        command = trace.Wait(step.at, command.prompt)  # A wait may end before its time, where very much falls due.
    world.do(command)


def _look(world: World) -> None:
    """Ask whatever can be asked."""
    engine = world.engine
    for case in world.cases():
        with suppress(SvcflowError):
            engine.case(case)
            engine.clocks(case)
            engine.menu(case, actor=SYSTEM)


def _difference(one: World, other: World, case: str) -> str:
    for first, second in zip(one.journal(case), other.journal(case), strict=False):
        if first != second:
            return f"with waits in parts, entry {first.seq} is `{second.name}` at {second.at}, not as it was: {first!r}"
    return (
        f"with waits in parts the case is {other.cases().get(case)!r}, in one piece it is {one.cases().get(case)!r}"
    )  # fmt: skip
