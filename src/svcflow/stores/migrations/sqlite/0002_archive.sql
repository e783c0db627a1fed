-- What is remembered of cases that were taken out: where they are now, by what they are looked for, and that their ids and
-- opening keys are not free. `owner` is empty when nobody was; `bundle` is the name of a file, `digest` the case's in it.
CREATE TABLE svcflow_archived (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    process TEXT NOT NULL,
    version INTEGER NOT NULL,
    status TEXT NOT NULL,
    owner TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    archived_at TEXT NOT NULL,
    seq INTEGER NOT NULL,
    bundle TEXT NOT NULL,
    digest TEXT NOT NULL,
    opening_key TEXT,
    opening_seq INTEGER,
    opening_content TEXT,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX svcflow_archived_opening ON svcflow_archived (tenant, opening_key) WHERE opening_key IS NOT NULL;
CREATE INDEX svcflow_archived_opened ON svcflow_archived (tenant, opened_at, id);
CREATE INDEX svcflow_archived_process ON svcflow_archived (tenant, process, opened_at, id);
CREATE INDEX svcflow_archived_owner ON svcflow_archived (tenant, owner, opened_at, id);
