"""
Boxes in boxes and the lines between them, laid out in layers (after Sugiyama) without asking any other program.

Every group is laid out for itself, inside first. A line that leaves it ends at a port on its upper or lower edge, where
the layout around it goes on. A label is a node of its own in a row between two rows of boxes, so no two things overlap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import field, frozen

from svcflow.diagram.grid import Grid
from svcflow.diagram.layers import ranks
from svcflow.diagram.shapes import ABOVE, BELOW, Box, Layout, Link, Wire


def arranged(boxes: Sequence[Box], links: Sequence[Link]) -> Layout:
    """Lay out boxes and links; no link goes from a box to one around it or to itself."""
    lines: dict[str, tuple[str, ...]] = {}
    waiting: list[tuple[tuple[str, ...], Box]] = [((), box) for box in boxes]
    while waiting:
        around, box = waiting.pop()
        lines[box.id] = (*around, box.id)
        waiting += [(lines[box.id], one) for one in box.inner]
    return _Group(tuple(boxes), dict(enumerate(links)), lines).layout()


@frozen
class _Group:
    """
    What one layout is about: the members of one group, the links between and within them, and those that leave it.

    `lines` are for each box the groups around it and itself, outer first; `path` is that of this group. `above` and
    `below` hold the links through its upper and lower edge, each with the box inside at which it ends.
    """

    members: tuple[Box, ...]
    links: Mapping[int, Link]
    lines: Mapping[str, tuple[str, ...]]
    path: tuple[str, ...] = ()
    head: float = 0.0
    above: tuple[tuple[int, Link, str], ...] = ()
    below: tuple[tuple[int, Link, str], ...] = ()
    numbers: Mapping[str, int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "numbers", {box.id: number for number, box in enumerate(self.members)})

    def layout(self) -> Layout:
        """The places of everything in the group; its own left upper corner, below the head, is where they count."""
        inner: dict[int, dict[int, Link]] = {}
        wires: list[Wire] = []
        for number, link in self.links.items():
            member = self.member(link.target)
            if self.path and link.source == self.path[-1]:
                wires.append(Wire(number, ABOVE, member, down=True, labelled=True))
            elif (source := self.member(link.source)) == member:
                inner.setdefault(member, {})[number] = link
            else:
                wires.append(Wire(number, min(source, member), max(source, member), source < member, labelled=True))
        links = {**self.links, **{number: link for number, link, _ in (*self.above, *self.below)}}
        wires += self.crossing()
        rows = ranks(len(self.members), ((one.upper, one.lower) for one in wires if min(one.upper, one.lower) >= 0))
        sheets = {
            number: self.sheet(number, wires, links, inner.get(number, {}))
            for number, box in enumerate(self.members) if box.inner
        }  # fmt: skip
        return Grid(self.members, links, wires, rows, sheets, self.head).layout()

    def crossing(self) -> Iterator[Wire]:
        """The links through the edges of the group."""
        for number, link, end in self.above:
            yield Wire(number, ABOVE, self.member(end), down=end == link.target)
        for number, link, end in self.below:
            yield Wire(number, self.member(end), BELOW, down=end == link.source)

    def member(self, id_: str) -> int:
        """The member that a box is or is in."""
        return self.numbers[self.lines[id_][len(self.path)]]

    def sheet(self, number: int, wires: Iterable[Wire], links: Mapping[int, Link], inner: Mapping[int, Link]) -> Layout:
        """The inside of a member that is a group."""
        box, path = self.members[number], (*self.path, self.members[number].id)
        above: list[tuple[int, Link, str]] = []
        below: list[tuple[int, Link, str]] = []
        for wire in wires:
            link = links[wire.link]
            ends = [
                end for end in (link.source, link.target) if self.lines[end][: len(path)] == path != self.lines[end]
            ]
            if ends and number in {wire.upper, wire.lower}:
                (below if wire.upper == number else above).append((wire.link, link, ends[0]))
        return _Group(box.inner, inner, self.lines, path, box.height, tuple(above), tuple(below)).layout()
