-- What holds for a version: from when it is in force (at once when that is NULL), who answers for it, who has looked it over
-- and what they say of it; and when, by whom and why it was retired. No new case begins on it then.
ALTER TABLE svcflow_process
    ADD COLUMN effective_from timestamptz,
    ADD COLUMN owner text NOT NULL DEFAULT '',
    ADD COLUMN reviewed_by text NOT NULL DEFAULT '',
    ADD COLUMN note text NOT NULL DEFAULT '',
    ADD COLUMN retired_at timestamptz,
    ADD COLUMN retired_by text,
    ADD COLUMN retired_for text;
