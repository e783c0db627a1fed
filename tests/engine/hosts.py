"""
Hosts with a transaction of their own: what they hand over as `connection=`, and how they begin, commit and roll back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import django
import psycopg
import sqlalchemy
from attrs import frozen
from django.conf import settings
from django.db.utils import ConnectionHandler
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

SQLITE = (
    "sqlite3",
    "sqlite3 in autocommit",
    "SQLAlchemy on sqlite3",
    "a session of SQLAlchemy on sqlite3",
    "Django on sqlite3",
)
POSTGRES = (
    "psycopg",
    "psycopg in autocommit",
    "SQLAlchemy on psycopg",
    "a session of SQLAlchemy on psycopg",
    "Django on psycopg",
)
KINDS = (*SQLITE, *POSTGRES)


@frozen
class Host:
    """`connection` is what it gives to svcflow, `run` how it runs a statement of its own."""

    connection: Any
    run: Callable[[str], object]
    begin: str | None = None

    def book(self) -> None:
        """Begin a transaction, and write a row of the host's own in it."""
        if self.begin is not None:
            self.run(self.begin)
        self.run("INSERT INTO stock VALUES ('panel')")

    def commit(self) -> None:
        self.connection.commit()

    def rollback(self) -> None:
        self.connection.rollback()


@contextmanager
def sqlite_host(kind: str, path: Path) -> Iterator[Host]:
    if kind == "Django on sqlite3":
        with django_host({"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)}) as host:
            yield host
    elif "SQLAlchemy" in kind:
        engine = sqlalchemy.create_engine(f"sqlite:///{path}", poolclass=NullPool)
        with Session(engine) if "session" in kind else engine.connect() as one:
            yield Host(one, lambda statement: one.execute(sqlalchemy.text(statement)))
    else:
        with closing(sqlite3.connect(path)) as connection:
            connection.row_factory = sqlite3.Row
            alone = kind == "sqlite3 in autocommit"
            if alone:
                connection.isolation_level = None
            yield Host(connection, connection.execute, "BEGIN IMMEDIATE" if alone else None)


@contextmanager
def postgres_host(kind: str, url: str) -> Iterator[Host]:
    engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    if kind == "Django on psycopg":
        known = conninfo_to_dict(url)
        place = {"NAME": known["dbname"], "USER": known.get("user"), "PASSWORD": known.get("password"),
                 "HOST": known.get("host"), "PORT": known.get("port", "")}  # fmt: skip
        asked = {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {"options": known["options"]}, **place}
        with django_host(asked) as host:
            yield host
    elif "SQLAlchemy" in kind:
        with Session(engine) if "session" in kind else engine.connect() as one:
            yield Host(one, lambda statement: one.execute(sqlalchemy.text(statement)))
    else:
        alone = kind == "psycopg in autocommit"
        with closing(psycopg.connect(url, autocommit=alone, row_factory=psycopg.rows.dict_row)) as connection:
            yield Host(connection, connection.execute, "BEGIN" if alone else None)


@contextmanager
def django_host(database: dict[str, Any]) -> Iterator[Host]:
    """Django without a site: what `django.db.connection` is, here for a database of the test's own."""
    if not settings.configured:
        settings.configure(USE_TZ=True, LOGGING_CONFIG=None)
        django.setup()
    connection = ConnectionHandler({"default": database})["default"]
    with connection.cursor() as cursor:
        connection.set_autocommit(False)
        yield Host(connection, cursor.execute)
    connection.rollback()
    connection.close()
