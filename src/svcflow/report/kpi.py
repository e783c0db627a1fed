"""
The one shape that every key figure has, and the list of all that there are.

Whoever compares two periods or two versions needs nothing else: `count`, `total` and `squares` are what means, shares
and rates need for their intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

from attrs import frozen

Perspective: TypeAlias = Literal["customer", "staff", "company"]
Unit: TypeAlias = Literal["seconds", "share", "score", "points", "per case", "money", "cases"]


@frozen
class Meaning:
    """
    What a key figure says: whose view it takes (R181), in which unit, about performance or risk (R155).

    `better` says which way is an improvement, None where neither is. `own` names the dimension that it always has
    besides those that are asked for, such as the state of `time_in_state`. Where hits are counted `apart` from the
    observations there may be more of them.
    """

    perspective: Perspective
    unit: Unit
    better: Literal["less", "more"] | None
    about: str
    kind: Literal["kpi", "kri"] = "kpi"
    own: str = ""
    apart: bool = False


@frozen
class Kpi:
    """
    One key figure for one group of cases.

    `by` are the dimensions that make the group, such as `{"product": "X1"}`, empty for all cases. `count` observations
    were made, `total` is their sum and `squares` the sum of their squares. By `unit`:

    * `seconds`, `score`, `money`, `per case`: `value` is the mean, `total / count`; its variance follows from
      `squares`. Seconds and money have a `median` and a `p90`, each within 1 %.
    * `share`: `value` lies between 0 and 1, `total` are the hits of `count`.
    * `points`: the net promoter score from -100 to 100, the mean of observations of -100, 0 and 100.
    * `cases`: `value` is the number itself, `total`.

    `value` is None where nothing was observed. `limit` is the risk that is taken, None where nobody set one.
    """

    name: str
    perspective: Perspective
    unit: Unit
    kind: Literal["kpi", "kri"]
    by: Mapping[str, str]
    value: float | None
    count: int
    total: float
    squares: float
    median: float | None = None
    p90: float | None = None
    limit: float | None = None

    @property
    def breached(self) -> bool:
        """Whether it is beyond its limit: above it where less is better, else below."""
        if self.limit is None or self.value is None:
            return False
        return self.value < self.limit if KPIS[self.name].better == "more" else self.value > self.limit


KPIS: Mapping[str, Meaning] = MappingProxyType({
    # What the customer feels.
    "first_response": Meaning("customer", "seconds", "less", "from the opening to the first answer of one of ours"),
    "late_response": Meaning("customer", "share", "less", "first answers that took longer than the limit", "kri"),
    "resolution": Meaning("customer", "seconds", "less", "from the opening to the solution"),
    "clock_met": Meaning("customer", "share", "more", "cycles of a clock that were met", own="clock"),
    "satisfaction": Meaning("customer", "score", "more", "the mean of the scores given"),
    "satisfied": Meaning("customer", "share", "more", "scores that count as satisfied (CSAT)"),
    "nps": Meaning("customer", "points", "more", "promoters less detractors (net promoter score)"),
    "callback_in_time": Meaning("customer", "share", "more", "callbacks that were done inside their window"),
    "problem_solved": Meaning("customer", "share", "more", "problems raised that were solved"),
    "fault_repaired": Meaning("customer", "share", "more", "customers asked who say that the fault is gone"),
    "complaint_rate": Meaning("customer", "per case", "less", "complaints per service case", "kri", apart=True),
    "repeat_complaint": Meaning("customer", "share", "less", "complaints of a customer who had complained", "kri"),
    "reopened": Meaning("customer", "share", "less", "service cases done that had been reopened"),
    # What our people do.
    "handled": Meaning("staff", "cases", None, "cases in which somebody acted", own="person"),
    "first_time_fix": Meaning("staff", "share", "more", "service cases done without rework and without reopening"),
    "rework": Meaning("staff", "share", "less", "service cases done with work that was done again"),
    "recurrence": Meaning("staff", "share", "less", "service cases about a thing that was served lately", "kri"),
    "hand_overs": Meaning("staff", "per case", "less", "changes of the person responsible"),
    "completeness": Meaning("staff", "share", "more", "fields of the record that are filled in cases done"),
    "recording_delay": Meaning("staff", "seconds", "less", "from what the customer said to the record of it"),
    # What the house spends.
    "cases": Meaning("company", "cases", None, "cases opened"),
    "completed": Meaning("company", "share", "more", "cases that are done"),
    "cancelled": Meaning("company", "share", "less", "cases that were cancelled"),
    "open_cases": Meaning("company", "cases", "less", "cases open now: the load"),
    "queue": Meaning("company", "cases", "less", "cases that are in a state now", own="state"),
    "time_in_state": Meaning("company", "seconds", "less", "a stay in a state", own="state"),
    "work_in_state": Meaning("company", "seconds", "less", "the working time in a stay", own="state"),
    "clock_time": Meaning("company", "seconds", "less", "the working time that a cycle of a clock used", own="clock"),
    "escalations": Meaning("company", "per case", "less", "escalation steps carried out"),
    "escalated": Meaning("company", "share", "less", "cases with an escalation", "kri"),
    "cost": Meaning("company", "money", "less", "what a case cost, where that was recorded"),
})  # fmt: skip
"""Every key figure by its name, those of one perspective together."""
