"""Simulated cases give the figures that they would give if they stood in a store."""

from datetime import timedelta

import pytest

from svcflow import Engine, catalog, eventlog, language
from svcflow.clocks import ManualClock
from svcflow.core.decision import Decision
from svcflow.report import report
from svcflow.simulate import Recorded, Simulation
from svcflow.simulate.reading import read_text
from svcflow.stores.base import Change
from svcflow.stores.memory import MemoryStore

TICKETS = language.project(catalog.path("service_ticket.yaml"))
DAYS = """
scenario: two days
start: 2026-03-02 08:30
length: 2d
drain: 4w
arrivals: {every: 2h}
takes: median 20min p90 2h
staff: {agent: 1, engineer: 2, dispatcher: 1, team_lead: 1, manager: 1, caller: 1}
states:
  verify: {confirmed: 60, not_fixed: 40}
"""


@pytest.mark.requirement("R020")
def test_a_simulation_has_the_figures_and_the_ways_of_a_store_with_the_same_cases() -> None:
    private = {process.name: process.private for process in TICKETS}
    store, recorded = MemoryStore(), Recorded()

    def write(decision: Decision) -> None:
        store.apply([Change(decision, private[decision.case.process])])

    scenario = read_text(DAYS, "s.yaml", TICKETS)
    simulation = Simulation(scenario, heard=(recorded.hear, write)).run()
    with Engine(store, clock=ManualClock(simulation.now)) as engine:
        engine.publish(catalog.path("service_ticket.yaml"))
        kept, told = tuple(eventlog.read(engine)), tuple(recorded.logs(simulation))
    assert told == kept
    assert len(told) > simulation.tally.sheets["service_ticket"].opened > 0
    made = report(told, by=["priority"])
    assert made == report(kept, by=["priority"])
    assert {kpi.name for kpi in made.kpis} >= {"resolution", "clock_met", "time_in_state", "rework", "handled"}
    assert made.variants


def test_what_is_still_open_is_measured_up_to_the_end_of_the_run() -> None:
    recorded = Recorded()
    text = DAYS.replace("drain: 4w", "drain: 0min").replace("every: 2h", "every: 30min")
    simulation = Simulation(read_text(text, "s.yaml", TICKETS), heard=(recorded.hear,)).run()
    logs = tuple(recorded.logs(simulation))
    still = [log for log in logs if log.status == "open"]
    assert {log.id for log in still} == {case.id for case in simulation.world.cases()} != set()
    assert {log.now for log in logs} == {simulation.now}
    assert [log.opened_at for log in logs] == sorted(log.opened_at for log in logs)
    assert simulation.now - min(log.opened_at for log in still) > timedelta(0)
