"""What was acknowledged is there, whatever process dies: by the journals alone, without the model."""

from __future__ import annotations

from collections import Counter

from svcflow.core.decision import JournalEntry
from svcflow.testing.step import Step
from svcflow.testing.trace import CASE, Note, Open, Send
from svcflow.testing.twin import DONE
from svcflow.testing.violations import LostAfterCrash
from svcflow.testing.world import World

_KINDS = {Open: "opened", Send: "event", Note: "note"}


class NothingLost:
    """
    What was answered with success has its entry, and keeps it; under one key there is one.

    After a crash, and at the end, every entry that was ever seen stands where it stood.
    """

    def __init__(self, world: World) -> None:
        """Nothing was acknowledged yet."""
        self._seen: dict[str, list[JournalEntry]] = {}

    def after(self, step: Step, world: World) -> None:
        """Look for the entry of what was answered."""
        for entry in step.entries:
            self._seen.setdefault(entry.case, []).append(entry)
        command = step.command
        if isinstance(command, Open | Send | Note) and step.answer == DONE:
            kind, case = _KINDS[type(command)], getattr(command, "case", "") or CASE
            entries = step.entries if command.key is None else self._everywhere(command, case)
            if not any(entry.kind == kind and entry.key == command.key for entry in entries):
                raise LostAfterCrash("it was acknowledged, and its entry is not there", case=case)
        if step.crashed:
            self._look(world)

    def end(self, world: World) -> None:
        """Look at everything."""
        self._look(world)

    def _everywhere(self, command: Open | Send | Note, case: str) -> list[JournalEntry]:
        if isinstance(command, Open):
            return [entries[0] for entries in self._seen.values()]
        return self._seen.get(case, [])

    def _look(self, world: World) -> None:
        for case, seen in self._seen.items():
            entries = world.journal(case)
            if [_told(entry) for entry in entries[: len(seen)]] != [_told(entry) for entry in seen]:
                raise LostAfterCrash("an entry that stood in the journal is gone, or another one", case=case)
            keys = Counter(entry.key for entry in entries if entry.key is not None)
            twice = [key for key, count in keys.items() if count > 1]
            if twice:
                raise LostAfterCrash(f"the key {twice[0]!r} stands in the journal twice", case=case)


def _told(entry: JournalEntry) -> tuple[object, ...]:
    """What of an entry can never be erased."""
    return entry.seq, entry.at, entry.kind, entry.name, entry.actor, entry.key, entry.moves, entry.calls, entry.starts
