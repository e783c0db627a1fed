"""`import_machine`: a machine of another library becomes a process file that loads, with a list of what to look at."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import frozen
from transitions import Machine

from svcflow.errors import InputError
from svcflow.interchange.machine_dict import build
from svcflow.interchange.machine_object import read_object
from svcflow.interchange.meaning import settled
from svcflow.interchange.naming import Names, named
from svcflow.interchange.notes import Note
from svcflow.interchange.sketch import Sketch, said
from svcflow.interchange.taken_back import checked
from svcflow.interchange.writing import Header, Writer


@frozen
class Imported:
    """
    A process file made of a machine. `notes` say what a person should look at.

    `states` and `events` map the machine's names to those of the process, states by their dotted paths.
    """

    text: str
    notes: tuple[Note, ...]
    states: Mapping[str, str]
    events: Mapping[str, str]


def import_machine(
    source: Machine | Mapping[str, Any],
    *,
    process: str = "machine",
    role: str = "staff",
    jumps: bool = False,
    separator: str | None = None,
) -> str:
    """
    Write a state machine of the `transitions` library as a process file.

    `source` is a `Machine` or `HierarchicalMachine`, or the arguments of its constructor as a mapping; `separator`
    then says what parts the names of nested states (default: `_`). Everybody acts in `role`. `jumps` keeps the
    triggers `to_STATE` that the library makes by itself. See `read_machine` for what a person should look at.

    Raises:
        InputError: If it is no machine, or one that would behave differently as a process; it names the state.
    """
    return read_machine(source, process=process, role=role, jumps=jumps, separator=separator).text


def read_machine(
    source: Machine | Mapping[str, Any],
    *,
    process: str = "machine",
    role: str = "staff",
    jumps: bool = False,
    separator: str | None = None,
) -> Imported:
    """
    The same as `import_machine`, together with notes on what was renamed, guessed or could not be said.

    Raises:
        InputError: As `import_machine` does.
    """
    for name, what in ((process, "process"), (role, "role")):
        if not name.isidentifier():
            raise InputError(f"{what}: {name!r} is not a name; letters of any script, digits and `_`, no digit first")
    machine = build(source, jumps=jumps, separator=separator) if isinstance(source, Mapping) else source
    if not isinstance(machine, Machine):
        raise InputError(f"a {type(source).__name__} is no machine of the library `transitions`, nor its arguments")
    sketch = read_object(machine, jumps=jumps)
    shaped = settled(sketch)
    names = named(shaped, (role,))
    writer = Writer(shaped, names, Header(process, role))
    text, doubts = checked(writer.text(), f"{process}.yaml")
    notes = (*_renamed(names), *_left_out(sketch, shaped), *writer.notes, *doubts)
    states = {said(old): said(names.states[path]) for old, path in _kept(sketch, shaped)}
    return Imported(text, notes, MappingProxyType(states), MappingProxyType(dict(names.events)))


def _kept(sketch: Sketch, shaped: Sketch) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Every state of the machine, and the state a case is in when the machine is in that one and in none inside."""
    return [(path, shaped.rest(path)[0] if sketch.rest(path) == (path,) else path) for path in sketch.nodes]


def _renamed(names: Names) -> list[Note]:
    return [Note(f"{kind} {old!r}", f"is called {new} in the process") for kind, old, new in names.renamed()]


def _left_out(sketch: Sketch, shaped: Sketch) -> list[Note]:
    notes = []
    if sketch.jumps:
        notes.append(Note("triggers to_STATE", f"left out, since the library makes them by itself: {sketch.jumps}"))
    dead = len(sketch.arrows) - len(shaped.arrows)
    if dead:
        notes.append(Note("transitions", f"left out, since one before each of them is always taken: {dead}"))
    return notes
