"""Every store keeps the same promises, one test for each."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from svcflow.stores.base import Store
from svcflow.stores.memory import MemoryStore
from svcflow.stores.open import open_store
from svcflow.stores.sqlite import SqliteStore
from svcflow.stores.sqlite_file import SqliteFile
from svcflow.testing import stores


@pytest.fixture(params=["memory", "sqlite", "sqlite that remembers nothing"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    if request.param == "memory":
        return MemoryStore
    numbers = count()
    if request.param != "sqlite":
        # What was just written is read from the file again, so that nothing is kept which the file does not have.
        return lambda: SqliteStore(SqliteFile(f"{tmp_path}/{next(numbers)}.db", "NORMAL"), remembered=0)
    return lambda: open_store(f"sqlite:///{tmp_path}/{next(numbers)}.db?synchronous=NORMAL")


@pytest.mark.parametrize("promise", stores.CHECKS)
def test_a_store_keeps_its_promise(make_store: Callable[[], Store], promise: str) -> None:
    stores.check(make_store, promise)


def test_the_whole_contract_is_one_call(make_store: Callable[[], Store]) -> None:
    stores.contract(make_store)
