"""Published versions, and days that are kept for them, as rows and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from svcflow.core.json_text import writer
from svcflow.core.plain import instant, text
from svcflow.stores.base import KeptDays, ProcessRecord, Retirement, Standing

_dump = writer()


def process_row(kept: ProcessRecord) -> tuple[str | int | None, ...]:
    """A published version as a row."""
    standing, end = kept.standing, kept.standing.retired
    return (
        text(kept.tenant),
        kept.name,
        kept.version,
        kept.digest,
        kept.file,
        _dump(dict(kept.sources)),
        _dump(dict(kept.holidays)),
        instant(kept.published_at),
        text(kept.published_by),
        None if standing.effective_from is None else instant(standing.effective_from),
        text(standing.owner),
        text(standing.reviewed_by),
        text(standing.note),
        *((None, None, None) if end is None else (instant(end.at), text(end.by), text(end.reason))),
    )


def read_process(row: Sequence[Any]) -> ProcessRecord:
    """A published version from its row."""
    tenant, name, version, digest, file, sources, holidays, at, by, begins, owner, reviewed_by, note, ended, *end = row
    return ProcessRecord(
        tenant,
        name,
        version,
        digest,
        file,
        MappingProxyType(json.loads(sources)),
        MappingProxyType(json.loads(holidays)),
        datetime.fromisoformat(at),
        by,
        Standing(
            None if begins is None else datetime.fromisoformat(begins),
            owner,
            reviewed_by,
            note,
            None if ended is None else Retirement(datetime.fromisoformat(ended), *end),
        ),
    )


def retirement_row(tenant: str, name: str, version: int, end: Retirement) -> Mapping[str, str | int]:
    """That a version is retired, as a row."""
    return {
        "tenant": text(tenant), "name": text(name), "version": version,
        "retired_at": instant(end.at), "retired_by": text(end.by), "retired_for": text(end.reason),
    }  # fmt: skip


def days_row(kept: KeptDays) -> Mapping[str, str | int | bool]:
    """The days of a version as a row."""
    return {
        "tenant": text(kept.tenant), "process": kept.process, "version": kept.version, "digest": kept.digest,
        "newest": kept.newest, "tables": _dump(dict(kept.tables)), "kept_at": instant(kept.kept_at),
        "kept_by": text(kept.kept_by),
    }  # fmt: skip
