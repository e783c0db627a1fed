"""What a store remembers of archived cases, as rows and back, and how they are asked for, in every database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import asdict

from svcflow.core.plain import instant, text
from svcflow.stores.archived import Archived, ArchiveQuery


def archived_row(case: Archived) -> dict[str, str | int]:
    """The columns by their names."""
    return asdict(
        case,
        value_serializer=lambda _, __, value: (
            instant(value) if isinstance(value, datetime) else text(value) if isinstance(value, str) else value
        ),
    )


def read_archived(row: Sequence[Any]) -> Archived:
    """The case from a row with the columns in their order."""
    return Archived(*row[:6], *map(datetime.fromisoformat, row[6:9]), *row[9:])


def archive_question(query: ArchiveQuery, most: int) -> dict[str, str | int | None]:
    """The parameters of a statement that answers one page."""
    return {
        "tenant": query.tenant,
        "process": query.process,
        "owner": query.owner,
        "since": None if query.since is None else instant(query.since),
        "before": None if query.before is None else instant(query.before),
        "after": query.after,
        "limit": most if query.limit is None else min(query.limit, most),
    }
