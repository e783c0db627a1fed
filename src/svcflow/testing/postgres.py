"""Runs on PostgreSQL: each in a schema of its own, on a server that is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from os import getpid
from urllib.parse import quote

import psycopg
from psycopg import sql

from svcflow.errors import StoreError
from svcflow.stores.open import open_store
from svcflow.testing.stage import Database, Opener


def in_postgres(url: str) -> Database:
    """
    New schemas in a PostgreSQL database, one for each run, gone after it; its user must be allowed to make them.

    Raises (when a run begins):
        StoreError: The server cannot be reached, or refuses.
    """
    numbers = count(1)

    @contextmanager
    def database() -> Iterator[Opener]:
        name = f"svcflow_run_{getpid()}_{next(numbers)}"
        _do(url, sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        try:
            within = f"{url}{'&' if '?' in url else '?'}options={quote(f'-csearch_path={name}')}"
            yield lambda: open_store(within)
        finally:
            _do(url, sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))

    return database


def _do(url: str, statement: sql.Composed) -> None:
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement)
    except psycopg.Error as problem:
        raise StoreError(f"the server of the runs: {problem.__class__.__name__}") from problem
