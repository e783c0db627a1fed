"""A recorded log as values: rows by case, in the order of the file, each with its time and what the map makes of it."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, TextIO, TypeAlias, cast

from attrs import frozen

from svcflow.core.event import EMPTY, SYSTEM, Actor
from svcflow.errors import InputError
from svcflow.replay import xes
from svcflow.replay.mapping import Column, LogMap, Moments, Unreadable, meant, shown

NOBODY = "unknown"
"""The id of whoever acted where the log has a column of persons and this row's cell is empty."""

MOST_SHOWN = 40
"""Columns listed in a message."""

YEARS = range(1950, 2150)
"""Years in which things happen. Time runs on to the last time of a log: a slip in a year would take it centuries."""

LONGEST_LINE = 4 * 2**20
"""Characters of a line of CSV: a packed one without end must not be unpacked whole."""

_DELIMITERS = ",;\t|"
_XLSX = b"PK\x03\x04"

Table: TypeAlias = Iterator[tuple[int, list[str]]]
"""Rows as (line on which a row stands, its cells)."""


@frozen
class Row:
    """
    One row: its `number` in the log (1 is the first below the header), when it happened, and the event it stands for.

    `event` None means that nothing is sent. `problem` says why what the row holds cannot be mapped. `cells` holds what
    stands in the columns of the mapped fields, by field.
    """

    number: int
    at: datetime
    event: str | None
    actor: Actor
    cells: Mapping[str, str] = EMPTY
    problem: str = ""


@frozen
class Log:
    """
    The rows of each case in file order, cases in the order of their first rows; `opened` says when each was opened.

    `end` is the latest time of any row, None for a log without rows.
    """

    cases: Mapping[str, tuple[Row, ...]]
    opened: Mapping[str, datetime]
    rows: int
    end: datetime | None


def read_log(path: Path, log_map: LogMap) -> Log:
    """
    Read a log: XES when its name ends in `.xes`, else CSV with a header, in UTF-8; packed when it ends in `.gz`.

    A `;`, tab or `|` between the cells of CSV is recognised. The columns of XES are the keys of its attributes, with
    `case:` before those of a trace.

    Raises:
        InputError: If the file is missing, is no such file, lacks a column of the map, or a case or time is unreadable.
    """
    try:
        with _unpacked(path) as raw:
            if path.name.removesuffix(".gz").endswith(".xes"):
                return _read_xes(raw, path, log_map)
            with io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as file:
                table = _cells(_texts(file, path), path)
                return _read(table, next(table, (1, []))[1], path, log_map)
    except UnicodeDecodeError:
        raise InputError(_not_utf8(path)) from None
    except OSError as problem:
        raise InputError(f"{path}: {problem.strerror or problem}") from None
    except (EOFError, zlib.error) as problem:
        raise InputError(f"{path}: this is no whole .gz file: {problem}") from None


def _unpacked(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _read_xes(file: BinaryIO, path: Path, log_map: LogMap) -> Log:
    """Attributes stand where they apply: only at the end is it known that a column of the map is in no event at all."""
    columns = {column.name: column for column in log_map.columns()}
    there: set[str] = set()
    log = _read(_watched(xes.table(file, path, list(columns)), list(columns), there), list(columns), path, log_map)
    if log.rows and len(there) < len(columns):
        with _unpacked(path) as again:
            header = xes.seen(again, path)
        _all_there(columns.values(), header, path)
    return log


def _watched(table: Table, columns: Sequence[str], there: set[str]) -> Table:
    for line, cells in table:
        if len(there) < len(columns):
            there.update(name for name, cell in zip(columns, cells, strict=True) if cell)
        yield line, cells


def _read(table: Table, header: list[str], path: Path, log_map: LogMap) -> Log:
    cases: dict[str, list[Row]] = {}
    opened: dict[str, datetime] = {}
    number, end = 0, None
    make = _Maker(log_map, header, path)
    for number, (line, cells) in enumerate(table, start=1):
        case, row = make.row(number, line, cells)
        if case not in cases:
            cases[case] = []
            opened[case] = make.opened(number, line, cells, row.at)
        cases[case].append(row)
        end = row.at if end is None else max(end, row.at)
    kept = {case: tuple(rows) for case, rows in cases.items()}
    return Log(MappingProxyType(kept), MappingProxyType(opened), number, end)


def _texts(file: TextIO, path: Path) -> Iterator[str]:
    for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE), ""), start=1):
        if len(line) == LONGEST_LINE:
            raise InputError(
                f"{path}:{number}: this line has {LONGEST_LINE:,} characters or more; a log has short ones"
            )
        if "\0" in line:
            raise InputError(f"{path}:{number}: this is no text; a log is a CSV file in UTF-8")
        yield line


def _delimiter(header: str) -> str:
    """What stands between the columns: the one of the usual four that the header holds most of."""
    return max(_DELIMITERS, key=header.count)


