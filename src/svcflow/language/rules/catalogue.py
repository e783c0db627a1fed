"""All rules over a compiled process, in the order of their codes."""

from __future__ import annotations

from svcflow.language.rules import (
    clocks,
    filled,
    flow,
    flow_children,
    flow_choices,
    flow_rounds,
    handing,
    promises,
    stays,
    values,
)
from svcflow.language.rules.registry import Rule

RULES: tuple[Rule, ...] = tuple(
    sorted(
        (
            *clocks.RULES,
            *filled.RULES,
            *flow.RULES,
            *flow_children.RULES,
            *flow_choices.RULES,
            *flow_rounds.RULES,
            *handing.RULES,
            *promises.RULES,
            *stays.RULES,
            *values.RULES,
        ),
        key=lambda rule: rule.code,
    )
)
