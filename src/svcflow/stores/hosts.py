"""
The driver's own connection inside what a host hands over as `connection=`.

SQLAlchemy's `Connection` and `Session` and Django's `connection` are known by what they can do; neither is imported.
"""

from __future__ import annotations

DEEPEST = 5


def driver_connection(given: object) -> object:
    """
    The connection of `sqlite3` or `psycopg` that another library wraps; anything else is returned as it is.

    A transaction is begun on SQLAlchemy's connection where none is: it would not commit what it does not know of.
    """
    for _ in range(DEEPEST):
        begun = getattr(given, "in_transaction", None)
        if callable(begun) and callable(getattr(given, "begin", None)) and not begun():
            given.begin()  # type: ignore[attr-defined] # looked for in the line above
        inner = getattr(given, "driver_connection", None)
        if inner is None:
            inner = getattr(given, "connection", None)
        if inner is None:
            return given
        given = inner() if callable(inner) else inner
    return given
