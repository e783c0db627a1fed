"""Callbacks and conditions of a machine are names or functions; a process file has names only."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from transitions.core import Condition

from svcflow.interchange.sketch import Guard

LAMBDA = "<lambda>"


def called(callback: object, place: str) -> str:
    """The name of a callback; one without a name is called after its place."""
    if isinstance(callback, str):
        return callback
    while isinstance(callback, partial):
        callback = callback.func
    name = getattr(callback, "__name__", None) or type(callback).__name__
    return place if name == LAMBDA else str(name)


def names(callbacks: Iterable[Any], place: str) -> tuple[str, ...]:
    """The names of several callbacks, each once."""
    return tuple(dict.fromkeys(called(one, place) for one in callbacks))


def guards(conditions: Iterable[Condition], place: str) -> tuple[Guard, ...]:
    """What a transition asks; `unless` wants the answer no."""
    return tuple(dict.fromkeys(Guard(called(one.func, place), wanted=bool(one.target)) for one in conditions))
