"""Read what stands in a file of calendar vectors, and write answers as such a file writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TypeAlias, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from svcflow.core.calendar import Calendar, Shift
from svcflow.errors import CalendarError, InputError

Row: TypeAlias = Mapping[str, object]
Choice = TypeVar("Choice")

UNITS = {
    "calendar": False,
    "working": True,
    "business": True,
    "working_days": True,
    "business_days": True,
}
ROLLS = {"none": 0, "next": 1, "next_working": 1, "previous": -1, "previous_working": -1}

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read(document: str) -> tuple[Row, Mapping[str, Calendar]]:
    """
    The whole of a file, and its calendars.

    Raises:
        InputError: If it is no JSON object with calendars.
    """
    try:
        found = json.loads(document)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"not JSON: {exc}") from exc
    if not isinstance(found, dict):
        raise InputError("the file is no JSON object with `calendars` and lists of vectors")
    return found, {name: _calendar(name, row(found["calendars"], name)) for name in row(found, "calendars")}


def row(place: object, key: str) -> Row:
    """The object under a key."""
    found = _value(place, key)
    if not isinstance(found, dict):
        raise InputError(f"`{key}` is no JSON object")
    return found


def rows(place: Row, key: str) -> tuple[Row, ...]:
    """The list of objects under a key; none if there is no such key."""
    return tuple(_object(item, key) for item in _list(place.get(key, []), key))


def text(place: Row, key: str) -> str:
    """The text under a key."""
    found = _value(place, key)
    if not isinstance(found, str):
        raise InputError(f"`{key}` is no text: {found!r}")
    return found


def whole(place: Row, key: str) -> int:
    """The whole number under a key."""
    found = _value(place, key)
    if not isinstance(found, int) or isinstance(found, bool):
        raise InputError(f"`{key}` is no whole number: {found!r}")
    return found


def seconds(place: Row, key: str) -> timedelta:
    """The number of seconds under a key."""
    return length(_value(place, key), key)


def length(value: object, key: str) -> timedelta:
    """A number of seconds as a length."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InputError(f"`{key}` is no number of seconds: {value!r}")
    try:
        return timedelta(seconds=value)
    except (OverflowError, ValueError) as exc:
        raise InputError(f"`{key}` is too many seconds: {value!r}") from exc


def moment(place: Row, key: str) -> datetime:
    """The moment under a key."""
    return instant(_value(place, key), key)


def instant(value: object, key: str) -> datetime:
    """An ISO 8601 text with an offset as an aware moment."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InputError(f"`{key}` is no moment with an offset, as in 2026-05-04T09:00:00+00:00: {value!r}")
    return found


def day(place: Row, key: str) -> date:
    """The date under a key."""
    return _date(text(place, key))


def choice(place: Row, key: str, words: Mapping[str, Choice]) -> Choice:
    """What a word under a key stands for; a missing key and null stand for the first word."""
    found = place.get(key)
    if found is None:
        return next(iter(words.values()))
    if not isinstance(found, str) or found not in words:
        raise InputError(f"`{key}` is none of {', '.join(words)}: {found!r}")
    return words[found]


def calendar(place: Row, calendars: Mapping[str, Calendar]) -> Calendar:
    """The calendar that a vector names."""
    return named(text(place, "calendar"), calendars)


def named(name: object, calendars: Mapping[str, Calendar]) -> Calendar:
    """The calendar of a name."""
    found = calendars.get(name) if isinstance(name, str) else None
    if found is None:
        raise InputError(f"no calendar is called {name!r}")
    return found


def only(place: Row, *keys: str) -> Row:
    """Those of some keys that are there."""
    return {key: place[key] for key in keys if key in place}


def events(place: Row) -> tuple[tuple[datetime, str, object], ...]:
    """The events of a clock, as (moment, word, argument)."""
    found = []
    for event in _list(_value(place, "events"), "events"):
        parts = _list(event, "events")
        at, kind, argument = (*parts, None, None, None)[:3]
        if not isinstance(kind, str):
            raise InputError(f"an event is a moment, a word and perhaps an argument, not {event!r}")
        found.append((instant(at, "events"), kind, argument))
    return tuple(found)


def percents(place: Row, key: str, default: tuple[int, ...]) -> tuple[int, ...]:
    """The whole percentages under a key."""
    found = _list(place.get(key) or list(default), key)
    return tuple(whole({key: item}, key) for item in found)


def utc(at: datetime | None) -> str | None:
    """A moment as the files write it, in UTC with a `Z`."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def wall(at: datetime | None, zone: tzinfo) -> str | None:
    """A moment as the clocks of a zone show it, with their offset."""
    return None if at is None else at.astimezone(zone).isoformat()


def number(value: timedelta) -> int | float:
    """A length in seconds, whole where it is."""
    found = value.total_seconds()
    return int(found) if found.is_integer() else found


def _value(place: object, key: str) -> object:
    found = _object(place, key)
    if key not in found:
        raise InputError(f"`{key}` is missing")
    return found[key]


def _object(value: object, key: str) -> Row:
    if not isinstance(value, dict):
        raise InputError(f"`{key}` belongs to a JSON object, not {value!r}")
    return value


def _list(value: object, key: str) -> list[object]:
    if not isinstance(value, list):
        raise InputError(f"`{key}` is no list")
    return value


def _date(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError as exc:
        raise InputError(f"{value!r} is no date") from exc


def _calendar(name: str, place: Row) -> Calendar:
    try:
        zone = ZoneInfo(text(place, "tz"))
        exceptions = {_date(day): () for day in _list(place.get("holidays", []), "holidays")}
        extra = _object(place.get("extra_workdays", {}), "extra_workdays")
        return Calendar(
            name,
            zone,
            {_weekday(weekday): _shifts(windows) for weekday, windows in row(place, "weekly").items()},
            exceptions={**exceptions, **{_date(day): _shifts(windows) for day, windows in extra.items()}},
        )
    except (InputError, CalendarError, ZoneInfoNotFoundError, OSError, ValueError) as exc:
        raise InputError(f"calendar {name}: {exc}") from exc


def _weekday(word: str) -> int:
    if word not in _WEEKDAYS:
        raise InputError(f"{word!r} is no weekday; they are {' '.join(_WEEKDAYS)}")
    return _WEEKDAYS.index(word)


def _shifts(windows: object) -> tuple[Shift, ...]:
    found = []
    for window in _list(windows, "hours"):
        match window:
            case [str(opens), str(closes)]:
                found.append(Shift.between(opens, closes))
            case _:
                raise InputError(f"hours are a pair of times of day, not {window!r}")
    return tuple(found)
