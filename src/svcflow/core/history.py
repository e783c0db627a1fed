"""R7, the snapshot is a cache: a journal, decided again entry by entry, gives the case."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from svcflow.core.case import Case, Parent
from svcflow.core.decision import Decision, JournalEntry, Refusal
from svcflow.core.event import Cancel, ChildActed, ChildEnded, Erase, Event, Input, Migrate, Note, Recalendar
from svcflow.core.family import Processes
from svcflow.core.machine import Machine
from svcflow.core.statechart import statechart
from svcflow.core.step import fire, open_again, react
from svcflow.errors import BrokenJournal


def rebuild(processes: Processes, entries: Sequence[JournalEntry], *, machine: Machine = statechart) -> Case:
    """
    Replay one case from its own journal, from `opened` on.

    Raises:
        BrokenJournal: If an entry cannot have happened, or the first one does not open a case.
    """
    if not entries or entries[0].kind != "opened":
        raise BrokenJournal(entries[0].case if entries else "", 1, "it does not begin with the opening of the case")
    case = opened_again(processes, entries[0], machine=machine).case
    for entry in entries[1:]:
        answer = again(processes, case, entry, machine=machine)
        if isinstance(answer, Refusal):
            raise BrokenJournal(case.id, entry.seq, f"it would be refused: {answer}")
        if answer.case.seq != entry.seq:
            raise BrokenJournal(case.id, entry.seq, "nothing would have happened")
        case = answer.case
    return case


def opened_again(processes: Processes, entry: JournalEntry, *, machine: Machine = statechart) -> Decision:
    """Open the case of a journal's first entry as it was opened then, whoever may do so now."""
    detail = entry.detail
    parent = Parent(detail["parent"], detail["state"]) if "parent" in detail else None
    blank = Case(
        entry.case, detail["process"], detail["version"], detail["digest"], entry.at, entry.at, detail["tenant"],
        root=detail["root"], parent=parent, barred=frozenset(detail["barred"]), days=detail.get("days", ""),
    )  # fmt: skip
    return open_again(processes.of(blank), blank, entry, machine)


def again(
    processes: Processes, case: Case, entry: JournalEntry, *, machine: Machine = statechart
) -> Decision | Refusal:
    """Decide a later entry of a journal again; a timer that is not armed does nothing."""
    if entry.kind == "timer":
        if entry.name not in case.timers:
            return Decision(case, case)
        return fire(processes.of(case), case, entry.name, entry.at, machine)
    event = _input(case, entry)
    process = processes.of(case)
    if isinstance(event, (Migrate, Recalendar)):
        event = evolve(event, calendars=process.calendars)
        process = processes.version(case, event.version, event.days)
    return react(process, case, event, entry.at, machine)


def _input(case: Case, entry: JournalEntry) -> Input:
    """What was decided when the entry was made."""
    detail = entry.detail
    match entry.kind:
        case "event":
            return Event(entry.name, entry.fields, entry.actor, entry.key)
        case "note":
            return Note(detail["text"], entry.actor, entry.key)
        case "erased":
            return Erase(frozenset(detail["fields"]), detail["reason"], entry.actor)
        case "migrated":
            return Migrate(detail["to"], entry.actor, days=detail.get("days", ""))
        case "recalendared":
            return Recalendar(case.version, detail["to"], entry.actor)
        case "cancelled":
            return Cancel(detail["parent"])
        case "child" if "persons" in detail:
            return ChildActed(detail["child"], detail["state"], frozenset(detail["persons"]))
        case "child":
            return ChildEnded(detail["child"], detail["state"], entry.name, entry.fields)
        case _:
            raise BrokenJournal(case.id, entry.seq, f"{entry.kind!r} cannot stand here")
