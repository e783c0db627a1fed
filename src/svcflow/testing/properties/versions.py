"""A case lives by the version it was opened with, until somebody brings it to another one (R5)."""

from __future__ import annotations

from datetime import date

from svcflow.core.calendar import Holidays
from svcflow.core.case import Case
from svcflow.core.decision import JournalEntry
from svcflow.testing.days import Turned
from svcflow.testing.step import Step
from svcflow.testing.trace import Migrate, Recalendar
from svcflow.testing.violations import VersionPinned
from svcflow.testing.world import World


class VersionsStay:
    """
    New cases begin on the newest version; a running one moves only when it is migrated, and its journal says so.

    A case that time has opened may be written late: then it begins on what was the newest before.
    """

    def __init__(self, world: World) -> None:
        """The versions that are published at first."""
        self._newest = {name: (one.version, one.digest) for name, one in world.stage.processes.items()}

    def after(self, step: Step, world: World) -> None:
        """Look at the version of every case."""
        earlier = {}
        if isinstance(step.command, Migrate):
            newer = world.engine.process(world.stage.process.name)
            earlier[newer.name] = self._newest[newer.name]
            self._newest[newer.name] = (newer.version, newer.digest)
        for case in step.after.values():
            before = step.before.get(case.id)
            if before is None:
                self._begin(case, earlier.get(case.process) if case.opened_at < step.at else None)
            elif (before.version, before.digest) != (case.version, case.digest):
                self._move(step, before, case)
            elif before.days != case.days:
                self._count(step, before, case, world)

    def end(self, world: World) -> None:
        """Each version was looked at when it changed."""

    def _begin(self, case: Case, earlier: tuple[int, str] | None) -> None:
        if (case.version, case.digest) not in {self._newest[case.process], earlier}:
            newest = self._newest[case.process][0]
            raise VersionPinned(f"it began on version {case.version}, the newest is {newest}", case=case.id)

    def _count(self, step: Step, before: Case, case: Case, world: World) -> None:
        """What has begun stays as it was counted; from tomorrow on it is as it was turned."""
        if not isinstance(step.command, Migrate | Recalendar):
            raise VersionPinned("it counts on other days, and nobody wanted it to", case=case.id)
        if isinstance(step.command, Migrate):
            return
        old, new = world.process(before).calendars, world.process(case).calendars
        today = max(calendar.local_date(step.at) for calendar in new.values())
        for name, calendar in new.items():
            newest = (
                None
                if calendar.holidays is None
                else Turned(world.stage.holidays(calendar.holidays.name), world.turned)
            )
            for day in step.command.dates:
                wanted = old[name].holidays if day <= today else newest
                if wanted is not None and _kind(calendar.holidays, day) != _kind(wanted, day):
                    raise VersionPinned(f"{day} is not what it was, or is to be", case=case.id)

    def _move(self, step: Step, before: Case, case: Case) -> None:
        said = [entry for entry in step.entries if _migrated(entry, before, case)]
        if not isinstance(step.command, Migrate) or len(said) != 1:
            raise VersionPinned(f"it went from version {before.version} to {case.version} by itself", case=case.id)


def _kind(days: Holidays | None, day: date) -> str:
    """What a date is: off, a make-up working day, or as in any week."""
    if days is None:
        return "usual"
    year = days.days(day.year)
    return "off" if day in year.off else "makeup" if day in year.makeup else "usual"


def _migrated(entry: JournalEntry, before: Case, case: Case) -> bool:
    detail = entry.detail
    there = (detail.get("from"), detail.get("to"), detail.get("digest"))
    return (entry.case, entry.kind) == (case.id, "migrated") and there == (before.version, case.version, case.digest)
