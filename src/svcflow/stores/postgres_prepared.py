"""
The statements of every event, sent without the driver's cursor: it takes longer over one than the server.

On a connection of ours they go to libpq as they are, all parameters as texts, and what comes back are texts: so there
is nothing to convert, to look up or to describe. Whoever waits is waited for by the driver, interrupts included.
"""

from __future__ import annotations

import re
import select
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypeAlias

import psycopg
from attrs import frozen
from psycopg import generators
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow, tuple_row

Value: TypeAlias = str | int | Sequence[str] | None
Texts: TypeAlias = tuple[str | None, ...]

_QUOTED = re.compile(r'(["\\])')
_PARAMETER = re.compile(r"%\((\w+)\)s")
_GOOD = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})


class OwnConnection(psycopg.Connection[TupleRow]):
    """
    A connection that nobody else uses; it knows what has been prepared on it, and keeps what every job needs.

    `direct` says that statements may be prepared on it; behind a pooler they may not.
    """

    def __init__(self, *given: Any, **more: Any) -> None:  # noqa: ANN401 - as the driver's own
        super().__init__(*given, **more)
        self.direct = True
        self.prepared: set[bytes] = set()
        self.usual = psycopg.Cursor(self, row_factory=tuple_row)
        self._waiting = select.poll()
        self._waiting.register(self.fileno(), select.POLLIN)

    def is_alive(self) -> bool:
        """Whether the server has not ended this session; costs no round trip."""
        try:
            while self._waiting.poll(0):
                # Nobody has asked anything: this is the server's farewell, or a word that libpq knows what to do with.
                self.pgconn.consume_input()
        except psycopg.OperationalError:
            return False
        return True

    def answer(self) -> PGresult:
        """
        Wait for what the server says to what has been sent.

        Raises:
            psycopg.Error: It says that something is wrong, or says nothing any more.
        """
        result: PGresult = self.wait(generators.execute(self.pgconn))[-1]
        if result.status not in _GOOD:
            raise error_from_result(result, "utf-8")
        return result


@frozen
class Statement:
    """A statement with named parameters, by the name under which sessions prepare it."""

    name: bytes
    text: str
    numbered: bytes
    parameters: tuple[str, ...]

    @classmethod
    def of(cls, name: str, text: str) -> Self:
        """One whose text is as the driver takes it, with parameters such as `%(id)s`."""
        parameters = tuple(dict.fromkeys(_PARAMETER.findall(text)))
        places = {parameter: f"${place}" for place, parameter in enumerate(parameters, start=1)}
        numbered = _PARAMETER.sub(lambda found: places[found[1]], text)
        return cls(f"svcflow_{name}".encode(), text, numbered.encode(), parameters)

    def rows(
        self, cursor: psycopg.Cursor[TupleRow], asked: Mapping[str, Value], meanwhile: Callable[[], None] | None = None
    ) -> list[Any]:
        """
        Execute it; by the driver's cursor within a transaction, and on a host's connection. All columns must be texts.

        `meanwhile` is called while the server is at it, where nothing has to be done first.

        Raises:
            psycopg.Error: As the driver raises them.
        """
        connection = cursor.connection
        if (
            not isinstance(connection, OwnConnection)
            or not connection.direct
            or connection.pgconn.transaction_status != TransactionStatus.IDLE
        ):
            return cursor.execute(self.text, asked).fetchall()
        values = [sent(asked[parameter]) for parameter in self.parameters]
        if self.name in connection.prepared:
            try:
                return self._rows(connection, values, meanwhile)
            except psycopg.errors.InvalidSqlStatementName:
                pass  # After a rollback the driver lets the server forget all that was prepared.
        connection.pgconn.send_prepare(self.name, self.numbered)
        connection.answer()
        connection.prepared.add(self.name)
        return self._rows(connection, values)

    def _rows(
        self, connection: OwnConnection, values: list[bytes | None], meanwhile: Callable[[], None] | None = None
    ) -> list[Texts]:
        connection.pgconn.send_query_prepared(self.name, values)
        if meanwhile is not None:
            meanwhile()
        result = connection.answer()
        columns = range(result.nfields)
        return [tuple([_text(result.get_value(row, column)) for column in columns]) for row in range(result.ntuples)]


def sent(value: Value) -> bytes | None:
    """
    A parameter as it is sent.

    Raises:
        psycopg.DataError: It holds a NUL.
    """
    if value is None:
        return None
    if isinstance(value, list):
        value = "{" + ",".join('"' + _QUOTED.sub(r"\\\1", one) + '"' for one in value) + "}"
    sent = str(value).encode()
    if b"\0" in sent:
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return sent


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
