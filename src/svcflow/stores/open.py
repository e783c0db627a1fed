"""From a URL to a store: each database's driver is imported only when a URL asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from svcflow.errors import InputError, StoreError
from svcflow.stores.base import Store

if TYPE_CHECKING:
    from svcflow.stores.postgres_server import PostgresServer
    from svcflow.stores.sqlite_file import SqliteFile

POSSIBLE = (
    "':memory:', 'sqlite:///service.db' (a path from here), 'sqlite:////var/lib/service.db' (from the root) "
    "or 'postgresql://USER:PASSWORD@HOST/DATABASE'"
)


def opened(store: Store | str) -> Store:
    """
    The store that a host chose, by its URL or as an object.

    Raises:
        StoreError: No such store is known, or the database cannot be used.
        InputError: It is neither, such as a path: without this it would be found out with the first process.
    """
    if isinstance(store, str):
        return open_store(store)
    if not callable(getattr(store, "apply", None)):
        raise InputError(f"`store` must be a Store or a URL, such as {POSSIBLE}; this is {type(store).__name__}")
    return store


def open_store(url: str) -> Store:
    """
    The store that a URL names, its tables brought up to date.

    Raises:
        StoreError: No such store is known, or the database cannot be used.
    """
    if url == ":memory:":
        from svcflow.stores.memory import MemoryStore  # noqa: PLC0415 - see the module's first line

        return MemoryStore()
    if url.startswith("sqlite:"):
        from svcflow.stores.sqlite import SqliteStore  # noqa: PLC0415 - the same

        return SqliteStore(_file(url))
    server = _server(url)
    from svcflow.stores.postgres import PostgresStore  # noqa: PLC0415 - the same

    return PostgresStore(server)


def look_at(url: str) -> tuple[str, bool]:
    """
    What the database is called that a URL names, and whether there is a store in it; nothing is made or written.

    Raises:
        StoreError: No such database is known, or it cannot be read.
    """
    database = _file(url) if url.startswith("sqlite:") else _server(url)
    return database.name, database.in_use()


def _file(url: str) -> SqliteFile:
    from svcflow.stores.sqlite_file import SqliteFile  # noqa: PLC0415 - see the module's first line

    return SqliteFile.from_url(url)


def _server(url: str) -> PostgresServer:
    scheme = url.partition(":")[0]
    if scheme not in {"postgresql", "postgres"}:
        raise StoreError(f"no store is known for {scheme!r}; possible are {POSSIBLE}")
    try:
        from svcflow.stores.postgres_server import PostgresServer  # noqa: PLC0415 - see the module's first line
    except ImportError as error:
        raise StoreError("PostgreSQL needs psycopg: pip install 'svcflow[postgres]'") from error
    return PostgresServer.from_url(url)
