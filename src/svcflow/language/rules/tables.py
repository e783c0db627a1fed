"""Where promised times stand in the file, and the tables behind them: what the rules about time point at."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from svcflow.core.process import Field
from svcflow.core.promise import Agreed, Promise, Table
from svcflow.core.rule import Place
from svcflow.language.compiled import Compiled
from svcflow.language.nodes import MappingNode, Node, ScalarNode
from svcflow.language.times import Misread, WrittenTime, read_time

MOST_VALUES = 100
"""Numbers of a range beyond which nobody writes a row for each."""


@frozen
class Promised:
    """A promised time and where it stands; with `key` it is a key, as under `after`."""

    promise: Promise
    place: Place
    key: bool = False


def promises(compiled: Compiled) -> Iterator[Promised]:
    """Every promised time of a process, in file order, those of its SLA clocks first."""
    process = compiled.process
    for clock in process.clocks.values():
        yield Promised(clock.promise, (*clock.place, "target"))
    for state in process.states:
        if state.wait is not None:
            yield Promised(state.wait, (*state.place, "wait"))
        if state.limit is not None:
            yield Promised(state.limit.promise, state.limit.place)
        for after in state.after:
            yield Promised(after.promise, after.place, key=True)


def written_table(compiled: Compiled, found: Promised) -> Place | None:
    """The place of the table that a promise names, at once or for the last `else`; None where it names none."""
    entry, node = compiled.sources.find(found.place)
    text = entry.key if found.key and entry is not None else node
    if not isinstance(text, ScalarNode):
        return None
    try:
        written: WrittenTime | None = read_time(text.text)
    except Misread:  # A window such as `2d..5d` is no table.
        return None
    name = ""
    while written is not None:
        name, written = written.table, written.otherwise
    for file, document in compiled.sources.documents.items():
        target, _ = document.find(("targets", name))
        if name and target is not None and target.key.text == name:
            return (*(() if file == compiled.sources.file else ("shared", file)), "targets", name)
    return None


def tables(compiled: Compiled) -> Iterator[tuple[Table, Place]]:
    """Every table that promises times in a process, once, with the place of its rows."""
    seen: set[Place] = set()
    for found in promises(compiled):
        promise: Promise | None = found.promise
        while isinstance(promise, Agreed):
            promise = promise.default
        if isinstance(promise, Table):
            place = (*(written_table(compiled, found) or found.place), "table")
            if place not in seen:
                seen.add(place)
                yield promise, place


def values(field: Field) -> tuple[str, ...]:
    """The values of a field as rows are written for them; none where they cannot be counted up."""
    match field.kind:
        case "choice":
            return field.choices
        case "flag":
            return ("true", "false")
        case "range" if field.high - field.low < MOST_VALUES:
            return tuple(map(str, range(field.low, field.high + 1)))
    return ()


def says(node: Node | None, word: str) -> bool:
    """Whether a word stands anywhere in a part of the file."""
    match node:
        case ScalarNode():
            return word in node.text.split()
        case MappingNode():
            return any(says(entry.key, word) or says(entry.value, word) for entry in node.entries.values())
    return False
