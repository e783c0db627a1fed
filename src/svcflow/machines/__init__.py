"""Machines for the socket in `svcflow.core.machine`, found by name: svcflow's own and those of installed packages."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import cast

from svcflow.core.machine import Machine
from svcflow.core.spelling import nearest
from svcflow.errors import InputError

GROUP = "svcflow.machines"
"""The entry point group: each entry names a class or function that makes a machine when called without arguments."""


def chosen(machine: Machine | str) -> Machine:
    """
    Find the machine that a host chose, by its name or as an object.

    Raises:
        InputError: If nothing has this name, or it is no machine.
    """
    return named(machine) if isinstance(machine, str) else _checked(machine, "machine=")


def named(name: str) -> Machine:
    """
    Make the machine of a name, such as `statechart` or `transitions`.

    `svcflow.testing.machines.contract` tells whether the machine of another package keeps its promises.

    Raises:
        InputError: If no installed package offers one of this name, several do, or the one that does cannot make it.
    """
    entries = entry_points(group=GROUP)
    offered = {entry.value: entry for entry in entries.select(name=name)}
    if not offered:
        near = nearest(name, entries.names)
        meant = f"; did you mean {near!r}?" if near else ""
        raise InputError(f"no machine is called {name!r}; there is {', '.join(sorted(entries.names))}{meant}")
    if len(offered) > 1:
        raise InputError(
            f"more than one machine is called {name!r}: {', '.join(sorted(offered))}; uninstall all but one"
        )
    (entry,) = offered.values()
    try:
        made = entry.load()()
    except Exception as error:  # whatever the code of another package may raise
        raise InputError(f"machine {name!r} cannot be loaded: {type(error).__name__}: {error}") from error
    return _checked(made, f"machine {name!r}")


def _checked(machine: object, what: str) -> Machine:
    """A machine by its shape: without it, it would be found out when the first process is published, or later."""
    methods = (getattr(machine, method, None) for method in ("start", "step"))
    if not isinstance(getattr(machine, "name", None), str) or not all(map(callable, methods)):
        raise InputError(f"{what}: {machine!r} is no machine; one has a `name` and the methods `start` and `step`")
    return cast("Machine", machine)
