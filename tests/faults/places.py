"""Databases in which something fails on demand, and what stands in them, read behind the store's back."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg

from faults.fragile import Fault as Blow
from faults.fragile import fragile_store, rows
from faults.wire import Wire
from svcflow.stores.base import Query, Store
from svcflow.stores.postgres import PostgresStore
from svcflow.stores.postgres_server import PostgresServer
from svcflow.testing.faults import Fault, watched

HOSTS = "CREATE TABLE hosts (call text)"
KEPT = frozenset({"svcflow_meta", "svcflow_process"})
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
SALT = "5" * 32
"""The same for every private value and every claim: two runs write the same bytes."""


class Place(ABC):
    """Where a story is played again and again, each time with another fault."""

    @abstractmethod
    def open(self) -> Store:
        """A store in which a fault strikes when it is armed."""

    @abstractmethod
    def arm(self, number: int) -> None:
        """Let what comes as the so-manieth from now fail, once; with 0 nothing."""

    @property
    @abstractmethod
    def struck(self) -> bool:
        """Whether it has, since it was armed."""

    @abstractmethod
    def content(self) -> object:
        """Everything that is there."""

    @abstractmethod
    def empty(self) -> None:
        """Take all cases away."""


class SqlitePlace(Place):
    """A file whose statements fail: before they are run, or after."""

    def __init__(self, path: Path, *, afterwards: bool) -> None:
        self._path, self._blow, self._afterwards = path, Blow(), afterwards
        with closing(self.open()), closing(sqlite3.connect(path)) as connection:
            connection.execute(HOSTS)

    def open(self) -> Store:
        return fragile_store(self._path, self._blow)

    def arm(self, number: int) -> None:
        self._blow.arm(number, afterwards=self._afterwards)

    @property
    def struck(self) -> bool:
        return self._blow.struck

    def content(self) -> object:
        return rows(self._path)

    def empty(self) -> None:
        with closing(sqlite3.connect(self._path)) as connection, connection:
            for name in rows(self._path).keys() - KEPT:
                connection.execute(f"DELETE FROM {name}")


class PostgresPlace(Place):
    """A server to which the line breaks: before it hears a question, or before its answer is heard."""

    def __init__(self, url: str, folder: Path, *, afterwards: bool) -> None:
        self._wire, self._afterwards = Wire(url, folder), afterwards
        self.open().close()
        self._connection = psycopg.connect(PostgresServer.from_url(url).conninfo, autocommit=True)
        self._connection.execute(HOSTS)
        self._tables = sorted({str(name) for (name,) in self._connection.execute(TABLES)} - KEPT)

    def close(self) -> None:
        self._connection.close()
        self._wire.close()

    def open(self) -> Store:
        return PostgresStore(PostgresServer.from_url(self._wire.url), token=lambda: SALT)

    def arm(self, number: int) -> None:
        self._wire.fault.arm(number, afterwards=self._afterwards)

    @property
    def struck(self) -> bool:
        return self._wire.fault.struck

    def content(self) -> object:
        # Which transaction wrote an entry differs from run to run, and so do numbers that were given to no row.
        return {
            name: sorted(
                self._connection.execute(f"SELECT (to_jsonb(t) - 'tx' - 'number')::text FROM {name} AS t".encode())
            )
            for name in self._tables
        }

    def empty(self) -> None:
        self._connection.execute(f"TRUNCATE {', '.join(self._tables)}".encode())


class WatchedPlace(Place):
    """Any store, of which calls fail: before they begin, within their transaction, or when they are over."""

    def __init__(self, make: Callable[[], Store]) -> None:
        self._make, self._store, self._fault = make, make(), Fault(0)

    def open(self) -> Store:
        return watched(self._store, self._tell, within=True)

    def _tell(self, moment: str) -> None:
        self._fault(moment)

    def arm(self, number: int) -> None:
        self._fault = Fault(number)

    @property
    def struck(self) -> bool:
        return self._fault.struck is not None

    def content(self) -> object:
        store = self._store
        cases = tuple(store.cases(Query()))
        journals = [store.journal("", case.id, private=True) for case in cases]
        keys = [(one.entry.case, one.entry.key) for journal in journals for one in journal if one.entry.key is not None]
        known = [store.known("", case, key) for case, key in keys]
        links = [store.links("", case.id) for case in cases]
        return cases, journals, known, links, store.deliveries(""), store.incidents(""), store.next_due()

    def empty(self) -> None:
        self._store = self._make()
