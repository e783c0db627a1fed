"""A watched store tells of its calls and lets any of them fail."""

from __future__ import annotations

from contextlib import closing

import pytest

from svcflow.errors import StoreError
from svcflow.stores.memory import MemoryStore
from svcflow.stores.sqlite import SqliteStore
from svcflow.testing.faults import Fault, watched
from svcflow.testing.store_samples import opening, write

MOMENTS = ("before apply", "within apply", "after apply")


def test_a_watched_store_tells_when_a_call_begins_and_ends() -> None:
    moments: list[str] = []
    store = watched(MemoryStore(), moments.append)
    case = write(store, opening("c1"))
    assert store.load("", "c1") == case
    assert moments == ["before apply", "after apply", "before load", "after load"]


def test_within_the_transaction_it_tells_after_what_is_done_inside(store: SqliteStore) -> None:
    moments: list[str] = []

    def inside(_connection: object | None) -> None:
        moments.append("inside")

    watched_store = watched(store, moments.append, within=True)
    write(watched_store, opening("c1"))
    watched_store.apply([], inside=inside)
    assert moments == [*MOMENTS, "before apply", "inside", *MOMENTS[1:]]


@pytest.mark.parametrize(("moment", "there"), [(1, False), (2, False), (3, True)])
def test_a_fault_strikes_once_and_what_failed_is_there_only_if_the_call_was_over(
    store: SqliteStore, moment: int, *, there: bool
) -> None:
    fault = Fault(moment)
    with closing(watched(store, fault, within=True)) as fragile:
        with pytest.raises(StoreError, match=f"a test lets the store fail {MOMENTS[moment - 1]}"):
            write(fragile, opening("c1"))
        assert fault.struck == MOMENTS[moment - 1]
        assert (store.load("", "c1") is not None) is there
        write(fragile, opening("c2"))
