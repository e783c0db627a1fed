"""connection= given something that is awaited: one clear error; what the documentation says to do instead, works."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path

import django
import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import SynchronousOnlyOperation
from django.db.utils import ConnectionHandler
from django.utils.connection import ConnectionProxy
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine

from engine.desk import LI, ORDER
from postgres import Schemas
from svcflow.clocks import ManualClock
from svcflow.engine import Engine
from svcflow.errors import StoreError


class Connection:
    """What asyncpg and aiosqlite hand out: a class with `async` methods, or, from asyncpg's pool, one around it."""

    async def execute(self, statement: str) -> None:
        raise AssertionError(statement)


class Proxy:
    @wraps(Connection.execute)
    def execute(self, statement: str) -> object:
        raise AssertionError(statement)


def _of_sqlalchemy() -> AsyncConnection:
    return AsyncConnection(create_async_engine("postgresql+psycopg://nowhere.invalid/db"))


MADE: tuple[Callable[[], object], ...] = (AsyncSession, _of_sqlalchemy, Connection, Proxy)


@pytest.fixture
def engine(url: str, clock: ManualClock, files: Path) -> Iterator[Engine]:
    with Engine(url, clock=clock) as made:
        made.publish(files / "desk.yaml")
        yield made


@pytest.mark.parametrize("url", ["sqlite", "postgres"], indirect=True)
@pytest.mark.parametrize("make", MADE, ids=["AsyncSession", "AsyncConnection", "Connection", "Proxy"])
def test_it_is_one_clear_error_and_nothing_happens(engine: Engine, make: Callable[[], object]) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    given = make()
    told = f"cannot join what is awaited, such as this {type(given).__name__} of"
    with pytest.raises(StoreError, match=told):
        engine.send(case.id, "drop", actor=LI, connection=given)
    with pytest.raises(StoreError, match=told):
        engine.case(case.id, connection=given)
    assert engine.case(case.id) == case


def test_so_is_a_connection_of_psycopg_that_is_awaited(postgres: Schemas, clock: ManualClock, files: Path) -> None:
    url = postgres.make()

    async def use(engine: Engine) -> None:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            engine.open("desk", ORDER, actor=LI, connection=connection)

    with Engine(url, clock=clock) as engine:
        engine.publish(files / "desk.yaml")
        with pytest.raises(StoreError, match="this AsyncConnection of psycopg"):
            asyncio.run(use(engine))
        assert engine.cases() == ()


@pytest.fixture
def of_django(engine: Engine, tmp_path: Path) -> ConnectionProxy:
    """`django.db.connection`, for the store's own file: another connection in each thread."""
    if not settings.configured:
        settings.configure(USE_TZ=True, LOGGING_CONFIG=None)
        django.setup()
    handler = ConnectionHandler(
        {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "cases.db")}}
    )
    return ConnectionProxy(handler, "default")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_django_says_itself_that_a_view_which_is_awaited_has_no_transaction(
    engine: Engine, of_django: ConnectionProxy
) -> None:
    async def view() -> None:
        engine.open("desk", ORDER, actor=LI, connection=of_django)

    with pytest.raises(SynchronousOnlyOperation):
        asyncio.run(view())
    assert engine.cases() == ()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_whole_transaction_of_django_is_made_in_a_thread(engine: Engine, of_django: ConnectionProxy) -> None:
    def book(*, fails: bool) -> None:
        of_django.set_autocommit(False)
        engine.open("desk", ORDER, actor=LI, connection=of_django)
        of_django.rollback() if fails else of_django.commit()
        of_django.close()

    async def view() -> None:
        await sync_to_async(book)(fails=True)
        assert engine.cases() == ()
        await sync_to_async(book)(fails=False)

    asyncio.run(view())
    assert len(engine.cases()) == 1
