"""Machines for the socket in `svcflow.core.machine`, found by name: svcflow's own and those of installed packages."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import cast

from svcflow.core.machine import Machine
from svcflow.core.spelling import nearest
from svcflow.errors import InputError

GROUP = "svcflow.machines"
"""The entry point group: each entry names a class or function that makes a machine when called without arguments."""


def named(name: str) -> Machine:
    """
    Make the machine of a name, such as `statechart` or `transitions`.

    `svcflow.testing.machines.contract` tells whether the machine of another package keeps its promises.

    Raises:
        InputError: If no installed package offers one of this name, or the one that does cannot make it.
    """
    offered = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in offered:
        near = nearest(name, offered)
        meant = f"; did you mean {near!r}?" if near else ""
        raise InputError(f"no machine is called {name!r}; there is {', '.join(sorted(offered))}{meant}")
    try:
        return cast("Callable[[], Machine]", offered[name].load())()
    except (ImportError, AttributeError) as error:
        raise InputError(f"machine {name!r} cannot be loaded: {error}") from error
