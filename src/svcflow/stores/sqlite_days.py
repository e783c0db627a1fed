"""The statements of the SQLite store about days that were kept for a version after it was published."""

from __future__ import annotations

KEEP_DAYS = """
INSERT INTO svcflow_days (tenant, process, version, digest, edition, tables, kept_at, kept_by)
VALUES (:tenant, :process, :version, :digest, CASE WHEN :newest THEN (
    SELECT COALESCE(MAX(edition), 0) + 1
    FROM svcflow_days
    WHERE tenant = :tenant AND process = :process AND version = :version
) ELSE 0 END, :tables, :kept_at, :kept_by)
ON CONFLICT (tenant, process, version, digest) DO UPDATE SET edition = MAX(edition, excluded.edition),
    kept_at = CASE WHEN excluded.edition > 0 THEN excluded.kept_at ELSE kept_at END
"""

DAYS = """
SELECT tables
FROM svcflow_days
WHERE tenant IN (:tenant, '') AND process = :process AND version = :version AND digest = :digest
LIMIT 1
"""
