"""Where a condition stands in the file: at its alternative, or at the event it is short for."""

from __future__ import annotations

from svcflow.core.rule import Alternative, Place, Rule
from svcflow.language.compiled import Compiled
from svcflow.language.nodes import ScalarNode


def place_of(compiled: Compiled, owner: Rule, alternative: Alternative) -> Place:
    """The place of an alternative's `when`: its own, or that of the event when the alternative is written short."""
    own = (*alternative.place, "when")
    node = compiled.node(own)
    written = isinstance(node, ScalarNode) and alternative.when is not None and node.text == alternative.when.text
    return own if written else (*owner.place, "when")
