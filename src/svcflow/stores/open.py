"""From a URL to a store: each database's driver is imported only when a URL asks for it."""

from __future__ import annotations

from svcflow.errors import StoreError
from svcflow.stores.base import Store

POSSIBLE = "':memory:', 'sqlite:///service.db' (a path from here) or 'sqlite:////var/lib/service.db' (from the root)"


def open_store(url: str) -> Store:
    """
    The store that a URL names, its tables brought up to date.

    Raises:
        StoreError: No such store is known, or the database cannot be used.
    """
    if url == ":memory:":
        from svcflow.stores.memory import MemoryStore  # noqa: PLC0415 - see the module's first line

        return MemoryStore()
    scheme = url.partition(":")[0]
    if scheme == "sqlite":
        from svcflow.stores.sqlite import SqliteStore  # noqa: PLC0415 - the same
        from svcflow.stores.sqlite_file import SqliteFile  # noqa: PLC0415 - the same

        return SqliteStore(SqliteFile.from_url(url))
    if scheme in {"postgresql", "postgres"}:
        raise StoreError(f"PostgreSQL is not supported by this version; possible are {POSSIBLE}")
    raise StoreError(f"no store is known for {scheme!r}; possible are {POSSIBLE}")
