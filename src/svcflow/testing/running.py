"""Running a trace: command by command, under the eyes of every property."""

from __future__ import annotations

from contextlib import closing

from svcflow.published import Publishable
from svcflow.testing.host import FakeHooks
from svcflow.testing.properties import Properties
from svcflow.testing.properties.all import BUILT_IN
from svcflow.testing.stage import Stage
from svcflow.testing.step import Course
from svcflow.testing.trace import Trace
from svcflow.testing.violations import BrokeDown, Violation
from svcflow.testing.world import World


def run(
    process: Publishable | Stage,
    trace: Trace,
    *,
    properties: Properties = BUILT_IN,
    host: FakeHooks | None = None,
) -> Course:
    """
    Run a trace on a new database and answer what happened.

    `process` is a file, a loaded process, or a `Stage`, which is made ready once for many runs. The same trace always
    comes out the same.

    Raises:
        Violation: A property does not hold, or an exception came that nothing documents; `course` says how far the
            trace went.
        DefinitionError: The file has errors.
    """
    stage = process if isinstance(process, Stage) else Stage.of(process)
    with stage.database() as opener, closing(World(stage, opener, trace.start, host)) as world:
        try:
            _run(world, trace, properties)
        except Violation as broken:
            broken.course = course(world, trace)
            raise
        return course(world, trace)


def _run(world: World, trace: Trace, properties: Properties) -> None:
    watching = [make(world) for make in properties]
    for command in trace.commands:
        try:
            step = world.do(command)
        except Exception as problem:
            raise BrokeDown(f"{type(problem).__name__}: {problem}") from problem
        for one in watching:
            one.after(step, world)
    for one in watching:
        one.end(world)


def course(world: World, trace: Trace) -> Course:
    """What has happened in a run so far."""
    # A case that was migrated has lived by the version before, too.
    lived = {(case.process, case.version): case for step in world.steps for case in step.after.values()}
    processes = {name: world.process(case) for name, case in lived.items()}
    return Course(trace, tuple(world.steps), processes)
