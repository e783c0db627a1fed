"""The days that the store in memory keeps for versions that were published before."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from svcflow.stores.base import KeptDays, ProcessRecord


class MemoryDays(ABC):
    """The part of a `MemoryStore` that knows them; `_days` has the newest ones last."""

    _days: dict[tuple[str, str, int, str], KeptDays]

    @abstractmethod
    def _open(self, connection: object | None = None) -> AbstractContextManager[bool]:
        """The store's lock, if it is open."""

    @abstractmethod
    def _process(
        self, tenant: str, name: str, version: int | None, at: datetime | None, connection: object | None
    ) -> ProcessRecord | None:
        """A version, the newest at an instant."""

    def edition(
        self,
        tenant: str,
        name: str,
        version: int | None = None,
        *,
        at: datetime | None = None,
        connection: object | None = None,
    ) -> tuple[str, int, str, str] | None:
        """Which version `process` would answer: whose it is, its number, its digest and that of its newest days."""
        record = self._process(tenant, name, version, at, connection)
        if record is None:
            return None
        return record.tenant, record.version, record.digest, self._newest_days(tenant, name, record.version, at)

    def keep_days(self, days: KeptDays, *, connection: object | None = None) -> None:
        """Keep days for a version, the same ones once."""
        key = (days.tenant, days.process, days.version, days.digest)
        with self._open(connection):
            if days.newest:
                self._days.pop(key, None)
            self._days.setdefault(key, days)

    def days(
        self, tenant: str, process: str, version: int, digest: str, *, connection: object | None = None
    ) -> Mapping[str, Any] | None:
        """The tables of these days."""
        with self._open(connection):
            found = [self._days.get((owner, process, version, digest)) for owner in (tenant, "")]
        return next((one.tables for one in found if one is not None), None)

    def _newest_days(self, tenant: str, name: str, version: int, at: datetime | None) -> str:
        with self._open():
            kept = [one for one in self._days.values() if one.newest and (one.process, one.version) == (name, version)]
        kept = [one for one in kept if at is None or one.kept_at <= at]
        found = [one.digest for owner in ("", tenant) for one in kept if one.tenant == owner]
        return found[-1] if found else ""
