"""
Where the nodes of a BPMN diagram stand and how its flows run: columns by distance from the start, flows in the gaps.

No flow runs through a node: between two columns lies a gap with a track of its own for each flow that turns there, and
flows that skip columns run above all nodes, those that lead back below them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from attrs import field, frozen

from svcflow.interchange.bpmn_graph import Flow, Graph, Shape

SIZES: Mapping[str, tuple[int, int]] = {
    "userTask": (100, 80), "callActivity": (100, 80), "exclusiveGateway": (50, 50), "parallelGateway": (50, 50),
    "startEvent": (36, 36), "endEvent": (36, 36), "intermediateThrowEvent": (36, 36), "boundaryEvent": (36, 36),
}  # fmt: skip
TRACK = 12
MARGIN = 30
_BELOW = 46
"""Room below a node: for the name of an event or gateway, and for the flows of its timers."""


@frozen
class Box:
    """Where a node stands."""

    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> int:
        """Half way down."""
        return self.y + self.height // 2


Point = tuple[int, int]


@frozen
class Drawing:
    """Boxes by node and points by flow, those inside sub-processes included, within `width` x `height`."""

    boxes: Mapping[str, Box]
    routes: Mapping[str, tuple[Point, ...]]
    width: int
    height: int


def draw(graph: Graph) -> Drawing:
    """Lay out a graph with its upper left corner at the origin."""
    inner = {shape.id: draw(shape.inner) for shape in graph.shapes if shape.inner is not None}
    return _Layout(graph, inner).drawing()


@frozen(eq=False)
class _Layout:
    graph: Graph
    inner: Mapping[str, Drawing]
    hosts: Mapping[str, str] = field(init=False)
    ranks: Mapping[str, int] = field(init=False)
    tracks: Counter[int] = field(factory=Counter)
    """How many flows turn in the gap behind each column; -1 is the gap before the first."""

    def __attrs_post_init__(self) -> None:
        hosts = {shape.id: shape.host for shape in self.graph.shapes if shape.host}
        object.__setattr__(self, "hosts", hosts)
        object.__setattr__(self, "ranks", self._ranks())

    def drawing(self) -> Drawing:
        turns = {flow.id: self._turns(flow) for flow in self.graph.flows}
        above = [flow.id for flow in self.graph.flows if self._skips(flow) > 1]
        below = [flow.id for flow in self.graph.flows if self._skips(flow) < 1]
        lefts, rights, width = self._columns()
        top = MARGIN + TRACK * len(above)
        boxes, bottom = self._boxes(lefts, top)
        lanes = {one: top - TRACK * (place + 1) for place, one in enumerate(above)}
        lanes |= {one: bottom + TRACK * (place + 1) for place, one in enumerate(below)}
        routes = {}
        for flow in self.graph.flows:
            xs = [rights[gap] + TRACK * (track + 1) for gap, track in turns[flow.id]]
            routes[flow.id] = tuple(_straight(self._route(flow, boxes, xs, lanes.get(flow.id))))
        for id_, drawn in self.inner.items():
            boxes |= {name: _moved(box, boxes[id_]) for name, box in drawn.boxes.items()}
            routes |= {name: tuple((x + boxes[id_].x, y + boxes[id_].y) for x, y in points)
                       for name, points in drawn.routes.items()}  # fmt: skip
        return Drawing(boxes, routes, width, bottom + TRACK * len(below) + MARGIN)

    def _ranks(self) -> dict[str, int]:
        """The distance of every node from the start; a timer stands where its host does."""
        after: dict[str, list[str]] = defaultdict(list)
        for flow in self.graph.flows:
            after[self.hosts.get(flow.source, flow.source)].append(flow.target)
        ranks: dict[str, int] = {}
        for begin in (shape.id for shape in self.graph.shapes if not shape.host):
            # The start comes first; whatever it does not lead to begins anew beside it.
            waiting = [] if begin in ranks else [(begin, 0)]
            while waiting:
                node, rank = waiting.pop(0)
                if node not in ranks:
                    ranks[node] = rank
                    waiting += [(target, rank + 1) for target in after[node]]
        return ranks | {timer: ranks[host] for timer, host in self.hosts.items()}

    def _skips(self, flow: Flow) -> int:
        return self.ranks[flow.target] - self.ranks[flow.source]

    def _turns(self, flow: Flow) -> list[tuple[int, int]]:
        """The gaps in which a flow turns, with its track there."""
        source, target = self.ranks[flow.source], self.ranks[flow.target] - 1
        gaps = [source] if source == target else [source, target]
        found = [(gap, self.tracks[gap]) for gap in gaps]
        self.tracks.update(gaps)
        return found

    def _size(self, shape: Shape) -> tuple[int, int]:
        drawn = self.inner.get(shape.id)
        return SIZES[shape.kind] if drawn is None else (drawn.width, drawn.height)

    def _columns(self) -> tuple[dict[int, int], dict[int, int], int]:
        """The left and right edge of each column, and the width of all."""
        widths: dict[int, int] = {}
        for shape in self.graph.shapes:
            rank = self.ranks[shape.id]
            widths[rank] = max(widths.get(rank, 0), self._size(shape)[0])
        lefts, rights = {}, {-1: MARGIN}
        for rank in range(len(widths)):
            lefts[rank] = rights[rank - 1] + TRACK * (self.tracks[rank - 1] + 1) + MARGIN
            rights[rank] = lefts[rank] + widths[rank]
        last = len(widths) - 1
        return lefts, rights, rights[last] + TRACK * (self.tracks[last] + 1) + MARGIN

    def _boxes(self, lefts: Mapping[int, int], top: int) -> tuple[dict[str, Box], int]:
        """Every node in its column, below one another; answers the boxes and where the lowest ends."""
        boxes: dict[str, Box] = {}
        rows: Counter[int] = Counter()
        places: dict[str, int] = {}
        heights: Counter[int] = Counter()
        timers = Counter(self.hosts.values())
        nodes = [shape for shape in self.graph.shapes if not shape.host]
        for shape in nodes:
            rank = self.ranks[shape.id]
            places[shape.id], rows[rank] = rows[rank], rows[rank] + 1
            room = self._size(shape)[1] + _BELOW + TRACK * timers[shape.id]
            heights[places[shape.id]] = max(heights[places[shape.id]], room)
        tops = {0: top}
        for row in range(len(heights)):
            tops[row + 1] = tops[row] + heights[row]
        for shape in nodes:
            width, height = self._size(shape)
            spare = heights[places[shape.id]] - _BELOW - TRACK * timers[shape.id] - height
            boxes[shape.id] = Box(
                lefts[self.ranks[shape.id]], tops[places[shape.id]] + max(0, spare) // 2, width, height
            )  # fmt: skip
        for host in timers:
            boxes |= self._on(host, boxes[host])
        return boxes, tops[len(heights)]

    def _on(self, host: str, box: Box) -> dict[str, Box]:
        """The timers on the lower edge of a node, side by side."""
        mine = [timer for timer, one in self.hosts.items() if one == host]
        width, height = SIZES["boundaryEvent"]
        step = box.width / (len(mine) + 1)
        return {
            timer: Box(int(box.x + step * (place + 1) - width / 2), box.y + box.height - height // 2, width, height)
            for place, timer in enumerate(mine)
        }

    def _route(self, flow: Flow, boxes: Mapping[str, Box], xs: list[int], lane: int | None) -> Iterator[Point]:
        source, target = boxes[flow.source], boxes[flow.target]
        y = source.middle
        if flow.source in self.hosts:
            mine = [timer for timer, host in self.hosts.items() if host == self.hosts[flow.source]]
            y = source.y + source.height + TRACK * (mine.index(flow.source) + 1)
            yield source.x + source.width // 2, source.y + source.height
            yield source.x + source.width // 2, y
        else:
            yield source.x + source.width, y
        yield xs[0], y
        if lane is not None:
            yield xs[0], lane
            yield xs[-1], lane
        yield xs[-1], target.middle
        yield target.x, target.middle


def _straight(points: Iterator[Point]) -> Iterator[Point]:
    """The points without those that lie on the line between their neighbours."""
    row = list(points)
    yield row[0]
    for before, here, behind in zip(row, row[1:], row[2:], strict=False):
        if not (before[0] == here[0] == behind[0] or before[1] == here[1] == behind[1]):
            yield here
    yield row[-1]


def _moved(box: Box, by: Box) -> Box:
    return Box(box.x + by.x, box.y + by.y, box.width, box.height)
