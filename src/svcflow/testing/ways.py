"""Every transition of a process once, each by a shortest way: what no luck is needed for."""

from __future__ import annotations

from collections.abc import Iterator

from svcflow.model.explore import BEGIN
from svcflow.testing.choose import Seeded
from svcflow.testing.ground import grounds
from svcflow.testing.pursuit import Pursuit
from svcflow.testing.scene import Scene
from svcflow.testing.stage import Stage
from svcflow.testing.trace import Trace

MOST = 60
"""Commands of a way, at most: those through child cases are long."""

TRIES = 5
"""How often a way is looked for: by chance somebody fills in a form that leads elsewhere."""


def ways(stage: Stage) -> Iterator[Trace]:
    """A trace for each transition that a case may ever take, which takes it if a way was found; always the same."""
    known, process = grounds(stage), stage.process
    for goal in known[process.name].goals:
        wanted = process.moves[goal][1].count
        cases = known[process.name].ids_for(goal)
        for number in range(max(TRIES, len(cases))):
            scene = Scene(stage, known, Seeded(f"{goal}/{number}"), BEGIN, cases[number % len(cases)])
            scene.open()
            Pursuit(scene, goal).go(MOST)
            entries = scene.pure.journal.get(scene.case, ())
            if any(wanted in move.taken for entry in entries for move in entry.moves):
                break
        yield Trace(process.name, BEGIN, tuple(scene.commands))
