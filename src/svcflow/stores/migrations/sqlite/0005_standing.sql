-- What holds for a version: from when it is in force (at once when that is NULL), who answers for it, who has looked it over
-- and what they say of it; and when, by whom and why it was retired. No new case begins on it then.
ALTER TABLE svcflow_process ADD COLUMN effective_from TEXT;
ALTER TABLE svcflow_process ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE svcflow_process ADD COLUMN reviewed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE svcflow_process ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE svcflow_process ADD COLUMN retired_at TEXT;
ALTER TABLE svcflow_process ADD COLUMN retired_by TEXT;
ALTER TABLE svcflow_process ADD COLUMN retired_for TEXT;
