"""What happened in a case, one thing after another, as flat attributes: what all formats of logs are written from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from attrs import frozen

from svcflow.core.decision import JournalEntry
from svcflow.core.plain import canonical, plain
from svcflow.eventlog import CaseLog, Cycle

FIELD = "field."
"""What stands before the name of a field where it is an attribute."""

CLOCK_ATTRIBUTES = ("cycles", "late", "verdict", "elapsed_s", "target_s", "paused_s")


@frozen
class Happening:
    """
    An entry of the journal, the states in which the case is after it, and the values that it gave to fields.

    A value is None where a field was emptied.
    """

    entry: JournalEntry
    states: tuple[str, ...]
    values: Mapping[str, Any]

    @property
    def state(self) -> str:
        """The states as one text, as a case says them."""
        return ", ".join(self.states)

    def attributes(self) -> dict[str, Any]:
        """What is known of it beside its name, its time and who did it; nothing that is not there."""
        entry = self.entry
        known: dict[str, Any] = {"seq": entry.seq, "kind": entry.kind, "state": self.state}
        if entry.kind == "event":
            known["event"] = entry.name
        known.update((name, entry.detail[name]) for name in ("step", "child") if name in entry.detail)
        if entry.actor.on_behalf_of is not None:
            known["on_behalf_of"] = entry.actor.on_behalf_of
        known.update((f"{FIELD}{name}", value) for name, value in self.values.items())
        return known


def happenings(log: CaseLog) -> Iterator[Happening]:
    """Everything in the journal of a case, in order; texts of notes are not in it."""
    came, went = defaultdict(list), defaultdict(list)
    for visit in log.visits:
        if visit.leaf:
            came[visit.came.seq].append(visit)
            if visit.went is not None:
                went[visit.went.seq].append(visit.path)
    present: dict[str, None] = {}
    for entry in log.entries:
        for path in went[entry.seq]:
            present.pop(path, None)
        stays = (visit for visit in came[entry.seq] if visit.went is None or visit.went.seq != entry.seq)
        present.update((visit.path, None) for visit in stays)
        yield Happening(entry, tuple(present), MappingProxyType({**entry.fields, **entry.changes}))


def of_case(log: CaseLog) -> dict[str, Any]:
    """What is known of a case as a whole, as it stands now; nothing that is not there."""
    known: dict[str, Any] = {"process": log.process, "version": log.version, "tenant": log.tenant or None}
    known |= {"status": log.status, "opened_at": log.opened_at, "ended_at": log.ended_at}
    known |= {"parent": log.parent, "origin": log.origin}
    cycles = defaultdict(list)
    for cycle in log.cycles:
        if cycle.kind == "clock":
            cycles[cycle.name].append(cycle)
    for name, all_of_it in cycles.items():
        known.update((f"clock.{name}.{what}", value) for what, value in _measured(all_of_it))
    known.update((f"{FIELD}{name}", value) for name, value in log.fields.items())
    return {name: value for name, value in known.items() if value is not None}


def _measured(cycles: list[Cycle]) -> Iterator[tuple[str, Any]]:
    """How often a clock ran and was late, and its last cycle, in the order of `CLOCK_ATTRIBUTES`."""
    last = cycles[-1]
    lengths = (None if one is None else one.total_seconds() for one in (last.elapsed, last.target, last.paused))
    late = sum(cycle.verdict == "late" for cycle in cycles)
    yield from zip(CLOCK_ATTRIBUTES, (len(cycles), late, last.verdict, *lengths), strict=True)


def text_of(value: object) -> str:
    """
    A value as the text that stands for it in a log.

    Instants are in UTC and all of one length, numbers without exponents; lists and files are JSON.
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case int() | float():
            return str(value)
        case datetime():
            return value.isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
        case _:
            return canonical(plain(value))
