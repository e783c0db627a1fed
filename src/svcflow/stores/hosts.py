"""
The driver's own connection inside what a host hands over as `connection=`.

SQLAlchemy's `Connection` and `Session` and Django's `connection` are known by what they can do; neither is imported.
"""

from __future__ import annotations

from inspect import ismethod

DEEPEST = 5


def driver_connection(given: object) -> object:
    """
    The connection of `sqlite3` or `psycopg` that another library wraps; anything else is returned as it is.

    Django's is connected if it is not yet. A transaction is begun on SQLAlchemy's where none is: it would not commit
    what it does not know of.
    """
    for _ in range(DEEPEST):
        connect = getattr(given, "ensure_connection", None)
        if ismethod(connect):
            connect()
        begun, begin = getattr(given, "in_transaction", None), getattr(given, "begin", None)
        if ismethod(begun) and ismethod(begin) and not begun():
            begin()
        inner = getattr(given, "driver_connection", None) or getattr(given, "connection", None)
        if inner is None:
            return given
        given = inner() if ismethod(inner) else inner
    return given
