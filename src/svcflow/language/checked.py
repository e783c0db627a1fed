"""One file after its check."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from svcflow.language.compile import Outcome
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding
from svcflow.language.gather import Gathered


@frozen(eq=False)
class Checked:
    """One file after its check: what was read, what was found, and the process if it is complete."""

    gathered: Gathered
    findings: tuple[Finding, ...]
    outcome: Outcome | None = None
    compiled: Compiled | None = None

    @property
    def failed(self) -> bool:
        """Whether there is an error among the findings."""
        return failed(self.findings)


def failed(findings: Iterable[Finding]) -> bool:
    """Whether there is an error among some findings."""
    return any(finding.severity == "error" for finding in findings)
