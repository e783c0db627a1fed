"""Every statement the SQLite store runs: whole, with parameters only, the tenant in every condition."""

from __future__ import annotations

NOTHING = "SELECT 1 WHERE 0"

# ── processes ──────────────────────────────────────────────────────────────────────────────────────────────────────

PUBLISH = """
INSERT INTO svcflow_process
    (tenant, name, version, digest, file, sources, holidays, published_at, published_by,
    effective_from, owner, reviewed_by, note, retired_at, retired_by, retired_for)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, name, version) DO NOTHING
"""

PROCESS = """
SELECT tenant, name, version, digest, file, sources, holidays, published_at, published_by,
    effective_from, owner, reviewed_by, note, retired_at, retired_by, retired_for
FROM svcflow_process
WHERE tenant IN (:tenant, '') AND name = :name AND (:version IS NULL OR version = :version)
ORDER BY tenant DESC, version DESC
LIMIT 1
"""

RETIRE = """
UPDATE svcflow_process SET retired_at = :retired_at, retired_by = :retired_by, retired_for = :retired_for
WHERE tenant = :tenant AND name = :name AND version = :version AND retired_at IS NULL
"""

EDITION = """
SELECT tenant, version, digest, COALESCE((
    SELECT digest FROM svcflow_days
    WHERE tenant IN (:tenant, '') AND process = one.name AND version = one.version AND edition > 0
        AND (:at IS NULL OR kept_at <= :at)
    ORDER BY tenant DESC, edition DESC, digest
    LIMIT 1
), '')
FROM svcflow_process AS one
WHERE tenant IN (:tenant, '') AND name = :name AND (:version IS NULL OR version = :version)
    AND (tenant = :tenant OR NOT EXISTS (
        SELECT 1 FROM svcflow_process AS own
        WHERE own.tenant = :tenant AND own.name = one.name AND own.version = one.version
    ))
    AND (:by IS NULL OR published_at <= :by)
    AND (:on IS NULL OR (
        (effective_from IS NULL OR effective_from <= :on) AND (retired_at IS NULL OR retired_at > :on)
    ))
ORDER BY tenant DESC, version DESC
LIMIT 1
"""

PROCESSES = """
SELECT tenant, name, version, digest, file, sources, holidays, published_at, published_by,
    effective_from, owner, reviewed_by, note, retired_at, retired_by, retired_for
FROM svcflow_process AS one
WHERE tenant = :tenant OR (tenant = '' AND NOT EXISTS (
    SELECT 1 FROM svcflow_process AS own
    WHERE own.tenant = :tenant AND own.name = one.name AND own.version = one.version
))
ORDER BY name, version
"""

# ── cases ──────────────────────────────────────────────────────────────────────────────────────────────────────────

# Each case comes with the rows of its private values, as one JSON text.

LOAD = """
SELECT id, body, head, private, CASE WHEN private IS NOT NULL THEN (
    SELECT json_group_array(json_array(seq, part, field, value))
    FROM svcflow_private AS kept
    WHERE kept.tenant = one.tenant AND kept.case_id = one.id
) END
FROM svcflow_case AS one
WHERE tenant = ? AND id = ?
"""

# In no order. Each row ends with what the key stands for in the case that was asked for.
FAMILY = """
SELECT one.id, one.body, one.head, one.private, CASE WHEN one.private IS NOT NULL THEN (
    SELECT json_group_array(json_array(seq, part, field, value))
    FROM svcflow_private AS kept
    WHERE kept.tenant = one.tenant AND kept.case_id = one.id
) END, known.seq, known.content
FROM svcflow_case AS asked
JOIN svcflow_case AS one ON one.tenant = asked.tenant AND one.root = asked.root
LEFT JOIN svcflow_journal AS known
    ON known.tenant = asked.tenant AND known.case_id = asked.id AND known.key = ?
WHERE asked.tenant = ? AND asked.id = ? AND (one.status = 'open' OR one.id = asked.id)
"""

HEAD = "SELECT head, private FROM svcflow_case WHERE tenant = ? AND id = ? AND seq = ?"

