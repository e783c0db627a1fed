"""
Every statement the PostgreSQL store runs: whole, with parameters only, the tenant in every condition.

Instants go in and come out as texts in UTC, JSON as text, so that no setting of a session can change what is read.
"""

from __future__ import annotations

# ── processes ──────────────────────────────────────────────────────────────────────────────────────────────────────

PUBLISH = """
INSERT INTO svcflow_process
    (tenant, name, version, digest, file, sources, holidays, published_at, published_by,
    effective_from, owner, reviewed_by, note, retired_at, retired_by, retired_for)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (tenant, name, version) DO NOTHING
"""

PROCESS = """
SELECT tenant, name, version, digest, file, sources::text, holidays::text,
    to_char(published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), published_by,
    to_char(effective_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), owner, reviewed_by, note,
    to_char(retired_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), retired_by, retired_for
FROM svcflow_process
WHERE tenant IN (%(tenant)s, '') AND name = %(name)s
    AND (%(version)s::bigint IS NULL OR version = %(version)s::bigint)
ORDER BY tenant = %(tenant)s DESC, version DESC
LIMIT 1
"""

RETIRE = """
UPDATE svcflow_process
SET retired_at = %(retired_at)s, retired_by = %(retired_by)s, retired_for = %(retired_for)s
WHERE tenant = %(tenant)s AND name = %(name)s AND version = %(version)s AND retired_at IS NULL
"""

EDITION = """
SELECT tenant, version, digest, COALESCE((
    SELECT digest FROM svcflow_days
    WHERE tenant IN (%(tenant)s, '') AND process = one.name AND version = one.version AND edition > 0
        AND (%(at)s::timestamptz IS NULL OR kept_at <= %(at)s::timestamptz)
    ORDER BY tenant = %(tenant)s DESC, edition DESC, digest
    LIMIT 1
), '')
FROM svcflow_process AS one
WHERE tenant IN (%(tenant)s, '') AND name = %(name)s
    AND (%(version)s::bigint IS NULL OR version = %(version)s::bigint)
    AND (tenant = %(tenant)s OR NOT EXISTS (
        SELECT 1 FROM svcflow_process AS own
        WHERE own.tenant = %(tenant)s AND own.name = one.name AND own.version = one.version
    ))
    AND (%(by)s::timestamptz IS NULL OR published_at <= %(by)s::timestamptz)
    AND (%(on)s::timestamptz IS NULL OR (
        (effective_from IS NULL OR effective_from <= %(on)s::timestamptz)
        AND (retired_at IS NULL OR retired_at > %(on)s::timestamptz)
    ))
ORDER BY tenant = %(tenant)s DESC, version DESC
LIMIT 1
"""

PROCESSES = """
SELECT tenant, name, version, digest, file, sources::text, holidays::text,
    to_char(published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), published_by,
    to_char(effective_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), owner, reviewed_by, note,
    to_char(retired_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), retired_by, retired_for
FROM svcflow_process AS one
WHERE tenant = %(tenant)s OR (tenant = '' AND NOT EXISTS (
    SELECT 1 FROM svcflow_process AS own
    WHERE own.tenant = %(tenant)s AND own.name = one.name AND own.version = one.version
))
ORDER BY name, version
"""

# ── cases ──────────────────────────────────────────────────────────────────────────────────────────────────────────

# Each case comes with the rows of its private values, as one JSON text.

LOAD = """
SELECT id, body::text, head, private::text, CASE WHEN private IS NOT NULL THEN (
    SELECT coalesce(json_agg(json_build_array(seq, part, field, value::text)), '[]')::text
    FROM svcflow_private AS kept
    WHERE kept.tenant = one.tenant AND kept.case_id = one.id
) END
FROM svcflow_case AS one
WHERE tenant = %s AND id = %s
"""

# In no order. Each row ends with what the key stands for in the case that was asked for.
FAMILY = """
SELECT one.id, one.body::text, one.head, one.private::text, CASE WHEN one.private IS NOT NULL THEN (
    SELECT coalesce(json_agg(json_build_array(seq, part, field, value::text)), '[]')::text
    FROM svcflow_private AS kept
    WHERE kept.tenant = one.tenant AND kept.case_id = one.id
) END, known.seq::text, known.content
FROM svcflow_case AS one
LEFT JOIN svcflow_journal AS known ON known.tenant = %(tenant)s AND known.case_id = %(id)s AND known.key = %(key)s
WHERE one.tenant = %(tenant)s
    AND one.root = (SELECT root FROM svcflow_case WHERE tenant = %(tenant)s AND id = %(id)s) AND one.root >= ''
    AND (one.status = 'open' OR one.id = %(id)s)
"""

