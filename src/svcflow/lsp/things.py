"""
What the names in files mean: which thing each text speaks of, where that is declared, and who else speaks of it.

States are found from where they are named: neighbours first, then from the top. All else is found by its name, in the
file itself and in those it uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, TypeAlias

from attrs import frozen

from svcflow.language.findings import Span
from svcflow.language.nodes import Document, MappingNode, ScalarNode
from svcflow.language.spaces import ASKED, CALENDAR, SINCE, TABLE, TARGET, Kind, Space
from svcflow.language.spots import Spot
from svcflow.lsp.view import View, path

ThingKind: TypeAlias = Kind | Literal["file"]

_SAME: dict[Kind, Kind] = {"person": "field", "moment": "field", "duration": "field"}
_WORD = re.compile(r"'[^']*'|\"[^\"]*\"|\w+")
_TIME = re.compile(r"(?:(?P<word>on|since)\s+)?(?P<name>[^\W\d]\w*)")


@frozen
class Thing:
    """One thing of a project: a state by its path, all else by its name; with the file that declares it."""

    kind: ThingKind
    name: str
    file: str


@frozen
class Mention:
    """A place that speaks of a thing."""

    thing: Thing
    span: Span
    spot: Spot
    declares: bool = False


def mentions(view: View, file: str) -> Iterator[Mention]:
    """Every place of a file that speaks of something that is there."""
    for spot in view.spots(file):
        yield from _of_spot(view, file, spot)


def mention_at(view: View, file: str, line: int, column: int) -> Mention | None:
    """What a place of a file speaks of; the place just behind a name belongs to it."""
    here = (line, column)
    found = [one for one in mentions(view, file)
             if (one.span.line, one.span.column) <= here <= (one.span.end_line, one.span.end_column)]  # fmt: skip
    return found[-1] if found else None


def declarations(view: View, thing: Thing) -> tuple[Mention, ...]:
    """Where a thing is declared: once, but for an event that several states have."""
    return tuple(one for one in mentions(view, thing.file) if one.declares and one.thing == thing)


def spoken_of(view: View, thing: Thing) -> tuple[Mention, ...]:
    """All places in all files that speak of a thing, its declarations included."""
    word = thing.name.rpartition(".")[2]
    files = [name for name in view.files.names() if word in view.document(name).text]
    return tuple(one for name in files for one in mentions(view, name) if one.thing == thing)


def home(view: View, file: str, spot: Spot) -> str:
    """The file in which a name is looked up: below `start: {other: ...}` the fields to fill are those of the other."""
    if spot.key and spot.place[-3:-2] == ("start",):
        return view.process(str(spot.place[-2])) or file
    return file


def state_at(view: View, file: str, name: str, at: tuple[str, ...]) -> str | None:
    """The path of the state that a name means in a state: beside it, from the top, or inside it."""
    for group in dict.fromkeys((at[:-1], (), at)):
        whole = ".".join((*group, name))
        if ("state", whole) in view.declared(file):
            return whole
    return None


def _of_spot(view: View, file: str, spot: Spot) -> Iterator[Mention]:
    declares = spot.declares
    if declares is not None:
        end = _end_of_child(view, file, spot) if declares.kind == "event" else None
        if end is not None:
            yield Mention(end, spot.node.span, spot)
            return
        name = path(spot) if declares.kind == "state" else spot.node.text
        yield Mention(Thing(declares.kind, name, file), spot.node.span, spot, declares=True)
    elif spot.place[:1] == ("use",) and not spot.key:
        if spot.node.text in view.files.names():
            yield Mention(Thing("file", spot.node.text, spot.node.text), spot.node.span, spot)
    elif spot.spaces:
        yield from _whole(view, file, spot)
    elif spot.inner:
        yield from _parts(view, file, spot)


def _whole(view: View, file: str, spot: Spot) -> Iterator[Mention]:
    """A text that is one name, or the path of a state."""
    for space in spot.spaces:
        found = list(_states(view, file, spot)) if "state" in space.kinds else []
        thing = _named(view, home(view, file, spot), spot.node.text, space)
        if found or thing is not None:
            yield from found or [Mention(thing, spot.node.span, spot)] if thing is not None else found
            return


def _states(view: View, file: str, spot: Spot) -> Iterator[Mention]:
    """The states of a path, the outer ones too."""
    text = spot.node.text.removesuffix(".last") if TARGET in spot.spaces else spot.node.text
    found = state_at(view, file, text, spot.state)
    if found is None:
        return
    names, whole = text.split("."), found.split(".")
    before = len(whole) - len(names)
    for number in range(len(names)):
        start = len(".".join(names[:number])) + (number > 0)
        thing = Thing("state", ".".join(whole[: before + number + 1]), file)
        yield Mention(thing, _part(spot.node, start, start + len(names[number])), spot)


def _parts(view: View, file: str, spot: Spot) -> Iterator[Mention]:
    """The names inside a condition, a value or a time."""
    text = spot.node.text
    found: list[tuple[Space, str, int]] = []
    if ASKED in spot.inner:
        found = [(ASKED, one[0], one.start()) for one in _WORD.finditer(text)]
    else:
        tails = {"on": CALENDAR, "since": SINCE, None: TABLE}
        found = [(tails[one["word"]], one["name"], one.start("name")) for one in _TIME.finditer(text)]
    for space, name, start in found:
        thing = _named(view, file, name, space)
        if thing is not None:
            yield Mention(thing, _part(spot.node, start, start + len(name)), spot)


def _named(view: View, file: str, name: str, space: Space) -> Thing | None:
    """The thing of one of some kinds that has a name, in a file or in those it uses."""
    if "process" in space.kinds:
        other = view.process(name)
        return None if other is None else Thing("process", name, other)
    kinds = dict.fromkeys(_SAME.get(kind, kind) for kind in space.kinds if kind != "state")
    found = (Thing(kind, name, beside) for beside in view.brought(file) for kind in kinds
             if (kind, name) in view.declared(beside))  # fmt: skip
    return next(found, None)


def child_of(view: View, document: Document, event: Spot) -> str | None:
    """The file of the child case that the state of an event runs."""
    _, state = document.find(event.place[:-2])
    run = state.entries.get("run") if isinstance(state, MappingNode) else None
    return view.process(run.value.text) if run is not None and isinstance(run.value, ScalarNode) else None


def _end_of_child(view: View, file: str, spot: Spot) -> Thing | None:
    """The end of a child case that is an event of the state which runs it."""
    child = child_of(view, view.document(file), spot)
    if child is None or ("state", spot.node.text) not in view.declared(child):
        return None
    return Thing("state", spot.node.text, child)


def _part(node: ScalarNode, start: int, end: int) -> Span:
    """Some characters of a text; the whole of it when it runs over several lines."""
    span = node.span
    if span.end_line != span.line:
        return span
    column = span.column + (0 if node.plain else 1)
    return Span(span.file, span.line, column + start, span.line, column + end)