def _cells(lines: Iterator[str], path: Path) -> Table:
    """The rows as (line on which a row ends, its cells without blanks around them); empty rows are passed over."""
    first = next(lines, "")
    reader = csv.reader(chain((first,), lines), delimiter=_delimiter(first), strict=True)
    width = line = 0
    try:
        for cells in reader:
            line = reader.line_num
            if not any(cells):
                continue
            width = width or len(cells)
            if len(cells) != width:
                raise InputError(f"{path}:{line}: this row has {len(cells):,} cells, the header has {width:,}")
            yield line, [cell.strip() for cell in cells]
    except csv.Error as problem:
        raise InputError(f"{path}:{line + 1}: not readable as CSV: {problem}") from None


class _Maker:
    """Makes rows of cells; the columns are looked up once."""

    def __init__(self, log_map: LogMap, header: list[str], path: Path) -> None:
        self.map, self.path = log_map, path
        twice = [name for name, count in Counter(header).items() if name and count > 1]
        if not any(header):
            raise InputError(f"{path}: a log begins with a line that names its columns, and this file has none")
        if twice:
            raise InputError(f"{path}:1: the column {shown(twice[0])} is there twice")
        self.at = {name: number for number, name in enumerate(header)}
        _all_there(log_map.columns(), header, path)
        self.case, self.time = self.at[log_map.case.name], self.at[log_map.time.column.name]
        self.event = self.at[log_map.event.column.name]
        self.fields = tuple((name, self.at[words.column.name]) for name, words in log_map.fields.items())
        self.actors: dict[tuple[str, str], Actor] = {}

    def row(self, number: int, line: int, cells: list[str]) -> tuple[str, Row]:
        """The case a row belongs to, and the row."""
        case = cells[self.case]
        if not case:
            raise InputError(f"{self.path}:{line}: row {number} has no case: `{self.map.case.name}` is empty")
        at, event, problem = self.without_time(number, line, cells), None, ""
        if at is None:
            at = self.moment(self.map.time, number, line, cells[self.time])
            try:
                event = self.map.event.read(cells[self.event])
            except Unreadable as why:
                event, problem = cells[self.event], str(why)
        mapped = MappingProxyType({name: cells[at] for name, at in self.fields}) if self.fields else EMPTY
        return case, Row(number, at, event, self.actor(cells), mapped, problem)

    def without_time(self, number: int, line: int, cells: list[str]) -> datetime | None:
        """When the case of a row without a time was opened, which then is all that the row says; else None."""
        column = self.map.opened
        cell = "" if column is None or cells[self.time] else cells[self.at[column.name]]
        return self.opened(number, line, cells, datetime.max.replace(tzinfo=UTC)) if cell else None

    def opened(self, number: int, line: int, cells: list[str], at: datetime) -> datetime:
        """When the case of this row, its first, was opened."""
        column = self.map.opened
        cell = "" if column is None else cells[self.at[column.name]]
        if column is None or not cell:
            return at
        return self.moment(Moments(column, self.map.time.zone, self.map.time.form), number, line, cell)

    def moment(self, moments: Moments, number: int, line: int, cell: str) -> datetime:
        try:
            at, problem = moments.read(cell), ""
        except Unreadable as why:
            at, problem = None, str(why)
        if at is not None and at.year in YEARS:
            return at
        problem = problem or f"{shown(cell)} lies outside the years {YEARS[0]} to {YEARS[-1]}"
        raise InputError(f"{self.path}:{line}: row {number}, column `{moments.column.name}`: {problem}")

    def actor(self, cells: list[str]) -> Actor:
        """Who sent the event of a row; the same value for the same person."""
        senders = self.map.actor
        if senders is None:
            return SYSTEM
        name = (cells[self.at[senders.column.name]] if senders.column else "") or NOBODY
        held = cells[self.at[senders.held.name]] if senders.held else ""
        if (name, held) not in self.actors:
            roles = frozenset(role for part in held.split(",") if (role := part.strip()))
            self.actors[name, held] = Actor(name, senders.roles | roles, qualifications=senders.qualifications)
        return self.actors[name, held]


def _all_there(columns: Iterable[Column], header: list[str], path: Path) -> None:
    missing = [_missing(column, header, path) for column in columns if column.name not in header]
    if missing:
        raise InputError("\n".join([*dict.fromkeys(missing), f"columns of {path}: {_listed(header)}"]))


def _missing(column: Column, header: list[str], path: Path) -> str:
    return f"{column.where}: {path} has no column `{column.name}`{meant(column.name, header)}"


def _listed(header: list[str]) -> str:
    more = f" and {len(header) - MOST_SHOWN:,} more" if len(header) > MOST_SHOWN else ""
    return ", ".join(name if len(name) <= MOST_SHOWN else shown(name) for name in header[:MOST_SHOWN]) + more


def _not_utf8(path: Path) -> str:
    """Where a file stops being UTF-8; looked for only now, since reading by lines of bytes takes its time."""
    with _unpacked(path) as file:
        if file.read(len(_XLSX)) == _XLSX:
            return f"{path}: this is a spreadsheet; save it as CSV in UTF-8"
        file.seek(0)
        for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE), b""), start=1):
            if len(line) == LONGEST_LINE:
                return f"{path}:{number}: not UTF-8 text; save the log as UTF-8"
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as problem:
                byte = f"byte {problem.start + 1} of the line is {line[problem.start]:#04x}"
                return f"{path}:{number}: not UTF-8 text ({byte}); save the log as UTF-8"
    return f"{path}: not UTF-8 text; save the log as UTF-8"