# One case with all that belongs to it, in the order in which every writer locks: case, journal, timers, outbox. `read`
# is the seq it was decided from, and `before` the hash it had then: when either is gone nothing is written, and nothing
# is returned. Without `read` the case is new. Rows come as JSON, JSON in them as text, which keeps every byte.
# `tx` never falls within a case (see postgres_feed.py): a transaction that began before another may write after it.
WRITE = """
WITH opened AS (
    INSERT INTO svcflow_case
        (tenant, id, process, version, status, state, seq, moved_at, due, body, head, private,
         opened_at, root, opening_key, opening_seq, opening_content)
    SELECT %(tenant)s, %(id)s, %(process)s, %(version)s::bigint, %(status)s, %(state)s, %(seq)s::bigint,
        %(moved_at)s::timestamptz, %(due)s::timestamptz, %(body)s::json, %(head)s, %(private)s::json,
        %(opened_at)s::timestamptz, %(root)s, %(opening_key)s, %(opening_seq)s::bigint, %(opening_content)s
    WHERE %(read)s::bigint IS NULL
        AND NOT EXISTS (SELECT 1 FROM svcflow_archived WHERE tenant = %(tenant)s AND id = %(id)s)
        AND NOT EXISTS (SELECT 1 FROM svcflow_archived WHERE tenant = %(tenant)s AND opening_key = %(opening_key)s)
    RETURNING 1
), moved AS (
    UPDATE svcflow_case
    SET process = %(process)s, version = %(version)s::bigint, status = %(status)s, state = %(state)s,
        seq = %(seq)s::bigint, moved_at = %(moved_at)s::timestamptz, due = %(due)s::timestamptz,
        body = %(body)s::json, head = %(head)s, private = %(private)s::json
    WHERE tenant = %(tenant)s AND id = %(id)s AND seq = %(read)s::bigint AND head = %(before)s
    RETURNING 1
), written AS (
    SELECT FROM opened UNION ALL SELECT FROM moved
), entries AS (
    INSERT INTO svcflow_journal (tenant, case_id, seq, key, content, hash, entry, tx)
    SELECT %(tenant)s, %(id)s, new.seq, new.key, new.content, new.hash, new.entry::json, greatest(
        pg_current_xact_id(),
        (SELECT tx FROM svcflow_journal WHERE tenant = %(tenant)s AND case_id = %(id)s AND seq = %(read)s::bigint)
    )
    FROM written, json_to_recordset(%(entries)s::json)
        AS new (seq bigint, key text, content text, hash text, entry text)
), apart AS (
    INSERT INTO svcflow_private (tenant, case_id, seq, part, field, salt, value)
    SELECT %(tenant)s, %(id)s, new.seq, new.part, new.field, new.salt, new.value::json
    FROM written, json_to_recordset(%(values)s::json)
        AS new (seq bigint, part text, field text, salt text, value text)
), disarmed AS (
    DELETE FROM svcflow_timer
    WHERE tenant = %(tenant)s AND case_id = %(id)s AND name = ANY (%(disarmed)s::text[])
        AND EXISTS (SELECT FROM written)
), armed AS (
    INSERT INTO svcflow_timer (tenant, case_id, name, generation, due, next_at)
    SELECT %(tenant)s, %(id)s, new.name, new.generation, new.due, new.due
    FROM written, json_to_recordset(%(armed)s::json) AS new (name text, generation bigint, due timestamptz)
    ON CONFLICT (tenant, case_id, name) DO UPDATE
    SET generation = excluded.generation, due = excluded.due, next_at = excluded.next_at,
        attempts = 0, error = NULL, parked = false
), calls AS (
    INSERT INTO svcflow_outbox (tenant, case_id, key, hook, next_at, body)
    SELECT %(tenant)s, %(id)s, new.key, new.hook, new.next_at, new.body::json
    FROM written, json_to_recordset(%(calls)s::json) AS new (key text, hook text, next_at timestamptz, body text)
), links AS (
    INSERT INTO svcflow_link (tenant, origin, target, kind)
    SELECT %(tenant)s, %(id)s, new.target, new.kind
    FROM written, json_to_recordset(%(links)s::json) AS new (target text, kind text)
    ON CONFLICT (tenant, origin, target, kind) DO NOTHING
)
SELECT 1 FROM written
"""

