"""
How much of a simulation is the engine's own step: steps a second, beside the same inputs decided once more and no more.

Both by processor time, in turns, on the service ticket of the catalog with its callbacks and complaints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

from attrs import frozen
from rich.console import Console
from rich.table import Table

from benchmarks.budget import Budget
from benchmarks.race import processor_time
from svcflow import catalog, language
from svcflow.core.decision import Decision, Refusal
from svcflow.core.event import Actor, Event, Tick
from svcflow.core.family import open_family, settle
from svcflow.core.process import Process
from svcflow.simulate import Scenario, Simulation, read_scenario
from svcflow.simulate.world import World

SCENARIO = Path(__file__).parents[1] / "examples" / "simulation" / "ticket.scenario.yaml"
ROUNDS, QUICK_ROUNDS = 9, 1
SHARE = 0.2

Act: TypeAlias = Callable[[], tuple[Decision, ...] | Refusal]


@frozen
class Simulating:
    """Steps a second by the simulation and by its decisions alone, and the share of the one in the other: medians."""

    steps: int
    simulated: float
    decided: float
    share: float


class _Recorded(World):
    """Notes down everything that is decided, to be decided again."""

    acts: list[Act]

    def open(
        self, process: Process, fields: Mapping[str, Any], actor: Actor, at: datetime, case: str
    ) -> tuple[str, ...] | Refusal:
        """Open a case, and note down how."""
        self.acts.append(lambda: open_family(process, fields, actor, at, self.processes, id=case))
        return super().open(process, fields, actor, at, case)

    def _give(self, root: str, case: str, what: Event | Tick, at: datetime) -> tuple[str, ...] | Refusal:
        family = dict(self.families[root])
        self.acts.append(lambda: settle(family, self.processes, case, what, at))
        return super()._give(root, case, what, at)


def simulating(*, quick: bool) -> Simulating:
    """Simulate, and decide the same again, in turns."""
    library = language.project(catalog.path("service_ticket.yaml"))
    scenario = read_scenario(SCENARIO, library)
    acts, steps = _recorded(scenario)
    rounds = [(processor_time(lambda: Simulation(scenario).run()), processor_time(lambda: _decide(acts)))
              for _ in range(QUICK_ROUNDS if quick else ROUNDS)]  # fmt: skip
    return Simulating(
        steps,
        steps / median(simulated for simulated, _ in rounds),
        steps / median(decided for _, decided in rounds),
        median(decided / simulated for simulated, decided in rounds),
    )


def _recorded(scenario: Scenario) -> tuple[list[Act], int]:
    simulation = Simulation(scenario)
    world = _Recorded(simulation.world.processes, simulation.world.heard)
    world.acts = []
    simulation.world = world
    simulation.run()
    assert sum(len(entry.journal) for act in world.acts[:100] for entry in _answered(act)) > 0
    return world.acts, world.steps


def _answered(act: Act) -> tuple[Decision, ...]:
    answer = act()
    return () if isinstance(answer, Refusal) else answer


def _decide(acts: list[Act]) -> None:
    for act in acts:
        act()


def simulating_budgets(found: Simulating) -> Iterator[Budget]:
    """The promise."""
    yield Budget("simulation: share of the rate of its bare decisions", found.share, at_least=SHARE)


def show_simulating(found: Simulating, console: Console) -> None:
    """As a table."""
    table = Table("", "steps a second", title=f"A simulation of {found.steps:,} steps")
    table.add_row("simulated", f"{found.simulated:,.0f}")
    table.add_row("the same inputs, decided alone", f"{found.decided:,.0f}")
    table.add_row("share", f"{found.share:.2f}")
    console.print(table)
