"""All rules over a compiled process, in the order of their codes."""

from __future__ import annotations

from svcflow.language.rules import filled, flow, flow_children, flow_choices, flow_rounds, handing, values
from svcflow.language.rules.registry import Rule

RULES: tuple[Rule, ...] = tuple(
    sorted(
        (
            *filled.RULES,
            *flow.RULES,
            *flow_children.RULES,
            *flow_choices.RULES,
            *flow_rounds.RULES,
            *handing.RULES,
            *values.RULES,
        ),
        key=lambda rule: rule.code,
    )
)
