"""Drive an SLA clock through the events of a vector and say all that a vector may expect of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from operator import itemgetter
from typing import TypeAlias

from svcflow.core import clock as sla
from svcflow.core.calendar import Calendar
from svcflow.core.clock import Clock, Step
from svcflow.errors import InputError
from svcflow.testing import vector_file as file

Row: TypeAlias = Mapping[str, object]
Calendars: TypeAlias = Mapping[str, Calendar]

_THRESHOLDS = (75, 100)


def clock(row: Row, calendars: Calendars) -> Row:
    """What stands in `expect`, computed."""
    query = file.moment(row, "query")
    cycles, target, calendar = _drive(row, calendars, query)
    if not cycles:
        return {"state": "idle", "target_s": file.number(target), "cycles": []}
    now = cycles[-1]
    due, zone = sla.due(now, calendars), calendars[calendar].zone
    elapsed = sla.elapsed(now, calendars, query)
    return {
        "state": now.state,
        "elapsed_s": file.number(elapsed),
        "target_s": file.number(now.target or timedelta(0)),
        "remaining_s": file.number((now.target or timedelta(0)) - elapsed),
        "due": file.utc(due),
        "due_local": file.wall(due, zone),
        "due_reached_at": file.utc(sla.used_up(now, calendars, query)),
        "breached_by_instant": sla.late(now, calendars, query),
        "breached_by_elapsed": now.target is not None and elapsed > now.target,
        "thresholds_reached": {
            str(percent): file.utc(sla.crossed(now, calendars, Step(percent), query))
            for percent in file.percents(row, "thresholds_pct", _THRESHOLDS)
        },
        "cycles": [_finished(cycle, calendars, cycle.stopped_at) for cycle in cycles if cycle.stopped_at is not None],
    }


def _drive(row: Row, calendars: Calendars, query: datetime) -> tuple[list[Clock], timedelta, str]:
    """The cycles of a clock after its events up to the query, and what a next one would be promised."""
    calendar, target = file.calendar(row, calendars).name, file.seconds(row, "target_s")
    cycles: list[Clock] = []
    for at, kind, argument in sorted(file.events(row), key=itemgetter(0)):
        if at > query:
            continue
        now = cycles.pop() if cycles else None
        match kind:
            case "start":
                if now is None or now.state == "stopped":
                    cycles += [now] if now else []
                    now = sla.start("clock", len(cycles) + 1, at, target, calendar)
            case "pause":
                now = now and sla.pause(now, at)
            case "resume":
                now = now and sla.resume(now, at)
            case "stop":
                now = now and sla.stop(now, at)
            case "retarget":
                target = file.length(argument, "retarget")
                now = now and sla.retarget(now, at, target, calendar)
            case "calendar":
                calendar = file.named(argument, calendars).name
                now = now and sla.recalendar(now, at, calendar)
            case _:
                raise InputError(f"{kind!r} is no event of a clock")
        cycles += [now] if now else []
    return cycles, target, calendar


def _finished(cycle: Clock, calendars: Calendars, end: datetime) -> Row:
    """A finished cycle as vectors list it."""
    elapsed, target = sla.elapsed(cycle, calendars, end), cycle.target or timedelta(0)
    return {
        "elapsed_s": file.number(elapsed),
        "target_s": file.number(target),
        "due_reached_at": file.utc(sla.used_up(cycle, calendars, end)),
        "met_by_instant": not sla.late(cycle, calendars, end),
        "met_by_elapsed": elapsed <= target,
        "ended_at": file.utc(end),
    }
