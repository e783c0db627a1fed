"""
Connections of one process to a PostgreSQL server: no threads, and no waiting for a server that is gone.

A connection is looked at before it is used: one that the server has ended meanwhile is replaced, so that a restart of
the server costs nobody an error who was not just talking to it. The one used last is used next: its plans are warm.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol, TypeAlias

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from svcflow.errors import StoreError
from svcflow.stores.postgres_prepared import OwnConnection
from svcflow.stores.postgres_server import PostgresServer

Connection: TypeAlias = psycopg.Connection[TupleRow]

LONGEST_IDLE = 300.0
"""Seconds; what lies idle for longer, a firewall may have forgotten."""


class Pool(Protocol):
    """What is needed of a pool: a `psycopg_pool.ConnectionPool` of the host's has it too."""

    def getconn(self) -> Connection:
        """A connection that nobody else is using."""
        ...

    def putconn(self, conn: Connection) -> None:
        """Give it back."""
        ...


class OwnPool:
    """A pool for all threads of a process, of at most `server.most` connections."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._free = threading.Semaphore(server.most)
        self._idle: list[tuple[OwnConnection, float]] = []
        self._closed = False

    def close(self) -> None:
        """Close what is idle; what is in use is closed when it is given back."""
        self._closed = True
        while True:
            try:
                self._idle.pop()[0].close()
            except IndexError:
                return

    def getconn(self) -> Connection:
        """
        A connection that nobody else is using.

        Raises:
            StoreError: All were in use for too long, or the server cannot be reached.
        """
        if not self._free.acquire(timeout=self._server.wait):
            server = self._server
            raise StoreError(f"all {server.most} connections to {server.name} were in use for {server.wait:g} seconds")
        try:
            return self._idle_one() or self._server.connect()
        except BaseException:
            self._free.release()
            raise

    def putconn(self, conn: Connection) -> None:
        """Give it back."""
        if not isinstance(conn, OwnConnection) or conn.pgconn.transaction_status != TransactionStatus.IDLE:
            conn.close()
        else:
            self._idle.append((conn, time.monotonic()))
            if self._closed:
                self.close()
        self._free.release()

    def _idle_one(self) -> OwnConnection | None:
        while True:
            try:
                connection, since = self._idle.pop()
            except IndexError:
                return None
            if time.monotonic() - since < LONGEST_IDLE and connection.is_alive():
                return connection
            connection.close()
