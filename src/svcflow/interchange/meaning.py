"""
From what a machine does to what a process says: the same states after the same events, or a refusal naming the state.

A process enters the first inner state of a group; a machine enters the one it names, or none. A process runs all
regions of a parallel state together; a machine can enter one alone, and goes on in a region that was left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve

from svcflow.errors import InputError
from svcflow.interchange.sketch import Arrow, Node, Path, Sketch, inside, said

ITSELF = "itself"
"""The inner state that stands for being in a group and in none of its inner states."""


def settled(sketch: Sketch) -> Sketch:
    """
    The machine in the shape of a process: first states first, every target entered as a process enters it.

    Raises:
        InputError: If a parallel state would behave differently.
    """
    shaped = _ordered(_standing_alone(sketch))
    if set(shaped.first(shaped.initial[:1])) != set(shaped.rest(shaped.initial)):
        raise InputError(f"state {said(shaped.initial)!r}: the machine starts in it, but not in all regions around it")
    arrows = [_aimed(shaped, arrow) for arrow in shaped.arrows]
    for node in shaped.parallels():
        _check_parallel(shaped, node)
    return evolve(shaped, arrows=tuple(_without_dead(arrows)))


def _standing_alone(sketch: Sketch) -> Sketch:
    """Give a group an inner state for itself where the machine can be in the group alone."""
    entered = {sketch.initial, *(arrow.target for arrow in sketch.arrows if arrow.target is not None)}
    rests = {leaf for target in entered for leaf in sketch.rest(target)}
    alone = [path for path in sketch.nodes if path in rests and sketch.nodes[path].children]
    nodes: dict[Path, Node] = {}
    for path, node in sketch.nodes.items():
        nodes[path] = node
        if path in alone:
            own = _free((*path, ITSELF), sketch.nodes)
            nodes[path] = evolve(node, children=(own, *node.children), initial=(own,))
            nodes[own] = Node(own, remarks=(f"the machine can be in {said(path)} and in none of its inner states",))
    return evolve(sketch, nodes=nodes)


def _free(path: Path, taken: Mapping[Path, Node]) -> Path:
    while path in taken:
        path = (*path[:-1], f"{path[-1]}_")
    return path


def _ordered(sketch: Sketch) -> Sketch:
    """Put the state in which a group begins first: towards where the machine starts, else what the group names."""
    start = {path for leaf in sketch.rest(sketch.initial) for path in _line(leaf)}
    nodes: dict[Path, Node] = {}

    def place(paths: tuple[Path, ...], first: Path | None) -> tuple[Path, ...]:
        row = paths if first is None else (first, *(path for path in paths if path != first))
        for path in row:
            node = sketch.nodes[path]
            nodes[path] = node
            nodes[path] = evolve(node, children=place(node.children, _first(node, start)))
        return row

    place(sketch.top, sketch.initial[:1])
    return evolve(sketch, nodes=nodes)


def _first(node: Node, start: set[Path]) -> Path | None:
    if node.parallel or not node.children:
        return None
    begun = next((child for child in node.children if child in start), None)
    return begun or (node.initial[0][: len(node.path) + 1] if node.initial else None)


def _line(path: Path) -> Iterator[Path]:
    return (path[:end] for end in range(1, len(path) + 1))


def _aimed(sketch: Sketch, arrow: Arrow) -> Arrow:
    """Aim an arrow so that a process comes to rest where the machine does."""
    goal = arrow.target
    if goal is None:
        return arrow
    rest, target = sketch.rest(goal), goal
    if _region(sketch, goal) == goal and _within(arrow.source, goal):
        # In the machine a region enters itself anew alone; in a process the whole parallel state would.
        node = sketch.nodes[goal]
        if not node.children:
            return evolve(arrow, target=None, remarks=(*arrow.remarks, "enters its region anew in the machine"))
        target = goal if node.parallel else node.children[0]
    if set(sketch.first(target)) == set(rest):
        return evolve(arrow, target=target)
    if len(rest) > 1:
        raise InputError(
            f"state {said(goal)!r}: {arrow.event!r} enters it elsewhere than in the first states of its regions"
        )
    return evolve(arrow, target=rest[0])


def _within(path: Path, group: Path) -> bool:
    return path == group or inside(path, group)


def _region(sketch: Sketch, path: Path) -> Path | None:
    """The innermost region of a parallel state that a state is or lies in."""
    return next((one for one in reversed(list(_line(path))) if len(one) > 1 and sketch.nodes[one[:-1]].parallel), None)


def _check_parallel(sketch: Sketch, parallel: Node) -> None:
    """
    Refuse what a parallel state of the library does differently from the rules of W3C SCXML.

    It can be entered one region alone, and a region that an event has just left still answers that event.
    """
    around, size = parallel.path, len(parallel.path) + 1
    answering: dict[str, set[Path]] = {}
    for arrow in sketch.arrows:
        if inside(arrow.source, around):
            answering.setdefault(arrow.event, set()).add(arrow.source[:size])
    for arrow in sketch.arrows:
        target = arrow.target
        if target is None:
            continue
        if inside(target, around):
            if arrow.source[:size] != target[:size]:
                raise InputError(
                    f"state {said(around)!r} is parallel: {arrow.event!r} from {said(arrow.source)!r} enters "
                    f"{said(target)!r} and no other region; a process always enters all of them. Lead it to "
                    f"{said(around)!r}"
                )
        elif inside(arrow.source, around):
            others = answering[arrow.event] - {arrow.source[:size]}
            if others:
                raise InputError(
                    f"state {said(around)!r} is parallel: {arrow.event!r} leaves it from {said(arrow.source)!r}, and "
                    f"{said(min(others))!r} answers the same event though it was left; name one of the two differently"
                )


def _without_dead(arrows: list[Arrow]) -> Iterator[Arrow]:
    """Leave out what can never be taken: behind an arrow without conditions, or with the same conditions."""
    seen: dict[tuple[Path, str], set[frozenset[tuple[str, bool]]]] = {}
    for arrow in arrows:
        asked = frozenset((guard.name, guard.wanted) for guard in arrow.guards)
        before = seen.setdefault((arrow.source, arrow.event), set())
        if not any(earlier <= asked for earlier in before):
            before.add(asked)
            yield arrow
