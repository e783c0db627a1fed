-- Holidays that were announced, or put right, after a version was published; `tables` has them by code, and `digest` is its
-- SHA-256. The highest `edition` of a version is for new cases; 0 is for cases alone that were running when it came.
CREATE TABLE svcflow_days (
    tenant TEXT NOT NULL,
    process TEXT NOT NULL,
    version INTEGER NOT NULL,
    digest TEXT NOT NULL,
    edition INTEGER NOT NULL,
    tables TEXT NOT NULL,
    kept_at TEXT NOT NULL,
    kept_by TEXT NOT NULL,
    PRIMARY KEY (tenant, process, version, digest)
);
