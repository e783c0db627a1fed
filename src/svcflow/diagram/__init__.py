"""
A process as people see it: an outline in plain text, an SVG picture, and a Mermaid state diagram for documents.
"""

from svcflow.diagram.outline import text as text
from svcflow.diagram.statediagram import mermaid as mermaid
from svcflow.diagram.svg import svg as svg

__all__ = ["mermaid", "svg", "text"]
