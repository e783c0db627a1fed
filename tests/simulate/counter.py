"""
Small desks to simulate, and the queueing theory that says what must come out.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from math import factorial

from svcflow import language
from svcflow.core.case import Case
from svcflow.core.decision import Decision, JournalEntry
from svcflow.core.process import Process
from svcflow.simulate import Journals, Result, Simulation, result
from svcflow.simulate.reading import read_text

COUNTER = """
process: counter
version: 1
roles: [clerk]
states:
  waiting: {by: clerk, events: {serve: served}}
  served: {end: done}
"""

CALM = """
scenario: a counter that never closes
start: 2026-03-02 00:00
length: {length}
drain: 52w
arrivals: {rate}
takes: average {takes}
staff: {{clerk: {{number: {clerks}, calendar: always}}}}
"""

HOUR = timedelta(hours=1)
Journal = dict[str, tuple[JournalEntry, ...]]


def _process(text: str) -> Process:
    return language.compile_sources({"process.yaml": text}, "process.yaml")


def simulation(
    scenario: str, *texts: str, seed: str | None = None, heard: tuple[Callable[[Decision], None], ...] = ()
) -> Simulation:
    library = [_process(text) for text in texts or (COUNTER,)]
    return Simulation(read_text(scenario, "s.yaml", library), seed, heard).run()


def simulated(scenario: str, *texts: str, seed: str | None = None) -> Result:
    return result(simulation(scenario, *texts, seed=seed))


def followed(scenario: str, *texts: str, seed: str | None = None) -> tuple[Simulation, Journal, dict[str, Case]]:
    journals: Journal = {}
    cases: dict[str, Case] = {}

    def whole(case: Case, entries: tuple[JournalEntry, ...]) -> None:
        journals[case.id], cases[case.id] = entries, case

    kept = Journals(whole)
    done = simulation(scenario, *texts, seed=seed, heard=(kept.hear,))
    kept.rest(done.world.cases())
    return done, journals, cases


def events(journal: tuple[JournalEntry, ...]) -> list[tuple[str, datetime, str]]:
    return [(entry.name, entry.at, entry.actor.id) for entry in journal if entry.kind in {"opened", "event"}]


def erlang_wait(rate: float, service: float, servers: int) -> float:
    """The mean wait of an M/M/c queue (Erlang C), in the unit of the rates."""
    load = rate / service
    busy = load**servers / factorial(servers) * servers / (servers - load)
    idle = sum(load**number / factorial(number) for number in range(servers))
    return busy / (idle + busy) / (servers * service - rate)
