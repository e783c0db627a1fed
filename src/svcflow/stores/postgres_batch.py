"""
What the PostgreSQL store asks and writes for many cases at once, each in one statement; `postgres_sql` has the others.

Questions and rows come as JSON, JSON in them as text. The cases are looked up one by one, by their keys: what a plan
makes of a list, of which it knows nothing, must not be to read a whole table. Where a list meets a table that is
written, `= ANY (ARRAY[...])` does it: such a condition can only be looked up, so that the plan may be kept.
"""

from __future__ import annotations

# The cases that are asked for and every open case of the same roots, in no order; then what keys stand for, with what
# they were asked for.
FAMILIES = """
WITH asked AS (
    SELECT DISTINCT tenant, id FROM json_to_recordset(%(asked)s::json) AS one (tenant text, id text)
), roots AS (
    SELECT DISTINCT found.tenant, found.root
    FROM asked CROSS JOIN LATERAL (
        SELECT one.tenant, one.root FROM svcflow_case AS one WHERE one.tenant = asked.tenant AND one.id = asked.id
        OFFSET 0
    ) AS found
)
SELECT one.tenant, one.id, one.body::text, one.head, one.private::text, CASE WHEN one.private IS NOT NULL THEN (
    SELECT coalesce(json_agg(json_build_array(seq, part, field, value::text)), '[]')::text
    FROM svcflow_private AS kept
    WHERE kept.tenant = one.tenant AND kept.case_id = one.id
) END, NULL::text, NULL::bigint, NULL::text
FROM roots CROSS JOIN LATERAL (
    SELECT found.tenant, found.id, found.body, found.head, found.private
    FROM svcflow_case AS found
    WHERE found.tenant = roots.tenant AND found.root = roots.root AND found.root >= ''
        AND (found.status = 'open' OR (found.tenant, found.id) IN (SELECT tenant, id FROM asked))
    OFFSET 0
) AS one
UNION ALL
SELECT known.tenant, known.case_id, NULL, NULL, NULL, NULL, known.key, known.seq, known.content
FROM json_to_recordset(%(asked)s::json) AS asked (tenant text, id text, key text)
CROSS JOIN LATERAL (
    SELECT one.tenant, one.case_id, one.key, one.seq, one.content
    FROM svcflow_journal AS one
    WHERE one.tenant = asked.tenant AND one.case_id = asked.id AND one.key = asked.key
    OFFSET 0
) AS known
"""

# In no order.
JOURNALS = """
SELECT one.case_id, one.seq, one.hash, one.entry
FROM json_array_elements_text(%(asked)s::json) AS asked (id) CROSS JOIN LATERAL (
    SELECT found.case_id, found.seq, found.hash, found.entry::text AS entry
    FROM svcflow_journal AS found
    WHERE found.tenant = %(tenant)s AND found.case_id = asked.id
    OFFSET 0
) AS one
"""

PRIVATES = """
SELECT one.case_id, one.seq, one.part, one.field, one.salt, one.value
FROM json_array_elements_text(%(asked)s::json) AS asked (id) CROSS JOIN LATERAL (
    SELECT found.case_id, found.seq, found.part, found.field, found.salt, found.value::text AS value
    FROM svcflow_private AS found
    WHERE found.tenant = %(tenant)s AND found.case_id = asked.id
    OFFSET 0
) AS one
"""

# The hash of the last entry and the places of private values of cases that still stand where they were read.
HEADS = """
SELECT asked.tenant, asked.id, found.head, found.private
FROM json_to_recordset(%(asked)s::json) AS asked (tenant text, id text, seq bigint)
CROSS JOIN LATERAL (
    SELECT one.head, one.private::text AS private
    FROM svcflow_case AS one
    WHERE one.tenant = asked.tenant AND one.id = asked.id AND one.seq = asked.seq
    OFFSET 0
) AS found
"""

