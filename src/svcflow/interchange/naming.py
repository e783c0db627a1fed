"""Names of a machine as names of a process: identifiers of any script, each once, none a word of the language."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from attrs import frozen

from svcflow.interchange.sketch import Path, Sketch

_STATES = frozenset(("here", "back", "last"))
_FIELDS = frozenset(("opened_at", "me", "now", "true", "false", "and", "or", "not", "filled"))
_LONGEST = 60


@frozen
class Names:
    """What everything of a machine is called in the process, by what it was called."""

    states: Mapping[Path, Path]
    events: Mapping[str, str]
    flags: Mapping[str, str]
    hooks: Mapping[str, str]

    def renamed(self) -> list[tuple[str, str, str]]:
        """What is called differently: its kind, its old name and its new one."""
        states = [("state", old[-1], new[-1]) for old, new in self.states.items() if old[-1] != new[-1]]
        others = (("event", self.events), ("condition", self.flags), ("callback", self.hooks))
        return states + [
            (kind, old, new) for kind, found in others for old, new in found.items() if old != new
        ]  # fmt: skip

    def reference(self, target: Path, at: Path | None) -> str:
        """The shortest way to name a state in the state `at` (None: at the top), by the names of the process."""
        goal = self.states[target]
        groups = [()] if at is None else [self.states[at[:-1]] if at[:-1] else (), (), self.states[at]]
        known = set(self.states.values())
        for begin in range(len(goal) - 1, -1, -1):
            name = goal[begin:]
            meant = next(((*group, *name) for group in groups if (*group, *name) in known), None)
            if meant == goal:
                return ".".join(name)
        raise LookupError(".".join(goal))


def named(sketch: Sketch, given: Iterable[str] = ()) -> Names:
    """Find a name for everything; `given` are names of roles, which a flag must not have too."""
    guards = [guard.name for arrow in sketch.arrows for guard in arrow.guards]
    names = Names(
        _states(sketch, frozenset()),
        _each(arrow.event for arrow in sketch.arrows),
        _each(guards, _FIELDS | frozenset(given)),
        _each(_hooks(sketch)),
    )
    if _unambiguous(names, sketch):
        return names
    # An inner state called like one at the top can hide it: then the inner ones make way.
    tops = frozenset(new[0] for old, new in names.states.items() if len(old) == 1)
    return Names(_states(sketch, tops), names.events, names.flags, names.hooks)


def identifier(text: str, kind: str = "x") -> str:
    """The nearest text that is a name."""
    found = re.sub(r"\W+", "_", text).strip("_")[:_LONGEST].rstrip("_")
    if not found.isidentifier():
        found = f"{kind}_{found}" if found else kind
    return found if found.isidentifier() else kind


def _unambiguous(names: Names, sketch: Sketch) -> bool:
    try:
        for arrow in sketch.arrows:
            if arrow.target is not None:
                names.reference(arrow.target, arrow.source)
    except LookupError:
        return False
    return True


def _states(sketch: Sketch, hidden: Collection[str]) -> dict[Path, Path]:
    found: dict[Path, Path] = {}
    taken: set[Path] = set()
    for path in sketch.nodes:
        around = found[path[:-1]] if len(path) > 1 else ()
        barred = _STATES | frozenset(hidden if around else ())
        name = _free(identifier(path[-1], "state"), {*barred, *(one[-1] for one in taken if one[:-1] == around)})
        found[path] = (*around, name)
        taken.add(found[path])
    return found


def _each(names: Iterable[str], barred: Collection[str] = ()) -> dict[str, str]:
    found: dict[str, str] = {}
    every = dict.fromkeys(names)
    # A name that may stay as it is goes before one that has to be changed to it.
    for name in sorted(every, key=lambda one: identifier(one) != one):
        found[name] = _free(identifier(name), {*barred, *found.values()})
    return {name: found[name] for name in every}


def _free(name: str, taken: Collection[str]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free


def _hooks(sketch: Sketch) -> Iterable[str]:
    for arrow in sketch.arrows:
        yield from (*arrow.before, *arrow.after)
    for node in sketch.nodes.values():
        yield from (*node.enter, *node.leave, *node.over, *(node.timeout.hooks if node.timeout else ()))
