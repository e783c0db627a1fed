"""One group of a drawing in rows: boxes in those with even numbers, labels between them, and the lines through all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from svcflow.diagram.columns import placed
from svcflow.diagram.layers import Node, Segment, ordered
from svcflow.diagram.shapes import ABOVE, BELOW, Box, Layout, Link, Point, Rect, Route, Wire

PAD = 16.0
"""Inside a group, beside and below what it holds."""

_GAP, _STEEP, _MOST = 26.0, 0.07, 64.0
"""Between two rows; the further a line goes sideways there, the more, up to a limit."""


class Grid:
    """The nodes of one group, in rows from above to below; members come first and keep their numbers."""

    def __init__(
        self,
        members: Sequence[Box],
        links: Mapping[int, Link],
        wires: Sequence[Wire],
        ranks: Sequence[int],
        sheets: Mapping[int, Layout],
        head: float,
    ) -> None:
        self.members, self.links, self.wires, self.sheets, self.head = members, links, wires, sheets, head
        self.last = 2 * max(ranks, default=0) + 4
        self.nodes = [Node(2 * rank + 2, *self._size(number), box=True) for number, rank in enumerate(ranks)]
        self.chains = [self._chain(wire) for wire in wires]
        segments = [segment for chain in self.chains for segment in chain]
        # The ports of groups are known before the order of the rows, and shape it; other ends follow from it.
        self._spread(range(len(self.nodes)))
        for segment in segments:
            segment.upper_offset *= segment.upper in sheets
            segment.lower_offset *= segment.lower in sheets
        self.rows = ordered(self.nodes, segments)
        self._spread({node: place for row in self.rows for place, node in enumerate(row)})
        self.across = placed(self.nodes, self.rows, segments)
        self.tops, self.bottoms = self._heights(segments)

    def layout(self) -> Layout:
        """Everything in its place."""
        boxes = {box.id: self._rect(number) for number, box in enumerate(self.members)}
        labels = {
            wire.link: self._rect(node)
            for wire, chain in zip(self.wires, self.chains, strict=True)
            for node in (segment.upper for segment in chain) if not self.nodes[node].box and self.nodes[node].height
        }  # fmt: skip
        routes = [one for wire, chain in zip(self.wires, self.chains, strict=True) for one in self._route(wire, chain)]
        for number, sheet in self.sheets.items():
            place, box = boxes[self.members[number].id], self.members[number]
            x, y = place.x + (place.width - sheet.width) / 2, place.y + box.height
            boxes |= {id_: rect.moved(x, y) for id_, rect in sheet.boxes.items()}
            labels |= {link: rect.moved(x, y) for link, rect in sheet.labels.items()}
            routes += [route.moved(x, y) for route in sheet.routes]
        width = max((self.across[one] + node.width / 2 for one, node in enumerate(self.nodes)), default=0.0)
        return Layout(width, self.bottoms[-1], boxes, labels, tuple(routes), dict(self._ports()))

    def _size(self, number: int) -> tuple[float, float]:
        box, sheet = self.members[number], self.sheets.get(number)
        if sheet is None:
            return box.width, box.height
        return max(box.width, sheet.width + 2 * PAD), box.height + sheet.height

    def _chain(self, wire: Wire) -> list[Segment]:
        """A line from row to row, with a node in each that it passes; the label is in the one nearest to the source."""
        link = self.links[wire.link]
        first = -1 if wire.upper == ABOVE else self.nodes[wire.upper].row
        last = self.last + 1 if wire.lower == BELOW else self.nodes[wire.lower].row
        label = max(1, first + 1) if wire.down else last - 1
        chain = [] if wire.upper == ABOVE else [wire.upper]
        for row in range(first + 1, last):
            chain.append(len(self.nodes))
            labelled = wire.labelled and row == label
            self.nodes.append(Node(row, link.width, link.height) if labelled else Node(row))
        chain += [] if wire.lower == BELOW else [wire.lower]
        return [Segment(upper, lower) for upper, lower in pairwise(chain)]

    def _spread(self, places: Mapping[int, int] | Sequence[int]) -> None:
        """Where lines leave and reach boxes: side by side in the order of what they lead to; groups have ports."""
        leaving: dict[int, list[tuple[int, Wire, Segment]]] = defaultdict(list)
        reaching: dict[int, list[tuple[int, Wire, Segment]]] = defaultdict(list)
        for wire, chain in zip(self.wires, self.chains, strict=True):
            if wire.upper != ABOVE:
                leaving[wire.upper].append((places[chain[0].lower], wire, chain[0]))
            if wire.lower != BELOW:
                reaching[wire.lower].append((places[chain[-1].upper], wire, chain[-1]))
        for ends in (leaving, reaching):
            for node, found in ends.items():
                found.sort(key=lambda one: one[0])
                for place, (_, wire, segment) in enumerate(found):
                    offset = self._offset(node, wire, (place + 0.5) / len(found) - 0.5)
                    if ends is leaving:
                        segment.upper_offset = offset
                    else:
                        segment.lower_offset = offset

    def _offset(self, node: int, wire: Wire, share: float) -> float:
        sheet = self.sheets.get(node)
        if sheet is not None and wire.link in sheet.ports:
            return sheet.ports[wire.link] - sheet.width / 2
        return share * self.nodes[node].width * 0.8

    def _heights(self, segments: Sequence[Segment]) -> tuple[list[float], list[float]]:
        """The upper and the lower edge of every row."""
        sideways = [0.0] * len(self.rows)
        for one in segments:
            row = self.nodes[one.upper].row
            distance = self.across[one.upper] + one.upper_offset - self.across[one.lower] - one.lower_offset
            sideways[row] = max(sideways[row], abs(distance))
        tops, bottoms, y = [], [], 0.0
        for row, nodes in enumerate(self.rows):
            tops.append(y)
            y += max((self.nodes[node].height for node in nodes), default=0.0)
            bottoms.append(y)
            # Rows without anything at the edges, where no line leaves the group, take no room.
            y += (_GAP + min(_MOST, _STEEP * sideways[row])) if nodes else 0.0
        return tops, [*bottoms, max(bottoms[-1], y if self.rows and not self._below() else bottoms[-1])]

    def _below(self) -> bool:
        return any(wire.lower == BELOW for wire in self.wires)

    def _rect(self, node: int) -> Rect:
        one = self.nodes[node]
        room = self.bottoms[one.row] - self.tops[one.row] - one.height
        return Rect(self.across[node] - one.width / 2, self.tops[one.row] + room / 2, one.width, one.height)

    def _ports(self) -> Iterator[tuple[int, float]]:
        for wire, chain in zip(self.wires, self.chains, strict=True):
            if wire.upper == ABOVE and not wire.labelled:
                yield wire.link, self.across[chain[0].upper]
            if wire.lower == BELOW:
                yield wire.link, self.across[chain[-1].lower]

    def _route(self, wire: Wire, chain: Sequence[Segment]) -> Iterator[Route]:
        """The parts of a line: it is interrupted where its label stands."""
        link, points, parts = self.links[wire.link], list[Point](), list[tuple[Point, ...]]()
        if wire.upper == ABOVE:
            points.append((self.across[chain[0].upper], -self.head))
        for segment in chain:
            for node, offset in ((segment.upper, segment.upper_offset), (segment.lower, segment.lower_offset)):
                x, one, rect = self.across[node] + offset, self.nodes[node], self._rect(node)
                below = node == segment.upper
                if one.height and not below:
                    points += [(x, self.tops[one.row]), (x, rect.y)]
                    if not one.box:
                        parts.append(tuple(points))
                        points.clear()
                elif one.height:
                    points += [(x, rect.y + rect.height), (x, self.bottoms[one.row])]
                else:
                    points.append((x, self.bottoms[one.row] if below else self.tops[one.row]))
        if wire.lower == BELOW:
            points.append((self.across[chain[-1].lower], self.bottoms[-1]))
        parts.append(tuple(points))
        end = wire.lower if wire.down else wire.upper
        arrives = end >= 0 and self.members[end].id == link.target
        for number, part in enumerate(parts):
            if arrives and number == (len(parts) - 1 if wire.down else 0):
                yield Route(wire.link, part, part[-1] if wire.down else part[0])
            else:
                yield Route(wire.link, part)
