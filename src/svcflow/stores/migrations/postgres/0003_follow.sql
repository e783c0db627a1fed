-- Who follows the journal, and how far: what stands at or before `position` has been handed out. `claim` is whose turn it
-- is or was, `until` when the turn runs out; no turn is taken while it is NULL.
CREATE TABLE svcflow_follower (
    tenant text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    position text NOT NULL,
    claim text COLLATE "C",
    until timestamptz,
    PRIMARY KEY (tenant, name)
);

-- The order in which the journal is followed. The condition, which always holds, keeps the index out of the plans of
-- statements that look for one case: it is the youngest that begins with the tenant.
CREATE INDEX svcflow_journal_order ON svcflow_journal (tenant, tx, case_id, seq) WHERE tx >= '0';
