"""
A process as people see it: an outline in plain text, and a Mermaid state diagram for documents.
"""

from svcflow.diagram.outline import text as text
from svcflow.diagram.statediagram import mermaid as mermaid

__all__ = ["mermaid", "text"]
