-- Who follows the journal, and how far: what stands at or before `position` has been handed out. `claim` is whose turn it
-- is or was, `until` when the turn runs out; no turn is taken while it is NULL.
CREATE TABLE svcflow_follower (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    position TEXT NOT NULL,
    claim TEXT,
    until TEXT,
    PRIMARY KEY (tenant, name)
) WITHOUT ROWID;

-- `number` is the order in which the journal was written. What was there before is put in the order of its times.
ALTER TABLE svcflow_journal ADD COLUMN number INTEGER;
CREATE TABLE svcflow_order (number INTEGER PRIMARY KEY, tenant TEXT, case_id TEXT, seq INTEGER);
INSERT INTO svcflow_order (tenant, case_id, seq)
SELECT tenant, case_id, seq FROM svcflow_journal
ORDER BY CASE WHEN json_valid(entry) THEN json_extract(entry, '$.at') END, tenant, case_id, seq;
CREATE UNIQUE INDEX svcflow_order_entry ON svcflow_order (tenant, case_id, seq);
UPDATE svcflow_journal SET number = (
    SELECT number FROM svcflow_order AS known
    WHERE known.tenant = svcflow_journal.tenant AND known.case_id = svcflow_journal.case_id
        AND known.seq = svcflow_journal.seq
);
DROP TABLE svcflow_order;
CREATE UNIQUE INDEX svcflow_journal_order ON svcflow_journal (tenant, number);

-- We give the number ourselves; the trigger is there for a program of an earlier version that has the file open. Followers
-- are asked too: where the newest entries were taken out, a new one must still come after all that was handed out.
CREATE TRIGGER svcflow_journal_number AFTER INSERT ON svcflow_journal WHEN NEW.number IS NULL BEGIN
    UPDATE svcflow_journal SET number = 1 + MAX(
        coalesce((SELECT MAX(number) FROM svcflow_journal WHERE tenant = NEW.tenant), 0),
        coalesce((SELECT MAX(CAST(position AS INTEGER)) FROM svcflow_follower WHERE tenant = NEW.tenant), 0)
    )
    WHERE tenant = NEW.tenant AND case_id = NEW.case_id AND seq = NEW.seq;
END;
