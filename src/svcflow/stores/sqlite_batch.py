"""What the SQLite store asks for many cases at once, in one statement; `sqlite_sql` has the others."""

from __future__ import annotations

# The cases that are asked for (as JSON) and every open case of the same roots, in no order; then what keys stand for.
FAMILIES = """
WITH asked AS MATERIALIZED (
    SELECT value ->> 'tenant' AS tenant, value ->> 'id' AS id, value ->> 'key' AS key FROM json_each(:asked)
), roots AS MATERIALIZED (
    SELECT DISTINCT one.tenant, one.root
    FROM asked CROSS JOIN svcflow_case AS one
    WHERE one.tenant = asked.tenant AND one.id = asked.id
)
SELECT one.tenant, one.id, one.body, one.head, one.private, CASE WHEN one.private IS NOT NULL THEN (
    SELECT json_group_array(json_array(seq, part, field, value))
    FROM svcflow_private AS kept
    WHERE kept.tenant = one.tenant AND kept.case_id = one.id
) END, NULL, NULL, NULL
FROM roots CROSS JOIN svcflow_case AS one
WHERE one.tenant = roots.tenant AND one.root = roots.root
    AND (one.status = 'open' OR (one.tenant, one.id) IN (SELECT tenant, id FROM asked))
UNION ALL
SELECT known.tenant, known.case_id, NULL, NULL, NULL, NULL, known.key, known.seq, known.content
FROM asked CROSS JOIN svcflow_journal AS known
WHERE known.tenant = asked.tenant AND known.case_id = asked.id AND known.key = asked.key
"""

# In no order.
JOURNALS = """
SELECT case_id, seq, hash, entry
FROM json_each(:asked) AS asked CROSS JOIN svcflow_journal AS one
WHERE one.tenant = :tenant AND one.case_id = asked.value
"""

PRIVATES = """
SELECT case_id, seq, part, field, salt, one.value
FROM json_each(:asked) AS asked CROSS JOIN svcflow_private AS one
WHERE one.tenant = :tenant AND one.case_id = asked.value
"""
