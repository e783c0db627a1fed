"""
A PostgreSQL database and whether it can be used: named, reached, brought up to date, and its errors in plain words.

No message holds a password, nor the detail of a server's error: that may quote a row.
"""

from __future__ import annotations

import re
from types import MappingProxyType

import psycopg
from attrs import field, frozen
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow

from svcflow.errors import ConflictError, InputError, StoreError
from svcflow.stores.postgres_prepared import OwnConnection
from svcflow.stores.schema import migrations, steps_seen

OLDEST = 14
"""The first release with everything that the statements use."""

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('svcflow migrations', 0))"
# Not by to_regclass: a session that has waited for the lock may still remember that there was no such table.
HAS_META = "SELECT EXISTS (SELECT FROM pg_class WHERE relname = 'svcflow_meta' AND pg_table_is_visible(oid))"
SCHEMA = "SELECT value FROM svcflow_meta WHERE name = 'schema'"
SET_SCHEMA = """
INSERT INTO svcflow_meta (name, value) VALUES ('schema', %s)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""

# Every statement goes by an index: a plan made while a table was small must not read all of it when it is large. Who
# waits for a row longer than anybody would is told so. And nobody's default makes our transactions fail each other.
SETTINGS = """
SELECT set_config('enable_seqscan', 'off', false),
    set_config('lock_timeout', %s, false),
    set_config('default_transaction_isolation', 'read committed', false)
