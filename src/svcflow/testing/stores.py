"""
The suite that every store must pass: `contract(make_store)`, plain assertions without a test framework.

`make_store` is called often and answers a new, empty store each time, to be used from several threads. `CHECKS` names
every promise, for test frameworks that would rather report them one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from svcflow.stores.base import Store
from svcflow.testing import (
    store_archive,
    store_batches,
    store_cases,
    store_feed,
    store_processes,
    store_queries,
    store_work,
)
from svcflow.testing.store_checks import Check
from svcflow.testing.store_turns import PROGRAMS, check_at_once

_PARTS = (store_processes, store_cases, store_batches, store_queries, store_work, store_archive, store_feed)
_ALONE = MappingProxyType(
    {
        check.__name__: check
        for checks in (
            store_processes,
            store_cases,
            store_batches,
            store_queries,
            store_work,
            store_archive,
            store_feed,
        )
        for check in checks.CHECKS
    }
)
CHECKS = (*_ALONE, *PROGRAMS)


def contract(make_store: Callable[[], Store]) -> None:
    """
    Check everything that svcflow relies on in a store.

    Raises:
        AssertionError: The store breaks a promise; the text names the promise.
    """
    for name in CHECKS:
        check(make_store, name)


def check(make_store: Callable[[], Store], name: str) -> None:
    """
    Check one promise, by its name in `CHECKS`, on a new store.

    Raises:
        AssertionError: The store breaks it.
    """
    try:
        if name in PROGRAMS:
            check_at_once(make_store, name)
        else:
            _check_alone(make_store(), _ALONE[name])
    except AssertionError as broken:
        raise AssertionError(f"{name.replace('_', ' ')}: {broken}") from broken


def _check_alone(store: Store, promise: Check) -> None:
    try:
        promise(store)
    finally:
        store.close()
