"""
A process in DOT, the language of Graphviz, for those who want to lay it out or change it with their own tools.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from svcflow.core.process import Process
from svcflow.diagram.lettering import balanced
from svcflow.diagram.scene import Arrow, Figure, Scene, scene
from svcflow.diagram.traffic import Traffic

_ROOM = 190.0
_STYLES: Mapping[str, str] = MappingProxyType({
    "start": 'shape=point, width=0.16, label=""', "anywhere": 'style="rounded,dashed"', "state": 'style="rounded"',
    "group": 'style="rounded"', "region": 'style="rounded,dashed"', "done": 'style="rounded", peripheries=2',
    "cancelled": 'style="rounded,dotted", peripheries=2',
})  # fmt: skip
_LATE = ', color="#b3261e", penwidth=2.5'


def dot(process: Process, language: str | None = None, *, traffic: Traffic | None = None) -> str:
    """
    The graph with titles in `language` (default: the first language of the process), groups as clusters.

    It shows what the SVG picture shows: `scene` decides for both. With `traffic` it says what went through.

    Raises:
        InputError: If the process has languages, and `language` is none of them.
    """
    return "\n".join(_lines(scene(process, language, traffic))) + "\n"


def _lines(shown: Scene) -> Iterator[str]:
    yield f"digraph {_quoted(shown.title)} {{"
    # Edges of a group end at its border: Graphviz wants a node inside and the name of the cluster.
    yield "  compound=true;"
    yield '  labelloc="t"; labeljust="l"; fontname="sans-serif";'
    yield f"  label={_quoted(*_head(shown))};"
    yield '  node [shape=box, fontname="sans-serif", fontsize=11]; edge [fontname="sans-serif", fontsize=10];'
    for figure in shown.figures:
        yield from (f"  {line}" for line in _figure(figure))
    groups = {one.id: one for figure in shown.figures for one in _groups(figure)}
    yield from (f"  {_edge(arrow, groups)}" for arrow in shown.arrows)
    yield "}"


def _head(shown: Scene) -> Iterator[str]:
    yield shown.title
    for remark in (shown.subtitle, *shown.remarks):
        yield from balanced(remark, 4 * _ROOM)


def _figure(figure: Figure) -> Iterator[str]:
    texts = [line for text in (figure.title, *figure.lines) for line in balanced(text, _ROOM)]
    style = _STYLES[figure.kind] + (_LATE if figure.late else "")
    if not figure.inner:
        yield (
            f"{figure.id} [{style}];" if figure.kind == "start" else f"{figure.id} [{style}, label={_quoted(*texts)}];"
        )
        return
    yield f"subgraph cluster_{figure.id} {{"
    yield f"  {style}; label={_quoted(*texts)};"
    for inner in figure.inner:
        yield from (f"  {line}" for line in _figure(inner))
    yield "}"


def _groups(figure: Figure) -> Iterator[Figure]:
    if figure.inner:
        yield figure
    for inner in figure.inner:
        yield from _groups(inner)


def _edge(arrow: Arrow, groups: Mapping[str, Figure]) -> str:
    given = [f"label={_quoted(*_label(arrow))}"] if arrow.texts else []
    if arrow.wide is not None:
        given.append(f"penwidth={arrow.wide}" if arrow.wide else "style=dotted")
    source, target = _node(arrow.source, groups), _node(arrow.target, groups)
    # An arrow from a group to a state of its own stays inside: there it begins at the state's dot.
    if arrow.source in groups and target not in _ids(groups[arrow.source]):
        given.append(f"ltail=cluster_{arrow.source}")
    if arrow.target in groups and source not in _ids(groups[arrow.target]):
        given.append(f"lhead=cluster_{arrow.target}")
    return f"{source} -> {target} [{', '.join(given)}];"


def _label(arrow: Arrow) -> Iterator[str]:
    for label in arrow.texts:
        yield from balanced(label, _ROOM)


def _node(id_: str, groups: Mapping[str, Figure]) -> str:
    """A node that stands for a figure: of a group the first one inside."""
    while id_ in groups:
        id_ = groups[id_].inner[0].id
    return id_


def _ids(figure: Figure) -> frozenset[str]:
    return frozenset((figure.id,)).union(*map(_ids, figure.inner))


def _quoted(*lines: str) -> str:
    """A text of several lines as a string of DOT, where a backslash has a meaning of its own."""
    escaped = (" ".join(line.split()).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'
