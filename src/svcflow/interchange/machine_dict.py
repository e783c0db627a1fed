"""
The arguments of a machine as data, from JSON or YAML or Python: checked first, so that a slip is told with its place.

The library builds the machine from them, which settles wildcards, ordered transitions and nested names as it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, TypeGuard

from transitions import Machine, State
from transitions.core import listify
from transitions.extensions import HierarchicalMachine
from transitions.extensions.nesting import NestedState
from transitions.extensions.states import Tags, Timeout

from svcflow.core.spelling import nearest
from svcflow.errors import InputError
from svcflow.interchange.machine_object import DEEPEST
from svcflow.language.consistent import MOST_MOVES, MOST_STATES

SEPARATOR = "_"
"""What parts nested names unless a machine says otherwise."""

LONGEST = 200
"""Characters of a name."""

_MACHINE = (
    "states", "transitions", "initial", "ordered_transitions", "ignore_invalid_triggers", "before_state_change",
    "after_state_change", "prepare_event", "finalize_event", "on_exception", "on_final", "name", "queued",
    "send_event", "auto_transitions", "model", "models", "model_attribute", "model_override", "separator",
)  # fmt: skip
_NOT_BUILT = ("name", "model", "models", "model_override", "separator", "auto_transitions")
"""Arguments that say nothing about what the machine does."""

_STATE = (
    "name", "on_enter", "on_exit", "on_final", "ignore_invalid_triggers", "final", "initial", "children", "states",
    "parallel", "transitions", "tags", "timeout", "on_timeout", "remap",
)  # fmt: skip
_TRANSITION = ("trigger", "source", "dest", "conditions", "unless", "before", "after", "prepare")
_CALLS = frozenset(
    ("on_enter", "on_exit", "on_final", "on_timeout", "conditions", "unless", "before", "after", "prepare")
)
_INNER = ("children", "states", "parallel")


class _FlatState(Tags, Timeout):
    """A state with the extensions that say something to a process."""


def build(given: Mapping[str, Any], *, jumps: bool, separator: str | None = None) -> Machine:
    """
    Build the machine that `Machine(**given)` or `HierarchicalMachine(**given)` would be.

    Besides the arguments of the constructor, `separator` says what parts nested names, by default `_`.

    Raises:
        InputError: If it is not the description of a machine; it names the place.
    """
    _known(given, _MACHINE, "the machine")
    if "states" not in given:
        raise InputError("the machine has no `states`")
    nested = _check_states(given["states"], "states")
    _check_transitions(given.get("transitions"), "transitions")
    parting = separator or given.get("separator") or (SEPARATOR if nested else None)
    arguments = {name: value for name, value in given.items() if name not in _NOT_BUILT}
    if parting is not None:
        _check_names(given["states"], str(parting), "states")
    try:
        return _class(parting)(model=None, auto_transitions=jumps, **arguments)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as problem:
        text = problem.args[0] if problem.args else problem
        raise InputError(f"the machine cannot be built: {type(problem).__name__}: {text}") from problem


def _class(separator: str | None) -> type[Machine]:
    if separator is None:
        return type("Flat", (Machine,), {"state_cls": _FlatState})
    state = type("Nested", (Tags, Timeout, NestedState), {"separator": separator})
    return type("Deep", (HierarchicalMachine,), {"state_cls": state})


def _known(given: object, words: tuple[str, ...], place: str) -> None:
    if not isinstance(given, Mapping):
        raise InputError(f"{place}: expected a mapping, not {_kind(given)}")
    for word in given:
        if word not in words:
            close = nearest(str(word), words)
            raise InputError(
                f"{place} has no {str(word)!r}; " + (f"did you mean {close!r}?" if close else _listed(words))
            )


def _listed(words: Iterable[str]) -> str:
    return f"it may have {', '.join(words)}"


def _check_states(given: object, place: str) -> bool:
    """Check the states, and say whether any has states inside."""
    nested = False
    known: set[tuple[str, str]] = set()
    for number, (state, where, depth) in enumerate(_walk(given, place)):
        if number >= MOST_STATES:
            raise InputError(f"the machine has more than {MOST_STATES:,} states; more are not read")
        if depth > DEEPEST:
            raise InputError(f"{where}: states nest more than {DEEPEST} levels deep, or contain themselves")
        name = _check_state(state, where)
        row = where.rpartition("[")[0]
        if (row, name) in known:
            raise InputError(f"{where}: a state {name!r} stands beside it already; names are given once")
        known.add((row, name))
        inner = isinstance(state, Mapping) and any(state.get(word) for word in _INNER)
        nested = nested or inner or isinstance(state, NestedState | HierarchicalMachine)
    return nested


def _check_state(state: object, where: str) -> str:
    """Check one state and answer its name; objects of the library are its own business, and differ."""
    if not isinstance(state, Mapping):
        return _check_name(state, where)
    _known(state, _STATE, where)
    if "name" not in state:
        raise InputError(f"{where} has no `name`")
    _check_transitions(state.get("transitions"), f"{where}.transitions")
    _check_calls(state, where)
    seconds = state.get("timeout", 0)
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise InputError(f"{where}.timeout: expected a number of seconds, not {_kind(seconds)}")
    return _check_name(state["name"], f"{where}.name")


def _check_calls(given: Mapping[str, Any], where: str) -> None:
    """Callbacks and conditions are names or functions, one or several."""
    for word in _CALLS & given.keys():
        for call in listify(given[word]) or ():
            if not callable(call):
                _check_text(call, f"{where}.{word}", "a callback's name")


def _walk(given: object, place: str) -> Iterator[tuple[object, str, int]]:
    """Every state with its place and depth, outer before inner; without recursion, for a state may contain itself."""
    pending = [(given, place, 1)]
    while pending:
        states, where, depth = pending.pop()
        if not _is_row(states):
            raise InputError(f"{where}: expected a list of states, not {_kind(states)}")
        for number, state in enumerate(states):
            here = f"{where}[{number}]"
            yield state, here, depth
            if isinstance(state, Mapping):
                pending += [(state[word], f"{here}.{word}", depth + 1) for word in _INNER if state.get(word)]


def _is_row(given: object) -> TypeGuard[Iterable[object]]:
    return isinstance(given, list | tuple) or (isinstance(given, type) and issubclass(given, Enum))


def _check_name(name: object, place: str) -> str:
    if isinstance(name, Enum | State):
        return name.name
    if isinstance(name, HierarchicalMachine):
        return place
    _check_text(name, place, "a state's name")
    return str(name)


def _check_text(name: object, place: str, what: str) -> None:
    if not isinstance(name, str):
        raise InputError(f"{place}: {what} is a text, not {_kind(name)}")
    if not name or len(name) > LONGEST:
        raise InputError(f"{place}: {what} has 1 to {LONGEST} characters, not {len(name):,}")


def _check_names(states: object, separator: str, place: str) -> None:
    for state, where, _ in _walk(states, place):
        name = state.get("name") if isinstance(state, Mapping) else None
        if isinstance(name, str) and separator in name:
            raise InputError(
                f"{where}: {name!r} contains {separator!r}, which parts the names of nested states; say what this "
                "machine uses instead, as in `separator: '.'`"
            )


def _check_transitions(given: object, place: str) -> None:
    if given is None:
        return
    if not isinstance(given, list | tuple):
        raise InputError(f"{place}: expected a list of transitions, not {_kind(given)}")
    if len(given) > MOST_MOVES:
        raise InputError(f"{place}: {len(given):,} transitions; more than {MOST_MOVES:,} are not read")
    for number, one in enumerate(given):
        where = f"{place}[{number}]"
        if isinstance(one, list | tuple) and not len(_TRANSITION[:3]) <= len(one) <= len(_TRANSITION):
            raise InputError(f"{where}: expected [trigger, source, dest], not {len(one)} items")
        words = dict(zip(_TRANSITION, one, strict=False)) if isinstance(one, list | tuple) else one
        _known(words, _TRANSITION, where)
        missing = next((word for word in _TRANSITION[:3] if word not in words), None)
        if missing is not None:
            raise InputError(f"{where} has no {missing!r}")
        if not isinstance(words["trigger"], Enum):
            _check_text(words["trigger"], f"{where}.trigger", "an event's name")
        _check_calls(words, where)


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
