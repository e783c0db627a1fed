"""The file of the demo: made beside its place and put there when it is whole, and never over anybody else's file."""

from __future__ import annotations

from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from svcflow.demo.desk import Advance, Desk
from svcflow.demo.people import ZONE
from svcflow.demo.summary import Summary, sum_up
from svcflow.errors import InputError, StoreError
from svcflow.stores.open import open_store
from svcflow.stores.sqlite_file import SqliteFile

START = datetime(2026, 3, 2, 8, tzinfo=ZONE).astimezone(UTC)
"""A Monday in an ordinary week: the same seed gives the same numbers today and in ten years."""

MARK = ("svcflow.demo", "seed")
BESIDE = ".unfinished"
COMPANIONS = ("", "-wal", "-shm")


def url_of(path: Path) -> str:
    """The URL of the store in a file."""
    return f"sqlite:///{path}"


def make_demo(path: Path, seed: int, tickets: int, days: int, advance: Advance) -> Summary:
    """
    Simulate the desk into an SQLite file; an earlier demo there is replaced.

    `tickets` is how many customers ask for help in these `days`; `advance` is called with the hours that went by.

    Raises:
        InputError: If something else than a demo is there, or there can be no such file.
        StoreError: If the file cannot be written.
    """
    if "?" in path.name or "?" in str(path.parent):
        raise InputError(f"{path}: the URL of a store ends at `?`; choose another name")
    if not path.absolute().parent.is_dir():
        raise InputError(f"{path} cannot be made: there is no folder {str(path.parent)!r}")
    if path.exists() and not is_demo(path):
        raise InputError(f"{path} is there and was not made by this command; it is left as it is")
    unfinished = path.with_name(path.name + BESIDE)
    _remove(unfinished)
    try:
        summary = _simulate(unfinished, seed, tickets, days, advance)
        _remove(path)
        unfinished.replace(path)
    finally:
        _remove(unfinished)
    return summary


def is_demo(path: Path) -> bool:
    """Whether a file was made by the demo; nothing in it is changed."""
    file = SqliteFile(str(path))
    with suppress(StoreError):
        if path.is_file() and file.in_use():
            with closing(open_store(url_of(path))) as store:
                return store.position(*MARK) is not None
    return False


def _simulate(path: Path, seed: int, tickets: int, days: int, advance: Advance) -> Summary:
    # A demo that is lost with the power is made again: nothing here is worth waiting for the disk.
    with closing(open_store(f"{url_of(path)}?synchronous=NORMAL")) as store:
        store.remember(*MARK, str(seed))
        desk = Desk.on(store, START, seed)
        desk.run(tickets, days, advance)
        return sum_up(desk, START)


def _remove(path: Path) -> None:
    for companion in COMPANIONS:
        path.with_name(path.name + companion).unlink(missing_ok=True)