INSERT_CASE = """
INSERT INTO svcflow_case
    (process, version, status, state, seq, moved_at, due, body, head, private, tenant, id, opened_at, root,
     opening_key, opening_seq, opening_content)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

# Whether an id or an opening key is that of a case that was taken out.
TAKEN = """
SELECT 1 FROM svcflow_archived WHERE tenant = ?1 AND id = ?2
UNION ALL
SELECT 1 FROM svcflow_archived WHERE tenant = ?1 AND opening_key = ?3
"""

UPDATE_CASE = """
UPDATE svcflow_case
SET process = ?, version = ?, status = ?, state = ?, seq = ?, moved_at = ?, due = ?, body = ?, head = ?, private = ?
WHERE tenant = ? AND id = ? AND seq = ? AND head = ?
"""

# The number is what the trigger would give, which would have to write the whole row once more.
INSERT_ENTRY = """
INSERT INTO svcflow_journal (tenant, case_id, seq, key, content, hash, entry, number)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,
    1 + MAX(
        coalesce((SELECT MAX(number) FROM svcflow_journal WHERE tenant = ?1), 0),
        coalesce((SELECT MAX(CAST(position AS INTEGER)) FROM svcflow_follower WHERE tenant = ?1), 0)
    )
)
"""

INSERT_PRIVATE = """
INSERT INTO svcflow_private (tenant, case_id, seq, part, field, salt, value) VALUES (?, ?, ?, ?, ?, ?, ?)
"""

PRIVATE = "SELECT seq, part, field, salt, value FROM svcflow_private WHERE tenant = ? AND case_id = ?"

KEPT = "SELECT DISTINCT field FROM svcflow_private WHERE tenant = ? AND case_id = ?"

# While this is set, what a deletion frees is overwritten.
SECURE = "PRAGMA secure_delete"
SECURE_ON = "PRAGMA secure_delete = ON"
SECURE_OFF = "PRAGMA secure_delete = OFF"

ERASE = "DELETE FROM svcflow_private WHERE tenant = :tenant AND case_id = :case_id AND field = :field"

ERASE_TIMER_ERRORS = """
UPDATE svcflow_timer SET error = substr(error, 1, instr(error || ':', ':') - 1)
WHERE tenant = :tenant AND case_id = :case_id AND error IS NOT NULL
"""

ERASE_IN_CALLS = """
UPDATE svcflow_outbox SET body = json_remove(body, :path)
WHERE tenant = :tenant AND case_id = :case_id AND json_type(body, :path) IS NOT NULL
"""

ERASE_CALL_ERRORS = """
UPDATE svcflow_outbox SET error = substr(error, 1, instr(error || ':', ':') - 1)
WHERE tenant = :tenant AND case_id = :case_id AND error IS NOT NULL
"""

JOURNAL = "SELECT seq, hash, entry FROM svcflow_journal WHERE tenant = ? AND case_id = ? ORDER BY seq"

KNOWN = "SELECT case_id, seq, content FROM svcflow_journal WHERE tenant = ? AND case_id = ? AND key = ?"

KNOWN_OPENING = """
SELECT id, opening_seq, opening_content FROM svcflow_case WHERE tenant = :tenant AND opening_key = :key
UNION ALL
SELECT id, opening_seq, opening_content FROM svcflow_archived WHERE tenant = :tenant AND opening_key = :key
"""

INSERT_LINK = """
INSERT INTO svcflow_link (tenant, origin, target, kind) VALUES (?, ?, ?, ?)
ON CONFLICT (tenant, origin, target, kind) DO NOTHING
"""

LINKS = """
SELECT origin, target, kind
FROM svcflow_link
WHERE tenant = :tenant AND (origin = :id OR target = :id)
ORDER BY origin, target, kind
"""

# ── timers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

ARM = """
INSERT INTO svcflow_timer (tenant, case_id, name, generation, due, next_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, case_id, name) DO UPDATE
SET generation = excluded.generation, due = excluded.due, next_at = excluded.next_at,
    attempts = 0, error = NULL, parked = 0
"""

DISARM = "DELETE FROM svcflow_timer WHERE tenant = ? AND case_id = ? AND name = ?"

DUE_TIMERS = """
SELECT tenant, case_id, name, generation, due, attempts
FROM svcflow_timer AS timer
WHERE parked = 0 AND next_at <= ? AND NOT EXISTS (
    SELECT 1 FROM svcflow_timer AS other
    WHERE other.tenant = timer.tenant AND other.case_id = timer.case_id AND other.parked = 1
)
ORDER BY next_at, tenant, case_id, name
"""

NEXT_TIMER = """
SELECT next_at
FROM svcflow_timer AS timer
WHERE parked = 0 AND NOT EXISTS (
    SELECT 1 FROM svcflow_timer AS other
    WHERE other.tenant = timer.tenant AND other.case_id = timer.case_id AND other.parked = 1
)
ORDER BY next_at
LIMIT 1
"""

FAIL_TIMER = """
UPDATE svcflow_timer
SET next_at = MAX(next_at, :retry_at),
    attempts = attempts + (name = :name),
    error = CASE WHEN name = :name THEN :error ELSE error END,
    parked = CASE WHEN name = :name THEN :parked ELSE parked END
