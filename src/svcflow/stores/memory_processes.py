"""The published versions that the store in memory keeps, and the days that came for them later."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from attrs import evolve

from svcflow.stores.base import KeptDays, ProcessRecord, Retirement


class MemoryProcesses(ABC):
    """The part of a `MemoryStore` that knows them; `_days` has the newest ones last."""

    _processes: dict[tuple[str, str, int], ProcessRecord]
    _days: dict[tuple[str, str, int, str], KeptDays]

    @abstractmethod
    def _open(self, connection: object | None = None) -> AbstractContextManager[bool]:
        """The store's lock, if it is open."""

    def publish(self, records: Sequence[ProcessRecord], *, connection: object | None = None) -> None:
        """Keep new versions; one that is there already is left as it is."""
        with self._open(connection):
            for record in records:
                self._processes.setdefault((record.tenant, record.name, record.version), record)

    def process(
        self, tenant: str, name: str, version: int | None = None, *, connection: object | None = None
    ) -> ProcessRecord | None:
        """One version, the newest when `version` is None; the tenant's own, else the one published for all."""
        with self._open(connection):
            return _first(self._known(tenant, name, version), tenant)

    def edition(
        self,
        tenant: str,
        name: str,
        version: int | None = None,
        *,
        at: datetime | None = None,
        on: datetime | None = None,
        connection: object | None = None,
    ) -> tuple[str, int, str, str] | None:
        """Which version `process` would answer: whose it is, its number, its digest and that of its newest days."""
        with self._open(connection):
            found = [one for one in self._known(tenant, name, version) if on is None or one.standing.in_force(on)]
            by_then = [one for one in found if at is None or one.published_at <= at]
            record = _first(by_then or (found if on is None else []), tenant)
            if record is None:
                return None
            return record.tenant, record.version, record.digest, self._newest_days(tenant, name, record.version, at)

    def _known(self, tenant: str, name: str, version: int | None) -> list[ProcessRecord]:
        """Of each version the tenant's own content, in place of the common one."""
        found = {
            record.version: record
            for owner in ("", tenant)
            for record in self._processes.values()
            if record.tenant == owner and record.name == name and version in {None, record.version}
        }
        return list(found.values())

    def processes(self, tenant: str, *, connection: object | None = None) -> tuple[ProcessRecord, ...]:
        """Every version this tenant can use, by name and version."""
        with self._open(connection):
            usable = {
                (record.name, record.version): record
                for owner in ("", tenant)
                for record in self._processes.values()
                if record.tenant == owner
            }
            return tuple(usable[key] for key in sorted(usable))

    def retire(
        self, tenant: str, name: str, version: int, end: Retirement, *, connection: object | None = None
    ) -> bool:
        """Note that a version is retired; False if it is so already, or not there."""
        key = (tenant, name, version)
        with self._open(connection):
            record = self._processes.get(key)
            if record is None or record.standing.retired is not None:
                return False
            self._processes[key] = evolve(record, standing=evolve(record.standing, retired=end))
            return True

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
        kept = [one for one in self._days.values() if one.newest and (one.process, one.version) == (name, version)]
        kept = [one for one in kept if at is None or one.kept_at <= at]
        found = [one.digest for owner in ("", tenant) for one in kept if one.tenant == owner]
        return found[-1] if found else ""


def _first(found: Sequence[ProcessRecord], tenant: str) -> ProcessRecord | None:
    """The newest, the tenant's own before those for all."""
    return max(found, key=lambda record: (record.tenant == tenant, record.version), default=None)
