"""A store in a file of its own, and a look at the file behind the store's back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from svcflow.stores.sqlite import SqliteStore
from svcflow.stores.sqlite_file import SqliteFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cases.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(SqliteFile(str(path), "NORMAL", wait=0.05))) as made:
        yield made


@pytest.fixture
def host(store: SqliteStore, path: Path) -> Iterator[sqlite3.Connection]:
    """A host's own connection to the store's file, with a table of the host's."""
    with closing(sqlite3.connect(path, timeout=0.05)) as connection:
        connection.execute("CREATE TABLE orders (id TEXT)")
        connection.commit()
        yield connection
