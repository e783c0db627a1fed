"""Hooks inside a transaction of PostgreSQL: the server itself does not let them end it."""

from __future__ import annotations

from psycopg.pq import TransactionStatus

from svcflow.errors import StoreError
from svcflow.stores.base import Inside
from svcflow.stores.postgres_sessions import Cursor

# A row that refers to nothing, which the server finds out only when somebody commits.
ENTER = "INSERT INTO svcflow_inside DEFAULT VALUES RETURNING id"
LEAVE = "DELETE FROM svcflow_inside WHERE id = %s"


def call_inside(cursor: Cursor, inside: Inside) -> None:
    """
    Let the host use the connection within the transaction.

    Raises:
        StoreError: It has ended or hurt the transaction, or lost the connection; nothing was written.
    """
    connection = cursor.connection
    row = cursor.execute(ENTER).fetchone()
    try:
        inside(connection)
    except Exception as problem:
        if connection.broken:
            raise StoreError(f"the connection was lost within a hook inside: {problem}") from problem
        raise
    whole = connection.pgconn.transaction_status == TransactionStatus.INTRANS
    if not whole or cursor.execute(LEAVE, row).rowcount != 1:
        raise StoreError("a hook inside has ended or broken the transaction that it was called in")
