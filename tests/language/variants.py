"""
Every single difference that two compiled processes can have: one value in one place is another one.

Made without a file, so that nothing hangs on how a file can say it; what cannot differ alone is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import attrs

from svcflow.core.calendar import Calendar
from svcflow.core.condition import Condition, Expression
from svcflow.core.process import Process
from svcflow.core.promise import Agreed
from svcflow.core.rule import Bars, People

# Told by others: the path says the name, the parent and what lots are drawn for, the key of a step or timer its time,
# the owner its state.
FOLLOWS = frozenset(
    {"name", "parent", "children", "state", "trigger", "count", "step", "every", "low", "high", "drawing"}
)
UNITS = ("d", "w")
AGREED = frozenset({"ends", "calendars"})
"""Of a time that is agreed in a field: they are the field's own, where they are told."""
UNTOLD = frozenset({"index", "place", "title"})
INHERITED = frozenset({"not_by", "pause", "by"})
"""An inner place has what the outer one has, so that it can only have more."""


def processes(base: Process) -> Iterator[Process]:
    """The process with each of its differences."""
    for name in ("calendar", "opening", "clocks", "gives", "migrations", "states"):
        for other in _others(base, getattr(base, name), name):
            yield attrs.evolve(base, **{name: other})
    for name in sorted(base.used_fields & base.fields.keys()):
        for other in _others(base, base.fields[name], name):
            yield attrs.evolve(base, fields={**base.fields, name: other})


def _others(base: Process, value: Any, name: str) -> Iterator[Any]:  # noqa: ANN401 - whatever a process is made of
    match value:
        case Calendar() | None:
            return
        case Condition() | Expression():
            yield attrs.evolve(value, text=f"not {value.text}")
        case bool():
            yield not value
        case int():
            yield (value + 1) % len(base.states) if name == "target" else value + 1
        case str() if name == "unit":
            yield next(unit for unit in UNITS if unit != value)
        case str():
            yield f"{value}_"
        case Mapping():
            for key, inner in value.items():
                yield {other: kept for other, kept in value.items() if other != key}
                yield from ({**value, key: other} for other in _others(base, inner, ""))
        case AbstractSet():
            states = range(len(base.states)) if name in {"starts", "stops"} else ("other",)
            yield from (value ^ {one} for one in states)
            yield from (value - {one} for one in value if name != "pause")
        case tuple():
            yield from _tuples(base, value, name)
        case _:
            yield from _records(base, value)


def _records(base: Process, value: Any) -> Iterator[Any]:  # noqa: ANN401 - a part of a process
    # The close of a window is the limit.
    follows = FOLLOWS | {"limit"} if getattr(value, "window", None) is not None else FOLLOWS
    follows |= AGREED if isinstance(value, Agreed) else frozenset()
    for one in attrs.fields(type(value)):
        if one.init and one.name not in follows | UNTOLD:
            inner = getattr(value, one.name)
            for other in _more(inner) if one.name in INHERITED else _others(base, inner, one.name):
                yield attrs.evolve(value, **{one.name: other})


def _tuples(base: Process, value: tuple[Any, ...], name: str) -> Iterator[tuple[Any, ...]]:
    pair = name == "set pair"
    for place, inner in enumerate(value):
        if not pair and name != "states":
            yield (*value[:place], *value[place + 1 :])
        for other in _others(base, inner, "set pair" if name == "set" else ""):
            yield (*value[:place], other, *value[place + 1 :])
    if len(value) > 1 and not pair and name != "states":
        yield tuple(reversed(value))


def _more(value: Any) -> Iterator[Any]:  # noqa: ANN401 - people, bars, names of clocks; of a table the field
    match value:
        case AbstractSet():
            yield value | {"other"}
        case str():
            yield f"{value}_"
        case People() | Bars():
            yield attrs.evolve(value, fields=(*value.fields, "other"))
