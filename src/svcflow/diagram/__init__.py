"""
A process as people see it: an outline in plain text, an SVG picture, and Mermaid and DOT for other programs.
"""

from svcflow.diagram.dot import dot as dot
from svcflow.diagram.outline import text as text
from svcflow.diagram.statediagram import mermaid as mermaid
from svcflow.diagram.svg import svg as svg

__all__ = ["dot", "mermaid", "svg", "text"]
