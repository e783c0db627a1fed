"""
The model beside every run: the same cases, carried along by the core's pure step alone, with no store and no worker.

It knows no keys, no calls that fail, no crashes: what people did at which time is all that counts. So it is what traces
are drawn against, and what an engine, however late, killed or crowded, must agree with in the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import Any

from attrs import evolve

from svcflow.core.case import Case
from svcflow.core.chain import private_values
from svcflow.core.decision import Decision, HookCall, JournalEntry, Offer, Refusal
from svcflow.core.event import EMPTY, Actor, Input, Tick
from svcflow.core.family import Processes, open_family, settle
from svcflow.core.machine import Machine
from svcflow.core.process import Process
from svcflow.core.statechart import statechart
from svcflow.core.step import offers
from svcflow.errors import CalendarError, InputError, MachineError, ProcessNotFound, RunawayCases

MOST_FIRED = 200
"""How much may fall due in one wait: one that would last longer ends there, so that every wait does end."""

_INSTANT = timedelta(microseconds=1)


class Known:
    """Some processes, each in one version, as the core asks for them."""

    def __init__(self, processes: Iterable[Process]) -> None:
        self._named = {process.name: process for process in processes}

    def of(self, case: Case) -> Process:
        """The process of a case."""
        return self._named[case.process]

    def newest(self, tenant: str, name: str, *_: object) -> Process:  # noqa: ARG002 - the protocol's shape
        """
        The process of this name.

        Raises:
            ProcessNotFound: If there is none.
        """
        if name not in self._named:
            raise ProcessNotFound(name)
        return self._named[name]

    def version(self, case: Case, version: int, days: str | None) -> Process:  # noqa: ARG002 - the same
        """The process of a case: there is no other version."""
        return self._named[case.process]


class Pure:
    """
    Cases on a clock of their own; `cases` are as of `now`, `journal` holds their entries, `calls` what they cause.

    Time goes on by `wait`; a worker that is never late wakes up whenever something falls due.
    """

    def __init__(self, processes: Processes, now: datetime, machine: Machine = statechart) -> None:
        self.processes, self.now, self.machine = processes, now, machine
        self.cases: dict[str, Case] = {}
        self.journal: dict[str, list[JournalEntry]] = {}
        self.calls: list[HookCall] = []
        self._families: dict[str, list[str]] = {}
        self._written: dict[str, Case] = {}
        self._sealed: dict[str, list[frozenset[str]]] = {}
        self._happened = 0
        self.stuck: set[str] = set()
        """Roots of families of which a timer cannot be fired: automatic moves go round, cases start each other."""

    def copy(self) -> Pure:
        """The same cases, to go on in another way."""
        other = Pure(self.processes, self.now, self.machine)
        other.cases, other.calls, other.stuck = dict(self.cases), list(self.calls), set(self.stuck)
        other.journal = {case: list(entries) for case, entries in self.journal.items()}
        other._families = {root: list(members) for root, members in self._families.items()}
        other._sealed = {case: list(sealed) for case, sealed in self._sealed.items()}
        other._written, other._happened = dict(self._written), self._happened
        return other

    # ── what people do ─────────────────────────────────────────────────────────────────────────────────────────

    def open(
        self, process: str, fields: Mapping[str, Any] = EMPTY, *, actor: Actor, case: str, key: str | None = None
    ) -> Refusal | None:
        """
        Open a case; the refusal if it is one.

        Raises:
            InputError: If there is a case with this id, and the opening would not be refused anyway.
        """
        newest = self.processes.newest("", process)
        answer = open_family(
            newest, fields, actor, self.now, self.processes, id=case, key=key, machine=self.machine
        )  # fmt: skip
        if case in self.cases and not isinstance(answer, Refusal):
            raise InputError(f"there is a case with id {case!r} already")
        return self._keep(answer)

    def give(self, case: str, what: Input) -> Refusal | None:
        """Hand an input to a case; the refusal if it is one."""
        return self._give(case, what, self.now)

    def forget(self, case: str, fields: frozenset[str]) -> None:
        """Take the private values of these fields out of the journal, as erasing does."""
        for place, entry in enumerate(self.journal[case]):
            gone = fields & self._sealed[case][place]
            if private_values(entry, gone):
                self.journal[case][place] = evolve(
                    entry, fields=_without(entry.fields, gone), changes=_without(entry.changes, gone)
                )

    # ── time ───────────────────────────────────────────────────────────────────────────────────────────────────

    def wait(self, until: datetime) -> None:
        """
        Let time pass, with everything that falls due meanwhile, each at its time.

        `now` is `until` then, or earlier where more than `MOST_FIRED` fell due.
        """
        ahead = [(due, root) for root in self._families if (due := self._next_due(root)) is not None]
        heapify(ahead)
        left = MOST_FIRED
        while ahead and ahead[0][0] <= until:
            at, root = heappop(ahead)
            self.now = max(self.now, at)
            known = len(self.cases)
            fired = self._fire(root, at)
            if not fired and at < until:  # A step fires only when its instant has passed.
                fired = self._fire(root, at + _INSTANT)
                if fired:
                    self.now = max(self.now, at + _INSTANT)
            fresh = {case.root for case in list(self.cases.values())[known:]} if fired else set()
            for one in {root, *fresh} if fired else ():
                due = self._next_due(one)
                if due is not None:
                    heappush(ahead, (due, one))
            left -= fired
            if left <= 0:
                until = self.now
        self.now = max(self.now, until)

    def next_due(self) -> datetime | None:
        """When the next timer falls due."""
        dues = (self._next_due(root) for root in self._families)
        return min((due for due in dues if due is not None), default=None)

    def confirm(self, written: Mapping[str, Case]) -> None:
        """Hear which cases stand in a store: what has happened up to there is no longer a matter of time alone."""
        for case in written.values():
            ours = self.cases.get(case.id)
            if ours is not None and ours.seq == case.seq:
                self._written[case.id] = ours

    def stands(self, case: str) -> bool:
        """Whether a store has the case: one that only time has opened comes into it by a worker."""
        return case in self._written

    def set_back(self, now: datetime) -> None:
        """Let it be earlier again: what time alone has done since, and nobody has written, has not happened."""
        dropped: set[str] = set()
        for case in list(self.cases):
            written = self._written.get(case)
            for entry in self.journal[case][0 if written is None else written.seq :]:
                dropped.update(entry.calls)
            if written is None:
                self._families[self.cases[case].root].remove(case)
                del self.cases[case], self.journal[case], self._sealed[case]
            else:
                self.cases[case] = written
                del self.journal[case][written.seq :], self._sealed[case][written.seq :]
        self.calls = [call for call in self.calls if call.key not in dropped]
        self.now = now
        self.wait(now)

    def _next_due(self, root: str) -> datetime | None:
        due = None
        for member in self._families[root]:
            for timer in self.cases[member].timers.values():
                if timer.due is not None and (due is None or timer.due < due):
                    due = timer.due
        return due

    def _fire(self, root: str, at: datetime) -> int:
        """Fire what is due in a family by now; how much that was."""
        member = next((case for case in self._families[root] if not self.cases[case].ended), None)
        if member is None:
            return 0
        before = self._happened
        try:
            self._give(member, Tick(), at)
        except (MachineError, CalendarError, RunawayCases):
            self.stuck.add(root)  # A worker gives up on it, too, after some tries.
            return 0
        return self._happened - before

    # ── questions ──────────────────────────────────────────────────────────────────────────────────────────────

    def family(self, case: str) -> dict[str, Case]:
        """The case first, then the other open cases of its root."""
        found = {case: self.cases[case]}
        for member in self._families[self.cases[case].root]:
            if not self.cases[member].ended:
                found[member] = self.cases[member]
        return found

    def menu(self, case: str, actor: Actor) -> tuple[Offer, ...]:
        """Every event that the case's states know, with its form or with why this actor cannot send it."""
        found = self.cases[case]
        return offers(self.processes.of(found), found, actor, self.now, self.machine)

    def opened(self) -> Iterator[Case]:
        """The cases that have not ended, in the order of their opening."""
        return (case for case in self.cases.values() if not case.ended)

    def private(self, case: str) -> frozenset[str]:
        """The fields of a case that are private, or were when something was sent."""
        return self.processes.of(self.cases[case]).private.union(*self._sealed[case])

    def held(self, case: str) -> frozenset[str]:
        """Those of which a value is kept, the present one or an earlier one."""
        found = self.processes.of(self.cases[case]).private.intersection(self.cases[case].fields)
        for entry, sealed in zip(self.journal[case], self._sealed[case], strict=True):
            found = found.union(name.partition(".")[2] for name in private_values(entry, sealed))
        return found

    # ── what comes of it ───────────────────────────────────────────────────────────────────────────────────────

    def _give(self, case: str, what: Input, at: datetime) -> Refusal | None:
        family = self.family(case)
        at = max(at, *(member.moved_at for member in family.values()))
        return self._keep(settle(family, self.processes, case, what, at, machine=self.machine))

    def _keep(self, answer: tuple[Decision, ...] | Refusal) -> Refusal | None:
        if isinstance(answer, Refusal):
            return answer
        for decision in answer:
            case, before = decision.case, decision.before
            private = self.processes.of(case).private
            if before is not None and before.version != case.version:
                private |= self.processes.of(before).private
            if case.id not in self.cases:
                self._families.setdefault(case.root, []).append(case.id)
            self.cases[case.id] = case
            self.journal.setdefault(case.id, []).extend(decision.journal)
            self._sealed.setdefault(case.id, []).extend([private] * len(decision.journal))
            self.calls += decision.calls
            self._happened += len(decision.journal)
        return None


def _without(values: Mapping[str, Any], names: frozenset[str]) -> Mapping[str, Any]:
    return {name: value for name, value in values.items() if name not in names or value is None}
