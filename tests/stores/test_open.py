"""URLs name stores; a file that cannot be used is one clear error and stays as it is."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from stores import look
from svcflow.errors import StoreError
from svcflow.stores.memory import MemoryStore
from svcflow.stores.open import open_store
from svcflow.stores.schema import migrations
from svcflow.stores.sqlite import SqliteStore
from svcflow.stores.sqlite_file import SqliteFile
from svcflow.testing.store_samples import opening, write

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 8


@contextmanager
def nobody() -> Iterator[None]:
    """Nothing is read-only for root: be somebody else for a while."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_url_opens_its_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(open_store(":memory:")) as memory:
        assert isinstance(memory, MemoryStore)
    with closing(open_store("sqlite:///relative.db")) as relative:
        assert isinstance(relative, SqliteStore)
        write(relative, opening("c1"))
    with closing(open_store(f"sqlite:///{tmp_path}/relative.db")) as absolute:
        assert absolute.load("", "c1") is not None


def test_options_stand_behind_a_question_mark() -> None:
    assert SqliteFile.from_url("sqlite:///a.db") == SqliteFile("a.db", "FULL", 10)
    assert SqliteFile.from_url("sqlite:////a/b c.db?synchronous=normal&wait=0.5") == SqliteFile(
        "/a/b c.db", "NORMAL", 0.5
    )


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://host/db", "no store is known for 'mysql'.*sqlite:///service.db"),
        ("postgresql://me:secret@nowhere.invalid/db", "^PostgreSQL database 'db' on nowhere.invalid cannot be reached"),
        ("service.db", "no store is known"),
        ("", "no store is known"),
        ("sqlite://service.db", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite:///folder/", "names no file"),
        ("sqlite:///:memory:", "write ':memory:'"),
        ("sqlite:///a.db?synchronus=FULL", "the option 'synchronus' is unknown"),
        ("sqlite:///a.db?synchronous=OFF", "FULL or NORMAL, not OFF"),
        ("sqlite:///a.db?wait=long", "number of seconds"),
        ("sqlite:///no/such/folder/a.db", "there is no folder"),
        ("sqlite:////proc/nothing.db", "cannot be opened"),
        ("sqlite:///a\0b.db", "not the name of a file"),
    ],
    ids=ascii,
)
def test_another_url_is_one_clear_error(url: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match=says):
        open_store(url)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [PNG, b"hello", b"x" * 5000, b"SQLite format 3\0" + b"\xff" * 5000], ids=["picture", "note", "x", "fake"]
)
def test_a_file_that_is_no_database_stays_as_it_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"cases\.db (is not an SQLite database|is damaged)"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == content
    assert [entry.name for entry in path.parent.iterdir()] == ["cases.db"]


def test_a_folder_is_no_database(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(f"sqlite:///{path}")


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()
    with closing(open_store(f"sqlite:///{path}")) as store:
        write(store, opening("c1"))


def test_a_hosts_own_database_becomes_a_store_too(path: Path) -> None:
    look.run(path, "CREATE TABLE orders (id TEXT)", "INSERT INTO orders VALUES ('o1')")
    with closing(open_store(f"sqlite:///{path}")) as store:
        write(store, opening("c1"))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT id FROM orders").fetchall() == [("o1",)]


@pytest.mark.parametrize("version", [str(len(migrations("sqlite")) + 1), "99", "next", "-1"])
def test_a_file_of_a_later_version_stays_as_it_is(path: Path, version: str) -> None:
    open_store(f"sqlite:///{path}").close()
    look.run(path, f"UPDATE svcflow_meta SET value = '{version}'", "PRAGMA journal_mode = DELETE")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"written by a later version of svcflow.*update svcflow"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_foreign_table_with_one_of_our_names_is_left_alone(path: Path) -> None:
    look.run(path, "CREATE TABLE svcflow_journal (page TEXT)", "INSERT INTO svcflow_journal VALUES ('mine')")
    with pytest.raises(StoreError, match="svcflow_journal already exists"):
        open_store(f"sqlite:///{path}")
    assert look.rows(path) == {"svcflow_journal": [{"page": "mine"}]}


@pytest.mark.chaos
def test_a_file_that_is_locked_is_one_clear_error(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE orders (id TEXT)")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match=r"cases\.db is locked by another transaction"):
            open_store(f"sqlite:///{path}?wait=0.02")
        other.execute("ROLLBACK")
    open_store(f"sqlite:///{path}?wait=0.02").close()


@pytest.mark.chaos
def test_a_read_only_file_is_one_clear_error(path: Path) -> None:
    open_store(f"sqlite:///{path}").close()  # What is imported on the way must not be looked for as a nobody.
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        file = Path(folder, "cases.db")
        file.touch(0o444)
        with nobody(), pytest.raises(StoreError, match="read-only"):
            open_store(f"sqlite:///{file}")
        assert file.read_bytes() == b""


@pytest.mark.requirement("R123")
def test_the_tables_are_the_sum_of_the_migrations(path: Path) -> None:
    open_store(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path)) as connection:
        found = [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")]
        schema = connection.execute("SELECT value FROM svcflow_meta WHERE name = 'schema'").fetchall()
    with closing(sqlite3.connect(":memory:")) as connection:
        for script in migrations("sqlite"):
            connection.executescript(script)
        written = [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")]
    assert sorted(found) == sorted(written)
    assert schema == [(str(len(migrations("sqlite"))),)]
    expected = (Path(__file__).parent / "schema.sql").read_text(encoding="utf-8")
    assert "\n".join(sorted(map(_bare, found))) + "\n" == expected


def _bare(statement: str) -> str:
    """A statement without comments and line breaks."""
    lines = [line for line in statement.splitlines() if not line.startswith("--")]
    return " ".join(" ".join(lines).split()).rstrip(";")


OPEN = """
import sys
from svcflow.stores.open import open_store
sys.stdin.readline()
open_store(sys.argv[1]).close()
"""


def test_processes_that_open_a_new_file_together_make_it_once(path: Path) -> None:
    command = [sys.executable, "-c", OPEN, f"sqlite:///{path}"]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    ended = [process.communicate("go\n")[1] for process in running]
    assert ended == [""] * 4
    assert look.rows(path)["svcflow_meta"] == [{"name": "schema", "value": str(len(migrations("sqlite")))}]
