"""A case from the books as a trace: who did what to it when, to be run again, reduced, and kept as a test."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Any

from attrs import evolve

from svcflow.core.decision import JournalEntry
from svcflow.core.event import Actor
from svcflow.core.process import Process
from svcflow.errors import InputError
from svcflow.testing.trace import Command, Erase, Note, Open, Send, Trace, Wait

_INSTANT = timedelta(microseconds=1)
_TIED = ("migrated", "recalendared")


def recorded(*journals: Sequence[JournalEntry]) -> Trace:
    """
    Answer what was done to a case, and to those of its family whose journals come along, as a trace.

    The first entry of the first journal opens the case. What time did is left to time: the trace waits, with a worker
    that is never late. Children come by themselves, under the ids that they had.

    Raises:
        InputError: There is no opening, or a case was brought to another version or to other holidays: a trace begins
            with one version and lives by it.
    """
    entries = _merged(journals)
    if not entries or entries[0].kind != "opened":
        raise InputError("a recorded case begins with its opening")
    first, *rest = entries
    tied = next((entry for entry in rest if entry.kind in _TIED), None)
    if tied is not None:
        what = "another version" if tied.kind == "migrated" else "other holidays"
        raise InputError(f"{tied.case} was brought to {what} at entry {tied.seq}: no trace of one version can hold it")
    opening = Open(first.name, _filled(first), first.actor, case=first.case, key=first.key)
    return Trace(first.name, first.at, (opening, *_commands(first, rest)))


def _merged(journals: Iterable[Sequence[JournalEntry]]) -> list[JournalEntry]:
    """All entries by their times; a parent hears of its child only when that has happened in the child."""
    queues = {journal[0].case: deque(journal) for journal in journals if journal}
    found = []
    while queues:
        heads = sorted((queue[0] for queue in queues.values()), key=lambda entry: entry.at)
        entry = next((head for head in heads if not _too_early(head, queues)), heads[0])
        found.append(entry)
        queues[entry.case].popleft()
        if not queues[entry.case]:
            del queues[entry.case]
    return found


def _too_early(entry: JournalEntry, queues: Mapping[str, deque[JournalEntry]]) -> bool:
    child = queues.get(entry.detail.get("child", ""))
    return child is not None and child[0].at <= entry.at


def _commands(first: JournalEntry, rest: Iterable[JournalEntry]) -> Iterator[Command]:
    now = first.at
    for entry in rest:
        # An escalation step happens only when its instant has passed.
        until = entry.at + _INSTANT if "step" in entry.detail else entry.at
        if until > now:
            now = until
            yield Wait(now)
        match entry.kind:
            case "event":
                yield Send(entry.name, _filled(entry), entry.actor, entry.case, entry.key)
            case "note":
                yield Note(str(entry.detail["text"]), entry.actor, entry.case, entry.key)
            case "erased":
                yield Erase(str(entry.detail["reason"]), entry.actor, entry.case, tuple(entry.detail["fields"]))


def _filled(entry: JournalEntry) -> Mapping[str, Any]:
    return {name: value for name, value in entry.fields.items() if value is not None}


def without_private(
    journals: Iterable[Sequence[JournalEntry]], processes: Mapping[str, Process]
) -> list[list[JournalEntry]]:
    """
    Answer the same journals, with stand-ins for what is private in them.

    A text or a person becomes `private-1` and so on, the same one wherever it stands, as the id of an actor too. Other
    private values are left out: no stand-in would be of their type. `processes` are those of the cases, by name.
    """
    known: dict[str, str] = {}
    listed = [list(journal) for journal in journals]
    for journal in listed:
        fields = processes[journal[0].name].fields
        private = {name for name, field in fields.items() if field.private}
        named = {name for name in private if fields[name].kind in {"text", "person"}}
        for entry in journal:
            for name in sorted(named & entry.fields.keys()):
                if entry.fields[name] is not None:
                    known.setdefault(entry.fields[name], f"private-{len(known) + 1}")
        journal[:] = [_without(entry, private - named) for entry in journal]
    return [[_renamed(entry, known) for entry in journal] for journal in listed]


def _without(entry: JournalEntry, names: AbstractSet[str]) -> JournalEntry:
    return evolve(entry, fields={name: value for name, value in entry.fields.items() if name not in names})


def _renamed(entry: JournalEntry, known: Mapping[str, str]) -> JournalEntry:
    actor = Actor(
        known.get(entry.actor.id, entry.actor.id), entry.actor.roles, entry.actor.groups,
        known.get(entry.actor.on_behalf_of or "", entry.actor.on_behalf_of), entry.actor.qualifications,
    )  # fmt: skip
    fields = {
        name: known.get(value, value) if isinstance(value, str) else value for name, value in entry.fields.items()
    }
    return evolve(entry, actor=actor, fields=fields)
