"""
The driver's own connection inside what a host hands over as `connection=`.

SQLAlchemy's `Connection` and `Session` and Django's `connection` are known by what they can do; neither is imported.
"""

from __future__ import annotations

from inspect import iscoroutinefunction, ismethod, unwrap

from svcflow.errors import StoreError

DEEPEST = 5


def driver_connection(given: object) -> object:
    """
    The connection of `sqlite3` or `psycopg` that another library wraps; anything else is returned as it is.

    Django's is connected if it is not yet. A transaction is begun on SQLAlchemy's where none is: it would not commit
    what it does not know of.

    Raises:
        StoreError: It is one whose methods are awaited, such as SQLAlchemy's `AsyncSession`.
    """
    for _ in range(DEEPEST):
        _check_is_not_awaited(given)
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


def _check_is_not_awaited(given: object) -> None:
    for name in ("commit", "execute"):
        method = getattr(given, name, None)
        if callable(method) and iscoroutinefunction(unwrap(method)):
            kind = f"{type(given).__name__} of {type(given).__module__}"
            raise StoreError(
                f"connection= cannot join what is awaited, such as this {kind}: pass a plain connection to the same"
                " database (of sqlite3 or psycopg, SQLAlchemy's Session or Connection) and run both in a thread"
            )
