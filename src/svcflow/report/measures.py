"""Which processes, events and fields mean what: names differ between houses, the figures do not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from attrs import frozen

BUILT_IN = ("process", "version", "status", "month")
"""Dimensions that every case has; the month is that of its opening, in UTC."""

DIMENSIONS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "kind": ("kind", "service_type", "occasion", "problem", "severity"),
    "contract": ("contract",),
    "product": ("product",),
    "partner": ("partner",),
    "person": ("served_by", "owner"),
    "customer": ("customer",),
    "channel": ("channel",),
    "priority": ("priority",),
    "cause": ("root_cause", "cause"),
})  # fmt: skip
"""What cases can be grouped by, and the fields that say it: the first that is filled counts."""

RECORDS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "service_ticket": ("customer", "product", "fault", "work_done", "served_by", "served_at", "cause"),
    "complaint": ("customer", "subject", "demand", "findings", "result", "root_cause", "improvement"),
    "callback": ("customer", "product", "purpose_told", "satisfaction", "working", "problem"),
    "maintenance": ("customer", "product", "serial", "checklist", "work_done", "served_by", "served_at"),
})  # fmt: skip
"""The fields of a complete record (Art. 14) by process; private ones cannot be looked at."""


def way_of(word: str) -> tuple[str, str] | None:
    """The two states of a way such as `tested -> repaired`; None for the name of an event."""
    left, arrow, entered = word.partition("->")
    return (left.strip(), entered.strip()) if arrow else None


WORKING = "working"
"""The field of the catalog in which callbacks, problems and customers say whether the fault is gone."""

_FIRST = datetime.min.replace(tzinfo=UTC)


@frozen
class Watch:
    """
    A case of `process` to be opened when a figure is beyond its limit, for each month and each group `by` dimensions.

    `fields` are its form: texts in which `{value}`, `{limit}`, `{count}`, `{figure}`, `{month}` and the dimensions of
    the group stand for what was found. What comes out empty is left out. Fewer observations than `least` say nothing.
    """

    process: str
    by: tuple[str, ...] = ()
    least: int = 1
    fields: Mapping[str, str] = MappingProxyType({})


@frozen
class Measures:
    """
    What the words of a report mean in the processes of this house; the defaults fit those of the catalog.

    `services` are the processes whose cases are services, empty for all others than `complaints`, `callbacks` (process
    -> the state whose limit or window they must keep), `problems` and those that `watch` opens. `dimensions` and
    `records` name fields by dimension and by process. `rework`, `reopen` and `response` are names of events, the first
    two also ways from state to state, such as `tested -> repaired`; any event of our people is an answer where
    `response` is empty. `working` are fields that say whether the fault is gone, whoever fills them in; where it is
    empty, that of the catalog where a callback, a problem or the customer filled it in. `resolution` are clocks that
    stop at the solution; without one it is the end.
    `unsolved` are the ends of a problem that is not solved. `limits` are the values that a figure must keep to, and
    `watch` says by figure which cases are opened when it does not.
    """

    services: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ("complaint",)
    callbacks: Mapping[str, str] = MappingProxyType({"callback": "reach"})
    problems: tuple[str, ...] = ("problem",)
    unsolved: tuple[str, ...] = ("unsolved",)
    dimensions: Mapping[str, tuple[str, ...]] = DIMENSIONS
    records: Mapping[str, tuple[str, ...]] = RECORDS
    response: tuple[str, ...] = ()
    resolution: tuple[str, ...] = ("resolution", "settlement", "inspection", "settle")
    rework: tuple[str, ...] = ("not_fixed", "rework", "dissatisfied", "still_unhappy", "not_content")
    reopen: tuple[str, ...] = ("reopen",)
    satisfaction: tuple[str, ...] = ("satisfaction",)
    satisfied_from: int = 4
    recommend: tuple[str, ...] = ("recommend",)
    working: tuple[str, ...] = ()
    owner: tuple[str, ...] = ("owner",)
    received: tuple[str, ...] = ("received_at",)
    cost: tuple[str, ...] = ("labour_cost", "parts_cost", "travel_cost")
    thing: tuple[str, ...] = ("serial",)
    again_within: timedelta = timedelta(days=90)
    response_limit: timedelta = timedelta(hours=48)
    limits: Mapping[str, float] = MappingProxyType({})
    watch: Mapping[str, Watch] = MappingProxyType({})

    def needed_since(self, since: datetime) -> datetime:
        """From when on earlier cases must be looked at, so that what came again is found by what was there before."""
        return max(since, _FIRST + self.again_within) - self.again_within

    def serves(self, process: str) -> bool:
        """Whether cases of a process are services."""
        if self.services:
            return process in self.services
        opened = (one.process for one in self.watch.values())
        return process not in {*self.complaints, *self.callbacks, *self.problems, *opened}
