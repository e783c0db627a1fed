"""What a layout is asked for, boxes and links, and what it answers: places and lines; all lengths are pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from attrs import frozen

Point: TypeAlias = tuple[float, float]


@frozen
class Box:
    """A thing to place; a group holds others below its head of `width` times `height`."""

    id: str
    width: float
    height: float
    inner: tuple[Box, ...] = ()


@frozen
class Link:
    """A line from one box to another, with room for a label on it."""

    source: str
    target: str
    width: float = 0.0
    height: float = 0.0


@frozen
class Rect:
    """A place: the left upper corner, and the size."""

    x: float
    y: float
    width: float
    height: float

    def moved(self, x: float, y: float) -> Rect:
        """The same elsewhere."""
        return Rect(self.x + x, self.y + y, self.width, self.height)


@frozen
class Route:
    """A part of the line of a link, from above to below; `tip` is its end at the target, where it gets there."""

    link: int
    points: tuple[Point, ...]
    tip: Point | None = None

    def moved(self, x: float, y: float) -> Route:
        """The same elsewhere."""
        tip = None if self.tip is None else (self.tip[0] + x, self.tip[1] + y)
        return Route(self.link, tuple((px + x, py + y) for px, py in self.points), tip)


@frozen
class Layout:
    """
    Where everything stands: boxes by id, labels by the number of their link, lines in parts.

    `ports` says where across links leave and reach it, by their numbers.
    """

    width: float
    height: float
    boxes: Mapping[str, Rect]
    labels: Mapping[int, Rect]
    routes: tuple[Route, ...]
    ports: Mapping[int, float]


@frozen
class Wire:
    """
    A link as one group sees it: between the `upper` and the `lower` of its members, by number.

    `ABOVE` and `BELOW` are the edges of the group itself. `down`: the link runs from the upper to the lower one.
    """

    link: int
    upper: int
    lower: int
    down: bool
    labelled: bool = False


ABOVE, BELOW = -1, -2
