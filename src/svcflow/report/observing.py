"""What one case has to say about every key figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from attrs import define, field

from svcflow.core.decision import JournalEntry
from svcflow.core.event import is_system
from svcflow.eventlog import CaseLog
from svcflow.report.flow import passed
from svcflow.report.measures import WORKING, Measures, way_of


class Observation(NamedTuple):
    """
    One value for a key figure. `own` is the value of the dimension that this figure always has.

    With an `of` other than 1 the value is a sum: so many hits of so many.
    """

    kpi: str
    value: float
    own: str = ""
    of: int = 1


@define
class Past:
    """When each thing was served last and each customer complained: all that is remembered of earlier cases."""

    seen: dict[tuple[str, str, str], datetime] = field(factory=dict)

    def again(self, kind: str, tenant: str, who: str, at: datetime, within: timedelta) -> bool:
        """Whether this one was seen so lately; from now on it has been."""
        before = self.seen.get((kind, tenant, who))
        self.seen[kind, tenant, who] = at
        return before is not None and at - before <= within


def first(fields: Mapping[str, Any], names: tuple[str, ...]) -> Any:  # noqa: ANN401 - a field holds any value
    """The first of these fields that is filled."""
    for name in names:
        value = fields.get(name)
        if value is not None:
            return value
    return None


def observe(log: CaseLog, measures: Measures, past: Past) -> Iterator[Observation]:
    """Everything that this case says; cases come by the time of their opening."""
    yield from _course(log)
    for part in _PARTS:
        yield from part(log, measures)
    again = seen_before(log, measures, past)
    if again is not None:
        yield again


def _course(log: CaseLog) -> Iterator[Observation]:
    """Where it is and was, and how its clocks went."""
    yield Observation("cases", 1)
    yield Observation("completed", log.status == "done")
    yield Observation("cancelled", log.status == "cancelled")
    if log.status == "open":
        yield Observation("open_cases", 1)
    for visit in log.visits:
        if not visit.leaf:
            continue
        if visit.until is None:
            yield Observation("queue", 1, visit.path)
        elif visit.went is not None:
            yield Observation("time_in_state", (visit.until - visit.since).total_seconds(), visit.path)
            yield Observation("work_in_state", visit.worked.total_seconds(), visit.path)
    for cycle in log.cycles:
        # A clock may be named like the state of a limit.
        name = cycle.name if cycle.kind == "clock" else f"limit:{cycle.name}"
        if cycle.verdict in {"met", "late"}:
            yield Observation("clock_met", cycle.verdict == "met", name)
        if cycle.stop is not None:
            yield Observation("clock_time", cycle.elapsed.total_seconds(), name)


def _ours(log: CaseLog, measures: Measures) -> Iterator[JournalEntry]:
    """What people of the house did: not the customer and his people, and not the engine."""
    customers = _customers(log, measures)
    for entry in log.entries:
        if entry.kind == "event" and not is_system(entry.actor) and not _of_customer(entry, customers):
            yield entry


def _customers(log: CaseLog, measures: Measures) -> set[Any]:
    return {log.fields.get(name) for name in measures.dimensions.get("customer", ())} - {None}


def _of_customer(entry: JournalEntry, customers: set[Any]) -> bool:
    """Whether the customer or one of his people acted."""
    actor = entry.actor
    return "customer" in actor.roles or not customers.isdisjoint((actor.id, actor.on_behalf_of, *actor.groups))


def _staff(log: CaseLog, measures: Measures) -> Iterator[Observation]:
    ours = tuple(_ours(log, measures))
    for person in sorted({entry.actor.id for entry in ours}):
        yield Observation("handled", 1, person)
    if measures.response and _happened(log, measures.response) is None:
        return
    answers = (entry.at for entry in ours if not measures.response or entry.name in measures.response)
    answer = next(answers, None)
    took = (answer or log.now) - log.opened_at
    if answer is not None:
        yield Observation("first_response", took.total_seconds())
    if answer is not None or (log.status == "open" and took > measures.response_limit):
        yield Observation("late_response", took > measures.response_limit)


def _resolutions(log: CaseLog, measures: Measures) -> Iterator[Observation]:
    stops = [cycle.stop for cycle in log.cycles if cycle.kind == "clock" and cycle.name in measures.resolution]
    over = [stop for stop in stops if stop is not None]
    if len(over) < len(stops) or log.status == "cancelled":
        return
    solved = max(over, default=log.ended_at)
    if solved is not None:
        yield Observation("resolution", (solved - log.opened_at).total_seconds())


def _quality(log: CaseLog, measures: Measures) -> Iterator[Observation]:
    if log.status != "done" or not measures.serves(log.process):
        return
    rework, reopened = _happened(log, measures.rework), _happened(log, measures.reopen)
    if rework is not None:
        yield Observation("rework", rework)
        yield Observation("first_time_fix", not rework and not reopened)
    if reopened is not None:
        yield Observation("reopened", reopened)


def _happened(log: CaseLog, words: tuple[str, ...]) -> bool | None:
    """Whether one of these events or ways is in its journal; None where its process has none of them."""
    events = {entry.name for entry in log.entries if entry.kind in {"event", "child"}}
    ways = [way for way in map(way_of, words) if way is not None]
    if not events.isdisjoint(words) or (ways and not _ways(log).isdisjoint(ways)):
        return True
    return False if any(knows(log, word) for word in words) else None


def knows(log: CaseLog, word: str) -> bool:
    """Whether the process of a case has this event, or both states of this way."""
    process, way = log.definition, way_of(word)
    if process is None:
        return False
    return word in process.heard if way is None else process.paths.keys() >= {*way}


def _ways(log: CaseLog) -> set[tuple[str, str]]:
    """From which state into which one it went."""
    return {(visit.path, path) for visit, path in passed(log.visits)}


def _opinions(log: CaseLog, measures: Measures) -> Iterator[Observation]:
    """What the customer said in this case; what it got from another one counts there."""
    asked = (*measures.satisfaction, *measures.recommend, *measures.working)
    said: dict[str, Any] = {}
    fixed: object = None
    for entry in log.entries:
        if entry.kind == "event" or (entry.kind == "opened" and log.origin is None):
            said |= {name: entry.fields[name] for name in asked if name in entry.fields}
            if WORKING in entry.fields and _customer_said(log, entry, measures):
                fixed = entry.fields[WORKING]
    score = first(said, measures.satisfaction)
    if _number(score):
        yield Observation("satisfaction", float(score))
        yield Observation("satisfied", score >= measures.satisfied_from)
    recommend = first(said, measures.recommend)
    if _number(recommend):
        yield Observation("nps", 100 if recommend >= _PROMOTER else -100 if recommend <= _DETRACTOR else 0)
    working = first(said, measures.working) if measures.working else fixed
    if isinstance(working, bool):
        yield Observation("fault_repaired", working)


def _customer_said(log: CaseLog, entry: JournalEntry, measures: Measures) -> bool:
    """Whether an entry holds what the customer said: people of the house may have a field of that name, too."""
    told = log.process in measures.callbacks or log.process in measures.problems
    return told or _of_customer(entry, _customers(log, measures))


def _number(value: object) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


# 9 and 10 of 0 to 10 are promoters, 0 to 6 detractors (R162).
_PROMOTER, _DETRACTOR = 9, 6


def _callbacks(log: CaseLog, measures: Measures) -> Iterator[Observation]:
    state = measures.callbacks.get(log.process)
    for cycle in log.cycles:
        if cycle.kind == "limit" and cycle.name == state and cycle.verdict in {"met", "late"}:
            yield Observation("callback_in_time", cycle.verdict == "met")


def _problems(log: CaseLog, measures: Measures) -> Iterator[Observation]:
    if log.process in measures.problems and log.status != "open":
        ends = {visit.path for visit in log.visits if visit.went is None}
        yield Observation("problem_solved", log.status == "done" and ends.isdisjoint(measures.unsolved))


def _complaints(log: CaseLog, measures: Measures) -> Iterator[Observation]:
    """A service counts, a complaint hits: together they are complaints per service."""
    if log.process in measures.complaints:
        yield Observation("complaint_rate", 1, of=0)
    elif measures.serves(log.process):
        yield Observation("complaint_rate", 0)


def _hand_overs(log: CaseLog, measures: Measures) -> Iterator[Observation]:
    owner, changes = None, 0
    for entry in log.entries:
        written = {
            name: part[name] for part in (entry.fields, entry.changes) for name in measures.owner if name in part
        }
        now = first(written, measures.owner)
        changes += owner is not None and now is not None and now != owner
        owner = now or owner
    yield Observation("hand_overs", changes)


def _escalations(log: CaseLog, _: Measures) -> Iterator[Observation]:
    steps = sum(entry.kind == "timer" and "step" in entry.detail for entry in log.entries)
    yield Observation("escalations", steps)
    yield Observation("escalated", steps > 0)


def _records(log: CaseLog, measures: Measures) -> Iterator[Observation]:
    asked = measures.records.get(log.process, ())
    if asked and log.status == "done":
        yield Observation("completeness", sum(log.fields.get(name) is not None for name in asked), of=len(asked))
    received = first(log.fields, measures.received)
    if isinstance(received, datetime):
        yield Observation("recording_delay", max((log.opened_at - received).total_seconds(), 0))


def _costs(log: CaseLog, measures: Measures) -> Iterator[Observation]:
    costs = [log.fields[name] for name in measures.cost if _number(log.fields.get(name))]
    if costs:
        yield Observation("cost", float(sum(costs)))


def seen_before(log: CaseLog, measures: Measures, past: Past) -> Observation | None:
    """Whether its customer complained, or its thing was served, not long before; from now on it is remembered."""
    if log.process in measures.complaints:
        customer = first(log.fields, measures.dimensions.get("customer", ()))
        if customer is not None:
            again = past.again("complaint", log.tenant, str(customer), log.opened_at, measures.again_within)
            return Observation("repeat_complaint", again)
    elif measures.serves(log.process):
        thing = first(log.fields, measures.thing)
        if thing is not None:
            again = past.again(log.process, log.tenant, str(thing), log.opened_at, measures.again_within)
            return Observation("recurrence", again)
    return None


Part: TypeAlias = Callable[[CaseLog, Measures], Iterator[Observation]]
_PARTS: tuple[Part, ...] = (
    _staff, _resolutions, _quality, _opinions, _callbacks, _problems, _complaints, _hand_overs, _escalations, _records,
    _costs,
)  # fmt: skip
