"""Figures beyond their limits open cases: one for each figure, group and month, however often somebody looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from attrs import evolve, frozen

from svcflow.clocks import utc
from svcflow.core.event import SYSTEM, Actor
from svcflow.core.plain import digest
from svcflow.engine import Engine
from svcflow.errors import InputError, KeyConflict, NotInForce, Refused
from svcflow.eventlog import CaseLog, read
from svcflow.report.doubts import PLACE, doubts
from svcflow.report.kpi import KPIS, Kpi
from svcflow.report.measures import Measures, Watch
from svcflow.report.reporting import report
from svcflow.report.telling import worth

_KEY = "limit:"
"""How the keys of openings begin."""


@frozen
class Alarm:
    """
    A figure beyond its limit in one month and group, and the case of `process` that is to be opened for it.

    `case` stands for it: opened by this look if `new`, else by an earlier one. Of several who look at the same instant
    each may say `new` of one case. Where there is none, the process did not take it, and `refused` says why, or nobody
    has tried.
    """

    kpi: Kpi
    key: str
    process: str
    fields: Mapping[str, str]
    case: str | None = None
    new: bool = False
    refused: str | None = None


def watch(
    engine: Engine,
    measures: Measures,
    *,
    since: datetime | None = None,
    dry_run: bool = False,
    actor: Actor = SYSTEM,
    tenant: str = "",
) -> tuple[Alarm, ...]:
    """
    Look at every figure that is watched, and open a case for each month and group in which it is beyond its limit.

    Months are those in which cases were opened, in UTC: from the one of `since` on, by default the month before this
    one. The key of the opening names figure, group and month, so that a second look opens nothing twice, also where two
    look at once; what was opened is known for ever. A process that refuses, or of which no version is in force, holds
    up no other.

    Raises:
        InputError: Something is wrong with what is watched, or `since` is without a zone.
        ProcessNotFound: A process that would be opened is not published, also where nothing is beyond its limit.
    """
    published(engine, measures, tenant=tenant)
    first = first_month(since, engine.clock.now())
    logs = read(engine, tenant=tenant, since=measures.needed_since(first))
    return open_cases(engine, alarms(logs, measures, since=first), dry_run=dry_run, actor=actor, tenant=tenant)


def published(engine: Engine, measures: Measures, *, tenant: str = "") -> None:
    """
    Look up every process that may be opened, so that a wrong name is told before the first alarm.

    Raises:
        ProcessNotFound: One of them is not published.
    """
    for process in dict.fromkeys(one.process for one in measures.watch.values()):
        engine.process(process, tenant=tenant)


def first_month(since: datetime | None, now: datetime) -> datetime:
    """
    The beginning of the month of `since`; without one, of the month before that of `now`.

    Raises:
        InputError: If `since` is without a zone.
    """
    if since is None:
        since = _beginning(now) - timedelta(days=1)
    return _beginning(since)


def _beginning(at: datetime) -> datetime:
    return utc(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def alarms(logs: Iterable[CaseLog], measures: Measures, *, since: datetime | None = None) -> tuple[Alarm, ...]:
    """
    What is beyond its limit by these logs, which are those of all processes; nothing is opened.

    Cases that were opened for an alarm count in no figure: else they would heal, or be, what they are opened for.

    Raises:
        InputError: Something is wrong with what is watched.
    """
    wrong = [f"watch: {figure}: {what}" for figure, what in doubts(measures)]
    if wrong:
        raise InputError("\n".join(wrong))
    groups = ["+".join(("month", *one.by)) for one in measures.watch.values()]
    made = report((log for log in logs if not _is_of_alarm(log)), measures, by=groups, since=since)
    return tuple([_alarm(kpi, measures.watch[kpi.name]) for kpi in made.breaches if _is_watched(kpi, measures)])


def _is_of_alarm(log: CaseLog) -> bool:
    return bool(log.entries) and (log.entries[0].key or "").startswith(_KEY)


def _is_watched(kpi: Kpi, measures: Measures) -> bool:
    one = measures.watch.get(kpi.name)
    if one is None or kpi.count < one.least:
        return False
    return {*kpi.by} - {KPIS[kpi.name].own} == {"month", *one.by}


def _alarm(kpi: Kpi, one: Watch) -> Alarm:
    group = {name: value for name, value in sorted(kpi.by.items()) if name != "month"}
    said = {
        **kpi.by, "figure": kpi.name, "value": worth(kpi.unit, kpi.value), "limit": worth(kpi.unit, kpi.limit),
        "count": str(kpi.count),
    }  # fmt: skip
    filled = {name: PLACE.sub(lambda place: said[place[1]], text).strip() for name, text in one.fields.items()}
    fields = MappingProxyType({name: text for name, text in filled.items() if text})
    return Alarm(kpi, f"{_KEY}{kpi.name}:{kpi.by['month']}:{digest(group)[:32]}", one.process, fields)


def open_cases(
    engine: Engine, found: Iterable[Alarm], *, dry_run: bool = False, actor: Actor = SYSTEM, tenant: str = ""
) -> tuple[Alarm, ...]:
    """
    Open the case of each alarm that has none yet, or with `dry_run` only find those that there are.

    Raises:
        ProcessNotFound: A process that would be opened is not published; nothing was opened.
    """
    listed = tuple(found)
    for process in {one.process for one in listed}:
        engine.process(process, tenant=tenant)
    return tuple([_opened(engine, one, dry_run=dry_run, actor=actor, tenant=tenant) for one in listed])


def _opened(engine: Engine, alarm: Alarm, *, dry_run: bool, actor: Actor, tenant: str) -> Alarm:
    known = engine.store.known(tenant, None, alarm.key)
    if known is not None:
        return evolve(alarm, case=known.case)
    if dry_run:
        return alarm
    try:
        case = engine.open(alarm.process, alarm.fields, actor=actor, key=alarm.key, tenant=tenant)
    except KeyConflict:  # Somebody else looked at the same time, and the value had changed in between.
        return _opened(engine, alarm, dry_run=True, actor=actor, tenant=tenant)
    except (NotInForce, Refused) as refused:
        return evolve(alarm, refused=str(refused))
    return evolve(alarm, case=case.id, new=True)