LOCK_CASE = "SELECT 1 FROM svcflow_case WHERE tenant = %s AND id = %s FOR NO KEY UPDATE"

PRIVATE = "SELECT seq, part, field, salt, value::text FROM svcflow_private WHERE tenant = %s AND case_id = %s"

KEPT = "SELECT DISTINCT field FROM svcflow_private WHERE tenant = %s AND case_id = %s"

ERASE = (
    "DELETE FROM svcflow_private WHERE tenant = %(tenant)s AND case_id = %(id)s AND field = ANY (%(fields)s::text[])"
)

ERASE_TIMER_ERRORS = """
UPDATE svcflow_timer SET error = split_part(error, ':', 1)
WHERE tenant = %(tenant)s AND case_id = %(id)s AND error IS NOT NULL
"""

ERASE_IN_CALLS = """
UPDATE svcflow_outbox
SET error = split_part(error, ':', 1), body = jsonb_set(
    body::jsonb, '{fields}', coalesce((body -> 'fields')::jsonb, '{}') - %(fields)s::text[]
)::json
WHERE tenant = %(tenant)s AND case_id = %(id)s
"""

JOURNAL = "SELECT seq, hash, entry::text FROM svcflow_journal WHERE tenant = %s AND case_id = %s ORDER BY seq"

KNOWN = "SELECT case_id, seq, content FROM svcflow_journal WHERE tenant = %s AND case_id = %s AND key = %s"

KNOWN_OPENING = """
SELECT id, opening_seq, opening_content FROM svcflow_case WHERE tenant = %(tenant)s AND opening_key = %(key)s
UNION ALL
SELECT id, opening_seq, opening_content FROM svcflow_archived WHERE tenant = %(tenant)s AND opening_key = %(key)s
"""

LINKS = """
SELECT origin, target, kind
FROM svcflow_link
WHERE tenant = %(tenant)s AND (origin = %(id)s OR target = %(id)s)
ORDER BY origin, target, kind
"""

# ── timers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

# A case that somebody is writing is passed over: whoever writes it fires what is overdue first.
DUE_TIMERS = """
SELECT timer.tenant, case_id, name, generation,
    to_char(timer.due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), attempts
FROM svcflow_timer AS timer JOIN svcflow_case AS one ON one.tenant = timer.tenant AND one.id = timer.case_id
WHERE NOT parked AND next_at <= %s::timestamptz
    AND NOT EXISTS (
        SELECT 1 FROM svcflow_timer AS other
        WHERE other.tenant = timer.tenant AND other.case_id = timer.case_id
            AND (other.parked OR (other.next_at, other.name) < (timer.next_at, timer.name))
    )
ORDER BY next_at, timer.tenant, case_id, name
LIMIT %s::bigint
FOR NO KEY UPDATE OF one SKIP LOCKED
"""

NEXT_TIMER = """
SELECT to_char(next_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')
FROM svcflow_timer AS timer
WHERE NOT parked AND NOT EXISTS (
    SELECT 1 FROM svcflow_timer AS other
    WHERE other.tenant = timer.tenant AND other.case_id = timer.case_id AND other.parked
)
ORDER BY next_at
LIMIT 1
"""

FAIL_TIMER = """
UPDATE svcflow_timer
SET next_at = greatest(next_at, %(retry_at)s::timestamptz),
    attempts = attempts + (name = %(name)s)::int,
    error = CASE WHEN name = %(name)s THEN %(error)s ELSE error END,
    parked = CASE WHEN name = %(name)s THEN %(parked)s::boolean ELSE parked END
WHERE tenant = %(tenant)s AND case_id = %(case_id)s AND EXISTS (
    SELECT 1 FROM svcflow_timer AS failed
    WHERE failed.tenant = %(tenant)s AND failed.case_id = %(case_id)s
        AND failed.name = %(name)s AND failed.generation = %(generation)s::bigint
)
"""

