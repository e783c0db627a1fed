"""Where a condition stands in the file: at its alternative, or at the event it is short for."""

from __future__ import annotations

from svcflow.core.process import Alternative, Place, Rule
from svcflow.language.compiled import Compiled
from svcflow.language.nodes import ScalarNode


def place_of(compiled: Compiled, owner: Rule, alternative: Alternative) -> Place:
    """The place of an alternative's `when`: its own, or that of the event when the alternative is written short."""
    text = None if alternative.when is None else alternative.when.text
    for place in (alternative.place, owner.place):
        node = compiled.node((*place, "when"))
        if isinstance(node, ScalarNode) and node.text == text:
            return (*place, "when")
    return alternative.place
