"""
A SQLite file and whether it can be used: opened, recognised, brought up to date, and its errors in plain words.

Nothing is written before the file is known to be a database of this version or an earlier one.
"""

from __future__ import annotations

import re
import sqlite3
import time
from pathlib import Path
from types import MappingProxyType
from urllib.parse import parse_qsl

from attrs import frozen

from svcflow.errors import StoreError
from svcflow.stores.schema import migrations, steps_seen

OLDEST = (3, 24)
"""The first SQLite with `ON CONFLICT DO UPDATE`."""

SCHEMA = "SELECT value FROM svcflow_meta WHERE name = 'schema'"
HAS_META = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'svcflow_meta'"
SET_SCHEMA = """
INSERT INTO svcflow_meta (name, value) VALUES ('schema', ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""

_SYNCHRONOUS = MappingProxyType({"FULL": "PRAGMA synchronous = FULL", "NORMAL": "PRAGMA synchronous = NORMAL"})
_SAYS = MappingProxyType(
    {
        sqlite3.SQLITE_NOTADB: "is not an SQLite database",
        sqlite3.SQLITE_CORRUPT: "is damaged",
        sqlite3.SQLITE_READONLY: "cannot be written to: it is read-only",
        sqlite3.SQLITE_PERM: "cannot be opened: permission denied",
        sqlite3.SQLITE_CANTOPEN: "cannot be opened: is the folder there, and may it be written to?",
        sqlite3.SQLITE_FULL: "cannot grow: the disk is full",
        sqlite3.SQLITE_IOERR: "cannot be read or written: the disk reports an error",
        sqlite3.SQLITE_BUSY: "is locked by another transaction; one of this program's own is joined with connection=",
        sqlite3.SQLITE_LOCKED: "is locked by another transaction; one of this program's own is joined with connection=",
    }
)


@frozen
class SqliteFile:
    """
    Which file, and how: `synchronous` is FULL (an acknowledged event survives power loss) or NORMAL.

    `wait` is how long to wait for other transactions, in seconds.
    """

    path: str
    synchronous: str = "FULL"
    wait: float = 10.0

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.path

    @classmethod
    def from_url(cls, url: str) -> SqliteFile:
        """
        Read `sqlite:///relative.db`, `sqlite:////absolute.db`, with `?synchronous=NORMAL` and `?wait=SECONDS`.

        Raises:
            StoreError: The URL says something else.
        """
        address, _, query = url.partition("?")
        path = address.removeprefix("sqlite:///")
        if path == address or not path or path.endswith("/"):
            raise StoreError(f"{url!r} names no file; write sqlite:///service.db, or sqlite:////var/lib/service.db")
        if path == ":memory:":
            raise StoreError("a database in memory has no URL of its own; write ':memory:'")
        options = dict(parse_qsl(query, keep_blank_values=True))
        synchronous = options.pop("synchronous", "FULL").upper()
        wait = options.pop("wait", "10")
        if options:
            raise StoreError(f"{url!r}: the option {min(options)!r} is unknown; there are synchronous and wait")
        if synchronous not in _SYNCHRONOUS:
            raise StoreError(f"{url!r}: synchronous is FULL or NORMAL, not {synchronous}")
        if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", wait):
            raise StoreError(f"{url!r}: wait is a number of seconds, not {wait}")
        return cls(path, synchronous, float(wait))

    def connect(self) -> sqlite3.Connection:
        """A connection that any thread may use, with transactions only where we begin them."""
        try:
            connection = sqlite3.connect(self.path, timeout=self.wait, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise self.explain(error) from error
        except ValueError as error:
            raise StoreError(f"{self.path!r} is not the name of a file") from error
        try:
            connection.execute(_SYNCHRONOUS[self.synchronous])
        except sqlite3.Error as error:
            connection.close()
            raise self.explain(error) from error
        return connection

    def explain(self, error: Exception) -> StoreError:
        """What an error of the driver means for the caller; nothing was changed."""
        code = getattr(error, "sqlite_errorcode", None)
        says = None if code is None else _SAYS.get(code & 0xFF)
        if "no such table: svcflow_" in str(error):
            says = "has the tables, but the connection that was given leads to a database without them"
        return StoreError(f"{self.path}: {error}" if says is None else f"{self.path} {says} ({error})")

    def prepare(self) -> None:
        """
        Make sure this is a database of ours, of this version, and in WAL mode.

        Raises:
            StoreError: It is not and cannot be made so; nothing was changed.
        """
        if sqlite3.sqlite_version_info < OLDEST:
            raise StoreError(f"SQLite {'.'.join(map(str, OLDEST))} or later is needed, not {sqlite3.sqlite_version}")
        if not Path(self.path).parent.is_dir():
            raise StoreError(f"{self.path} cannot be opened: there is no folder {str(Path(self.path).parent)!r}")
        connection = self.connect()
        try:
            self._bring_up_to_date(connection)
        except sqlite3.Error as error:
            raise self.explain(error) from error
        finally:
            connection.close()

    def in_use(self) -> bool:
        """
        Whether there is a store of ours in the file; nothing is made or written.

        Raises:
            StoreError: It is no database that can be read.
        """
        if not Path(self.path).exists():
            return False
        connection = self.connect()
        try:
            (known,) = connection.execute(HAS_META).fetchone()
        except sqlite3.Error as error:
            raise self.explain(error) from error
        finally:
            connection.close()
        return bool(known)

    def _bring_up_to_date(self, connection: sqlite3.Connection) -> None:
        steps = migrations("sqlite")
        version = self._version(connection, len(steps))
        self._write_ahead(connection)
        if version == len(steps):
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Asked again under the lock: another process may have been faster.
            for number in range(self._version(connection, len(steps)), len(steps)):
                for statement in statements(steps[number]):
                    connection.execute(statement)
                connection.execute(SET_SCHEMA, (str(number + 1),))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _write_ahead(self, connection: sqlite3.Connection) -> None:
        """Switch to WAL; SQLite itself does not wait when another process is doing the same."""
        until = time.monotonic() + self.wait
        while True:
            try:
                (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
                break
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.01)
        if mode != "wal":
            raise StoreError(f"{self.path} cannot be used: no write-ahead log there (the journal mode stays {mode!r})")

    def _version(self, connection: sqlite3.Connection, newest: int) -> int:
        """How many migrations the file has seen."""
        (known,) = connection.execute(HAS_META).fetchone()
        row = connection.execute(SCHEMA).fetchone() if known else None
        return steps_seen(self.path, None if row is None else str(row[0]), newest)


def statements(script: str) -> tuple[str, ...]:
    """The statements of a script one by one: `executescript` would commit before the first."""
    found, text = [], ""
    for line in script.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            found.append(text.strip())
            text = ""
    return tuple(found)
