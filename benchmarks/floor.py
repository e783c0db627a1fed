"""
The floor under a client in Python: the statements of the engine, as it sends them, and no engine.

Their parameters are ready, and nobody looks at the answers. What this takes longer than pgbench, everybody pays who
waits for PostgreSQL in Python; what the engine takes longer than this, is the engine's.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Self

from attrs import frozen

from benchmarks.desk import Ends
from benchmarks.pgbench import CASE, EACH_CLIENT, Noted, Noting
from svcflow.stores.postgres_prepared import OwnConnection, Statement, sent
from svcflow.stores.postgres_server import PostgresServer


@frozen
class Ready:
    """A statement with the parameters that it had for the case that was looked at, and where that one's id stands."""

    statement: Statement
    values: Sequence[bytes | None]
    places: Sequence[int]

    @classmethod
    def of(cls, name: str, noting: Noting) -> Self:
        """As it was noted."""
        text, parameters = noting
        statement = Statement.of(name, text)
        values = [sent(parameters[one]) for one in statement.parameters]
        return cls(statement, values, [place for place, value in enumerate(values) if value == CASE.encode()])

    def send(self, connection: OwnConnection, case_id: bytes) -> None:
        """Execute it for another case."""
        values = list(self.values)
        for place in self.places:
            values[place] = case_id
        connection.pgconn.send_query_prepared(self.statement.name, values)
        connection.answer()


class Floor:
    """So many threads, each with a connection of its own."""

    def __init__(self, url: str, noted: Noted, count: int) -> None:
        self._opening = [Ready.of(f"opening_{number}", one) for number, one in enumerate(noted.opening)]
        self._way = [Ready.of(f"way_{number}", one) for number, one in enumerate(noted.way)]
        server = PostgresServer.from_url(url)
        self._connections = [server.connect() for _ in range(count)]
        for connection in self._connections:
            for ready in (*self._opening, *self._way):
                connection.pgconn.send_prepare(ready.statement.name, ready.statement.numbered)
                connection.answer()

    def close(self) -> None:
        """End the sessions."""
        for connection in self._connections:
            connection.close()

    def race(self, first: int, cases: int) -> Ends:
        """Let each open so many cases, and when all have, take them on their way; when each case was done."""
        self._each(self._opening, first, cases)
        return self._each(self._way, first, cases)

    def _each(self, everything: Sequence[Ready], first: int, cases: int) -> Ends:
        count = len(self._connections)
        firsts = range(first + 1, first + 1 + count * EACH_CLIENT, EACH_CLIENT)
        with ThreadPoolExecutor(count) as threads:
            return list(threads.map(partial(_ends, everything, cases), self._connections, firsts))


def _ends(everything: Sequence[Ready], cases: int, connection: OwnConnection, first: int) -> list[float]:
    ends = []
    for number in range(first, first + cases):
        for ready in everything:
            ready.send(connection, str(number).encode())
        ends.append(time.perf_counter())
    return ends
