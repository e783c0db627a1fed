"""The log of one case: a pure reading of its journal and of what its clocks have measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from itertools import chain
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from attrs import evolve, frozen

from svcflow.core import clock as stopwatch
from svcflow.core.case import Case
from svcflow.core.clock import Clock
from svcflow.core.dates import NO_TIME
from svcflow.core.decision import JournalEntry
from svcflow.core.event import EMPTY
from svcflow.core.process import Process
from svcflow.core.quick import quick
from svcflow.eventlog.stays import Stay, Versions, stays

Verdict: TypeAlias = Literal["met", "late", "neither", "running"]


@frozen
class Visit:
    """
    One stay in a leaf state or in a group (`leaf` says which), in the order in which they began.

    It goes from `since` to `until`: when it was left, or when the case ended in it, else None. `came` is the entry
    that led into it, with its actor; `went` is the one that led out, None for the state in which the case is or ended.
    `worked` is the working time in it, up to now, on the calendar of the process.
    """

    path: str
    leaf: bool
    since: datetime
    until: datetime | None
    came: JournalEntry
    went: JournalEntry | None
    worked: timedelta


@frozen
class Cycle:
    """
    One cycle of an SLA clock, or one stay under a `limit` (`name` is then the path of its state).

    `elapsed` is the working time that it has used, `target` what was promised, None while nobody knows. `paused` is
    how long it stood still between `start` and `stop`, by the clock on the wall. `verdict`: `late` as soon as it ran
    on after its due instant, `met` when it stopped before, `running` while it can still be met, `neither` when there
    was no target or the case was cancelled before the due. `fired` are the escalation steps that were carried out.
    """

    name: str
    kind: Literal["clock", "limit"]
    number: int
    start: datetime
    stop: datetime | None
    elapsed: timedelta
    target: timedelta | None
    paused: timedelta
    verdict: Verdict
    fired: tuple[str, ...] = ()


@frozen
class CaseLog:
    """
    One case with all that happened to it up to `now`; private values are in no part of it.

    `entries` is its journal in order. `parent` is the case that waits for this one, `origin` the one that ran or
    started it, `started` are those that it ran or started itself: ids, None where there is none. `definition` is the
    version that it lives by: what could have happened.
    """

    id: str
    tenant: str
    process: str
    version: int
    status: Literal["open", "done", "cancelled"]
    opened_at: datetime
    ended_at: datetime | None
    now: datetime
    fields: Mapping[str, Any]
    entries: tuple[JournalEntry, ...]
    visits: tuple[Visit, ...]
    cycles: tuple[Cycle, ...]
    parent: str | None = None
    origin: str | None = None
    started: tuple[str, ...] = ()
    definition: Process | None = None


_log, _visit, _told = quick(CaseLog), quick(Visit), quick(Cycle)


def case_log(
    case: Case,
    entries: Sequence[JournalEntry],
    process: Process,
    now: datetime,
    *,
    versions: Versions | None = None,
    shown: AbstractSet[str] = frozenset(),
) -> CaseLog:
    """
    The log of a case from its snapshot and journal, as of `now`; `process` is the version that it lives by.

    `versions` answers other versions by their number: it is asked about a case that was migrated, also for what was
    private in them. A value is private if the version by which the case then lived, or a later one of it, says so; of
    `fields` those are left out that were private in any of them. `shown` names private fields whose values are not left
    out, where the journal has them.
    """
    journal, hidden = _public(entries, process, versions, shown)
    opened = journal[0].detail if journal else EMPTY
    return _log(
        case.id, case.tenant, case.process, case.version, case.status, case.opened_at, case.ended_at, now,
        _public_fields(case.fields, hidden), journal,
        _visits(stays(journal, process, versions), process, case.ended_at, now),
        tuple([_cycle(clock, process, now) for clock in _in_order(case)]),
        None if case.parent is None else case.parent.case, opened.get("origin"),
        tuple(chain.from_iterable(entry.starts for entry in journal)), process,
    )  # fmt: skip


def _public(
    entries: Sequence[JournalEntry], process: Process, versions: Versions | None, shown: AbstractSet[str]
) -> tuple[tuple[JournalEntry, ...], frozenset[str]]:
    """The journal without private values, and what was private in any version by which the case lived."""
    hidden = process.private - shown
    public = []
    # From the end: what a later version has as private is so in the entries before it, but not the other way around.
    for entry in reversed(entries):
        if entry.kind == "migrated" and versions is not None:
            hidden |= versions(entry.detail["from"]).private - shown
        public.append(_public_entry(entry, hidden))
    return tuple(reversed(public)), hidden


def _public_entry(entry: JournalEntry, hidden: frozenset[str]) -> JournalEntry:
    if hidden.isdisjoint(entry.fields) and hidden.isdisjoint(entry.changes):
        return entry
    return evolve(entry, fields=_public_fields(entry.fields, hidden), changes=_public_fields(entry.changes, hidden))


def _public_fields(fields: Mapping[str, Any], hidden: frozenset[str]) -> Mapping[str, Any]:
    if hidden.isdisjoint(fields):
        return fields
    return MappingProxyType({name: value for name, value in fields.items() if name not in hidden})


def _visits(found: Sequence[Stay], process: Process, ended_at: datetime | None, now: datetime) -> tuple[Visit, ...]:
    groups = {stay.path.rpartition(".")[0] for stay in found}
    elapsed = process.calendars[process.calendar].elapsed
    visits = []
    for stay in found:
        since = stay.came.at
        until = ended_at if stay.went is None else stay.went.at
        end = now if until is None else until
        worked = elapsed(since, end) if end > since else NO_TIME
        visits.append(_visit(stay.path, stay.path not in groups, since, until, stay.came, stay.went, worked))
    return tuple(visits)


def _in_order(case: Case) -> list[Clock]:
    return sorted((*case.cycles, *case.clocks.values()), key=lambda clock: clock.started_at)


def _cycle(clock: Clock, process: Process, now: datetime) -> Cycle:
    limit = clock.name.startswith("limit:")
    return _told(
        clock.name.removeprefix("limit:"), "limit" if limit else "clock", clock.cycle, clock.started_at,
        clock.stopped_at, stopwatch.elapsed(clock, process.calendars, now), clock.target, _paused(clock, now),
        _verdict(clock, process, now), tuple([name for name, done in clock.steps if done == "fired"]),
    )  # fmt: skip


def _verdict(clock: Clock, process: Process, now: datetime) -> Verdict:
    met = stopwatch.met(clock, process.calendars, now)
    if met is None:
        return "running" if clock.state != "stopped" and clock.target is not None else "neither"
    return "met" if met else "late"


def _paused(clock: Clock, now: datetime) -> timedelta:
    """The time between its stretches, and after the last one where it ended standing still."""
    still, since = NO_TIME, clock.started_at
    for segment in clock.segments:
        still += max(segment.start - since, NO_TIME)
        if segment.end is None:
            return still
        since = segment.end
    return still + max((clock.stopped_at or now) - since, NO_TIME)
