"""The cases of a simulation, carried along by the core's own step: no store, and time only goes on by what is due."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from svcflow.core.case import Case
from svcflow.core.decision import Decision, JournalEntry, Refusal
from svcflow.core.event import Actor, Event, Tick
from svcflow.core.family import Processes, open_family, settle
from svcflow.core.process import Process
from svcflow.errors import CalendarError, MachineError, ProcessNotFound, RunawayCases

FAILURES = (MachineError, RunawayCases, CalendarError, ProcessNotFound)
"""What a process can do wrong while it runs; it must not keep other cases from going on."""

_INSTANT = timedelta(microseconds=1)

Watch = Callable[[Decision], None]


class World:
    """
    Open cases by family; `heard` is told every decision as it is taken.

    `troubles` says, by the root of its family, what kept cases from going on; `lost` are these cases, for whoever
    knows more of them to take note and forget.
    """

    def __init__(self, processes: Processes, heard: Watch) -> None:
        self.processes, self.heard = processes, heard
        self.families: dict[str, dict[str, Case]] = {}
        self.troubles: dict[str, str] = {}
        self.lost: list[str] = []
        self.steps = 0

    def open(
        self, process: Process, fields: Mapping[str, Any], actor: Actor, at: datetime, case: str
    ) -> tuple[str, ...] | Refusal:
        """Open a case; the roots of the families that it touched, or the refusal."""
        try:
            answer = open_family(process, fields, actor, at, self.processes, id=case)
        except FAILURES as problem:
            self.troubles[case] = str(problem)
            self.lost.append(case)
            return ()
        return self._keep(answer)

    def send(self, root: str, case: str, event: Event, at: datetime) -> tuple[str, ...] | Refusal:
        """Send an event; the roots of the families that it touched, or the refusal."""
        return self._give(root, case, event, at)

    def pass_time(self, root: str, at: datetime) -> tuple[str, ...]:
        """Fire what is due in a family by now; the roots of the families that this touched."""
        before = self.steps
        touched = self._give(root, next(iter(self.families[root])), Tick(), at)
        if isinstance(touched, Refusal) or self.steps == before:
            if root in self.families:
                self._lose(root, "a timer that was due did not fire")
            return ()
        return touched

    def next_due(self, root: str) -> datetime | None:
        """When something in a family fires next: a step of an escalation only when its instant has passed."""
        due = None
        for case in self.families.get(root, {}).values():
            for timer in case.timers.values():
                if timer.due is not None:
                    step = timer.name.startswith(("clock:", "limit:"))
                    at = timer.due + _INSTANT if step else timer.due
                    if due is None or at < due:
                        due = at
        return due

    def cases(self) -> Iterable[Case]:
        """Every open case."""
        return (case for family in self.families.values() for case in family.values())

    def _give(self, root: str, case: str, what: Event | Tick, at: datetime) -> tuple[str, ...] | Refusal:
        family = self.families[root]
        try:
            return self._keep(settle(family, self.processes, case, what, at))
        except FAILURES as problem:
            self._lose(root, str(problem))
            return ()

    def _lose(self, root: str, why: str) -> None:
        self.lost += self.families.pop(root)
        self.troubles[root] = why

    def _keep(self, answer: tuple[Decision, ...] | Refusal) -> tuple[str, ...] | Refusal:
        if isinstance(answer, Refusal):
            return answer
        touched: dict[str, None] = {}
        for decision in answer:
            case = decision.case
            self.steps += len(decision.journal)
            touched[case.root] = None
            if case.ended:
                family = self.families.get(case.root, {})
                family.pop(case.id, None)
                if not family:
                    self.families.pop(case.root, None)
            else:
                self.families.setdefault(case.root, {})[case.id] = case
        for decision in answer:
            self.heard(decision)
        return tuple(touched)


class Journals:
    """The journals of cases that are open, for whoever wants them whole: each is handed over when its case ends."""

    def __init__(self, whole: Callable[[Case, tuple[JournalEntry, ...]], None]) -> None:
        self._whole = whole
        self._entries: dict[str, list[JournalEntry]] = {}

    def hear(self, decision: Decision) -> None:
        """Take over what a decision wrote."""
        entries = self._entries.setdefault(decision.case.id, [])
        entries += decision.journal
        if decision.case.ended:
            del self._entries[decision.case.id]
            self._whole(decision.case, tuple(entries))

    def rest(self, cases: Iterable[Case]) -> None:
        """Hand over those of the cases that are still open."""
        for case in cases:
            self._whole(case, tuple(self._entries.pop(case.id, ())))
