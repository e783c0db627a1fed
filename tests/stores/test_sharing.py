"""Many at once: threads that commit together, processes on one file, a process that forks."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from stores import look
from stores.forking import check_forks
from svcflow.core import chain
from svcflow.errors import ConflictError, StoreError
from svcflow.stores.base import Change, Query
from svcflow.stores.sqlite import SqliteStore
from svcflow.stores.sqlite_commit import Connections
from svcflow.testing.store_samples import event, opening, write

MANY = 12
PATIENCE = 20.0  # seconds; reached only when something hangs


def together(store: SqliteStore, acts: Sequence[Callable[[], object]]) -> tuple[int, list[object]]:
    """Let all act while the first writer is kept busy, so that the next must commit for all; commits and outcomes."""
    connections = store._connections()
    outcomes: list[object] = [None] * len(acts)
    commits: list[str] = []

    def act(number: int) -> None:
        try:
            outcomes[number] = acts[number]()
        except StoreError as error:
            outcomes[number] = error
        except ConflictError as error:
            outcomes[number] = error

    threads = [threading.Thread(target=act, args=(number,)) for number in range(len(acts))]

    def until_all_wait(_cursor: object) -> None:
        for thread in threads:
            thread.start()
        end = time.monotonic() + PATIENCE
        while len(connections._queue) < len(acts):
            assert time.monotonic() < end

    assert connections._writer is not None
    connections._writer.connection.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
    connections.write(until_all_wait)
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    connections._writer.connection.set_trace_callback(None)
    return len(commits) - 1, outcomes


def opens(store: SqliteStore, number: int) -> Callable[[], str]:
    return lambda: write(store, opening(f"c{number}")).id


def test_those_who_wait_are_committed_together(store: SqliteStore) -> None:
    write(store, opening("first"))
    commits, outcomes = together(store, [opens(store, number) for number in range(MANY)])
    assert commits == 1
    assert outcomes == [f"c{number}" for number in range(MANY)]
    assert len(list(store.cases(Query()))) == MANY + 1


def test_one_conflict_harms_nobody_else(store: SqliteStore) -> None:
    case = write(store, opening("c"))
    write(store, event(case))
    acts = [opens(store, number) for number in range(MANY)]
    acts[4] = lambda: write(store, opening("c4"), event(case)).id
    commits, outcomes = together(store, acts)
    assert commits == 1
    assert isinstance(outcomes.pop(4), ConflictError)
    assert outcomes == [f"c{number}" for number in range(MANY) if number != 4]
    assert store.load("", "c4") is None


@pytest.mark.parametrize("kind", ["ABORT", "ROLLBACK"])
def test_a_database_error_of_one_harms_nobody_else(store: SqliteStore, path: Path, kind: str) -> None:
    write(store, opening("first"))
    look.run(
        path,
        f"CREATE TRIGGER no AFTER INSERT ON svcflow_case WHEN new.id = 'c4' BEGIN SELECT RAISE({kind}, 'boom'); END",
    )
    commits, outcomes = together(store, [opens(store, number) for number in range(MANY)])
    assert commits == MANY - 1
    error = outcomes.pop(4)
    assert isinstance(error, StoreError)
    assert "boom" in str(error)
    assert outcomes == [f"c{number}" for number in range(MANY) if number != 4]
    assert {case.id for case in store.cases(Query())} == {"first", *outcomes}


def test_a_bug_in_one_harms_nobody_else(store: SqliteStore) -> None:
    write(store, opening("first"))
    raised = []

    def broken() -> None:
        try:
            store._connections().write(lambda _cursor: 1 // 0)
        except ZeroDivisionError as error:
            raised.append(error)

    commits, outcomes = together(store, [lambda: write(store, opening("c1")).id, broken])
    assert (commits, outcomes) == (1, ["c1", None])
    assert len(raised) == 1


def test_an_interrupted_writer_leaves_the_others_an_answer(store: SqliteStore) -> None:
    """Ctrl-C may hit the thread that writes for all."""
    write(store, opening("first"))
    connections = store._connections()

    def interrupted(_cursor: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        connections.write(interrupted)
    assert write(store, opening("c1")).id == "c1"

    def act() -> None:
        with pytest.raises(KeyboardInterrupt):
            connections.write(interrupted)

    _, outcomes = together(store, [act, lambda: write(store, opening("c2")).id])
    assert outcomes[0] is None
    answered = outcomes[1] == "c2" or "interrupted" in str(outcomes[1])
    assert answered
    assert (store.load("", "c2") is not None) == (outcomes[1] == "c2")
    write(store, opening("c3"))


def test_an_interrupt_while_waiting_for_the_writer_takes_the_write_back(store: SqliteStore) -> None:
    """Ctrl-C may also hit a thread that waits: nothing of its write happens, and the next one goes through."""
    connections = store._connections()
    here = threading.get_ident()

    def interrupts(_cursor: object) -> None:
        end = time.monotonic() + PATIENCE
        while not connections._queue and time.monotonic() < end:
            pass
        signal.pthread_kill(here, signal.SIGINT)
        while connections._queue and time.monotonic() < end:
            pass

    leader = threading.Thread(target=lambda: connections.write(interrupts))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        leader.start()
        while not connections._busy:
            pass
        with pytest.raises(KeyboardInterrupt):
            write(store, opening("c1"))
    finally:
        signal.signal(signal.SIGINT, before)
    leader.join(PATIENCE)
    assert store.load("", "c1") is None
    write(store, opening("c1"))


def test_a_reader_is_not_kept_in_the_past(store: SqliteStore) -> None:
    case = write(store, opening("c1"))
    for _ in range(5):
        reading = store.cases(Query())
        next(reading)
        reading.close()  # type: ignore[attr-defined] # a generator
        case = write(store, event(case))
        assert store.load("", "c1") == case
        assert len(list(store.cases(Query()))) == 1
    assert store._connections().idle


def test_a_lone_reader_needs_no_connection_beside_the_writers(store: SqliteStore) -> None:
    case = write(store, opening("c1"))
    assert store.load("", "c1") == case
    assert store._connections()._opened == 0
    assert store._connections().idle


def test_a_reader_waits_for_no_writer(store: SqliteStore) -> None:
    case = write(store, opening("c1"))
    found = []

    def busy(cursor: sqlite3.Cursor) -> None:
        cursor.execute("UPDATE svcflow_case SET status = 'done'")
        found.append(store.load("", "c1"))

    store._connections().write(busy)
    assert found == [case]


def test_a_writer_that_comes_during_a_reading_goes_next(store: SqliteStore) -> None:
    case = write(store, opening("c1"))
    connections = store._connections()
    writer = threading.Thread(target=lambda: write(store, event(case)))

    def read_until_somebody_waits(_cursor: object) -> None:
        writer.start()
        end = time.monotonic() + PATIENCE
        while not connections._queue:
            assert time.monotonic() < end

    connections.read(read_until_somebody_waits)
    writer.join(PATIENCE)
    assert len(store.journal("", "c1")) == 2
    assert connections.idle


def test_a_reading_that_fails_stands_in_nobodys_way(store: SqliteStore) -> None:
    case = write(store, opening("c1"))
    connections = store._connections()
    with pytest.raises(ZeroDivisionError):
        connections.read(lambda _cursor: 1 // 0)
    assert connections.idle
    case = write(store, event(case))
    assert store.load("", "c1") == case


def test_many_readers_at_once_need_no_more_connections_than_they_are(store: SqliteStore) -> None:
    write(store, *(opening(f"c{number}") for number in range(20)))
    readings = [store.cases(Query()) for _ in range(20)]
    assert [next(reading).id for reading in readings] == ["c0"] * 20
    assert [len(list(reading)) for reading in readings] == [19] * 20
    connections = store._connections()
    assert connections.idle
    assert connections._opened <= 8


def test_a_store_closed_while_it_is_read_lets_the_reader_finish(store: SqliteStore) -> None:
    write(store, *(opening(f"c{number}") for number in range(3)))
    reading = store.cases(Query())
    next(reading)
    store.close()
    assert [case.id for case in reading] == ["c1", "c2"]
    assert store._connections()._opened == 0


def test_a_store_closed_while_a_connection_is_given_back_closes_it_too(store: SqliteStore) -> None:
    connections = store._connections()

    class Closing(list[sqlite3.Cursor]):
        def append(self, cursor: sqlite3.Cursor) -> None:
            store.close()
            super().append(cursor)

    connections._readers = Closing()
    cursor = connections.take_reader()
    connections.return_reader(cursor)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        cursor.execute("SELECT 1")


def test_a_store_closed_while_it_is_written_lets_the_writer_finish(store: SqliteStore, path: Path) -> None:
    write(store, opening("c1"))
    connections = store._connections()

    def close_and_write(_cursor: object) -> None:
        store.close()

    connections.write(close_and_write)
    assert connections._writer is None
    with pytest.raises(StoreError, match="closed"):
        connections.write(lambda _cursor: None)
    assert len(look.rows(path)["svcflow_case"]) == 1


WORK = """
import sys
from svcflow.errors import ConflictError
from svcflow.stores.open import open_store
from svcflow.testing.store_samples import event, write
store, who = open_store(sys.argv[1]), sys.argv[2]
sys.stdin.readline()
for number in range(25):
    while True:
        try:
            write(store, event(store.load("", "c1"), key=f"{who}-{number}"))
            break
        except ConflictError:
            pass