"""

_LOST = "broke the connection; what was being written may be there or not: send it again under its key"
_LOCKED = "is locked by another transaction; one of this program's own is joined with connection="
_SAYS = MappingProxyType(
    {
        "08": _LOST,
        "25006": "cannot be written to: it is read-only",
        "28": "does not let this user in",
        "3D": "is not there: no such database",
        "42501": "does not allow this",
        "53": "is out of resources",
        "55P03": _LOCKED,
        "57014": "gave up: the statement took too long",
        "57": _LOST,
    }
)
_UNSURE = frozenset({"08", "57", "58", "XX"})
"""The classes of errors after which what was to be committed may be there: the session or the server came to an end."""

_RETRY = "40"
"""The class of errors after which a transaction may simply be tried again: deadlocks and serialization failures."""


@frozen
class PostgresServer:
    """
    Which database, and how: `wait` is how long to wait for a connection or for other transactions, in seconds.

    `most` is how many connections a process may have; `pooled` says that they lead to a pooler such as PgBouncer, which
    gives each transaction to another session: then nothing is prepared, and no setting is made.
    """

    conninfo: str = field(repr=False)
    name: str = "the database"
    wait: float = 10.0
    most: int = 10
    pooled: bool = False

    @classmethod
    def from_url(cls, url: str) -> PostgresServer:
        """
        Read `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?option=value`, as libpq does.

        Beside libpq's own there are the options `wait=SECONDS`, `pool=CONNECTIONS` and `pgbouncer=true`.

        Raises:
            StoreError: The URL says something else. The message does not repeat it.
        """
        address, _, query = url.partition("?")
        own: dict[str, str] = {}
        others = []
        for option in filter(None, query.split("&")):
            name, _, value = option.partition("=")
            if name in {"wait", "pool", "pgbouncer"}:
                own[name] = value
            else:
                others.append(option)
        conninfo = f"{address}?{'&'.join(others)}" if others else address
        try:
            known = conninfo_to_dict(conninfo)
        except psycopg.Error:
            hint = "write postgresql://USER:PASSWORD@HOST:5432/DATABASE, signs such as @ : / ? % in it as %40 and so on"
            raise StoreError(f"this URL of a PostgreSQL database cannot be read; {hint}") from None
        where = known.get("host") or "localhost"
        return cls(
            conninfo,
            f"PostgreSQL database {str(known.get('dbname', ''))!r} on {where}",
            float(_option(own, "wait", r"\d{1,4}(\.\d{1,3})?", "10", "a number of seconds")),
            int(_option(own, "pool", r"[1-9]\d{0,3}", "10", "a number of connections")),
            _option(own, "pgbouncer", r"true|false", "false", "true or false") == "true",
        )

    def connect(self) -> OwnConnection:
        """
        A connection that commits each statement by itself.

        Raises:
            StoreError: There is no way to the database.
        """
        try:
            connection = OwnConnection.connect(self.conninfo, autocommit=True, client_encoding="UTF8")
            try:
                self._set_up(connection)
            except BaseException:
                connection.close()
                raise
        except psycopg.Error as error:
            raise StoreError(f"{self.name} cannot be reached ({_line(error)})") from error
        return connection

    def _set_up(self, connection: OwnConnection) -> None:
        connection.direct = not self.pooled
        connection.prepare_threshold = None if self.pooled else 0
        if not self.pooled:
            connection.execute(SETTINGS, (str(round(self.wait * 1000)),))

    def explain(self, error: Exception) -> Exception:
        """What an error of the driver means for the caller; others are what they are."""
        if isinstance(error, UnicodeEncodeError):
            return InputError("a text with half of a surrogate pair cannot be kept or looked for")
        if not isinstance(error, psycopg.Error):
            return error
        code = error.sqlstate or ""
        text = _line(error)
        if code[:2] == _RETRY:
            return ConflictError(f"another transaction was in the way; begin again ({text})")
        if code[:2] == "22" or (isinstance(error, psycopg.DataError) and not code):
            return InputError(f"a value that no database can keep cannot be looked for ({text})")
        if code == "42P01":
            return StoreError(f"{self.name} has no tables of svcflow where this connection leads ({text})")
        lost = not code and isinstance(error, psycopg.OperationalError)
        says = _LOST if lost else _SAYS.get(code) or _SAYS.get(code[:2])
        return StoreError(f"{self.name}: {text}" if says is None else f"{self.name} {says} ({text})")

    def prepare(self) -> None:
        """
        Make sure this is a database that can hold cases, with tables of this version.

        Raises:
            StoreError: It is not and cannot be made so; nothing was changed.
        """
        with self.connect() as connection:
            try:
                self.bring_up_to_date(connection.cursor())
            except psycopg.Error as error:
                raise self.explain(error) from cause(error)

    def in_use(self) -> bool:
        """
        Whether there is a store of ours in the database; nothing is made or written.

        Raises:
            StoreError: It cannot be reached.
        """
        with self.connect() as connection:
            return _one(connection.cursor(), HAS_META) == "True"

    def bring_up_to_date(self, cursor: psycopg.Cursor[TupleRow]) -> None:
        """
        The same on a connection that is there already.

        Raises:
            StoreError: It is not a database that can hold cases, or a later version's.
            psycopg.Error: Something else is wrong.
        """
        self._check(cursor.connection.info)
        steps = migrations("postgres")
        if self._seen(cursor, len(steps)) == len(steps):
            return
        with cursor.connection.transaction():
            cursor.execute(LOCK)
            # Asked again under the lock: another process may have been faster.
            for number in range(self._seen(cursor, len(steps)), len(steps)):
                cursor.execute(steps[number], prepare=False)
                cursor.execute(SET_SCHEMA, (str(number + 1),))

    def _check(self, info: psycopg.ConnectionInfo) -> None:
        if info.server_version < OLDEST * 10_000:
            raise StoreError(f"PostgreSQL {OLDEST} or later is needed, not {info.server_version // 10_000}")
        encoding = info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise StoreError(f"{self.name} cannot keep every text: its encoding is {encoding}, not UTF8")

    def _seen(self, cursor: psycopg.Cursor[TupleRow], newest: int) -> int:
        known = _one(cursor, HAS_META) == "True"
        return steps_seen(self.name, _one(cursor, SCHEMA) if known else None, newest)


def cause(error: Exception) -> Exception | None:
    """The driver's error, to stand beside ours; not when it quotes what was to be written."""
    quotes = isinstance(error, psycopg.Error) and (error.diag.message_detail or error.diag.context)
    return None if quotes else error


def undone(error: psycopg.Error) -> bool:
    """Whether the server has said that it did not do what was asked; otherwise it may be done."""
    return error.sqlstate is not None and error.sqlstate[:2] not in _UNSURE


def _line(error: psycopg.Error) -> str:
    """What the driver or the server says, on one line; without the detail."""
    return " ".join((error.diag.message_primary or str(error)).split())


def _option(given: dict[str, str], name: str, pattern: str, default: str, says: str) -> str:
    value = given.get(name, default)
    if not re.fullmatch(pattern, value):
        raise StoreError(f"the option {name} in the URL of a PostgreSQL database is {says}, not {value!r}")
    return value


def _one(cursor: psycopg.Cursor[TupleRow], question: str) -> str | None:
    row = cursor.execute(question).fetchone()
    return None if row is None else str(row[0])
