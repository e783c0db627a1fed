"""
The same shape in other libraries: states, nesting, events and conditions taken over from the process itself.

No callbacks, no forms, no times: what they do per event is what the machine behind svcflow's socket does. `back`, which
neither library has, goes to the state where the ticket of the benchmark comes from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from statemachine import StateChart
from statemachine.io import create_machine_class_from_definition
from statemachine.orderedset import OrderedSet
from transitions import Machine
from transitions.extensions.nesting import HierarchicalMachine, NestedState

from svcflow import Case, Process
from svcflow.core.condition import Condition
from svcflow.core.process import State
from svcflow.core.rule import Alternative

BACK = "repair.onsite"
Fields = dict[str, Any]


class SlashState(NestedState):
    """A state whose path is joined by what no name holds; the usual underscore is part of many names."""

    separator = "/"


class SlashMachine(HierarchicalMachine):
    """A hierarchical machine with such states."""

    state_cls = SlashState


class Ticket:
    """A model for `transitions`: the machine hangs its triggers on it."""

    state: Any


def word(path: str) -> str:
    """A name that any library takes as an identifier."""
    return re.sub(r"\W+", "_", path).strip("_")


class Flat:
    """`transitions` without nesting: one state per leaf, each with what its groups react to."""

    name = "transitions, flat"

    def __init__(self, process: Process) -> None:
        self.fields: Fields = {}
        self.model = Ticket()
        leaves = [state for state in process.states if not state.children]
        arrows = [
            _arrow(process, index, leaf.path, lambda target: _first_leaf(process, target).path, self.fields)
            for index in range(len(process.moves))
            for leaf in leaves
            if process.chart.transitions[index].source in process.lines[leaf.index]
        ]
        states = [leaf.path for leaf in leaves]
        Machine(self.model, states=states, transitions=arrows, initial=states[0], auto_transitions=False)

    def act(self, trigger: str, case: Case) -> Callable[[], object]:
        """A function that puts the model where the case is and sends it the event."""
        model, at, send = self.model, case.state, getattr(self.model, word(trigger))

        def act() -> None:
            model.state = at
            send()

        return act

    def state(self) -> str:
        """Where the model stands now, as svcflow writes it."""
        return str(self.model.state)


class Hierarchical:
    """`transitions` with nesting, the same tree of states."""

    name = "transitions, hierarchical"

    def __init__(self, process: Process) -> None:
        self.fields: Fields = {}
        self.model = Ticket()
        arrows = [
            _arrow(process, index, _slashed(process, process.chart.transitions[index].source),
                   lambda target: _slashed(process, target), self.fields)
            for index in range(len(process.moves))
        ]  # fmt: skip
        states = [_nested(process, state) for state in process.states if state.parent is None]
        SlashMachine(self.model, states=states, transitions=arrows, initial=states[0]["name"], auto_transitions=False)

    def act(self, trigger: str, case: Case) -> Callable[[], object]:
        """A function that puts the model where the case is and sends it the event."""
        model, at, send = self.model, case.state.replace(".", "/"), getattr(self.model, word(trigger))

        def act() -> None:
            model.state = at
            send()

        return act

    def state(self) -> str:
        """Where the model stands now, as svcflow writes it."""
        return str(self.model.state).replace("/", ".")


class Statemachine:
    """`python-statemachine`, its StateChart with the same tree of states."""

    name = "python-statemachine"

    def __init__(self, process: Process) -> None:
        self.fields: Fields = {}
        self.process = process
        top = [state for state in process.states if state.parent is None]
        made: type[StateChart[Any]] = create_machine_class_from_definition(
            "Ticket", _defined(process, top, self.fields), validate_trap_states=False, catch_errors_as_events=False
        )
        self.machine = made()
        self.paths = {word(state.path): state.path for state in process.states if not state.children}

    def act(self, trigger: str, case: Case) -> Callable[[], object]:
        """A function that puts the machine where the case is and sends it the event."""
        line = self.process.lines[self.process.paths[case.state]]
        at = OrderedSet(word(self.process.states[index].path) for index in line)
        machine, event = self.machine, word(trigger)

        def act() -> None:
            machine.current_state_value = at
            machine.send(event)

        return act

    def state(self) -> str:
        """Where the machine stands now, as svcflow writes it."""
        return ", ".join(self.paths[value] for value in self.machine.configuration_values if value in self.paths)


def _slashed(process: Process, index: int) -> str:
    return process.states[index].path.replace(".", "/")


def _first_leaf(process: Process, index: int) -> State:
    state = process.states[index]
    return _first_leaf(process, state.children[0]) if state.children else state


def _target(process: Process, index: int) -> int | None:
    """Where an alternative leads; None to nowhere (`here`)."""
    alternative = process.moves[index][1]
    if alternative.kind == "back":
        return process.paths[BACK]
    return alternative.target if alternative.kind == "go" else None


def _arrow(process: Process, index: int, source: str, path: Callable[[int], str], fields: Fields) -> dict[str, object]:
    """One transition in the words of `transitions`."""
    target = _target(process, index)
    alternative = process.moves[index][1]
    (event,) = process.chart.transitions[index].events
    return {
        "trigger": word(event),
        "source": source,
        "dest": None if target is None else path(target),
        "conditions": [_test(alternative.when, fields)] if alternative.when else None,
    }


def _test(when: Condition, fields: Fields) -> Callable[[], bool]:
    """A condition as a plain function."""
    return lambda: when.holds(fields)


def _nested(process: Process, state: State) -> dict[str, Any]:
    """A state and what is inside it in the words of `transitions`."""
    if not state.children:
        return {"name": state.name}
    inner = [process.states[child] for child in state.children]
    return {
        "name": state.name,
        "initial": inner[0].name,
        "children": [_nested(process, child) for child in inner],
    }


def _defined(process: Process, states: list[State], fields: Fields) -> Mapping[str, Any]:
    """States side by side in the words of `python-statemachine`."""
    found: dict[str, dict[str, Any]] = {}
    for number, state in enumerate(states):
        made: dict[str, Any] = {"initial": number == 0, "on": {}}
        if state.children:
            made["states"] = _defined(process, [process.states[child] for child in state.children], fields)
        if state.end is not None:
            made["final"] = True
        for index, arrow in enumerate(process.chart.transitions):
            if arrow.source == state.index:
                way = _way(process, index, process.moves[index][1], fields)
                made["on"].setdefault(word(arrow.events[0]), []).append(way)
        found[word(state.path)] = made
    return found


def _way(process: Process, index: int, alternative: Alternative, fields: Fields) -> dict[str, object]:
    target = _target(process, index)
    way: dict[str, object] = {"target": None if target is None else word(process.states[target].path)}
    if alternative.when is not None:
        way["cond"] = _test(alternative.when, fields)
    return way
