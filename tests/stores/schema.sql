CREATE INDEX svcflow_archived_opened ON svcflow_archived (tenant, opened_at, id)
CREATE INDEX svcflow_archived_owner ON svcflow_archived (tenant, owner, opened_at, id)
CREATE INDEX svcflow_archived_process ON svcflow_archived (tenant, process, opened_at, id)
CREATE INDEX svcflow_case_due ON svcflow_case (tenant, due, id)
CREATE INDEX svcflow_case_moved ON svcflow_case (tenant, moved_at, id)
CREATE INDEX svcflow_case_opened ON svcflow_case (tenant, opened_at, id)
CREATE INDEX svcflow_case_root ON svcflow_case (tenant, root)
CREATE INDEX svcflow_link_target ON svcflow_link (tenant, target)
CREATE INDEX svcflow_outbox_case ON svcflow_outbox (tenant, case_id)
CREATE INDEX svcflow_outbox_dead ON svcflow_outbox (tenant) WHERE state = 'dead'
CREATE INDEX svcflow_outbox_next ON svcflow_outbox (next_at, number) WHERE held = 0 AND state <> 'dead'
CREATE INDEX svcflow_timer_next ON svcflow_timer (next_at) WHERE parked = 0
CREATE INDEX svcflow_timer_parked ON svcflow_timer (tenant, case_id) WHERE parked = 1
CREATE TABLE svcflow_archived ( tenant TEXT NOT NULL, id TEXT NOT NULL, process TEXT NOT NULL, version INTEGER NOT NULL, status TEXT NOT NULL, owner TEXT NOT NULL, opened_at TEXT NOT NULL, ended_at TEXT NOT NULL, archived_at TEXT NOT NULL, seq INTEGER NOT NULL, bundle TEXT NOT NULL, digest TEXT NOT NULL, opening_key TEXT, opening_seq INTEGER, opening_content TEXT, PRIMARY KEY (tenant, id) ) WITHOUT ROWID
CREATE TABLE svcflow_case ( tenant TEXT NOT NULL, id TEXT NOT NULL, process TEXT NOT NULL, version INTEGER NOT NULL, status TEXT NOT NULL, state TEXT NOT NULL, seq INTEGER NOT NULL, opened_at TEXT NOT NULL, moved_at TEXT NOT NULL, due TEXT NOT NULL, root TEXT NOT NULL, opening_key TEXT, opening_seq INTEGER, opening_content TEXT, head TEXT NOT NULL, private TEXT, body TEXT NOT NULL, PRIMARY KEY (tenant, id) )
CREATE TABLE svcflow_days ( tenant TEXT NOT NULL, process TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL, edition INTEGER NOT NULL, tables TEXT NOT NULL, kept_at TEXT NOT NULL, kept_by TEXT NOT NULL, PRIMARY KEY (tenant, process, version, digest) )
CREATE TABLE svcflow_follower ( tenant TEXT NOT NULL, name TEXT NOT NULL, position TEXT NOT NULL, claim TEXT, until TEXT, PRIMARY KEY (tenant, name) ) WITHOUT ROWID
CREATE TABLE svcflow_journal ( tenant TEXT NOT NULL, case_id TEXT NOT NULL, seq INTEGER NOT NULL, key TEXT, content TEXT, hash TEXT NOT NULL, entry TEXT NOT NULL, number INTEGER, PRIMARY KEY (tenant, case_id, seq) ) WITHOUT ROWID
CREATE TABLE svcflow_link ( tenant TEXT NOT NULL, origin TEXT NOT NULL, target TEXT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (tenant, origin, target, kind) ) WITHOUT ROWID
CREATE TABLE svcflow_meta ( name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL ) WITHOUT ROWID
CREATE TABLE svcflow_outbox ( number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, case_id TEXT NOT NULL, key TEXT NOT NULL, hook TEXT NOT NULL, held INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'waiting', attempts INTEGER NOT NULL DEFAULT 0, next_at TEXT NOT NULL, claim TEXT, error TEXT, body TEXT NOT NULL )
CREATE TABLE svcflow_position ( source TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (source, name) ) WITHOUT ROWID
CREATE TABLE svcflow_private ( tenant TEXT NOT NULL, case_id TEXT NOT NULL, seq INTEGER NOT NULL, part TEXT NOT NULL, field TEXT NOT NULL, salt TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (tenant, case_id, seq, part, field) ) WITHOUT ROWID
CREATE TABLE svcflow_process ( tenant TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL, file TEXT NOT NULL, sources TEXT NOT NULL, holidays TEXT NOT NULL, published_at TEXT NOT NULL, published_by TEXT NOT NULL, effective_from TEXT, owner TEXT NOT NULL DEFAULT '', reviewed_by TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '', retired_at TEXT, retired_by TEXT, retired_for TEXT, PRIMARY KEY (tenant, name, version) )
CREATE TABLE svcflow_timer ( tenant TEXT NOT NULL, case_id TEXT NOT NULL, name TEXT NOT NULL, generation INTEGER NOT NULL, due TEXT NOT NULL, next_at TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, error TEXT, parked INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (tenant, case_id, name) ) WITHOUT ROWID
CREATE TRIGGER svcflow_journal_number AFTER INSERT ON svcflow_journal WHEN NEW.number IS NULL BEGIN UPDATE svcflow_journal SET number = 1 + MAX( coalesce((SELECT MAX(number) FROM svcflow_journal WHERE tenant = NEW.tenant), 0), coalesce((SELECT MAX(CAST(position AS INTEGER)) FROM svcflow_follower WHERE tenant = NEW.tenant), 0) ) WHERE tenant = NEW.tenant AND case_id = NEW.case_id AND seq = NEW.seq; END
CREATE UNIQUE INDEX svcflow_archived_opening ON svcflow_archived (tenant, opening_key) WHERE opening_key IS NOT NULL
CREATE UNIQUE INDEX svcflow_case_opening ON svcflow_case (tenant, opening_key) WHERE opening_key IS NOT NULL
CREATE UNIQUE INDEX svcflow_journal_key ON svcflow_journal (tenant, case_id, key) WHERE key IS NOT NULL
CREATE UNIQUE INDEX svcflow_journal_order ON svcflow_journal (tenant, number)
