"""Everything that happened in a store's cases, into one file; and who took private values out stands in the journal."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from attrs import frozen

from svcflow.core.event import Actor
from svcflow.core.process import Process
from svcflow.core.spelling import nearest
from svcflow.engine import Engine
from svcflow.errors import InputError
from svcflow.eventlog import CaseLog, read
from svcflow.export import files, ocel_json
from svcflow.export.objects import NAMING, PERSON
from svcflow.export.relational import OcelDatabase, database
from svcflow.export.tables import CaseTable, EventTable
from svcflow.export.xes import XesLog

Format: TypeAlias = Literal["xes", "ocel", "ocel-sqlite", "csv", "csv-cases"]

FORMATS: tuple[Format, ...] = ("xes", "ocel", "ocel-sqlite", "csv", "csv-cases")
TABLES: tuple[Format, ...] = ("csv", "csv-cases")


class Log(Protocol):
    """A log that is being written."""

    def add(self, log: CaseLog) -> None:
        """Write a case."""


@frozen
class Exported:
    """How many cases and events were written, and in how many journals it stands that private values were taken."""

    cases: int
    events: int
    noted: int


@frozen
class Scope:
    """
    Which cases, and what of them: those opened from `since` up to, but not at, `before`, of a process if one is named.

    `private` names the private fields whose values are not left out. `naming` are the fields whose values are objects
    in OCEL, beside those of type `person`. `for_sheets` writes tables for spreadsheets, in which no text is a formula.
    """

    tenant: str = ""
    process: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    private: frozenset[str] = frozenset()
    naming: Collection[str] = NAMING
    for_sheets: bool = False


def export(
    engine: Engine,
    to: Format,
    path: Path,
    scope: Scope = Scope(),
    *,
    actor: Actor | None = None,
    progress: Callable[[int], None] = lambda _cases: None,
) -> Exported:
    """
    Write what happened in the cases of a store into a file, packed if its name ends in `.gz`, whole or not at all.

    Memory does not grow with the number of cases. When private values are written, a note of `actor` says so in the
    journal of each case, before the file has its name. `progress` is called with 1 after each case.

    Raises:
        InputError: If private values are wanted and nobody says for whom, a named field is none, the format is not one
            for what is wanted, or cases are stored in the file.
        ProcessNotFound: If the named process was never published.
        StoreError: If the store cannot be used.
        OSError: If the file cannot be written.
    """
    files.no_store(path)
    processes = _processes(engine, scope)
    _check(processes, scope, to, actor)
    packed = path.suffix == ".gz"
    if packed and to == "ocel-sqlite":
        raise InputError(f"{path}: a database is not packed; name it without .gz")
    cases = events = 0
    taken: list[tuple[str, str]] = []
    private = defaultdict[str, frozenset[str]](frozenset)
    for version in processes:
        private[version.name] |= version.private
    with files.whole(path) as part:
        with _writing(to, part, processes, scope, packed=packed) as log:
            for one in read(
                engine, tenant=scope.tenant, process=scope.process, since=scope.since, before=scope.before,
                shown=scope.private,
            ):  # fmt: skip
                log.add(one)
                cases, events = cases + 1, events + len(one.entries)
                if names := _given(one) & private[one.process] & scope.private:
                    taken.append((one.id, ", ".join(sorted(names))))
                progress(1)
        if actor is not None:
            for case, fields in taken:
                told = f"exported to {path.name} ({to}), with private values: {fields}"
                engine.note(case, told, actor=actor, tenant=scope.tenant)
    return Exported(cases, events, len(taken))


def _processes(engine: Engine, scope: Scope) -> list[Process]:
    """Every published version of what is exported, in order."""
    if scope.process is not None:
        engine.process(scope.process, tenant=scope.tenant)
    records = engine.store.processes(scope.tenant)
    wanted = (one for one in records if scope.process in {None, one.name})
    return [engine.process(one.name, one.version, tenant=scope.tenant) for one in wanted]


def _check(processes: Iterable[Process], scope: Scope, to: Format, actor: Actor | None) -> None:
    _known(scope.private, frozenset[str]().union(*(one.private for one in processes)), "private field")
    _known(
        frozenset(scope.naming).difference(NAMING), frozenset[str]().union(*(one.fields for one in processes)), "field"
    )
    if scope.for_sheets and to not in TABLES:
        raise InputError(f"{to} is not for spreadsheets; {' and '.join(TABLES)} are")
    if scope.private and actor is None:
        raise InputError("private values are only exported for somebody: the journals say who took them")


def _known(named: frozenset[str], known: frozenset[str], what: str) -> None:
    for name in sorted(named - known):
        near = nearest(name, known)
        hint = "" if near is None else f"; did you mean `{near}`?"
        raise InputError(f"no published process has a {what} `{name}`{hint}")


def _given(log: CaseLog) -> frozenset[str]:
    """The fields of which there are values in a log."""
    return frozenset(log.fields).union(*((*entry.fields, *entry.changes) for entry in log.entries))


# ── the formats ────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _writing(to: Format, part: Path, processes: list[Process], scope: Scope, *, packed: bool) -> Iterator[Log]:
    """The log in its format; it is complete when the context ends well."""
    if to == "ocel-sqlite":
        with _objects(part, processes, scope) as (_, objects):
            yield objects
            objects.finish()
        return
    with files.text(part, packed=packed, mark=scope.for_sheets) as file:
        match to:
            case "xes":
                traces = XesLog(file)
                yield traces
                traces.finish()
            case "csv":
                yield EventTable(file, _fields(processes, scope), for_sheets=scope.for_sheets)
            case "csv-cases":
                clocks = dict.fromkeys(name for one in processes for name in one.clocks)
                yield CaseTable(file, _fields(processes, scope), clocks, for_sheets=scope.for_sheets)
            case "ocel":
                with files.beside(part) as spool, _objects(spool, processes, scope) as (connection, objects):
                    yield objects
                    objects.finish()
                    ocel_json.write(file, connection, objects)


@contextmanager
def _objects(
    path: Path, processes: Iterable[Process], scope: Scope
) -> Iterator[tuple[sqlite3.Connection, OcelDatabase]]:
    naming: dict[str, dict[str, str]] = {}
    for one in processes:
        persons = {name: PERSON for name, field in one.fields.items() if field.kind == "person"}
        things = {name: name for name in one.fields if name in scope.naming}
        naming[one.name] = naming.get(one.name, {}) | persons | things
    with database(path) as connection:
        yield connection, OcelDatabase(connection, naming)


def _fields(processes: Iterable[Process], scope: Scope) -> tuple[str, ...]:
    """The fields that any version has, without those that are private everywhere and not wanted."""
    shown = (name for one in processes for name in one.fields if name not in one.private - scope.private)
    return tuple(dict.fromkeys(shown))
