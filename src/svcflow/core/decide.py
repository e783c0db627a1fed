"""
The one entrance of the core: open a case, decide an event, list what is possible.

All three are pure and total: the same arguments give the same answer, and what is wrong with an event is a `Refusal`,
not an exception. They look at one case; `family` decides for a case together with its parent and children.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from svcflow.core.case import Case
from svcflow.core.decision import Decision, Offer, Refusal
from svcflow.core.event import Actor, Input, Migrate, Recalendar, Tick
from svcflow.core.family import Alone, open_family, quiet, settle
from svcflow.core.machine import Machine
from svcflow.core.process import Process
from svcflow.core.statechart import statechart
from svcflow.core.step import offers, react


def open_case(
    process: Process,
    fields: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    *,
    id: str,  # noqa: A002 - the case's id, as in `Case`
    tenant: str = "",
    key: str | None = None,
    machine: Machine = statechart,
) -> Decision | Refusal:
    """
    Open a case of a process at `now` (aware UTC).

    Cases that it starts at once are in the decision's `starts` as data.

    Raises:
        MicrostepLimit: If automatic moves go round without end.
    """
    answer = open_family(
        process, fields, actor, now, Alone(process), id=id, tenant=tenant, key=key, machine=machine, follow=False
    )
    return answer if isinstance(answer, Refusal) else answer[0]


def decide(
    process: Process, case: Case, event: Input, now: datetime, *, machine: Machine = statechart
) -> Decision | Refusal:
    """
    Decide what an input makes of a case at `now` (aware UTC), its overdue timers first (R1).

    Children, started cases and messages to a parent are in the decision as data. A case migrates by the version it goes
    to, and counts on other days by the process on these; only once nothing is due any more as it stands.

    Raises:
        MicrostepLimit: If automatic moves go round without end.
    """
    if isinstance(event, (Migrate, Recalendar)) and not quiet(case, now):
        why = f"times are due that only version {case.version} can decide; let them happen under it first"
        return Refusal(case.id, type(event).__name__.lower(), "migration", MappingProxyType({"why": why}))
    if not isinstance(event, Tick) and quiet(case, now):
        alone = react(process, case, event, max(now, case.moved_at), machine)
        if isinstance(alone, Refusal) or quiet(alone.case, now):
            return alone
    answer = settle({case.id: case}, Alone(process), case.id, event, now, machine=machine, follow=False)
    if isinstance(answer, Refusal):
        return answer
    return answer[0] if answer else Decision(case, case)


def menu(
    process: Process, case: Case, actor: Actor, now: datetime, *, machine: Machine = statechart
) -> tuple[Offer, ...]:
    """Every event that the case's states know, as of `now`: with its form, or why this actor cannot send it."""
    answer = settle({case.id: case}, Alone(process), case.id, Tick(), now, machine=machine, follow=False)
    if not isinstance(answer, Refusal) and answer:
        case = answer[0].case
    return offers(process, case, actor, max(now, case.moved_at), machine)
