"""What the SQLite store knows of cases that were taken out of it: statements, and how a case leaves."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from svcflow.errors import ConflictError
from svcflow.stores.archive_rows import archived_row
from svcflow.stores.archived import Archived
from svcflow.stores.sqlite_write import overwriting

# Only a case that has ended, that is as it was read, and that nothing waits for.
REMEMBER_ARCHIVED = """
INSERT INTO svcflow_archived
    (tenant, id, process, version, status, owner, opened_at, ended_at, archived_at, seq, bundle, digest,
     opening_key, opening_seq, opening_content)
SELECT tenant, id, process, version, status, :owner, opened_at, :ended_at, :archived_at, seq, :bundle, :digest,
    opening_key, opening_seq, opening_content
FROM svcflow_case AS one
WHERE tenant = :tenant AND id = :id AND seq = :seq AND status <> 'open'
    AND NOT EXISTS (SELECT 1 FROM svcflow_timer AS held WHERE held.tenant = one.tenant AND held.case_id = one.id)
    AND NOT EXISTS (SELECT 1 FROM svcflow_outbox AS held WHERE held.tenant = one.tenant AND held.case_id = one.id)
"""

DELETE_PRIVATE = "DELETE FROM svcflow_private WHERE tenant = :tenant AND case_id = :id"

DELETE_JOURNAL = "DELETE FROM svcflow_journal WHERE tenant = :tenant AND case_id = :id"

DELETE_CASE = "DELETE FROM svcflow_case WHERE tenant = :tenant AND id = :id"

# A link to a case that is still there is that case's too.
DELETE_LINKS = """
DELETE FROM svcflow_link
WHERE tenant = :tenant AND (origin = :id OR target = :id) AND NOT EXISTS (
    SELECT 1 FROM svcflow_case AS one
    WHERE one.tenant = :tenant AND one.id IN (svcflow_link.origin, svcflow_link.target)
)
"""

REMOVED = """
SELECT tenant, id, process, version, status, owner, opened_at, ended_at, archived_at, seq, bundle, digest
FROM svcflow_archived
WHERE tenant = :tenant AND id = :id
"""

# The equality comes first in an index of its own; a parameter that is NULL asks for nothing.

OF_OWNER = """
SELECT tenant, id, process, version, status, owner, opened_at, ended_at, archived_at, seq, bundle, digest
FROM svcflow_archived
WHERE tenant = :tenant
    AND owner = :owner
    AND (:process IS NULL OR process = :process)
    AND (:since IS NULL OR opened_at >= :since)
    AND (:before IS NULL OR opened_at < :before)
    AND (:after IS NULL OR (opened_at, id) > (
        SELECT opened_at, id FROM svcflow_archived WHERE tenant = :tenant AND id = :after
    ))
ORDER BY opened_at, id
LIMIT :limit
"""

OF_PROCESS = """
SELECT tenant, id, process, version, status, owner, opened_at, ended_at, archived_at, seq, bundle, digest
FROM svcflow_archived
WHERE tenant = :tenant
    AND process = :process
    AND (:owner IS NULL OR owner = :owner)
    AND (:since IS NULL OR opened_at >= :since)
    AND (:before IS NULL OR opened_at < :before)
    AND (:after IS NULL OR (opened_at, id) > (
        SELECT opened_at, id FROM svcflow_archived WHERE tenant = :tenant AND id = :after
    ))
ORDER BY opened_at, id
LIMIT :limit
"""

BY_OPENED = """
SELECT tenant, id, process, version, status, owner, opened_at, ended_at, archived_at, seq, bundle, digest
FROM svcflow_archived
WHERE tenant = :tenant
    AND (:owner IS NULL OR owner = :owner)
    AND (:process IS NULL OR process = :process)
    AND (:since IS NULL OR opened_at >= :since)
    AND (:before IS NULL OR opened_at < :before)
    AND (:after IS NULL OR (opened_at, id) > (
        SELECT opened_at, id FROM svcflow_archived WHERE tenant = :tenant AND id = :after
    ))
ORDER BY opened_at, id
LIMIT :limit
"""

BY_PROCESS = """
SELECT tenant, id, process, version, status, owner, opened_at, ended_at, archived_at, seq, bundle, digest
FROM svcflow_archived
WHERE tenant = :tenant
    AND (:owner IS NULL OR owner = :owner)
    AND (:process IS NULL OR process = :process)
    AND (:since IS NULL OR opened_at >= :since)
    AND (:before IS NULL OR opened_at < :before)
    AND (:after IS NULL OR (process, opened_at, id) > (
        SELECT process, opened_at, id FROM svcflow_archived WHERE tenant = :tenant AND id = :after
    ))
ORDER BY process, opened_at, id
LIMIT :limit
"""

BY_OWNER = """
SELECT tenant, id, process, version, status, owner, opened_at, ended_at, archived_at, seq, bundle, digest
FROM svcflow_archived
WHERE tenant = :tenant
    AND (:owner IS NULL OR owner = :owner)
    AND (:process IS NULL OR process = :process)
    AND (:since IS NULL OR opened_at >= :since)
    AND (:before IS NULL OR opened_at < :before)
    AND (:after IS NULL OR (owner, opened_at, id) > (
        SELECT owner, opened_at, id FROM svcflow_archived WHERE tenant = :tenant AND id = :after
    ))
ORDER BY owner, opened_at, id
LIMIT :limit
"""


def remove(cursor: sqlite3.Cursor, cases: Sequence[Archived]) -> None:
    """
    Take cases out with all that belongs to them.

    Raises:
        ConflictError: One is not there, has not ended or moved on, or timers or calls of it wait.
    """
    with overwriting(cursor):
        for case in cases:
            if cursor.execute(REMEMBER_ARCHIVED, archived_row(case)).rowcount != 1:
                raise ConflictError(f"case {case.id!r} cannot be taken out: it is not as it was, or something waits")
            key = {"tenant": case.tenant, "id": case.id}
            for statement in (DELETE_CASE, DELETE_JOURNAL, DELETE_PRIVATE, DELETE_LINKS):
                cursor.execute(statement, key)
