"""
Where the nodes of a layered drawing stand across: straight lines first, and nothing closer than it may be.

Each row is an isotonic regression: every node wants to stand where its neighbours are, in the given order and with the
given distances; nodes that are in each other's way settle on the weighted median of their wishes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import TypeAlias

from svcflow.diagram.layers import Node, Segment

BOX_GAP, LINE_GAP = 30.0, 14.0
"""Between two boxes, and beside a line or a label, in pixels."""

_WORK = 300_000
_STRAIGHT = 8.0

Wish: TypeAlias = tuple[float, float]
"""Where to stand, and how much that matters."""

_Pull: TypeAlias = tuple[int, float, float]


def placed(nodes: Sequence[Node], rows: Sequence[Sequence[int]], segments: Sequence[Segment]) -> list[float]:
    """The middle of every node across, in pixels from the left edge of the leftmost one."""
    across, rows = [0.0] * len(nodes), [row for row in rows if row]
    distances = [tuple(accumulate(_distances(nodes, row), initial=0.0)) for row in rows]
    for row, steps in zip(rows, distances, strict=True):
        for node, step in zip(row, steps, strict=True):
            across[node] = step - steps[-1] / 2
    above, below = _pulls(nodes, segments)
    for sweep in range(max(4, min(16, _WORK // (1 + len(nodes))))):
        pulls, order = (above, 1) if sweep % 2 == 0 else (below, -1)
        for row, steps in list(zip(rows, distances, strict=True))[::order]:
            wishes = [_wish(across, node, pulls) for node in row]
            for node, place in zip(row, _settled(wishes, steps), strict=True):
                across[node] = place
    _gather(nodes, rows, segments, across)
    left = min((across[one] - node.width / 2 for one, node in enumerate(nodes)), default=0.0)
    return [round(place - left, 1) for place in across]


def _gather(
    nodes: Sequence[Node], rows: Sequence[Sequence[int]], segments: Sequence[Segment], across: list[float]
) -> None:
    """Move whatever hangs together to the left, as far as there is room."""
    parts = _parts(len(nodes), segments)
    before: dict[int, tuple[int, float]] = {}
    for row in rows:
        for (front, behind), distance in zip(pairwise(row), _distances(nodes, row), strict=True):
            if parts[front] != parts[behind]:
                before[behind] = front, distance
    left = min((place - node.width / 2 for place, node in zip(across, nodes, strict=True)), default=0.0)

    def room(node: int) -> float:
        front, distance = before.get(node, (None, 0.0))
        return across[node] - (left + nodes[node].width / 2 if front is None else across[front] + distance)

    for part in sorted(_members(parts), key=lambda part: min(across[node] for node in part)):
        free = min(map(room, part))
        for node in part:
            across[node] -= free


def _members(parts: Sequence[int]) -> list[list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for node, part in enumerate(parts):
        found[part].append(node)
    return list(found.values())


def _parts(count: int, segments: Sequence[Segment]) -> list[int]:
    """For each node the number of what it hangs together with."""
    joined = defaultdict(list)
    for one in segments:
        joined[one.upper].append(one.lower)
        joined[one.lower].append(one.upper)
    found = [-1] * count
    for first in range(count):
        waiting = [first] if found[first] < 0 else []
        while waiting:
            node = waiting.pop()
            if found[node] < 0:
                found[node] = first
                waiting += joined[node]
    return found


def _distances(nodes: Sequence[Node], row: Sequence[int]) -> list[float]:
    """From each middle to the next."""
    pairs = pairwise(nodes[one] for one in row)
    return [(a.width + b.width) / 2 + (BOX_GAP if a.box and b.box else LINE_GAP) + 0.2 for a, b in pairs]


def _pulls(nodes: Sequence[Node], segments: Sequence[Segment]) -> tuple[Mapping[int, list[_Pull]], ...]:
    """What draws each node from above, and from below: another node, how far beside it, how strongly."""
    above, below = defaultdict(list), defaultdict(list)
    for one in segments:
        straight = 1.0
        for node in (one.upper, one.lower):
            straight *= 1.0 if nodes[node].box else _STRAIGHT
        shift = one.upper_offset - one.lower_offset
        above[one.lower].append((one.upper, shift, straight))
        below[one.upper].append((one.lower, -shift, straight))
    return above, below


def _wish(across: Sequence[float], node: int, pulls: Mapping[int, list[_Pull]]) -> Wish:
    wishes = [(across[other] + shift, strength) for other, shift, strength in pulls.get(node, ())]
    if not wishes:
        return across[node], 0.1
    return _median(wishes), sum(strength for _, strength in wishes)


def _settled(wishes: Sequence[Wish], steps: Sequence[float]) -> list[float]:
    """Places in order, each at least its step behind the one before, as near to the wishes as can be."""
    blocks: list[tuple[float, list[Wish]]] = []
    for (wish, weight), step in zip(wishes, steps, strict=True):
        members = [(wish - step, weight)]
        place = wish - step
        while blocks and blocks[-1][0] >= place:
            members = blocks.pop()[1] + members
            place = _median(members)
        blocks.append((place, members))
    free = [place for place, members in blocks for _ in members]
    return [place + step for place, step in zip(free, steps, strict=True)]


def _median(wishes: Sequence[Wish]) -> float:
    """The weighted median; the middle of two that matter alike."""
    row = sorted(wishes)
    half, passed = sum(weight for _, weight in row) / 2, 0.0
    for number, (place, weight) in enumerate(row):
        passed += weight
        if passed > half:
            return place
        if passed == half and number + 1 < len(row):
            return (place + row[number + 1][0]) / 2
    return row[-1][0]
