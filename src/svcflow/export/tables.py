"""Logs as tables: one row per event, and one row per case, with columns that are known before the first row."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from svcflow.eventlog import CaseLog
from svcflow.export.happenings import CLOCK_ATTRIBUTES, FIELD, happenings, of_case, text_of

EVENT_COLUMNS = (
    "case", "process", "version", "tenant", "seq", "time", "kind", "activity", "event", "step", "child", "actor",
    "roles", "groups", "on_behalf_of", "state",
)  # fmt: skip
CASE_COLUMNS = (
    "case", "process", "version", "tenant", "status", "state", "opened_at", "ended_at", "parent", "origin", "entries",
)  # fmt: skip

_FORMULA = re.compile(r"[=+\-@\t\r\n]")


class EventTable:
    """One row per event; `fields` are the names of all fields that an event can give."""

    def __init__(self, file: TextIO, fields: Iterable[str], *, for_sheets: bool = False) -> None:
        self._rows = _Rows(file, [*EVENT_COLUMNS, *_columns(fields)], for_sheets=for_sheets)

    def add(self, log: CaseLog) -> None:
        """Write the events of a case."""
        case = {"case": log.id, "process": log.process, "version": log.version, "tenant": log.tenant}
        for happening in happenings(log):
            entry, actor = happening.entry, happening.entry.actor
            who = {"actor": actor.id, "roles": joined(actor.roles), "groups": joined(actor.groups)}
            what = {"time": entry.at, "activity": entry.name}
            self._rows.write(case | what | who | happening.attributes())


class CaseTable:
    """One row per case, as it stands now; `clocks` are the names of all SLA clocks."""

    def __init__(self, file: TextIO, fields: Iterable[str], clocks: Iterable[str], *, for_sheets: bool = False) -> None:
        times = [f"clock.{name}.{what}" for name in clocks for what in CLOCK_ATTRIBUTES]
        self._rows = _Rows(file, [*CASE_COLUMNS, *times, *_columns(fields)], for_sheets=for_sheets)

    def add(self, log: CaseLog) -> None:
        """Write the row of a case."""
        state = ""
        for happening in happenings(log):
            state = happening.state
        self._rows.write({"case": log.id, "state": state, "entries": len(log.entries)} | of_case(log))


class _Rows:
    def __init__(self, file: TextIO, columns: Sequence[str], *, for_sheets: bool) -> None:
        # As RFC 4180 has it; and only so does Python quote a cell with a lone carriage return.
        self._writer = csv.writer(file, lineterminator="\r\n")
        self._columns, self._for_sheets = columns, for_sheets
        self._writer.writerow(columns)

    def write(self, known: dict[str, Any]) -> None:
        self._writer.writerow([self._cell(known.get(name)) for name in self._columns])

    def _cell(self, value: object) -> str:
        if self._for_sheets and isinstance(value, str) and _FORMULA.match(value):
            return f"'{value}"
        return text_of(value)


def joined(names: Iterable[str]) -> str:
    """Roles or groups as one text."""
    return ", ".join(sorted(names))


def _columns(fields: Iterable[str]) -> list[str]:
    return [f"{FIELD}{name}" for name in fields]
