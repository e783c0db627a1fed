"""What the PostgreSQL store knows of cases that were taken out of it: statements, and how a case leaves."""

from __future__ import annotations

from collections.abc import Sequence

from svcflow.errors import ConflictError
from svcflow.stores.archive_rows import archived_row
from svcflow.stores.archived import Archived
from svcflow.stores.postgres_sessions import Cursor

# Only a case that has ended and is as it was read; whoever writes to it waits.
LOCK_ENDED = """
SELECT 1 FROM svcflow_case WHERE tenant = %(tenant)s AND id = %(id)s AND seq = %(seq)s AND status <> 'open' FOR UPDATE
"""

REMEMBER_ARCHIVED = """
INSERT INTO svcflow_archived
    (tenant, id, process, version, status, owner, opened_at, ended_at, archived_at, seq, bundle, digest,
     opening_key, opening_seq, opening_content)
SELECT tenant, id, process, version, status, %(owner)s, opened_at, %(ended_at)s::timestamptz,
    %(archived_at)s::timestamptz, seq, %(bundle)s, %(digest)s, opening_key, opening_seq, opening_content
FROM svcflow_case AS one
WHERE tenant = %(tenant)s AND id = %(id)s
    AND NOT EXISTS (SELECT 1 FROM svcflow_timer AS held WHERE held.tenant = one.tenant AND held.case_id = one.id)
    AND NOT EXISTS (SELECT 1 FROM svcflow_outbox AS held WHERE held.tenant = one.tenant AND held.case_id = one.id)
"""

DELETE_PRIVATE = "DELETE FROM svcflow_private WHERE tenant = %(tenant)s AND case_id = %(id)s"

DELETE_JOURNAL = "DELETE FROM svcflow_journal WHERE tenant = %(tenant)s AND case_id = %(id)s"

DELETE_CASE = "DELETE FROM svcflow_case WHERE tenant = %(tenant)s AND id = %(id)s"

# A link to a case that is still there is that case's too.
DELETE_LINKS = """
DELETE FROM svcflow_link AS link
WHERE tenant = %(tenant)s AND (origin = %(id)s OR target = %(id)s) AND NOT EXISTS (
    SELECT 1 FROM svcflow_case AS one WHERE one.tenant = link.tenant AND one.id IN (link.origin, link.target)
)
"""

REMOVED = """
SELECT tenant, id, process, version, status, owner,
    to_char(opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
    to_char(ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
    to_char(archived_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), seq, bundle, digest
FROM svcflow_archived
WHERE tenant = %(tenant)s AND id = %(id)s
"""

# The equality comes first in an index of its own; a parameter that is NULL asks for nothing.

OF_OWNER = """
SELECT tenant, id, process, version, status, owner,
    to_char(opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
    to_char(ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
    to_char(archived_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), seq, bundle, digest
FROM svcflow_archived
WHERE tenant = %(tenant)s
    AND owner = %(owner)s
    AND (%(process)s::text IS NULL OR process = %(process)s)
    AND (%(since)s::timestamptz IS NULL OR opened_at >= %(since)s::timestamptz)
    AND (%(before)s::timestamptz IS NULL OR opened_at < %(before)s::timestamptz)
    AND (%(after)s::text IS NULL OR (opened_at, id) > (
        SELECT opened_at, id FROM svcflow_archived WHERE tenant = %(tenant)s AND id = %(after)s
    ))
ORDER BY opened_at, id
LIMIT %(limit)s::bigint
"""

OF_PROCESS = """
SELECT tenant, id, process, version, status, owner,
    to_char(opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
    to_char(ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
    to_char(archived_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), seq, bundle, digest
FROM svcflow_archived
WHERE tenant = %(tenant)s
    AND process = %(process)s
    AND (%(owner)s::text IS NULL OR owner = %(owner)s)
    AND (%(since)s::timestamptz IS NULL OR opened_at >= %(since)s::timestamptz)
    AND (%(before)s::timestamptz IS NULL OR opened_at < %(before)s::timestamptz)
    AND (%(after)s::text IS NULL OR (opened_at, id) > (
        SELECT opened_at, id FROM svcflow_archived WHERE tenant = %(tenant)s AND id = %(after)s
    ))
ORDER BY opened_at, id
LIMIT %(limit)s::bigint
"""