# As WRITE of `postgres_sql`, for many cases. Nothing is written, and nothing is returned, unless all that are read from
# still stand where they were read, and no new one has the id or the key of an archived case. They are locked first, in
# the order in which everybody locks several. A case that somebody else is writing is a conflict at once: whoever holds
# some of a family never waits for the others of it. `latest` is there for `tx`, which never falls within a case.
WRITE_MANY = """
WITH asked AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(cases)s::json) AS new (
        tenant text, id text, read bigint, before text, process text, version bigint, status text, state text,
        seq bigint, moved_at timestamptz, due timestamptz, body text, head text, private text,
        opened_at timestamptz, root text, opening_key text, opening_seq bigint, opening_content text
    )
), held AS MATERIALIZED (
    SELECT FROM (SELECT * FROM asked ORDER BY tenant, id) AS asked CROSS JOIN LATERAL (
        SELECT FROM svcflow_case AS one
        WHERE one.tenant = asked.tenant AND one.id = asked.id AND one.seq = asked.read AND one.head = asked.before
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS found
), written AS MATERIALIZED (
    SELECT FROM held
    HAVING count(*) = (SELECT count(read) FROM asked) AND NOT EXISTS (
        SELECT FROM asked AS new CROSS JOIN LATERAL (
            SELECT FROM svcflow_archived AS gone WHERE gone.tenant = new.tenant AND gone.id = new.id
            UNION ALL
            SELECT FROM svcflow_archived AS gone
            WHERE gone.tenant = new.tenant AND gone.opening_key = new.opening_key
        ) AS taken
        WHERE new.read IS NULL
    )
), opened AS (
    INSERT INTO svcflow_case
        (tenant, id, process, version, status, state, seq, moved_at, due, body, head, private,
         opened_at, root, opening_key, opening_seq, opening_content)
    SELECT tenant, id, process, version, status, state, seq, moved_at, due, body::json, head, private::json,
        opened_at, root, opening_key, opening_seq, opening_content
    FROM written, asked
    WHERE read IS NULL
), moved AS (
    UPDATE svcflow_case AS one
    SET process = new.process, version = new.version, status = new.status, state = new.state, seq = new.seq,
        moved_at = new.moved_at, due = new.due, body = new.body::json, head = new.head, private = new.private::json
    FROM written, asked AS new
    WHERE one.tenant = ANY (ARRAY[new.tenant]) AND one.id = ANY (ARRAY[new.id]) AND one.seq = new.read
), latest AS (
    SELECT tx
    FROM asked CROSS JOIN LATERAL (
        SELECT tx FROM svcflow_journal AS entry
        WHERE entry.tenant = asked.tenant AND entry.case_id = asked.id AND entry.seq = asked.read
        LIMIT 1
    ) AS last
    ORDER BY tx DESC
    LIMIT 1
), entries AS (
    INSERT INTO svcflow_journal (tenant, case_id, seq, key, content, hash, entry, tx)
    SELECT new.tenant, new.case_id, new.seq, new.key, new.content, new.hash, new.entry::json, greatest(
        pg_current_xact_id(), (SELECT tx FROM latest)
    )
    FROM written, json_to_recordset(%(entries)s::json)
        AS new (tenant text, case_id text, seq bigint, key text, content text, hash text, entry text)
), apart AS (
    INSERT INTO svcflow_private (tenant, case_id, seq, part, field, salt, value)
    SELECT new.tenant, new.case_id, new.seq, new.part, new.field, new.salt, new.value::json
    FROM written, json_to_recordset(%(values)s::json)
        AS new (tenant text, case_id text, seq bigint, part text, field text, salt text, value text)
), disarmed AS (
    DELETE FROM svcflow_timer AS timer
    USING written, json_to_recordset(%(disarmed)s::json) AS gone (tenant text, case_id text, name text)
    WHERE timer.tenant = ANY (ARRAY[gone.tenant]) AND timer.case_id = ANY (ARRAY[gone.case_id])
        AND timer.name = ANY (ARRAY[gone.name])
), armed AS (
    INSERT INTO svcflow_timer (tenant, case_id, name, generation, due, next_at)
    SELECT new.tenant, new.case_id, new.name, new.generation, new.due, new.due
    FROM written, json_to_recordset(%(armed)s::json)
        AS new (tenant text, case_id text, name text, generation bigint, due timestamptz)
    ON CONFLICT (tenant, case_id, name) DO UPDATE
    SET generation = excluded.generation, due = excluded.due, next_at = excluded.next_at,
        attempts = 0, error = NULL, parked = false
), calls AS (
    INSERT INTO svcflow_outbox (tenant, case_id, key, hook, next_at, body)
    SELECT new.tenant, new.case_id, new.key, new.hook, new.next_at, new.body::json
    FROM written, json_to_recordset(%(calls)s::json)
        AS new (tenant text, case_id text, key text, hook text, next_at timestamptz, body text)
), links AS (
    INSERT INTO svcflow_link (tenant, origin, target, kind)
    SELECT new.tenant, new.case_id, new.target, new.kind
    FROM written, json_to_recordset(%(links)s::json) AS new (tenant text, case_id text, target text, kind text)
    ON CONFLICT (tenant, origin, target, kind) DO NOTHING
)
SELECT 1 FROM written
"""
