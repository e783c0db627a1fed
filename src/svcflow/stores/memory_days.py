"""The days that the store in memory keeps for versions that were published before."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from svcflow.stores.base import KeptDays


class MemoryDays(ABC):
    """The part of a `MemoryStore` that knows them; `_days` has the newest ones last."""

    _days: dict[tuple[str, str, int, str], KeptDays]

    @abstractmethod
    def _open(self, connection: object | None = None) -> AbstractContextManager[bool]:
        """The store's lock, if it is open."""

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

    def _newest_days(self, tenant: str, name: str, version: int) -> str:
        with self._open():
            kept = [one for one in self._days.values() if one.newest and (one.process, one.version) == (name, version)]
        found = [one.digest for owner in ("", tenant) for one in kept if one.tenant == owner]
        return found[-1] if found else ""
