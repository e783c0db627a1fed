"""
What the PostgreSQL store does for workers: timers by when they are due, hook calls in the order of their case.

What a round asks for is not prepared: for every round it is planned for the tables as they are then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from svcflow.core.plain import instant
from svcflow.stores import postgres_sql as sql
from svcflow.stores.base import Delivery, DueCase, Incident
from svcflow.stores.failures import asked_of_failed, next_of, read_incidents
from svcflow.stores.postgres_sessions import Cursor
from svcflow.stores.rows import read_delivery


def due(cursor: Cursor, now: datetime, limit: int) -> tuple[DueCase, ...]:
    """Cases with a timer due at or before `now`, earliest first, each case once, no parked ones."""
    rows = cursor.execute(sql.DUE_TIMERS, (instant(now), limit), prepare=False).fetchall()
    return tuple(
        DueCase(tenant, case_id, name, generation, datetime.fromisoformat(when), attempts)
        for tenant, case_id, name, generation, when, attempts in rows
    )


def any_due(cursor: Cursor, now: datetime) -> bool:
    """Whether a timer is due: what an idle worker asks, so it locks nothing."""
    soonest = next_of(cursor.execute(sql.NEXT_TIMER, prepare=False).fetchone())
    return soonest is not None and soonest <= now


def next_dues(cursor: Cursor) -> tuple[datetime | None, datetime | None]:
    """When the next timer and the next hook call are due."""
    timer, call = (cursor.execute(statement, prepare=False).fetchone() for statement in (sql.NEXT_TIMER, sql.NEXT_CALL))
    return next_of(timer), next_of(call)


def fail_timer(cursor: Cursor, failed: DueCase, error: str, retry_at: datetime, *, park: bool) -> None:
    """Hold all timers of the case back until `retry_at`, or until an operator retries."""
    asked = {
        "tenant": failed.tenant,
        "case_id": failed.case,
        "name": failed.timer,
        "generation": failed.generation,
        "error": error,
        "retry_at": instant(retry_at),
        "parked": park,
    }
    # Two statements: the second sees what whoever held the case before has made of its timers.
    with cursor.connection.transaction():
        cursor.execute(sql.LOCK_CASE, (failed.tenant, failed.case))
        cursor.execute(sql.FAIL_TIMER, asked)


def claim(
    cursor: Cursor, now: datetime, lease: timedelta, limit: int, hooks: Sequence[str], token: str
) -> tuple[Delivery, ...]:
    """Take due calls under one token, of each case only its oldest."""
    asked = {
        "now": instant(now),
        "until": instant(now + lease),
        "any_hook": "*" in hooks,
        "hooks": list(hooks),
        "limit": limit,
        "claim": token,
    }
    return tuple(read_delivery(row) for row in cursor.execute(sql.CLAIM, asked, prepare=False).fetchall())


def delivered(cursor: Cursor, delivery: Delivery) -> bool:
    """Delete a call that succeeded."""
    call = delivery.call
    return cursor.execute(sql.DELIVERED, (call.tenant, call.case, call.key, delivery.claim)).rowcount > 0


def skip(cursor: Cursor, tenant: str, case_id: str, key: str) -> bool:
    """Delete a dead call."""
    return cursor.execute(sql.SKIP, (tenant, case_id, key)).rowcount > 0


def failed(cursor: Cursor, delivery: Delivery, error: str | None, retry_at: datetime, *, dead: bool) -> bool:
    """Release a claim, or declare the call dead."""
    asked = asked_of_failed(delivery, error, retry_at, dead=dead)
    return cursor.execute(sql.FAILED, asked).rowcount > 0


def deliveries(cursor: Cursor, tenant: str, case_id: str | None) -> tuple[Delivery, ...]:
    """The outbox of a tenant, or of one case, oldest first."""
    rows = cursor.execute(sql.DELIVERIES, {"tenant": tenant, "case_id": case_id}).fetchall()
    return tuple(read_delivery(row) for row in rows)


def awaited(cursor: Cursor, tenant: str) -> tuple[str, ...]:
    """The hooks that calls in the outbox are for, that of the oldest call first."""
    return tuple(hook for (hook,) in cursor.execute(sql.AWAITED, (tenant,)).fetchall())


def incidents(cursor: Cursor, tenant: str) -> tuple[Incident, ...]:
    """Parked timers, then dead calls."""
    timers = cursor.execute(sql.PARKED_TIMERS, (tenant,)).fetchall()
    return read_incidents(timers, cursor.execute(sql.DEAD_CALLS, (tenant,)).fetchall())


def retry(cursor: Cursor, tenant: str, case_id: str, name: str, now: datetime) -> bool:
    """Free a parked timer, or a dead call, as if nothing had failed."""
    asked = {"tenant": tenant, "case_id": case_id, "name": name, "now": instant(now)}
    return any(cursor.execute(statement, asked).rowcount > 0 for statement in (sql.RETRY_TIMER, sql.RETRY_CALL))
