"""Values as a story writes them: typed by their fields, with wall-clock times and names of files as short forms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from svcflow.core import dates
from svcflow.core.event import FileRef
from svcflow.core.form import Unfit, is_blank, read_value
from svcflow.core.process import Field, Process
from svcflow.errors import CalendarError


def form_of(process: Process, written: Mapping[str, Any]) -> Mapping[str, Any]:
    """A form as the engine takes it; what is no value of its field is left for the engine to refuse."""
    return MappingProxyType({
        name: _meant(process, process.fields[name], value) if name in process.fields else value
        for name, value in written.items()
    })  # fmt: skip


def value_of(process: Process, name: str, written: object) -> object:
    """The value that a field then has; None where the story writes an empty text, `Unfit` where it is no such value."""
    if is_blank(written):
        return None
    if name not in process.fields:
        return Unfit(f"is no field of {process.name}")
    return read_value(process.fields[name], _meant(process, process.fields[name], written))


def _meant(process: Process, field: Field, written: object) -> object:
    match field.kind:
        case "datetime" if isinstance(written, str):
            return _instant(process, written)
        case "files" if isinstance(written, str):
            return [_file(written)]
        case "files" if isinstance(written, list):
            return [_file(one) if isinstance(one, str) else one for one in written]
        case _:
            return written


def _instant(process: Process, written: str) -> datetime | str:
    """A time without a zone is one of the process's calendar."""
    try:
        moment = datetime.fromisoformat(written)
        if moment.tzinfo is not None:
            return written
        return dates.moment(dates.instant(process.calendars[process.calendar].zone, moment))
    except (ValueError, CalendarError):
        return written


def _file(name: str) -> FileRef:
    """A file that is only named: nobody looks into it."""
    return FileRef(name, name, 0, sha256(name.encode()).hexdigest())