store.close()
"""


@pytest.mark.requirement("R148")
def test_two_processes_share_a_file(store: SqliteStore, path: Path) -> None:
    write(store, opening("c1"))
    command = [sys.executable, "-c", WORK, f"sqlite:///{path}?synchronous=NORMAL"]
    running = [
        subprocess.Popen([*command, who], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for who in "ab"
    ]
    assert [process.communicate("go\n")[1] for process in running] == ["", ""]
    entries = store.journal("", "c1")
    assert chain.verify(entries) is None
    assert sorted(str(one.entry.key) for one in entries[1:]) == sorted(f"{who}-{n}" for who in "ab" for n in range(25))


def test_a_store_goes_on_after_a_fork_in_both_processes(store: SqliteStore, path: Path) -> None:
    write(store, opening("c1"))
    check_forks(store, f"sqlite:///{path}?synchronous=NORMAL")


class Carried(Connections):
    def write(self, job: object, *, alone: bool = False) -> NoReturn:
        raise AssertionError("the connection was carried through the fork")


def test_a_fork_in_the_middle_of_a_write_is_one_clear_error(store: SqliteStore) -> None:
    """The child cannot know what the parent's thread had half done: it is told, and touches nothing."""
    inherited = Carried(store._file)
    inherited.process = -1
    inherited._busy = True
    store._of_process = {-1: inherited}
    with pytest.raises(StoreError, match="forked while a thread was using the store"):
        store.apply([Change(opening("c1"))])
