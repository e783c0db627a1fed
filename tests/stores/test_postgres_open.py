"""A URL of PostgreSQL opens a store; a database that cannot be used is one clear error, without a password in it."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from postgres import Schemas
from svcflow.errors import StoreError
from svcflow.stores.open import look_at, open_store
from svcflow.stores.postgres_server import LOCK, PostgresServer
from svcflow.stores.schema import migrations
from svcflow.testing.store_samples import event, opening, write

SECRET = "se5ret"  # noqa: S105 - nobody's


def run(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Do something to the database behind the store's back; the rows of the last statement."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        return [] if cursor.description is None else cursor.fetchall()


def test_options_of_ours_are_taken_out_of_the_url() -> None:
    server = PostgresServer.from_url("postgresql://me@db.example/desk?sslmode=require&pool=3&wait=0.5&pgbouncer=true")
    assert server == PostgresServer(
        "postgresql://me@db.example/desk?sslmode=require",
        "PostgreSQL database 'desk' on db.example",
        0.5,
        3,
        pooled=True,
    )
    assert PostgresServer.from_url("postgres:///desk?wait=2").conninfo == "postgres:///desk"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://me:se5ret@host:54x32/db", "database 'db' on host cannot be reached"),
        ("postgresql://me:se5ret%zz@host/db", "cannot be read; write postgresql://"),
        ("postgresql://me:se5ret@host/db?nonsense=1", "cannot be read; write postgresql://"),
        ("postgresql://me:se5ret@host/db?wait=long", "the option wait .* is a number of seconds, not 'long'"),
        ("postgresql://me:se5ret@host/db?pool=0", "the option pool .* is a number of connections, not '0'"),
        ("postgresql://me:se5ret@host/db?pgbouncer=1", "the option pgbouncer .* is true or false, not '1'"),
        ("postgresql://me:se5ret@127.0.0.1:1/db", "database 'db' on 127.0.0.1 cannot be reached"),
        ("postgresql://me:se5ret@nowhere.invalid/db", "database 'db' on nowhere.invalid cannot be reached"),
    ],
)
def test_a_url_that_leads_nowhere_is_one_clear_error_without_the_password(url: str, says: str) -> None:
    for use in (open_store, look_at):
        with pytest.raises(StoreError, match=says) as raised:
            use(url)
        assert SECRET not in "".join(traceback.format_exception(raised.value))
    assert SECRET not in repr(PostgresServer("postgresql://me:se5ret@host/db"))


def test_a_database_or_a_user_that_is_not_there_is_one_clear_error(postgres_server: str) -> None:
    server = postgres_server.replace("/postgres?", "/no_such_database?")
    with pytest.raises(StoreError, match=r"cannot be reached.*no_such_database.*does not exist"):
        open_store(server)


def test_a_database_is_looked_at_without_being_changed(postgres: Schemas) -> None:
    url = postgres.make()
    name, in_use = look_at(url)
    assert name.startswith("PostgreSQL database")
    assert not in_use
    assert run(url, "SELECT 1 FROM pg_class WHERE relnamespace = current_schema()::regnamespace") == []
    open_store(url).close()
    assert look_at(url) == (name, True)


@pytest.mark.parametrize("version", [str(len(migrations("postgres")) + 1), "99", "next", "-1"])
def test_a_database_of_a_later_version_is_not_opened(postgres: Schemas, version: str) -> None:
    url = postgres.make()
    open_store(url).close()
    run(url, f"UPDATE svcflow_meta SET value = '{version}'")
    with pytest.raises(StoreError, match=r"written by a later version of svcflow.*update svcflow"):
        open_store(url)


def test_a_foreign_table_with_one_of_our_names_is_left_alone(postgres: Schemas) -> None:
    url = postgres.make()
    run(url, "CREATE TABLE svcflow_journal (page text)", "INSERT INTO svcflow_journal VALUES ('mine')")
    with pytest.raises(StoreError, match='"svcflow_journal" already exists'):
        open_store(url)
    assert run(url, "SELECT * FROM svcflow_journal") == [("mine",)]
    assert run(url, "SELECT to_regclass('svcflow_case')") == [(None,)]


def test_a_user_who_may_not_make_tables_is_told_so_and_may_use_those_that_are_there(postgres: Schemas) -> None:
    url = postgres.make()
    (schema,) = re.findall(r"search_path%3D(\w+)", url)
    user = f"{schema}_clerk"
    clerk = f"{url}%20-crole%3D{user}"
    run(url, f"CREATE ROLE {user}", f"GRANT USAGE ON SCHEMA {schema} TO {user}")
    try:
        with pytest.raises(StoreError, match=r"does not allow this \(permission denied for schema"):
            open_store(clerk)
        open_store(url).close()
        run(url, f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {user}")
        with closing(open_store(clerk)) as store:
            write(store, event(write(store, opening("c1")), hooks=["notify"]))
    finally:
        run(url, f"DROP OWNED BY {user}", f"DROP ROLE {user}")


OPEN = """
import sys
from svcflow.stores.open import open_store
sys.stdin.readline()
open_store(sys.argv[1]).close()
"""


def test_processes_that_open_a_new_database_together_make_its_tables_once(postgres: Schemas) -> None:
    url = postgres.make()
    command = [sys.executable, "-c", OPEN, url]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate("go\n")[1] for process in running] == [""] * 4
    assert run(url, "SELECT value FROM svcflow_meta") == [(str(len(migrations("postgres"))),)]


WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def test_who_waits_while_another_makes_the_tables_finds_them_made(postgres: Schemas) -> None:
    url = postgres.make()
    with psycopg.connect(url) as first, ThreadPoolExecutor(1) as second:
        first.execute(LOCK)
        opening_too = second.submit(open_store, url)
        while run(url, WAITING) != [(1,)]:
            assert not opening_too.done()
        PostgresServer("").bring_up_to_date(first.cursor())
        first.commit()
        opening_too.result().close()


COLUMNS = """
SELECT format('%s.%s %s%s%s%s', class.relname, attname, format_type(atttypid, atttypmod),
    CASE WHEN collname = 'C' THEN ' by bytes' END, CASE WHEN attnotnull THEN ' not null' END,
    ' default ' || pg_get_expr(adbin, adrelid))
FROM pg_attribute
JOIN pg_class AS class ON class.oid = attrelid AND relkind = 'r'
LEFT JOIN pg_collation ON pg_collation.oid = attcollation
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace = current_schema()::regnamespace AND attnum > 0 AND NOT attisdropped
ORDER BY class.relname, attnum
"""
INDEXES = (
    "SELECT replace(indexdef, schemaname || '.', '') FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1"
)


def test_the_tables_are_the_sum_of_the_migrations(postgres: Schemas) -> None:
    opened, migrated = postgres.make(), postgres.make()
    open_store(opened).close()
    run(migrated, *migrations("postgres"))
    found = run(opened, COLUMNS) + run(opened, INDEXES)
    assert found == run(migrated, COLUMNS) + run(migrated, INDEXES)
    expected = (Path(__file__).parent / "schema_postgres.txt").read_text(encoding="utf-8")
    assert "".join(f"{line}\n" for (line,) in found) == expected


def test_a_session_that_cannot_be_set_up_is_closed(postgres: Schemas) -> None:
    server = PostgresServer(postgres.make(), wait=1e9)  # More milliseconds than the server can count.
    with pytest.raises(StoreError, match="cannot be reached"):
        server.connect()
    gc.collect()  # A connection left open complains when it is forgotten.
