"""A running case counts on other days: holidays that were announced, or put right, after it began."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeAlias

from svcflow.core import clock as stopwatch
from svcflow.core import macrostep
from svcflow.core.calendar import Calendar
from svcflow.core.case import Timer
from svcflow.core.clock import Clock
from svcflow.core.decision import Decision
from svcflow.core.draft import Draft
from svcflow.errors import CalendarError

Dues: TypeAlias = Mapping[str, datetime]
"""When the running clocks, limits, waits and timers of a case are due, by their names: `clock:fix`, `after:work:4h`."""


def recalendar(draft: Draft, calendars: Mapping[str, Calendar]) -> Decision:
    """
    Count what is to come on the days of `draft.process`; `calendars` are those that the case counted on until now.

    Nothing happens to a case that has ended, that stands on another version, or that counts so already.
    """
    case, process = draft.before, draft.process
    if case.ended or case.version != process.version or case.days == process.days or calendars == process.calendars:
        return Decision(case, case)
    before = dues(calendars or process.calendars, case.clocks, case.timers)
    _forget_what_is_to_begin(draft)
    draft.anew = True
    macrostep.settle(draft)
    detail: dict[str, Any] = {"from": case.days, "to": process.days}
    if process.private.isdisjoint(process.timed_fields):  # An instant could tell the date in a private field.
        after = dues(process.calendars, draft.clocks, draft.timers)
        detail["moved"] = MappingProxyType({name: (old, new) for name, old, new in moved(before, after)})
    return macrostep.decision(draft, "recalendared", process.name, detail=MappingProxyType(detail))


def dues(calendars: Mapping[str, Calendar], clocks: Mapping[str, Clock], timers: Mapping[str, Timer]) -> Dues:
    """When what runs is due, in the past or in the future; escalation steps go along with their clock."""
    found = {name: timer.due for name, timer in timers.items() if timer.due is not None and name not in clocks}
    for key, clock in clocks.items():
        with suppress(CalendarError):  # A calendar that never opens again makes nothing due.
            due = stopwatch.due(clock, calendars)
            if due is not None:
                found[key] = due
    return found


def moved(before: Dues, after: Dues) -> tuple[tuple[str, datetime | None, datetime | None], ...]:
    """What is due at another time: its name, the time before and the time after; None where there is none."""
    names = dict.fromkeys((*before, *after))
    return tuple((name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name))


def _forget_what_is_to_begin(draft: Draft) -> None:
    """A limit of a window that is not open yet begins when that opens now: there is no cycle to keep."""
    for key, clock in list(draft.clocks.items()):
        if clock.started_at > draft.at and key.removeprefix("limit:") in draft.arrivals:
            del draft.clocks[key]
            draft.timers.pop(key, None)
