-- The first tables. Texts sort by their bytes, as in every store; `json` keeps a text to the last byte, as hashes need it.

CREATE TABLE svcflow_meta (
    name text COLLATE "C" PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE svcflow_process (
    tenant text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    digest text NOT NULL,
    file text NOT NULL,
    sources json NOT NULL,
    holidays json NOT NULL,
    published_at timestamptz NOT NULL,
    published_by text NOT NULL,
    PRIMARY KEY (tenant, name, version)
);

-- `body` is the whole snapshot without private values; the other columns are there to search. `due` is the last moment
-- of the year 9999 when no clock can be late. `head` is the hash of the last journal entry; `private` says in which rows
-- of svcflow_private the snapshot's private values stand.
CREATE TABLE svcflow_case (
    tenant text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    process text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    status text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    opened_at timestamptz NOT NULL,
    moved_at timestamptz NOT NULL,
    due timestamptz NOT NULL,
    root text COLLATE "C" NOT NULL,
    opening_key text COLLATE "C",
    opening_seq bigint,
    opening_content text,
    head text COLLATE "C" NOT NULL,
    private json,
    body json NOT NULL
);
-- In a table with few rows every index that begins with the tenant looks as good as the next; the planner then takes the
-- youngest that it may take, and keeps that plan while the table grows. Hence the order, and the condition on `root`,
-- which always holds.
CREATE INDEX svcflow_case_opened ON svcflow_case (tenant, opened_at, id);
CREATE INDEX svcflow_case_moved ON svcflow_case (tenant, moved_at, id);
CREATE INDEX svcflow_case_due ON svcflow_case (tenant, due, id);
ALTER TABLE svcflow_case ADD PRIMARY KEY (tenant, id);
CREATE INDEX svcflow_case_root ON svcflow_case (tenant, root) WHERE root >= '';
CREATE UNIQUE INDEX svcflow_case_opening ON svcflow_case (tenant, opening_key) WHERE opening_key IS NOT NULL;

-- `entry` is the canonical text that `hash` is made of, together with the hash of the entry before. `tx` is the
-- transaction that wrote it: a reader that waits until all transactions before some `tx` are over misses nothing.
CREATE TABLE svcflow_journal (
    tenant text COLLATE "C" NOT NULL,
    case_id text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    key text COLLATE "C",
    content text,
    hash text NOT NULL,
    entry json NOT NULL,
    tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (tenant, case_id, seq)
);
CREATE UNIQUE INDEX svcflow_journal_key ON svcflow_journal (tenant, case_id, key) WHERE key IS NOT NULL;

-- The only place of private values. `part` is the part of the entry it stands in: fields or changes; or case, for a
-- value that the snapshot alone holds.
CREATE TABLE svcflow_private (
    tenant text COLLATE "C" NOT NULL,
    case_id text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    part text COLLATE "C" NOT NULL,
    field text COLLATE "C" NOT NULL,
    salt text NOT NULL,
    value json NOT NULL,
    PRIMARY KEY (tenant, case_id, seq, part, field)
);

-- Timers with a due time. `next_at` is `due`, or later after a failure.
CREATE TABLE svcflow_timer (
    tenant text COLLATE "C" NOT NULL,
    case_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    generation bigint NOT NULL,
    due timestamptz NOT NULL,
    next_at timestamptz NOT NULL,
    attempts bigint NOT NULL DEFAULT 0,
    error text,
    parked boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant, case_id, name)
);
CREATE INDEX svcflow_timer_next ON svcflow_timer (next_at, tenant, case_id, name) WHERE NOT parked;
CREATE INDEX svcflow_timer_parked ON svcflow_timer (tenant, case_id) WHERE parked;

-- Hook calls not yet delivered. Those of one case go in the order of `number`, one at a time. `next_at` is when to try,
-- for a claimed call when its lease runs out.
CREATE TABLE svcflow_outbox (
    tenant text COLLATE "C" NOT NULL,
    case_id text COLLATE "C" NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    key text COLLATE "C" NOT NULL,
    hook text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL DEFAULT 'waiting',
    attempts bigint NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL,
    claim text COLLATE "C",
    error text,
    body json NOT NULL,
    PRIMARY KEY (tenant, case_id, number)
);
CREATE INDEX svcflow_outbox_next ON svcflow_outbox (next_at, number) WHERE state <> 'dead';
CREATE INDEX svcflow_outbox_dead ON svcflow_outbox (tenant) WHERE state = 'dead';

CREATE TABLE svcflow_link (
    tenant text COLLATE "C" NOT NULL,
    origin text COLLATE "C" NOT NULL,
    target text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, origin, target, kind)
);
CREATE INDEX svcflow_link_target ON svcflow_link (tenant, target);

CREATE TABLE svcflow_position (
    source text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (source, name)
);
