"""What a case lacks when it starts another one on the way, independent of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias

from svcflow.core.rule import Alternative, Place, Rule, Start
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding
from svcflow.language.rules.filled_ways import open_to, way_empty
from svcflow.language.rules.handing import actions

Way: TypeAlias = Callable[[str], str | None]
"""For a field of ours, a way on which it is surely empty when a case is started."""


def empty_at_a_start(compiled: Compiled) -> Iterator[Finding]:
    """SF411: a started case asks for a field that on some way is surely empty here."""
    told: set[tuple[Place, str]] = set()
    for place, start, ways in _starts(compiled):
        other = compiled.project.get(start.process)
        for theirs in () if other is None else other.process.opening.ask:
            ours = start.rename.get(theirs, theirs)
            mine = compiled.process.fields.get(ours)
            # What is not here at all, or of another type, is told as SF416.
            if other is None or mine is None or mine.kind != other.process.fields[theirs].kind:
                continue
            way = None if (place, theirs) in told else ways(ours)
            if way is None:
                continue
            told.add((place, theirs))
            notes = (other.secondary(("open", "ask"), "asked for there"),)
            hint = f"it gets here empty by {way}: ask for it on the way, or write `{theirs}` under `may` there"
            message = f"`start: {start.process}` takes `{ours}`, which may be empty here"
            yield compiled.finding("SF411", "error", place, message, hint=hint, notes=notes)


def _starts(compiled: Compiled) -> Iterator[tuple[Place, Start, Way]]:
    process = compiled.process
    for state in process.states:
        for start in state.do.start:
            yield (*state.place, "do", "start", start.process), start, partial(_on_entry, compiled, state.index)
    for owner in process.rules():
        for one in owner.alternatives:
            for place, do in ((owner.place, owner.do), (one.place, one.do)):
                for start in do.start:
                    yield (*place, "do", "start", start.process), start, partial(_on_the_way, compiled, owner, one)


def _on_entry(compiled: Compiled, state: int, name: str) -> str | None:
    return next(_ways(compiled, state, name), None)


def _on_the_way(compiled: Compiled, owner: Rule, alternative: Alternative, name: str) -> str | None:
    """Nothing is certain of what the step itself may fill: its form, a child, or a `set` wherever it stands."""
    written = any(field == name for _, do in actions(compiled.process) for field, _ in do.set)
    if written or name in (*owner.ask, *owner.may) or not (owner.sent or owner.kind == "auto"):
        return None
    return next(_ways(compiled, owner.state, name, (owner, alternative)), None)


def _ways(compiled: Compiled, state: int, name: str, taken: tuple[Rule, Alternative] | None = None) -> Iterator[str]:
    sure = compiled.flow.sure
    for leaf in sorted(compiled.graph.leaves(state) & sure.keys()):
        if name not in sure[leaf] and (taken is None or open_to(compiled, *taken, leaf)):
            way = way_empty(compiled, name, leaf)
            if way is not None:
                yield way
