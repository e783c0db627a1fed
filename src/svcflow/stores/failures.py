"""Work of workers in both SQL stores: what a statement is told of a failed call, and what rows say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from svcflow.core.plain import instant
from svcflow.stores.base import Delivery, Incident
from svcflow.stores.rows import read_delivery


def asked_of_failed(
    delivery: Delivery, error: str | None, retry_at: datetime, *, dead: bool
) -> dict[str, str | int | None]:
    """What the statement FAILED of a store asks for; without an error the one before is kept."""
    call = delivery.call
    return {
        "tenant": call.tenant,
        "case_id": call.case,
        "key": call.key,
        "claim": delivery.claim,
        "state": "dead" if dead else "waiting",
        "attempts": delivery.attempts,
        "retry_at": instant(retry_at),
        "error": error,
    }


def read_incidents(timers: Iterable[Sequence[Any]], calls: Iterable[Sequence[Any]]) -> tuple[Incident, ...]:
    """Parked timers, then dead calls, from the rows of a store."""
    parked = (
        Incident(kind, owner, case_id, name, error or "", attempts, datetime.fromisoformat(when))
        for kind, owner, case_id, name, error, attempts, when in timers
    )
    dead = (read_delivery(row) for row in calls)
    return (
        *parked,
        *(
            Incident("hook", one.call.tenant, one.call.case, one.call.key, one.error or "", one.attempts, one.call.at)
            for one in dead
        ),
    )


def next_of(row: Sequence[Any] | None) -> datetime | None:
    """The instant in the first row of what comes next, None without one."""
    return None if row is None else datetime.fromisoformat(row[0])
