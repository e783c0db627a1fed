"""Followed on PostgreSQL nothing is missed, however late a transaction commits, and each case keeps its order."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pages import blocks
from postgres import Schemas
from svcflow.errors import StoreError
from svcflow.stores import postgres_feed
from svcflow.stores.base import Change
from svcflow.stores.followed import BEGINNING
from svcflow.stores.open import open_store
from svcflow.stores.postgres import PostgresStore
from svcflow.stores.postgres_server import SETTINGS
from svcflow.testing.store_samples import NOON, event, opening, write

PATIENCE = 30.0
"""Seconds: other tests on the server hold entries back as long as a transaction is open."""


@pytest.fixture
def url(postgres: Schemas) -> str:
    return postgres.make()


@pytest.fixture
def store(url: str) -> Iterator[PostgresStore]:
    with closing(open_store(url)) as made:
        assert isinstance(made, PostgresStore)
        yield made


OTHER_SERVER = """
UPDATE svcflow_follower SET position = json_build_array(
    ((position::json ->> 0)::bigint + 9000000000000000000)::text, position::json ->> 1, (position::json ->> 2)::bigint
)::text WHERE position <> '["0", "", 0]'
"""


class Reader:
    """A follower with the simplest of memories."""

    def __init__(self, store: PostgresStore, name: str = "reader") -> None:
        self.store, self.name = store, name
        store.follow_from("", name, BEGINNING)
        self.position = store.followed("", name) or ""
        self.found: list[tuple[str, int]] = []

    def read(self, limit: int = 100) -> None:
        stretch = self.store.stretch("", self.position, limit)
        self.found += [(one.case, one.entry.seq) for one in stretch.entries]
        self.position = stretch.reached

    def read_until(self, wanted: int) -> None:
        until = time.monotonic() + PATIENCE
        while len(self.found) < wanted and time.monotonic() < until:
            self.read()


def test_an_entry_that_commits_late_holds_back_what_was_written_after_it(store: PostgresStore, url: str) -> None:
    reader = Reader(store)
    with closing(psycopg.connect(url)) as slow:
        store.apply([Change(opening("slow"))], connection=slow)
        write(store, opening("quick"))
        reader.read()
        assert reader.found == []
        slow.commit()
    reader.read_until(2)
    assert reader.found == [("slow", 1), ("quick", 1)]


def test_what_is_rolled_back_is_never_followed(store: PostgresStore, url: str) -> None:
    reader = Reader(store)
    with closing(psycopg.connect(url)) as sorry:
        store.apply([Change(opening("sorry"))], connection=sorry)
        write(store, opening("quick"))
        sorry.rollback()
    reader.read_until(1)
    assert reader.found == [("quick", 1)]


@pytest.mark.parametrize("together", [1, 3])
def test_a_case_keeps_its_order_when_an_older_transaction_writes_to_it_later(
    store: PostgresStore, url: str, together: int
) -> None:
    reader = Reader(store)
    with closing(psycopg.connect(url)) as old, closing(psycopg.connect(url)) as between:
        old.execute("SELECT pg_current_xact_id()")
        between.execute("SELECT pg_current_xact_id()")
        cases = [opening(f"c{number}") for number in range(together)]
        store.apply([Change(one) for one in cases])
        later = [event(one.case) for one in cases]
        store.apply([Change(one) for one in later], connection=old)
        old.commit()
        # The older number alone lies before all that is open: it must not come without the entry before it.
        reader.read()
        between.rollback()
    reader.read_until(2 * together)
    for number in range(together):
        assert [seq for case, seq in reader.found if case == f"c{number}"] == [1, 2]


Step = tuple[int, str, int]
STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["write", "write", "commit", "rollback", "read"]), st.integers(0, 2)),
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_order_transactions_end_in_nothing_committed_is_missed_or_out_of_order(
    postgres: Schemas, steps: list[Step]
) -> None:
    url = postgres.make()
    with ExitStack() as stack:
        store = stack.enter_context(closing(open_store(url)))
        assert isinstance(store, PostgresStore)
        hosts = [stack.enter_context(closing(psycopg.connect(url))) for _ in range(4)]
        reader = Reader(store)
        committed: list[tuple[str, int]] = []
        pending: list[list[tuple[str, int]]] = [[] for _ in hosts]
        held: dict[str, int] = {}
        for number, what, case in steps:
            host, name = hosts[number], f"c{case}"
            if what == "read":
                reader.read(2)
            elif what == "write":
                if held.setdefault(name, number) != number:
                    continue  # Another transaction has this case in hand; it would wait.
                standing = store.load("", name, connection=host)
                decision = opening(name) if standing is None else event(standing)
                store.apply([Change(decision)], connection=host)
                pending[number].append((name, decision.case.seq))
            else:
                host.commit() if what == "commit" else host.rollback()
                committed += pending[number] if what == "commit" else []
                pending[number] = []
                held = {one: by for one, by in held.items() if by != number}
        for number, host in enumerate(hosts):
            host.commit()
            committed += pending[number]
        reader.read_until(len(committed))
        reader.read()
        assert sorted(reader.found) == sorted(committed)
        for name in {name for name, _ in committed}:
            own = [seq for case, seq in reader.found if case == name]
            assert own == sorted(own)


def test_a_turn_within_a_hosts_transaction_lasts_until_it_is_over(store: PostgresStore, url: str) -> None:
    store.follow_from("", "crm", BEGINNING)
    with closing(psycopg.connect(url)) as host:
        assert store.take_turn("", "crm", NOON, timedelta(minutes=1), connection=host)
        assert store.take_turn("", "crm", NOON + timedelta(hours=1), timedelta(minutes=1)) is None
        host.rollback()
    assert store.take_turn("", "crm", NOON, timedelta(minutes=1))


def test_numbers_of_another_server_are_noticed(store: PostgresStore, url: str) -> None:
    write(store, opening("c1"))
    Reader(store).read_until(1)
    with closing(psycopg.connect(url, autocommit=True)) as behind:
        behind.execute("UPDATE svcflow_journal SET tx = '9000000000000000000'")
        with pytest.raises(StoreError, match="restored from another server"):
            store.followed("", "reader")
        behind.execute("UPDATE svcflow_journal SET tx = '3'")
        assert store.followed("", "reader")
        behind.execute("""UPDATE svcflow_follower SET position = '["9000000000000000000", "c1", 1]'""")
        with pytest.raises(StoreError, match="restored from another server"):
            store.followed("", "reader")


def test_after_a_restore_into_another_server_every_follower_goes_on_where_it_was(
    store: PostgresStore, url: str
) -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "follow.md"
    (repair,) = (block.text for block in blocks(page, "sql"))
    early, later, new = (Reader(store, name) for name in ("early", "later", "new"))
    cases = [write(store, opening(f"c{number}")) for number in range(3)]
    cases = [write(store, event(case)) for case in reversed(cases)]
    Reader(store, "everything").read_until(6)
    early.read(2)
    later.read(5)
    with closing(psycopg.connect(url, autocommit=True)) as behind:
        for reader in (early, later):
            behind.execute("UPDATE svcflow_follower SET position = %s WHERE name = %s", (reader.position, reader.name))
        behind.execute("UPDATE svcflow_journal SET tx = (tx::text::bigint + 9000000000000000000)::text::xid8")
        behind.execute(OTHER_SERVER)
        with pytest.raises(StoreError, match="restored from another server"):
            store.followed("", "early")
        behind.execute(repair.encode())
    write(store, event(cases[0]))
    everything = {(f"c{number}", seq) for number in range(3) for seq in (1, 2)} | {(cases[0].id, 3)}
    for reader, read in ((early, 2), (later, 5), (new, 0)):
        seen = set(reader.found)
        reader.found, reader.position = [], store.followed("", reader.name) or ""
        reader.read_until(7 - read)
        assert len(reader.found) == 7 - read
        assert seen | set(reader.found) == everything
        assert [seq for case, seq in reader.found if case == cases[0].id] == [1, 2, 3][
            -len([seq for case, seq in reader.found if case == cases[0].id]) :
        ]


@pytest.mark.parametrize("rows", [0, 3, 300])
def test_a_poll_goes_by_the_order_of_the_journal_however_few_entries_there_were(
    store: PostgresStore, url: str, rows: int
) -> None:
    for number in range(rows):
        write(store, event(write(store, opening(f"c{number}"))))
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        if rows:
            connection.execute("ANALYZE")
        connection.execute(SETTINGS, ("1000",))
        connection.execute("SET plan_cache_mode = force_generic_plan")
        for name in ("STRETCH", "FOLLOWED"):
            plan = _plan(connection, name)
            assert re.search(r"Scan using svcflow_journal_order.*\n.*Index Cond: .*tenant = .* AND \(+tx", plan), plan
            assert not re.search("Seq Scan|Bitmap", plan), plan
        assert re.search(
            r"using svcflow_case_pkey .*\n.*Index Cond: .*tenant = .* AND \(id = ", _plan(connection, "STRETCH")
        )


def _plan(connection: psycopg.Connection, name: str) -> str:
    statement = getattr(postgres_feed, name)
    parameters = list(dict.fromkeys(re.findall(r"%\(\w+\)s", statement)))
    for number, parameter in enumerate(parameters, start=1):
        statement = statement.replace(parameter, f"${number}")
    connection.execute(f"DEALLOCATE PREPARE ALL; PREPARE {name} AS {statement}".encode())
    lines = connection.execute(f"EXPLAIN EXECUTE {name} ({', '.join(['NULL'] * len(parameters))})".encode())
    return "\n".join(str(line) for (line,) in lines)
