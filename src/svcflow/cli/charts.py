"""Bars as SVG inside a page: each with what it stands for and its value, in the colours of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from attrs import frozen

from svcflow.cli.output import clean
from svcflow.diagram.lettering import width

_WIDTH, _LABELS, _VALUES, _ROW, _BAR = 760, 250, 170, 24, 14
_LONGEST = 80

STYLE = """
.bars{width:100%;max-width:760px;height:auto;font-size:13px}.bars text{fill:currentColor}
.bars .yes{fill:#1a7f73}.bars .no{fill:#c9503f}.bars line{stroke:currentColor;opacity:.4}
.bars rect{print-color-adjust:exact;-webkit-print-color-adjust:exact}
@media (prefers-color-scheme:dark){.bars .yes{fill:#4fb8aa}.bars .no{fill:#ef8273}}
@media print{.bars{max-height:none}.bars .yes{fill:#1a7f73}.bars .no{fill:#c9503f}}
""".strip()


@frozen
class Bar:
    """
    What it stands for, how long it is, its value in words, and what is missing to the whole, if it has one.

    Where it is `bad` it should be short, else long.
    """

    label: str
    size: float
    told: str
    rest: float = 0.0
    bad: bool = False


def bars(title: str, rows: Sequence[Bar]) -> str:
    """A picture of bars, one below the other, from a common zero; there must be one."""
    height = _ROW * len(rows) + 4
    lines = [
        f'<svg class="bars" role="img" viewBox="0 0 {_WIDTH} {height}" xmlns="http://www.w3.org/2000/svg">',
        f"<title>{safe(title)}</title>",
    ]
    low = min(0.0, *(row.size for row in rows))
    span = max(0.0, *(row.size + row.rest for row in rows)) - low or 1.0
    scale = (_WIDTH - _LABELS - _VALUES) / span
    zero = _LABELS - low * scale
    for place, row in enumerate(rows):
        lines += _bar(row, place * _ROW, zero, scale)
    lines.append(f'<line x1="{zero:.1f}" y1="0" x2="{zero:.1f}" y2="{height}"/>')
    return "\n".join([*lines, "</svg>"])


def safe(text: str) -> str:
    """A text that stands in a page as it is, on one line: never a tag, and nothing that turns its direction."""
    return escape(clean(text))


def _bar(row: Bar, top: int, zero: float, scale: float) -> Iterator[str]:
    base, size, rest = top + 17, row.size * scale, row.rest * scale
    yield f'<text x="{_LABELS - 8}" y="{base}" text-anchor="end">{safe(_fitting(row.label))}</text>'
    first, second = ("no", "yes") if row.bad else ("yes", "no")
    yield f'<rect class="{first}" x="{zero + min(size, 0):.1f}" y="{top + 6}" width="{abs(size):.1f}" height="{_BAR}"/>'
    if row.rest:
        yield f'<rect class="{second}" x="{zero + size:.1f}" y="{top + 6}" width="{rest:.1f}" height="{_BAR}"/>'
    yield f'<text x="{_WIDTH - 4}" y="{base}" text-anchor="end">{safe(row.told)}</text>'


def _fitting(label: str) -> str:
    """As much of a label as there is room for."""
    if width(label[:_LONGEST]) <= _LABELS - 12 and len(label) <= _LONGEST:
        return label
    short = label[:_LONGEST]
    while width(f"{short}…") > _LABELS - 12:
        short = short[:-1]
    return f"{short}…"
