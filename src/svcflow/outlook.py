"""Says when an engine counts into years whose days off nobody has announced: once per country, in the log."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from attrs import field, frozen

from svcflow.core.calendar import Calendar
from svcflow.core.case import Case
from svcflow.core.process import Process
from svcflow.core.promise import Promise, choose
from svcflow.holidays import warning, warnings

LOG = logging.getLogger("svcflow")


@frozen(eq=False)
class Outlook:
    """
    What one engine has told about years to come.

    It is logged and not warned of: that a year begins must not make an event fail where warnings are errors.
    """

    _told: set[str] = field(init=False, factory=set)

    def foresee(self, processes: Iterable[Process], now: datetime) -> None:
        """Look at processes that are published: how far their times come from now on."""
        for text in warnings(processes, now):
            self._tell(text)

    def look(self, process: Process, case: Case, dues: Sequence[tuple[str, datetime]]) -> None:
        """Look at one case: at its timers, and when its clocks are due by the key of their calendar."""
        armed = [timer.due for timer in case.timers.values() if timer.due is not None]
        last = max((*armed, *[due for _, due in dues]), default=None)
        ending = {key: one for key, one in process.calendars.items() if last and _may_end(one, last)}
        if not ending:
            return
        for key, due in (*dues, *_timers(process, case)):
            calendar = ending.get(key)
            if calendar is None or calendar.holidays is None:
                continue
            text = warning(calendar.holidays, calendar.local_date(due).year)
            if text is not None:
                self._tell(text)

    def _tell(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            LOG.warning("%s", text)


def _may_end(calendar: Calendar, last: datetime) -> bool:
    """Whether the days off that a calendar knows may end before an instant, wherever on earth its office is."""
    known = None if calendar.holidays is None else calendar.holidays.valid_through
    return known is not None and (last.year, last.month, last.day) >= (known, 12, 31)


def _timers(process: Process, case: Case) -> Iterator[tuple[str, datetime]]:
    """When waits and timers are due, by the key of the calendar they count on."""
    for name, timer in case.timers.items():
        promise = _promise(process, name)
        chosen = None if timer.due is None or promise is None else choose(promise, case.fields)
        if timer.due is not None and chosen is not None:
            yield chosen.calendar, timer.due


def _promise(process: Process, name: str) -> Promise | None:
    """What a timer of a state counts; None for those of clocks and limits."""
    kind, _, path = name.partition(":")
    if kind == "after":
        return process.afters[name].promise
    state = process.states[process.paths[path]] if kind == "wait" else None
    return None if state is None else state.wait or state.window
