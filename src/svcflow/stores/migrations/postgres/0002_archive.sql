-- What is remembered of cases that were taken out: where they are now, by what they are looked for, and that their ids and
-- opening keys are not free. `owner` is empty when nobody was; `bundle` is the name of a file, `digest` the case's in it.
CREATE TABLE svcflow_archived (
    tenant text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    process text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    status text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL,
    opened_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    archived_at timestamptz NOT NULL,
    seq bigint NOT NULL,
    bundle text NOT NULL,
    digest text NOT NULL,
    opening_key text COLLATE "C",
    opening_seq bigint,
    opening_content text
);
-- In this order for the reason given with svcflow_case: the youngest index is taken where the planner knows nothing.
CREATE INDEX svcflow_archived_opened ON svcflow_archived (tenant, opened_at, id);
CREATE INDEX svcflow_archived_process ON svcflow_archived (tenant, process, opened_at, id);
CREATE INDEX svcflow_archived_owner ON svcflow_archived (tenant, owner, opened_at, id);
ALTER TABLE svcflow_archived ADD PRIMARY KEY (tenant, id);
CREATE UNIQUE INDEX svcflow_archived_opening ON svcflow_archived (tenant, opening_key) WHERE opening_key IS NOT NULL;
