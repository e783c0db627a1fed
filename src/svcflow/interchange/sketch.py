"""A state machine of another library as it was read: its own names, its own order, nothing decided yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from attrs import field, frozen

Path: TypeAlias = tuple[str, ...]
"""A state by its name and those of the groups around it, outer first."""


@frozen
class Guard:
    """A question that the machine asks before it moves; `wanted` is the answer it needs."""

    name: str
    wanted: bool = True


@frozen
class Arrow:
    """
    One way an event can go from `source`; without a target the machine stays as it is.

    `before` is called before the source is left, `after` at last.
    """

    event: str
    source: Path
    target: Path | None
    guards: tuple[Guard, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@frozen
class Timeout:
    """What is called after so many whole minutes in a state."""

    minutes: int
    hooks: tuple[str, ...]


@frozen
class Node:
    """
    One state. `initial` are the states inside that are entered with it, several for a parallel one.

    `enter`, `leave` and `over` name what is called when it is entered, left, and over (an inner end was reached).
    """

    path: Path
    children: tuple[Path, ...] = ()
    initial: tuple[Path, ...] = ()
    parallel: bool = False
    final: bool = False
    enter: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    timeout: Timeout | None = None
    remarks: tuple[str, ...] = ()


@frozen
class Sketch:
    """
    A whole machine: its states by path, outer before inner; its arrows in the order they are tried.

    `jumps` is how many events to every state were left out.
    """

    nodes: Mapping[Path, Node]
    initial: Path
    arrows: tuple[Arrow, ...]
    remarks: tuple[str, ...] = ()
    jumps: int = 0
    by_source: Mapping[Path, tuple[Arrow, ...]] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        found: dict[Path, list[Arrow]] = {}
        for arrow in self.arrows:
            found.setdefault(arrow.source, []).append(arrow)
        object.__setattr__(self, "by_source", {path: tuple(arrows) for path, arrows in found.items()})

    @property
    def top(self) -> tuple[Path, ...]:
        """The states at the top."""
        return tuple(path for path in self.nodes if len(path) == 1)

    def rest(self, path: Path) -> tuple[Path, ...]:
        """Where the machine stands after entering a state: in itself if it does not say which inner state to enter."""
        node = self.nodes[path]
        return tuple(leaf for inner in node.initial for leaf in self.rest(inner)) if node.initial else (path,)

    def first(self, path: Path) -> tuple[Path, ...]:
        """Where a case stands after entering a state: always in the first inner state, in all regions at once."""
        node = self.nodes[path]
        inner = node.children if node.parallel else node.children[:1]
        return tuple(leaf for child in inner for leaf in self.first(child)) if inner else (path,)

    def events(self, path: Path) -> dict[str, tuple[Arrow, ...]]:
        """What can happen in a state, event by event."""
        found: dict[str, tuple[Arrow, ...]] = {}
        for arrow in self.by_source.get(path, ()):
            found[arrow.event] = (*found.get(arrow.event, ()), arrow)
        return found

    def parallels(self) -> Iterator[Node]:
        """The states whose inner states are active side by side."""
        return (node for node in self.nodes.values() if node.parallel)


def inside(path: Path, group: Path) -> bool:
    """Whether a state lies within a group, at any depth."""
    return len(path) > len(group) and path[: len(group)] == group


def said(path: Path) -> str:
    """A state in a message."""
    return ".".join(path)
