"""
A process as an SVG picture: one file without scripts or fonts of its own, light or dark as its reader likes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from attrs import frozen

from svcflow.core.process import Process
from svcflow.diagram.layout import arranged
from svcflow.diagram.lettering import LEADING, SIZE, balanced, width, wrapped
from svcflow.diagram.paint import COUNTED, PAINTED, PLAIN, Paint
from svcflow.diagram.scene import Arrow, Figure, Scene, scene
from svcflow.diagram.shapes import Box, Layout, Link, Point, Rect, Route
from svcflow.diagram.traffic import Traffic

MARGIN = 20.0
_SMALL, _LARGE = 11.5, 18.0
_STEP = 16.0
_ROOM, _LABEL_ROOM, _HEAD_ROOM, _WIDE_ROOM = 190.0, 150.0, 640.0, 260.0
_PAD = 10.0
_DOT = 14.0
_BOLD = 1.15
_TIP, _HALF = 8.0, 4.0

STYLE = """
.svcflow-picture{--page:#ffffff;--box:#f3f7fb;--group:#fafbfc;--edge:#5b7083;--text:#17212b;--soft:#4b5a68;\
--line:#6a7b8b;--label:#0b5a52;--good:#e4f4e8;--bad:#fae9e7;--loose:#fdf5df;\
font-family:system-ui,"Segoe UI",Roboto,"Noto Sans","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",\
"WenQuanYi Micro Hei",sans-serif;max-width:100%;height:auto}
@media (prefers-color-scheme:dark){.svcflow-picture{--page:#15191e;--box:#222b34;--group:#1b2127;--edge:#8fa3b5;\
--text:#e8edf2;--soft:#b3c0cc;--line:#8496a6;--label:#7fd6c8;--good:#1d3a28;--bad:#43231f;--loose:#3a331c}}
@media print{.svcflow-picture{--page:#ffffff;--box:#f3f7fb;--group:#fafbfc;--edge:#5b7083;--text:#17212b;\
--soft:#4b5a68;--line:#6a7b8b;--label:#0b5a52;--good:#e4f4e8;--bad:#fae9e7;--loose:#fdf5df}}
.svcflow-picture rect{stroke:var(--edge);fill:var(--box)}
.svcflow-picture .page{stroke:none;fill:var(--page)}
.svcflow-picture .group,.svcflow-picture .region{fill:var(--group)}
.svcflow-picture .region{stroke-dasharray:6 4}
.svcflow-picture .done{fill:var(--good)}
.svcflow-picture .cancelled{fill:var(--bad)}
.svcflow-picture .anywhere{fill:var(--loose);stroke-dasharray:3 3}
.svcflow-picture .dot{fill:var(--text)}
.svcflow-picture path{fill:none;stroke:var(--line);stroke-width:1.3}
.svcflow-picture .tip{fill:var(--line);stroke:none}
.svcflow-picture text{fill:var(--soft);font-size:11.5px}
.svcflow-picture .title{fill:var(--text);font-size:13px;font-weight:600}
.svcflow-picture .name{fill:var(--text);font-size:18px;font-weight:600}
.svcflow-picture .label{fill:var(--label);paint-order:stroke;stroke:var(--page);stroke-width:2px}
.svcflow-picture .ground{fill:var(--group);stroke:none}
""".strip()


def svg(process: Process, language: str | None = None, *, paint: Paint = PLAIN, traffic: Traffic | None = None) -> str:
    """
    The picture with titles in `language` (default: the first language of the process).

    Every state is a box with who acts in it and its times, every group a box around its states, regions stand side by
    side. What stays in a state, or goes back, stands in its box. Events of `anywhere` come from dashed boxes that name
    the states they are offered in. `paint` says what tests have covered of it, `traffic` what went through: arrows that
    were taken often are wide.

    Raises:
        InputError: If the process has languages, and `language` is none of them.
    """
    shown = scene(process, language, traffic)
    picture = Picture.of(shown, paint)
    return "\n".join(picture.lines()) + "\n"


@frozen
class Picture:
    """A scene with a place for everything in it."""

    scene: Scene
    head: tuple[str, ...]
    layout: Layout
    labels: tuple[tuple[str, ...], ...]
    paint: Paint = PLAIN

    @classmethod
    def of(cls, shown: Scene, paint: Paint = PLAIN) -> Picture:
        """Measure the texts and lay everything out."""
        labels = tuple(_label(arrow) for arrow in shown.arrows)
        boxes = [_box(figure) for figure in shown.figures]
        links = [
            Link(arrow.source, arrow.target, *_size(label, _SMALL, 4.0))
            for arrow, label in zip(shown.arrows, labels, strict=True)
        ]  # fmt: skip
        layout = arranged(boxes, links)
        room = max(_HEAD_ROOM, layout.width)
        head = tuple(line for remark in shown.remarks for line in wrapped(remark, room, _SMALL))
        return cls(shown, head, layout, labels, paint)

    @property
    def top(self) -> float:
        """Where the drawing begins, below the title and the remarks."""
        return MARGIN + 2 * LEADING + 6 + _STEP * len(self.head) + MARGIN

    @property
    def size(self) -> tuple[float, float]:
        """The width and height of the canvas."""
        texts = [width(self.scene.title, _LARGE), *(width(line, _SMALL) for line in (self.scene.subtitle, *self.head))]
        return max(self.layout.width, *texts) + 2 * MARGIN, self.top + self.layout.height + MARGIN

    def lines(self) -> Iterator[str]:
        """The SVG, line by line."""
        across, down = (f"{length:.0f}" for length in self.size)
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="svcflow-picture" width="{across}" height="{down}" '
            f'viewBox="0 0 {across} {down}" role="img" aria-label={quoteattr(_plain(self.scene.title))}>'
        )
        yield f"<title>{_text(self.scene.title)}</title>"
        yield f"<desc>{_text('; '.join((self.scene.subtitle, *self.scene.remarks, *self.told())))}</desc>"
        yield f"<style>{STYLE}{'' if self.paint == PLAIN else PAINTED}{COUNTED if self.counted else ''}</style>"
        yield f'<rect class="page" width="{across}" height="{down}"/>'
        yield from self.heading()
        yield f'<g transform="translate({MARGIN:g} {self.top:g})">'
        yield from (line for figure in self.scene.figures for line in self.frame(figure))
        yield from (
            line
            for route in self.layout.routes
            for line in _route(route, self.shade(route.link), self.width(route.link))
        )
        for number, label in self.layout.labels.items():
            yield from _centred(self.labels[number], label, _classes("label", self.shade(number)), _STEP)
        yield from (line for figure in self.scene.figures for line in self.lettered(figure))
        yield "</g>"
        yield "</svg>"

    def shade(self, arrow: int) -> str:
        """How an arrow is painted: as all of its moves together."""
        return self.paint.of(move for moves in self.scene.arrows[arrow].moves for move in moves)

    @property
    def counted(self) -> bool:
        """Whether it says what went through."""
        return any(arrow.wide is not None for arrow in self.scene.arrows)

    def width(self, arrow: int) -> str:
        """How wide an arrow is drawn, by a class."""
        wide = self.scene.arrows[arrow].wide
        return "" if wide is None else f"wide{wide}"

    def told(self) -> Iterator[str]:
        """Every arrow in words, for those who do not see it."""
        titles = dict(_titles(self.scene.figures))
        for arrow in self.scene.arrows:
            if arrow.texts:
                yield f"{titles[arrow.source]} -> {titles[arrow.target]}: {' / '.join(arrow.texts)}"

    def heading(self) -> Iterator[str]:
        """The title, and below it the remarks."""
        y = MARGIN + SIZE
        yield f'<text class="name" x="{MARGIN:g}" y="{y:g}">{_text(self.scene.title)}</text>'
        for number, line in enumerate((self.scene.subtitle, *self.head)):
            yield f'<text x="{MARGIN:g}" y="{y + LEADING + 4 + _STEP * number:g}">{_text(line)}</text>'

    def frame(self, figure: Figure) -> Iterator[str]:
        """The box of a figure, and of those in it."""
        place = self.layout.boxes[figure.id]
        if figure.kind == "start":
            half = place.width / 2
            yield f'<circle class="dot" cx="{place.x + half:.1f}" cy="{place.y + half:.1f}" r="{half - 1:g}"/>'
            return
        corner = {"anywhere": 14, "done": 18, "cancelled": 18}.get(figure.kind, 6)
        shade = self.paint.states.get(int(figure.id[1:]), "") if figure.id[1:].isdecimal() else ""
        named = _classes(figure.kind, f"{shade} late" if figure.late else shade)
        yield (
            f'<rect class="{named}" x="{place.x:.1f}" y="{place.y:.1f}" width="{place.width:.1f}" '
            f'height="{place.height:.1f}" rx="{corner}"/>'
        )
        for inner in figure.inner:
            yield from self.frame(inner)

    def lettered(self, figure: Figure) -> Iterator[str]:
        """What is written in a box: in the head of a group to the left, else in the middle."""
        place, (title, lines) = self.layout.boxes[figure.id], _texts(figure)
        if figure.inner:
            for number, line in enumerate((*title, *lines)):
                css = ' class="title"' if number < len(title) else ""
                y = place.y + _PAD + SIZE + LEADING * number
                # A line on its way into the group stops above its words, and goes on below them.
                yield (
                    f'<rect class="ground" x="{place.x + _PAD - 4:.1f}" y="{y - SIZE:.1f}" '
                    f'width="{width(line, SIZE * _BOLD if css else _SMALL) + 4:.1f}" height="{LEADING:g}"/>'
                )
                yield f'<text{css} x="{place.x + _PAD:.1f}" y="{y:.1f}">{_text(line)}</text>'
            for inner in figure.inner:
                yield from self.lettered(inner)
        elif figure.kind != "start":
            height = LEADING * len(title)
            head = Rect(place.x, place.y + _PAD - 2, place.width, height)
            yield from _centred(title, head, "title", LEADING)
            rest = Rect(place.x, place.y + _PAD - 2 + height, place.width, place.height - height - 2 * _PAD + 4)
            yield from _centred(lines, rest, "", _STEP)


def _box(figure: Figure) -> Box:
    if figure.kind == "start":
        return Box(figure.id, _DOT, _DOT)
    title, lines = _texts(figure)
    inner = tuple(map(_box, figure.inner))
    widths = (*(width(line) * _BOLD for line in title), *(width(line, _SMALL) for line in lines))
    height = LEADING * len(title) + (LEADING if inner else _STEP) * len(lines) + 2 * _PAD
    return Box(figure.id, round(max(60.0, *widths) + 2 * _PAD, 1), height, inner)


def _texts(figure: Figure) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The title and the text of a box, in lines that fit."""
    room = _WIDE_ROOM if figure.inner or figure.kind == "anywhere" else _ROOM
    title = balanced(figure.title, _ROOM / _BOLD)
    return title, tuple(line for text in figure.lines for line in balanced(text, room, _SMALL))


def _label(arrow: Arrow) -> tuple[str, ...]:
    return tuple(line for label in arrow.texts for line in balanced(label, _LABEL_ROOM, _SMALL))


def _size(lines: Sequence[str], size: float, pad: float) -> tuple[float, float]:
    """The room of a label."""
    if not lines:
        return 0.0, 0.0
    return round(max(width(line, size) for line in lines) + 2 * pad, 1), _STEP * len(lines) + 2


def _titles(figures: Sequence[Figure]) -> Iterator[tuple[str, str]]:
    for figure in figures:
        yield figure.id, figure.title or "; ".join(figure.lines)
        yield from _titles(figure.inner)


def _centred(lines: Sequence[str], place: Rect, css: str, step: float) -> Iterator[str]:
    named = f' class="{css}"' if css else ""
    x = place.x + place.width / 2
    for number, line in enumerate(lines):
        y = place.y + step * number + step * 0.76
        yield f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{_text(line)}</text>'


def _route(route: Route, shade: str, wide: str) -> Iterator[str]:
    """A part of a line: upright where it passes a row and at its tip, bent between two."""
    points = list(route.points)
    back = 0.0
    if route.tip is not None:
        back = -_TIP if route.tip == points[-1] else _TIP
        points[-1 if back < 0 else 0] = (route.tip[0], route.tip[1] + back)
    drawn = [f"M{_at(points[0])}"]
    for before, after in pairwise(points):
        if before == after:
            continue
        if abs(before[0] - after[0]) < 1:
            drawn.append(f"L{_at(after)}")
        else:
            middle = (before[1] + after[1]) / 2
            drawn.append(f"C{_at((before[0], middle))} {_at((after[0], middle))} {_at(after)}")
    named = f' class="{_classes(shade, wide).strip()}"' if shade or wide else ""
    yield f'<path{named} d="{"".join(drawn)}"/>'
    if route.tip is not None:
        x, y = route.tip
        tip = f"M{_at(route.tip)}L{_at((x - _HALF, y + back))}L{_at((x + _HALF, y + back))}Z"
        yield f'<path class="{_classes("tip", shade)}" d="{tip}"/>'


def _classes(kind: str, shade: str) -> str:
    return f"{kind} {shade}".rstrip()


def _at(point: Point) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"


def _text(text: str) -> str:
    return escape(_plain(text))


def _plain(text: str) -> str:
    """A text on one line and without the control characters that no XML may hold."""
    return "".join(one for one in " ".join(text.split()) if one.isprintable())
