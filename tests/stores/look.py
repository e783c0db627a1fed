"""What stands in a store's file, whoever wrote it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'svcflow!_%' ESCAPE '!' ORDER BY name"


def rows(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of ours, by column."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        names = [name for (name,) in connection.execute(TABLES)]
        return {name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")] for name in names}


def run(path: Path, *statements: str) -> None:
    """Do something to the file behind the store's back."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
