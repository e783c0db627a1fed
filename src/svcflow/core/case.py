"""A case as it stands between two events: one frozen snapshot, everything `decide` needs and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from attrs import frozen

from svcflow.core.clock import Clock
from svcflow.core.event import EMPTY


@frozen
class Timer:
    """
    One armed (or suspended) timer.

    `name` is `after:PATH:4h`, `wait:PATH`, `clock:NAME` or `limit:PATH`. An `after` is named by its time as written, so
    that in another version of the process the same words are the same timer.

    `generation` rises with every arming, so that a call for an older one is recognised (R2). `due` is None while the
    timer is suspended: the case has left for a state that leads `back`, and `used` is the working time that had passed
    before. `start` is what the time counts from; `count` says how often an `every` has happened since.
    """

    name: str
    generation: int
    due: datetime | None
    start: datetime
    count: int = 0
    used: timedelta | None = None


@frozen
class Return:
    """Where `back` leads: the leaves that were active before a state was entered, and since when the case is away."""

    states: tuple[str, ...]
    at: datetime


@frozen
class Parent:
    """The case that waits for this one, and the `run` state it waits in."""

    case: str
    state: str


@frozen
class Case:
    """
    One running instance of a process version.

    `states` are the paths of the active leaves in file order; `arrivals` tells since when each active state and group
    is. `clocks` holds the present cycle of each SLA clock (`clock:NAME`) and each limit (`limit:PATH`), `cycles` the
    finished ones, oldest first. `counts` backs `max`, `acted` backs `not_by`, `memory` backs `X.last`, `returns` backs
    `back`; `children` maps each active `run` state to its child case. `generation` is the last one given to a timer.
    `moved_at` is the time of the last entry of the journal; time never goes back behind it. `days` is the digest of the
    holidays it counts on, empty while these are the ones that its version was published with.
    """

    id: str
    process: str
    version: int
    digest: str
    opened_at: datetime
    moved_at: datetime
    tenant: str = ""
    seq: int = 0
    status: Literal["open", "done", "cancelled"] = "open"
    states: tuple[str, ...] = ()
    arrivals: Mapping[str, datetime] = EMPTY
    fields: Mapping[str, Any] = EMPTY
    clocks: Mapping[str, Clock] = EMPTY
    cycles: tuple[Clock, ...] = ()
    timers: Mapping[str, Timer] = EMPTY
    generation: int = 0
    counts: Mapping[str, int] = EMPTY
    acted: Mapping[str, frozenset[str]] = EMPTY
    memory: Mapping[str, tuple[str, ...]] = EMPTY
    returns: Mapping[str, Return] = EMPTY
    barred: frozenset[str] = frozenset()
    root: str = ""
    parent: Parent | None = None
    children: Mapping[str, str] = EMPTY
    ended_at: datetime | None = None
    days: str = ""

    @property
    def ended(self) -> bool:
        """Whether the case has reached a top-level end."""
        return self.status != "open"

    @property
    def state(self) -> str:
        """The active states as one text: `repair.onsite`, or `site.there, parts.ordered` in a parallel state."""
        return ", ".join(self.states)
