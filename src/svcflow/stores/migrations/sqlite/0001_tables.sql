-- The first tables. Times are texts in UTC, `2026-03-31T08:00:00+00:00`, which sort like the instants.

CREATE TABLE svcflow_meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE svcflow_process (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    digest TEXT NOT NULL,
    file TEXT NOT NULL,
    sources TEXT NOT NULL,
    holidays TEXT NOT NULL,
    published_at TEXT NOT NULL,
    published_by TEXT NOT NULL,
    PRIMARY KEY (tenant, name, version)
);

-- `body` is the whole snapshot without private values; the other columns are there to search. `due` is the last moment
-- of the year 9999 when no clock can be late. `head` is the hash of the last journal entry; `private` says in which rows
-- of svcflow_private the snapshot's private values stand.
CREATE TABLE svcflow_case (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    process TEXT NOT NULL,
    version INTEGER NOT NULL,
    status TEXT NOT NULL,
    state TEXT NOT NULL,
    seq INTEGER NOT NULL,
    opened_at TEXT NOT NULL,
    moved_at TEXT NOT NULL,
    due TEXT NOT NULL,
    root TEXT NOT NULL,
    opening_key TEXT,
    opening_seq INTEGER,
    opening_content TEXT,
    head TEXT NOT NULL,
    private TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX svcflow_case_opening ON svcflow_case (tenant, opening_key) WHERE opening_key IS NOT NULL;
CREATE INDEX svcflow_case_root ON svcflow_case (tenant, root);
CREATE INDEX svcflow_case_opened ON svcflow_case (tenant, opened_at, id);
CREATE INDEX svcflow_case_moved ON svcflow_case (tenant, moved_at, id);
CREATE INDEX svcflow_case_due ON svcflow_case (tenant, due, id);

-- `entry` is the canonical text that `hash` is made of, together with the hash of the entry before.
CREATE TABLE svcflow_journal (
    tenant TEXT NOT NULL,
    case_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    key TEXT,
    content TEXT,
    hash TEXT NOT NULL,
    entry TEXT NOT NULL,
    PRIMARY KEY (tenant, case_id, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX svcflow_journal_key ON svcflow_journal (tenant, case_id, key) WHERE key IS NOT NULL;

-- The only place of private values. `part` is the part of the entry it stands in: fields or changes; or case, for a
-- value that the snapshot alone holds.
CREATE TABLE svcflow_private (
    tenant TEXT NOT NULL,
    case_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    part TEXT NOT NULL,
    field TEXT NOT NULL,
    salt TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (tenant, case_id, seq, part, field)
) WITHOUT ROWID;

-- Timers with a due time. `next_at` is `due`, or later after a failure.
CREATE TABLE svcflow_timer (
    tenant TEXT NOT NULL,
    case_id TEXT NOT NULL,
    name TEXT NOT NULL,
    generation INTEGER NOT NULL,
    due TEXT NOT NULL,
    next_at TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    parked INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, case_id, name)
) WITHOUT ROWID;
CREATE INDEX svcflow_timer_next ON svcflow_timer (next_at) WHERE parked = 0;
CREATE INDEX svcflow_timer_parked ON svcflow_timer (tenant, case_id) WHERE parked = 1;

-- Hook calls not yet delivered, in the order of `number`. `held` calls wait for an earlier one of their case. `next_at`
-- is when to try, for a claimed call when its lease runs out.
CREATE TABLE svcflow_outbox (
    number INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    case_id TEXT NOT NULL,
    key TEXT NOT NULL,
    hook TEXT NOT NULL,
    held INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at TEXT NOT NULL,
    claim TEXT,
    error TEXT,
    body TEXT NOT NULL
);
CREATE INDEX svcflow_outbox_case ON svcflow_outbox (tenant, case_id);
CREATE INDEX svcflow_outbox_next ON svcflow_outbox (next_at, number) WHERE held = 0 AND state <> 'dead';
CREATE INDEX svcflow_outbox_dead ON svcflow_outbox (tenant) WHERE state = 'dead';

CREATE TABLE svcflow_link (
    tenant TEXT NOT NULL,
    origin TEXT NOT NULL,
    target TEXT NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (tenant, origin, target, kind)
) WITHOUT ROWID;
CREATE INDEX svcflow_link_target ON svcflow_link (tenant, target);

CREATE TABLE svcflow_position (
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (source, name)
) WITHOUT ROWID;
