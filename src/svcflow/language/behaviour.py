"""
What a process does, apart from how it is told: the digest that locks published behaviour.

Titles, labels, comments, places and whatever of the shared files the process does not touch are left out, so that a new
role for another process, or a better text, changes nothing here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import attrs

from svcflow.core.calendar import Calendar
from svcflow.core.condition import Condition, Expression
from svcflow.core.process import Process

_TOLD = frozenset({"title", "place", "index"})
_LATER = frozenset({"share", "qualified", "seen_by", "unit", "calendars"})
"""Words that came after processes were published: where they are not written, they are not part of the behaviour."""


def digest(process: Process) -> str:
    """SHA-256 over the behaviour, as hex."""
    text = json.dumps(behaviour(process), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def behaviour(process: Process) -> dict[str, Any]:
    """The behaviour as plain values; states and rules in file order, because it decides."""
    return {
        "process": process.name,
        "version": process.version,
        "calendar": process.calendar,
        "calendars": {name: _calendar(calendar) for name, calendar in process.calendars.items()},
        "fields": {name: _plain(field) for name, field in process.fields.items() if name in process.used_fields},
        "opening": _plain(process.opening),
        "states": [_plain(state) for state in process.states],
        "clocks": [_plain(clock) for clock in process.clocks.values()],
        "gives": list(process.gives),
        "migrations": [_plain(migration) for migration in process.migrations.values()],
        **({} if process.seen_by is None else {"seen_by": _plain(process.seen_by)}),
    }


def _calendar(calendar: Calendar) -> dict[str, Any]:
    """Its hours as written; the days of its holidays are stored with a published version, not locked by it."""
    return {
        "zone": str(calendar.zone),
        "weekly": _plain(calendar.weekly),
        "workdays": sorted(calendar.workdays),
        "makeup": _plain(calendar.makeup),
        "exceptions": [[day.isoformat(), _plain(shifts)] for day, shifts in calendar.exceptions],
        "holidays": None if calendar.holidays is None else calendar.holidays.name,
    }


def _plain(value: object) -> object:
    match value:
        case Condition() | Expression():
            return " ".join(value.text.split())
        case Mapping():
            return [[_plain(key), _plain(inner)] for key, inner in value.items()]
        case AbstractSet():
            return sorted(value)
        case tuple() | list():
            return [_plain(inner) for inner in value]
        case None | bool() | int() | str():
            return value
    kind = type(value)
    if attrs.has(kind):
        # What is worked out from the rest says nothing new: a faster engine must not be another process.
        written = [field.name for field in attrs.fields(kind) if field.init and field.name not in _TOLD]
        values = ((name, getattr(value, name)) for name in written)
        return {name: _plain(inner) for name, inner in values if inner or name not in _LATER}
    return str(value)
