"""Every store keeps the same promises, one test for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from postgres import Schemas
from svcflow.stores.base import Found, Meanwhile, Store
from svcflow.stores.memory import MemoryStore
from svcflow.stores.open import open_store
from svcflow.stores.postgres import PostgresStore
from svcflow.stores.postgres_server import PostgresServer
from svcflow.stores.sqlite import SqliteStore
from svcflow.stores.sqlite_file import SqliteFile
from svcflow.testing import stores

STORES = (
    "memory",
    "sqlite",
    "sqlite that remembers nothing",
    "postgres",
    "postgres that remembers nothing",
    "postgres in the host's pool",
)


@pytest.fixture(params=STORES)
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    numbers = count()
    match request.param:
        case "memory":
            yield MemoryStore
        case "sqlite":
            yield lambda: open_store(f"sqlite:///{tmp_path}/{next(numbers)}.db?synchronous=NORMAL")
        case "sqlite that remembers nothing":
            # What was just written is read from the file again, so that nothing is kept which the file does not have.
            yield lambda: SqliteStore(SqliteFile(f"{tmp_path}/{next(numbers)}.db", "NORMAL"), remembered=0)
        case _:
            yield from postgres_stores(request.param, request.getfixturevalue("postgres"))


def postgres_stores(kind: str, schemas: Schemas) -> Iterator[Callable[[], Store]]:
    if kind == "postgres":
        yield lambda: open_store(schemas.make())
    elif kind == "postgres that remembers nothing":
        yield lambda: PostgresStore(PostgresServer.from_url(schemas.make()), remembered=0)
    else:
        # A host's own habits: rows as dictionaries, a transaction around everything.
        habits = {"row_factory": dict_row}
        with ExitStack() as pools:
            yield lambda: PostgresStore(
                pools.enter_context(ConnectionPool(schemas.make(), kwargs=habits, min_size=1, max_size=9, open=True))
            )


@pytest.mark.requirement("R041")
@pytest.mark.parametrize("promise", stores.CHECKS)
def test_a_store_keeps_its_promise(make_store: Callable[[], Store], promise: str) -> None:
    stores.check(make_store, promise)


class Mixed(MemoryStore):
    """One that tells of a case of the same id, whoever's it is."""

    def family(
        self,
        tenant: str,
        case_id: str,
        key: str | None = None,
        *,
        connection: object | None = None,
        meanwhile: Meanwhile | None = None,
    ) -> Found:
        last = self.load("acme", case_id)
        if meanwhile is not None and last is not None:
            meanwhile(last)
        return super().family(tenant, case_id, key, connection=connection)


def test_a_store_that_tells_of_another_case_meanwhile_is_found_out() -> None:
    with pytest.raises(AssertionError, match="what is told"):
        stores.check(Mixed, "a_case_told_meanwhile_is_the_one_asked_for")


@pytest.mark.requirement("R041")
@pytest.mark.parametrize("make_store", ["memory"], indirect=True)
def test_the_whole_contract_is_one_call(make_store: Callable[[], Store]) -> None:
    stores.contract(make_store)
