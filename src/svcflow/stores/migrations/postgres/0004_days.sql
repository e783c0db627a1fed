-- Holidays that were announced, or put right, after a version was published; `tables` has them by code, and `digest` is its
-- SHA-256. The highest `edition` of a version is for new cases; 0 is for cases alone that were running when it came.
CREATE TABLE svcflow_days (
    tenant text COLLATE "C" NOT NULL,
    process text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    digest text COLLATE "C" NOT NULL,
    edition bigint NOT NULL,
    tables json NOT NULL,
    kept_at timestamptz NOT NULL,
    kept_by text NOT NULL,
    PRIMARY KEY (tenant, process, version, digest)
);