BY_OPENED = """
SELECT tenant, id, process, version, status, owner,
    to_char(opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
    to_char(ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
    to_char(archived_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), seq, bundle, digest
FROM svcflow_archived
WHERE tenant = %(tenant)s
    AND (%(owner)s::text IS NULL OR owner = %(owner)s)
    AND (%(process)s::text IS NULL OR process = %(process)s)
    AND (%(since)s::timestamptz IS NULL OR opened_at >= %(since)s::timestamptz)
    AND (%(before)s::timestamptz IS NULL OR opened_at < %(before)s::timestamptz)
    AND (%(after)s::text IS NULL OR (opened_at, id) > (
        SELECT opened_at, id FROM svcflow_archived WHERE tenant = %(tenant)s AND id = %(after)s
    ))
ORDER BY opened_at, id
LIMIT %(limit)s::bigint
"""

BY_PROCESS = """
SELECT tenant, id, process, version, status, owner,
    to_char(opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
    to_char(ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
    to_char(archived_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), seq, bundle, digest
FROM svcflow_archived
WHERE tenant = %(tenant)s
    AND (%(owner)s::text IS NULL OR owner = %(owner)s)
    AND (%(process)s::text IS NULL OR process = %(process)s)
    AND (%(since)s::timestamptz IS NULL OR opened_at >= %(since)s::timestamptz)
    AND (%(before)s::timestamptz IS NULL OR opened_at < %(before)s::timestamptz)
    AND (%(after)s::text IS NULL OR (process, opened_at, id) > (
        SELECT process, opened_at, id FROM svcflow_archived WHERE tenant = %(tenant)s AND id = %(after)s
    ))
ORDER BY process, opened_at, id
LIMIT %(limit)s::bigint
"""

BY_OWNER = """
SELECT tenant, id, process, version, status, owner,
    to_char(opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
    to_char(ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
    to_char(archived_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), seq, bundle, digest
FROM svcflow_archived
WHERE tenant = %(tenant)s
    AND (%(owner)s::text IS NULL OR owner = %(owner)s)
    AND (%(process)s::text IS NULL OR process = %(process)s)
    AND (%(since)s::timestamptz IS NULL OR opened_at >= %(since)s::timestamptz)
    AND (%(before)s::timestamptz IS NULL OR opened_at < %(before)s::timestamptz)
    AND (%(after)s::text IS NULL OR (owner, opened_at, id) > (
        SELECT owner, opened_at, id FROM svcflow_archived WHERE tenant = %(tenant)s AND id = %(after)s
    ))
ORDER BY owner, opened_at, id
LIMIT %(limit)s::bigint
"""


def remove(cursor: Cursor, cases: Sequence[Archived]) -> None:
    """
    Take cases out with all that belongs to them, locking them in the order in which every writer does.

    Raises:
        ConflictError: One is not there, has not ended or moved on, or timers or calls of it wait.
    """
    rows = [archived_row(case) for case in sorted(cases, key=lambda case: (case.tenant, case.id))]
    with cursor.connection.transaction():
        for row in rows:
            ready = cursor.execute(LOCK_ENDED, row).fetchone() is not None
            if not ready or cursor.execute(REMEMBER_ARCHIVED, row).rowcount != 1:
                raise ConflictError(f"case {row['id']!r} cannot be taken out: it is not as it was, or something waits")
            for statement in (DELETE_CASE, DELETE_JOURNAL, DELETE_PRIVATE, DELETE_LINKS):
                cursor.execute(statement, row)
