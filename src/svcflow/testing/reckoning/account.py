"""All times of one case by the definition, kept from its journal entry by entry."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from attrs import define, field

from svcflow.core.decision import JournalEntry
from svcflow.core.process import Process
from svcflow.inquiry import ClockView
from svcflow.testing.reckoning.alarms import Alarms
from svcflow.testing.reckoning.ledger import Ledger
from svcflow.testing.reckoning.life import Life, Plan
from svcflow.testing.reckoning.office import Offices
from svcflow.testing.reckoning.promised import Clerk

Name: TypeAlias = tuple[str, str, int]
"""What tells one cycle of a clock or limit from the others: kind, name and number."""


def name_of(view: ClockView) -> Name:
    """The kind, name and number of a cycle."""
    return view.kind, view.name, view.cycle


@define
class Account:
    """A case that is watched: where it stands, its clocks and limits, its timers; `due` is what is to fire next."""

    life: Life
    ledger: Ledger
    alarms: Alarms
    read: int = 0
    due: dict[str, datetime] = field(factory=dict)

    @classmethod
    def of(cls, process: Process, offices: Offices, at: datetime) -> Account:
        """Begin with a case that is about to be opened."""
        life, clerk = Life(Plan.of(process), at), Clerk(process, offices)
        return cls(life, Ledger(life, clerk), Alarms(life, clerk))

    def turn(self, process: Process) -> None:
        """The case goes on by another edition of its process: other days."""
        clerk = Clerk(process, self.ledger.clerk.offices)
        self.life.plan, self.ledger.clerk, self.alarms.clerk = Plan.of(process), clerk, clerk

    def next(self, entry: JournalEntry) -> str | None:
        """
        Read one more entry; answers the escalation step that must have happened in it.

        Raises:
            TooFar, Unclear: Nothing can be said about this case any more.
        """
        self.read, self.life.at = entry.seq, entry.at
        ledger, alarms, step = self.ledger, self.alarms, None
        if entry.kind == "timer":
            step = self._fired(entry)
        for change in self.life.read(entry):
            if change.anew:
                ledger.forget_what_is_to_begin()
            ledger.promise(change)
            alarms.move(change)
            ledger.move(change)
            ledger.turn(change)
            if self.life.status == "open" and (change.fields or change.anew):
                alarms.rearm(change)
                ledger.rearm(change)
        ledger.pause()
        if self.life.status != "open":
            alarms.set.clear()
        self.due = self._due()
        return step

    def views(self, now: datetime) -> dict[Name, ClockView]:
        """What an engine must answer about the clocks and limits."""
        views = (watch.view(self.ledger.clerk.office, now) for watch in self.ledger.watches())
        return {name_of(view): view for view in views}

    def _fired(self, entry: JournalEntry) -> str | None:
        """A timer is spent before what it does is done, and escalation steps are marked."""
        if entry.name in self.alarms.set:
            self.alarms.fired(entry.name)
        watch = self.ledger.running.get(entry.name)
        return None if watch is None else watch.fire(self.ledger.clerk.office, self.ledger.steps(entry.name), entry.at)

    def _due(self) -> dict[str, datetime]:
        alarms = {name: alarm.due for name, alarm in self.alarms.set.items() if alarm.due is not None}
        return {**alarms, **self.ledger.due()} if self.life.status == "open" else {}