RETRY_TIMER = """
UPDATE svcflow_timer
SET next_at = greatest(due, %(now)s::timestamptz), attempts = 0, error = NULL, parked = false
WHERE tenant = %(tenant)s AND case_id = %(case_id)s AND name = %(name)s AND parked
"""

PARKED_TIMERS = """
SELECT 'timer', tenant, case_id, name, error, attempts,
    to_char(due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')
FROM svcflow_timer
WHERE tenant = %s AND parked
ORDER BY svcflow_timer.due, case_id, name
"""

# ── outbox ─────────────────────────────────────────────────────────────────────────────────────────────────────────

CLAIM = """
WITH free AS (
    SELECT tenant, case_id, number, next_at
    FROM svcflow_outbox AS one
    WHERE state <> 'dead' AND next_at <= %(now)s::timestamptz
        AND (%(any_hook)s::boolean OR hook = ANY (%(hooks)s::text[]))
        AND NOT EXISTS (
            SELECT 1 FROM svcflow_outbox AS earlier
            WHERE earlier.tenant = one.tenant AND earlier.case_id = one.case_id AND earlier.number < one.number
        )
    ORDER BY next_at, number
    LIMIT %(limit)s::bigint
    FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE svcflow_outbox AS one
    SET state = 'claimed', claim = %(claim)s, attempts = attempts + 1, next_at = %(until)s::timestamptz
    FROM free
    WHERE one.tenant = free.tenant AND one.case_id = free.case_id AND one.number = free.number
    RETURNING one.number, one.state, one.attempts, one.next_at, one.claim, one.error, one.body, free.next_at AS was
)
SELECT number, state, attempts, to_char(next_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
    claim, error, body::text
FROM taken
ORDER BY was, number
"""

NEXT_CALL = """
SELECT to_char(next_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')
FROM svcflow_outbox AS one
WHERE state <> 'dead' AND NOT EXISTS (
    SELECT 1 FROM svcflow_outbox AS earlier
    WHERE earlier.tenant = one.tenant AND earlier.case_id = one.case_id AND earlier.number < one.number
)
ORDER BY next_at, number
LIMIT 1
"""

DELIVERED = "DELETE FROM svcflow_outbox WHERE tenant = %s AND case_id = %s AND key = %s AND claim = %s"

SKIP = "DELETE FROM svcflow_outbox WHERE tenant = %s AND case_id = %s AND key = %s AND state = 'dead'"

FAILED = """
UPDATE svcflow_outbox
SET state = %(state)s, attempts = %(attempts)s::bigint, next_at = %(retry_at)s::timestamptz, claim = NULL,
    error = coalesce(%(error)s::text, error)
WHERE tenant = %(tenant)s AND case_id = %(case_id)s AND key = %(key)s AND claim = %(claim)s
"""

RETRY_CALL = """
UPDATE svcflow_outbox
SET state = 'waiting', next_at = %(now)s::timestamptz, attempts = 0, claim = NULL, error = NULL
WHERE tenant = %(tenant)s AND case_id = %(case_id)s AND key = %(name)s AND state = 'dead'
"""

DELIVERIES = """
SELECT number, state, attempts, to_char(next_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
    claim, error, body::text
FROM svcflow_outbox
WHERE tenant = %(tenant)s AND (%(case_id)s::text IS NULL OR case_id = %(case_id)s)
ORDER BY number
"""

AWAITED = "SELECT hook FROM svcflow_outbox WHERE tenant = %s GROUP BY hook ORDER BY min(number)"

DEAD_CALLS = """
SELECT number, state, attempts, to_char(next_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
    claim, error, body::text
FROM svcflow_outbox
WHERE tenant = %s AND state = 'dead'
ORDER BY number
"""

# ── positions ──────────────────────────────────────────────────────────────────────────────────────────────────────

POSITION = "SELECT value FROM svcflow_position WHERE source = %s AND name = %s"

REMEMBER = """
INSERT INTO svcflow_position (source, name, value) VALUES (%s, %s, %s)
ON CONFLICT (source, name) DO UPDATE SET value = excluded.value
"""
