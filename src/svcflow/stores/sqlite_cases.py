"""How the SQLite store looks for cases, in three orders; `sqlite_sql` has the other statements."""

from __future__ import annotations

# A parameter that is NULL asks for nothing. `where` is a JSON list of [path, texts]: the field at the path, named twice
# so that SQLite answers its JSON text as a list of two, must be one of the texts.

# The times are a range on the index that it goes by. `~` lies behind every time.
CASES_OPENED = """
SELECT id, body, head, private, CASE WHEN private IS NOT NULL THEN (
    SELECT json_group_array(json_array(seq, part, field, value))
    FROM svcflow_private AS kept
    WHERE kept.tenant = one.tenant AND kept.case_id = one.id
) END
FROM svcflow_case AS one
WHERE tenant = :tenant
    AND (:process IS NULL OR process = :process)
    AND (:status IS NULL OR status = :status)
    AND opened_at >= coalesce(:since, '') AND opened_at < coalesce(:before, '~')
    AND (:state IS NULL OR instr(', ' || state || ',', ', ' || :state || ',') > 0
        OR instr(', ' || state, ', ' || :state || '.') > 0)
    AND (:due_before IS NULL OR due < :due_before)
    AND (:idle_since IS NULL OR moved_at <= :idle_since)
    AND (:where IS NULL OR NOT EXISTS (
        SELECT 1 FROM json_each(:where) AS asked
        WHERE json_extract(body, json_extract(asked.value, '$[0]'), json_extract(asked.value, '$[0]'))
            NOT IN (SELECT value FROM json_each(asked.value, '$[1]'))
    ))
    AND (:after IS NULL
        OR (opened_at, id) > (SELECT opened_at, id FROM svcflow_case WHERE tenant = :tenant AND id = :after))
ORDER BY opened_at, id
LIMIT :limit
"""

# A range on the index that it goes by: the reading ends where nobody is idle. `~` lies behind every time.
CASES_MOVED = """
SELECT id, body, head, private, CASE WHEN private IS NOT NULL THEN (
    SELECT json_group_array(json_array(seq, part, field, value))
    FROM svcflow_private AS kept
    WHERE kept.tenant = one.tenant AND kept.case_id = one.id
) END
FROM svcflow_case AS one
WHERE tenant = :tenant
    AND (:process IS NULL OR process = :process)
    AND (:status IS NULL OR status = :status)
    AND (:since IS NULL OR opened_at >= :since) AND (:before IS NULL OR opened_at < :before)
    AND (:state IS NULL OR instr(', ' || state || ',', ', ' || :state || ',') > 0
        OR instr(', ' || state, ', ' || :state || '.') > 0)
    AND (:due_before IS NULL OR due < :due_before)
    AND moved_at <= coalesce(:idle_since, '~')
    AND (:where IS NULL OR NOT EXISTS (
        SELECT 1 FROM json_each(:where) AS asked
        WHERE json_extract(body, json_extract(asked.value, '$[0]'), json_extract(asked.value, '$[0]'))
            NOT IN (SELECT value FROM json_each(asked.value, '$[1]'))
    ))
    AND (:after IS NULL
        OR (moved_at, id) > (SELECT moved_at, id FROM svcflow_case WHERE tenant = :tenant AND id = :after))
ORDER BY moved_at, id
LIMIT :limit
"""

CASES_DUE = """
SELECT id, body, head, private, CASE WHEN private IS NOT NULL THEN (
    SELECT json_group_array(json_array(seq, part, field, value))
    FROM svcflow_private AS kept
    WHERE kept.tenant = one.tenant AND kept.case_id = one.id
) END
FROM svcflow_case AS one
WHERE tenant = :tenant
    AND (:process IS NULL OR process = :process)
    AND (:status IS NULL OR status = :status)
    AND (:since IS NULL OR opened_at >= :since) AND (:before IS NULL OR opened_at < :before)
    AND (:state IS NULL OR instr(', ' || state || ',', ', ' || :state || ',') > 0
        OR instr(', ' || state, ', ' || :state || '.') > 0)
    AND (:due_before IS NULL OR due < :due_before)
    AND (:idle_since IS NULL OR moved_at <= :idle_since)
    AND (:where IS NULL OR NOT EXISTS (
        SELECT 1 FROM json_each(:where) AS asked
        WHERE json_extract(body, json_extract(asked.value, '$[0]'), json_extract(asked.value, '$[0]'))
            NOT IN (SELECT value FROM json_each(asked.value, '$[1]'))
    ))
    AND (:after IS NULL
        OR (due, id) > (SELECT due, id FROM svcflow_case WHERE tenant = :tenant AND id = :after))
ORDER BY due, id
LIMIT :limit
"""
