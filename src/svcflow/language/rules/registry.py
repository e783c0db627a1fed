"""How a rule is written down: its code, its stage and the function that looks. A value: two lists never fight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, TypeAlias

from attrs import frozen

from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding, Severity

Stage: TypeAlias = Literal["names", "graph", "data", "time", "people", "versions", "words"]
Look: TypeAlias = Callable[[Compiled], Iterator[Finding]]


@frozen
class Rule:
    """
    One rule over a compiled process.

    `severity` is the one it usually has; each finding carries its own. `page` is the docstring of the function: what
    is found, why it matters, a bad and a good example.
    """

    code: str
    severity: Severity
    stage: Stage
    look: Look

    @property
    def name(self) -> str:
        """The function's name in words, `dead state`."""
        return self.look.__name__.strip("_").replace("_", " ")

    @property
    def page(self) -> str:
        """What the rule finds, why, and examples: the docstring of its function."""
        return self.look.__doc__ or ""


def rule(code: str, severity: Severity, stage: Stage) -> Callable[[Look], Rule]:
    """Make a rule of a function: `@rule("SF301", "error", "graph")`; list the rules of a module in its `RULES`."""

    def make(look: Look) -> Rule:
        return Rule(code, severity, stage, look)

    return make
