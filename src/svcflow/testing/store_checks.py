"""How the store suite says what it expects."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from svcflow.errors import SvcflowError
from svcflow.stores.base import Store

Check: TypeAlias = Callable[[Store], None]


def expect(promise: str, holds: object) -> None:
    """
    One promise.

    Raises:
        AssertionError: It does not hold.
    """
    if not holds:
        raise AssertionError(promise)


def expect_same(promise: str, found: object, wanted: object) -> None:
    """
    One promise about a value.

    Raises:
        AssertionError: Another value was found.
    """
    if found != wanted:
        raise AssertionError(f"{promise}: found {found!r}, wanted {wanted!r}")


def expect_error(promise: str, kind: type[SvcflowError], act: Callable[[], object]) -> None:
    """
    One promise about what is refused.

    Raises:
        AssertionError: It was not refused, or in another way.
    """
    try:
        act()
    except kind:
        return
    raise AssertionError(f"{promise}: no {kind.__name__} was raised")
