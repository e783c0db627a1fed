"""What the SQLite store does for workers: timers by when they are due, hook calls in the order of their case."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import evolve

from svcflow.core.plain import instant
from svcflow.stores import sqlite_sql as sql
from svcflow.stores.base import Delivery, DueCase, Incident
from svcflow.stores.failures import asked_of_failed, next_of, read_incidents
from svcflow.stores.rows import read_delivery


def due(cursor: sqlite3.Cursor, now: datetime, limit: int) -> tuple[DueCase, ...]:
    """Cases with a timer due at or before `now`, earliest first, each case once, no parked ones."""
    found: dict[tuple[str, str], DueCase] = {}
    cursor.execute(sql.DUE_TIMERS, (instant(now),))
    while len(found) < limit and (row := cursor.fetchone()) is not None:
        tenant, case_id, name, generation, when, attempts = row
        one = DueCase(tenant, case_id, name, generation, datetime.fromisoformat(when), attempts)
        found.setdefault((tenant, case_id), one)
    cursor.execute(sql.NOTHING)  # Rows left unread would keep this connection in the past.
    return tuple(found.values())


def next_dues(cursor: sqlite3.Cursor) -> tuple[datetime | None, datetime | None]:
    """When the next timer and the next hook call are due."""
    timer, call = (cursor.execute(statement).fetchone() for statement in (sql.NEXT_TIMER, sql.NEXT_CALL))
    return next_of(timer), next_of(call)


def fail_timer(cursor: sqlite3.Cursor, failed: DueCase, error: str, retry_at: datetime, *, park: bool) -> None:
    """Hold all timers of the case back until `retry_at`, or until an operator retries."""
    asked = {
        "tenant": failed.tenant,
        "case_id": failed.case,
        "name": failed.timer,
        "generation": failed.generation,
        "error": error,
        "retry_at": instant(retry_at),
        "parked": int(park),
    }
    cursor.execute(sql.FAIL_TIMER, asked)


def free_calls(cursor: sqlite3.Cursor, now: datetime, limit: int, hooks: Sequence[str]) -> list[tuple[object, ...]]:
    """Rows of calls that may be taken now, oldest first."""
    asked = {"now": instant(now), "any_hook": "*" in hooks, "hooks": json.dumps(list(hooks)), "limit": limit}
    return cursor.execute(sql.FREE_CALLS, asked).fetchall()


def claim(
    cursor: sqlite3.Cursor, now: datetime, lease: timedelta, limit: int, hooks: Sequence[str], token: str
) -> tuple[Delivery, ...]:
    """Take due calls under one token, of each case only its oldest."""
    until = now + lease
    taken = []
    for row in free_calls(cursor, now, limit, hooks):
        known = read_delivery(row)
        attempts = known.attempts + 1
        cursor.execute(sql.CLAIM, (token, attempts, instant(until), row[0]))
        call = evolve(known.call, attempt=attempts)
        taken.append(evolve(known, call=call, state="claimed", attempts=attempts, next_at=until, claim=token))
    return tuple(taken)


def delivered(cursor: sqlite3.Cursor, delivery: Delivery) -> bool:
    """Delete a call that succeeded and let the next of its case go."""
    call = delivery.call
    cursor.execute(sql.DELIVERED, (call.tenant, call.case, call.key, delivery.claim))
    return _deleted(cursor, call.tenant, call.case)


def skip(cursor: sqlite3.Cursor, tenant: str, case_id: str, key: str) -> bool:
    """Delete a dead call and let the next of its case go."""
    cursor.execute(sql.SKIP, (tenant, case_id, key))
    return _deleted(cursor, tenant, case_id)


def _deleted(cursor: sqlite3.Cursor, tenant: str, case_id: str) -> bool:
    if cursor.rowcount == 0:
        return False
    cursor.execute(sql.FREE_NEXT, (tenant, case_id))
    return True


def failed(cursor: sqlite3.Cursor, delivery: Delivery, error: str | None, retry_at: datetime, *, dead: bool) -> bool:
    """Release a claim, or declare the call dead."""
    asked = asked_of_failed(delivery, error, retry_at, dead=dead)
    return cursor.execute(sql.FAILED, asked).rowcount > 0


def deliveries(cursor: sqlite3.Cursor, tenant: str, case_id: str | None) -> tuple[Delivery, ...]:
    """The outbox of a tenant, or of one case, oldest first."""
    rows = cursor.execute(sql.DELIVERIES, {"tenant": tenant, "case_id": case_id}).fetchall()
    return tuple(read_delivery(row) for row in rows)


def awaited(cursor: sqlite3.Cursor, tenant: str) -> tuple[str, ...]:
    """The hooks that calls in the outbox are for, that of the oldest call first."""
    return tuple(hook for (hook,) in cursor.execute(sql.AWAITED, (tenant,)).fetchall())


def incidents(cursor: sqlite3.Cursor, tenant: str) -> tuple[Incident, ...]:
    """Parked timers, then dead calls."""
    timers = cursor.execute(sql.PARKED_TIMERS, (tenant,)).fetchall()
    return read_incidents(timers, cursor.execute(sql.DEAD_CALLS, (tenant,)).fetchall())


def retry(cursor: sqlite3.Cursor, tenant: str, case_id: str, name: str, now: datetime) -> bool:
    """Free a parked timer, or a dead call, as if nothing had failed."""
    asked = {"tenant": tenant, "case_id": case_id, "name": name, "now": instant(now)}
    return any(cursor.execute(statement, asked).rowcount > 0 for statement in (sql.RETRY_TIMER, sql.RETRY_CALL))
