"""
Every time of every case, reckoned beside the engine from the definition and the journal, by other means than its own.

What is reckoned, and where in the language reference it stands, is told in `svcflow.testing.reckoning`. A case that
migrates to another version is not watched from there on, nor is one whose times lie further ahead than it is worth
going through day by day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import evolve

from svcflow.core.case import Case, Timer
from svcflow.core.decision import JournalEntry
from svcflow.inquiry import ClockView
from svcflow.testing import trace
from svcflow.testing.reckoning.account import Account, Name, name_of
from svcflow.testing.reckoning.life import Unclear
from svcflow.testing.reckoning.office import TooFar
from svcflow.testing.step import Step
from svcflow.testing.violations import EscalationSkipped, SlaClockDrift, TimerOrder, Violation
from svcflow.testing.world import World

_LIKELY_TIED = frozenset({"child", "cancelled", "opened"})
"""Entries that come of what happens to another case of the family at the same instant."""


class TimesKept:
    """
    Timers, escalation steps and clocks are as reckoned: armed for the right instant, fired once, there and in order.

    A false clock is an `SlaClockDrift`, a false step an `EscalationSkipped`, any other false timer a `TimerOrder`.
    """

    def __init__(self, world: World) -> None:
        self.offices = world.stage.offices
        self.accounts: dict[str, Account] = {}
        self.lost: set[str] = set()
        self.armed: dict[tuple[str, int], datetime] = {}

    def after(self, step: Step, world: World) -> None:
        """Read what is new, and compare the cases it is about."""
        for entry in step.entries:
            self._read(entry, step.after[entry.case], world)
        touched = dict.fromkeys(entry.case for entry in step.entries)
        for case in touched:
            self._compare_timers(step.after[case])
        waited = isinstance(step.command, (trace.Wait, trace.Skew, trace.Work))
        for case, stored in step.after.items():
            if case in touched or (waited and not stored.ended):
                self._compare_clocks(stored, world)

    def end(self, world: World) -> None:
        """Let a worker catch up; then nothing may be missing."""
        while world.engine.tick():
            pass
        parked = {incident.case for incident in world.engine.incidents()}
        for case, stored in world.cases().items():
            read = self.accounts[case].read if case in self.accounts else 0
            for entry in world.journal(case)[read:] if case not in self.lost else ():
                self._read(entry, stored, world)
            self._compare_timers(stored)
            self._compare_clocks(stored, world)
            if case not in parked:
                self._nothing_missing(stored, world.now)

    # ── entry by entry ─────────────────────────────────────────────────────────────────────────────────────────

    def _read(self, entry: JournalEntry, case: Case, world: World) -> None:
        if entry.case in self.lost:
            return
        if entry.kind == "opened":
            process = world.process(evolve(case, days=entry.detail.get("days", "")))
            self.accounts[entry.case] = Account.of(process, self.offices, entry.at)
        account = self.accounts[entry.case]
        if entry.kind == "migrated":
            self._lose(entry.case)
            return
        self._in_order(entry, account)
        if entry.kind == "recalendared":
            account.turn(world.process(evolve(case, days=entry.detail["to"])))
        try:
            step = account.next(entry)
        except (TooFar, Unclear):
            self._lose(entry.case)
            return
        if step != entry.detail.get("step") and entry.kind == "timer":
            raise EscalationSkipped(
                f"{entry.name}: step {entry.detail.get('step')} was carried out at {entry.at}, {step} was to be",
                case=entry.case,
            )

    def _lose(self, case: str) -> None:
        self.lost.add(case)
        self.accounts.pop(case, None)

    def _in_order(self, entry: JournalEntry, account: Account) -> None:
        """Timers fire in the order they fall due, each at its instant, before anything that comes later."""
        place, moved = account.life.plan.process.timers, account.life.at
        ranks = sorted((due, _step(name), place[name], name) for name, due in account.due.items())
        if entry.kind == "timer":
            if entry.name not in account.due:
                raise _broken(entry.name)(f"{entry.name} fired at {entry.at}, and was not to", case=entry.case)
            due, _, _, name = ranks[0]
            if entry.name != name:
                raise _broken(entry.name, name)(
                    f"{entry.name} fired at {entry.at} before {name}, which fell due at {due}", case=entry.case
                )
            if entry.at != max(due, moved):
                raise _broken(name)(f"{name} fell due at {due} and fired at {entry.at}", case=entry.case)
            return
        tied = entry.kind in _LIKELY_TIED
        if tied and moved == entry.at:
            return
        for due, step, _, name in ranks:
            if due < entry.at or (due == entry.at and not tied and not step):
                raise _broken(name)(
                    f"{name} fell due at {due} and had not fired when `{entry.name}` came at {entry.at}",
                    case=entry.case,
                )  # fmt: skip

    # ── case by case ───────────────────────────────────────────────────────────────────────────────────────────

    def _compare_timers(self, case: Case) -> None:
        account = self.accounts.get(case.id)
        if account is None or account.read != case.seq:
            return
        armed = {name: timer.due for name, timer in case.timers.items() if timer.due is not None}
        for name in sorted(armed.keys() | account.due.keys()):
            if armed.get(name) != account.due.get(name):
                raise _broken(name)(
                    f"{name} is armed for {armed.get(name)}, it is to fire at {account.due.get(name)}", case=case.id
                )
        for timer in case.timers.values():
            self._same_generation(case, timer)
        for key, clock in case.clocks.items():
            watch = account.ledger.running.get(key)
            if watch is not None and tuple(watch.marks) != clock.steps:
                raise EscalationSkipped(
                    f"{key} has marked the steps {clock.steps}, these have come: {tuple(watch.marks)}", case=case.id
                )

    def _same_generation(self, case: Case, timer: Timer) -> None:
        """A call for an earlier arming must be known by its generation (R2)."""
        if timer.due is not None and self.armed.setdefault((case.id, timer.generation), timer.due) != timer.due:
            raise TimerOrder(f"{timer.name} was armed again under its old generation {timer.generation}", case=case.id)

    def _compare_clocks(self, case: Case, world: World) -> None:
        account = self.accounts.get(case.id)
        if account is None or account.read != case.seq or world.engine.case(case.id).seq != case.seq:
            return  # Something is overdue: what an engine answers, nobody has written yet.
        now = max(world.now, case.moved_at)
        try:
            wanted = account.views(now)
        except TooFar:
            self._lose(case.id)
            return
        found = {name_of(view): view for view in world.engine.clocks(case.id)}
        for key in sorted(wanted.keys() | found.keys()):
            if wanted.get(key) != found.get(key):
                raise SlaClockDrift(_difference(key, found.get(key), wanted.get(key)), case=case.id)

    def _nothing_missing(self, case: Case, now: datetime) -> None:
        account = self.accounts.get(case.id)
        due: Mapping[str, datetime] = {} if account is None else account.due
        for name, at in due.items():
            if at < now:
                raise _broken(name)(f"{name} fell due at {at} and has not fired by {now}", case=case.id)


def _step(name: str) -> bool:
    return name.startswith(("clock:", "limit:"))


def _broken(*names: str) -> type[Violation]:
    return EscalationSkipped if all(map(_step, names)) else TimerOrder


def _difference(key: Name, found: ClockView | None, wanted: ClockView | None) -> str:
    name = f"the {key[0]} {key[1]} in cycle {key[2]}"
    if found is None or wanted is None:
        return f"{name} is {'missing' if found is None else 'there, and should not be'}"
    parts = ("state", "elapsed", "target", "remaining", "due", "late", "met")
    told = (f"{part} {getattr(found, part)} for {getattr(wanted, part)}" for part in parts
            if getattr(found, part) != getattr(wanted, part))  # fmt: skip
    return f"{name} says {', '.join(told)}"
