"""A SQLite file whose statements fail on demand, before they are run or after: a dying disk, an unknown commit."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from svcflow.stores.sqlite import SqliteStore
from svcflow.stores.sqlite_file import SqliteFile

TABLES = """
SELECT name FROM sqlite_master
WHERE type = 'table' AND (name LIKE 'svcflow!_%' ESCAPE '!' OR name = 'hosts') ORDER BY name
"""


class Fault:
    """Strikes once, at the so-manieth statement from when it was armed."""

    def __init__(self) -> None:
        self.left, self.afterwards = 0, False

    def arm(self, statement: int, *, afterwards: bool) -> None:
        """Let that statement fail; with `afterwards` it is carried out all the same."""
        self.left, self.afterwards = statement, afterwards

    @property
    def struck(self) -> bool:
        """Whether it has struck, or was never armed."""
        return self.left == 0

    def strikes(self) -> bool:
        """Count one statement; whether it is the one."""
        if self.left == 0:
            return False
        self.left -= 1
        return self.left == 0


class FragileCursor(sqlite3.Cursor):
    def execute(self, statement: str, parameters: Any = (), /) -> FragileCursor:  # noqa: ANN401 - as the driver's own
        assert isinstance(self.connection, FragileConnection)
        fault = self.connection.fault
        strikes = fault.strikes()
        if not strikes or fault.afterwards:
            super().execute(statement, parameters)
        if strikes:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise error
        return self


class FragileConnection(sqlite3.Connection):
    fault = Fault()

    def cursor(self, factory: Any = FragileCursor) -> Any:  # noqa: ANN401 - as the driver's own
        return super().cursor(factory)


class FragileFile(SqliteFile):
    """The file, with a fault in each of its connections."""

    fault: Fault

    def connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=self.wait, isolation_level=None, check_same_thread=False, factory=FragileConnection
        )
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.fault = self.fault
        return connection


def fragile_store(path: Path, fault: Fault) -> SqliteStore:
    """A store on such a file, with the same salt for every value: two runs write the same bytes."""
    file = FragileFile(str(path), "NORMAL")
    object.__setattr__(file, "fault", fault)
    return SqliteStore(file, token=lambda: "5" * 32)


def rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of ours, and of the host's, read behind the store's back."""
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute(TABLES)]
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in names}
