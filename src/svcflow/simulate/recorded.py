"""The logs of simulated cases: what a report or an export takes from a store, it takes from a simulation as well."""

from __future__ import annotations

from collections.abc import Iterator

from svcflow.core.case import Case
from svcflow.core.decision import Decision, JournalEntry
from svcflow.eventlog import CaseLog, case_log
from svcflow.simulate.run import Simulation


class Recorded:
    """Keeps all cases of a run with their journals, in memory: its `hear` goes into `heard` of the `Simulation`."""

    def __init__(self) -> None:
        self._cases: dict[str, Case] = {}
        self._entries: dict[str, list[JournalEntry]] = {}

    def hear(self, decision: Decision) -> None:
        """Take over what a decision made of a case."""
        case = decision.case
        self._cases[case.id] = case
        self._entries.setdefault(case.id, []).extend(decision.journal)

    def logs(self, simulation: Simulation) -> Iterator[CaseLog]:
        """The log of every case as `eventlog.read` gives it, by the time of opening, as of where the run has come."""
        processes = {process.name: process for process in simulation.scenario.library}
        for case in sorted(self._cases.values(), key=lambda one: (one.opened_at, one.id)):
            yield case_log(case, self._entries[case.id], processes[case.process], simulation.now)
