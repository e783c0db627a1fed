"""Ends of a child that a parent says nothing about, asked of published versions: its cases would wait for ever."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import TypeAlias

from svcflow.core.process import Process
from svcflow.language.findings import Finding
from svcflow.stores.base import ProcessRecord

Gap: TypeAlias = tuple[Process, str, Process, str]
"""A child, an end of it, and a parent with the state that runs the child and does not know the end."""


def gaps(child: Process, parents: Iterable[Process]) -> Iterator[Gap]:
    """The ends of a child that these parents say nothing about."""
    for parent in parents:
        for state in parent.states:
            if state.run != child.name:
                continue
            handled = {rule.name for rules in state.events.values() for rule in rules if rule.kind == "child"}
            for end in child.states:
                if end.end is not None and end.parent is None and end.name not in handled:
                    yield child, end.name, parent, state.path


def in_use(records: Iterable[ProcessRecord], tenant: str, on: datetime) -> Iterator[ProcessRecord]:
    """Of each process a tenant's version in force at an instant, and above it those to come and the last retired."""
    ranked = sorted(records, key=lambda record: (record.tenant == tenant, record.version))
    newest = {record.name: place for place, record in enumerate(ranked) if record.standing.in_force(on)}
    ended = {record.name: place for place, record in enumerate(ranked) if record.standing.retired is not None}
    for place, record in enumerate(ranked):
        if place >= newest.get(record.name, 0) and (record.standing.retired is None or place == ended[record.name]):
            yield record


def misfits(
    records: Collection[ProcessRecord],
    retired: ProcessRecord,
    on: datetime,
    compiled: Callable[[ProcessRecord], Process],
) -> Iterator[Finding]:
    """
    What does not fit an earlier version that is in force again once this one is retired.

    Parents have to know its ends as when it is published, and it has to know those of what it runs: of the versions
    that are in force, and of those to come.
    """
    record = _next_in_force(records, retired, on)
    if record is None:
        return
    back = compiled(record)
    others = [one for one in in_use(records, retired.tenant, on) if one.name != back.name]
    runs = {state.run for state in back.states}
    children = [compiled(one) for one in others if one.name in runs and one.standing.retired is None]
    for gap in chain(gaps(back, map(compiled, others)), *(gaps(child, (back,)) for child in children)):
        yield _left_behind(gap, retired)


def published_over(gap: Gap) -> Finding:
    """What is wrong when a child's new end is unknown to a parent that is published (SF312)."""
    child, end, parent, state = gap
    message = f"`{child.name}` can end as `{end}`, and `{parent.name}` version {parent.version} says nothing about it"
    hint = f"publish `{parent.name}` with `{end}` under the events of its state `{state}` together with this version"
    return Finding("SF312", "error", message, child.file, 1, 1, 1, 1, help=hint)


def _next_in_force(records: Iterable[ProcessRecord], retired: ProcessRecord, on: datetime) -> ProcessRecord | None:
    """The version that is in force again once the one in force is retired; None where nothing comes back."""
    known = [one for one in records if one.name == retired.name and one.standing.in_force(on)]
    ranked = sorted(known, key=lambda one: (one.tenant == retired.tenant, one.version))
    return ranked[-2] if len(ranked) > 1 and ranked[-1] == retired else None


def _left_behind(gap: Gap, retired: ProcessRecord) -> Finding:
    """What is wrong when a version that is in force again once this one is retired does not fit the others (SF312)."""
    child, end, parent, state = gap
    back = child if child.name == retired.name else parent
    can = f"`{child.name}` version {child.version} can end as `{end}`"
    message = f"{can}, and `{parent.name}` version {parent.version} says nothing about it"
    ways = f"retire it first, or publish `{parent.name}` with `{end}` under the events of its state `{state}`"
    hint = f"`{back.name}` version {back.version} would be in force again: {ways}"
    return Finding("SF312", "error", message, back.file, 1, 1, 1, 1, help=hint)
