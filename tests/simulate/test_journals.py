"""
Whatever is drawn, the journals of a simulation are journals: decided again, each gives the case that it ended in.
"""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulate.counter import Journal
from svcflow import catalog, language
from svcflow.core.case import Case
from svcflow.core.decision import JournalEntry
from svcflow.core.history import rebuild
from svcflow.core.process import Process
from svcflow.replay.run import Library
from svcflow.simulate import Journals, Scenario, Simulation, result
from svcflow.simulate.reading import read_text
from svcflow.testing import Definition, definitions

few = settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
fewer = settings(few, max_examples=3)  # A drawn process takes longer to draw than to run.
TICKETS = language.project(catalog.path("service_ticket.yaml"))
ROLES = ("agent", "engineer", "dispatcher", "team_lead", "manager", "caller", "complaints", "quality")
LENGTHS = ("5min", "10min..2h", "average 3h", "median 20min p90 2d", "1d")


@st.composite
def scenarios(draw: st.DrawFn, roles: tuple[str, ...], chances: tuple[str, ...] = ()) -> str:
    staff = {role: draw(st.integers(0, 3)) for role in roles}
    events = {name: draw(st.integers(0, 5)) for name in chances}
    return "\n".join((
        "scenario: drawn",
        f"seed: {draw(st.integers(0, 99))}",
        "start: 2026-03-27 06:00",
        f"length: {draw(st.sampled_from(('6h', '2d')))}",
        f"drain: {draw(st.sampled_from(('0min', '3d', '4w')))}",
        f"arrivals: {{every: {draw(st.sampled_from(LENGTHS))}, most: 5}}",
        f"takes: {draw(st.sampled_from(LENGTHS))}",
        f"after: {draw(st.sampled_from(LENGTHS))}",
        f"staff: {{{', '.join(f'{role}: {number}' for role, number in staff.items())}}}" if staff else "",
        f"events: {{{', '.join(f'{name}: {chance}' for name, chance in events.items())}}}" if events else "",
    ))  # fmt: skip


def run(scenario: Scenario) -> tuple[Simulation, Journal, dict[str, Case]]:
    journals: Journal = {}
    cases: dict[str, Case] = {}

    def whole(case: Case, entries: tuple[JournalEntry, ...]) -> None:
        journals[case.id], cases[case.id] = entries, case

    kept = Journals(whole)
    done = Simulation(scenario, heard=(kept.hear,)).run()
    kept.rest(done.world.cases())
    return done, journals, cases


def hold(scenario: Scenario, library: tuple[Process, ...]) -> Simulation:
    done, journals, cases = run(scenario)
    for case, journal in journals.items():
        assert rebuild(Library(library), journal) == cases[case]
    found = result(done)
    assert sum(one.opened for one in found.cases) == len(cases)
    assert sum(len(journal) for journal in journals.values()) == found.steps
    assert sum(queue.left for queue in found.queues) <= sum(len(case.states) for case in cases.values())
    assert all(person.worked <= person.hours for person in found.people)
    assert result(Simulation(scenario).run()).as_json() == found.as_json()
    return done


@few
@given(scenarios(ROLES, ("hold", "ask_customer", "reassign", "cancel", "need_parts", "correct")))
def test_journals_of_service_tickets_replay(text: str) -> None:
    assert not hold(read_text(text, "s.yaml", TICKETS), tuple(TICKETS)).world.troubles


@fewer
@given(definitions(), st.data())
def test_journals_of_drawn_processes_replay(definition: Definition, data: st.DataObject) -> None:
    library = definition.processes
    roles = tuple(sorted(frozenset[str]().union(*(process.roles for process in library))))
    hold(read_text(data.draw(scenarios(roles)), "s.yaml", library), library)
