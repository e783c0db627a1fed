"""How the PostgreSQL store looks for cases, in three orders; `postgres_sql` has the other statements."""

from __future__ import annotations

# A parameter that is NULL asks for nothing. `where` is a JSON list of [field, texts]: the JSON text of the field must
# be one of the texts.

CASES_OPENED = """
SELECT id, body::text, head, private::text, CASE WHEN private IS NOT NULL THEN (
    SELECT coalesce(json_agg(json_build_array(seq, part, field, value::text)), '[]')::text
    FROM svcflow_private AS kept
    WHERE kept.tenant = one.tenant AND kept.case_id = one.id
) END
FROM svcflow_case AS one
WHERE tenant = %(tenant)s
    AND (%(process)s::text IS NULL OR process = %(process)s)
    AND (%(status)s::text IS NULL OR status = %(status)s)
    AND (%(since)s::timestamptz IS NULL OR opened_at >= %(since)s::timestamptz)
    AND (%(before)s::timestamptz IS NULL OR opened_at < %(before)s::timestamptz)
    AND (%(state)s::text IS NULL OR strpos(', ' || state || ',', ', ' || %(state)s || ',') > 0
        OR strpos(', ' || state, ', ' || %(state)s || '.') > 0)
    AND (%(due_before)s::timestamptz IS NULL OR due < %(due_before)s::timestamptz)
    AND (%(idle_since)s::timestamptz IS NULL OR moved_at <= %(idle_since)s::timestamptz)
    AND NOT EXISTS (
        SELECT 1 FROM json_array_elements(%(where)s::json) AS asked
        WHERE coalesce((body -> 'fields' -> (asked ->> 0))::text, 'null')
            NOT IN (SELECT json_array_elements_text(asked -> 1))
    )
    AND (%(after)s::text IS NULL
        OR (opened_at, id) > (SELECT opened_at, id FROM svcflow_case WHERE tenant = %(tenant)s AND id = %(after)s))
ORDER BY opened_at, id
LIMIT %(limit)s::bigint
"""

CASES_MOVED = """
SELECT id, body::text, head, private::text, CASE WHEN private IS NOT NULL THEN (
    SELECT coalesce(json_agg(json_build_array(seq, part, field, value::text)), '[]')::text
    FROM svcflow_private AS kept
    WHERE kept.tenant = one.tenant AND kept.case_id = one.id
) END
FROM svcflow_case AS one
WHERE tenant = %(tenant)s
    AND (%(process)s::text IS NULL OR process = %(process)s)
    AND (%(status)s::text IS NULL OR status = %(status)s)
    AND (%(since)s::timestamptz IS NULL OR opened_at >= %(since)s::timestamptz)
    AND (%(before)s::timestamptz IS NULL OR opened_at < %(before)s::timestamptz)
    AND (%(state)s::text IS NULL OR strpos(', ' || state || ',', ', ' || %(state)s || ',') > 0
        OR strpos(', ' || state, ', ' || %(state)s || '.') > 0)
    AND (%(due_before)s::timestamptz IS NULL OR due < %(due_before)s::timestamptz)
    AND (%(idle_since)s::timestamptz IS NULL OR moved_at <= %(idle_since)s::timestamptz)
    AND NOT EXISTS (
        SELECT 1 FROM json_array_elements(%(where)s::json) AS asked
        WHERE coalesce((body -> 'fields' -> (asked ->> 0))::text, 'null')
            NOT IN (SELECT json_array_elements_text(asked -> 1))
    )
    AND (%(after)s::text IS NULL
        OR (moved_at, id) > (SELECT moved_at, id FROM svcflow_case WHERE tenant = %(tenant)s AND id = %(after)s))
ORDER BY moved_at, id
LIMIT %(limit)s::bigint
"""

CASES_DUE = """
SELECT id, body::text, head, private::text, CASE WHEN private IS NOT NULL THEN (
    SELECT coalesce(json_agg(json_build_array(seq, part, field, value::text)), '[]')::text
    FROM svcflow_private AS kept
    WHERE kept.tenant = one.tenant AND kept.case_id = one.id
) END
FROM svcflow_case AS one
WHERE tenant = %(tenant)s
    AND (%(process)s::text IS NULL OR process = %(process)s)
    AND (%(status)s::text IS NULL OR status = %(status)s)
    AND (%(since)s::timestamptz IS NULL OR opened_at >= %(since)s::timestamptz)
    AND (%(before)s::timestamptz IS NULL OR opened_at < %(before)s::timestamptz)
    AND (%(state)s::text IS NULL OR strpos(', ' || state || ',', ', ' || %(state)s || ',') > 0
        OR strpos(', ' || state, ', ' || %(state)s || '.') > 0)
    AND (%(due_before)s::timestamptz IS NULL OR due < %(due_before)s::timestamptz)
    AND (%(idle_since)s::timestamptz IS NULL OR moved_at <= %(idle_since)s::timestamptz)
    AND NOT EXISTS (
        SELECT 1 FROM json_array_elements(%(where)s::json) AS asked
        WHERE coalesce((body -> 'fields' -> (asked ->> 0))::text, 'null')
            NOT IN (SELECT json_array_elements_text(asked -> 1))
    )
    AND (%(after)s::text IS NULL
        OR (due, id) > (SELECT due, id FROM svcflow_case WHERE tenant = %(tenant)s AND id = %(after)s))
ORDER BY due, id
LIMIT %(limit)s::bigint
"""
