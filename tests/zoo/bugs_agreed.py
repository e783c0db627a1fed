"""
Planted bugs about times that were agreed for one case: whether they hold, on which calendar, and between which ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve

from svcflow.core import duration, promise
from svcflow.core.duration import Duration, Size
from svcflow.core.promise import Agreed, Promise, Time, Window
from svcflow.testing.violations import AuthorisationBypassed, EscalationSkipped, SlaClockDrift, TimerOrder
from zoo.zoo import Bug, bug, replaced

AGREED = """
process: agreed
version: 1
roles: [agent]
hooks: [visit]
calendars: {office: {timezone: Asia/Shanghai, hours: {mon-fri: [09:00-17:00]}}}
calendar: office
fields: {promised: {type: 1h..72h, calendars: always}, rhythm: 1d..9d}
open: {by: agent, may: [promised, rhythm]}
by: agent
sla: {fix: {from: new, until: closed, target: promised else 8h}}
states:
  new:
    events: {agree: {to: here, may: [promised, rhythm]}, close: closed}
    after: {every rhythm else 2d: {do: {hook: visit}}}
  closed: {end: done}
""".lstrip()

_FOUND = (EscalationSkipped, SlaClockDrift, TimerOrder)


@bug("core/promise", _FOUND, (AGREED,))
def agreement_ignored() -> Iterator[None]:
    """What was agreed for a case does not hold: everybody is promised what stands after `else`."""
    right = promise.choose

    def choose(made: Promise | None, fields: Mapping[str, Any]) -> Time | Window | None:
        while isinstance(made, Agreed):
            made = made.default
        return right(made, fields)

    with replaced(promise, "choose", choose):
        yield


@bug("core/promise", _FOUND, (AGREED,))
def calendar_of_the_agreement_ignored() -> Iterator[None]:
    """An agreed time counts on the calendar of its place, whichever it names."""
    right = Agreed.time

    def time(made: Agreed, value: str) -> Time | None:
        found = right(made, value)
        return found and evolve(found, calendar=made.calendar)

    with replaced(Agreed, "time", time):
        yield


@bug("core/duration", AuthorisationBypassed, (AGREED,), weights={"stray": 20})
def agreed_beyond_the_ends() -> Iterator[None]:
    """Any time may be agreed, however long."""
    right = duration.accepted

    def accepted(raw: object, ends: tuple[Size, Size], calendars: tuple[str, ...]) -> Duration | str:
        shortest, longest = ends
        return right(raw, (shortest, longest._replace(amount=2 * longest.amount)), calendars)

    with replaced(duration, "accepted", accepted):
        yield


BUGS: tuple[Bug, ...] = (agreement_ignored, calendar_of_the_agreement_ignored, agreed_beyond_the_ends)
