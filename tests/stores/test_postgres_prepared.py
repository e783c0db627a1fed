"""The statements of every event go to the server past the driver's cursor, and mean the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from postgres import Schemas
from svcflow.stores.postgres_prepared import Statement, Value
from svcflow.stores.postgres_server import PostgresServer

ECHO = Statement.of("echo", "SELECT %(word)s::text, %(number)s::bigint::text, (%(names)s::text[])[2], %(word)s || '!'")
WORDS = ["plain", "", "NULL", "{a,b}", '"', "\\", '\\"', "o'clock", "%(word)s", "$1", "保修\n", "\t "]


@pytest.fixture
def connection(postgres_server: str) -> Iterator[psycopg.Connection]:
    with closing(PostgresServer.from_url(postgres_server).connect()) as connection:
        yield connection


def asked(word: str | None, number: int | None = 7) -> dict[str, Value]:
    return {"word": word, "number": number, "names": ["first", word or "second", "third"]}


def prepared(connection: psycopg.Connection) -> int:
    found = connection.execute("SELECT count(*) FROM pg_prepared_statements WHERE name = 'svcflow_echo'").fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.parametrize("word", WORDS)
def test_texts_arrive_and_come_back_as_they_are(connection: psycopg.Connection, word: str) -> None:
    assert ECHO.rows(connection.cursor(), asked(word)) == [(word, "7", word or "second", f"{word}!")]
    assert prepared(connection) == 1


def test_nothing_is_nothing(connection: psycopg.Connection) -> None:
    assert ECHO.rows(connection.cursor(), asked(None, None)) == [(None, None, "second", None)]


def test_a_text_that_would_be_cut_short_is_not_sent(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.DataError, match="NUL"):
        ECHO.rows(connection.cursor(), asked("before\0after"))


def test_what_the_server_has_forgotten_is_prepared_again(connection: psycopg.Connection) -> None:
    for _ in range(2):
        assert ECHO.rows(connection.cursor(), asked("here"))
        connection.execute("DEALLOCATE ALL", prepare=False)
        assert prepared(connection) == 0


def test_what_is_done_meanwhile_is_done_once_and_while_the_server_is_at_it(connection: psycopg.Connection) -> None:
    told: list[TransactionStatus] = []

    def look() -> None:
        told.append(TransactionStatus(connection.pgconn.transaction_status))

    assert ECHO.rows(connection.cursor(), asked("here"), look)
    assert told == []  # It had to be prepared first.
    assert ECHO.rows(connection.cursor(), asked("here"), look)
    connection.execute("DEALLOCATE ALL", prepare=False)
    assert ECHO.rows(connection.cursor(), asked("here"), look) == [("here", "7", "here", "here!")]
    assert told == [TransactionStatus.ACTIVE] * 2


def test_an_error_of_the_server_is_the_drivers_and_leaves_the_session_usable(connection: psycopg.Connection) -> None:
    divide = Statement.of("divide", "SELECT (1 / %(by)s::int)::text")
    with pytest.raises(psycopg.errors.DivisionByZero):
        divide.rows(connection.cursor(), {"by": 0})
    assert divide.rows(connection.cursor(), {"by": 1}) == [("1",)]


def test_within_a_transaction_and_behind_a_pooler_the_cursor_sends_it(postgres: Schemas) -> None:
    url = postgres.make()
    for where in (url, f"{url}&pgbouncer=true"):
        with closing(PostgresServer.from_url(where).connect()) as connection, connection.transaction():
            assert ECHO.rows(connection.cursor(), asked("here")) == [("here", "7", "here", "here!")]
            assert prepared(connection) == 0
    with closing(PostgresServer.from_url(f"{url}&pgbouncer=true").connect()) as connection:
        assert ECHO.rows(connection.cursor(), asked("here")) == [("here", "7", "here", "here!")]
        assert prepared(connection) == 0
