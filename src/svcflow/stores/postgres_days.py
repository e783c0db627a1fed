"""The statements of the PostgreSQL store about days that were kept for a version after it was published."""

from __future__ import annotations

KEEP_DAYS = """
INSERT INTO svcflow_days AS known (tenant, process, version, digest, edition, tables, kept_at, kept_by)
VALUES (%(tenant)s, %(process)s, %(version)s, %(digest)s, CASE WHEN %(newest)s::boolean THEN (
    SELECT COALESCE(MAX(edition), 0) + 1
    FROM svcflow_days
    WHERE tenant = %(tenant)s AND process = %(process)s AND version = %(version)s
) ELSE 0 END, %(tables)s::json, %(kept_at)s::timestamptz, %(kept_by)s)
ON CONFLICT (tenant, process, version, digest) DO UPDATE SET edition = GREATEST(known.edition, excluded.edition),
    kept_at = CASE WHEN excluded.edition > 0 THEN excluded.kept_at ELSE known.kept_at END
"""

DAYS = """
SELECT tables::text
FROM svcflow_days
WHERE tenant IN (%(tenant)s, '') AND process = %(process)s AND version = %(version)s AND digest = %(digest)s
LIMIT 1
"""
