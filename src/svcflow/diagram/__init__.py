"""
A process as people see it: an outline in plain text, an SVG picture, Mermaid and DOT for other programs, and pages.
"""

from svcflow.diagram.booklet import PageFormat as PageFormat
from svcflow.diagram.booklet import booklet as booklet
from svcflow.diagram.dot import dot as dot
from svcflow.diagram.outline import text as text
from svcflow.diagram.statediagram import mermaid as mermaid
from svcflow.diagram.svg import svg as svg
from svcflow.diagram.traffic import Standing as Standing
from svcflow.diagram.traffic import Traffic as Traffic

__all__ = ["PageFormat", "Standing", "Traffic", "booklet", "dot", "mermaid", "svg", "text"]
