"""Paint on a picture: which states and moves of a process something is said of, such as what tests have covered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from attrs import field, frozen

PAINTED = """
.svcflow-picture{--covered:#1a7f37;--uncovered:#c62f26;--partly:#9a6700;--never:#8c959f}
@media (prefers-color-scheme:dark){.svcflow-picture{--covered:#4ac26b;--uncovered:#ff7b72;--partly:#d29922;\
--never:#7d8590}}
@media print{.svcflow-picture{--covered:#1a7f37;--uncovered:#c62f26;--partly:#9a6700;--never:#8c959f}}
.svcflow-picture .covered{--edge:var(--covered);--line:var(--covered);--label:var(--covered)}
.svcflow-picture .partly{--edge:var(--partly);--line:var(--partly);--label:var(--partly)}
.svcflow-picture .uncovered{--edge:var(--uncovered);--line:var(--uncovered);--label:var(--uncovered)}
.svcflow-picture .unreachable{--edge:var(--never);--line:var(--never);--label:var(--never)}
.svcflow-picture rect.covered,.svcflow-picture rect.uncovered{stroke-width:2}
.svcflow-picture .uncovered{stroke-dasharray:7 4}
.svcflow-picture .partly{stroke-dasharray:12 3}
.svcflow-picture .unreachable{stroke-dasharray:2 3}
.svcflow-picture text.label{stroke-dasharray:none}
""".strip()
"""Colours, and dashes for those who do not see them."""

COUNTED = """
.svcflow-picture{--late:#b3261e}
@media (prefers-color-scheme:dark){.svcflow-picture{--late:#ff8a80}}
@media print{.svcflow-picture{--late:#b3261e}}
.svcflow-picture rect.late{stroke:var(--late);stroke-width:3}
.svcflow-picture .wide0{stroke-dasharray:2 3}
.svcflow-picture .wide2{stroke-width:2.2}
.svcflow-picture .wide3{stroke-width:3.4}
.svcflow-picture .wide4{stroke-width:4.6}
.svcflow-picture .wide5{stroke-width:6}
""".strip()
"""How wide arrows are that were taken often; where cases are late, which the text says too."""

Shade: TypeAlias = Literal["covered", "partly", "uncovered", "unreachable"]


@frozen
class Paint:
    """How states and moves are painted, by index; what is not named is left as it is."""

    states: Mapping[int, Shade] = field(factory=dict)
    moves: Mapping[int, Shade] = field(factory=dict)

    def of(self, moves: Iterable[int]) -> str:
        """The shade of several moves together."""
        shades = {self.moves[move] for move in moves if move in self.moves}
        if len(shades) > 1:
            shades.discard("unreachable")
        return "partly" if len(shades) > 1 else next(iter(shades), "")


PLAIN = Paint()
