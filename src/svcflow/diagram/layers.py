"""
Rows of a layered drawing: which node stands in which row, and in which order, so that few lines cross.

The order of the file decides which way is down: a line to a node further up in the file runs upwards. So every process
has a picture, loops or not, that reads in the order in which it was written.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from attrs import define, frozen

_WORK = 400_000
"""How many nodes are looked at, all sweeps together: large pictures get fewer sweeps."""


@frozen
class Node:
    """
    A thing that needs room in a row: a box, a label on a line, or, without a size, a point where a line passes.

    `box` says that it is a thing of its own, not part of a line.
    """

    row: int
    width: float = 0.0
    height: float = 0.0
    box: bool = False


@define
class Segment:
    """A line from a node to one in the next row; the offsets are where it begins and ends beside their middles."""

    upper: int
    lower: int
    upper_offset: float = 0.0
    lower_offset: float = 0.0


def ranks(count: int, downs: Iterable[tuple[int, int]]) -> list[int]:
    """
    The row of each of `count` nodes: below everything that leads down to it.

    What nothing leads to stands right above what it leads to. Each of `downs` goes from a lower number to a higher one.
    """
    after: dict[int, list[int]] = defaultdict(list)
    before: dict[int, list[int]] = defaultdict(list)
    for upper, lower in downs:
        after[upper].append(lower)
        before[lower].append(upper)
    found = [0] * count
    for node in range(count):
        found[node] = max((found[one] + 1 for one in before[node]), default=0)
    for node in reversed(range(count)):
        if after[node] and not before[node]:
            found[node] = min(found[one] for one in after[node]) - 1
    return found


def ordered(nodes: Sequence[Node], segments: Sequence[Segment]) -> list[list[int]]:
    """
    The nodes of each row from left to right: the best of some sweeps down and up.

    Offsets that segments have already count: lines end at that part of a wide box.
    """
    rows: list[list[int]] = [[] for _ in range(1 + max((node.row for node in nodes), default=-1))]
    for number, node in enumerate(nodes):
        rows[node.row].append(number)
    ends = [
        (one.upper, _share(nodes[one.upper], one.upper_offset), one.lower, _share(nodes[one.lower], one.lower_offset))
        for one in segments
    ]  # fmt: skip
    above, below = defaultdict(list), defaultdict(list)
    for upper, upper_share, lower, lower_share in ends:
        below[upper].append((lower, lower_share))
        above[lower].append((upper, upper_share))
    best, fewest = [list(row) for row in rows], _crossings(nodes, rows, ends)
    for sweep in range(max(4, min(24, _WORK // (1 + len(nodes))))):
        if not fewest:
            break
        down = sweep % 2 == 0
        for row in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
            _sort(rows[row], rows[row - 1 if down else row + 1], above if down else below)
        crossings = _crossings(nodes, rows, ends)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _share(node: Node, offset: float) -> float:
    """Where on a node a line ends, from -0.5 for its left end to 0.5 for its right one."""
    return offset / node.width if node.width else 0.0


def _sort(row: list[int], beside: Sequence[int], joined: Mapping[int, Sequence[tuple[int, float]]]) -> None:
    """Put a row in the order of the middles of what it is joined to; what is joined to nothing stays about there."""
    places = {node: place for place, node in enumerate(beside)}
    wide = max(1, len(beside) - 1)
    own = {node: place / max(1, len(row) - 1) for place, node in enumerate(row)}
    middles = {
        node: [(places[one] + share) / wide for one, share in joined.get(node, ())] or [own[node]] for node in row
    }
    row.sort(key=lambda node: (sum(middles[node]) / len(middles[node]), own[node]))


def _crossings(
    nodes: Sequence[Node], rows: Sequence[Sequence[int]], ends: Iterable[tuple[int, float, int, float]]
) -> int:
    """How many pairs of lines cross."""
    places = {node: place for row in rows for place, node in enumerate(row)}
    between: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for upper, upper_share, lower, lower_share in ends:
        between[nodes[upper].row].append((places[upper] + upper_share, places[lower] + lower_share))
    total = 0
    for lines in between.values():
        seen: list[float] = []
        for _, end in sorted(lines):
            total += len(seen) - bisect_right(seen, end)
            insort(seen, end)
    return total
