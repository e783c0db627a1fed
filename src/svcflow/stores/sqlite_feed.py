"""
What is asked of SQLite to follow the journal in the order in which it was written.

Only one transaction writes at a time, and entries are numbered within it: when a number is seen, all below it are
there. A position is such a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

FOLLOWED = "SELECT position FROM svcflow_follower WHERE tenant = :tenant AND name = :name"

BEGINNING = "0"

# The last entry of a case is its latest, so a case that has not moved since then has none to look for; a cross join is
# gone through as it is written.
PLACE = """
SELECT CAST(coalesce((
    SELECT MIN(number) - 1
    FROM svcflow_case AS moved
    CROSS JOIN svcflow_journal
    WHERE moved.tenant = :tenant AND moved_at >= :since
        AND svcflow_journal.tenant = :tenant AND case_id = moved.id AND json_extract(entry, '$.at') >= :since
), (SELECT MAX(number) FROM svcflow_journal WHERE tenant = :tenant), 0) AS TEXT)
"""

FOLLOW_FROM = """
INSERT INTO svcflow_follower (tenant, name, position) VALUES (:tenant, :name, :position)
ON CONFLICT (tenant, name) DO NOTHING
"""

STRETCH = """
SELECT CAST(one.number AS TEXT), one.case_id, one.seq, kept.process, kept.version,
    CASE WHEN kept.id IS NOT NULL THEN one.entry END
FROM (
    SELECT number, case_id, seq, entry
    FROM svcflow_journal
    WHERE tenant = :tenant AND number > CAST(:after AS INTEGER)
    ORDER BY number
    LIMIT :limit
) AS one
LEFT JOIN svcflow_case AS kept ON kept.tenant = :tenant AND kept.id = one.case_id
    AND (:process IS NULL OR kept.process = :process)
ORDER BY one.number
"""

TAKE_TURN = """
UPDATE svcflow_follower SET claim = :claim, until = :until
WHERE tenant = :tenant AND name = :name AND (until IS NULL OR until <= :now)
"""

KEEP_TURN = """
UPDATE svcflow_follower SET position = :position, until = :until
WHERE tenant = :tenant AND name = :name AND claim = :claim
"""


def read_position(row: Sequence[Any]) -> str:
    """How far a follower has come."""
    return str(row[0])
