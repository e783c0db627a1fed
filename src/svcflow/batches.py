"""Many inputs in one transaction: each is decided on what the ones before it have left, and all are written as one."""

from __future__ import annotations

from collections.abc import Iterable

from svcflow.casebook import Family
from svcflow.core.case import Case
from svcflow.core.decision import Decision
from svcflow.stores.base import Change, Found


class Ahead:
    """Families as a batch has left them so far, before any of it is written."""

    def __init__(self, found: Iterable[Found]) -> None:
        self._families: dict[tuple[str, str], dict[str, Case]] = {}
        for cases, _ in found:
            self.learn(cases)

    def family(self, case: Case) -> Family:
        """The case as it is now, however it was once, and every open one of its family."""
        return {one.id: one for one in self._all(case).values() if one.id == case.id or not one.ended}

    def learn(self, cases: Iterable[Case]) -> None:
        """Put cases in place of what they were; a new one joins the family of its root."""
        for case in cases:
            self._all(case)[case.id] = case

    def _all(self, case: Case) -> dict[str, Case]:
        return self._families.setdefault((case.tenant, case.root or case.id), {})


def merged(changes: Iterable[Change]) -> list[Change]:
    """One change per case: several steps of a batch become one, from where the case stood to where it stands."""
    found: dict[tuple[str, str], Change] = {}
    for change in changes:
        place = (change.decision.case.tenant, change.decision.case.id)
        found[place] = _joined(found[place], change) if place in found else change
    return list(found.values())


def _joined(first: Change, then: Change) -> Change:
    """Two changes of one case, the second from where the first one led."""
    one, two = first.decision, then.decision
    decision = Decision(
        one.before, two.case, one.journal + two.journal, one.calls + two.calls, one.starts + two.starts,
        one.messages + two.messages,
    )  # fmt: skip
    contents = {**first.contents, **then.contents}
    return Change(decision, first.private | then.private, first.opening_key, contents, then.due)
