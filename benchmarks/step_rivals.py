"""
The shapes in other libraries, built from the same description: same states, same nesting, same events.

A condition is a plain function, or text where a library takes only text, that says yes. No callbacks, no logging.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from statemachine import StateChart
from statemachine.io import create_machine_class_from_definition
from transitions import Machine
from transitions.extensions.nesting import HierarchicalMachine

from benchmarks.shapes import Place, Shape, Way


class Rival(Protocol):
    """One shape in one library."""

    @property
    def acts(self) -> Sequence[Callable[[], object]]:
        """What to call for each event of the round trip, in its order."""
        ...

    def leaves(self) -> frozenset[str]:
        """The active leaves by name."""
        ...


def yes(*_: object) -> bool:
    """What every condition says."""
    return True


class Model:
    """What `transitions` hangs its triggers on."""

    state: Any


class Flat:
    """`transitions` without nesting: one state per leaf, each with what its groups react to."""

    def __init__(self, shape: Shape) -> None:
        self.model = Model()
        around = _around(shape)
        leaves = [place for place, _ in shape.walk() if not place.inner]
        arrows = [
            _arrow(way, leaf.name, _first_leaf(shape, way.target or way.otherwise))
            for leaf in leaves
            for outer in around[leaf.name]
            for way in outer.ways
        ]
        names = [leaf.name for leaf in leaves]
        Machine(self.model, states=names, transitions=arrows, initial=names[0], auto_transitions=False)
        self.acts = [getattr(self.model, event) for event, _ in shape.trip]

    def leaves(self) -> frozenset[str]:
        """The active leaf."""
        return frozenset((self.model.state,))


class Hierarchical:
    """`transitions` with nesting and parallel states."""

    def __init__(self, shape: Shape) -> None:
        self.model = Model()
        paths = {name: "_".join(outer.name for outer in reversed(line)) for name, line in _around(shape).items()}
        HierarchicalMachine(
            self.model,
            states=[_nested(place) for place in shape.places],
            transitions=[
                _arrow(way, paths[place.name], paths[way.target or way.otherwise]) for place, way in shape.ways()
            ],
            initial=shape.places[0].name,
            auto_transitions=False,
        )
        self.acts = [getattr(self.model, event) for event, _ in shape.trip]

    def leaves(self) -> frozenset[str]:
        """The last names of the active paths."""
        active = [self.model.state] if isinstance(self.model.state, str) else self.model.state
        return frozenset(path.rpartition("_")[2] for path in active)


class Statemachine:
    """`python-statemachine`, its StateChart."""

    def __init__(self, shape: Shape) -> None:
        made: type[StateChart[Any]] = create_machine_class_from_definition(
            "Shape", _defined(shape.places), validate_trap_states=False, validate_disconnected_states=False,
            catch_errors_as_events=False,
        )  # fmt: skip
        self.machine = made()
        self.inner = frozenset(place.name for place, _ in shape.walk() if not place.inner)
        self.acts = [partial(self.machine.send, event) for event, _ in shape.trip]

    def leaves(self) -> frozenset[str]:
        """The active leaves."""
        return self.inner.intersection(self.machine.configuration_values)


class Sismic:
    """`sismic`: an event is queued, then executed once."""

    def __init__(self, shape: Shape) -> None:
        from sismic.interpreter import Interpreter  # noqa: PLC0415 - may be missing
        from sismic.io import import_from_yaml  # noqa: PLC0415 - may be missing

        root = {"name": "root", "initial": shape.places[0].name, "states": [_listed(place) for place in shape.places]}
        chart = import_from_yaml(json.dumps({"statechart": {"name": "shape", "root state": root}}))
        self.interpreter = Interpreter(chart)
        self.interpreter.execute()
        self.inner = frozenset(place.name for place, _ in shape.walk() if not place.inner)
        self.acts = [partial(self._send, event) for event, _ in shape.trip]

    def _send(self, event: str) -> None:
        self.interpreter.queue(event)
        self.interpreter.execute_once()

    def leaves(self) -> frozenset[str]:
        """The active leaves."""
        return self.inner.intersection(self.interpreter.configuration)


class XstatePython:
    """`xstate-statemachine`, its interpreter that keeps the state."""

    def __init__(self, shape: Shape) -> None:
        from xstate_statemachine import MachineLogic, SyncInterpreter, create_machine  # noqa: PLC0415 - may be missing

        machine = create_machine(configuration(shape), logic=MachineLogic(guards={"yes": yes}))
        self.interpreter = SyncInterpreter(machine).start()
        self.acts = [partial(self.interpreter.send, event) for event, _ in shape.trip]

    def leaves(self) -> frozenset[str]:
        """The last names of the active paths."""
        return frozenset(path.rpartition(".")[2] for path in self.interpreter.current_state_ids)


class XstatePythonPure:
    """`xstate-statemachine`, its pure function from snapshot to snapshot."""

    def __init__(self, shape: Shape) -> None:
        from xstate_statemachine import MachineLogic, create_machine, initial_transition, pure_transition  # noqa: PLC0415 - may be missing

        self.machine = create_machine(configuration(shape), logic=MachineLogic(guards={"yes": yes}))
        self.next = pure_transition
        self.snapshot, _ = initial_transition(self.machine)
        self.acts = [partial(self._send, event) for event, _ in shape.trip]

    def _send(self, event: str) -> None:
        self.snapshot, _ = self.next(self.machine, self.snapshot, event)

    def leaves(self) -> frozenset[str]:
        """The last names of the active paths."""
        return frozenset(path.rpartition(".")[2] for path in self.snapshot.state_ids)


def configuration(shape: Shape) -> dict[str, Any]:
    """The shape in the words of XState, for JavaScript and for Python."""
    return {"id": "shape", "initial": shape.places[0].name, "states": dict(map(_configured, shape.places))}


def _configured(place: Place) -> tuple[str, dict[str, Any]]:
    made: dict[str, Any] = {"id": place.name, "on": {}}
    for way in place.ways:
        made["on"][way.event] = {"target": f"#{way.target or way.otherwise}"} | (
            {"guard": "yes"} if way.guarded else {}
        )
    if place.parallel:
        made["type"] = "parallel"
    elif place.inner:
        made["initial"] = place.inner[0].name
    if place.inner:
        made["states"] = dict(map(_configured, place.inner))
    return place.name, made


def _around(shape: Shape) -> dict[str, tuple[Place, ...]]:
    """Each state with those around it, itself first."""
    found: dict[str, tuple[Place, ...]] = {}
    for place, outer in shape.walk():
        found[place.name] = (place, *(found[outer.name] if outer else ()))
    return found


def _first_leaf(shape: Shape, name: str) -> str:
    place = next(place for place, _ in shape.walk() if place.name == name)
    return _first_leaf(shape, place.inner[0].name) if place.inner else name


def _arrow(way: Way, source: str, target: str) -> dict[str, object]:
    """One transition in the words of `transitions`."""
    arrow: dict[str, object] = {"trigger": way.event, "source": source, "dest": target}
    return arrow | ({"conditions": [yes]} if way.guarded else {})


def _nested(place: Place) -> dict[str, Any]:
    """A state and what is inside it in the words of `transitions`."""
    inner = [_nested(inside) for inside in place.inner]
    if place.parallel:
        return {"name": place.name, "parallel": inner}
    return {"name": place.name} | ({"initial": inner[0]["name"], "children": inner} if inner else {})


def _defined(places: Sequence[Place], *, parallel: bool = False) -> dict[str, Any]:
    """States side by side in the words of `python-statemachine`."""
    found: dict[str, dict[str, Any]] = {}
    for number, place in enumerate(places):
        made: dict[str, Any] = {"initial": parallel or number == 0, "parallel": place.parallel, "on": {}}
        if place.inner:
            made["states"] = _defined(place.inner, parallel=place.parallel)
        for way in place.ways:
            made["on"][way.event] = [{"target": way.target or way.otherwise} | ({"cond": yes} if way.guarded else {})]
        found[place.name] = made
    return found


def _listed(place: Place) -> dict[str, Any]:
    """A state and what is inside it in the words of `sismic`."""
    made: dict[str, Any] = {"name": place.name}
    if place.ways:
        made["transitions"] = [
            {"event": way.event, "target": way.target or way.otherwise} | ({"guard": "True"} if way.guarded else {})
            for way in place.ways
        ]
    if place.parallel:
        made["parallel states"] = [_listed(inner) for inner in place.inner]
    elif place.inner:
        made |= {"initial": place.inner[0].name, "states": [_listed(inner) for inner in place.inner]}
    return made
