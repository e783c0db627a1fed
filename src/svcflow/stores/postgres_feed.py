"""
What is asked of PostgreSQL to follow the journal without a gap, in an order in which no later commit can appear.

The order is that of `tx`. Read is what lies before the oldest transaction that is still open: whatever commits later
has a higher number. `tx` is the number of the transaction that wrote the entry, or that of the entry before it in its
case where that is higher; so the entries of a case keep their order, and a number is never below that of its writer.

A position is a JSON list: tx, case, seq.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from svcflow.errors import StoreError

# Whether numbers of another server stand in the database: no transaction that we can see has a number as high as the
# next one, but for our own.
FOLLOWED = """
SELECT position, (position::json ->> 0)::xid8 > pg_snapshot_xmax(pg_current_snapshot()) OR EXISTS (
    SELECT FROM svcflow_journal
    WHERE tenant = %(tenant)s AND tx >= pg_snapshot_xmax(pg_current_snapshot()) AND tx >= '0'
        AND tx IS DISTINCT FROM pg_current_xact_id_if_assigned()
)
FROM svcflow_follower
WHERE tenant = %(tenant)s AND name = %(name)s
"""

BEGINNING = '["0", "", 0]'

# The last entry of a case is its latest, so a case that has not moved since then has none to look for.
PLACE = """
SELECT coalesce((
    SELECT json_build_array(tx::text, case_id, svcflow_journal.seq - 1)::text
    FROM svcflow_case AS moved
    JOIN svcflow_journal ON svcflow_journal.tenant = %(tenant)s AND case_id = moved.id
    WHERE moved.tenant = %(tenant)s AND moved_at >= %(since)s::text::timestamptz
        AND (entry ->> 'at') COLLATE "C" >= %(since)s::text AND tx < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY tx, case_id, svcflow_journal.seq
    LIMIT 1
), json_build_array(pg_snapshot_xmin(pg_current_snapshot())::text, '', 0)::text)
"""

FOLLOW_FROM = """
INSERT INTO svcflow_follower (tenant, name, position) VALUES (%(tenant)s, %(name)s, %(position)s)
ON CONFLICT (tenant, name) DO NOTHING
"""

# The case is asked for row by row: joined, it would be looked for among all by a plan made while there were few.
STRETCH = """
SELECT json_build_array(one.tx::text, one.case_id, one.seq)::text, one.case_id, one.seq, kept.process, kept.version,
    CASE WHEN kept.process IS NOT NULL THEN one.entry::text END
FROM (
    SELECT tx, case_id, seq, entry
    FROM svcflow_journal
    WHERE tenant = %(tenant)s AND tx < pg_snapshot_xmin(pg_current_snapshot()) AND tx >= '0'
        AND (tx, case_id, seq) > (
            (%(after)s::json ->> 0)::xid8, %(after)s::json ->> 1, (%(after)s::json ->> 2)::bigint
        )
    ORDER BY tx, case_id, seq
    LIMIT %(limit)s::bigint
) AS one
LEFT JOIN LATERAL (
    SELECT process, version
    FROM svcflow_case
    WHERE tenant = %(tenant)s AND id = one.case_id AND (%(process)s::text IS NULL OR process = %(process)s)
    LIMIT 1
) AS kept ON true
ORDER BY one.tx, one.case_id, one.seq
"""

# Passed over while another has it in hand, in a transaction of its own that is not over.
TAKE_TURN = """
WITH free AS (
    SELECT tenant, name
    FROM svcflow_follower
    WHERE tenant = %(tenant)s AND name = %(name)s AND (until IS NULL OR until <= %(now)s::timestamptz)
    FOR UPDATE SKIP LOCKED
)
UPDATE svcflow_follower AS one
SET claim = %(claim)s, until = %(until)s::timestamptz
FROM free
WHERE one.tenant = free.tenant AND one.name = free.name
"""

KEEP_TURN = """
UPDATE svcflow_follower
SET position = %(position)s, until = %(until)s::timestamptz
WHERE tenant = %(tenant)s AND name = %(name)s AND claim = %(claim)s
"""


def read_position(row: Sequence[Any]) -> str:
    """
    How far a follower has come.

    Raises:
        StoreError: The numbers in this database were given by another server.
    """
    position, foreign = row
    if foreign:
        raise StoreError(
            "the journal was restored from another server, whose transactions had other numbers; before it can be "
            "followed here see 'After a restore' on the page 'Follow the journal'"
        )
    return str(position)
