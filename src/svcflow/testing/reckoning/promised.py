"""
What a written time means for one case, reckoned day by day: the source is the language reference, Times and `window`.

Only the definition is read, the compiled promise with its tables; every instant is found by an `Office`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from attrs import frozen

from svcflow.core.duration import Unit
from svcflow.core.process import Process
from svcflow.core.promise import Agreed, Promise, Table, Time, Window
from svcflow.testing.reckoning.office import Office, Offices, TooFar


@frozen
class Promised:
    """
    A promise as it holds for a case: from `start` on for `length` of working time of `calendar` (a key).

    `fixed` is the very instant where it is a date or counted from a field; `opens` is when a wait or window is over.
    """

    start: datetime
    length: timedelta
    calendar: str
    fixed: datetime | None
    opens: datetime


@frozen(eq=False)
class Clerk:
    """Looks up what a process promises."""

    process: Process
    offices: Offices

    def office(self, calendar: str) -> Office:
        """The office of one of the process's calendars, by its key."""
        return self.offices.of(self.process.calendars[calendar])

    def chosen(self, promise: Promise | None, fields: Mapping[str, Any]) -> Time | Window | None:
        """The time that holds for these fields."""
        while isinstance(promise, Table | Agreed):
            value = fields.get(promise.by)
            if isinstance(promise, Agreed):
                if value is not None:
                    return _agreed(promise, value)
                promise = promise.default
                continue
            key = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
            row = None if value is None else promise.rows.get(key)
            promise = promise.default if row is None else row
        return promise

    def absolute(self, promise: Promise | None, fields: Mapping[str, Any]) -> bool:
        """Whether it is counted from a field."""
        chosen = self.chosen(promise, fields)
        return chosen is not None and chosen.since is not None

    def promised(self, promise: Promise, fields: Mapping[str, Any], start: datetime) -> Promised | None:
        """What is promised from a start on; None while that means nothing yet."""
        chosen = self.chosen(promise, fields)
        anchor = None if chosen is None else self._anchor(chosen, fields, start)
        if chosen is None or anchor is None:
            return None
        office = self.office(chosen.calendar)
        if isinstance(chosen, Window):
            opens, closes = office.window(anchor, chosen.first, chosen.last, working=chosen.working, roll=chosen.roll)
            return Promised(opens, office.worked(opens, closes), chosen.calendar, closes, opens)
        due = self._nth(chosen, anchor, 1)
        if chosen.unit in {"min", "h"}:
            fixed = None if chosen.since is None else due
            return Promised(anchor, _hours(chosen), chosen.calendar, fixed, due)
        return Promised(anchor, office.worked(anchor, due), chosen.calendar, due, due)

    def target(self, promise: Promise, fields: Mapping[str, Any], start: datetime) -> tuple[timedelta, str] | None:
        """The working time that an SLA clock has from its start on, and on which calendar; dates come to such, too."""
        found = self.promised(promise, fields, start)
        if found is None:
            return None
        if found.fixed is None or found.start == start:
            return found.length, found.calendar
        return self.office(found.calendar).worked(start, found.fixed), found.calendar

    def nth(self, promise: Promise, fields: Mapping[str, Any], start: datetime, n: int) -> datetime | None:
        """When a timer happens for the n-th time."""
        chosen = self.chosen(promise, fields)
        if not isinstance(chosen, Time):
            return None
        anchor = self._anchor(chosen, fields, start)
        return None if anchor is None else self._nth(chosen, anchor, n)

    def _anchor(self, time: Time | Window, fields: Mapping[str, Any], start: datetime) -> datetime | None:
        value = start if time.since is None else fields.get(time.since)
        if value is None or isinstance(value, datetime):
            return value
        return self.office(time.calendar).begins(value)

    def _nth(self, time: Time, anchor: datetime, n: int) -> datetime:
        office, amount = self.office(time.calendar), n * time.amount
        match time.unit:
            case "min" | "h":
                return office.reaches(anchor, n * _hours(time))
            case "d":
                return office.days_on(anchor, amount)
            case "w":
                if not office.calendar.workdays:
                    raise TooFar
                return office.days_on(anchor, amount * len(office.calendar.workdays))
            case _:
                return office.months_on(anchor, amount * (12 if time.unit == "y" else 1))


def _hours(time: Time) -> timedelta:
    return timedelta(hours=time.amount) if time.unit == "h" else timedelta(minutes=time.amount)


def _agreed(promise: Agreed, value: str) -> Time:
    """`4h on hotline`, letter by letter."""
    length, *calendar = value.split(" on ")
    unit = length.lstrip("0123456789")
    on = calendar[0] if calendar else promise.calendar
    return Time(int(length.removesuffix(unit)), cast("Unit", unit), on, promise.since)
