"""All rules over a compiled process, in the order of their codes."""

from __future__ import annotations

from svcflow.language.rules import (
    arriving,
    clocks,
    filled,
    flow,
    flow_children,
    flow_choices,
    flow_rounds,
    handing,
    late,
    migrations,
    never,
    people,
    people_barred,
    people_qualified,
    people_seen,
    promises,
    stays,
    values,
    versions,
    ways,
)
from svcflow.language.rules.registry import Rule

_MODULES = (
    arriving,
    clocks,
    filled,
    flow,
    flow_children,
    flow_choices,
    flow_rounds,
    handing,
    late,
    migrations,
    never,
    people,
    people_barred,
    people_qualified,
    people_seen,
    promises,
    stays,
    values,
    versions,
    ways,
)

RULES: tuple[Rule, ...] = tuple(
    sorted((rule for module in _MODULES for rule in module.RULES), key=lambda rule: rule.code)
)