WHERE tenant = :tenant AND case_id = :case_id AND EXISTS (
    SELECT 1 FROM svcflow_timer AS failed
    WHERE failed.tenant = :tenant AND failed.case_id = :case_id
        AND failed.name = :name AND failed.generation = :generation
)
"""

RETRY_TIMER = """
UPDATE svcflow_timer
SET next_at = MAX(due, :now), attempts = 0, error = NULL, parked = 0
WHERE tenant = :tenant AND case_id = :case_id AND name = :name AND parked = 1
"""

PARKED_TIMERS = """
SELECT 'timer', tenant, case_id, name, error, attempts, due
FROM svcflow_timer
WHERE tenant = ? AND parked = 1
ORDER BY due, case_id, name
"""

# ── outbox ─────────────────────────────────────────────────────────────────────────────────────────────────────────

INSERT_CALL = """
INSERT INTO svcflow_outbox (tenant, case_id, key, hook, held, next_at, body)
VALUES (:tenant, :case_id, :key, :hook, EXISTS (
    SELECT 1 FROM svcflow_outbox WHERE tenant = :tenant AND case_id = :case_id
), :next_at, :body)
"""

FREE_CALLS = """
SELECT number, state, attempts, next_at, claim, error, body
FROM svcflow_outbox
WHERE held = 0 AND state <> 'dead' AND next_at <= :now
    AND (:any_hook OR hook IN (SELECT value FROM json_each(:hooks)))
ORDER BY next_at, number
LIMIT :limit
"""

CLAIM = "UPDATE svcflow_outbox SET state = 'claimed', claim = ?, attempts = ?, next_at = ? WHERE number = ?"

NEXT_CALL = "SELECT next_at FROM svcflow_outbox WHERE held = 0 AND state <> 'dead' ORDER BY next_at, number LIMIT 1"

DELIVERED = "DELETE FROM svcflow_outbox WHERE tenant = ? AND case_id = ? AND key = ? AND claim = ?"

SKIP = "DELETE FROM svcflow_outbox WHERE tenant = ? AND case_id = ? AND key = ? AND state = 'dead'"

FREE_NEXT = """
UPDATE svcflow_outbox SET held = 0
WHERE number = (SELECT MIN(number) FROM svcflow_outbox WHERE tenant = ? AND case_id = ?)
"""

FAILED = """
UPDATE svcflow_outbox
SET state = :state, attempts = :attempts, next_at = :retry_at, claim = NULL, error = ifnull(:error, error)
WHERE tenant = :tenant AND case_id = :case_id AND key = :key AND claim = :claim
"""

RETRY_CALL = """
UPDATE svcflow_outbox
SET state = 'waiting', next_at = :now, attempts = 0, claim = NULL, error = NULL
WHERE tenant = :tenant AND case_id = :case_id AND key = :name AND state = 'dead'
"""

DELIVERIES = """
SELECT number, state, attempts, next_at, claim, error, body
FROM svcflow_outbox
WHERE tenant = :tenant AND (:case_id IS NULL OR case_id = :case_id)
ORDER BY number
"""

AWAITED = "SELECT hook FROM svcflow_outbox WHERE tenant = ? GROUP BY hook ORDER BY min(number)"

DEAD_CALLS = """
SELECT number, state, attempts, next_at, claim, error, body
FROM svcflow_outbox
WHERE tenant = ? AND state = 'dead'
ORDER BY number
"""

# ── positions ──────────────────────────────────────────────────────────────────────────────────────────────────────

POSITION = "SELECT value FROM svcflow_position WHERE source = ? AND name = ?"

REMEMBER = """
INSERT INTO svcflow_position (source, name, value) VALUES (?, ?, ?)
ON CONFLICT (source, name) DO UPDATE SET value = excluded.value
"""
