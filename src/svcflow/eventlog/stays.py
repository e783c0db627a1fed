"""Where a case stood and when, told from the moves in its journal, across versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from attrs import define

from svcflow.core.decision import JournalEntry
from svcflow.core.migration import Way
from svcflow.core.process import Process

Versions: TypeAlias = Callable[[int], Process]


@define
class Stay:
    """A state or group, and the entries that led into it and out of it; it becomes a `Visit`."""

    path: str
    came: JournalEntry
    went: JournalEntry | None = None


def stays(entries: Iterable[JournalEntry], process: Process, versions: Versions | None) -> Sequence[Stay]:
    """
    Every stay in the order in which they began, groups before what is in them.

    A migration ends the stay in a state that is called otherwise afterwards, and begins one there.
    """
    found: list[Stay] = []
    present: dict[str, Stay] = {}
    for entry in entries:
        if entry.kind == "migrated":
            there = _there(entry, present, process, versions)
            _pass(entry, [path for path in present if path not in there], there, found, present)
        for move in entry.moves:
            _pass(entry, move.left, move.entered, found, present)
    return found


def _pass(
    entry: JournalEntry, left: Iterable[str], entered: Iterable[str], found: list[Stay], present: dict[str, Stay]
) -> None:
    for path in left:
        gone = present.pop(path, None)
        if gone is not None:
            gone.went = entry
    for path in entered:
        if path not in present:
            present[path] = Stay(path, entry)
            found.append(present[path])


def _there(entry: JournalEntry, present: Iterable[str], process: Process, versions: Versions | None) -> tuple[str, ...]:
    """The states and groups in which a migration put the case; where nobody knows that version, they stay."""
    here = tuple(present)
    to, before = entry.detail["to"], entry.detail["from"]
    if to != process.version:
        if versions is None:
            return here
        process = versions(to)
    plan = process.migrations.get(before)
    if plan is None:
        return here
    leaves = Way(process, plan).leaves([path for path in here if not any(one.startswith(f"{path}.") for one in here)])
    active = sorted({index for leaf in leaves for index in process.lines[leaf]})
    return process.named(active)
