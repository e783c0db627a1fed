"""
The model beside every run: the same cases, carried along by the core's pure step alone, with no store and no worker.

It knows no keys, no calls that fail, no crashes: what people did at which time is all that counts. So it is what traces
are drawn against, and what an engine, however late, killed or crowded, must agree with in the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from svcflow.core.case import Case
from svcflow.core.decision import Decision, HookCall, JournalEntry, Offer, Refusal
from svcflow.core.event import EMPTY, Actor, Input, Tick
from svcflow.core.family import Processes, open_family, settle
from svcflow.core.machine import Machine
from svcflow.core.process import Process
from svcflow.core.statechart import statechart
from svcflow.core.step import offers

_INSTANT = timedelta(microseconds=1)


class Known:
    """Some processes, each in one version, as the core asks for them."""

    def __init__(self, processes: Iterable[Process]) -> None:
        self._named = {process.name: process for process in processes}

    def of(self, case: Case) -> Process:
        """The process of a case."""
        return self._named[case.process]

    def newest(self, tenant: str, name: str) -> Process:  # noqa: ARG002 - the protocol's shape
        """The process of this name."""
        return self._named[name]

    def version(self, case: Case, version: int, days: str | None) -> Process:  # noqa: ARG002 - the same
        """The process of a case: there is no other version."""
        return self._named[case.process]


class Pure:
    """
    Cases on a clock of their own; `cases` are as of `now`, `journal` holds their entries, `calls` what they cause.

    Time only goes on by `wait`; a worker that is never late wakes up whenever something falls due.
    """

    def __init__(self, processes: Processes, now: datetime, machine: Machine = statechart) -> None:
        self.processes, self.now, self.machine = processes, now, machine
        self.cases: dict[str, Case] = {}
        self.journal: dict[str, list[JournalEntry]] = {}
        self.calls: list[HookCall] = []

    def open(
        self, process: str, fields: Mapping[str, Any] = EMPTY, *, actor: Actor, case: str, key: str | None = None
    ) -> Refusal | None:
        """Open a case; the refusal if it is one."""
        newest = self.processes.newest("", process)
        answer = open_family(
            newest, fields, actor, self.now, self.processes, id=case, key=key, machine=self.machine
        )  # fmt: skip
        return self._keep(answer)

    def give(self, case: str, what: Input) -> Refusal | None:
        """Hand an input to a case; the refusal if it is one."""
        return self._keep(settle(self.family(case), self.processes, case, what, self.now, machine=self.machine))

    def wait(self, until: datetime) -> None:
        """Let time pass, with everything that falls due meanwhile, each at its time."""
        while (at := self.next_due()) is not None and at <= until:
            self.now = max(self.now, at)
            fired = self._fire()
            if not fired and self.now + _INSTANT <= until:  # A step fires only when its instant has passed.
                self.now += _INSTANT
                fired = self._fire()
            if not fired:
                break
        self.now = max(self.now, until)
        self._fire()

    def next_due(self) -> datetime | None:
        """When the next timer falls due."""
        dues = [
            timer.due for case in self.cases.values() for timer in case.timers.values() if timer.due is not None
        ]  # fmt: skip
        return min(dues, default=None)

    def _fire(self) -> bool:
        """Fire what is due now, family by family; whether anything happened."""
        due = {case.root for case in self.cases.values() if _due(case, self.now)}
        before = sum(map(len, self.journal.values()))
        for root in sorted(due):
            members = [case for case in self.cases.values() if case.root == root and not case.ended]
            if members:
                self.give(members[0].id, Tick())
        return sum(map(len, self.journal.values())) > before

    def family(self, case: str) -> dict[str, Case]:
        """The case first, then the other open cases of its root."""
        root = self.cases[case].root
        rest = {one.id: one for one in self.cases.values() if one.root == root and not one.ended}
        return {case: self.cases[case], **rest}

    def menu(self, case: str, actor: Actor) -> tuple[Offer, ...]:
        """Every event that the case's states know, with its form or with why this actor cannot send it."""
        found = self.cases[case]
        return offers(self.processes.of(found), found, actor, self.now, self.machine)

    def opened(self) -> Iterator[Case]:
        """The cases that have not ended, in the order of their opening."""
        return (case for case in self.cases.values() if not case.ended)

    def _keep(self, answer: tuple[Decision, ...] | Refusal) -> Refusal | None:
        if isinstance(answer, Refusal):
            return answer
        for decision in answer:
            self.cases[decision.case.id] = decision.case
            self.journal.setdefault(decision.case.id, []).extend(decision.journal)
            self.calls += decision.calls
        return None


def _due(case: Case, now: datetime) -> bool:
    return any(timer.due is not None and timer.due <= now for timer in case.timers.values())
